// Hotspots on the map without WebGL: dashes and words in place of hatches, which a plain canvas cannot fill
// with.

import { css } from "../shell/dom.js";
import { nameOf } from "../shell/i18n.js";
import { tooltip } from "../shell/map/tooltip.js";

/**
 * @param {any} L
 * @param {Feature} feature
 * @param {Pick_} pick
 */
function draw(L, feature, pick) {
  const { heat, sure = 0, outline, rank, text, label } = feature.properties;
  const none = heat === "none";
  const style = {
    color: css(none ? "--ink-2" : `--${heat}`),
    weight: none ? (outline ? 1.2 : 0) : sure + 0.8,
    dashArray: heat === "cold" || none ? "6 4" : sure === 1 ? "2 4" : null,
    fill: true,
    fillOpacity: none || outline ? 0.01 : [0, 0.15, 0.28, 0.42][sure],
  };
  const area = L.geoJSON(feature, { style });
  if (!none && (text || label)) tooltip(area, [nameOf(feature.properties), text].filter(Boolean).join(" · "));
  return area.on("click", (/** @type {any} */ event) => pick(event, `hotspot:${rank}`));
}

export const hotspotsPlain = { draws: { hotspots: { draw } } };
