// A form is sent once: the second half of a double click does not send it again.

const AGAIN_MS = 10_000;

/** Forms on their way. A file that is saved leaves the page where it is, so none is held for long. */
const sent = new Set();

export function once() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.method !== "post" || event.defaultPrevented) return;
    if (sent.has(form)) {
      event.preventDefault();
      return;
    }
    sent.add(form);
    setTimeout(() => sent.delete(form), AGAIN_MS);
  });
  // What is told differently is another act.
  document.addEventListener("input", (event) => {
    const field = event.target;
    if (field instanceof HTMLElement) sent.delete(field.closest("form"));
  });
  // Whoever comes back to a page that was kept sends anew.
  addEventListener("pageshow", () => sent.clear());
}
