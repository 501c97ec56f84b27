// The list beside the map: the same grids, incidents, teams, sites and bodies, sortable and reachable by
// keyboard.

import { address, download, get, getKept, Latest } from "../shell/api.js";
import { announce, button, byId, h, icon, replace } from "../shell/dom.js";
import { clock, lang, labelOf, nameOf, number, t } from "../shell/i18n.js";
import { isRegion, liesIn } from "../shell/regions.js";
import { may } from "../shell/rights.js";
import { LISTS } from "../shell/state.js";
import { grids } from "../ground/columns.js";
import { migrants, organisations, teams } from "../teams/columns.js";
import { incidents } from "./columns.js";
import { isFresh, queryOf } from "./query.js";
import { arrows, follow, mark } from "./rows.js";

/** @type {Record<string, any>} */
const COLUMNS = { grids, incidents, teams, migrants, organisations };
/** @type {Record<string, string>} */
const FLAG_WORDS = { overdue: "overdue", open: "open", confirm: "to_confirm" };
const PAGE = 50;
const MOST = 1000;
const FORMATS = ["csv", "xlsx", "geojson", "gpkg"];
/** @type {Record<string, any>} */
const SELECTED = {
  incidents: "incident_id",
  teams: "code",
  migrants: "code",
  organisations: "code",
  grids: "grid_key",
};

export class List {
  #store;
  #counts;
  #places;
  #actions;
  #latest = new Latest();
  /** @type {Record<string, any>} */
  #sort = { grids: { name: "count", down: true } };
  /** @type {{ rows: any[], next: any, total: any, sealed: number, answer: any, grid: any }} */
  #incidents = { rows: [], next: null, total: null, sealed: 0, answer: null, grid: null };
  #failed = false;
  #wide = false;

  /**
   * @param {import('../shell/state.js').Store} store
   * @param {{ counts: any, places: any }} given1
   * @param {Actions} actions
   */
  constructor(store, { counts, places }, actions) {
    this.#store = store;
    this.#counts = counts;
    this.#places = places;
    this.#actions = actions;
    byId("list").addEventListener("keydown", arrows);
    byId("list").addEventListener("focusin", (event) => this.#pointed(event.target));
    byId("list").addEventListener("mouseover", (event) => this.#pointed(event.target));
    byId("list").addEventListener("mouseleave", () => this.#actions.highlight(null));
  }

  async refresh() {
    if (this.#store.state.list === "incidents") await this.#load();
    else this.render();
  }

  #query() {
    return queryOf(this.#store.state);
  }

  // Whether what is shown answers what is asked.
  #isFresh() {
    const { list } = this.#store.state;
    if (list === "incidents") return !this.#failed && isFresh(this.#incidents.answer, this.#query());
    return list !== "grids" || this.#counts.fresh;
  }

  async #load({ more = false, limit = PAGE } = {}) {
    const signal = this.#latest.start("incidents");
    try {
      const { grid: key } = this.#store.state;
      const [found, grid] = await Promise.all([
        get(
          "/incidents",
          { ...this.#query(), limit, cursor: more ? this.#incidents.next : null },
          { signal },
        ),
        key ? getKept(`/grids/${key}`) : null,
      ]);
      this.#failed = false;
      const rows = found.features.map((f) => f.properties);
      this.#incidents = {
        rows: more ? [...this.#incidents.rows, ...rows] : rows,
        next: found.next,
        total: found.total,
        sealed: found.sealed ?? 0,
        answer: found,
        grid,
      };
      this.render();
    } catch (error) {
      if (error.name === "AbortError") return;
      this.#failed = true;
      this.render();
      this.#actions.error(error);
    }
  }

  #rows() {
    const { list, grid } = this.#store.state;
    if (list === "incidents") return this.#incidents.rows;
    if (list === "grids") return this.#counts.rows;
    const rows = (this.#places[list] ?? []).map((/** @type {Feature} */ f) => f.properties);
    const root = this.#store.workspace.root?.grid_key;
    if (!grid || grid === root) return rows;
    if (isRegion(grid))
      return rows.filter((/** @type {Properties} */ row) =>
        liesIn(row.position_grid_key ?? row.grid_key ?? "", grid),
      );
    const prefix = grid.replace(/0+$/, "");
    const digits = [9, 11, 14, 17].find((n) => n >= prefix.length);
    return rows.filter((/** @type {Properties} */ row) =>
      (row.position_grid_key ?? row.grid_key)?.startsWith(grid.slice(0, digits)),
    );
  }

  /** @param {any} columns */
  #sorted(columns) {
    const rows = [...this.#rows()];
    const chosen = this.#sort[this.#store.state.list];
    const column = columns.find((/** @type {any} */ c) => c.name === chosen?.name);
    if (!column) return rows;
    const order = new Intl.Collator(lang === "en" ? "en" : "zh-CN", { numeric: true });
    /**
     * @param {any} a
     * @param {any} b
     */
    const compare = (a, b) => (typeof a === "number" ? a - b : order.compare(a, b));
    return rows.sort((a, b) => (chosen.down ? -1 : 1) * compare(column.sort(a), column.sort(b)));
  }

  render() {
    const box = byId("list");
    const inside = box.contains(document.activeElement) && document.activeElement !== box;
    const focused = document.activeElement?.id;
    const columns = COLUMNS[this.#store.state.list]({
      actions: this.#actions,
      counts: this.#counts,
      workspace: this.#store.workspace,
    });
    const rows = this.#sorted(columns);
    replace(
      box,
      this.#tabs(),
      this.#chips(),
      rows.length ? this.#table(columns, rows) : this.#nothing(),
      this.#foot(rows.length),
    );
    box.classList.toggle("stale", !this.#isFresh());
    box.classList.toggle("wide", this.#wide);
    document.body.classList.toggle("list-wide", this.#wide);
    if (inside)
      ((focused && byId(focused)) || /** @type {any} */ (box.querySelector("[data-primary]")) || box).focus({
        preventScroll: !focused,
      });
    follow();
  }

  #tabs() {
    const { list } = this.#store.state;
    return h(
      "div",
      { class: "row list-top" },
      h(
        "div",
        { class: "segments tabs grow", role: "tablist", "aria-label": t("list") },
        LISTS.map((name) =>
          h(
            "button",
            {
              id: `tab-${name}`,
              type: "button",
              role: "tab",
              "aria-selected": String(name === list),
              tabindex: name === list ? "0" : "-1",
              onclick: () => this.#store.set({ list: name }),
            },
            t(name),
          ),
        ),
      ),
      button(t(this.#wide ? "shrink" : "expand"), {
        id: "expand",
        icon: this.#wide ? "chevron-down" : "table",
        text: false,
        class: "plain expand",
        "aria-expanded": String(this.#wide),
        onclick: () => this.#widen(),
      }),
    );
  }

  #widen() {
    this.#wide = !this.#wide;
    this.render();
    this.#actions.resized();
  }

  #chips() {
    const { state, workspace } = this.#store;
    if (state.list !== "incidents" && state.list !== "grids") return null;
    /**
     * @param {string} label
     * @param {Partial<State>} changes
     */
    /** @type {any} */
    const chip = (/** @type {any} */ label, /** @type {any} */ changes) =>
      h(
        "button",
        {
          type: "button",
          class: "chip",
          "aria-label": `${t("clear_filters")}: ${label}`,
          onclick: () => this.#store.set(changes),
        },
        label,
        " ×",
      );
    // These may hold several codes.
    /**
     * @param {"stage" | "kind" | "flag" | "domain"} name
     * @param {(code: string) => string} label
     */
    const each = (name, label) => {
      /** @type {string[]} */
      const all = state[name]?.split(",") ?? [];
      return all.map((code) =>
        chip(label(code), { [name]: all.filter((other) => other !== code).join(",") || null }),
      );
    };
    const chips = [
      state.outside && chip(t("outside"), { outside: false }),
      ...each("stage", (code) => labelOf(workspace.stages, code)),
      ...each("kind", (code) => labelOf(Object.values(workspace.kinds).flat(), code)),
      ...each("flag", (code) => t(FLAG_WORDS[code])),
      state.text && chip(`“${state.text}”`, { text: null }),
      ...each("domain", (code) => labelOf(workspace.domains, code)),
    ].filter(Boolean);
    return chips.length ? h("div", { class: "chips" }, chips) : null;
  }

  /**
   * @param {any} columns
   * @param {any[]} rows
   */
  #table(columns, rows) {
    const { list, sel } = this.#store.state;
    const chosen = this.#sort[list];
    const head = columns.map((/** @type {any} */ c) => {
      const sorted = c.name === chosen?.name;
      const title = c.unit ? `${t(c.name)} (${t(c.unit)})` : t(c.name);
      return h(
        "th",
        {
          scope: "col",
          class: [c.num && "num", c.wide && "wide-only"].filter(Boolean).join(" "),
          "aria-sort": sorted ? (chosen.down ? "descending" : "ascending") : "none",
        },
        h(
          "button",
          {
            id: `sort-${c.name}`,
            type: "button",
            title: t("sort_by", { name: t(c.name) }),
            onclick: () => this.#sortBy(c),
          },
          title,
          sorted ? h("span", { "aria-hidden": "true" }, chosen.down ? " ↓" : " ↑") : null,
        ),
      );
    });
    const body = rows.map((/** @type {Properties} */ row) => {
      const id = String(row[SELECTED[list]]);
      const current = sel === `${list.slice(0, -1)}:${id}`;
      return h(
        "tr",
        { dataset: { id }, class: current ? "chosen" : null, "aria-current": current ? "true" : null },
        columns.map((/** @type {any} */ c) =>
          h(
            "td",
            { class: [c.num && "num", c.wide && "wide-only", c.long && "long"].filter(Boolean).join(" ") },
            c.show(row),
          ),
        ),
      );
    });
    return h(
      "div",
      { class: "scroll", role: "tabpanel", "aria-labelledby": `tab-${list}` },
      h(
        "table",
        {},
        h("caption", { class: "unseen" }, t("list_of", { name: this.#nameOfGrid(), what: t(list) })),
        h("thead", {}, h("tr", {}, head)),
        h("tbody", {}, body),
      ),
    );
  }

  // The grid of the answer that is shown, which may be another than the one that is asked for.
  #nameOfGrid() {
    const { list, outside } = this.#store.state;
    if (list !== "incidents") return nameOf(this.#counts.grid?.properties);
    return outside ? t("outside") : nameOf(this.#incidents.grid?.properties);
  }

  /** @param {any} column */
  async #sortBy(column) {
    const { list } = this.#store.state;
    const now = this.#sort[list];
    const same = now?.name === column.name;
    this.#sort[list] = { name: column.name, down: same ? !now.down : Boolean(column.num) };
    if (list === "incidents" && this.#incidents.next && this.#incidents.rows.length < MOST)
      await this.#load({ limit: MOST });
    else this.render();
    announce(t("sort_by", { name: t(column.name) }));
  }

  #nothing() {
    const { list } = this.#store.state;
    const wider = list === "incidents" || list === "grids";
    return h(
      "div",
      { class: "scroll nothing" },
      h("p", {}, t(wider ? "zero" : "zero_rows")),
      wider ? h("button", { type: "button", onclick: this.#actions.wholeYear }, t("zero_wider")) : null,
    );
  }

  /** @param {any} shown */
  #foot(shown) {
    const { state } = this.#store;
    const total = state.list === "incidents" ? this.#incidents.total : shown;
    const sealed = state.list === "incidents" ? this.#incidents.sealed : 0;
    const left =
      state.list === "incidents" && this.#incidents.next ? Math.min(PAGE, total - sealed - shown) : 0;
    const told = [
      t("shown", { shown: number(shown), total: number(total) }),
      ...(sealed ? [t("sealed_counted", { n: number(sealed) })] : []),
    ].join(" · ");
    const query = state.list === "incidents" ? this.#query() : { grid: state.grid };
    const answers = /** @type {Record<string, any>} */ ({
      incidents: this.#incidents.answer,
      grids: this.#counts.answer,
    });
    const as_of = answers[state.list]?.as_of;
    return h(
      "div",
      { class: "row apart list-foot" },
      left > 0
        ? h(
            "button",
            { type: "button", class: "link", id: "more", onclick: () => this.#load({ more: true }) },
            `${t("more", { n: left })} · ${told}`,
          )
        : h("span", { class: "muted", id: "shown" }, told),
      this.#isFresh()
        ? h("span", { class: "muted", id: "as-of" }, as_of ? t("answered_at", { time: clock(as_of) }) : null)
        : h("span", { class: "warn-text", id: "as-of" }, t("not_fresh")),
      may("export") &&
        h(
          "span",
          { class: "row close" },
          icon("download"),
          FORMATS.map((f) =>
            h(
              "a",
              {
                href: address(`/exports/${state.list}.${f}`, query),
                download: "",
                onclick: download,
                "aria-label": `${t("download")} ${f.toUpperCase()}`,
              },
              f.toUpperCase(),
            ),
          ),
        ),
    );
  }

  /** @param {string} key */
  mark(key) {
    mark(key);
  }

  /** @param {any} target */
  #pointed(target) {
    const row = target.closest?.("tbody tr");
    if (this.#store.state.list === "grids") this.#actions.highlight(row?.dataset.id ?? null);
  }
}
