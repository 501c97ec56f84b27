// Names of grids on the map.

import { css } from "../shell/dom.js";
import { lang } from "../shell/i18n.js";
import { NAME, paintOf, textOf } from "../shell/map/paint.js";

// Of a micro-grid's name only its number: the village's name stands beside it.
const before = lang === "en" ? "micro-grid " : "第";
const after = lang === "en" ? ["length", NAME] : ["index-of", "微", NAME];
const SHORT = [
  "let",
  "at",
  ["index-of", before, NAME],
  ["case", [">", ["var", "at"], 0], ["slice", NAME, ["+", ["var", "at"], before.length], after], NAME],
];

/** @param {number} level */
export function labelLayer(level) {
  return {
    id: level === 4 ? "micro-label" : "grid-label",
    type: "symbol",
    source: level === 4 ? "micro" : "ground",
    "source-layer": "grid_labels",
    filter: ["==", ["get", "level"], level],
    minzoom: level === 4 ? 13.2 : 0,
    layout: textOf(level === 4 ? 14 : ["interpolate", ["linear"], ["zoom"], 10, 14, 14, 16], {
      visibility: level === 4 ? "none" : "visible",
      "text-field": level === 4 ? SHORT : NAME,
      "text-max-width": 9,
      // Chinese names are short: from this zoom on there is room for all of them.
      "text-overlap": lang === "zh" && level < 4 ? ["step", ["zoom"], "never", 11.2, "always"] : "never",
      "text-variable-anchor": ["center", "bottom", "top", "left", "right"],
      "text-radial-offset": level < 4 ? 1 : 0.5,
      "text-justify": "auto",
    }),
    paint: paintOf(css("--ink"), 1.8),
  };
}
