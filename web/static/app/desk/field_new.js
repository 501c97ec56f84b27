// A case that is taken in on the spot, with the network or without: kept on the phone until the server has
// it. What looks like a known case is asked about before it is recorded, when the server has been heard.

import { newKey } from "./new_key.js";
import { Queue, sendAsWritten, settled, tell } from "./queue.js";
import { putSpot, spot, spotIn, spotOf } from "./spot.js";
import { say } from "./words.js";
import { isLeaving, keepWritten, post, writtenIn } from "./written.js";

const ASKED = "gridmap-asked";
export const NEW = "new:";

// A phone goes from hand to hand: each post has a form of its own.
const ofPost = () => NEW + post();

/**
 * @typedef {{number: string, summary: string | null}} Like
 * @typedef {{
 *   key: string;
 *   post?: string;
 *   body: Record<string, any>;
 *   kind: string;
 *   seen?: boolean;
 *   alike?: Like[];
 *   why?: string;
 * }} Draft What is to be sent; with what it is like, or why it was refused, it waits for a person
 */

/** @returns {Draft[]} */
function asked() {
  try {
    return JSON.parse(localStorage.getItem(ASKED) ?? "[]");
  } catch {
    return [];
  }
}

/** @param {Draft[]} left */
function keepAsked(left) {
  if (left.length) localStorage.setItem(ASKED, JSON.stringify(left));
  else localStorage.removeItem(ASKED);
  showAsked();
}

// A phone whose clock is ahead says a time that has not come: the server's own counts then.
/** @param {Draft} draft @param {string} address */
async function sendInTime(address, draft) {
  const answer = await sendAsWritten(address, draft.key, draft.body);
  const now = answer.headers.get("Date");
  const told =
    answer.status === 400 || answer.status === 422
      ? await answer
          .clone()
          .json()
          .catch(() => null)
      : null;
  if (told?.code !== "case-time" || !now) return answer;
  draft.body.occurred_at = new Date(now).toISOString();
  return sendAsWritten(address, draft.key, draft.body);
}

/** @type {Queue<Draft>} */
const queue = new Queue("gridmap-new-cases", async (draft) => {
  if (!draft.seen) {
    const alike = await sendInTime("/api/v1/cases/duplicates", draft);
    if (!alike.ok) return refused(alike, draft);
    const { cases } = await alike.json();
    if (cases.length) {
      ask({
        ...draft,
        alike: cases.slice(0, 3).map((/** @type {Like} */ { number, summary }) => ({
          number,
          summary: isLeaving() ? null : summary,
        })),
      });
      tell("");
      return true;
    }
    // An answer may be lost on its way: the case itself, recorded already, is not like another then.
    queue.change((one) => (one.key === draft.key ? { ...draft, seen: true } : one));
  }
  const answer = await sendInTime("/api/v1/cases", draft);
  if (!answer.ok) return refused(answer, draft);
  const { row } = await answer.json();
  tell(say("field_new_made", { number: row.number }));
  return true;
});

/** @param {Draft} draft */
const ask = (draft) => keepAsked([...asked().filter((one) => one.key !== draft.key), draft]);

// What the server refused stands in the form again.
/** @param {Response} answer @param {Draft} draft */
async function refused(answer, draft) {
  const done = await settled(answer);
  if (!done) return false;
  ask({ ...draft, alike: undefined, why: document.getElementById("field-answer")?.textContent ?? "" });
  giveBack();
  return true;
}

// One at a time, and never over what is being written: the next comes when the form is empty.
function giveBack() {
  const next = asked().find((one) => one.why !== undefined && one.post === post());
  if (!next || writtenIn(ofPost())) return;
  keepAsked(asked().filter((one) => one.key !== next.key));
  const { lon, lat, accuracy_m, crs, grid_key, grid_reason, summary, place, occurred_at } = next.body;
  keepWritten(ofPost(), {
    note: summary,
    outcome: next.kind,
    place: place ?? "",
    when: occurred_at,
    spot: { lon, lat, accuracy_m, crs, grid_key, grid_reason },
    why: next.why,
  });
  putBack();
  dispatchEvent(new Event("gave-back"));
}

const form = () => /** @type {HTMLFormElement | null} */ (document.getElementById("field-new"));

/** @param {HTMLFormElement} here @param {string} name */
const field = (here, name) => /** @type {HTMLInputElement} */ (here.elements.namedItem(name));

function putBack() {
  const its = form();
  const one = writtenIn(ofPost());
  if (!its || !one) return;
  field(its, "summary").value = one.note;
  field(its, "kind").value = one.outcome;
  field(its, "place").value = one.place ?? "";
  putSpot(its, one.spot, one.unsure);
  if (one.why) tell(say("draft_back", { why: one.why }));
}

function keep() {
  const its = form();
  if (!its) return;
  const { why, when } = writtenIn(ofPost()) ?? {};
  keepWritten(ofPost(), {
    note: field(its, "summary").value,
    outcome: field(its, "kind").value,
    place: field(its, "place").value,
    spot: spotIn(its),
    unsure: "unsure" in its.dataset,
    ...(why === undefined ? {} : { why, when }),
  });
}

/** @param {HTMLFormElement} its */
function write(its) {
  const place = spotOf(its);
  const kind = field(its, "kind").value;
  const summary = field(its, "summary").value.trim();
  if (!summary || !kind || !place) {
    const lacking = !summary
      ? field(its, "summary")
      : kind
        ? document.getElementById("spot-here")
        : field(its, "kind");
    const where = /** @type {HTMLDetailsElement} */ (document.getElementById("spot"));
    if (!place) where.open = true;
    lacking?.focus();
    tell(say("field_new_needed"));
    return;
  }
  const at = kind.indexOf(":");
  const draft = {
    key: newKey(),
    kind,
    body: {
      summary,
      domain: kind.slice(0, at),
      kind: kind.slice(at + 1) || null,
      occurred_at: writtenIn(ofPost())?.when ?? new Date().toISOString(),
      place: field(its, "place").value.trim() || null,
      ...place,
    },
  };
  its.reset();
  putSpot(its, null);
  keepWritten(ofPost(), null);
  const said = document.getElementById("here-said");
  if (said) said.textContent = "";
  queue.add(draft);
  giveBack();
}

function showAsked() {
  const place = document.getElementById("field-asked");
  if (!place) return;
  const mine = asked().filter((draft) => draft.post === undefined || draft.post === post());
  place.replaceChildren(...mine.map(question));
}

/** @param {Draft} draft */
function question(draft) {
  const box = document.createElement("div");
  box.className = "notice";
  const text = document.createElement("p");
  if (draft.why !== undefined) {
    text.textContent = `${draft.body.summary} · ${draft.why}`;
    box.append(text);
    return box;
  }
  text.textContent = say("field_alike", { summary: draft.body.summary });
  const list = document.createElement("ul");
  for (const one of draft.alike ?? []) {
    const link = document.createElement("a");
    link.href = `/field/${one.number}`;
    link.textContent = `${one.summary ?? ""} ${one.number}`.trim();
    const item = document.createElement("li");
    item.append(link);
    list.append(item);
  }
  const acts = document.createElement("p");
  acts.className = "actions";
  acts.append(
    act("field_alike_record", () => queue.add({ ...draft, alike: undefined, seen: true }), draft),
    act("field_alike_drop", () => {}, draft),
  );
  box.append(text, list, acts);
  return box;
}

/** @param {string} word @param {() => void} done @param {Draft} draft */
function act(word, done, draft) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = say(word);
  button.addEventListener("click", () => {
    keepAsked(asked().filter((one) => one.key !== draft.key));
    done();
  });
  return button;
}

export function newCase() {
  const its = form();
  if (its) {
    spot(its, keep);
    putBack();
    its.addEventListener("input", keep);
    its.addEventListener("submit", (event) => {
      event.preventDefault();
      write(its);
    });
  }
  showAsked();
  giveBack();
  queue.begin();
}
