// Coverage on the page: a time of day, the bands on the map, a table of villages, and where a new base would
// help.

import { get, Latest, work } from "../shell/api.js";
import { h, replace } from "../shell/dom.js";
import { messageOf, nameOf, number, t } from "../shell/i18n.js";
import { bandColours, bandName, bandOf } from "./bands.js";

const QUIETED = ["counts", "incidents"];
const STEP_MIN = 15;
const LAST_MIN = 24 * 60 - STEP_MIN;
const EVENING = 21 * 60;

/** @param {any} minute */
const clock = (minute) =>
  `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
/**
 * @param {any} part
 * @param {any} whole
 */
const percent = (part, whole) => (whole ? `${Math.round((100 * part) / whole)} %` : "–");

export class Reach {
  element = h("details", { id: "reach", class: "hotspots reach" });
  #store;
  #actions;
  #tell;
  /** @type {any} */
  #shown = null;
  /** @type {Told | null} */
  #error = null;
  /** @type {any} */
  #site = null;
  /** @type {any} */
  #quieted = [];
  #latest = new Latest();

  // `tell` has drawn({ level, bands } or null), for the map, and legend(), when the legend changed.
  /**
   * @param {import('../shell/state.js').Store} store
   * @param {Actions} actions
   * @param {any} tell
   */
  constructor(store, actions, tell) {
    this.#store = store;
    this.#actions = actions;
    this.#tell = tell;
    this.element.open = this.#minute !== null;
    this.element.addEventListener(
      "toggle",
      (/** @type {any} */ event) =>
        event.target === this.element && this.element.open && this.element.scrollIntoView({ block: "start" }),
    );
  }

  get #minute() {
    const { reach } = this.#store.state;
    return reach === null ? null : Math.min(Number(reach), LAST_MIN);
  }

  open() {
    this.render();
    if (this.#minute !== null) this.#ask();
  }

  /** @param {Set<string>} changed */
  changed(changed) {
    if (!changed.has("reach")) return;
    this.#ask();
  }

  // The choropleth and the points would drown the bands: they go, and come back with "hide".
  /** @param {number | null} minute */
  #choose(minute) {
    const { state } = this.#store;
    let { layers } = state;
    if (minute !== null && state.reach === null) {
      this.#quieted = layers.filter((/** @type {string} */ name) => QUIETED.includes(name));
      layers = layers.filter((/** @type {string} */ name) => !QUIETED.includes(name));
    } else if (minute === null)
      layers = [...layers, ...this.#quieted.filter((/** @type {any} */ name) => !layers.includes(name))];
    this.#store.set({ reach: minute === null ? null : String(minute), layers });
  }

  async #ask() {
    const minute = this.#minute;
    const signal = this.#latest.start("reach");
    this.#error = null;
    if (minute === null) this.#shown = null;
    else {
      try {
        this.#shown = await get("/coverage", { at: clock(minute) }, { signal });
      } catch (error) {
        if (error.name === "AbortError") return;
        this.#shown = null;
        this.#error = error;
      }
    }
    const shown = this.#shown;
    this.#tell.drawn(
      shown
        ? {
            level: shown.level,
            bands: Object.fromEntries(
              shown.grids.map((/** @type {any} */ g) => [g.grid_key, bandOf(g.seconds, shown.minutes)]),
            ),
          }
        : null,
    );
    this.#tell.legend();
    this.render();
  }

  render() {
    const focused = this.element.contains(document.activeElement) ? document.activeElement?.id : null;
    replace(this.element, h("summary", {}, t("reach")), h("div", { class: "group" }, this.#parts()));
    if (focused) this.element.querySelector(`#${CSS.escape(focused)}`)?.focus({ preventScroll: true });
  }

  #parts() {
    const minute = this.#minute;
    const toggle = h(
      "button",
      {
        type: "button",
        id: "reach-toggle",
        "aria-pressed": String(minute !== null),
        onclick: () => this.#choose(minute === null ? EVENING : null),
      },
      t(minute === null ? "reach_on" : "reach_off"),
    );
    if (minute === null) return [h("p", { class: "muted" }, t("reach_intro")), toggle];
    const error = this.#error
      ? h(
          "div",
          { class: "pat-error", id: "reach-error", role: "alert" },
          h("p", { class: "warn-text" }, messageOf(this.#error)),
          h("button", { type: "button", id: "reach-retry", onclick: () => this.#ask() }, t("retry")),
        )
      : null;
    return [
      this.#slider(minute),
      error,
      this.#shown
        ? this.#told(this.#shown)
        : error
          ? null
          : h("p", { class: "muted", role: "status" }, t("loading")),
      toggle,
    ];
  }

  /** @param {number | null} minute */
  #slider(minute) {
    const output = h("output", { id: "reach-clock", for: "reach-range", class: "num" }, clock(minute));
    const range = h("input", {
      id: "reach-range",
      type: "range",
      min: "0",
      max: String(LAST_MIN),
      step: String(STEP_MIN),
      class: "grow",
      value: String(minute),
      "aria-label": t("reach_at"),
      "aria-valuetext": clock(minute),
      oninput: (event) => {
        const chosen = Number(event.target.value);
        output.textContent = clock(chosen);
        event.target.setAttribute("aria-valuetext", clock(chosen));
      },
      // Drawn when the hand rests: drawing anew would take the slider from under it.
      onchange: (event) => this.#store.set({ reach: event.target.value }, { quiet: true }),
    });
    return h("div", { class: "row" }, h("label", { for: "reach-range" }, t("reach_at")), range, output);
  }

  /** @param {{ at: any, teams: any, minutes: number[], total: any, villages: any }} given */
  #told({ at, teams, minutes, total, villages }) {
    const n = teams.length;
    return [
      h("p", { id: "reach-teams", role: "status" }, t(n ? "reach_teams" : "reach_no_team", { at, n })),
      h(
        "ul",
        { id: "reach-sum" },
        minutes.map((/** @type {any} */ m, /** @type {number} */ i) =>
          h(
            "li",
            {},
            t("reach_told", {
              m,
              n: number(total.within[i]),
              share: percent(total.within[i], total.households),
            }),
          ),
        ),
        h("li", {}, t("reach_beyond", { m: minutes.at(-1), n: number(total.beyond) })),
      ),
      h("p", { class: "muted" }, t("reach_note")),
      this.#table(minutes, villages),
      this.#siting(),
    ];
  }

  /**
   * @param {number[]} minutes
   * @param {any} villages
   */
  #table(minutes, villages) {
    const rows = [...villages].sort(
      (a, b) => b.beyond - a.beyond || a.within[0] / a.households - b.within[0] / b.households,
    );
    const head = [
      t("reach_households"),
      ...minutes.map((/** @type {any} */ m) => `≤${m}`),
      `>${minutes.at(-1)}`,
    ];
    return h(
      "div",
      { class: "pat-scroll reach-scroll" },
      h(
        "table",
        { class: "pat-routes", id: "reach-table", "aria-label": t("reach_table") },
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            h("th", { scope: "col" }, t("reach_village")),
            head.map((text) => h("th", { scope: "col", class: "num" }, text)),
          ),
        ),
        h(
          "tbody",
          {},
          rows.map((v) =>
            h(
              "tr",
              {},
              h(
                "th",
                { scope: "row" },
                h(
                  "button",
                  { type: "button", class: "link", onclick: () => this.#actions.open(v.grid_key) },
                  nameOf(v),
                ),
              ),
              [v.households, ...v.within, v.beyond].map((n) => h("td", { class: "num" }, number(n))),
            ),
          ),
        ),
      ),
    );
  }

  #siting() {
    const ask = h(
      "button",
      {
        type: "button",
        id: "reach-site",
        disabled: this.#site?.working === true,
        onclick: () => this.#findSite(),
      },
      t("reach_site"),
    );
    if (!this.#site) return ask;
    const { working, found, error } = this.#site;
    if (working) return [ask, h("p", { class: "muted", role: "status" }, t("reach_site_work"))];
    if (error) return [ask, h("p", { class: "warn-text", role: "alert" }, messageOf(error))];
    const [place] = found.sites;
    const told = place.gained
      ? t("reach_site_told", { place: nameOf(place), m: found.minutes, n: number(place.gained) })
      : t("reach_site_none");
    return [
      ask,
      h(
        "p",
        { id: "reach-site-told", role: "status" },
        told,
        " ",
        h(
          "span",
          { class: "muted" },
          found.optimal
            ? t("reach_proven")
            : t("reach_unproven", { gap: `${(100 * found.gap).toFixed(1)} %` }),
        ),
      ),
      place.gained
        ? h(
            "button",
            {
              type: "button",
              class: "link",
              id: "reach-site-open",
              onclick: () => this.#actions.open(place.grid_key),
            },
            t("hot_open_grid", { name: nameOf(place) }),
          )
        : null,
    ];
  }

  async #findSite() {
    this.#site = { working: true };
    this.render();
    try {
      this.#site = {
        found: (await work("POST", "/coverage/sites", { minutes: this.#shown.minutes[0] })).result,
      };
    } catch (error) {
      this.#site = { error };
    }
    this.render();
  }

  legend() {
    if (!this.#shown) return null;
    const { at, minutes, grids } = this.#shown;
    const used = new Set(grids.map((/** @type {any} */ g) => bandOf(g.seconds, minutes)));
    const colours = bandColours();
    /** @param {number} band */
    const item = (band) => {
      const mark = h("span", { class: "box" });
      mark.style.background = colours[band];
      return h("li", {}, mark, h("span", {}, bandName(band, minutes)));
    };
    const bands = [
      ...minutes.keys(),
      minutes.length,
      ...(used.has(minutes.length + 1) ? [minutes.length + 1] : []),
    ];
    return h(
      "div",
      { id: "legend-reach" },
      h("h3", {}, t("reach_legend", { at })),
      h("ul", {}, bands.map(item)),
    );
  }
}
