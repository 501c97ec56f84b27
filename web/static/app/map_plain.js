// The map without WebGL with what all wings draw, lower wings first.

import { casesPlain } from "./cases/leaflet.js";
import { hotspotsPlain } from "./hotspots/leaflet.js";
import { patrolsPlain } from "./patrols/leaflet.js";
import { responsePlain } from "./response/leaflet.js";
import { PlainMap } from "./shell/map/plain.js";
import { teamsPlain } from "./teams/leaflet.js";

const WINGS = [teamsPlain, casesPlain, hotspotsPlain, patrolsPlain, responsePlain];

export const openMap = (options) => new PlainMap({ ...options, wings: WINGS });
