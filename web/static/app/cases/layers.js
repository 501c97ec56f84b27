// Incidents on the WebGL map: numbers where several are, shapes by domain where one is.

import { css } from "../shell/dom.js";
import { textOf } from "../shell/map/paint.js";
import { DOMAINS } from "../shell/map/symbols.js";

const LAYERS = ["incident-cluster", "incident-number", "incident-point"];

function incidentLayers() {
  const many = [">", ["get", "n"], 1];
  const size = ["interpolate", ["linear"], ["sqrt", ["get", "n"]], 1, 8, 2, 10, 7, 15, 20, 24];
  const shape = ["match", ["get", "domain"], ...DOMAINS.flatMap((d) => [d, `d-${d}`]), "d-dispute"];
  return [
    {
      id: "incident-cluster",
      type: "circle",
      source: "incidents",
      "source-layer": "incidents",
      filter: many,
      paint: {
        "circle-radius": size,
        "circle-color": css("--cluster"),
        "circle-opacity": 0.82,
        "circle-stroke-color": css("--cluster-ink"),
        "circle-stroke-width": 1.2,
        "circle-stroke-opacity": 0.9,
      },
    },
    {
      id: "incident-number",
      type: "symbol",
      source: "incidents",
      "source-layer": "incidents",
      filter: many,
      layout: textOf(14, {
        "text-field": ["to-string", ["get", "n"]],
        "text-overlap": "always",
        "text-padding": 8,
      }),
      paint: { "text-color": css("--cluster-ink") },
    },
    {
      id: "incident-point",
      type: "symbol",
      source: "incidents",
      "source-layer": "incidents",
      filter: ["==", ["get", "n"], 1],
      layout: {
        "icon-image": shape,
        "icon-size": ["interpolate", ["linear"], ["zoom"], 11, 0.7, 15, 0.9, 18, 1.2],
        "icon-allow-overlap": true,
        "icon-ignore-placement": true,
      },
    },
  ];
}

export const casesMap = {
  sources: (/** @type {(layer: string) => string} */ tilesOf, /** @type {any} */ bounds) => ({
    incidents: { type: "vector", tiles: [tilesOf("incidents")], minzoom: 8, maxzoom: 17, bounds },
  }),
  strata: { point: incidentLayers },
  shown: { incidents: LAYERS },
  picks: [
    { layer: "incident-point", rank: 3, act: (/** @type {Properties} */ p) => ({ sel: `incident:${p.id}` }) },
    {
      layer: "incident-cluster",
      rank: 3,
      act: (/** @type {Properties} */ p, /** @type {any} */ at) => ({ zoom: at, n: p.n }),
    },
  ],
};
