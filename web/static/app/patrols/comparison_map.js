// A plan's routes and stops as a drawing, beside which another stands at the same scale.

import { isPhone } from "../shell/dom.js";
import { nameOf, t } from "../shell/i18n.js";
import { DASHES } from "./routes.js";
import { clock } from "./night.js";

const SVG = "http://www.w3.org/2000/svg";
const MARGIN = 18;
const RADIUS = 10;
const DOT = 4;
const MOST = 1320;
const TALLEST = 0.8;
const AROUND = 84;
/** @param {{ lon: number, lat: number }} given */
export const placeOf = ({ lon, lat }) => `${lon},${lat}`;

/**
 * @param {string} tag
 * @param {Attributes} attributes
 * @param {string} [text]
 */
const drawn = (tag, attributes, text) => {
  /** @type {any} */
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes))
    if (value !== null) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  return element;
};

// Maps are drawn as wide as they are seen, so that their letters are as large as all others.
const widthOf = () =>
  isPhone() ? innerWidth - 44 : Math.floor((Math.min(MOST, innerWidth - 32) - AROUND) / 2);

// Gives a function from lon, lat to pixels that both maps share, and their size.
/** @param {any} plans */
export function projection(plans) {
  const width = widthOf();
  const points = plans.flatMap((/** @type {{ features: Feature[] }} */ { features }) =>
    features.flatMap((/** @type {Feature} */ f) => [
      ...(f.geometry?.coordinates ?? []),
      ...f.properties.visits.map((/** @type {any} */ v) => [v.lon, v.lat]),
    ]),
  );
  if (!points.length) return null;
  const [x, y] = [0, 1].map((k) => points.map((/** @type {Properties} */ p) => p[k]));
  const [west, east, south, north] = [Math.min(...x), Math.max(...x), Math.min(...y), Math.max(...y)];
  const shrink = Math.cos(((south + north) / 2) * (Math.PI / 180));
  const scale = (width - 2 * MARGIN) / Math.max((east - west) * shrink, (north - south) / TALLEST, 1e-9);
  const left = (width - (east - west) * shrink * scale) / 2;
  return {
    at: (/** @type {[number, number]} */ [lon, lat]) => [
      left + (lon - west) * shrink * scale,
      MARGIN + (north - lat) * scale,
    ],
    width,
    height: (north - south) * scale + 2 * MARGIN,
  };
}

/**
 * @param {Point[]} coordinates
 * @param {any} at
 */
const pathOf = (coordinates, at) =>
  coordinates
    .map(
      (/** @type {Properties} */ p, /** @type {number} */ i) =>
        `${i ? "L" : "M"}${at(p)
          .map((/** @type {any} */ v) => v.toFixed(1))
          .join(" ")}`,
    )
    .join("");
/** @param {any} geometry */
const rings = (geometry) =>
  geometry.type === "MultiPolygon" ? geometry.coordinates.flat() : geometry.coordinates;

// A place that is visited more than once has one mark, with its first number.
/** @param {Properties} plan */
function marksOf(plan) {
  const out = new Map();
  for (const { properties: p } of plan.features)
    p.visits.forEach((/** @type {any} */ v, /** @type {number} */ n) => {
      const words = `${p.team_code}-${n + 1} ${clock(v.arrive)}`;
      const there = out.get(v.stop);
      if (there) there.words.push(words);
      else out.set(v.stop, { code: p.team_code, n: n + 1, v, words: [words] });
    });
  return [...out.values()];
}

// `look(code)` is one for both plans.
/**
 * @param {Properties} plan
 * @param {any} ground
 * @param {{ at: any, width: number, height: number }} given2
 * @param {any} differs
 * @param {any} look
 * @param {string} label
 */
export function figure(plan, ground, { at, width, height }, differs, look, label) {
  const svg = drawn("svg", {
    viewBox: `0 0 ${width} ${Math.ceil(height)}`,
    role: "img",
    "aria-label": label,
    class: "cmp-map",
  });
  for (const area of ground)
    svg.append(
      drawn("path", {
        d: rings(area.geometry)
          .map((/** @type {any} */ ring) => `${pathOf(ring, at)}Z`)
          .join(""),
        class: "cmp-ground",
      }),
    );
  for (const f of plan.features) {
    const { colour, dash } = look(f.properties.team_code);
    if (f.geometry)
      svg.append(
        drawn("path", {
          d: pathOf(f.geometry.coordinates, at),
          fill: "none",
          stroke: `var(--patrol-${colour})`,
          "stroke-width": 3,
          "stroke-dasharray": dash ? DASHES[dash].map((n) => n * 3).join(" ") : null,
        }),
      );
  }
  // Those that differ have their numbers first; where there is no room for a number, a place is a small mark.
  const numbered = [];
  const marks = marksOf(plan)
    .map((mark) => ({ ...mark, own: differs(mark.v), place: at([mark.v.lon, mark.v.lat]) }))
    .sort((one, other) => other.own - one.own);
  for (const mark of marks) {
    mark.small = numbered.some(([x, y]) => Math.hypot(x - mark.place[0], y - mark.place[1]) < 2 * RADIUS + 6);
    if (!mark.small) numbered.push(mark.place);
  }
  for (const {
    code,
    n,
    v,
    words,
    own,
    small,
    place: [x, y],
  } of marks.reverse().sort((one, other) => other.small - one.small)) {
    const mark = drawn("g", { class: own ? "cmp-own" : "" });
    mark.append(drawn("title", {}, `${nameOf(v)} ${words.join(t("and"))}`));
    mark.append(
      drawn("circle", {
        cx: x,
        cy: y,
        r: (small ? DOT : RADIUS) + (own ? 2 : 0),
        stroke: `var(--patrol-${look(code).colour})`,
        "stroke-width": own ? 4.5 : 2,
        fill: "var(--surface)",
      }),
    );
    if (!small)
      mark.append(drawn("text", { x, y: y + 4.5, "text-anchor": "middle", class: "cmp-text" }, String(n)));
    svg.append(mark);
  }
  return svg;
}
