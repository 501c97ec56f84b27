// Cases of a list that are chosen for one step in all of them: how many, all, none.

function count() {
  const form = document.getElementById("bulk");
  const place = /** @type {HTMLElement | null} */ (form?.querySelector("[data-chosen]") ?? null);
  const n = document.querySelectorAll("input.choose:checked").length;
  if (place) place.textContent = (place.dataset.chosen ?? "").replace("{n}", String(n));
}

export function choosing() {
  document.addEventListener("change", (event) => {
    if (/** @type {HTMLElement} */ (event.target).matches("input.choose")) count();
  });
  document.addEventListener("click", (event) => {
    const button = /** @type {HTMLElement | null} */ (
      /** @type {HTMLElement} */ (event.target).closest("[data-choose]")
    );
    if (!button) return;
    const boxes = /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll("input.choose"));
    for (const box of boxes) box.checked = button.dataset.choose === "all";
    if (button.dataset.choose === "none") boxes[0]?.focus();
    count();
  });
  // Going back to the list shows the boxes as they were left.
  count();
}
