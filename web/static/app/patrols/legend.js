// Which line is which team's.

import { h } from "../shell/dom.js";
import { nameOf, number, t } from "../shell/i18n.js";
import { swatch } from "../shell/map/symbols.js";
import { DASHES, lookOf } from "./routes.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 3.5;

/**
 * @param {string} tag
 * @param {Attributes} attributes
 */
const made = (tag, attributes) => {
  /** @type {any} */
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
};

// A piece of a team's line as the map draws it.
/** @param {number} i */
export function lineSwatch(i) {
  const { colour, dash } = lookOf(i);
  const svg = made("svg", { viewBox: "0 0 36 12", class: "pat-swatch", "aria-hidden": "true" });
  svg.append(
    made("line", {
      x1: 0,
      x2: 36,
      y1: 6,
      y2: 6,
      stroke: `var(--patrol-${colour})`,
      "stroke-width": WIDTH,
      ...(dash ? { "stroke-dasharray": DASHES[dash].map((n) => n * WIDTH).join(" ") } : {}),
    }),
  );
  return svg;
}

/**
 * @param {string} fill
 * @param {{ r?: number, wide?: number, text?: any, ring?: number | null, ink?: string }} [given1]
 */
function circle(fill, { r = 7, wide = 2, text = null, ring = null, ink = "--patrol-1" } = {}) {
  const svg = made("svg", { viewBox: "0 0 36 20", class: "pat-swatch pat-round", "aria-hidden": "true" });
  svg.append(made("circle", { cx: 18, cy: 10, r, fill, stroke: `var(${ink})`, "stroke-width": wide }));
  if (ring)
    svg.append(
      made("circle", {
        cx: 18,
        cy: 10,
        r: ring,
        fill: "none",
        stroke: "var(--patrol-1)",
        "stroke-width": wide,
      }),
    );
  if (text)
    svg.append(
      Object.assign(
        made("text", { x: 18, y: 14, "text-anchor": "middle", "font-size": 11, fill: "var(--ink)" }),
        { textContent: text },
      ),
    );
  return svg;
}

// A ring and a disc with the line between them.
function apart() {
  const svg = made("svg", { viewBox: "0 0 36 20", class: "pat-swatch pat-round", "aria-hidden": "true" });
  svg.append(
    made("line", {
      x1: 8,
      x2: 28,
      y1: 10,
      y2: 10,
      stroke: "var(--patrol-1)",
      "stroke-width": 1.5,
      "stroke-dasharray": "3 2",
    }),
  );
  return svg;
}

/**
 * @param {string} ink
 * @param {number} wide
 */
function band(ink, wide) {
  const svg = made("svg", { viewBox: "0 0 36 12", class: "pat-swatch", "aria-hidden": "true" });
  const stroke = { stroke: `var(${ink})`, "stroke-width": wide, "stroke-linecap": "round", opacity: 0.6 };
  svg.append(made("line", { x1: 4, x2: 32, y1: 6, y2: 6, ...stroke }));
  return svg;
}

/** @param {import('./beats.js').Beats} beats */
export function beatsLegend(beats) {
  if (!beats.on) return null;
  const { of, trouble } = beats;
  return h(
    "div",
    { id: "legend-beats" },
    h("h3", {}, t("layer_beats")),
    trouble ? h("p", { class: "warn-text", role: "alert" }, trouble) : null,
    of && !of.length ? h("p", { class: "muted" }, t("pat_beats_none")) : null,
    h(
      "ul",
      {},
      (of ?? []).map(({ properties: p }) =>
        h(
          "li",
          {},
          circle(`color-mix(in srgb, var(--patrol-${p.colour}) 25%, var(--surface))`, {
            ink: `--patrol-${p.colour}`,
          }),
          h(
            "span",
            {},
            h("b", {}, p.team),
            ` ${nameOf(p)} · ${t("pat_beats_minutes", { n: number(Math.round(p.minutes)) })}`,
          ),
        ),
      ),
    ),
    h("p", {}, h("a", { href: "/patrols/beats" }, t("pat_beats_page"))),
  );
}

/** @param {boolean} drawn */
export const fixedLegend = (drawn) =>
  drawn
    ? h(
        "div",
        { id: "legend-fixed" },
        h("h3", {}, t("layer_fixed_points")),
        h(
          "ul",
          {},
          h(
            "li",
            {},
            circle("var(--surface)", { ink: "--accent", wide: 3.5 }),
            h("span", {}, t("layer_fixed_points_long")),
          ),
          h("li", {}, band("--accent", 6), h("span", {}, t("pat_legend_segment"))),
        ),
      )
    : null;

/**
 * @param {any} shown
 * @param {number | null} minute
 * @param {any} live
 */
export function patrolLegend(shown, minute, live) {
  if (!shown) return null;
  /**
   * @param {any} mark
   * @param {...string} label
   */
  const row = (mark, ...label) => h("li", {}, mark, h("span", {}, label));
  return h(
    "div",
    { id: "legend-patrols" },
    h("h3", {}, t("pat_plan"), ` ${shown.plan.patrol_id}`),
    h(
      "ul",
      {},
      shown.features.map(
        (/** @type {{ properties: Properties }} */ { properties: p }, /** @type {number} */ i) =>
          row(lineSwatch(i), h("b", {}, p.team_code), " ", nameOf(p)),
      ),
      row(circle("var(--surface)", { text: "1" }), t("pat_legend_stop")),
      shown.features.some((/** @type {Feature} */ f) =>
        f.properties.visits.some((/** @type {Properties} */ v) => v.fixed),
      )
        ? row(circle("var(--surface)", { r: 5, ring: 9 }), t("pat_legend_fixed"))
        : null,
      shown.features.some((/** @type {Feature} */ f) =>
        f.properties.visits.some((/** @type {Properties} */ v) => v.along),
      )
        ? row(band("--patrol-1", 10), t("pat_legend_walk"))
        : null,
      minute === null || live ? null : row(circle("var(--patrol-1)"), t("pat_legend_now")),
      minute !== null && !live && shown.plan.summary.reasons.some((/** @type {any} */ r) => r.by_hour)
        ? row(circle("var(--accent)", { r: 8, wide: 0 }), t("pat_legend_worth"))
        : null,
      live
        ? [
            row(circle("var(--patrol-1)", { wide: 0, r: 8 }), t("pat_legend_here")),
            row(circle("none", { r: 8, wide: 2.5 }), t("pat_legend_due")),
            row(apart(), t("pat_legend_gap")),
          ]
        : null,
      row(swatch("team-base"), t("legend_base")),
    ),
  );
}
