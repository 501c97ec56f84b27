// The field page: what is written is kept on the phone until the server has taken it, and is taken once.

import { say } from "./words.js";

const KEPT = "gridmap-drafts";
const AGAIN_MS = 4000;

/** @typedef {{key: string, number: string, body: Record<string, unknown>}} Draft */

/** @returns {Draft[]} */
export function drafts() {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "[]");
  } catch {
    return [];
  }
}

/** @param {Draft[]} left */
function keep(left) {
  if (left.length) localStorage.setItem(KEPT, JSON.stringify(left));
  else localStorage.removeItem(KEPT);
  const place = document.getElementById("waiting");
  if (!place) return;
  place.hidden = left.length === 0;
  place.textContent = left.length ? say("draft_waiting", { n: left.length }) : "";
}

/** @param {string} text */
function tell(text) {
  const place = document.getElementById("field-answer");
  if (place) place.textContent = text;
}

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

/**
 * Send one draft. A note that meets another's step is a note all the same; any other step waits for whoever
 * made it.
 * @param {Draft} draft
 * @returns {Promise<boolean>} whether it is done with
 */
async function send(draft) {
  let answer = await post(draft);
  if (answer.status === 409 && draft.body.action === "note") {
    draft.body.revision = await revisionOf(draft.number);
    answer = await post(draft);
  }
  if (answer.ok) {
    const part = document.querySelector(`[data-field="${draft.number}"]`);
    const { row } = await answer.json();
    if (part instanceof HTMLElement) part.dataset.revision = String(row.revision);
    tell(say("draft_sent"));
    return true;
  }
  if (answer.status === 401 || answer.status >= 500 || answer.status === 429) return false;
  const problem = await answer.json().catch(() => null);
  const why = document.documentElement.lang === "en" ? problem?.message_en : problem?.message_zh;
  tell(say("draft_refused", { why: why ?? String(answer.status) }));
  return true;
}

let sending = false;

/** Send what waits, in order; what cannot be sent stays. */
export async function sendDrafts() {
  if (sending) return;
  sending = true;
  try {
    for (let left = drafts(); left.length; left = drafts()) {
      if (!(await send(left[0]))) break;
      keep(drafts().filter((d) => d.key !== left[0].key));
    }
  } catch {
    tell(say("draft_kept"));
  } finally {
    sending = false;
    keep(drafts());
  }
}

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
  keep([...drafts(), { key: crypto.randomUUID(), number: part.dataset.field ?? "", body }]);
  form.reset();
  tell(say("draft_kept"));
  sendDrafts();
}

export function field() {
  if (!document.body.classList.contains("phone")) return;
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button[data-step]") : null;
    if (button instanceof HTMLButtonElement) write(button);
  });
  addEventListener("online", () => sendDrafts());
  setInterval(() => drafts().length && sendDrafts(), AGAIN_MS);
  keep(drafts());
  sendDrafts();
  const said = document.getElementById("field-said");
  const able = "serviceWorker" in navigator && isSecureContext;
  if (said) said.textContent = (able ? said.dataset.on : said.dataset.off) ?? "";
  if (able) navigator.serviceWorker.register("/field/worker.js").catch(() => {});
}
