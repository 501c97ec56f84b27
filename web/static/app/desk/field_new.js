// A case that is taken in on the spot, with the network or without: kept on the phone until the server has
// it. What looks like a known case is asked about before it is recorded, when the server has been heard.

import { newKey } from "./new_key.js";
import { Queue, settled, tell } from "./queue.js";
import { putSpot, spot, spotIn, spotOf } from "./spot.js";
import { say } from "./words.js";
import { keepWritten, post, writtenIn } from "./written.js";

const ASKED = "gridmap-asked";
const HERE = "new";

/**
 * @typedef {{number: string, summary: string | null}} Like
 * @typedef {{
 *   key: string;
 *   post?: string;
 *   body: Record<string, any>;
 *   kind: string;
 *   seen?: boolean;
 *   alike?: Like[];
 * }} Draft
 */

/** @param {string} address @param {Draft} draft */
const send = (address, draft) =>
  fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "Idempotency-Key": draft.key },
    body: JSON.stringify(draft.body),
  });

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
  const answer = await send(address, draft);
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
  return send(address, draft);
}

/** @type {Queue<Draft>} */
const queue = new Queue("gridmap-new-cases", async (draft) => {
  if (!draft.seen) {
    const alike = await sendInTime("/api/v1/cases/duplicates", draft);
    if (!alike.ok) return refused(alike, draft);
    const { cases } = await alike.json();
    if (cases.length) {
      const others = asked().filter((one) => one.key !== draft.key);
      keepAsked([...others, { ...draft, alike: cases.slice(0, 3) }]);
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

// What the server refused stands in the form again.
/** @param {Response} answer @param {Draft} draft */
async function refused(answer, draft) {
  const done = await settled(answer);
  if (!done) return false;
  const { lon, lat, accuracy_m, crs, grid_key, grid_reason, summary, place } = draft.body;
  keepWritten(HERE, {
    note: summary,
    outcome: draft.kind,
    place: place ?? "",
    spot: { lon, lat, accuracy_m, crs, grid_key, grid_reason },
    why: document.getElementById("field-answer")?.textContent ?? "",
  });
  putBack();
  dispatchEvent(new Event("gave-back"));
  return true;
}

const form = () => /** @type {HTMLFormElement | null} */ (document.getElementById("field-new"));

/** @param {HTMLFormElement} here @param {string} name */
const field = (here, name) => /** @type {HTMLInputElement} */ (here.elements.namedItem(name));

function putBack() {
  const here = form();
  const one = writtenIn(HERE);
  if (!here || !one) return;
  field(here, "summary").value = one.note;
  field(here, "kind").value = one.outcome;
  field(here, "place").value = one.place ?? "";
  putSpot(here, one.spot, one.unsure);
  if (one.why) tell(say("draft_back", { why: one.why }));
}

function keep() {
  const here = form();
  if (!here) return;
  keepWritten(HERE, {
    note: field(here, "summary").value,
    outcome: field(here, "kind").value,
    place: field(here, "place").value,
    spot: spotIn(here),
    unsure: "unsure" in here.dataset,
  });
}

/** @param {HTMLFormElement} here */
function write(here) {
  const place = spotOf(here);
  const kind = field(here, "kind").value;
  const summary = field(here, "summary").value.trim();
  if (!summary || !kind || !place) {
    const lacking = !summary
      ? field(here, "summary")
      : kind
        ? document.getElementById("spot-here")
        : field(here, "kind");
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
      occurred_at: new Date().toISOString(),
      place: field(here, "place").value.trim() || null,
      ...place,
    },
  };
  here.reset();
  putSpot(here, null);
  keepWritten(HERE, null);
  const said = document.getElementById("here-said");
  if (said) said.textContent = "";
  queue.add(draft);
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
    act("field_alike_record", () => queue.add({ ...draft, seen: true }), draft),
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
  const here = form();
  if (here) {
    spot(here, keep);
    putBack();
    here.addEventListener("input", keep);
    here.addEventListener("submit", (event) => {
      event.preventDefault();
      write(here);
    });
  }
  showAsked();
  queue.begin();
}
