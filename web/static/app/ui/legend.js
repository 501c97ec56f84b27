// What the colours, shapes and sizes on the map mean; only of layers that are on.

import { byId, h, replace } from "../dom.js";
import { labelOf, number, t } from "../i18n.js";
import { DOMAINS, swatch } from "../map/symbols.js";

const HEADS = [10, 100, 500];

function counts(data) {
  const ramp = data.ramp();
  const box = (colour, label) => {
    const mark = h("span", { class: "box" });
    mark.style.background = colour;
    return h("li", {}, mark, h("span", {}, label));
  };
  const ranges = data.lower.map((from, i) => {
    const to = data.lower[i + 1] ? data.lower[i + 1] - 1 : null;
    const label = to === null ? `≥ ${number(from)}` : to === from ? number(from) : `${number(from)} – ${number(to)}`;
    return box(ramp[i], label);
  });
  return h("div", {}, h("h3", {}, `${t("legend_counts")} · ${t(`level_${data.level}`)}`), h("ul", { id: "legend-counts" }, box("var(--map-zero)", t("legend_zero")), ranges));
}

function incidents(workspace) {
  const several = h("span", { class: "swatch" });
  several.style.cssText = "border-radius:50%;background:var(--cluster)";
  return h("div", {}, h("h3", {}, t("incidents")),
    h("ul", {}, DOMAINS.map((d) => h("li", {}, swatch(`d-${d}`), h("span", {}, labelOf(workspace.domains, d)))), h("li", {}, several, h("span", {}, t("legend_cluster")))));
}

function migrants() {
  const circles = HEADS.map((n) => {
    const mark = h("span", {});
    const r = 1.1 * Math.sqrt(n);
    mark.style.cssText = `display:inline-block;width:${2 * r}px;height:${2 * r}px;border-radius:50%;border:1.5px solid var(--migrant);background:color-mix(in srgb,var(--migrant) 28%,transparent)`;
    return h("span", { style: "display:flex;flex-direction:column;align-items:center;justify-content:flex-end" }, mark, h("span", {}, number(n)));
  });
  return h("div", { id: "legend-migrants" }, h("h3", {}, t("layer_migrants_long")),
    h("div", { style: "display:flex;gap:16px;align-items:flex-end" }, circles, h("span", { class: "muted" }, t("people"))), h("p", { class: "muted" }, t("only_heads")));
}

const marks = (title, items) => h("div", {}, h("h3", {}, title), h("ul", {}, items.map(([mark, label]) => h("li", {}, swatch(mark), h("span", {}, label)))));

export function renderLegend(store, data, extra = []) {
  const { layers } = store.state;
  const parts = extra.filter(Boolean);
  if (layers.includes("counts") && data.counts) parts.push(counts(data));
  if (layers.includes("incidents")) parts.push(incidents(store.workspace));
  if (layers.includes("teams")) parts.push(marks(t("teams"), [["team", t("legend_position")], ["team-base", t("legend_base")]]));
  if (layers.includes("migrants")) parts.push(migrants());
  if (layers.includes("organisations")) parts.push(marks(t("layer_organisations"), [["organisation", t("layer_organisations_long")]]));
  const open = byId("legend").querySelector("details")?.open ?? !matchMedia("(max-width: 1199px)").matches;
  replace(byId("legend"), h("details", { open }, h("summary", {}, t("legend")), h("div", { class: "body" }, parts.length ? parts : h("p", { class: "muted" }, t("legend_none")))));
}
