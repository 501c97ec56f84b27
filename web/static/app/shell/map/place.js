// A place taken by a click: the next one on the map is no choice of what lies there.

const STILL_PX = 4;

/**
 * Lets the next click on an element give a place; a drag still moves the map, and Escape gives it up.
 * @param {HTMLElement} element
 * @param {(event: MouseEvent) => { lon: number, lat: number }} placeOf
 * @param {(place: { lon: number, lat: number } | null) => void} done - null where it was given up
 * @returns {() => void} gives it up
 */
export function takePlace(element, placeOf, done) {
  /** @type {{ x: number, y: number } | null} */
  let pressed = null;
  const over = new AbortController();
  const once = { capture: true, signal: over.signal };
  /** @param {{ lon: number, lat: number } | null} place */
  const end = (place) => {
    over.abort();
    element.classList.remove("placing");
    done(place);
  };
  element.classList.add("placing");
  element.addEventListener("pointerdown", ({ clientX: x, clientY: y }) => (pressed = { x, y }), once);
  element.addEventListener(
    "click",
    (event) => {
      if (pressed && Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) > STILL_PX) return;
      event.stopPropagation();
      end(placeOf(event));
    },
    once,
  );
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      end(null);
    },
    once,
  );
  return () => end(null);
}

/**
 * @typedef {object} LineTaking
 * @property {(places: { lon: number, lat: number }[]) => void} changed - told of the places so far
 * @property {() => void} few - told that it was to end before it had two
 * @property {(line: { lon: number, lat: number }[] | null) => void} done - null where it was given up
 */

/**
 * Lets clicks on an element draw a line: a double click or Enter ends it, Backspace takes the last place
 * back, a drag still moves the map, and Escape gives it up.
 * @param {HTMLElement} element
 * @param {(event: MouseEvent) => { lon: number, lat: number }} placeOf
 * @param {LineTaking} taking
 */
export function takeLine(element, placeOf, { changed, few, done }) {
  /** @type {{ lon: number, lat: number }[]} */
  let places = [];
  /** @type {{ x: number, y: number } | null} */
  let pressed = null;
  const over = new AbortController();
  const once = { capture: true, signal: over.signal };
  /** @param {{ lon: number, lat: number }[] | null} line */
  const stop = (line) => {
    over.abort();
    element.classList.remove("placing");
    done(line);
  };
  const end = () => {
    if (places.length < 2) few();
    else stop(places);
  };
  element.classList.add("placing");
  element.addEventListener("pointerdown", ({ clientX: x, clientY: y }) => (pressed = { x, y }), once);
  element.addEventListener(
    "click",
    (event) => {
      if (pressed && Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) > STILL_PX) return;
      event.stopPropagation();
      // The second click of a double click is no further place.
      if (event.detail > 1) return;
      places = [...places, placeOf(event)];
      changed(places);
    },
    once,
  );
  element.addEventListener(
    "dblclick",
    (event) => {
      event.stopPropagation();
      event.preventDefault();
      end();
    },
    once,
  );
  document.addEventListener(
    "keydown",
    (/** @type {any} */ event) => {
      if (!["Escape", "Enter", "Backspace"].includes(event.key)) return;
      // Enter on a button is that button's, and what is written in a field is the field's.
      if (event.key !== "Escape" && /^(BUTTON|A|INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
      event.stopPropagation();
      event.preventDefault();
      if (event.key === "Escape") stop(null);
      else if (event.key === "Enter") end();
      else {
        places = places.slice(0, -1);
        changed(places);
      }
    },
    once,
  );
  return { end, giveUp: () => stop(null) };
}
