// The place of a case, seen on the spot: taken from the phone, put right by a tap, by steps of ten metres or
// by choosing a grid, with the network or without. It is the matter's place that is kept, never where a post
// went.

import { accuracySaid, isAble, phoneSystem, rememberSystem, takePosition } from "./position.js";
import { setPlace } from "./small_map.js";
import { say } from "./words.js";

const STEP_M = 10;
const DEGREE_M = 111_320;
const WAITS_MS = 6000;

/**
 * @typedef {{
 *   lon: number | null;
 *   lat: number | null;
 *   accuracy_m: number | null;
 *   crs: string | null;
 *   grid_key: string | null;
 *   grid_reason: string | null;
 * }} Spot
 */

/** @param {string} id */
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @param {HTMLFormElement} form @param {string} name */
const field = (form, name) =>
  /** @type {HTMLInputElement | HTMLSelectElement} */ (form.elements.namedItem(name));

/** @param {HTMLFormElement} form @param {string} name */
const number = (form, name) => {
  const text = field(form, name).value;
  return text === "" ? null : Number(text);
};

/**
 * The place that goes with the next step; null where there is none, or none that the person has said to use.
 * @param {HTMLFormElement} form
 * @returns {Spot | null}
 */
export const spotOf = (form) => ("unsure" in form.dataset ? null : spotIn(form));

/**
 * The place that stands in the form, used or not.
 * @param {HTMLFormElement} form
 * @returns {Spot | null}
 */
export function spotIn(form) {
  if (!("spot" in form.dataset)) return null;
  const lon = number(form, "lon");
  const grid_key = field(form, "grid_key").value || null;
  if (lon === null && grid_key === null) return null;
  return {
    lon,
    lat: number(form, "lat"),
    accuracy_m: number(form, "accuracy_m"),
    crs: (lon !== null && field(form, "crs").value) || null,
    grid_key,
    grid_reason: grid_key && say("spot_reason"),
  };
}

/** @param {HTMLFormElement} form @param {Spot | null} place @param {boolean} [unsure] */
export function putSpot(form, place, unsure = false) {
  if (!("spot" in form.dataset)) return;
  if (unsure) form.dataset.unsure = "1";
  else delete form.dataset.unsure;
  for (const name of /** @type {const} */ (["lon", "lat", "accuracy_m", "grid_key"]))
    field(form, name).value = String(place?.[name] ?? "");
  const has = place !== null && place.lon !== null;
  field(form, "crs").value = has ? (place.crs ?? "") : phoneSystem();
  dispatchEvent(new CustomEvent("placed", { detail: { near: has } }));
}

/** @param {string} key */
function gridName(key) {
  const option = document.querySelector(`#grid_key option[value="${key}"]`);
  const title = document.querySelector(`#spot .land path[data-grid="${key}"] title`);
  return (option?.textContent ?? title?.textContent ?? "").trim();
}

// Without a network the drawn map says in which village a point lies: about, since its outlines are coarse.
/** @param {number} lon @param {number} lat */
function drawnGrid(lon, lat) {
  const box = /** @type {HTMLElement | null} */ (document.querySelector("#spot [data-small-map]"));
  if (!box) return "";
  const { west, north, scale, cos } = box.dataset;
  const x = 12 + (lon - Number(west)) * Number(cos) * Number(scale);
  const y = 12 + (Number(north) - lat) * Number(scale);
  const paths = /** @type {NodeListOf<SVGPathElement>} */ (box.querySelectorAll(".land path"));
  const found = [...paths].find((path) => path.isPointInFill(new DOMPoint(x, y)));
  return found?.dataset.grid ? gridName(found.dataset.grid) : "";
}

let asked = 0;

// The server turns what the phone said into where it lies; the page shows it and keeps what the phone said.
/** @param {HTMLFormElement} form */
async function find(form) {
  const mine = ++asked;
  const where = byId("spot-where");
  delete where.dataset.wgs;
  where.textContent = "";
  const [lon, lat, accuracy] = [number(form, "lon"), number(form, "lat"), number(form, "accuracy_m")];
  const system = field(form, "crs").value;
  if (lon === null || lat === null) return;
  const query = new URLSearchParams({ lon: String(lon), lat: String(lat) });
  if (system) query.set("crs", system);
  if (accuracy) query.set("accuracy_m", String(accuracy));
  try {
    const answer = await fetch(`/api/v1/cases/point?${query}`, { signal: AbortSignal.timeout(WAITS_MS) });
    if (mine !== asked) return;
    if (!answer.ok) throw new Error(String(answer.status));
    const told = await answer.json();
    const names = told.grid_keys.map(gridName).filter(Boolean);
    where.dataset.wgs = `${told.lon},${told.lat}`;
    where.textContent = names.length ? say("spot_in", { grid: names.at(-1) }) : say("spot_outside");
    if (told.confirm) where.textContent += say("spot_edge");
  } catch {
    if (mine !== asked) return;
    if (system) where.textContent = say("spot_later", { crs: system === "gcj02" ? "GCJ-02" : "BD-09" });
    else {
      const name = drawnGrid(lon, lat);
      where.textContent = name ? say("spot_about", { grid: name }) : say("spot_outside");
    }
  }
  dispatchEvent(new CustomEvent("placed", { detail: { shown: true } }));
}

/** @param {HTMLFormElement} form */
function draw(form) {
  const has = field(form, "lon").value !== "";
  const chosen = field(form, "grid_key").value;
  const accuracy = number(form, "accuracy_m");
  const said = byId("here-said");
  if (has && accuracy === null) said.textContent = say("spot_by_hand");
  else if (has)
    said.textContent = say(accuracySaid(accuracy ?? 0, Number(form.dataset.poor)), {
      m: Math.round(accuracy ?? 0),
    });
  else if (chosen) said.textContent = say("spot_grid", { grid: gridName(chosen) });
  byId("spot-use").hidden = !("unsure" in form.dataset);
  byId("spot-drop").hidden = !has && !chosen;
  byId("spot-nudge").hidden = !has;
  byId("spot-sent").hidden = spotOf(form) === null;
}

/** @param {HTMLFormElement} form */
async function take(form) {
  const said = byId("here-said");
  said.textContent = say("here_wait");
  const found = await takePosition(Number(form.dataset.most));
  if (typeof found === "string") {
    said.textContent = say(found);
    /** @type {HTMLDetailsElement} */ (byId("spot")).open = true;
    return;
  }
  field(form, "grid_key").value = "";
  if (found.accuracy > Number(form.dataset.poor)) form.dataset.unsure = "1";
  else delete form.dataset.unsure;
  /** @type {HTMLDetailsElement} */ (byId("spot")).open = true;
  setPlace(found.lon, found.lat, found.accuracy, phoneSystem());
}

/** @param {HTMLFormElement} form @param {number} east @param {number} north */
function nudge(form, east, north) {
  const [lon, lat] = [number(form, "lon"), number(form, "lat")];
  if (lon === null || lat === null) return;
  const wide = DEGREE_M * Math.cos((lat * Math.PI) / 180);
  setPlace(lon + (east * STEP_M) / wide, lat + (north * STEP_M) / DEGREE_M, null, field(form, "crs").value);
}

/**
 * @param {HTMLFormElement} form
 * @param {() => void} changed told of every change of the place
 */
export function spot(form, changed) {
  if (!("spot" in form.dataset)) return;
  field(form, "crs").value = phoneSystem();
  if (!isAble()) {
    byId("here-said").textContent = say("here_insecure");
    byId("spot-here").setAttribute("disabled", "");
    /** @type {HTMLDetailsElement} */ (byId("spot")).open = true;
  }
  byId("spot-here").addEventListener("click", () => take(form));
  byId("spot-use").addEventListener("click", () => {
    delete form.dataset.unsure;
    draw(form);
    changed();
  });
  byId("spot-drop").addEventListener("click", () => {
    putSpot(form, null);
    byId("here-said").textContent = say("spot_dropped");
  });
  byId("spot-nudge").addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button[data-east]") : null;
    if (button instanceof HTMLElement) nudge(form, Number(button.dataset.east), Number(button.dataset.north));
  });
  field(form, "grid_key").addEventListener("change", () => {
    delete form.dataset.unsure;
    draw(form);
    changed();
  });
  field(form, "crs").addEventListener("change", () => {
    rememberSystem(field(form, "crs").value);
    dispatchEvent(new CustomEvent("placed", { detail: {} }));
  });
  addEventListener("placed", (event) => {
    const { shown } = /** @type {CustomEvent} */ (event).detail ?? {};
    if (shown) return;
    // A point that a person put is sure.
    if (field(form, "accuracy_m").value === "") delete form.dataset.unsure;
    draw(form);
    changed();
    find(form);
  });
}
