// Pieces that stories are told with.

import { h } from "../dom.js";
import { number, t } from "../i18n.js";

/** @param {any} pairs */
export const facts = (pairs) =>
  h(
    "dl",
    { class: "facts" },
    pairs
      .filter((/** @type {[any, any]} */ [, value]) => value !== null && value !== undefined && value !== "")
      .map((/** @type {[string, any]} */ [name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
  );
/** @param {number} n */
export const people = (n) => (n === null || n === undefined ? null : `${number(n)} ${t("people")}`);
/**
 * @param {string} title
 * @param {...any} children
 */
export const group = (title, ...children) => h("div", { class: "group" }, h("h3", {}, title), children);
