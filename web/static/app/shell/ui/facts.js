// Pieces that stories are told with.

import { h } from "../dom.js";
import { number, t } from "../i18n.js";

export const facts = (pairs) =>
  h(
    "dl",
    { class: "facts" },
    pairs
      .filter(([, value]) => value !== null && value !== undefined && value !== "")
      .map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
  );
export const people = (n) => (n === null || n === undefined ? null : `${number(n)} ${t("people")}`);
export const group = (title, ...children) => h("div", { class: "group" }, h("h3", {}, title), children);
