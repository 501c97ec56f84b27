// Coverage on the WebGL map: grids filled by band.

import { bandColours } from "./bands.js";

export const reachLayers = () => [
  {
    id: "reach-fill", type: "fill", source: "grids", "source-layer": "grids", filter: ["==", ["get", "level"], 4],
    paint: {
      "fill-color": ["match", ["coalesce", ["feature-state", "reach"], -1], ...bandColours().flatMap((colour, band) => [band, colour]), "rgba(0,0,0,0)"],
      "fill-opacity": 0.8, "fill-antialias": false,
    },
  },
];
