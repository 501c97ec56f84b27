// Routes on the WebGL map.

import { css } from "../shell/dom.js";
import { emptySource, NAME, paintOf, textOf } from "../shell/map/paint.js";
import { DASHES } from "./routes.js";

const PICKED = ["patrol-here", "patrol-now", "patrol-stop", "patrol-base", "patrol-walk", "patrol-hit"];

/** @param {any} what */
const is = (what) => ["==", ["get", "what"], what];
/** @type {any} */
const colour = () => [
  "match",
  ["get", "colour"],
  ...[1, 2, 3, 4, 5].flatMap((n) => [n, css(`--patrol-${n}`)]),
  css("--patrol-6"),
];
/**
 * @param {number} low
 * @param {number} high
 */
const wide = (low, high) => ["interpolate", ["linear"], ["zoom"], 11, low, 15, high];

// Over the ground and below the names.
function patrolLines() {
  /**
   * @param {any} id
   * @param {any} filter
   * @param {Properties} paint
   */
  const line = (id, filter, paint) => ({
    id,
    type: "line",
    source: "patrols",
    filter: ["all", is("line"), ...filter],
    layout: { "line-join": "round" },
    paint,
  });
  return [
    {
      id: "patrol-walk",
      type: "line",
      source: "patrols",
      filter: is("walk"),
      layout: { "line-join": "round", "line-cap": "round" },
      paint: { "line-color": colour(), "line-width": wide(10, 18), "line-opacity": 0.35 },
    },
    line("patrol-hit", [], { "line-color": "rgba(0,0,0,0)", "line-width": 12 }),
    line("patrol-halo", [], { "line-color": css("--map-halo"), "line-width": wide(4.5, 8) }),
    {
      id: "patrol-grow",
      type: "line",
      source: "patrols",
      filter: ["all", is("grow"), ["==", ["geometry-type"], "LineString"]],
      layout: { "line-join": "round" },
      paint: { "line-color": colour(), "line-width": wide(1.6, 3), "line-opacity": 0.8 },
    },
    {
      id: "patrol-grow-stop",
      type: "circle",
      source: "patrols",
      filter: ["all", is("grow"), ["==", ["geometry-type"], "Point"]],
      paint: {
        "circle-radius": 4,
        "circle-color": colour(),
        "circle-stroke-color": css("--map-halo"),
        "circle-stroke-width": 1.5,
      },
    },
    {
      id: "patrol-link",
      type: "line",
      source: "patrols",
      filter: is("link"),
      paint: { "line-color": colour(), "line-width": 1.2 },
    },
    ...DASHES.map((dash, n) =>
      line(`patrol-line-${n}`, [["==", ["get", "dash"], n]], {
        "line-color": colour(),
        "line-width": wide(2.6, 5),
        ...(n ? { "line-dasharray": dash } : {}),
      }),
    ),
  ];
}

// A ring where the plan has a team, a disc where it is.
/** @param {any} halo */
const liveMarks = (halo) => [
  {
    id: "patrol-gap",
    type: "line",
    source: "patrol_live",
    filter: is("gap"),
    paint: { "line-color": colour(), "line-width": 1.6, "line-dasharray": [2, 1.6] },
  },
  {
    id: "patrol-due",
    type: "circle",
    source: "patrol_live",
    filter: is("due"),
    paint: {
      "circle-radius": 12,
      "circle-color": "rgba(0,0,0,0)",
      "circle-stroke-color": colour(),
      "circle-stroke-width": 2.5,
    },
  },
  {
    id: "patrol-here",
    type: "circle",
    source: "patrol_live",
    filter: is("here"),
    paint: {
      "circle-radius": 15,
      "circle-color": colour(),
      "circle-stroke-color": halo,
      "circle-stroke-width": 2.5,
    },
  },
  {
    id: "patrol-here-code",
    type: "symbol",
    source: "patrol_live",
    filter: is("here"),
    layout: textOf(14, {
      "text-field": ["get", "text"],
      "text-overlap": "always",
      "text-padding": 0,
      "text-max-width": 20,
    }),
    paint: { "text-color": halo },
  },
];

const beatAreas = () => [
  {
    id: "beat-fill",
    type: "fill",
    source: "beats",
    paint: { "fill-color": colour(), "fill-opacity": 0.16 },
  },
  {
    id: "beat-line",
    type: "line",
    source: "beats",
    layout: { "line-join": "round" },
    paint: { "line-color": colour(), "line-width": wide(2, 4) },
  },
];

const beatNames = () => [
  {
    id: "beat-code",
    type: "symbol",
    source: "beats",
    layout: textOf(16, { "text-field": ["get", "team"], "text-optional": true }),
    paint: paintOf(colour(), 2.4),
  },
];

const fixedMarks = () => [
  {
    id: "fixed-line",
    type: "line",
    source: "fixed_points",
    filter: ["==", ["geometry-type"], "LineString"],
    layout: { "line-join": "round", "line-cap": "round" },
    paint: {
      "line-color": ["case", ["get", "in_use"], css("--accent"), css("--map-edge-2")],
      "line-width": wide(4, 8),
      "line-opacity": 0.75,
    },
  },
  {
    id: "fixed-point",
    type: "circle",
    source: "fixed_points",
    filter: ["==", ["geometry-type"], "Point"],
    paint: {
      "circle-radius": ["interpolate", ["linear"], ["zoom"], 11, 5, 15, 9],
      "circle-color": css("--surface"),
      "circle-stroke-color": ["case", ["get", "in_use"], css("--accent"), css("--map-edge-2")],
      "circle-stroke-width": 3.5,
    },
  },
  {
    id: "fixed-point-name",
    type: "symbol",
    source: "fixed_points",
    filter: ["==", ["geometry-type"], "Point"],
    minzoom: 12.8,
    layout: textOf(14, {
      "text-field": NAME,
      "text-anchor": "top",
      "text-offset": [0, 0.8],
      "text-optional": true,
    }),
    paint: paintOf(css("--accent"), 2),
  },
];

// Over everything else.
function patrolMarks() {
  const halo = css("--surface");
  return [
    {
      id: "patrol-code",
      type: "symbol",
      source: "patrols",
      filter: is("line"),
      minzoom: 11,
      layout: textOf(14, {
        "symbol-placement": "line",
        "symbol-spacing": 220,
        "text-field": ["get", "code"],
        "text-rotation-alignment": "viewport",
      }),
      paint: paintOf(colour(), 2.4),
    },
    {
      id: "patrol-worth",
      type: "circle",
      source: "patrol_now",
      filter: is("worth"),
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["sqrt", ["get", "worth"]], 0, 2, 1, 34],
        "circle-color": css("--accent"),
        "circle-opacity": 0.28,
      },
    },
    {
      id: "patrol-stop",
      type: "circle",
      source: "patrols",
      filter: is("stop"),
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 11, 4, 11.8, 8, 13, 10, 15, 12],
        "circle-color": halo,
        "circle-stroke-color": colour(),
        "circle-stroke-width": 2.2,
      },
    },
    {
      id: "patrol-fixed",
      type: "circle",
      source: "patrols",
      filter: ["all", is("stop"), ["==", ["get", "fixed"], true]],
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 11, 7, 11.8, 12, 13, 14, 15, 16],
        "circle-color": "rgba(0,0,0,0)",
        "circle-stroke-color": colour(),
        "circle-stroke-width": 2.2,
      },
    },
    {
      id: "patrol-number",
      type: "symbol",
      source: "patrols",
      filter: is("stop"),
      minzoom: 11.8,
      layout: textOf(14, {
        "text-field": ["get", "text"],
        "text-overlap": ["step", ["zoom"], "never", 13.4, "always"],
        "text-padding": 0,
      }),
      paint: { "text-color": css("--ink") },
    },
    {
      id: "patrol-base",
      type: "symbol",
      source: "patrols",
      filter: is("base"),
      layout: { "icon-image": "team-base", "icon-allow-overlap": true },
    },
    {
      id: "patrol-base-name",
      type: "symbol",
      source: "patrols",
      filter: is("base"),
      layout: textOf(14, {
        "text-field": ["get", "text"],
        "text-variable-anchor": ["top", "bottom", "left", "right"],
        "text-radial-offset": 0.9,
        "text-overlap": "always",
      }),
      paint: paintOf(css("--team"), 2),
    },
    {
      id: "patrol-now",
      type: "circle",
      source: "patrol_now",
      filter: is("now"),
      paint: {
        "circle-radius": 16,
        "circle-color": colour(),
        "circle-stroke-color": halo,
        "circle-stroke-width": 2.5,
      },
    },
    {
      id: "patrol-now-code",
      type: "symbol",
      source: "patrol_now",
      layout: textOf(14, {
        "text-field": ["get", "text"],
        "text-overlap": "always",
        "text-padding": 0,
        "text-max-width": 20,
      }),
      paint: { "text-color": halo },
    },
    ...liveMarks(halo),
    {
      id: "patrol-drag-line",
      type: "line",
      source: "patrol_drag",
      filter: is("gap"),
      paint: { "line-color": css("--accent"), "line-width": 2.5, "line-dasharray": [2, 1.4] },
    },
    {
      id: "patrol-drag",
      type: "circle",
      source: "patrol_drag",
      filter: is("here"),
      paint: {
        "circle-radius": 12,
        "circle-color": css("--accent"),
        "circle-stroke-color": halo,
        "circle-stroke-width": 2,
      },
    },
    {
      id: "patrol-drag-text",
      type: "symbol",
      source: "patrol_drag",
      filter: is("here"),
      layout: textOf(14, {
        "text-field": ["get", "text"],
        "text-overlap": "always",
        "text-offset": [0, -1.6],
      }),
      paint: paintOf(css("--accent"), 2.4),
    },
  ];
}

export const patrolsMap = {
  sources: () => ({
    fixed_points: emptySource(),
    beats: emptySource({ tolerance: 0.2 }),
    patrols: emptySource({ tolerance: 0.2 }),
    patrol_now: emptySource(),
    patrol_live: emptySource(),
    patrol_drag: emptySource(),
  }),
  strata: { area: beatAreas, name: beatNames, field: fixedMarks, way: patrolLines, mark: patrolMarks },
  shown: {
    fixed_points: ["fixed-line", "fixed-point", "fixed-point-name"],
    beats: ["beat-fill", "beat-line", "beat-code"],
  },
  picks: [
    ...PICKED.map((layer) => ({ layer, rank: 1, act: (/** @type {any} */ found) => ({ sel: found.sel }) })),
    ...["fixed-point", "fixed-line"].map((layer) => ({
      layer,
      rank: 3,
      act: (/** @type {Properties} */ p) => ({ sel: `fixed_point:${p.code}` }),
    })),
  ],
  drag: { layer: "patrol-stop", targets: ["patrol-stop", "patrol-base", "patrol-hit"] },
};
