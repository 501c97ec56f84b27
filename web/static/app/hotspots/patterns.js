// Hatches drawn on canvases: direction and density tell what colour alone would not, on paper and to every
// eye.

import { css } from "../shell/dom.js";

const SIZE = 24;
const RATIO = 2;
const GAPS = { 1: 12, 2: 8, 3: 4 };

/**
 * @param {number} width
 * @param {number} height
 * @param {any} ratio
 */
function canvasOf(width, height, ratio) {
  /** @type {any} */
  const canvas = document.createElement("canvas");
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  canvas.getContext("2d").scale(ratio, ratio);
  return canvas;
}

/**
 * @param {CanvasRenderingContext2D} c
 * @param {number} gap
 * @param {any} given2
 */
function lines(c, gap, { slope = 0, width = 1.3 }) {
  c.lineWidth = width;
  c.beginPath();
  for (let at = -SIZE; at <= 2 * SIZE; at += gap) {
    if (slope === "across") {
      c.moveTo(-SIZE, at + gap / 2);
      c.lineTo(2 * SIZE, at + gap / 2);
    } else {
      c.moveTo(at + (slope ? 0 : gap / 2), slope > 0 ? SIZE : 0);
      c.lineTo(at + (slope ? SIZE : gap / 2), slope > 0 ? 0 : SIZE);
    }
  }
  c.stroke();
}

/**
 * @param {CanvasRenderingContext2D} c
 * @param {number} gap
 * @param {any} radius
 */
function dots(c, gap, radius) {
  for (let x = gap / 2; x < SIZE; x += gap) {
    for (let y = gap / 2; y < SIZE; y += gap) {
      c.beginPath();
      c.arc(x, y, radius, 0, 2 * Math.PI);
      c.fill();
    }
  }
}

/**
 * @param {CanvasRenderingContext2D} c
 * @param {number} gap
 */
function pluses(c, gap) {
  c.lineWidth = 1.8;
  c.beginPath();
  for (let x = gap / 2; x < SIZE; x += gap) {
    for (let y = gap / 2; y < SIZE; y += gap) {
      c.moveTo(x - 3.4, y);
      c.lineTo(x + 3.4, y);
      c.moveTo(x, y - 3.4);
      c.lineTo(x, y + 3.4);
    }
  }
  c.stroke();
}

/**
 * @param {CanvasRenderingContext2D} c
 * @param {number} gap
 */
function waves(c, gap) {
  c.lineWidth = 1.5;
  for (let y = gap / 2; y < SIZE; y += gap) {
    c.beginPath();
    for (let x = -6; x <= SIZE + 6; x += 6) c.lineTo(x, y + ((x / 6) % 2) ? y - 2.5 : y + 2.5);
    c.stroke();
  }
}

// The eight courses of an emerging hotspot.
const COURSES = {
  new: (/** @type {CanvasRenderingContext2D} */ c) => pluses(c, 12),
  consecutive: (/** @type {CanvasRenderingContext2D} */ c) => lines(c, 8, { slope: "across", width: 1.6 }),
  intensifying: (/** @type {CanvasRenderingContext2D} */ c) => [
    lines(c, 6, { slope: 1, width: 1.6 }),
    lines(c, 6, { slope: -1, width: 1.6 }),
  ],
  persistent: (/** @type {CanvasRenderingContext2D} */ c) => [
    lines(c, 6, {}),
    lines(c, 6, { slope: "across" }),
  ],
  diminishing: (/** @type {CanvasRenderingContext2D} */ c) => lines(c, 12, { width: 1.4 }),
  sporadic: (/** @type {CanvasRenderingContext2D} */ c) => dots(c, 8, 1.5),
  oscillating: (/** @type {CanvasRenderingContext2D} */ c) => waves(c, 8),
  historical: (/** @type {CanvasRenderingContext2D} */ c) => dots(c, 12, 1.1),
};

function painters() {
  /** @type {Record<string, any>} */
  const out = {};
  for (const heat of ["hot", "cold"]) {
    const slope = heat === "hot" ? 1 : -1;
    for (const [sure, gap] of Object.entries(GAPS)) {
      out[`hatch-${heat}-${sure}`] = (/** @type {CanvasRenderingContext2D} */ c) =>
        lines(c, gap, { slope, width: 1.1 });
      out[`dots-${heat}-${sure}`] = (/** @type {CanvasRenderingContext2D} */ c) =>
        dots(c, gap, sure === "3" ? 1.2 : 1.8);
    }
    for (const [name, act] of Object.entries(COURSES)) out[`${name}-${heat}`] = act;
  }
  return out;
}

/** @param {string} name */
const heatOf = (name) => (/(^|-)cold(-|$)/.test(name) ? "cold" : "hot");

/**
 * @param {CanvasRenderingContext2D} c
 * @param {string} name
 * @param {any} act
 */
function paint(c, name, act) {
  const colour = css(`--${heatOf(name)}`);
  c.strokeStyle = colour;
  c.fillStyle = colour;
  act(c);
}

/** @param {any} map */
export function addPatterns(map) {
  for (const [name, act] of Object.entries(painters())) {
    const canvas = canvasOf(SIZE, SIZE, RATIO);
    const c = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    paint(c, name, act);
    if (map.hasImage(name)) map.removeImage(name);
    map.addImage(name, c.getImageData(0, 0, canvas.width, canvas.height), { pixelRatio: RATIO });
  }
}

// A piece of an area as the map draws it, for the legend: tint, hatch and edge.
/**
 * @typedef {{ pattern?: any, heat?: string, sure?: number, outline?: boolean, line?: boolean, faint?: boolean
 * }} Look
 */
/** @param {Look} given */
export function areaSwatch({
  pattern,
  heat = "hot",
  sure = 3,
  outline = false,
  line = false,
  faint = false,
}) {
  const [width, height] = [28, 18];
  const canvas = canvasOf(width, height, RATIO);
  const c = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const colour = css(faint ? "--ink-2" : `--${heat}`);
  c.strokeStyle = colour;
  c.fillStyle = colour;
  if (line) {
    c.lineWidth = 5;
    c.beginPath();
    c.moveTo(0, height - 4);
    c.lineTo(width, 4);
    c.stroke();
  } else {
    if (!outline && !faint) {
      c.globalAlpha = [0, 0.1, 0.18, 0.28][sure];
      c.fillRect(0, 0, width, height);
      c.globalAlpha = 1;
    }
    if (pattern) painters()[pattern](c);
    c.lineWidth = outline && !faint ? 2 * sure : 2;
    c.setLineDash(faint || heat === "cold" ? [4, 3] : []);
    c.strokeRect(1, 1, width - 2, height - 2);
  }
  const image = document.createElement("img");
  image.src = canvas.toDataURL();
  image.alt = "";
  image.className = "hot-swatch";
  return image;
}
