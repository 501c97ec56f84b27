// The small map: wheel, drag and buttons move it; where a place is asked for, a click gives it.

import { outline } from "./draw.js";
import { keepNamesApart } from "./map_names.js";
import { announce, say } from "./words.js";

const SMALLEST = 40;
const STILL_PX = 4;
const MARGIN = 12;
const DEGREE_M = 111_320;
const NEAR_M = 3000;

/** @param {HTMLElement} box */
function one(box) {
  const svg = /** @type {SVGSVGElement} */ (box.querySelector("svg"));
  const { width, height } = svg.viewBox.baseVal;
  const view = { x: 0, y: 0, width, height };
  const renamed = keepNamesApart(box);

  const show = () => {
    view.width = Math.min(width * 1.2, Math.max(SMALLEST, view.width));
    view.height = (view.width * height) / width;
    view.x = Math.min(width - view.width / 2, Math.max(-view.width / 2, view.x));
    view.y = Math.min(height - view.height / 2, Math.max(-view.height / 2, view.y));
    svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.width} ${view.height}`);
    const factor = view.width / width;
    box.style.setProperty("--zoomed", String(factor));
    for (const pin of svg.querySelectorAll(".pin, .dot")) scaled(pin, factor);
    renamed();
  };
  /** @param {Element} mark @param {number} factor */
  const scaled = (mark, factor) => {
    if (mark.classList.contains("pin")) {
      const [x, y] = (mark.getAttribute("data-at") ?? "0,0").split(",");
      mark.setAttribute("transform", `translate(${x} ${y}) scale(${factor})`);
    }
  };
  /** @param {{ clientX: number, clientY: number }} event */
  const place = (event) => {
    const matrix = svg.getScreenCTM();
    return new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix?.inverse());
  };
  /** @param {number} factor @param {{ x: number, y: number }} [around] */
  const zoom = (factor, around = { x: view.x + view.width / 2, y: view.y + view.height / 2 }) => {
    view.x = around.x - (around.x - view.x) * factor;
    view.y = around.y - (around.y - view.y) * factor;
    view.width *= factor;
    show();
  };
  /** @param {number} x @param {number} y */
  const pin = (x, y) => {
    const mark = /** @type {SVGElement | null} */ (svg.querySelector(".pin"));
    if (!mark) return;
    mark.removeAttribute("hidden");
    mark.dataset.at = `${x},${y}`;
    scaled(mark, view.width / width);
    const circle = svg.querySelector(".accuracy");
    const metres = Number(field("accuracy_m")?.value || 0);
    circle?.toggleAttribute("hidden", !metres);
    circle?.setAttribute("cx", String(x));
    circle?.setAttribute("cy", String(y));
    circle?.setAttribute("r", String((metres / DEGREE_M) * numbers(box).scale));
  };
  const unpin = () => {
    for (const mark of svg.querySelectorAll(".pin, .accuracy")) mark.setAttribute("hidden", "");
  };

  svg.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      zoom(event.deltaY < 0 ? 0.8 : 1.25, place(event));
    },
    { passive: false },
  );
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (box.querySelectorAll("[data-zoom]"))) {
    button.addEventListener("click", () => {
      const factor = Number(button.dataset.zoom);
      if (factor) zoom(factor);
      else {
        Object.assign(view, { x: 0, y: 0, width, height });
        show();
      }
    });
  }

  const corner = "draw" in box.dataset ? outline(box, (lon, lat) => point(box, lon, lat)) : null;

  /** @type {{ x: number, y: number, clientX: number, clientY: number, moved: boolean } | null} */
  let held = null;
  svg.addEventListener("pointerdown", (event) => {
    const at = place(event);
    held = { x: at.x, y: at.y, clientX: event.clientX, clientY: event.clientY, moved: false };
  });
  svg.addEventListener("pointermove", (event) => {
    if (!held) return;
    const far = Math.hypot(event.clientX - held.clientX, event.clientY - held.clientY);
    if (!held.moved && far < STILL_PX) return;
    if (!held.moved) svg.setPointerCapture(event.pointerId);
    held.moved = true;
    const at = place(event);
    view.x -= at.x - held.x;
    view.y -= at.y - held.y;
    show();
  });
  svg.addEventListener("pointerup", (event) => {
    const still = held && !held.moved;
    held = null;
    if (!still) return;
    const { x, y } = place(event);
    if (corner) corner(...geographic(box, x, y));
    if (!("pick" in box.dataset)) return;
    take(box, x, y);
  });
  svg.addEventListener("pointercancel", () => (held = null));

  if ("pick" in box.dataset) {
    /** @param {boolean} [near] Whether to look at it from near */
    const shown = (near) => {
      const at = placed();
      if (!at) {
        unpin();
        return;
      }
      const [x, y] = point(box, ...at);
      if (near) {
        view.width = (NEAR_M / DEGREE_M) * numbers(box).scale;
        view.height = (view.width * height) / width;
        Object.assign(view, { x: x - view.width / 2, y: y - view.height / 2 });
        show();
      }
      pin(x, y);
    };
    shown();
    let wantsNear = false;
    addEventListener("placed", (event) => {
      const { near = false, shown: isTold = false } = /** @type {CustomEvent} */ (event).detail ?? {};
      // What is told in another system is looked at when the server has said where it is.
      wantsNear = near || (isTold && wantsNear);
      shown(wantsNear);
      if (placed()) wantsNear = false;
    });
  }
}

/** @param {string} name @returns {HTMLInputElement | HTMLSelectElement | null} */
const field = (name) => document.querySelector(`form[data-place] [name="${name}"]`);

// Where the form's place lies in WGS 84: as it stands there, or, told in another system, as the server has
// turned it.
/** @returns {[number, number] | null} */
function placed() {
  /** @type {HTMLElement | null} */
  const turned = document.querySelector("[data-wgs]");
  const told = field("crs")?.value
    ? (turned?.dataset.wgs ?? "").split(",")
    : ["lon", "lat"].map((name) => field(name)?.value ?? "");
  const [lon, lat] = told.map((text) => (text ? Number(text) : Number.NaN));
  return Number.isFinite(lon) && Number.isFinite(lat) ? [lon, lat] : null;
}

/** @param {HTMLElement} box @param {number} lon @param {number} lat */
function point(box, lon, lat) {
  const { west, north, scale, cos } = numbers(box);
  return [MARGIN + (lon - west) * cos * scale, MARGIN + (north - lat) * scale];
}

/** @param {HTMLElement} box */
function numbers(box) {
  const told = /** @type {Record<string, string>} */ (box.dataset);
  return {
    west: Number(told.west),
    north: Number(told.north),
    scale: Number(told.scale),
    cos: Number(told.cos),
  };
}

/** @param {HTMLElement} box @param {number} x @param {number} y */
function take(box, x, y) {
  setPlace(...geographic(box, x, y), null);
}

/** @param {HTMLElement} box @param {number} x @param {number} y @returns {[number, number]} */
function geographic(box, x, y) {
  const { west, north, scale, cos } = numbers(box);
  return [west + (x - MARGIN) / (cos * scale), north - (y - MARGIN) / scale];
}

// Puts a place into the form, and lets the form ask which grid it is. What the map and its places say is
// WGS 84; a phone may say it in another system.
/**
 * @param {number} lon
 * @param {number} lat
 * @param {number | null} accuracy
 * @param {string} [system]
 */
export function setPlace(lon, lat, accuracy, system = "") {
  const near = accuracy !== null;
  const values = {
    crs: system,
    lon: lon.toFixed(6),
    lat: lat.toFixed(6),
    accuracy_m: accuracy === null ? "" : String(Math.ceil(accuracy)),
  };
  for (const [name, value] of Object.entries(values)) {
    const input = field(name);
    if (input) input.value = value;
  }
  dispatchEvent(new CustomEvent("placed", { detail: { near } }));
  field("lon")?.dispatchEvent(new Event("change", { bubbles: true }));
  announce(say("place_taken", { lon: values.lon, lat: values.lat }));
}

// A row and its mark show each other.
/** @param {Event} event */
function pointed(event) {
  const row = /** @type {HTMLElement | null} */ (
    event.target instanceof Element ? event.target.closest("[data-dot]") : null
  );
  for (const dot of document.querySelectorAll(".dot.pointed")) dot.classList.remove("pointed");
  const dot = row && document.getElementById(row.dataset.dot ?? "");
  if (!dot) return;
  dot.classList.add("pointed");
  dot.parentElement?.append(dot);
}

export function smallMaps() {
  const begin = () => {
    for (const box of /** @type {NodeListOf<HTMLElement>} */ (
      document.querySelectorAll("[data-small-map]:not([data-begun])")
    )) {
      box.dataset.begun = "";
      one(box);
    }
  };
  begin();
  document.addEventListener("htmx:afterSettle", begin);
  document.addEventListener("htmx:afterSettle", (event) => {
    if (/** @type {HTMLElement} */ (event.target).dataset.wgs)
      dispatchEvent(new CustomEvent("placed", { detail: { shown: true } }));
  });
  document.addEventListener("renewed", begin);
  document.addEventListener("mouseover", pointed);
  document.addEventListener("focusin", pointed);
}
