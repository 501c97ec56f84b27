// Marks drawn on canvases, so that no sprite file is needed and both themes have their colours.

import { css } from "../dom.js";

export const DOMAINS = ["dispute", "land", "social_service", "policing", "safety", "emergency"];

/**
 * @param {number} n
 * @param {number} [turn]
 */
const polygon =
  (n, turn = -Math.PI / 2) =>
  (/** @type {CanvasRenderingContext2D} */ c, /** @type {any} */ r) => {
    for (let i = 0; i < n; i += 1) {
      const a = turn + (i * 2 * Math.PI) / n;
      c.lineTo(r * Math.cos(a), r * Math.sin(a));
    }
    c.closePath();
  };

/** @type {Record<string, any>} */
const SHAPES = {
  dispute: (/** @type {CanvasRenderingContext2D} */ c, /** @type {any} */ r) =>
    c.arc(0, 0, r * 0.86, 0, 2 * Math.PI),
  land: (/** @type {CanvasRenderingContext2D} */ c, /** @type {any} */ r) =>
    c.rect(-r * 0.76, -r * 0.76, r * 1.52, r * 1.52),
  social_service: polygon(3),
  policing: polygon(4),
  safety: polygon(6),
  emergency: (/** @type {CanvasRenderingContext2D} */ c, /** @type {any} */ r) => {
    for (let i = 0; i < 10; i += 1) {
      const a = -Math.PI / 2 + (i * Math.PI) / 5;
      const d = i % 2 ? r * 0.48 : r * 1.08;
      c.lineTo(d * Math.cos(a), d * Math.sin(a));
    }
    c.closePath();
  },
};

/**
 * @param {CanvasRenderingContext2D} c
 * @param {any} r
 */
const SHIELD = (c, r) => {
  c.moveTo(0, -r);
  c.quadraticCurveTo(r * 0.5, -r * 0.7, r * 0.86, -r * 0.66);
  c.quadraticCurveTo(r * 0.95, r * 0.5, 0, r);
  c.quadraticCurveTo(-r * 0.95, r * 0.5, -r * 0.86, -r * 0.66);
  c.quadraticCurveTo(-r * 0.5, -r * 0.7, 0, -r);
  c.closePath();
};

/**
 * @param {CanvasRenderingContext2D} c
 * @param {any} r
 */
const HOUSE = (c, r) => {
  c.moveTo(0, -r * 0.95);
  c.lineTo(r * 0.95, -r * 0.1);
  c.lineTo(r * 0.65, -r * 0.1);
  c.lineTo(r * 0.65, r * 0.85);
  c.lineTo(-r * 0.65, r * 0.85);
  c.lineTo(-r * 0.65, -r * 0.1);
  c.lineTo(-r * 0.95, -r * 0.1);
  c.closePath();
};

/**
 * @param {CanvasRenderingContext2D} c
 * @param {any} r
 */
const ARROW = (c, r) => {
  c.moveTo(-r, -r * 0.3);
  c.lineTo(r * 0.1, -r * 0.3);
  c.lineTo(r * 0.1, -r * 0.8);
  c.lineTo(r, 0);
  c.lineTo(r * 0.1, r * 0.8);
  c.lineTo(r * 0.1, r * 0.3);
  c.lineTo(-r, r * 0.3);
  c.closePath();
};

/**
 * @param {any} size
 * @param {any} shape
 * @param {any} given2
 */
function draw(size, shape, { fill, stroke, width = 1.5, radius = size / 2 - 2.5 }) {
  const ratio = 2;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size * ratio;
  const c = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  c.scale(ratio, ratio);
  c.translate(size / 2, size / 2);
  c.beginPath();
  shape(c, radius);
  c.lineJoin = "round";
  if (stroke) {
    c.strokeStyle = stroke;
    c.lineWidth = width * 2;
    c.stroke();
  }
  if (fill) {
    c.fillStyle = fill;
    c.fill();
  }
  return canvas;
}

// Name of each mark to its canvas, in the colours of the present theme.
function marks() {
  const halo = css("--surface");
  /** @type {Record<string, any>} */
  const out = {};
  for (const domain of DOMAINS)
    out[`d-${domain}`] = draw(18, SHAPES[domain], { fill: css(`--d-${domain}`), stroke: halo });
  out.team = draw(24, SHIELD, { fill: css("--team"), stroke: halo, width: 2 });
  out["team-base"] = draw(24, SHIELD, { fill: halo, stroke: css("--team"), width: 1 });
  out.organisation = draw(18, HOUSE, { fill: css("--map-edge-2"), stroke: halo });
  out.arrow = draw(14, ARROW, { fill: css("--map-edge-3"), radius: 5 });
  return out;
}

/** @param {any} map */
export function addMarks(map) {
  for (const [name, canvas] of Object.entries(marks())) {
    const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    if (map.hasImage(name)) map.removeImage(name);
    map.addImage(name, data, { pixelRatio: 2 });
  }
}

/** @type {Record<string, any>} */
let drawn = { theme: null, images: {} };

/** @param {string} name */
function imageOf(name) {
  const { theme } = document.documentElement.dataset;
  /** @param {any} c */
  const image = (c) => ({ url: c.toDataURL(), size: [c.width / 2, c.height / 2] });
  if (drawn.theme !== theme)
    drawn = { theme, images: Object.fromEntries(Object.entries(marks()).map(([k, c]) => [k, image(c)])) };
  return drawn.images[name] ?? { url: "", size: [0, 0] };
}

// The same mark as an image for lists and the legend.
/** @param {string} name */
export function swatch(name) {
  const image = document.createElement("img");
  image.src = imageOf(name).url;
  image.alt = "";
  image.className = "swatch";
  return image;
}

// The same mark on the map without WebGL.
/**
 * @param {any} L
 * @param {string} name
 */
export const iconOf = (L, name) => L.icon({ iconUrl: imageOf(name).url, iconSize: imageOf(name).size });
