// Through the shift minute by minute, by hand, by keyboard or by itself.

import { h, prefersStill, replace } from "../shell/dom.js";
import { dayTime, t } from "../shell/i18n.js";
import { placeAt } from "./place.js";
import { minutesOf } from "./plans.js";

const TICK = { ms: 100, minutes: 2 };
const STILL_TICK = { ms: 1500, minutes: 20 };
// Browsers refuse addresses that are written too often.
const WRITE_AFTER_MS = 300;

/**
 * @param {Properties} plan
 * @param {any} minute
 */
export const momentOf = (plan, minute) => Date.parse(plan.begins_at) + minute * 60_000;
/** @param {string | null | undefined} iso */
export const clock = (iso) => dayTime(iso).slice(11);

export class Night {
  element = h("section", { id: "night", "aria-label": t("pat_night"), hidden: true });
  /** @type {number | null} */
  minute = null;
  #tell;
  /** @type {any} */
  #shown = null;
  /** @type {any} */
  #timer = null;
  /** @type {any} */
  #writing = null;

  // `tell` has `moved(minute)`, at each step, and `rested(minute)`, when it is worth an address.
  /** @param {any} tell */
  constructor(tell) {
    this.#tell = tell;
    document.body.append(this.element);
  }

  /**
   * @param {any} shown
   * @param {number | null} minute
   */
  show(shown, minute) {
    const same = this.#shown && this.#shown === shown;
    this.element.hidden = !shown;
    document.body.classList.toggle("has-night", Boolean(shown));
    if (!same) this.#stop({ write: false });
    this.#shown = shown;
    if (!shown) {
      this.minute = null;
      return;
    }
    if (this.#timer || this.#writing) return;
    this.minute = minute === null ? null : Math.min(minute, minutesOf(shown.plan));
    if (!same) this.#build();
    this.#update();
  }

  #build() {
    this.play = h(
      "button",
      { type: "button", id: "night-play", onclick: () => (this.#timer ? this.#stop() : this.#start()) },
      t("hot_play"),
    );
    this.range = h("input", {
      id: "night-range",
      type: "range",
      min: "0",
      max: String(minutesOf(this.#shown.plan) + 1),
      step: "1",
      "aria-label": t("pat_night"),
      oninput: () => this.#chosen(Number(this.range.value)),
    });
    this.name = h("output", { id: "night-name", for: "night-range" });
    replace(this.element, this.play, this.range, this.name);
  }

  #text() {
    const { plan, features } = this.#shown;
    if (this.minute === null) return `${t("pat_whole")} ${clock(plan.begins_at)} – ${clock(plan.ends_at)}`;
    const moment = momentOf(plan, this.minute);
    /** @type {Record<string, any>} */
    const n = { base: 0, way: 0, stop: 0 };
    for (const feature of features) if (feature.geometry) n[placeAt(feature, moment).doing] += 1;
    return t("pat_at", { time: clock(new Date(moment).toISOString()), ...n });
  }

  #update() {
    const text = this.#text();
    this.range.value = String(this.minute === null ? 0 : this.minute + 1);
    this.range.setAttribute("aria-valuetext", text);
    this.name.textContent = text;
    this.play.textContent = t(this.#timer ? "hot_pause" : "hot_play");
    this.play.setAttribute("aria-pressed", String(Boolean(this.#timer)));
  }

  /** @param {any} value */
  #chosen(value) {
    this.minute = value ? value - 1 : null;
    this.#update();
    this.#tell.moved(this.minute);
    clearTimeout(this.#writing);
    this.#writing = this.#timer ? null : setTimeout(() => this.#write(), WRITE_AFTER_MS);
  }

  #write() {
    this.#writing = null;
    this.#tell.rested(this.minute);
  }

  #start() {
    const last = minutesOf(this.#shown.plan) + 1;
    const { ms, minutes } = prefersStill() ? STILL_TICK : TICK;
    this.#timer = setInterval(() => {
      if (Number(this.range.value) >= last) this.#stop();
      else this.#chosen(Math.min(last, Number(this.range.value) + minutes));
    }, ms);
    this.#chosen(Number(this.range.value) >= last ? 1 : Math.max(1, Number(this.range.value)));
  }

  #stop({ write = true } = {}) {
    clearTimeout(this.#writing);
    this.#writing = null;
    if (!this.#timer) return;
    clearInterval(this.#timer);
    this.#timer = null;
    if (!write) return;
    this.#update();
    this.#write();
  }
}
