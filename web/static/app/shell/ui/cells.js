// What cells of lists are made of.

import { h } from "../dom.js";

export const link = (text, onclick, extra = {}) =>
  h("button", { type: "button", class: "link", onclick, ...extra }, text);
export const sub = (...parts) => h("span", { class: "sub muted" }, parts);
