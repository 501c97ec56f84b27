// Through the slices of a space-time cube, by hand, by keyboard or by itself.

import { h, replace } from "../shell/dom.js";
import { addDays } from "../shell/dates.js";
import { t } from "../shell/i18n.js";

const STEP_MS = 1200;

// First and last day of a slice; the last one ends with the day before the period's next whole slice would
// begin.
/** @type {Record<string, number>} */
const DAYS = { day: 1, week: 7 };

/**
 * @param {any} run
 * @param {any} slice
 */
export function spanOf(run, slice) {
  const { slices } = run.summary;
  const first = slices[slice];
  const next = slices[slice + 1];
  if (next) return [first, addDays(next, -1)];
  const days = DAYS[run.parameters.step];
  if (days) return [first, addDays(first, days - 1)];
  const [year, month] = first.split("-").map(Number);
  return [
    first,
    addDays(`${month === 12 ? year + 1 : year}-${String((month % 12) + 1).padStart(2, "0")}-01`, -1),
  ];
}

export class Slider {
  element = h("section", { id: "cube", "aria-label": t("hot_slices"), hidden: true });
  #onSlice;
  /** @type {any} */
  #run = null;
  /** @type {number | null} */
  #slice = null;
  /** @type {any} */
  #timer = null;

  /** @param {(slice: number | null) => void} onSlice */
  constructor(onSlice) {
    this.#onSlice = onSlice;
    document.body.append(this.element);
  }

  /**
   * @param {Properties} run
   * @param {number | null} slice
   */
  show(run, slice) {
    const slices = run?.method === "emerging" ? run.summary.slices : null;
    this.element.hidden = !slices;
    document.body.classList.toggle("has-cube", Boolean(slices));
    if (!slices) {
      this.#stop();
      this.#run = null;
      return;
    }
    const same = this.#run?.run_id === run.run_id;
    this.#slice = slice;
    if (!same) {
      this.#stop();
      this.#run = run;
      this.#build(slices.length);
    }
    this.#update();
  }

  /** @param {number} n */
  #build(n) {
    this.play = h(
      "button",
      { type: "button", id: "cube-play", onclick: () => (this.#timer ? this.#stop() : this.#start()) },
      t("hot_play"),
    );
    this.range = h("input", {
      id: "cube-range",
      type: "range",
      min: "0",
      max: String(n),
      step: "1",
      class: "grow",
      "aria-label": t("hot_slices"),
      oninput: () => this.#chosen(Number(this.range.value)),
    });
    this.name = h("output", { id: "cube-name", for: "cube-range" });
    replace(this.element, this.play, this.range, this.name);
  }

  #text() {
    return this.#slice === null ? t("hot_slice_all") : spanOf(this.#run, this.#slice).join(" – ");
  }

  #update() {
    this.range.value = String(this.#slice === null ? 0 : this.#slice + 1);
    this.range.setAttribute("aria-valuetext", this.#text());
    this.name.textContent = this.#text();
    this.play.textContent = t(this.#timer ? "hot_pause" : "hot_play");
    this.play.setAttribute("aria-pressed", String(Boolean(this.#timer)));
  }

  /** @param {any} value */
  #chosen(value) {
    this.#slice = value ? value - 1 : null;
    this.#update();
    this.#onSlice(this.#slice);
  }

  #start() {
    const last = this.#run.summary.slices.length;
    this.#timer = setInterval(() => {
      const next = Number(this.range.value) + 1;
      if (next > last) this.#stop();
      else this.#chosen(next);
    }, STEP_MS);
    this.#chosen(Number(this.range.value) >= last ? 1 : Number(this.range.value) + 1);
  }

  #stop() {
    clearInterval(this.#timer);
    this.#timer = null;
    if (this.#run) this.#update();
  }
}
