// Forms: filters that apply at once, a place taken from suggestions or the browser, printing, the minute of
// taking back.

import { accuracySaid, phoneSystem, rememberSystem, takePosition } from "./position.js";
import { setPlace } from "./small_map.js";
import { say } from "./words.js";

/** @param {Event} event */
function onClick(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  if (target.closest("[data-print]")) print();
  const place = /** @type {HTMLElement | null} */ (target.closest("#places button"));
  if (place) {
    const input = /** @type {HTMLInputElement} */ (document.getElementById("place"));
    input.value = place.dataset.name ?? "";
    setPlace(Number(place.dataset.lon), Number(place.dataset.lat), null);
    document.getElementById("places")?.replaceChildren();
    input.focus();
  }
  if (target.closest("[data-here]")) here();
}

let isOfPhone = false;

async function here() {
  const said = document.getElementById("here-said");
  /** @param {string} text */
  const tell = (text) => said && (said.textContent = text);
  const form = /** @type {HTMLElement} */ (document.querySelector("form[data-place]"));
  tell(say("here_wait"));
  const found = await takePosition(Number(form.dataset.most));
  if (typeof found === "string") {
    tell(say(found));
    return;
  }
  setPlace(found.lon, found.lat, found.accuracy, phoneSystem());
  isOfPhone = true;
  tell(say(accuracySaid(found.accuracy, Number(form.dataset.poor)), { m: Math.round(found.accuracy) }));
}

// How long a step may still be taken back; the bar goes when the minute is over.
function countDown() {
  for (const form of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("form[data-until]"))) {
    const left = Math.ceil(Number(form.dataset.until) - Date.now() / 1000);
    const button = form.querySelector("[data-undo]");
    if (left <= 0) form.remove();
    else if (button) button.textContent = say("undo_left", { s: left });
  }
}

// A step that the address names is open and has the focus.
function openStep() {
  const open = document.querySelector("details.step[open]");
  if (!open) return;
  open.scrollIntoView({ block: "nearest" });
  const first = open.querySelector("select, textarea, input:not([type=hidden]), button");
  if (first instanceof HTMLElement) first.focus();
}

// A file of text is read into a field, where it can be looked at before it is sent.
/** @param {HTMLInputElement} input */
async function readInto(input) {
  const file = input.files?.[0];
  const into = document.getElementById(input.dataset.into ?? "");
  const name = document.getElementById(input.dataset.name ?? "");
  if (!file || !(into instanceof HTMLTextAreaElement)) return;
  into.value = await file.text();
  if (name instanceof HTMLInputElement) name.value = file.name;
}

export function forms() {
  addEventListener("placed", (event) => {
    const { near, shown } = /** @type {CustomEvent} */ (event).detail ?? {};
    if (!near && !shown) isOfPhone = false;
  });
  document.addEventListener("click", onClick);
  document.addEventListener("change", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    // What a phone's position is told in is this phone's habit, and is known the next time.
    if (isOfPhone && target instanceof HTMLSelectElement && target.name === "crs")
      rememberSystem(target.value);
    if (target instanceof HTMLInputElement && target.dataset.into) void readInto(target);
    const form = target.closest("form[data-at-once]");
    if (form instanceof HTMLFormElement) form.requestSubmit();
  });
  document.addEventListener(
    "toggle",
    (event) => {
      const step = event.target;
      if (!(step instanceof HTMLDetailsElement) || !step.matches(".step[open]")) return;
      // One step at a time. A shared name would do it, but closes what comes in while the old one is still
      // there.
      for (const other of /** @type {NodeListOf<HTMLDetailsElement>} */ (
        document.querySelectorAll("details.step[open]")
      ))
        if (other !== step) other.open = false;
      openStep();
    },
    true,
  );
  openStep();
  setInterval(countDown, 1000);
}
