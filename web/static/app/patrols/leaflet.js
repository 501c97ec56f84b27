// Routes on the map without WebGL.

import { css } from "../shell/dom.js";
import { nameOf } from "../shell/i18n.js";
import { tooltip } from "../shell/map/tooltip.js";
import { DASHES } from "./routes.js";

const WIDTH = 4;
const WORTH_PX = 32;

// Gives a Leaflet layer of one feature; `pick(event, sel)` is told of a click.
/**
 * @param {any} L
 * @param {Feature} feature
 * @param {Pick_} pick
 */
function draw(L, feature, pick) {
  const { what, colour, dash, text, sel, fixed } = feature.properties;
  const ink = css(`--patrol-${colour}`);
  const { coordinates } = feature.geometry;
  const over = what === "now" || what === "here";
  /** @param {[number, number]} given */
  const flip = ([lon, lat]) => [lat, lon];
  if (what === "grow") {
    const quiet = { color: ink, weight: 2, interactive: false };
    return feature.geometry.type === "Point"
      ? L.circleMarker(flip(coordinates), { ...quiet, radius: 4 })
      : L.polyline(coordinates.map(flip), quiet);
  }
  if (what === "worth")
    return L.circleMarker(flip(coordinates), {
      radius: 2 + WORTH_PX * Math.sqrt(feature.properties.worth),
      stroke: false,
      fillColor: css("--accent"),
      fillOpacity: 0.28,
      interactive: false,
    });
  let mark;
  if (what === "walk") mark = L.polyline(coordinates.map(flip), { color: ink, weight: 14, opacity: 0.35 });
  else if (what === "line")
    mark = L.polyline(coordinates.map(flip), {
      color: ink,
      weight: WIDTH,
      lineCap: "butt",
      dashArray: dash ? DASHES[dash].map((n) => n * WIDTH).join(" ") : null,
    });
  else if (what === "link" || what === "gap")
    mark = L.polyline(coordinates.map(flip), { color: ink, weight: 1.2 });
  else if (what === "stop")
    mark = L.circleMarker(flip(coordinates), {
      radius: fixed ? 9 : 7,
      weight: fixed ? 4.4 : 2.2,
      color: ink,
      fillColor: css("--surface"),
      fillOpacity: 1,
    });
  else
    mark = L.circleMarker(flip(coordinates), {
      radius: over ? 14 : 9,
      weight: 2,
      color: what === "due" ? ink : over ? css("--surface") : css("--team"),
      fillColor: over ? ink : css("--surface"),
      fillOpacity: what === "due" ? 0 : 1,
    });
  const words = [what === "line" ? feature.properties.code : text, nameOf(feature.properties)].join(" · ");
  if (what === "base" || over)
    tooltip(mark, text, { permanent: true, direction: over ? "center" : "bottom", className: "grid-name" });
  else if (what !== "link" && what !== "gap") tooltip(mark, words);
  return mark.on("click", (/** @type {any} */ event) => pick(event, sel));
}

/**
 * @param {any} L
 * @param {Feature} feature
 * @param {Pick_} pick
 */
function fixedPoint(L, feature, pick) {
  const { geometry, properties: p } = feature;
  const ink = { color: css(p.in_use ? "--accent" : "--map-edge-2") };
  /** @param {[number, number]} given */
  const flip = ([lon, lat]) => [lat, lon];
  const mark =
    geometry.type === "LineString"
      ? L.polyline(geometry.coordinates.map(flip), { ...ink, weight: 6, opacity: 0.75 })
      : L.circleMarker(flip(geometry.coordinates), {
          ...ink,
          radius: 7,
          weight: 3.5,
          fillColor: css("--surface"),
          fillOpacity: 1,
        });
  return tooltip(mark, nameOf(p)).on("click", (/** @type {any} */ event) =>
    pick(event, `fixed_point:${p.code}`),
  );
}

// Clicks go through to the grids.
/**
 * @param {any} L
 * @param {Feature} feature
 */
function beat(L, feature) {
  const { colour, team } = feature.properties;
  const ink = css(`--patrol-${colour}`);
  const area = L.geoJSON(feature, {
    interactive: false,
    style: { color: ink, weight: 2.5, fillColor: ink, fillOpacity: 0.16 },
  });
  return tooltip(area, team, { permanent: true, direction: "center", className: "grid-name" });
}

export const patrolsPlain = {
  draws: {
    beats: { draw: beat, switched: true },
    fixed_points: { draw: fixedPoint, switched: true },
    patrols: { draw },
    patrol_now: { draw },
    patrol_live: { draw },
    patrol_drag: { draw },
  },
};
