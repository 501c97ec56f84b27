// What all layers share: which name is shown, how text is set, an empty source.

import { css } from "../dom.js";
import { lang } from "../i18n.js";
import { labelFonts } from "./fonts.js";

export const NAME =
  lang === "en"
    ? ["coalesce", ["get", "name_en"], ["get", "name_zh"], ""]
    : ["coalesce", ["get", "name_zh"], ["get", "name_en"], ""];
const EMPTY = { type: "FeatureCollection", features: [] };

/** @param {Feature[]} features */
export const collection = (features) => ({ ...EMPTY, features: features ?? [] });
export const emptySource = (extra = {}) => ({ type: "geojson", data: EMPTY, ...extra });

/**
 * @param {any} size
 * @param {Properties} [extra]
 */
export function textOf(size, extra = {}) {
  return { "text-font": labelFonts(), "text-size": size, "text-max-width": 8, "text-padding": 3, ...extra };
}

export function paintOf(colour = css("--map-label"), width = 1.4) {
  return { "text-color": colour, "text-halo-color": css("--map-halo"), "text-halo-width": width };
}
