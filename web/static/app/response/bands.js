// Which band a grid is in, and how bands look: darker is longer. No drawing here.

import { css } from "../shell/dom.js";
import { t } from "../shell/i18n.js";

// Number of the band, from 0; the last is for grids that no team can reach.
/**
 * @param {number} seconds
 * @param {number[]} minutes
 */
export const bandOf = (seconds, minutes) => {
  if (seconds === null) return minutes.length + 1;
  const at = minutes.findIndex((/** @type {any} */ m) => seconds <= 60 * m);
  return at < 0 ? minutes.length : at;
};

/**
 * @param {number} band
 * @param {number[]} minutes
 */
export const bandName = (band, minutes) => {
  if (band > minutes.length) return t("reach_band_none");
  return band === minutes.length
    ? t("reach_band_last", { a: minutes.at(-1) })
    : t("reach_band", { a: minutes[band - 1] ?? 0, b: minutes[band] });
};

// Three limits make four bands, and one for what is not reached.
export const bandColours = () => [1, 2, 3, 4, 5].map((n) => css(`--ramp-${n}`));
