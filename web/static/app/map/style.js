// The ground: land, water, roads and names, quiet so that data stands out.

import { css } from "../dom.js";
import { lang } from "../i18n.js";
import { FONT, fontFaces } from "./fonts.js";

export const GROUND = ["land", "water", "roads", "places", "grids"];

const zoomed = (...stops) => ["interpolate", ["exponential", 1.5], ["zoom"], ...stops];
const isClass = (...names) => ["in", ["get", "class"], ["literal", names]];
export const NAME = lang === "en" ? ["coalesce", ["get", "name_en"], ["get", "name_zh"], ""] : ["coalesce", ["get", "name_zh"], ["get", "name_en"], ""];

// Ways without a carriageway are dashed; every class that nothing is said of is drawn as a village road.
const CLASSES = {
  trunk: ["motorway", "trunk", "primary"], secondary: ["secondary"], tertiary: ["tertiary"],
  path: ["path", "track", "footway", "cycleway", "pedestrian", "steps", "bridleway"],
};
const isRoad = (name) => (name in CLASSES ? isClass(...CLASSES[name]) : ["!", isClass(...Object.values(CLASSES).flat())]);
const ROAD_WIDTHS = [
  ["village", 12, 0.4, 15, 2.2, 18, 9],
  ["tertiary", 11, 0.6, 15, 4, 18, 14],
  ["secondary", 10, 0.8, 15, 6, 18, 18],
  ["trunk", 9, 1, 15, 8, 18, 24],
];

export function sourcesOf(version, bounds) {
  const base = `${location.origin}${document.documentElement.dataset.tiles}/${version}`;
  const sources = {};
  for (const layer of GROUND) {
    sources[layer] = { type: "vector", tiles: [`${base}/${layer}/{z}/{x}/{y}.mvt`], minzoom: 8, maxzoom: 15, bounds };
  }
  sources.grids.promoteId = "key";
  return sources;
}

export function textOf(size, extra = {}) {
  return { "text-font": [FONT], "text-size": size, "text-max-width": 8, "text-padding": 3, ...extra };
}

export function paintOf(colour = css("--map-label"), width = 1.4) {
  return { "text-color": colour, "text-halo-color": css("--map-halo"), "text-halo-width": width };
}

function land() {
  const fill = (id, kind, colour) => ({
    id, type: "fill", source: "land", "source-layer": "land", filter: ["==", ["get", "kind"], kind], paint: { "fill-color": colour, "fill-antialias": false },
  });
  return [
    { id: "outside", type: "background", paint: { "background-color": css("--map-outside") } },
    {
      id: "ground", type: "fill", source: "grids", "source-layer": "grids", filter: ["==", ["get", "level"], 1],
      paint: { "fill-color": css("--map-ground"), "fill-antialias": false },
    },
    fill("farmland", "farmland", css("--map-farmland")),
    fill("forest", "forest", css("--map-forest")),
    fill("built", "built", css("--map-built")),
  ];
}

function water() {
  const colour = css("--map-water");
  const width = ["coalesce", ["get", "width_m"], 4];
  // Metres to pixels at about 30 degrees north, never thinner than a hair.
  const metres = (zoom) => ["max", zoom < 13 ? 0.7 : 1, ["*", width, 2 ** zoom / 135_600]];
  return [
    {
      id: "water-area", type: "fill", source: "water", "source-layer": "water", filter: ["==", ["geometry-type"], "Polygon"],
      paint: { "fill-color": colour },
    },
    {
      id: "river", type: "line", source: "water", "source-layer": "water", filter: ["==", ["geometry-type"], "LineString"],
      layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": colour, "line-width": ["interpolate", ["exponential", 2], ["zoom"], 9, metres(9), 12, metres(12), 18, metres(18)] },
    },
  ];
}

function roads() {
  const layers = [
    {
      id: "path", type: "line", source: "roads", "source-layer": "roads", minzoom: 13, filter: isRoad("path"),
      paint: { "line-color": css("--map-path"), "line-width": zoomed(13, 0.5, 18, 2), "line-dasharray": [2, 2] },
    },
  ];
  const line = { "line-cap": "round", "line-join": "round" };
  for (const [name, ...stops] of ROAD_WIDTHS) {
    const cased = stops.map((v, i) => (i % 2 ? v + (stops[i - 1] >= 15 ? 1.6 : 1) : v));
    const bridge = ["any", ["==", ["get", "bridge"], true], ["==", ["get", "bridge"], "yes"]];
    layers.push({
      id: `${name}-casing`, type: "line", source: "roads", "source-layer": "roads", filter: isRoad(name), layout: { ...line, "line-cap": "butt" },
      paint: { "line-color": ["case", bridge, css("--map-edge-3"), css("--map-road-casing")], "line-width": zoomed(...cased) },
    });
  }
  for (const [name, ...stops] of ROAD_WIDTHS) {
    const major = name === "trunk" || name === "secondary";
    layers.push({
      id: name, type: "line", source: "roads", "source-layer": "roads", filter: isRoad(name), layout: line,
      paint: { "line-color": css(major ? "--map-road-major" : "--map-road"), "line-width": zoomed(...stops) },
    });
  }
  const arrows = (id, value, turn) => ({
    id, type: "symbol", source: "roads", "source-layer": "roads", minzoom: 15.5, filter: ["in", ["to-string", ["get", "oneway"]], ["literal", value]],
    layout: { "symbol-placement": "line", "symbol-spacing": 120, "icon-image": "arrow", "icon-rotate": turn, "icon-rotation-alignment": "map", "icon-padding": 8 },
  });
  layers.push(arrows("oneway", ["yes", "true"], 0), arrows("oneway-back", ["reverse"], 180));
  return layers;
}

export function nameLayers() {
  const place = (id, filter, minzoom, size, colour) => ({
    id, type: "symbol", source: "places", "source-layer": "places", minzoom, filter,
    layout: textOf(size, { "text-field": NAME, "symbol-sort-key": ["coalesce", ["get", "rank"], 9] }), paint: paintOf(colour),
  });
  const rank = (low, high) => ["all", [">=", ["get", "rank"], low], ["<=", ["get", "rank"], high]];
  return [
    {
      id: "river-name", type: "symbol", source: "water", "source-layer": "water", minzoom: 12.5, filter: ["==", ["geometry-type"], "LineString"],
      layout: textOf(14, { "symbol-placement": "line", "text-field": NAME, "text-letter-spacing": 0.15, "symbol-spacing": 480 }),
      paint: paintOf(css("--map-water-ink"), 1),
    },
    {
      id: "water-name", type: "symbol", source: "water", "source-layer": "water", minzoom: 12.5, filter: ["==", ["get", "kind"], "reservoir"],
      layout: textOf(14, { "text-field": NAME }), paint: paintOf(css("--map-water-ink"), 1),
    },
    {
      id: "road-name", type: "symbol", source: "roads", "source-layer": "roads", minzoom: 14,
      layout: textOf(14, { "symbol-placement": "line", "text-field": ["coalesce", ["get", "name_zh"], ""], "symbol-spacing": 420 }), paint: paintOf(css("--ink-2"), 1.6),
    },
    place("place-4", rank(4, 9), 14.2, 14, css("--ink-2")),
    place("place-3", rank(2, 3), 13.6, 14, css("--map-label")),
  ];
}

// Layers under and over the choropleth, which is put between land and water so that rivers and roads stay legible.
export function baseStyle(version, bounds, overland) {
  return {
    version: 8,
    "font-faces": { [FONT]: fontFaces() },
    sources: sourcesOf(version, bounds),
    layers: [...land(), ...overland, ...water(), ...roads()],
    transition: { duration: 150, delay: 0 },
  };
}
