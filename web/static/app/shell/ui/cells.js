// What cells of lists are made of.

import { h } from "../dom.js";

/**
 * @param {string} text
 * @param {any} onclick
 * @param {Properties} [extra]
 */
export const link = (text, onclick, extra = {}) =>
  h("button", { type: "button", class: "link", onclick, ...extra }, text);
/** @param {...any} parts */
export const sub = (...parts) => h("span", { class: "sub muted" }, parts);
