// Places and segments of fixed points, taken from the map: their records are begun with them.

import { isPhone } from "../shell/dom.js";
import { t } from "../shell/i18n.js";
import * as chrome from "../shell/ui/chrome.js";

const RECORDS = "/records/fixed_points";
/** @param {{ lon: number, lat: number }} place */
const written = ({ lon, lat }) => `${lon.toFixed(6)},${lat.toFixed(6)}`;

// A click on the map begins the record of a fixed point there.
/**
 * @param {import('./fixed_points.js').FixedPoints} fixed
 * @param {any} tell
 * @param {() => void} render
 */
export function placeFixed(fixed, tell, render) {
  if (fixed.placing) {
    fixed.placing();
    return;
  }
  fixed.drawing?.giveUp();
  fixed.placing = tell.place((/** @type {{ lon: number, lat: number } | null} */ place) => {
    fixed.placing = null;
    render();
    if (place) location.assign(`${RECORDS}?lon=${place.lon.toFixed(6)}&lat=${place.lat.toFixed(6)}#new`);
  });
  chrome.say(t("pat_fixed_click"));
  if (isPhone()) chrome.showSheet("map");
  render();
}

// Clicks on the map draw a segment, which begins its record; the same button ends it.
/**
 * @param {import('./fixed_points.js').FixedPoints} fixed
 * @param {any} tell
 * @param {() => void} render
 */
export function drawSegment(fixed, tell, render) {
  if (fixed.drawing) {
    fixed.drawing.end();
    return;
  }
  fixed.placing?.();
  const taking = tell.line({
    changed: (/** @type {{ lon: number, lat: number }[]} */ places) => {
      if (fixed.drawing) fixed.drawing.places = places.map(({ lon, lat }) => [lon, lat]);
      tell.drawn("patrol_drag", sketch(places));
      render();
    },
    few: () => chrome.say(t("pat_fixed_few")),
    done: (/** @type {{ lon: number, lat: number }[] | null} */ places) => {
      fixed.drawing = null;
      tell.drawn("patrol_drag", []);
      render();
      if (places) location.assign(`${RECORDS}?line=${places.map(written).join(";")}#new`);
    },
  });
  fixed.drawing = { places: [], ...taking };
  chrome.say(t("pat_fixed_drawing"));
  if (isPhone()) chrome.showSheet("map");
  render();
}

/**
 * @param {{ lon: number, lat: number }[]} places
 * @returns {Feature[]}
 */
function sketch(places) {
  const at = places.map(({ lon, lat }) => [lon, lat]);
  /** @type {any[]} */
  const marks = at.map((coordinates) => ({
    type: "Feature",
    geometry: { type: "Point", coordinates },
    properties: { what: "here", text: "" },
  }));
  const line = {
    type: "Feature",
    geometry: { type: "LineString", coordinates: at },
    properties: { what: "gap" },
  };
  return at.length > 1 ? [line, ...marks] : marks;
}
