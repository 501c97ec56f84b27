// The map on WebGL with the layers of all wings, lower wings first.

import { casesMap } from "./cases/layers.js";
import { groundMap } from "./ground/layers.js";
import { hotspotsMap } from "./hotspots/layers.js";
import { patrolsMap } from "./patrols/layers.js";
import { responseMap } from "./response/layers.js";
import { takeBlocks } from "./shell/map/blocks.js";
import { loadFonts } from "./shell/map/fonts.js";
import { MapView } from "./shell/map/view.js";
import { teamsMap } from "./teams/layers.js";

const WINGS = [groundMap, teamsMap, casesMap, hotspotsMap, patrolsMap, responseMap];

/** @param {any} options */
export async function openMap(options) {
  const [maplibre] = await Promise.all([import("maplibre-gl"), loadFonts()]);
  takeBlocks(maplibre);
  maplibre.setWorkerUrl(document.documentElement.dataset.worker ?? "");
  return new MapView({ ...options, maplibre, wings: WINGS });
}
