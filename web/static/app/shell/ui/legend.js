// What the colours, shapes and sizes on the map mean; each wing tells of its own layers that are on.

import { byId, h, replace } from "../dom.js";
import { t } from "../i18n.js";

/** @param {any} told */
export function renderLegend(told) {
  const parts = told.filter(Boolean);
  const open = byId("legend").querySelector("details")?.open ?? !matchMedia("(max-width: 1199px)").matches;
  replace(
    byId("legend"),
    h(
      "details",
      { open },
      h("summary", {}, t("legend")),
      h("div", { class: "body" }, parts.length ? parts : h("p", { class: "muted" }, t("legend_none"))),
    ),
  );
}
