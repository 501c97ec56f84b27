// The ground: land, water, roads and names, quiet so that data stands out.

import { css } from "../shell/dom.js";
import { paintCounts } from "./choropleth.js";
import { labelLayer } from "./labels.js";
import { NAME, paintOf, textOf } from "../shell/map/paint.js";

/** @param {...any} stops */
const zoomed = (...stops) => ["interpolate", ["exponential", 1.5], ["zoom"], ...stops];
/** @param {any} names */
const isClass = (...names) => ["in", ["get", "class"], ["literal", names]];

// Ways without a carriageway are dashed; every class that nothing is said of is drawn as a village road.
/** @type {Record<string, any>} */
const CLASSES = {
  trunk: ["motorway", "trunk", "primary"],
  secondary: ["secondary"],
  tertiary: ["tertiary"],
  path: ["path", "track", "footway", "cycleway", "pedestrian", "steps", "bridleway"],
};
/** @param {any} name */
const isRoad = (name) =>
  name in CLASSES ? isClass(...CLASSES[name]) : ["!", isClass(...Object.values(CLASSES).flat())];
const ROAD_WIDTHS = [
  ["village", 12, 0.4, 15, 2.2, 18, 9],
  ["tertiary", 11, 0.6, 15, 4, 18, 14],
  ["secondary", 10, 0.8, 15, 6, 18, 18],
  ["trunk", 9, 1, 15, 8, 18, 24],
];

function land() {
  /**
   * @param {any} id
   * @param {string} kind
   * @param {any} colour
   */
  const fill = (id, kind, colour) => ({
    id,
    type: "fill",
    source: "ground",
    "source-layer": "land",
    filter: ["==", ["get", "kind"], kind],
    paint: { "fill-color": colour, "fill-antialias": false },
  });
  return [
    { id: "outside", type: "background", paint: { "background-color": css("--map-outside") } },
    {
      id: "ground",
      type: "fill",
      source: "ground",
      "source-layer": "grids",
      filter: ["==", ["get", "level"], 1],
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
  /** @param {number} zoom */
  const metres = (zoom) => ["max", zoom < 13 ? 0.7 : 1, ["*", width, 2 ** zoom / 135_600]];
  return [
    {
      id: "water-area",
      type: "fill",
      source: "ground",
      "source-layer": "water",
      filter: ["==", ["geometry-type"], "Polygon"],
      paint: { "fill-color": colour },
    },
    {
      id: "river",
      type: "line",
      source: "ground",
      "source-layer": "water",
      filter: ["==", ["geometry-type"], "LineString"],
      layout: { "line-cap": "round", "line-join": "round" },
      paint: {
        "line-color": colour,
        "line-width": [
          "interpolate",
          ["exponential", 2],
          ["zoom"],
          9,
          metres(9),
          12,
          metres(12),
          18,
          metres(18),
        ],
      },
    },
  ];
}

function roads() {
  /** @type {any} */
  const layers = [
    {
      id: "path",
      type: "line",
      source: "ground",
      "source-layer": "roads",
      minzoom: 13,
      filter: isRoad("path"),
      paint: {
        "line-color": css("--map-path"),
        "line-width": zoomed(13, 0.5, 18, 2),
        "line-dasharray": [2, 2],
      },
    },
  ];
  const line = { "line-cap": "round", "line-join": "round" };
  for (const [name, ...stops] of ROAD_WIDTHS) {
    const cased = stops.map((/** @type {any} */ v, /** @type {number} */ i) =>
      i % 2 ? v + (Number(stops[i - 1]) >= 15 ? 1.6 : 1) : v,
    );
    const bridge = ["any", ["==", ["get", "bridge"], true], ["==", ["get", "bridge"], "yes"]];
    layers.push({
      id: `${name}-casing`,
      type: "line",
      source: "ground",
      "source-layer": "roads",
      filter: isRoad(name),
      layout: { ...line, "line-cap": "butt" },
      paint: {
        "line-color": ["case", bridge, css("--map-edge-3"), css("--map-road-casing")],
        "line-width": zoomed(...cased),
      },
    });
  }
  for (const [name, ...stops] of ROAD_WIDTHS) {
    const major = name === "trunk" || name === "secondary";
    layers.push({
      id: name,
      type: "line",
      source: "ground",
      "source-layer": "roads",
      filter: isRoad(name),
      layout: line,
      paint: { "line-color": css(major ? "--map-road-major" : "--map-road"), "line-width": zoomed(...stops) },
    });
  }
  /**
   * @param {any} id
   * @param {any} value
   * @param {any} turn
   */
  /** @type {any} */
  const arrows = (/** @type {any} */ id, /** @type {any} */ value, /** @type {any} */ turn) => ({
    id,
    type: "symbol",
    source: "ground",
    "source-layer": "roads",
    minzoom: 15.5,
    filter: ["in", ["to-string", ["get", "oneway"]], ["literal", value]],
    layout: {
      "symbol-placement": "line",
      "symbol-spacing": 120,
      "icon-image": "arrow",
      "icon-rotate": turn,
      "icon-rotation-alignment": "map",
      "icon-padding": 8,
    },
  });
  layers.push(arrows("oneway", ["yes", "true"], 0), arrows("oneway-back", ["reverse"], 180));
  return layers;
}

function nameLayers() {
  /**
   * @param {any} id
   * @param {any} filter
   * @param {any} minzoom
   * @param {any} size
   * @param {any} colour
   */
  const place = (id, filter, minzoom, size, colour) => ({
    id,
    type: "symbol",
    source: "ground",
    "source-layer": "places",
    minzoom,
    filter,
    layout: textOf(size, { "text-field": NAME, "symbol-sort-key": ["coalesce", ["get", "rank"], 9] }),
    paint: paintOf(colour),
  });
  /**
   * @param {number} low
   * @param {number} high
   */
  const rank = (low, high) => ["all", [">=", ["get", "rank"], low], ["<=", ["get", "rank"], high]];
  return [
    {
      id: "river-name",
      type: "symbol",
      source: "ground",
      "source-layer": "water",
      minzoom: 12.5,
      filter: ["==", ["geometry-type"], "LineString"],
      layout: textOf(14, {
        "symbol-placement": "line",
        "text-field": NAME,
        "text-letter-spacing": 0.15,
        "symbol-spacing": 480,
      }),
      paint: paintOf(css("--map-water-ink"), 1),
    },
    {
      id: "water-name",
      type: "symbol",
      source: "ground",
      "source-layer": "water",
      minzoom: 12.5,
      filter: ["==", ["get", "kind"], "reservoir"],
      layout: textOf(14, { "text-field": NAME }),
      paint: paintOf(css("--map-water-ink"), 1),
    },
    {
      id: "road-name",
      type: "symbol",
      source: "ground",
      "source-layer": "roads",
      minzoom: 14,
      layout: textOf(14, {
        "symbol-placement": "line",
        "text-field": ["coalesce", ["get", "name_zh"], ""],
        "symbol-spacing": 420,
      }),
      paint: paintOf(css("--ink-2"), 1.6),
    },
    place("place-4", rank(4, 9), 14.2, 14, css("--ink-2")),
    place("place-3", rank(2, 3), 13.6, 14, css("--map-label")),
  ];
}

/**
 * @param {any} id
 * @param {number} level
 * @param {any} colour
 * @param {any} width
 * @param {Properties} [extra]
 */
const outline = (id, level, colour, width, extra = {}) => ({
  id,
  type: "line",
  source: level === 4 ? "micro" : "ground",
  "source-layer": "grids",
  filter: ["==", ["get", "level"], level],
  layout: { "line-join": "round", visibility: level === 4 ? "none" : "visible" },
  paint: { "line-color": colour, "line-width": width, ...extra },
});

function outlineLayers() {
  /** @param {string} name */
  const state = (name) => ["boolean", ["feature-state", name], false];
  return [
    outline("edge-4", 4, css("--map-edge-4"), ["interpolate", ["linear"], ["zoom"], 12, 0.3, 16, 1.2], {
      "line-opacity": ["interpolate", ["linear"], ["zoom"], 12, 0.3, 14, 0.9],
    }),
    outline("edge-3", 3, css("--map-edge-3"), ["interpolate", ["linear"], ["zoom"], 9, 0.5, 14, 1.8]),
    outline("edge-2", 2, css("--map-edge-2"), ["interpolate", ["linear"], ["zoom"], 9, 1, 14, 2.4], {
      "line-dasharray": [5, 2],
    }),
    outline("edge-1", 1, css("--map-edge-1"), ["interpolate", ["linear"], ["zoom"], 9, 1.6, 14, 3]),
    ...["grid", "micro"].map((kind) => ({
      ...ofGrids(kind, "hover"),
      type: "line",
      layout: { "line-join": "round", ...shownOf(kind) },
      paint: {
        "line-color": css("--accent"),
        "line-width": 2.5,
        "line-opacity": ["case", state("hover"), 1, 0],
      },
    })),
  ];
}

/** @param {string} kind */
const shownOf = (kind) => ({ visibility: kind === "micro" ? "none" : "visible" });

/**
 * @param {string} kind
 * @param {string} what
 */
const ofGrids = (kind, what) => ({
  id: `${kind}-${what}`,
  source: kind === "micro" ? "micro" : "ground",
  "source-layer": "grids",
});

function fillLayers() {
  return ["grid", "micro"].map((kind) => ({
    ...ofGrids(kind, "fill"),
    type: "fill",
    filter: ["==", ["get", "level"], kind === "micro" ? 4 : 3],
    layout: shownOf(kind),
    paint: { "fill-color": "rgba(0,0,0,0)", "fill-opacity": 0.8, "fill-antialias": false },
  }));
}

// One tile has all layers of the ground but micro-grids: theirs are fetched once their level is looked at.
/**
 * @param {(layer: string) => string} tilesOf
 * @param {any} bounds
 */
const sources = (tilesOf, bounds) => ({
  ground: {
    type: "vector",
    tiles: [tilesOf("ground")],
    minzoom: 8,
    maxzoom: 15,
    bounds,
    promoteId: { grids: "key" },
  },
  micro: {
    type: "vector",
    tiles: [tilesOf("micro")],
    minzoom: 11,
    maxzoom: 15,
    bounds,
    promoteId: { grids: "key" },
  },
});

// The shade lies between land and water, so that rivers and roads stay legible.
export const groundMap = {
  sources,
  strata: {
    land,
    shade: fillLayers,
    water: () => [...water(), ...roads()],
    edge: outlineLayers,
    name: () => [...nameLayers(), labelLayer(3), labelLayer(4)],
  },
  shades: { counts: paintCounts },
  shown: { names: ["river-name", "water-name", "road-name", "place-4", "place-3"] },
  picks: ["grid-fill", "micro-fill"].map((layer) => ({
    layer,
    rank: 6,
    exact: true,
    act: (/** @type {Properties} */ p) => ({ grid: p.key }),
  })),
};
