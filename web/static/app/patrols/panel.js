// Patrols in the left panel: choose a plan, make one, delete one with a way back; the routes as a table.

import { address } from "../api.js";
import { announce, h, replace } from "../dom.js";
import { UNDO_MS } from "../hotspots/data.js";
import { lang, messageOf, nameOf, number, t } from "../i18n.js";
import { giveTo, wishesPart } from "./adjust.js";
import { donePart } from "./done.js";
import { PatrolForm } from "./form.js";
import { lineSwatch } from "./legend.js";
import { livePart } from "./live.js";
import { clock } from "./night.js";

export const FORMATS = ["gpx", "csv", "xlsx", "geojson", "gpkg"];

export const fileLinks = (id, team = null) => FORMATS.map((format) =>
  h("a", { href: address(`/patrol-plans/${id}/export`, { format, team }), download: "", "aria-label": `${t("download")} ${format.toUpperCase()}${team ? ` ${team}` : ""}` }, format.toUpperCase()));

export class PatrolPanel {
  element = h("details", { id: "patrols", class: "hotspots patrols" });
  #store;
  #plans;
  #hotspotRuns;
  #actions;
  #form;
  #making = false;
  #said = null;
  #toast = h("div", { id: "pat-toast", role: "status", hidden: true });
  #opened = new Set();
  #about;

  // `actions` has choosePlan(id), pick(sel), openHotspots(), teamName(code), compare(a, b), solve(), teams(), live();
  // `about` has wishes, done and live.
  constructor(store, plans, hotspotRuns, actions, about) {
    this.#about = about;
    this.#store = store;
    this.#plans = plans;
    this.#hotspotRuns = hotspotRuns;
    this.#actions = actions;
    this.#form = new PatrolForm(store, hotspotRuns, () => this.render());
    this.element.open = Boolean(store.state.plan);
    this.element.addEventListener("toggle", (event) => event.target === this.element && this.element.open && this.#unfolded());
    hotspotRuns.listen((what) => what === "list" && this.render());
    document.body.append(this.#toast);
  }

  #unfolded() {
    if (!this.#plans.list) this.#plans.refresh();
    this.#prepare();
    this.element.scrollIntoView({ block: "start" });
  }

  async #prepare() {
    try {
      await Promise.all([this.#hotspotRuns.list ? null : this.#hotspotRuns.refresh(), this.#form.load()]);
    } catch (error) {
      this.#said = { text: messageOf(error), warn: true };
      this.render();
    }
  }

  render() {
    const focused = this.element.contains(document.activeElement) ? document.activeElement.id : null;
    replace(this.element, h("summary", {}, t("patrols")), h("div", { class: "group" }, this.#parts()));
    if (focused) this.element.querySelector(`#${CSS.escape(focused)}`)?.focus({ preventScroll: true });
  }

  #parts() {
    const { list, error, job, shown } = this.#plans;
    if (!list) return error ? this.#trouble(error) : h("p", { class: "muted" }, t("loading"));
    const parts = [];
    if (list.length) parts.push(this.#choice(list));
    if (error) parts.push(this.#trouble(error));
    if (job) parts.push(this.#progress(job));
    else if (this.#making || !list.length) parts.push(this.#maker(list));
    if (this.#said) parts.push(h("p", { id: "pat-said", role: "status", class: this.#said.warn ? "warn-text" : "muted" }, this.#said.text));
    if (shown && list.length) parts.push(this.#told(shown));
    return parts;
  }

  #maker(list) {
    if (!this.#hotspotRuns.list) return this.#hotspotRuns.error ? h("p", { class: "warn-text" }, messageOf(this.#hotspotRuns.error)) : h("p", { class: "muted" }, t("loading"));
    if (!this.#form.runs.length) {
      return h("div", { id: "pat-none" }, h("p", {}, t("pat_none")), h("button", { type: "button", id: "pat-to-hotspots", class: "link", onclick: () => this.#actions.openHotspots() }, t("pat_to_hotspots")));
    }
    return [list.length ? null : h("p", { id: "pat-empty" }, t("pat_empty")), this.#form.render(() => this.#make())];
  }

  #trouble(error) {
    return h("div", { id: "pat-error", class: "pat-error", role: "alert" }, h("p", { class: "warn-text" }, messageOf(error)), h("button", { type: "button", id: "pat-retry", onclick: () => this.#again() }, t("retry")));
  }

  async #again() {
    await this.#plans.refresh();
    await this.#plans.show(this.#store.state.plan);
  }

  #choice(list) {
    const { plan } = this.#store.state;
    const { shown } = this.#plans;
    const text = (p) => `${p.patrol_id} · ${p.parameters.on} · ${t("pat_sum_short", { n: p.summary.visited })}`;
    return [
      h("select", { id: "pat-plan", "aria-label": t("pat_plan"), onchange: (event) => this.#actions.choosePlan(event.target.value || null) },
        h("option", { value: "" }, t("hot_off")), list.map((p) => h("option", { value: p.patrol_id, selected: String(p.patrol_id) === plan }, text(p)))),
      h("div", { class: "row hot-tools" },
        h("button", { type: "button", id: "pat-new", "aria-expanded": String(this.#making), onclick: () => this.#toggleForm() }, t("pat_new")),
        shown && list.length > 1 ? h("button", { type: "button", id: "pat-compare-open", onclick: () => this.#compare(list) }, t("pat_compare")) : null,
        shown ? h("button", { type: "button", id: "pat-delete", onclick: () => this.#remove() }, t("hot_delete")) : null,
        shown ? h("span", { class: "pat-files", role: "group", "aria-label": t("pat_files") }, fileLinks(shown.plan.patrol_id)) : null),
    ];
  }

  // With the plan that it was made from, or else the newest other one.
  #compare(list) {
    const { plan } = this.#plans.shown;
    const other = list.find((p) => p.patrol_id === plan.replaces_id) ?? list.find((p) => p.patrol_id !== plan.patrol_id);
    this.#actions.compare(other.patrol_id, plan.patrol_id);
  }

  say(text) {
    this.#said = { text, warn: true };
    this.render();
  }

  #toggleForm() {
    this.#making = !this.#making;
    this.#said = null;
    if (this.#making) this.#prepare();
    this.render();
  }

  #progress(job) {
    const step = t(`pat_state_${job.step}`);
    return h("div", { id: "pat-progress", class: "pat-progress" },
      h("progress", { max: job.total, value: job.done, "aria-label": step }), h("p", {}, t("pat_progress", { step, s: job.seconds ?? 0 })),
      h("div", { class: "row apart" }, h("span", { class: "muted" }, t("hot_leaving")), h("button", { type: "button", id: "pat-stop", onclick: () => this.#plans.cancel() }, t("hot_stop"))));
  }

  async #make() {
    this.#said = null;
    try {
      const id = await this.#plans.make(this.#form.parameters());
      this.#said = id ? null : { text: t("hot_cancelled") };
      if (id) {
        this.#making = false;
        this.#actions.choosePlan(String(id));
      }
    } catch (error) {
      this.#said = { text: messageOf(error), warn: true };
    }
    this.render();
  }

  get #wishing() {
    return { wishes: this.#about.wishes, teams: this.#actions.teams };
  }

  #notices({ notices }) {
    return notices?.length ? h("ul", { id: "pat-notices", class: "warn-text" }, notices.map((n) => h("li", {}, n[lang]))) : null;
  }

  #told({ plan, features }) {
    const { summary } = plan;
    const left = summary.reasons.filter((r) => !r.visited);
    const visited = summary.reasons.filter((r) => r.visited);
    const why = (id, title, reasons) => (reasons.length ? h("details", { id, class: "pat-why", open: this.#opened.has(id), ontoggle: (event) => this.#opened[event.target.open ? "add" : "delete"](id) }, h("summary", {}, t(title, { n: number(reasons.length) })),
      h("ul", {}, reasons.map((r) => h("li", {}, h("b", {}, nameOf(r)), " ", h("span", { class: "muted" }, r[lang]), r.visited ? null : h("div", {}, giveTo({ plan, features }, r.stop, null, this.#wishing)))))) : null);
    return [
      h("p", { id: "pat-sum" }, t("pat_sum", { ...summary, visited: number(summary.visited), stops: number(summary.stops) }), " ", h("span", { class: "muted" }, t("pat_from", { run: plan.hotspot_run_id ?? "–", seed: plan.seed }), " ", t("hot_caption"))),
      plan.replaces_id ? h("p", { id: "pat-replaces" }, h("span", { class: "muted" }, t("pat_replaces", { n: plan.replaces_id })), " ", h("button", { type: "button", class: "link", id: "pat-back", onclick: () => this.#actions.choosePlan(String(plan.replaces_id)) }, t("pat_back_to", { n: plan.replaces_id }))) : null,
      this.#notices(summary),
      donePart(this.#about.done),
      this.#table(features),
      wishesPart({ plan, features }, { ...this.#wishing, solve: this.#actions.solve, busy: Boolean(this.#plans.job) }),
      livePart(this.#about.live, { toggle: this.#actions.live, pick: this.#actions.pick }),
      summary.idle.length ? h("p", { id: "pat-idle" }, h("span", { class: "muted" }, t("pat_idle")), summary.idle.map((code) => [code, this.#actions.teamName(code)].filter(Boolean).join(" ")).join(lang === "en" ? ", " : "、"), h("span", { class: "muted" }, left.length ? "" : ` · ${t("pat_idle_why")}`)) : null,
      why("pat-left", "pat_left", left), why("pat-in", "pat_why", visited),
    ];
  }

  #table(features) {
    const { sel } = this.#store.state;
    const head = (name, long, number_ = true) => h("th", { scope: "col", class: number_ ? "num" : null, title: long ? t(long) : null }, t(name));
    const row = ({ properties: p }, i) => {
      const own = `patrol:${p.team_code}`;
      return h("tr", { class: sel === own || sel?.startsWith(`${own}:`) ? "chosen" : null, dataset: { team: p.team_code }, onclick: () => this.#actions.pick(own) },
        h("th", { scope: "row" }, h("button", { type: "button", class: "link", id: `pat-row-${p.team_code}`, title: nameOf(p), "aria-label": `${p.team_code} ${nameOf(p)}` }, lineSwatch(i), p.team_code)),
        [clock(p.begin), clock(p.end), number(p.visits.length), (p.length_m / 1000).toFixed(1), number(Math.round(p.travel_s / 60)), `${Math.round(100 * p.load)}%`].map((text) => h("td", { class: "num" }, text)));
    };
    return h("div", { class: "pat-scroll" }, h("table", { id: "pat-routes", class: "pat-routes" }, h("caption", { class: "unseen" }, t("pat_routes")),
      h("thead", {}, h("tr", {}, head("pat_team", null, false), head("pat_leaves"), head("pat_back"), head("pat_stops"), head("pat_km"), head("pat_min", "pat_min_long"), head("pat_load", "pat_load_long"))),
      h("tbody", {}, features.map(row))));
  }

  #remove() {
    const id = this.#plans.shown.plan.patrol_id;
    this.#plans.remove(id);
    this.#actions.choosePlan(null);
    const text = t("pat_deleted", { n: id });
    replace(this.#toast, h("span", {}, text), h("button", { type: "button", id: "pat-undo", class: "primary", onclick: () => this.#takeBack(id) }, t("hot_undo")));
    this.#toast.hidden = false;
    announce(text);
    clearTimeout(this.toastTimer);
    this.toastTimer = setTimeout(() => { this.#toast.hidden = true; }, UNDO_MS);
  }

  async #takeBack(id) {
    this.#toast.hidden = true;
    await this.#plans.keep();
    this.#actions.choosePlan(String(id));
  }
}
