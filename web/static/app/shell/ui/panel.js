// What, when, where: the panel at the left.

import { button, byId, h, icon, isPhone, replace } from "../dom.js";
import { isDay, preset, PRESETS, presetOf } from "../dates.js";
import { clock, labelOf, nameOf, number, t } from "../i18n.js";
import { isRegion } from "../regions.js";
import { may } from "../rights.js";
import { LAYERS } from "../state.js";
import { longest, noted } from "../terms.js";
import { TownSearch } from "./towns.js";

/** @type {Record<string, any>} */
const PRESET_NAMES = { today: "today", 7: "last_7", 30: "last_30", 90: "last_90", 365: "last_365" };

export class Panel {
  #store;
  #counts;
  #actions;
  #towns;

  /**
   * @param {import('../state.js').Store} store
   * @param {any} counts
   * @param {Actions} actions
   */
  constructor(store, counts, actions) {
    this.#store = store;
    this.#counts = counts;
    this.#actions = actions;
    this.#towns = new TownSearch(store, actions);
    new ResizeObserver(([entry]) => {
      document.body.style.setProperty("--panel-height", `${Math.ceil(entry.borderBoxSize[0].blockSize)}px`);
    }).observe(byId("panel"));
  }

  render() {
    const focused = document.activeElement?.id;
    replace(
      byId("panel"),
      this.#brand(),
      this.#where(),
      this.#when(),
      this.#what(),
      this.#layers(),
      may("see_hotspots") ? this.#actions.hotspotPanel() : null,
      may("see_plans") ? this.#actions.patrolPanel() : null,
      may("see_teams") ? this.#actions.reachPanel() : null,
    );
    if (focused && !document.activeElement?.id) byId(focused)?.focus({ preventScroll: true });
    replace(byId("crumbs-phone"), isPhone() ? this.breadcrumb() : null);
    byId("crumbs-phone").hidden = !isPhone();
  }

  breadcrumb() {
    const grid = this.#counts.grid?.properties;
    if (!grid) return h("span", {}, nameOf(this.#store.workspace));
    const items = grid.ancestors.map((/** @type {any} */ above) =>
      h(
        "li",
        {},
        h(
          "button",
          { type: "button", class: "link", onclick: () => this.#actions.open(above.grid_key) },
          nameOf(above),
        ),
      ),
    );
    return h(
      "nav",
      { class: "crumbs", "aria-label": t("breadcrumb") },
      h("ol", {}, items, h("li", {}, h("span", { "aria-current": "page" }, nameOf(grid)))),
    );
  }

  #brand() {
    const { workspace, lang } = this.#store;
    const mark = icon("hexagons");
    mark.classList.add("mark");
    return h(
      "header",
      { class: "brand row" },
      h("a", { href: "/desk", class: "plain", title: t("to_desk"), "aria-label": t("to_desk") }, mark),
      h(
        "div",
        { class: "grow" },
        h("h1", {}, nameOf(workspace)),
        h("div", { class: "product" }, t("product")),
      ),
      h(
        "button",
        {
          id: "language",
          type: "button",
          class: "plain",
          lang: lang === "zh" ? "en" : "zh-CN",
          title: t("language_hint"),
          onclick: () => this.#store.setLanguage(lang === "zh" ? "en" : "zh"),
        },
        t("language"),
      ),
      button(t("theme"), {
        icon: document.documentElement.dataset.theme === "dark" ? "sun" : "moon",
        text: false,
        id: "theme",
        class: "plain",
        onclick: this.#actions.theme,
      }),
    );
  }

  #where() {
    const { total, unplaced, outside, level, answer, fresh, failed } = this.#counts;
    const told = answer?.query ?? this.#store.state;
    return h(
      "div",
      { class: "group" },
      this.breadcrumb(),
      this.#towns.render(),
      h(
        "div",
        { class: fresh ? "headline" : "headline stale", id: "headline" },
        h(
          "button",
          { id: "total", type: "button", class: "link figure num", onclick: () => this.#actions.records({}) },
          number(total),
        ),
        h(
          "span",
          { class: "muted" },
          [t("unit_incident"), t("total")].join(""),
          " · ",
          `${told.from ?? ""} – ${told.to ?? ""}`,
          answer ? ` · ${t("answered_at", { time: clock(answer.as_of) })}` : null,
        ),
      ),
      failed ? h("p", { class: "warn-text", id: "not-fresh" }, t("not_fresh")) : null,
      answer?.class === "perturbed"
        ? h(
            "p",
            { id: "perturbed", title: noted("perturbed") },
            h("b", {}, t("perturbed")),
            " ",
            noted("perturbed"),
          )
        : null,
      unplaced
        ? h(
            "button",
            { id: "unplaced", type: "button", class: "link", onclick: () => this.#actions.records({}) },
            t("unplaced", { n: number(unplaced), level: t(`one_${level}`) }),
          )
        : null,
      " ",
      outside
        ? h(
            "button",
            {
              id: "outside",
              type: "button",
              class: "link",
              onclick: () => this.#actions.records({ outside: true }),
            },
            t("unassigned", { n: number(outside) }),
          )
        : null,
    );
  }

  #when() {
    const { period } = this.#store.workspace;
    if (!period) return null;
    const { from, to } = this.#store.state;
    const now = presetOf(from, to, period);
    /**
     * @param {string} name
     * @param {any} value
     */
    const input = (name, value) =>
      h("input", {
        id: name,
        type: "date",
        class: "grow",
        value,
        min: period.from,
        max: period.to,
        "aria-label": t(name),
        onchange: (event) => this.#setDay(name, event.target.value),
      });
    return h(
      "div",
      { class: "group" },
      h("h3", { title: t("preset_hint", { day: period.to }) }, t("period")),
      h(
        "div",
        { class: "segments", role: "group", "aria-label": t("preset_hint", { day: period.to }) },
        PRESETS.map((name) =>
          h(
            "button",
            {
              id: `preset-${name}`,
              type: "button",
              "aria-pressed": String(now === name),
              title:
                name === "today" ? `${t("preset_today")} ${period.to}` : t("preset_hint", { day: period.to }),
              onclick: () => this.#store.set(preset(name, period)),
            },
            t(PRESET_NAMES[name]),
          ),
        ),
      ),
      h(
        "div",
        { class: "row apart-above" },
        input("from", from),
        h("span", { class: "muted" }, "–"),
        input("to", to),
      ),
    );
  }

  /**
   * @param {string} name
   * @param {any} value
   */
  #setDay(name, value) {
    if (!isDay(value)) return;
    /** @type {Record<string, any>} */
    const next = { from: this.#store.state.from, to: this.#store.state.to, [name]: value };
    if (next.from > next.to) next[name === "from" ? "to" : "from"] = value;
    this.#store.set(next);
  }

  #what() {
    const { state, workspace } = this.#store;
    const choice = h(
      "select",
      {
        id: "domain",
        class: "grow",
        "aria-label": t("domain"),
        onchange: (event) => this.#store.set({ domain: event.target.value || null, kind: null }),
      },
      h("option", { value: "" }, t("all_domains")),
      state.domain?.includes(",") &&
        h(
          "option",
          { value: state.domain, selected: true },
          state.domain
            .split(",")
            .map((/** @type {string} */ code) => labelOf(workspace.domains, code))
            .join(" + "),
        ),
      workspace.domains.map((/** @type {any} */ d) =>
        h("option", { value: d.code, selected: d.code === state.domain }, labelOf(workspace.domains, d.code)),
      ),
    );
    const own = this.#counts.grid?.properties.level ?? 0;
    // A region is looked at by its towns.
    const region = isRegion(this.#counts.grid?.properties.grid_key);
    const level = h(
      "div",
      { class: "segments", role: "group", "aria-label": t("level") },
      workspace.levels
        .filter((/** @type {number} */ n) => n > 1)
        .map((/** @type {number} */ n) =>
          h(
            "button",
            {
              id: `level-${n}`,
              type: "button",
              "aria-pressed": String(n === this.#counts.level),
              disabled: region || (n <= own && n !== this.#counts.level),
              onclick: () => this.#store.set({ level: n }),
            },
            t(`level_${n}`),
          ),
        ),
    );
    return h(
      "div",
      { class: "group" },
      h("h3", {}, h("label", { for: "domain" }, t("domain"))),
      h(
        "div",
        { class: "row" },
        choice,
        h("input", {
          id: "text",
          type: "search",
          class: "grow",
          "aria-label": t("search"),
          maxlength: longest("words"),
          value: state.text ?? "",
          placeholder: t("search_hint"),
          onchange: (event) => this.#store.set({ text: event.target.value.trim() || null }),
        }),
      ),
      h("h3", { class: "apart-above" }, t("level")),
      level,
    );
  }

  #layers() {
    const { layers } = this.#store.state;
    /**
     * @param {string} name
     * @param {boolean} on
     */
    const toggle = (name, on) =>
      this.#store.set({ layers: LAYERS.filter((l) => (l === name ? on : layers.includes(l))) });
    return h(
      "div",
      { class: "group" },
      h("h3", {}, t("layers")),
      h(
        "div",
        { class: "checks" },
        LAYERS.map((name) =>
          h(
            "label",
            { title: t(`layer_${name}_long`) },
            h("input", {
              id: `layer-${name}`,
              type: "checkbox",
              checked: layers.includes(name),
              onchange: (event) => toggle(name, event.target.checked),
            }),
            t(`layer_${name}`),
          ),
        ),
      ),
    );
  }
}
