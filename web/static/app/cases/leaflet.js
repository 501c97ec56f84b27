// Incidents on the map without WebGL: the newest only.

import { get } from "../shell/api.js";
import { iconOf } from "../shell/map/symbols.js";

const MOST_POINTS = 500;

/** @param {Properties} query */
const load = async (query) => (await get("/incidents", { ...query, limit: MOST_POINTS })).features;

/**
 * @param {any} L
 * @param {Feature} feature
 * @param {Pick_} pick
 */
function draw(L, feature, pick) {
  const [lon, lat] = feature.geometry.coordinates;
  const { incident_id: id, domain } = feature.properties;
  const dot = L.marker([lat, lon], { keyboard: false, icon: iconOf(L, `d-${domain}`) });
  return dot.on("click", (/** @type {any} */ event) => pick(event, `incident:${id}`));
}

export const casesPlain = { draws: { incidents: { load, draw, switched: true } } };
