// What is on the page renews when the data has a new revision; where the server does not answer the page says
// so, greys, and returns by itself.

import htmx from "htmx.org";

import { announce, say } from "./words.js";

const EVERY_MS = 1000;
const WAITS_MS = 8000;
const LOST_AFTER_MS = 6000;

/** @type {string | null} */
let seen = null;
let heardAt = Date.now();
let lost = false;

// The workspace's time, as the server tells it, wherever the browser is.
const clock = (at = new Date()) =>
  new Intl.DateTimeFormat("en-GB", {
    timeZone: document.documentElement.dataset.zone || undefined,
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).format(at);

/** @param {string} text */
function tell(text) {
  const place = document.querySelector("#fresh .said");
  if (place && place.textContent !== text) place.textContent = text;
}

function lose() {
  if (lost || Date.now() - heardAt < LOST_AFTER_MS) return;
  lost = true;
  const since = clock(new Date(heardAt));
  const text = say("no_connection", { time: since });
  document.documentElement.classList.add("stale");
  const place = document.getElementById("offline");
  if (place) {
    place.textContent = text;
    place.hidden = false;
  }
  tell(text);
}

function regain() {
  heardAt = Date.now();
  tell(say("as_of", { time: clock() }));
  if (!lost) return;
  lost = false;
  document.documentElement.classList.remove("stale");
  const place = document.getElementById("offline");
  if (place) place.hidden = true;
  announce(say("connected_again"));
  seen = "";
}

const RENEWS = { "X-Renews": "1" };

// What could not be renewed because somebody was writing there is owed until they are done.
/** @type {Set<string>} */
const owed = new Set();

/** @param {Element} part */
const isWrittenIn = (part) =>
  part.querySelector("details[open], input.choose:checked") !== null ||
  part.contains(document.activeElement?.closest("form") ?? null);

/** @param {Element} part */
function renewPart(part) {
  if (isWrittenIn(part)) {
    owed.add(part.id);
    return;
  }
  owed.delete(part.id);
  const row = document.activeElement?.id;
  htmx
    .ajax("get", location.href, {
      target: `#${part.id}`,
      select: `#${part.id}`,
      swap: "outerHTML",
      headers: RENEWS,
    })
    .then(() => row && part.isConnected === false && document.getElementById(row)?.focus());
}

// A person who writes or points is not disturbed.
function renew() {
  for (const part of document.querySelectorAll("[data-renews]")) if (part.id) renewPart(part);
  dispatchEvent(new CustomEvent("renewed"));
}

function payOwed() {
  for (const id of owed) {
    const part = document.getElementById(id);
    if (!part?.hasAttribute("data-renews")) owed.delete(id);
    else if (!isWrittenIn(part)) renewPart(part);
  }
}

// Between asking and answering somebody may have opened a form: then the answer waits, not the person.
/** @param {Event} event */
function yieldToWriting(event) {
  const { detail } = /** @type {CustomEvent} */ (event);
  if (!detail.requestConfig?.headers?.["X-Renews"] || !isWrittenIn(detail.target)) return;
  detail.shouldSwap = false;
  owed.add(detail.target.id);
}

/** @param {string} address */
async function ask(address) {
  const answer = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(WAITS_MS) });
  if (!answer.ok) throw new Error(String(answer.status));
  const { revision } = await answer.json();
  regain();
  if (seen !== null && seen !== revision) renew();
  else payOwed();
  seen = revision;
}

// What was told once is not told again by going back or renewing.
function forgetTold() {
  const address = new URL(location.href);
  if (!address.searchParams.has("told")) return;
  address.searchParams.delete("told");
  history.replaceState(history.state, "", address);
}

export function live() {
  forgetTold();
  const address = document.documentElement.dataset.live;
  if (!address) return;
  document.body.addEventListener("htmx:beforeSwap", yieldToWriting);
  const turn = async () => {
    try {
      if (!document.hidden || lost) await ask(address);
      else heardAt = Date.now();
    } catch {
      lose();
    }
    setTimeout(turn, EVERY_MS);
  };
  turn();
}
