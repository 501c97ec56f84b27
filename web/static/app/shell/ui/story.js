// The thing that was chosen: its story, at the right. Each wing tells of its own things.

import { Latest } from "../api.js";
import { button, byId, h, replace } from "../dom.js";
import { t } from "../i18n.js";
import { swatch } from "../map/symbols.js";

export class Story {
  /** @type {Feature | null} */
  feature = null;
  /** @type {any} */
  onShown = () => {};
  #store;
  #tellers;
  #actions;
  #latest = new Latest();

  // `tellers` by the kind of what was chosen: (which, signal) gives feature, title, kind, mark and parts.
  /**
   * @param {import('../state.js').Store} store
   * @param {Record<string, (which: string, signal: AbortSignal) => Promise<StoryShown>>} tellers
   * @param {Actions} actions
   */
  constructor(store, tellers, actions) {
    this.#store = store;
    this.#tellers = tellers;
    this.#actions = actions;
  }

  async refresh() {
    const { sel } = this.#store.state;
    const box = byId("story");
    if (!sel) {
      this.#show(null);
      return;
    }
    const [kind, ...rest] = sel.split(":");
    const signal = this.#latest.start("story");
    if (box.dataset.sel !== sel) replace(box, this.#header(t("loading")));
    this.#open(true);
    try {
      /** @type {any} */
      const told = await this.#tellers[kind](rest.join(":"), signal);
      if (this.#store.state.sel !== sel) return;
      box.dataset.sel = sel;
      replace(box, this.#header(told.title, told.kind, told.mark), h("div", { class: "scroll" }, told.parts));
      this.#show(told.feature);
    } catch (error) {
      if (error.name === "AbortError") return;
      replace(
        box,
        this.#header(t("error_title")),
        h("p", { class: "nothing" }, error.status === 404 ? t("gone") : t("error_network")),
      );
      if (error.status !== 404) this.#actions.error(error);
    }
  }

  /** @param {boolean} on */
  #open(on) {
    byId("story").hidden = !on;
    document.body.classList.toggle("has-story", on);
  }

  /** @param {any} feature */
  #show(feature) {
    this.#open(Boolean(this.#store.state.sel));
    if (!feature) byId("story").dataset.sel = "";
    this.feature = feature;
    this.onShown(feature);
  }

  /**
   * @param {string} title
   * @param {string} [kind]
   * @param {any} [mark]
   */
  #header(title, kind = "", mark = null) {
    return h(
      "header",
      {},
      h(
        "div",
        {},
        h("h2", { id: "story-title", tabindex: "-1" }, title),
        kind ? h("div", { class: "muted row" }, mark ? swatch(mark) : null, kind) : null,
      ),
      button(t("close"), {
        icon: "x",
        text: false,
        class: "plain",
        id: "story-close",
        onclick: this.#actions.close,
      }),
    );
  }
}
