// The field page: what is written is kept on the phone until the server has taken it, and is taken once.

import { newKey } from "./new_key.js";
import { Queue, keepPages, settled, tell } from "./queue.js";
import { say } from "./words.js";

/** @typedef {{key: string, number: string, body: Record<string, unknown>}} Draft */

/** @param {Draft} draft */
const post = (draft) =>
  fetch(`/api/v1/cases/${draft.number}/steps`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "Idempotency-Key": draft.key },
    body: JSON.stringify(draft.body),
  });

/** @param {string} number */
async function revisionOf(number) {
  const answer = await fetch(`/api/v1/cases/${number}`);
  return answer.ok ? (await answer.json()).row.revision : null;
}

// A note that meets another's step is a note all the same; any other step waits for whoever made it.
/** @type {Queue<Draft>} */
const queue = new Queue("gridmap-drafts", async (draft) => {
  let answer = await post(draft);
  if (answer.status === 409 && draft.body.action === "note") {
    draft.body.revision = await revisionOf(draft.number);
    answer = await post(draft);
  }
  if (answer.ok) {
    const part = document.querySelector(`[data-field="${draft.number}"]`);
    const { row } = await answer.clone().json();
    if (part instanceof HTMLElement) part.dataset.revision = String(row.revision);
  }
  return settled(answer);
});

/** @param {HTMLButtonElement} button */
function write(button) {
  const part = /** @type {HTMLElement} */ (button.closest("[data-field]"));
  const form = /** @type {HTMLFormElement} */ (document.getElementById("field-form"));
  const given = new FormData(form);
  const note = String(given.get("note") ?? "").trim();
  const outcome = String(given.get("outcome") ?? "");
  if ((button.dataset.step === "note" && !note) || ("outcome" in button.dataset && !outcome)) {
    const lacking = form.elements.namedItem("outcome" in button.dataset ? "outcome" : "note");
    if (lacking instanceof HTMLElement) lacking.focus();
    tell(say("field_needed"));
    return;
  }
  const body = {
    action: button.dataset.step,
    revision: Number(part.dataset.revision),
    note: note || null,
    ...("outcome" in button.dataset ? { outcome } : {}),
  };
  form.reset();
  queue.add({ key: newKey(), number: part.dataset.field ?? "", body });
}

export function field() {
  if (!document.body.classList.contains("phone") || document.getElementById("order")) return;
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button[data-step]") : null;
    if (button instanceof HTMLButtonElement) write(button);
  });
  queue.begin();
  keepPages();
}
