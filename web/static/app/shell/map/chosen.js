// The chosen thing on the WebGL map: an outline, or a ring around a point.

import { css } from "../dom.js";
import { emptySource } from "./paint.js";

const outlines = () => [
  {
    id: "grid-chosen-halo",
    type: "line",
    source: "chosen",
    filter: ["!=", ["geometry-type"], "Point"],
    layout: { "line-join": "round" },
    paint: { "line-color": css("--surface"), "line-width": 6, "line-opacity": 0.85 },
  },
  {
    id: "grid-chosen",
    type: "line",
    source: "chosen",
    filter: ["!=", ["geometry-type"], "Point"],
    layout: { "line-join": "round" },
    paint: { "line-color": css("--accent"), "line-width": 3 },
  },
];

const rings = () => [
  {
    id: "point-chosen",
    type: "circle",
    source: "chosen",
    filter: ["==", ["geometry-type"], "Point"],
    paint: {
      "circle-radius": 16,
      "circle-color": "rgba(0,0,0,0)",
      "circle-stroke-color": css("--accent"),
      "circle-stroke-width": 3,
    },
  },
  {
    id: "point-chosen-halo",
    type: "circle",
    source: "chosen",
    filter: ["==", ["geometry-type"], "Point"],
    paint: {
      "circle-radius": 18.5,
      "circle-color": "rgba(0,0,0,0)",
      "circle-stroke-color": css("--surface"),
      "circle-stroke-width": 2,
    },
  },
];

export const chosenMap = {
  sources: () => ({ chosen: emptySource() }),
  strata: { edge: outlines, field: rings },
};
