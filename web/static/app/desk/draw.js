// An outline drawn on the small map: each click is a corner, written into the form's field as text,
// where it can be put right.

const CORNER = /^\s*(-?\d+(?:\.\d+)?)\s*[,，]\s*(-?\d+(?:\.\d+)?)\s*$/;

/**
 * Reads "lon,lat lon,lat …"; what is no corner is left out.
 * @param {string} text
 * @returns {[number, number][]}
 */
export function corners(text) {
  return text
    .split(/[\s;]+/)
    .map((part) => CORNER.exec(part))
    .filter((found) => found !== null)
    .map((found) => [Number(found[1]), Number(found[2])]);
}

/** @param {[number, number][]} points @returns {string} */
export const written = (points) =>
  points.map(([lon, lat]) => `${lon.toFixed(6)},${lat.toFixed(6)}`).join(" ");

/**
 * Lets a map take corners.
 * @param {HTMLElement} box
 * @param {(lon: number, lat: number) => number[]} point - a place to the picture
 * @returns {(lon: number, lat: number) => void} takes a corner
 */
export function outline(box, point) {
  const field = /** @type {HTMLTextAreaElement | null} */ (document.querySelector("[data-outline]"));
  const line = box.querySelector(".drawn");
  const show = () => {
    const points = field ? corners(field.value).map(([lon, lat]) => point(lon, lat).join(",")) : [];
    line?.setAttribute("points", points.join(" "));
  };
  field?.addEventListener("input", show);
  document.querySelector("[data-outline-back]")?.addEventListener("click", () => {
    if (!field) return;
    field.value = written(corners(field.value).slice(0, -1));
    show();
    field.focus();
  });
  show();
  return (lon, lat) => {
    if (!field) return;
    field.value = written([...corners(field.value), [lon, lat]]);
    show();
  };
}
