// Places that every shift's patrols come to: where they are, as a list, and each one told at the right.

import { get } from "../shell/api.js";
import { h } from "../shell/dom.js";
import { messageOf, nameOf, number, t } from "../shell/i18n.js";
import { may } from "../shell/rights.js";
import { facts } from "../shell/ui/facts.js";

const PREFIX = "fixed_point:";

export class FixedPoints {
  /** @type {Feature[] | null} */
  of = null;
  /** @type {string | null} */
  trouble = null;
  // Gives up the click that is waited for; null where none is.
  /** @type {(() => void) | null} */
  placing = null;
  // The segment that is drawn: its places so far, and what ends it or gives it up.
  /** @type {{ places: Point[], end: () => void, giveUp: () => void } | null} */
  drawing = null;
  #store;
  /** @type {any} */
  #listeners = [];
  /** @type {Promise<void> | null} */
  #asked = null;

  /** @param {import('../shell/state.js').Store} store */
  constructor(store) {
    this.#store = store;
  }

  /** @param {(...told: any[]) => void} listener */
  listen(listener) {
    this.#listeners.push(listener);
  }

  get inUse() {
    return (this.of ?? []).filter(({ properties: p }) => p.in_use);
  }

  // Asked for once, when their layer, the planner or one of them is looked at.
  load() {
    this.#asked ??= this.#ask();
    return this.#asked;
  }

  looked() {
    const { layers, sel } = this.#store.state;
    return layers.includes("fixed_points") || sel?.startsWith(PREFIX);
  }

  async #ask() {
    try {
      this.of = (await get("/fixed-points")).features;
      this.trouble = null;
    } catch (error) {
      this.trouble = messageOf(error);
      this.#asked = null;
    }
    for (const listener of this.#listeners) listener();
  }
}

// As the map draws them: a segment is a line with a mark in its middle.
/**
 * @param {Feature[]} features
 * @returns {Feature[]}
 */
export const drawnFixed = (features) =>
  features.flatMap((feature) => {
    if (feature.geometry?.type !== "LineString") return feature.geometry ? [feature] : [];
    const { lon, lat } = feature.properties;
    return [feature, { ...feature, geometry: { type: "Point", coordinates: [lon, lat] } }];
  });

/** @param {Properties} p */
const hoursOf = (p) => p.hours || t("pat_any_hour");
/** @param {Properties} p */
const placed = (p) => `/records/fixed_points/${encodeURIComponent(p.code)}`;

/**
 * @param {FixedPoints} points
 * @param {Record<"place" | "draw" | "layer", () => void> & { pick: (sel: string) => void, drawn: any }} of
 */
export function fixedPointsPart(points, { pick, place, draw, layer, drawn }) {
  if (points.trouble) return h("p", { class: "warn-text", role: "alert" }, points.trouble);
  if (!points.of) return h("p", { class: "muted" }, t("loading"));
  const add = may("import")
    ? [
        h(
          "button",
          {
            id: "pat-fixed-place",
            type: "button",
            "aria-pressed": String(Boolean(points.placing)),
            onclick: place,
          },
          t(points.placing ? "pat_fixed_click" : "pat_fixed_place"),
        ),
        " ",
        h(
          "button",
          {
            id: "pat-fixed-draw",
            type: "button",
            "aria-pressed": String(Boolean(points.drawing)),
            onclick: draw,
          },
          points.drawing
            ? t("pat_fixed_end", { n: number(points.drawing.places.length) })
            : t("pat_fixed_draw"),
        ),
        " ",
        h("a", { href: "/records/fixed_points" }, t("pat_fixed_add")),
      ]
    : null;
  if (!points.of.length) return h("p", { id: "pat-fixed-none" }, t("pat_fixed_none"), " ", add);
  return [
    h(
      "label",
      { class: "pat-check" },
      h("input", { id: "pat-fixed-layer", type: "checkbox", checked: drawn, onchange: layer }),
      h("span", {}, t("pat_fixed_drawn")),
    ),
    h(
      "ul",
      { id: "pat-fixed-list" },
      points.of.map(({ geometry, properties: p }) =>
        h(
          "li",
          { class: p.in_use ? null : "muted" },
          h(
            "button",
            { type: "button", class: "link", onclick: () => pick(`${PREFIX}${p.code}`) },
            `${p.code} ${nameOf(p)}`,
          ),
          " ",
          h(
            "span",
            { class: "muted" },
            [
              p.length_m ? t("pat_fixed_metres", { n: number(Math.round(p.length_m)) }) : null,
              t("pat_fixed_times", { n: number(p.times) }),
              hoursOf(p),
              p.in_use ? null : t("pat_fixed_unused"),
              geometry ? null : t("pat_fixed_placeless"),
            ]
              .filter(Boolean)
              .join(" · "),
          ),
        ),
      ),
    ),
    add ? h("p", {}, add) : null,
  ];
}

/**
 * @param {FixedPoints} points
 * @param {string} code
 */
export async function fixedPointStory(points, code) {
  await points.load();
  const feature = points.of?.find((f) => f.properties.code === code);
  if (!feature) throw Object.assign(new Error(points.trouble ?? code), { status: 404 });
  const p = feature.properties;
  return {
    feature,
    title: nameOf(p),
    kind: t("layer_fixed_points"),
    parts: [
      h(
        "div",
        { class: "group" },
        facts([
          [t("code"), p.code],
          [t("kind"), t(`fixed_${p.kind}`)],
          [
            t("pat_fixed_length"),
            p.length_m ? t("pat_fixed_metres", { n: number(Math.round(p.length_m)) }) : null,
          ],
          [t("pat_fixed_direction"), p.length_m ? t(`pat_fixed_${p.direction}`) : null],
          [t("pat_fixed_walk"), p.on_foot ? t("pat_fixed_on_foot") : null],
          [t("pat_fixed_visits"), number(p.times)],
          [t("pat_fixed_hours"), hoursOf(p)],
          [t("pat_fixed_stay"), p.minutes === null ? null : t("pat_minutes", { n: number(p.minutes) })],
          [t("pat_fixed_gap"), p.gap_min === null ? null : t("pat_minutes", { n: number(p.gap_min) })],
          [t("pat_fixed_used"), t(p.in_use ? "pat_fixed_yes" : "pat_fixed_unused")],
        ]),
      ),
      may("import") ? h("p", { class: "group" }, h("a", { href: placed(p) }, t("pat_fixed_change"))) : null,
    ],
  };
}
