// Names on the small map: those that would lie over another, or over the buttons, are left out until there is
// room.

/** @param {DOMRect} a @param {DOMRect} b */
const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

/** @param {HTMLElement} box */
function thin(box) {
  const texts = /** @type {NodeListOf<SVGTextElement>} */ (box.querySelectorAll(".names text"));
  // All are measured before any is left out, so that the page is laid out once.
  const rooms = [...texts].map((name) => name.getBoundingClientRect());
  const tools = box.querySelector(".map-tools")?.getBoundingClientRect();
  const taken = tools?.width ? [tools] : [];
  texts.forEach((name, n) => {
    const free = !taken.some((room) => meet(room, rooms[n]));
    if (free) taken.push(rooms[n]);
    name.style.visibility = free ? "" : "hidden";
  });
}

/**
 * @param {HTMLElement} box
 * @returns {() => void} to be called when the map has moved
 */
export function keepNamesApart(box) {
  let asked = 0;
  const ask = () => {
    cancelAnimationFrame(asked);
    asked = requestAnimationFrame(() => thin(box));
  };
  new ResizeObserver(ask).observe(box);
  // Letters that come later are of another width.
  document.fonts.addEventListener("loadingdone", ask);
  return ask;
}
