// The field page: what is written is kept on the phone until the server has taken it, and is taken once.

import { NEW, newCase } from "./field_new.js";
import { newKey } from "./new_key.js";
import { photoDrafts, refusedPhotos } from "./photo_drafts.js";
import { Queue, keepPages, sendAsWritten, settled, tell } from "./queue.js";
import { putSpot, spot, spotIn, spotOf } from "./spot.js";
import { say } from "./words.js";
import { allWritten, keepWritten, post, writtenIn } from "./written.js";

/**
 * @typedef {{
 *   key: string;
 *   number: string;
 *   body: Record<string, any>;
 *   seen: string;
 * }} Draft What is to be sent, and where the case lay when it was written
 */

/** @param {Draft} draft */
const send = (draft) => sendAsWritten(`/api/v1/cases/${draft.number}/steps`, draft.key, draft.body);

/** @param {{lon: unknown, lat: unknown, grid_key: unknown}} row */
const placeOf = ({ lon, lat, grid_key }) => JSON.stringify([lon, lat, grid_key]);

// A note that meets another's step is a note all the same, unless it moves what the other has moved, too.
/** @param {Draft} draft */
async function caughtUp(draft) {
  const answer = await fetch(`/api/v1/cases/${draft.number}`);
  if (!answer.ok) return false;
  const { row } = await answer.json();
  draft.body.revision = row.revision;
  return !draft.body.spot || placeOf(row) === draft.seen;
}

/** @param {Response} answer */
const codeOf = async (answer) =>
  answer.ok
    ? ""
    : (
        await answer
          .clone()
          .json()
          .catch(() => null)
      )?.code;

// Written while there was no network, it may be of before another's step, or of a phone whose clock is ahead.
const OUT_OF_TIME = new Set(["step-before-last", "step-time"]);

/** @type {Queue<Draft>} */
const queue = new Queue("gridmap-drafts", async (draft) => {
  const before = draft.body.revision;
  let answer = await send(draft);
  if (answer.status === 409 && draft.body.action === "note" && (await caughtUp(draft)))
    answer = await send(draft);
  if (OUT_OF_TIME.has(await codeOf(answer))) {
    const { at, ...body } = draft.body;
    const time = new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
    draft.body = { ...body, note: [body.note, say("draft_written_at", { time })].filter(Boolean).join(" ") };
    answer = await send(draft);
  }
  if (answer.ok) goOn(draft, before, (await answer.clone().json()).row);
  const done = await settled(answer);
  if (done && !answer.ok) giveBack(draft, document.getElementById("field-answer")?.textContent ?? "");
  return done;
});

/** @returns {HTMLFormElement | null} */
const form = () => /** @type {HTMLFormElement | null} */ (document.getElementById("field-form"));
const facts = () => /** @type {HTMLElement | null} */ (document.getElementById("field-facts"));
const numberHere = () =>
  /** @type {HTMLElement | null} */ (document.querySelector("[data-field]"))?.dataset.field ?? "";

// Steps that were written one after the other follow each other: the next is of the revision that this one
// made.
/**
 * @param {Draft} draft
 * @param {number} before the revision of which it was written
 * @param {{revision: number, lon: unknown, lat: unknown, grid_key: unknown}} row
 */
function goOn(draft, before, row) {
  if (row.revision === before + 1)
    queue.change((other) =>
      other.number === draft.number && other.body.revision === before
        ? { ...other, seen: placeOf(row), body: { ...other.body, revision: row.revision } }
        : other,
    );
  const part = facts();
  if (draft.number !== numberHere() || !part) return;
  part.dataset.revision = String(row.revision);
  part.dataset.seen = placeOf(row);
}

// What the server refused is not lost: it stands in the form again, to be put right and sent once more.
/** @param {Draft} draft @param {string} why */
function giveBack(draft, why) {
  const { note, outcome, spot: place } = draft.body;
  const now = writtenIn(draft.number);
  keepWritten(draft.number, {
    note: [note, now?.note].filter(Boolean).join("\n"),
    outcome: outcome ?? now?.outcome ?? "",
    spot: now?.spot ?? place ?? null,
    unsure: now?.unsure,
    why,
  });
  if (draft.number === numberHere()) putBack();
  told();
}

function putBack() {
  const here = form();
  const one = writtenIn(numberHere());
  if (!here || !one) return;
  const note = /** @type {HTMLTextAreaElement} */ (here.elements.namedItem("note"));
  note.value = one.note;
  putOutcome();
  putSpot(here, one.spot, one.unsure);
  if (one.why) tell(say("draft_back", { why: one.why }));
}

// The steps that are offered renew with the case; what was chosen among them stays.
function putOutcome() {
  const outcome = form()?.elements.namedItem("outcome");
  const one = writtenIn(numberHere());
  if (outcome instanceof HTMLSelectElement && one?.outcome) outcome.value = one.outcome;
}

function keep() {
  const here = form();
  if (!here) return;
  const given = new FormData(here);
  keepWritten(numberHere(), {
    note: String(given.get("note") ?? ""),
    outcome: String(given.get("outcome") ?? ""),
    spot: spotIn(here),
    unsure: "unsure" in here.dataset,
    ...(writtenIn(numberHere())?.why === undefined ? {} : { why: writtenIn(numberHere())?.why }),
  });
}

/** @param {HTMLButtonElement} button */
function write(button) {
  const here = /** @type {HTMLFormElement} */ (form());
  const part = /** @type {HTMLElement} */ (facts());
  const given = new FormData(here);
  const place = spotOf(here);
  const isNote = button.dataset.step === "note";
  const note = String(given.get("note") ?? "").trim() || (isNote && place ? say("spot_note") : "");
  const outcome = String(given.get("outcome") ?? "");
  if ((isNote && !note) || ("outcome" in button.dataset && !outcome)) {
    const lacking = here.elements.namedItem("outcome" in button.dataset ? "outcome" : "note");
    if (lacking instanceof HTMLElement) lacking.focus();
    tell(say("field_needed"));
    return;
  }
  const body = {
    action: button.dataset.step,
    revision: Number(part.dataset.revision),
    at: new Date().toISOString(),
    note: note || null,
    ...("outcome" in button.dataset ? { outcome } : {}),
    ...(place ? { spot: place } : {}),
  };
  const number = numberHere();
  const seen = JSON.stringify(JSON.parse(part.dataset.seen ?? "null"));
  here.reset();
  putSpot(here, null);
  keepWritten(number, null);
  const said = document.getElementById("here-said");
  if (said && place) said.textContent = "";
  queue.add({ key: newKey(), number, body, seen });
}

// A list of cases tells of those in which something, words or a photo, was refused.
function told() {
  const place = document.getElementById("refused");
  if (!place) return;
  /** @type {[string, {why?: string, note?: string}][]} */
  const refused = [
    ...Object.entries(allWritten()).filter(([, one]) => one.why && one.post === post()),
    ...refusedPhotos().map((photo) => /** @type {[string, {why?: string}]} */ ([photo.number, photo])),
  ];
  place.hidden = refused.length === 0;
  place.replaceChildren(
    ...refused.flatMap(([number, one]) => {
      const link = document.createElement("a");
      const isNew = number.startsWith(NEW);
      link.href = isNew ? "/field/new" : `/field/${number}`;
      link.textContent = isNew ? (one.note ?? "") : number;
      return [link, ` ${one.why} `];
    }),
  );
}

export function field() {
  if (!document.body.classList.contains("phone") || document.getElementById("order")) return;
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button[data-step]") : null;
    if (button instanceof HTMLButtonElement) write(button);
  });
  const here = form();
  if (here) {
    spot(here, keep);
    putBack();
    here.addEventListener("input", keep);
    here.addEventListener("submit", (event) => event.preventDefault());
    document.addEventListener("renewed", putOutcome);
  }
  told();
  addEventListener("gave-back", told);
  addEventListener("photos-kept", told);
  void photoDrafts();
  newCase();
  queue.begin();
  keepPages();
}
