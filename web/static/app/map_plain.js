// The map without WebGL with what all wings draw, lower wings first.

import { casesPlain } from "./cases/leaflet.js";
import { hotspotsPlain } from "./hotspots/leaflet.js";
import { patrolsPlain } from "./patrols/leaflet.js";
import { responsePlain } from "./response/leaflet.js";
import { PlainMap } from "./shell/map/plain.js";
import { loadStyle } from "./shell/dom.js";
import { teamsPlain } from "./teams/leaflet.js";

const WINGS = [teamsPlain, casesPlain, hotspotsPlain, patrolsPlain, responsePlain];

/** @param {any} options */
export async function openMap(options) {
  const [leaflet] = await Promise.all([
    import("leaflet/dist/leaflet-src.esm.js"),
    loadStyle(document.documentElement.dataset.plain),
  ]);
  return new PlainMap({ ...options, leaflet, wings: WINGS });
}
