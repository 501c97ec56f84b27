// Forms: filters that apply at once, a place taken from suggestions or the browser, printing, the minute of
// taking back.

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

export function here() {
  const said = document.getElementById("here-said");
  /** @param {string} text */
  const tell = (text) => said && (said.textContent = text);
  if (!isSecureContext || !navigator.geolocation) {
    tell(say("here_insecure"));
    return;
  }
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      setPlace(coords.longitude, coords.latitude, coords.accuracy);
      tell(say("here_accuracy", { m: Math.round(coords.accuracy) }));
    },
    () => tell(say("here_failed")),
    { enableHighAccuracy: true, timeout: 15_000 },
  );
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

export function forms() {
  document.addEventListener("click", onClick);
  document.addEventListener("change", (event) => {
    const form = /** @type {HTMLElement} */ (event.target).closest("form[data-at-once]");
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
