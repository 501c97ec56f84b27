// What the shades of grids and the shapes of incidents mean.

import { h } from "../shell/dom.js";
import { labelOf, number, t } from "../shell/i18n.js";
import { DOMAINS, swatch } from "../shell/map/symbols.js";

/** @param {any} found */
function shades(found) {
  const ramp = found.ramp();
  /**
   * @param {any} colour
   * @param {string} label
   */
  const box = (colour, label) => {
    const mark = h("span", { class: "box" });
    mark.style.background = colour;
    return h("li", {}, mark, h("span", {}, label));
  };
  const ranges = found.lower.map((/** @type {any} */ from, /** @type {number} */ i) => {
    const to = found.lower[i + 1] ? found.lower[i + 1] - 1 : null;
    const label =
      to === null ? `≥ ${number(from)}` : to === from ? number(from) : `${number(from)} – ${number(to)}`;
    return box(ramp[i], label);
  });
  return h(
    "div",
    {},
    h("h3", {}, `${t("legend_counts")} · ${t(`level_${found.level}`)}`),
    h("ul", { id: "legend-counts" }, box("var(--map-zero)", t("legend_zero")), ranges),
  );
}

/** @param {Workspace} workspace */
function incidents(workspace) {
  const several = h("span", { class: "swatch cluster" });
  return h(
    "div",
    {},
    h("h3", {}, t("incidents")),
    h(
      "ul",
      {},
      DOMAINS.map((d) => h("li", {}, swatch(`d-${d}`), h("span", {}, labelOf(workspace.domains, d)))),
      h("li", {}, several, h("span", {}, t("legend_cluster"))),
    ),
  );
}

/**
 * @param {{ state: any, workspace: Workspace }} given
 * @param {any} counts
 */
export const casesLegend = ({ state, workspace }, counts) => [
  state.layers.includes("counts") && counts.counts ? shades(counts) : null,
  state.layers.includes("incidents") ? incidents(workspace) : null,
];
