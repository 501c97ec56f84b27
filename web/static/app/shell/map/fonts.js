// Fonts of the map's labels: the system's Chinese ones; where there is none, the page's own files, fetched by
// character range as labels need them.

import { loadStyle } from "../dom.js";

const BUNDLED = "Noto Sans SC Variable";
const SYSTEM = [
  "PingFang SC",
  "Microsoft YaHei",
  "Noto Sans CJK SC",
  "Source Han Sans SC",
  "Noto Sans SC",
  "WenQuanYi Micro Hei",
  "Heiti SC",
  "SimHei",
];
const SAMPLES = ["镇", "网"];

const FONTS = [...SYSTEM, BUNDLED];

/** @param {string} text */
function drawn(text) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 24;
  const c = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  c.font = "20px sans-serif";
  c.fillText(text, 2, 20);
  return c.getImageData(0, 0, 24, 24).data.join();
}

// Without a Chinese font two different characters are the same empty box.
export const hasChinese = () => drawn(SAMPLES[0]) !== drawn(SAMPLES[1]);

// The bundled font's style sheet, where it is needed.
export const loadFonts = () => (hasChinese() ? null : loadStyle(document.documentElement.dataset.fonts));

const sheetOfFonts = () => [...document.styleSheets].find((sheet) => sheet.href?.includes("/fonts-"));

// Names for a layer's text: the bundled one alone where its files are declared, for the map looks them up by
// that name.
export const labelFonts = () => (sheetOfFonts() ? [BUNDLED] : FONTS);

// What a style declares: nothing where the system draws.
export function fontFaces() {
  const faces = [];
  /** @type {any} */
  const sheet = sheetOfFonts();
  for (const rule of sheet?.cssRules ?? []) {
    const found = /url\("?([^")]+)"?\)/.exec(rule.style?.getPropertyValue("src") ?? "");
    if (!found) continue;
    const ranges = rule.style.getPropertyValue("unicode-range").split(",");
    faces.push({
      url: new URL(found[1], sheet.href).href,
      "unicode-range": ranges.map((/** @type {any} */ r) => r.trim()),
    });
  }
  return faces.length ? { [BUNDLED]: faces } : {};
}
