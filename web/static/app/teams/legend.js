// What the marks of teams, migrant sites and bodies mean.

import { h } from "../shell/dom.js";
import { number, t } from "../shell/i18n.js";
import { swatch } from "../shell/map/symbols.js";

const HEADS = [10, 100, 500];

function migrants() {
  const circles = HEADS.map((n) => {
    const mark = h("span", {});
    const r = 1.1 * Math.sqrt(n);
    mark.style.cssText = `display:inline-block;width:${2 * r}px;height:${2 * r}px;border-radius:50%;border:1.5px solid var(--migrant);background:color-mix(in srgb,var(--migrant) 28%,transparent)`;
    return h(
      "span",
      { style: "display:flex;flex-direction:column;align-items:center;justify-content:flex-end" },
      mark,
      h("span", {}, number(n)),
    );
  });
  return h(
    "div",
    { id: "legend-migrants" },
    h("h3", {}, t("layer_migrants_long")),
    h(
      "div",
      { style: "display:flex;gap:16px;align-items:flex-end" },
      circles,
      h("span", { class: "muted" }, t("people")),
    ),
    h("p", { class: "muted" }, t("only_heads")),
  );
}

const marks = (title, items) =>
  h(
    "div",
    {},
    h("h3", {}, title),
    h(
      "ul",
      {},
      items.map(([mark, label]) => h("li", {}, swatch(mark), h("span", {}, label))),
    ),
  );

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
