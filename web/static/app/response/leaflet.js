// Coverage and the way of a team on the map without WebGL.

import { css } from "../shell/dom.js";
import { bandColours } from "./bands.js";

const way = (L, feature) =>
  L.geoJSON(feature, { style: { color: css("--accent"), weight: 6 }, interactive: false });

function reach({ bands }) {
  const colours = bandColours();
  return (key) => colours[bands[key]];
}

export const responsePlain = { draws: { way: { draw: way } }, shades: { reach } };
