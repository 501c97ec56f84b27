// A team's order on its phone: taken note of, and each stop come to and left, with the network or without.

import { newKey } from "./new_key.js";
import { Queue, keepPages, sendAsWritten, settled, tell } from "./queue.js";
import { say } from "./words.js";

const STAYS = "gridmap-stays";

// A second press that soon is a finger that slipped, not a team that left.
const TWICE_MS = 3000;

/** @typedef {{at: string, left: string | null}} Stay */
/** @typedef {{key: string, path: string, body: Record<string, unknown> | null, stay?: string}} Draft */

/** @type {Queue<Draft>} */
const queue = new Queue("gridmap-orders", async (draft) => {
  const answer = await sendAsWritten(`/api/v1${draft.path}`, draft.key, draft.body ?? {});
  const done = await settled(answer);
  if (done && !answer.ok) takeBack(draft);
  return done;
});

/** @returns {Record<string, Stay>} */
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

/** @param {Record<string, Stay>} kept */
const keep = (kept) => localStorage.setItem(STAYS, JSON.stringify(kept));

/** @returns {NodeListOf<HTMLElement>} */
const parts = () => document.querySelectorAll("[data-stop]");

/** @param {string} one @param {string | undefined} other */
const same = (one, other) => other !== undefined && Date.parse(one) === Date.parse(other);

/**
 * The stay at a visit: the phone's own, unless the server put it to another visit or knows another one here.
 * @param {HTMLElement} part
 * @returns {Stay | undefined}
 */
function stayOf(part) {
  const kept = stays()[nameOf(part)];
  const { at, left } = part.dataset;
  if (at !== undefined) return { at, left: left ?? (kept && same(kept.at, at) ? kept.left : null) };
  return kept && [...parts()].some((other) => same(kept.at, other.dataset.at)) ? undefined : kept;
}

/** @param {HTMLElement} part */
function draw(part) {
  const stay = stayOf(part);
  const state = part.querySelector("[data-state]");
  const button = part.querySelector("button[data-come]");
  if (state instanceof HTMLElement) {
    state.dataset.told ??= state.textContent ?? "";
    if (!stay) state.textContent = state.dataset.told;
    else if (!stay.left) state.textContent = say("order_since", { at: clock(stay.at) });
    else state.textContent = say("order_stayed", { from: clock(stay.at), to: clock(stay.left) });
  }
  if (!(button instanceof HTMLButtonElement)) return;
  button.textContent = say(stay ? "order_leave" : "order_come");
  button.hidden = Boolean(stay?.left);
}

/**
 * What the server refused did not happen.
 * @param {Draft} draft
 */
function takeBack(draft) {
  if (draft.stay === undefined) {
    document.querySelector("button[data-note]")?.removeAttribute("disabled");
    return;
  }
  const { [draft.stay]: refused, ...others } = stays();
  if (refused && same(refused.at, String(draft.body?.at)))
    keep(draft.body?.left_at ? { ...others, [draft.stay]: { ...refused, left: null } } : others);
  for (const part of parts()) draw(part);
}

/** @param {HTMLElement} part */
function press(part) {
  const { plan, team, stop, spot } = part.dataset;
  const before = stayOf(part);
  const now = new Date();
  if (before && now.getTime() - Date.parse(before.at) < TWICE_MS) return;
  const name = nameOf(part);
  /** @type {Stay} */
  const stay = before ? { at: before.at, left: now.toISOString() } : { at: now.toISOString(), left: null };
  keep({ ...stays(), [name]: stay });
  queue.add({
    key: newKey(),
    path: `/patrol-plans/${plan}/check-ins`,
    body: { stop, team, at: stay.at, left_at: stay.left, on_spot: spot === "true" },
    stay: name,
  });
  draw(part);
}

/** @param {HTMLButtonElement} button */
function note(button) {
  const { plan, team } = button.dataset;
  queue.add({
    key: newKey(),
    path: `/patrol-plans/${plan}/orders/${encodeURIComponent(team ?? "")}/note`,
    body: null,
  });
  button.disabled = true;
  tell(say("order_noted_kept"));
}

export function order() {
  if (!document.getElementById("order")) return;
  for (const part of parts()) draw(part);
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
