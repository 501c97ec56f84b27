// Hotspots on the WebGL map.

import { css } from "../shell/dom.js";
import { emptySource, paintOf, textOf } from "../shell/map/paint.js";
import { addPatterns } from "./patterns.js";

const PICKED = ["hotspot-mark", "hotspot-line", "hotspot-hit"];

const MOST_EXPLAINED = 6;

/** @type {any} */
const heat = () => ["match", ["get", "heat"], "hot", css("--hot"), "cold", css("--cold"), css("--ink-2")];
const area = ["match", ["geometry-type"], ["Polygon", "MultiPolygon"], true, false];
const found = ["!=", ["get", "heat"], "none"];
/**
 * @param {any} one
 * @param {any} two
 * @param {any} three
 */
const bySure = (one, two, three) => ["match", ["coalesce", ["get", "sure"], 0], 3, three, 2, two, 1, one, 0];

// Over the ground and below the names.
function hotspotAreas() {
  const filled = ["all", area, found, ["!", ["to-boolean", ["get", "outline"]]]];
  /**
   * @param {any} id
   * @param {any} filter
   * @param {Properties} paint
   */
  const edge = (id, filter, paint) => ({
    id,
    type: "line",
    source: "hotspots",
    filter: ["all", area, ...filter],
    layout: { "line-join": "round" },
    paint: { "line-color": heat(), ...paint },
  });
  /** @param {string} name */
  const is = (name) => ["==", ["get", "heat"], name];
  const outline = ["to-boolean", ["get", "outline"]];
  return [
    {
      id: "hotspot-hit",
      type: "fill",
      source: "hotspots",
      filter: area,
      paint: { "fill-color": "rgba(0,0,0,0)" },
    },
    {
      id: "hotspot-tint",
      type: "fill",
      source: "hotspots",
      filter: filled,
      paint: { "fill-color": heat(), "fill-opacity": bySure(0.1, 0.18, 0.28) },
    },
    {
      id: "hotspot-hatch",
      type: "fill",
      source: "hotspots",
      filter: ["all", filled, ["has", "pattern"]],
      paint: { "fill-pattern": ["get", "pattern"], "fill-opacity": bySure(0.8, 0.9, 1) },
    },
    edge("hotspot-halo", [found], {
      "line-color": css("--map-halo"),
      "line-width": ["+", 2.4, bySure(1.2, 1.8, 2.4)],
    }),
    edge("hotspot-edge", [is("hot"), ["!", outline]], { "line-width": bySure(1, 1.4, 2) }),
    edge("hotspot-edge-cold", [is("cold"), ["!", outline]], {
      "line-width": bySure(1, 1.4, 2),
      "line-dasharray": [3, 2],
    }),
    edge("hotspot-outline", [found, outline], { "line-width": bySure(2, 3, 4.5) }),
    edge("hotspot-outline-faint", [is("none"), outline], { "line-width": 1.2, "line-dasharray": [3, 3] }),
    {
      id: "hotspot-line",
      type: "line",
      source: "hotspots",
      filter: ["!", area],
      layout: { "line-cap": "round", "line-join": "round" },
      paint: {
        "line-color": css("--hot"),
        "line-width": ["interpolate", ["linear"], ["zoom"], 10, 3, 15, 9],
        "line-opacity": 0.75,
      },
    },
  ];
}

// Over everything else.
function hotspotMarks() {
  return [
    {
      id: "hotspot-mark",
      type: "symbol",
      source: "hotspots",
      filter: ["all", ["!=", ["coalesce", ["get", "icon"], ""], ""], found],
      layout: {
        "icon-image": ["coalesce", ["get", "icon"], ""],
        "icon-size": ["interpolate", ["linear"], ["zoom"], 11, 0.5, 13, 0.8, 15, 1.05],
        "icon-allow-overlap": true,
        "symbol-sort-key": ["get", "rank"],
      },
    },
    {
      id: "hotspot-text",
      type: "symbol",
      source: "hotspots",
      filter: ["!=", ["coalesce", ["get", "text"], ""], ""],
      minzoom: 11,
      layout: textOf(["case", ["all", ["to-boolean", ["get", "outline"]], found], 20, 14], {
        "text-field": ["coalesce", ["get", "text"], ""],
        "symbol-sort-key": ["get", "rank"],
        "text-variable-anchor": ["center", "top", "bottom"],
        "text-max-width": 9,
      }),
      paint: paintOf(heat(), 2),
    },
  ];
}

// Areas of different domains lie over each other: all of them are told, what was found first.
/** @param {Feature[]} hits */
function ranksOf(hits) {
  const order = hits.sort(
    (/** @type {any} */ a, /** @type {any} */ b) =>
      Number(a.properties.heat === "none") - Number(b.properties.heat === "none") ||
      a.properties.rank - b.properties.rank,
  );
  return [...new Set(order.map((/** @type {any} */ hit) => hit.properties.rank))]
    .slice(0, MOST_EXPLAINED)
    .join(".");
}

// The patterns stand in the map's images before the first area asks for one.
export const hotspotsMap = {
  sources: () => ({ hotspots: emptySource({ promoteId: "rank", tolerance: 0.2 }) }),
  strata: { area: hotspotAreas, mark: hotspotMarks },
  picks: PICKED.map((layer) => ({
    layer,
    rank: 5,
    act: (/** @type {Properties} */ p, /** @type {any} */ at, /** @type {any} */ hitsOf) => ({
      sel: `hotspot:${ranksOf(hitsOf(PICKED))}`,
    }),
  })),
  images: addPatterns,
};
