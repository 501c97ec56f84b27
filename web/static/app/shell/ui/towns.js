// Which town is looked at, where a workspace has several: found by name or code.

import { get, Latest } from "../api.js";
import { h, replace } from "../dom.js";
import { nameOf, t } from "../i18n.js";
import { isRegion } from "../regions.js";

const MOST = 8;

export class TownSearch {
  #words = "";
  /** @type {Properties[] | null} */
  #found = null;
  #latest = new Latest();
  #list = h("ul", { id: "town-found", "aria-live": "polite" });

  /**
   * @param {import('../state.js').Store} store
   * @param {any} actions
   */
  constructor(store, actions) {
    this.store = store;
    this.actions = actions;
  }

  render() {
    if (!isRegion(this.store.workspace.root?.grid_key)) return null;
    this.#show();
    return h(
      "div",
      { class: "towns" },
      h("input", {
        id: "town-search",
        type: "search",
        class: "grow",
        value: this.#words,
        "aria-label": t("town_search"),
        placeholder: t("town_search"),
        "aria-controls": "town-found",
        oninput: (event) => this.#ask(event.target.value),
      }),
      this.#list,
    );
  }

  /** @param {string} words */
  async #ask(words) {
    this.#words = words;
    const q = words.trim();
    const signal = this.#latest.start("towns");
    try {
      const answer = q
        ? await get("/grids", { level: 1, q, geometry: false, limit: MOST }, { signal })
        : null;
      this.#found = answer?.features.map((/** @type {Feature} */ f) => f.properties) ?? null;
      this.#show();
    } catch (error) {
      if (error.name !== "AbortError") this.actions.error(error);
    }
  }

  /** @param {string} key */
  #open(key) {
    this.#words = "";
    this.#found = null;
    this.actions.open(key);
  }

  #show() {
    const rows = this.#found;
    if (!rows) replace(this.#list, h("li", { class: "muted" }, t("town_hint")));
    else if (!rows.length) replace(this.#list, h("li", { class: "muted" }, t("town_none")));
    else
      replace(
        this.#list,
        ...rows.map((row) =>
          h(
            "li",
            {},
            h(
              "button",
              { type: "button", class: "link", onclick: () => this.#open(row.grid_key) },
              nameOf(row),
            ),
            h("span", { class: "muted num" }, ` ${row.code}`),
          ),
        ),
      );
  }
}
