// Coverage and the way of a team on the map without WebGL.

import { css } from "../shell/dom.js";
import { bandColours } from "./bands.js";

/**
 * @param {any} L
 * @param {Feature} feature
 */
const way = (L, feature) =>
  L.geoJSON(feature, { style: { color: css("--accent"), weight: 6 }, interactive: false });

/** @param {{ bands: Record<string, number> }} given */
function reach({ bands }) {
  const colours = bandColours();
  return (/** @type {string} */ key) => colours[bands[key]];
}

export const responsePlain = { draws: { way: { draw: way } }, shades: { reach } };
