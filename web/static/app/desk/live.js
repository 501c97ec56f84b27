// What is on the page renews when the data has a new revision; where the server does not answer the page says
// so, greys, and returns by itself.

import htmx from "htmx.org";

import { newKey } from "./new_key.js";
import { actionOf } from "./typed.js";
import { announce, say } from "./words.js";

const EVERY_MS = 600;
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

const hasEnded = () => document.getElementById("offline")?.dataset.ended !== undefined;

function lose() {
  // A page whose session is over says so, and how to go on: that there is no connection either adds nothing.
  if (lost || hasEnded() || Date.now() - heardAt < LOST_AFTER_MS) return;
  lost = true;
  document.documentElement.classList.add("stale");
  const place = document.getElementById("offline");
  // Said once: beside the menu stands as of when the figures are.
  if (!place) return;
  place.textContent = say("no_connection", { time: clock(new Date(heardAt)) });
  place.hidden = false;
}

function regain() {
  heardAt = Date.now();
  tell(say("as_of", { time: clock() }));
  const place = document.getElementById("offline");
  // Somebody may have signed in again in another tab.
  if (!lost && !hasEnded()) return;
  lost = false;
  document.documentElement.classList.remove("stale");
  if (place) {
    delete place.dataset.ended;
    place.hidden = true;
  }
  announce(say("connected_again"));
  seen = "";
}

/**
 * Tells whether a session is another post's than the page's own.
 * @param {string | null | undefined} post
 */
function isAnothers(post) {
  const mine = document.documentElement.dataset.post;
  return Boolean(post && mine && post !== mine);
}

// What stands here, typed and shown, is of a post that has left: its page is asked for anew, by whoever is
// there now. By its address: to load the answer of a form again would send what the other post wrote.
function handOver() {
  document.documentElement.classList.add("stale");
  location.replace(location.pathname + location.search);
}

// What could not be renewed because somebody was writing there is owed until they are done.
/** @type {Set<string>} */
const owed = new Set();

// What somebody has typed or chosen and not sent yet.
/** @param {Element} field */
const isTyped = (field) =>
  (field instanceof HTMLInputElement &&
    field.type === "checkbox" &&
    field.checked !== field.defaultChecked) ||
  (field instanceof HTMLInputElement && field.type !== "hidden" && field.value !== field.defaultValue) ||
  (field instanceof HTMLTextAreaElement && field.value !== field.defaultValue);

/** @param {Element} part */
const isWrittenIn = (part) =>
  part.querySelector("details[open], input.choose:checked") !== null ||
  part.contains(document.activeElement?.closest("form") ?? null) ||
  [...part.querySelectorAll("input, textarea")].some(
    // What stands in a form that is closed again is kept, and put back after the renewal.
    (field) => isTyped(field) && !field.closest("details:not([open])"),
  );

/**
 * @param {Element} part
 * @param {Element} fresh
 */
function put(part, fresh) {
  // A page that many screens share names nobody's act: the key of an act to come stays this screen's own, and
  // a form that was not here before gets one that no other screen has.
  const before = [...part.querySelectorAll("form")];
  for (const key of /** @type {NodeListOf<HTMLInputElement>} */ (fresh.querySelectorAll("input[name=key]"))) {
    const form = before.find((one) => key.form && actionOf(one) === actionOf(key.form));
    const mine = form?.querySelector("input[name=key]");
    key.value = mine instanceof HTMLInputElement ? mine.value : newKey();
  }
  const row = part.contains(document.activeElement) ? document.activeElement?.id : "";
  part.replaceWith(fresh);
  htmx.process(fresh);
  if (row) document.getElementById(row)?.focus();
}

let renewing = false;

// One request for all parts of a page; a person who writes or points is not disturbed. The revision that was
// heard goes along: whoever answers may be another process than the one that told it.
/**
 * @param {Element[]} parts
 * @param {string} revision
 */
async function renew(parts, revision) {
  if (renewing) return false;
  // What answers a form stands at an address that takes forms alone; whoever looks at it is putting it right.
  if ("sent" in document.documentElement.dataset) return true;
  const free = parts.filter((part) => part.id && !isWrittenIn(part));
  for (const part of parts) if (part.id && !free.includes(part)) owed.add(part.id);
  if (!free.length) return true;
  renewing = true;
  try {
    const answer = await fetch(location.href, {
      headers: { "X-Renews": revision, Accept: "text/html" },
      signal: AbortSignal.timeout(WAITS_MS),
    });
    if (!answer.ok || answer.redirected) return answer.status < 500;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (isAnothers(page.documentElement.dataset.post)) {
      handOver();
      return false;
    }
    for (const { id } of free) {
      const part = document.getElementById(id);
      const fresh = page.getElementById(id);
      // Between asking and answering somebody may have opened a form: then the answer waits, not the person.
      if (!part || !fresh) continue;
      if (isWrittenIn(part)) owed.add(id);
      else {
        owed.delete(id);
        put(part, document.adoptNode(fresh));
      }
    }
    document.dispatchEvent(new CustomEvent("renewed"));
    return true;
  } finally {
    renewing = false;
  }
}

const liveParts = () => [...document.querySelectorAll("[data-renews]")];

const owedParts = () => {
  const parts = [...owed].map((id) => document.getElementById(id));
  owed.clear();
  return /** @type {Element[]} */ (parts.filter((part) => part?.hasAttribute("data-renews")));
};

/** @param {string} address */
async function ask(address) {
  const answer = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(WAITS_MS) });
  if (answer.status === 401) {
    leave();
    return;
  }
  if (!answer.ok) throw new Error(String(answer.status));
  const { revision, post } = await answer.json();
  if (isAnothers(post)) {
    handOver();
    return;
  }
  regain();
  const changed = seen !== null && seen !== revision;
  if (changed || owed.size) {
    // What was not renewed is asked for again, as a revision that was not seen.
    if (!(await renew(changed ? liveParts() : owedParts(), revision))) return;
  }
  seen = revision;
}

// The session ended elsewhere or by itself: the page says so, and what was typed is kept.
function leave() {
  heardAt = Date.now();
  document.documentElement.classList.add("stale");
  const place = document.getElementById("offline");
  if (!place || hasEnded()) return;
  place.dataset.ended = "1";
  const link = document.createElement("a");
  link.href = `/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`;
  link.textContent = say("session_over_link");
  place.replaceChildren(say("session_over"), " ", link);
  place.hidden = false;
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
