// What a person was at stays when a part of the page is drawn anew: the focus, and how far lists were
// scrolled.

// `redraw` may take its time.
/**
 * @param {any} element
 * @param {() => any} redraw
 */
export async function keeping(element, redraw) {
  const focused = element.contains(document.activeElement) ? document.activeElement?.id : null;
  const far = [...element.querySelectorAll("[id], .scroll")]
    .filter((e) => e.scrollTop > 0)
    .map((e) => [e.id ? `#${CSS.escape(e.id)}` : ".scroll", e.scrollTop]);
  const work = redraw();
  if (work) await work;
  for (const [selector, top] of far) {
    /** @type {any} */
    const again = element.querySelector(selector);
    if (again) again.scrollTop = top;
  }
  if (focused && !element.contains(document.activeElement))
    element.querySelector(`#${CSS.escape(focused)}`)?.focus({ preventScroll: true });
}
