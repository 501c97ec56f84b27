// A team's order on its phone: taken note of, and each stop come to and left, with the network or without.

import { Queue, keepPages, settled, tell } from "./queue.js";
import { say } from "./words.js";

const STAYS = "gridmap-stays";

/** @typedef {{key: string, path: string, body: Record<string, unknown> | null}} Draft */

/** @type {Queue<Draft>} */
const queue = new Queue("gridmap-orders", async (draft) =>
  settled(
    await fetch(`/api/v1${draft.path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(draft.body ?? {}),
    }),
  ),
);

/** @returns {Record<string, {at: string, left: string | null}>} */
function stays() {
  try {
    return JSON.parse(localStorage.getItem(STAYS) ?? "{}");
  } catch {
    return {};
  }
}

/** @param {string} text */
const clock = (text) => {
  const at = new Date(text);
  return `${String(at.getHours()).padStart(2, "0")}:${String(at.getMinutes()).padStart(2, "0")}`;
};

/** @param {HTMLElement} part */
const nameOf = ({ dataset: d }) => [d.plan, d.team, d.stop, d.number].join("/");

/** @param {HTMLElement} part */
function draw(part) {
  const stay = stays()[nameOf(part)];
  if (!stay) return;
  const state = part.querySelector("[data-state]");
  const button = part.querySelector("button[data-come]");
  if (state)
    state.textContent = stay.left
      ? say("order_stayed", { from: clock(stay.at), to: clock(stay.left) })
      : say("order_since", { at: clock(stay.at) });
  if (!(button instanceof HTMLButtonElement)) return;
  button.textContent = say("order_leave");
  button.hidden = Boolean(stay.left);
}

/** @param {HTMLElement} part */
function press(part) {
  const { plan, team, stop, spot } = part.dataset;
  const name = nameOf(part);
  const kept = stays();
  const now = new Date().toISOString();
  const stay = kept[name];
  kept[name] = stay ? { ...stay, left: now } : { at: now, left: null };
  localStorage.setItem(STAYS, JSON.stringify(kept));
  queue.add({
    key: crypto.randomUUID(),
    path: `/patrol-plans/${plan}/check-ins`,
    body: { stop, team, at: kept[name].at, left_at: kept[name].left, on_spot: spot === "true" },
  });
  draw(part);
}

/** @param {HTMLButtonElement} button */
function note(button) {
  const { plan, team } = button.dataset;
  queue.add({
    key: crypto.randomUUID(),
    path: `/patrol-plans/${plan}/orders/${encodeURIComponent(team ?? "")}/note`,
    body: null,
  });
  button.disabled = true;
  tell(say("order_noted_kept"));
}

export function order() {
  if (!document.getElementById("order")) return;
  /** @type {NodeListOf<HTMLElement>} */
  const parts = document.querySelectorAll("[data-stop]");
  for (const part of parts) draw(part);
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (!(button instanceof HTMLButtonElement)) return;
    if ("note" in button.dataset) note(button);
    const part = "come" in button.dataset ? button.closest("[data-stop]") : null;
    if (part instanceof HTMLElement) press(part);
  });
  queue.begin();
  keepPages();
}
