// The list beside the map: the same grids, incidents, teams, sites and bodies, sortable and reachable by keyboard.

import { address, download, get, Latest } from "../api.js";
import { announce, button, byId, h, icon, replace } from "../dom.js";
import { lang, labelOf, nameOf, number, t } from "../i18n.js";
import { LISTS } from "../state.js";
import { COLUMNS } from "./columns.js";

const PAGE = 50;
const MOST = 1000;
const FORMATS = ["csv", "xlsx", "geojson", "gpkg"];
const SELECTED = { incidents: "incident_id", teams: "code", migrants: "code", organisations: "code", grids: "grid_key" };

export class List {
  #store;
  #data;
  #actions;
  #latest = new Latest();
  #sort = { grids: { name: "count", down: true } };
  #incidents = { rows: [], next: null, total: null };
  #wide = false;

  constructor(store, data, actions) {
    this.#store = store;
    this.#data = data;
    this.#actions = actions;
    byId("list").addEventListener("keydown", (event) => this.#arrows(event));
    byId("list").addEventListener("focusin", (event) => this.#pointed(event.target));
    byId("list").addEventListener("mouseover", (event) => this.#pointed(event.target));
    byId("list").addEventListener("mouseleave", () => this.#actions.highlight(null));
  }

  async refresh() {
    if (this.#store.state.list === "incidents") await this.#load();
    else this.render();
  }

  #query() {
    const { state } = this.#store;
    return { grid: state.outside ? "0" : state.grid, ...this.#data.filter, stage: state.stage, kind: state.kind, ...(state.flag ? { [state.flag]: "true" } : {}) };
  }

  async #load({ more = false, limit = PAGE } = {}) {
    const signal = this.#latest.start("incidents");
    try {
      const found = await get("/incidents", { ...this.#query(), limit, cursor: more ? this.#incidents.next : null }, { signal });
      const rows = found.features.map((f) => f.properties);
      this.#incidents = { rows: more ? [...this.#incidents.rows, ...rows] : rows, next: found.next, total: found.total };
      this.render();
    } catch (error) {
      if (error.name !== "AbortError") this.#actions.error(error);
    }
  }

  #rows() {
    const { list, grid } = this.#store.state;
    if (list === "incidents") return this.#incidents.rows;
    if (list === "grids") return this.#data.rows;
    const rows = (this.#data[list] ?? []).map((f) => f.properties);
    const root = this.#store.workspace.root?.grid_key;
    if (!grid || grid === root) return rows;
    const prefix = grid.replace(/0+$/, "");
    const digits = [9, 11, 14, 17].find((n) => n >= prefix.length);
    return rows.filter((row) => (row.position_grid_key ?? row.grid_key)?.startsWith(grid.slice(0, digits)));
  }

  #sorted(columns) {
    const rows = [...this.#rows()];
    const chosen = this.#sort[this.#store.state.list];
    const column = columns.find((c) => c.name === chosen?.name);
    if (!column) return rows;
    const order = new Intl.Collator(lang === "en" ? "en" : "zh-CN", { numeric: true });
    const compare = (a, b) => (typeof a === "number" ? a - b : order.compare(a, b));
    return rows.sort((a, b) => (chosen.down ? -1 : 1) * compare(column.sort(a), column.sort(b)));
  }

  render() {
    const box = byId("list");
    const inside = box.contains(document.activeElement) && document.activeElement !== box;
    const focused = document.activeElement?.id;
    const columns = COLUMNS[this.#store.state.list]({ actions: this.#actions, data: this.#data, workspace: this.#store.workspace });
    const rows = this.#sorted(columns);
    replace(box, this.#tabs(), this.#chips(), rows.length ? this.#table(columns, rows) : this.#nothing(), this.#foot(rows.length));
    box.classList.toggle("wide", this.#wide);
    document.body.classList.toggle("list-wide", this.#wide);
    if (inside) ((focused && byId(focused)) || box.querySelector("[data-primary]") || box).focus({ preventScroll: !focused });
    this.#follow();
  }

  #tabs() {
    const { list } = this.#store.state;
    return h("div", { class: "row list-top" },
      h("div", { class: "segments tabs grow", role: "tablist", "aria-label": t("list") }, LISTS.map((name) =>
        h("button", { id: `tab-${name}`, type: "button", role: "tab", "aria-selected": String(name === list), tabindex: name === list ? "0" : "-1", onclick: () => this.#store.set({ list: name }) }, t(name)))),
      button(t(this.#wide ? "shrink" : "expand"), { id: "expand", icon: this.#wide ? "chevron-down" : "table", text: false, class: "plain expand", "aria-expanded": String(this.#wide), onclick: () => this.#widen() }));
  }

  #widen() {
    this.#wide = !this.#wide;
    this.render();
    this.#actions.resized();
  }

  #chips() {
    const { state, workspace } = this.#store;
    if (state.list !== "incidents") return null;
    const chip = (label, changes) => h("button", { type: "button", class: "chip", "aria-label": `${t("clear_filters")}: ${label}`, onclick: () => this.#store.set(changes) }, label, " ×");
    const chips = [
      state.outside && chip(t("outside"), { outside: false }), state.stage && chip(labelOf(workspace.stages, state.stage), { stage: null }),
      state.kind && chip(labelOf(Object.values(workspace.kinds).flat(), state.kind), { kind: null }),
      state.flag && chip(t({ overdue: "overdue", open: "open", confirm: "to_confirm" }[state.flag]), { flag: null }), state.domain && chip(labelOf(workspace.domains, state.domain), { domain: null }),
    ].filter(Boolean);
    return chips.length ? h("div", { class: "chips" }, chips) : null;
  }

  #table(columns, rows) {
    const { list, sel } = this.#store.state;
    const chosen = this.#sort[list];
    const head = columns.map((c) => {
      const sorted = c.name === chosen?.name;
      const title = c.unit ? `${t(c.name)} (${t(c.unit)})` : t(c.name);
      return h("th", { scope: "col", class: [c.num && "num", c.wide && "wide-only"].filter(Boolean).join(" "), "aria-sort": sorted ? (chosen.down ? "descending" : "ascending") : "none" },
        h("button", { id: `sort-${c.name}`, type: "button", title: t("sort_by", { name: t(c.name) }), onclick: () => this.#sortBy(c) }, title, sorted ? h("span", { "aria-hidden": "true" }, chosen.down ? " ↓" : " ↑") : null));
    });
    const body = rows.map((row) => {
      const id = String(row[SELECTED[list]]);
      const current = sel === `${list.slice(0, -1)}:${id}`;
      return h("tr", { dataset: { id }, class: current ? "chosen" : null, "aria-current": current ? "true" : null },
        columns.map((c) => h("td", { class: [c.num && "num", c.wide && "wide-only", c.long && "long"].filter(Boolean).join(" ") }, c.show(row))));
    });
    return h("div", { class: "scroll", role: "tabpanel", "aria-labelledby": `tab-${list}` },
      h("table", {}, h("caption", { class: "unseen" }, t("list_of", { name: nameOf(this.#data.grid?.properties), what: t(list) })), h("thead", {}, h("tr", {}, head)), h("tbody", {}, body)));
  }

  async #sortBy(column) {
    const { list } = this.#store.state;
    const now = this.#sort[list];
    const same = now?.name === column.name;
    this.#sort[list] = { name: column.name, down: same ? !now.down : Boolean(column.num) };
    if (list === "incidents" && this.#incidents.next && this.#incidents.rows.length < MOST) await this.#load({ limit: MOST });
    else this.render();
    announce(t("sort_by", { name: t(column.name) }));
  }

  #nothing() {
    const { list } = this.#store.state;
    const wider = list === "incidents" || list === "grids";
    return h("div", { class: "scroll nothing" }, h("p", {}, t(wider ? "zero" : "zero_rows")),
      wider ? h("button", { type: "button", onclick: this.#actions.wholeYear }, t("zero_wider")) : null);
  }

  #foot(shown) {
    const { state } = this.#store;
    const total = state.list === "incidents" ? this.#incidents.total : shown;
    const left = state.list === "incidents" && this.#incidents.next ? Math.min(PAGE, total - shown) : 0;
    const query = state.list === "incidents" ? { grid: state.outside ? "0" : state.grid, ...this.#data.filter } : { grid: state.grid };
    return h("div", { class: "row apart list-foot" },
      left > 0 ? h("button", { type: "button", class: "link", id: "more", onclick: () => this.#load({ more: true }) }, `${t("more", { n: left })} · ${t("shown", { shown: number(shown), total: number(total) })}`)
        : h("span", { class: "muted", id: "shown" }, t("shown", { shown: number(shown), total: number(total) })),
      h("span", { class: "row", style: "gap:0" }, icon("download"), FORMATS.map((f) => h("a", { href: address(`/exports/${state.list}.${f}`, query), download: "", onclick: download, "aria-label": `${t("download")} ${f.toUpperCase()}` }, f.toUpperCase()))));
  }

  // The map points at a grid: its row is marked without moving anything.
  mark(key) {
    for (const row of byId("list").querySelectorAll("tr.hot")) row.classList.remove("hot");
    if (key) byId("list").querySelector(`tr[data-id="${CSS.escape(key)}"]`)?.classList.add("hot");
  }

  #follow() {
    const row = byId("list").querySelector("tr.chosen");
    const pane = row?.closest(".scroll");
    if (!row || row.offsetTop < pane.scrollTop + 40 || row.offsetTop + row.offsetHeight > pane.scrollTop + pane.clientHeight) {
      if (row) pane.scrollTop = row.offsetTop - pane.clientHeight / 2;
    }
  }

  #pointed(target) {
    const row = target.closest?.("tbody tr");
    if (this.#store.state.list === "grids") this.#actions.highlight(row?.dataset.id ?? null);
  }

  #arrows(event) {
    const step = { ArrowDown: 1, ArrowUp: -1, ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const vertical = event.key.endsWith("Down") || event.key.endsWith("Up");
    const group = event.target.getAttribute("role") === "tab" && !vertical ? '[role="tab"]' : vertical && event.target.closest("tbody") ? "tbody [data-primary]" : null;
    if (!group) return;
    const all = [...byId("list").querySelectorAll(group)];
    const here = group.startsWith("tbody") ? event.target.closest("tr").querySelector("[data-primary]") : event.target;
    const next = all[all.indexOf(here) + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
    if (!vertical) next.click();
  }
}
