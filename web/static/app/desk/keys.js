// The keyboard: / searches, arrows and j, k walk a list's rows, Enter opens one, Escape goes back.

const TYPED = "input, textarea, select, [contenteditable]";

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.altKey || event.ctrlKey || event.metaKey || event.isComposing) return;
  const target = /** @type {HTMLElement} */ (event.target);
  const typing = target.matches(TYPED);
  if (event.key === "/" && !typing) {
    const find = /** @type {HTMLInputElement | null} */ (document.getElementById("find"));
    find?.focus();
    find?.select();
    event.preventDefault();
  } else if (event.key === "Escape") {
    if (typing) target.blur();
    else goBack();
  } else if (!typing && ["ArrowDown", "ArrowUp", "j", "k"].includes(event.key)) {
    if (walk(["ArrowDown", "j"].includes(event.key) ? 1 : -1)) event.preventDefault();
  }
}

function goBack() {
  const open = document.querySelector("details.more[open], details.step[open]");
  if (open instanceof HTMLDetailsElement) {
    open.open = false;
    open.querySelector("summary")?.focus();
    return;
  }
  const back = document.querySelector("a[data-back]");
  if (back instanceof HTMLAnchorElement) back.click();
}

/** @param {1 | -1} way */
function walk(way) {
  const rows = [.../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("a[data-row]"))];
  if (!rows.length) return false;
  const here = rows.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  if (here < 0 && document.activeElement !== document.body && document.activeElement?.id !== "main")
    return false;
  rows[Math.min(rows.length - 1, Math.max(0, here + way))].focus();
  return true;
}

export function keys() {
  document.addEventListener("keydown", onKey);
  // Whoever comes back from a case finds the row again.
  const last = sessionStorage.getItem("row");
  if (last) document.getElementById(last)?.focus();
  // Whoever opens a case from its row goes on from its title, not from the top of the page.
  const isEntered = sessionStorage.getItem("entered") !== null;
  sessionStorage.removeItem("entered");
  if (isEntered && document.activeElement === document.body)
    document.getElementById("case-title")?.focus({ preventScroll: true });
  document.addEventListener("click", (event) => {
    const row = /** @type {HTMLElement} */ (event.target).closest("a[data-row]");
    if (row) {
      sessionStorage.setItem("row", row.id);
      sessionStorage.setItem("entered", "1");
    }
    const more = document.querySelector("details.more[open]");
    if (more instanceof HTMLDetailsElement && !more.contains(/** @type {Node} */ (event.target)))
      more.open = false;
  });
}
