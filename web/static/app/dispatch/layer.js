// The way of a team to an incident, on the WebGL map.

import { css } from "../dom.js";

const EMPTY = { type: "FeatureCollection", features: [] };
const wide = (low, high) => ["interpolate", ["linear"], ["zoom"], 11, low, 15, high];

export const wayLayers = () => [
  { id: "way-halo", type: "line", source: "way", layout: { "line-join": "round", "line-cap": "round" }, paint: { "line-color": css("--map-halo"), "line-width": wide(7, 11) } },
  { id: "way", type: "line", source: "way", layout: { "line-join": "round", "line-cap": "round" }, paint: { "line-color": css("--accent"), "line-width": wide(4, 6.5) } },
];

export const waySource = () => ({ way: { type: "geojson", data: EMPTY, tolerance: 0.2 } });
