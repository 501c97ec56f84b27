// Work that goes on, and what was just taken away: how far it is, and how it is stopped or taken back.

import { announce, h, replace } from "../dom.js";
import { t } from "../i18n.js";

/**
 * @param {any} job
 * @param {{ name: string, step: string, told: string, more?: any, onStop: () => void }} words
 */
export function progressOf(job, { name, step, told, more = null, onStop }) {
  return h(
    "div",
    { id: `${name}-progress`, class: "progress" },
    h("progress", { max: job.total, value: job.done, "aria-label": step }),
    h("p", {}, told),
    more,
    h(
      "div",
      { class: "row apart" },
      h("span", { class: "muted" }, t("job_leaving")),
      h("button", { type: "button", id: `${name}-stop`, onclick: onStop }, t("job_stop")),
    ),
  );
}

// A line at the foot of the page that says what is gone, and takes it back for as long as it stands there.
export class Toast {
  #element;
  #name;
  #stays_ms;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {string} name
   * @param {number} stays_ms
   */
  constructor(name, stays_ms) {
    this.#name = name;
    this.#stays_ms = stays_ms;
    this.#element = h("div", { id: `${name}-toast`, class: "toast", role: "status", hidden: true });
    document.body.append(this.#element);
  }

  /**
   * @param {string} text
   * @param {() => void} takeBack
   */
  show(text, takeBack) {
    const undo = h(
      "button",
      {
        type: "button",
        id: `${this.#name}-undo`,
        class: "primary",
        onclick: () => {
          this.hide();
          takeBack();
        },
      },
      t("job_undo"),
    );
    replace(this.#element, h("span", {}, text), undo);
    this.#element.hidden = false;
    announce(text);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.hide(), this.#stays_ms);
  }

  hide() {
    this.#element.hidden = true;
  }
}
