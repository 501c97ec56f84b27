// Grids shaded by their counts on the WebGL map.

import { css } from "../shell/dom.js";

const VILLAGE_DIGITS = 14;

// Colour of a count; grids outside the chosen one have no count and stay clear.
/**
 * @param {number[]} lower
 * @param {string[]} ramp
 * @param {boolean} on
 */
function fillColour(lower, ramp, on) {
  const clear = "rgba(0,0,0,0)";
  if (!on) return clear;
  const count = ["feature-state", "n"];
  const classes = lower.length
    ? [
        "step",
        count,
        css("--map-zero"),
        ...lower.flatMap((/** @type {any} */ at, /** @type {number} */ i) => [at, ramp[i]]),
      ]
    : css("--map-zero");
  return ["case", ["==", count, null], clear, classes];
}

// `given` has level, counts (by grid key), lower (bounds of classes), ramp (their colours), on.
/**
 * @param {any} map
 * @param {any} given
 * @param {import('../shell/map/shades.js').GridStates} states
 */
export function paintCounts(map, given, states) {
  const { level, counts, lower, ramp, on } = given;
  states.set("n", counts ?? {});
  const isMicro = level === 4;
  for (const layer of ["fill", "hover", "label"]) {
    map.setLayoutProperty(`grid-${layer}`, "visibility", isMicro ? "none" : "visible");
    map.setLayoutProperty(`micro-${layer}`, "visibility", isMicro ? "visible" : "none");
  }
  map.setPaintProperty(isMicro ? "micro-fill" : "grid-fill", "fill-color", fillColour(lower, ramp, on));
  if (isMicro) {
    const within = (Object.keys(counts ?? {})[0] ?? "").slice(0, VILLAGE_DIGITS);
    map.setFilter("micro-label", ["==", ["slice", ["get", "key"], 0, VILLAGE_DIGITS], within]);
  } else {
    for (const layer of ["fill", "hover", "label"])
      map.setFilter(`grid-${layer}`, ["==", ["get", "level"], level]);
  }
  const deepest = level === 1 ? 1 : Math.max(level, 3);
  for (const edge of [2, 3, 4])
    map.setLayoutProperty(`edge-${edge}`, "visibility", edge <= deepest ? "visible" : "none");
  map.setPaintProperty("edge-4", "line-color", css("--map-edge-4"));
}
