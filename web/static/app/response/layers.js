// On the WebGL map: grids filled by band of coverage, and the way of a team to an incident.

import { css } from "../shell/dom.js";
import { emptySource } from "../shell/map/paint.js";
import { bandColours } from "./bands.js";

/**
 * @param {number} low
 * @param {number} high
 */
const wide = (low, high) => ["interpolate", ["linear"], ["zoom"], 11, low, 15, high];

const wayLayers = () => [
  {
    id: "way-halo",
    type: "line",
    source: "way",
    layout: { "line-join": "round", "line-cap": "round" },
    paint: { "line-color": css("--map-halo"), "line-width": wide(7, 11) },
  },
  {
    id: "way",
    type: "line",
    source: "way",
    layout: { "line-join": "round", "line-cap": "round" },
    paint: { "line-color": css("--accent"), "line-width": wide(4, 6.5) },
  },
];

const reachLayers = () =>
  ["ground", "micro"].map((source) => ({
    id: `reach-${source}`,
    type: "fill",
    source,
    "source-layer": "grids",
    layout: { visibility: "none" },
    paint: {
      "fill-color": [
        "match",
        ["coalesce", ["feature-state", "reach"], -1],
        ...bandColours().flatMap((colour, band) => [band, colour]),
        "rgba(0,0,0,0)",
      ],
      "fill-opacity": 0.8,
      "fill-antialias": false,
    },
  }));

// `given` has level and bands (by grid key); null for none.
/**
 * @param {any} map
 * @param {any} given
 * @param {import('../shell/map/shades.js').GridStates} states
 */
function paintReach(map, given, states) {
  const { level = 4, bands = {} } = given ?? {};
  states.set("reach", bands);
  if (level < 4) map.setFilter("reach-ground", ["==", ["get", "level"], level]);
  map.setLayoutProperty("reach-ground", "visibility", given && level < 4 ? "visible" : "none");
  map.setLayoutProperty("reach-micro", "visibility", given && level === 4 ? "visible" : "none");
}

export const responseMap = {
  sources: () => ({ way: emptySource({ tolerance: 0.2 }) }),
  strata: { shade: reachLayers, way: wayLayers },
  shades: { reach: paintReach },
};
