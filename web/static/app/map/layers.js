// Data over the ground: the choropleth, outlines, incidents, teams, migrant sites, organisations.

import { css } from "../dom.js";
import { lang } from "../i18n.js";
import { waySource } from "../dispatch/layer.js";
import { hotspotSource } from "../hotspots/layer.js";
import { patrolSources } from "../patrols/layer.js";
import { NAME, paintOf, textOf } from "./style.js";
import { DOMAINS } from "./symbols.js";

export const INCIDENT_LAYERS = ["incident-cluster", "incident-number", "incident-point"];
export const LAYERS_OF = {
  incidents: INCIDENT_LAYERS,
  teams: ["team", "team-name", "track"],
  migrants: ["migrant", "migrant-number"],
  organisations: ["organisation", "organisation-name"],
  names: ["river-name", "water-name", "road-name", "place-4", "place-3"],
};
// Of a micro-grid's name only its number: the village's name stands beside it.
const before = lang === "en" ? "micro-grid " : "第";
const after = lang === "en" ? ["length", NAME] : ["index-of", "微", NAME];
const SHORT = ["let", "at", ["index-of", before, NAME], ["case", [">", ["var", "at"], 0], ["slice", NAME, ["+", ["var", "at"], before.length], after], NAME]];
const EMPTY = { type: "FeatureCollection", features: [] };

export const collection = (features) => ({ ...EMPTY, features: features ?? [] });

export function dataSources() {
  const plain = (extra = {}) => ({ type: "geojson", data: EMPTY, ...extra });
  return {
    hotspots: hotspotSource, ...patrolSources(), ...waySource(), teams: plain({ promoteId: "code" }), migrants: plain(), organisations: plain(), chosen: plain(), track: plain({ lineMetrics: true }),
  };
}

export function fillLayers() {
  return [
    {
      id: "grid-fill", type: "fill", source: "grids", "source-layer": "grids", filter: ["==", ["get", "level"], 3],
      paint: { "fill-color": "rgba(0,0,0,0)", "fill-opacity": 0.8, "fill-antialias": false },
    },
  ];
}

// Colour of a count; grids outside the chosen one have no count and stay clear.
export function fillColour(lower, ramp, on) {
  const clear = "rgba(0,0,0,0)";
  if (!on) return clear;
  const count = ["feature-state", "n"];
  const classes = lower.length ? ["step", count, css("--map-zero"), ...lower.flatMap((at, i) => [at, ramp[i]])] : css("--map-zero");
  return ["case", ["==", count, null], clear, classes];
}

const outline = (id, level, colour, width, extra = {}) => ({
  id, type: "line", source: "grids", "source-layer": "grids", filter: ["==", ["get", "level"], level],
  layout: { "line-join": "round" }, paint: { "line-color": colour, "line-width": width, ...extra },
});

export function outlineLayers() {
  const state = (name) => ["boolean", ["feature-state", name], false];
  return [
    outline("edge-4", 4, css("--map-edge-4"), ["interpolate", ["linear"], ["zoom"], 12, 0.3, 16, 1.2], { "line-opacity": ["interpolate", ["linear"], ["zoom"], 12, 0.3, 14, 0.9] }),
    outline("edge-3", 3, css("--map-edge-3"), ["interpolate", ["linear"], ["zoom"], 9, 0.5, 14, 1.8]),
    outline("edge-2", 2, css("--map-edge-2"), ["interpolate", ["linear"], ["zoom"], 9, 1, 14, 2.4], { "line-dasharray": [5, 2] }),
    outline("edge-1", 1, css("--map-edge-1"), ["interpolate", ["linear"], ["zoom"], 9, 1.6, 14, 3]),
    {
      id: "grid-hover", type: "line", source: "grids", "source-layer": "grids", layout: { "line-join": "round" },
      paint: { "line-color": css("--accent"), "line-width": 2.5, "line-opacity": ["case", state("hover"), 1, 0] },
    },
    { id: "grid-chosen-halo", type: "line", source: "chosen", filter: ["!=", ["geometry-type"], "Point"], layout: { "line-join": "round" }, paint: { "line-color": css("--surface"), "line-width": 6, "line-opacity": 0.85 } },
    { id: "grid-chosen", type: "line", source: "chosen", filter: ["!=", ["geometry-type"], "Point"], layout: { "line-join": "round" }, paint: { "line-color": css("--accent"), "line-width": 3 } },
  ];
}

export function labelLayer(level) {
  return {
    id: "grid-label", type: "symbol", source: "grids", "source-layer": "grid_labels", filter: ["==", ["get", "level"], level],
    minzoom: level === 4 ? 13.2 : 0,
    layout: textOf(level === 4 ? 14 : ["interpolate", ["linear"], ["zoom"], 10, 14, 14, 16], {
      "text-field": level === 4 ? SHORT : NAME, "text-max-width": 9,
      // Chinese names are short: from this zoom on there is room for all of them.
      "text-overlap": lang === "zh" && level < 4 ? ["step", ["zoom"], "never", 11.2, "always"] : "never",
      "text-variable-anchor": ["center", "bottom", "top", "left", "right"], "text-radial-offset": level < 4 ? 1 : 0.5, "text-justify": "auto",
    }),
    paint: paintOf(css("--ink"), 1.8),
  };
}

export function incidentLayers() {
  const many = [">", ["get", "n"], 1];
  const size = ["interpolate", ["linear"], ["sqrt", ["get", "n"]], 1, 8, 2, 10, 7, 15, 20, 24];
  const shape = ["match", ["get", "domain"], ...DOMAINS.flatMap((d) => [d, `d-${d}`]), "d-dispute"];
  return [
    {
      id: "incident-cluster", type: "circle", source: "incidents", "source-layer": "incidents", filter: many,
      paint: { "circle-radius": size, "circle-color": css("--cluster"), "circle-opacity": 0.82, "circle-stroke-color": css("--cluster-ink"), "circle-stroke-width": 1.2, "circle-stroke-opacity": 0.9 },
    },
    {
      id: "incident-number", type: "symbol", source: "incidents", "source-layer": "incidents", filter: many,
      layout: textOf(14, { "text-field": ["to-string", ["get", "n"]], "text-overlap": "always", "text-padding": 8 }),
      paint: { "text-color": css("--cluster-ink") },
    },
    {
      id: "incident-point", type: "symbol", source: "incidents", "source-layer": "incidents", filter: ["==", ["get", "n"], 1],
      layout: { "icon-image": shape, "icon-size": ["interpolate", ["linear"], ["zoom"], 11, 0.7, 15, 0.9, 18, 1.2], "icon-allow-overlap": true, "icon-ignore-placement": true },
    },
  ];
}

export function fieldLayers() {
  const [migrant, halo] = [css("--migrant"), css("--surface")];
  const live = ["!=", ["get", "position_at"], null];
  // Area in proportion to the head-count: radius grows with its square root.
  const radius = (scale) => ["*", ["sqrt", ["get", "head_count"]], scale];
  return [
    {
      id: "track", type: "line", source: "track", layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-width": 3.5, "line-color": css("--track"), "line-gradient": ["interpolate", ["linear"], ["line-progress"], 0, fade(css("--track"), 0.08), 1, css("--track")] },
    },
    {
      id: "migrant", type: "circle", source: "migrants",
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 10, radius(0.5), 12, radius(0.9), 15, radius(1.6)],
        "circle-color": migrant, "circle-opacity": 0.28, "circle-stroke-color": migrant, "circle-stroke-width": 1.6,
      },
    },
    {
      id: "migrant-number", type: "symbol", source: "migrants", minzoom: 13,
      layout: textOf(14, { "text-field": ["to-string", ["get", "head_count"]] }), paint: paintOf(migrant),
    },
    {
      id: "organisation", type: "symbol", source: "organisations",
      layout: { "icon-image": "organisation", "icon-allow-overlap": true, "icon-size": ["interpolate", ["linear"], ["zoom"], 11, 0.7, 15, 1] },
    },
    {
      id: "organisation-name", type: "symbol", source: "organisations", minzoom: 13.5,
      layout: textOf(14, { "text-field": NAME, "text-anchor": "top", "text-offset": [0, 0.7], "text-optional": true }), paint: paintOf(),
    },
    {
      id: "team", type: "symbol", source: "teams",
      layout: { "icon-image": ["case", live, "team", "team-base"], "icon-allow-overlap": true },
    },
    {
      id: "team-name", type: "symbol", source: "teams", minzoom: 12.8,
      layout: textOf(14, { "text-field": NAME, "text-anchor": "top", "text-offset": [0, 0.9], "text-optional": true }), paint: paintOf(css("--team"), 1.6),
    },
    {
      id: "point-chosen", type: "circle", source: "chosen", filter: ["==", ["geometry-type"], "Point"],
      paint: { "circle-radius": 16, "circle-color": "rgba(0,0,0,0)", "circle-stroke-color": css("--accent"), "circle-stroke-width": 3 },
    },
    {
      id: "point-chosen-halo", type: "circle", source: "chosen", filter: ["==", ["geometry-type"], "Point"],
      paint: { "circle-radius": 18.5, "circle-color": "rgba(0,0,0,0)", "circle-stroke-color": halo, "circle-stroke-width": 2 },
    },
  ];
}

function fade(hex, alpha) {
  const n = Number.parseInt(hex.slice(1), 16);
  return `rgba(${n >> 16},${(n >> 8) & 255},${n & 255},${alpha})`;
}
