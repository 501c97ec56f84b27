// What the marks of teams, migrant sites and bodies mean.

import { h } from "../shell/dom.js";
import { number, t } from "../shell/i18n.js";
import { swatch } from "../shell/map/symbols.js";

const HEADS = [10, 100, 500];

function migrants() {
  const circles = HEADS.map((n) => {
    const mark = h("span", { class: "heads" });
    const r = 1.1 * Math.sqrt(n);
    mark.style.width = mark.style.height = `${2 * r}px`;
    return h("span", { class: "heads-one" }, mark, h("span", {}, number(n)));
  });
  return h(
    "div",
    { id: "legend-migrants" },
    h("h3", {}, t("layer_migrants_long")),
    h("div", { class: "heads-row" }, circles, h("span", { class: "muted" }, t("people"))),
    h("p", { class: "muted" }, t("only_heads")),
  );
}

/**
 * @param {string} title
 * @param {any} items
 */
const marks = (title, items) =>
  h(
    "div",
    {},
    h("h3", {}, title),
    h(
      "ul",
      {},
      items.map((/** @type {[any, string]} */ [mark, label]) =>
        h("li", {}, swatch(mark), h("span", {}, label)),
      ),
    ),
  );

/** @param {{ state: { layers: any } }} given */
export const teamsLegend = ({ state: { layers } }) => [
  layers.includes("teams")
    ? marks(t("teams"), [
        ["team", t("legend_position")],
        ["team-base", t("legend_base")],
      ])
    : null,
  layers.includes("migrants") ? migrants() : null,
  layers.includes("organisations")
    ? marks(t("layer_organisations"), [["organisation", t("layer_organisations_long")]])
    : null,
];
