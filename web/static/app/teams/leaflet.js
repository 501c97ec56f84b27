// Teams and their tracks, migrant sites and bodies on the map without WebGL.

import { css } from "../shell/dom.js";
import { nameOf } from "../shell/i18n.js";
import { iconOf } from "../shell/map/symbols.js";
import { tooltip } from "../shell/map/tooltip.js";

/** @param {{ geometry: any }} given */
const at = ({ geometry }) => [geometry.coordinates[1], geometry.coordinates[0]];
/**
 * @param {any} mark
 * @param {Properties} p
 * @param {string} kind
 * @param {Pick_} pick
 */
const picked = (mark, p, kind, pick) =>
  tooltip(mark, nameOf(p)).on("click", (/** @type {any} */ event) => pick(event, `${kind}:${p.code}`));

/**
 * @param {any} L
 * @param {Feature} feature
 * @param {Pick_} pick
 */
function team(L, feature, pick) {
  const p = feature.properties;
  const icon = iconOf(L, p.position_at ? "team" : "team-base");
  return picked(L.marker(at(feature), { keyboard: false, icon }), p, "team", pick);
}

/**
 * @param {any} L
 * @param {Feature} feature
 * @param {Pick_} pick
 */
function site(L, feature, pick) {
  const p = feature.properties;
  const look = {
    radius: 0.9 * Math.sqrt(p.head_count),
    weight: 1.5,
    color: css("--migrant"),
    fillOpacity: 0.28,
  };
  return picked(L.circleMarker(at(feature), look), p, "migrant", pick);
}

/**
 * @param {any} L
 * @param {Feature} feature
 * @param {Pick_} pick
 */
function body(L, feature, pick) {
  const mark = L.marker(at(feature), { keyboard: false, icon: iconOf(L, "organisation") });
  return picked(mark, feature.properties, "organisation", pick);
}

/**
 * @param {any} L
 * @param {Feature} feature
 */
const track = (L, feature) =>
  L.geoJSON(feature, { style: { color: css("--track"), weight: 3 }, interactive: false });

export const teamsPlain = {
  draws: {
    teams: { draw: team, switched: true },
    migrants: { draw: site, switched: true },
    organisations: { draw: body, switched: true },
    track: { draw: track },
  },
};
