// Rows of the list: marked, kept in sight, and walked through by the arrow keys.

import { byId } from "../shell/dom.js";

/** @type {Record<string, number>} */
const STEPS = { ArrowDown: 1, ArrowUp: -1, ArrowRight: 1, ArrowLeft: -1 };

// The map points at a grid: its row is marked without moving anything.
/** @param {string} key */
export function mark(key) {
  for (const row of byId("list").querySelectorAll("tr.hot")) row.classList.remove("hot");
  if (key)
    byId("list")
      .querySelector(`tr[data-id="${CSS.escape(key)}"]`)
      ?.classList.add("hot");
}

export function follow() {
  /** @type {any} */
  const row = byId("list").querySelector("tr.chosen");
  /** @type {any} */
  const pane = row?.closest(".scroll");
  if (
    !row ||
    row.offsetTop < pane.scrollTop + 40 ||
    row.offsetTop + row.offsetHeight > pane.scrollTop + pane.clientHeight
  ) {
    if (row) pane.scrollTop = row.offsetTop - pane.clientHeight / 2;
  }
}

/** @param {any} event */
export function arrows(event) {
  const step = STEPS[event.key];
  if (!step) return;
  const vertical = event.key.endsWith("Down") || event.key.endsWith("Up");
  const group =
    event.target.getAttribute("role") === "tab" && !vertical
      ? '[role="tab"]'
      : vertical && event.target.closest("tbody")
        ? "tbody [data-primary]"
        : null;
  if (!group) return;
  const all = [...byId("list").querySelectorAll(group)];
  const here = group.startsWith("tbody")
    ? event.target.closest("tr").querySelector("[data-primary]")
    : event.target;
  /** @type {any} */
  const next = all[all.indexOf(here) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
  if (!vertical) next.click();
}
