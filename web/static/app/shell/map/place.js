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
