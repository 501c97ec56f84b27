// A form is sent once: the second half of a double click does not send it again.

const AGAIN_MS = 10_000;

/**
 * Forms on their way, and by which button.
 * A file that is saved leaves the page where it is, so none is held for long.
 * @type {Map<HTMLFormElement, HTMLElement | null>}
 */
const sent = new Map();

export function once() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || event.defaultPrevented) return;
    // A field named "method" hides the form's own property.
    if (form.getAttribute("method") !== "post") return;
    if (sent.has(form) && sent.get(form) === event.submitter) {
      event.preventDefault();
      return;
    }
    sent.set(form, event.submitter);
    setTimeout(() => sent.delete(form), AGAIN_MS);
  });
  // What is told differently is another act.
  document.addEventListener("input", (event) => {
    const field = event.target;
    const form = field instanceof HTMLElement ? field.closest("form") : null;
    if (form) sent.delete(form);
  });
  // Whoever comes back to a page that was kept sends anew.
  addEventListener("pageshow", () => sent.clear());
}
