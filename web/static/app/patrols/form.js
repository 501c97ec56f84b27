// The parameters of a new plan.

import { getKept } from "../api.js";
import { h } from "../dom.js";
import { day, nameOf, t } from "../i18n.js";
import { headline } from "../hotspots/marking.js";

const METHOD = "gi";
const field = (label, control) => [h("label", { for: control.id }, t(label)), control];

export class PatrolForm {
  #chosen = { seconds: 10, seed: 0 };
  #left = new Set();
  #store;
  #runs;
  #onChange;
  #teams = null;

  constructor(store, runs, onChange) {
    this.#store = store;
    this.#runs = runs;
    this.#onChange = onChange;
  }

  // Teams that can be planned: with a base and hours.
  async load() {
    if (this.#teams) return;
    const { features } = await getKept("/teams");
    this.#teams = features.map((f) => f.properties).filter((p) => p.base_lon !== null && p.shift_start);
    this.#onChange();
  }

  get runs() {
    return this.#runs.list?.filter((run) => run.method === METHOD) ?? null;
  }

  get #all() {
    return { on: day(new Date().toISOString()), run: String(this.runs?.[0]?.run_id ?? ""), ...this.#chosen };
  }

  #set(changes) {
    Object.assign(this.#chosen, changes);
    this.#onChange();
  }

  parameters() {
    const { on, run, seconds, seed } = this.#all;
    const teams = this.#teams.filter((p) => !this.#left.has(p.code)).map((p) => p.code);
    return { on, hotspot_run_id: Number(run), seconds: Number(seconds), seed: Number(seed), teams };
  }

  #check(code, on) {
    if (on) this.#left.delete(code);
    else this.#left.add(code);
    this.#onChange();
  }

  #checks() {
    const n = this.#teams.length - this.#left.size;
    const box = (p) => h("label", { title: `${p.shift_start.slice(0, 5)} – ${p.shift_end.slice(0, 5)} · ${t(`mode_${p.mode}`)}` },
      h("input", { id: `pat-team-${p.code}`, type: "checkbox", checked: !this.#left.has(p.code), onchange: (event) => this.#check(p.code, event.target.checked) }), h("span", {}, h("b", {}, p.code), " ", nameOf(p)));
    return h("fieldset", { class: "wide pat-teams" }, h("legend", {}, t("pat_teams", { n })),
      this.#left.size ? h("button", { type: "button", id: "pat-all", class: "link", onclick: () => { this.#left.clear(); this.#onChange(); } }, t("pat_all")) : null, this.#teams.map(box));
  }

  render(onsubmit) {
    const now = this.#all;
    const { workspace } = this.#store;
    if (!this.#teams) return h("p", { class: "muted" }, t("loading"));
    if (!this.#teams.length) return h("p", { class: "warn-text" }, t("pat_unfit"));
    const none = this.#left.size === this.#teams.length;
    const figure = (name, label, low, high) => field(label, h("input", { id: `pat-${name}`, type: "number", min: String(low), max: String(high), step: "1", required: true, value: String(now[name]), onchange: (event) => this.#set({ [name]: event.target.value || low }) }));
    return h("form", { id: "pat-form", class: "hot-form", onsubmit: (event) => { event.preventDefault(); onsubmit(); } },
      field("pat_on", h("input", { id: "pat-on", type: "date", required: true, value: now.on, onchange: (event) => event.target.value && this.#set({ on: event.target.value }) })),
      field("pat_run", h("select", { id: "pat-run", onchange: (event) => this.#set({ run: event.target.value }) }, this.runs.map((run) => h("option", { value: run.run_id, selected: String(run.run_id) === now.run }, `${run.run_id} · ${headline(run, workspace)} · ${run.since} – ${run.until}`)))),
      figure("seconds", "pat_seconds", 1, 120), figure("seed", "hot_seed", 0, 999999999),
      this.#checks(), none ? h("p", { class: "warn-text wide" }, t("pat_no_team")) : null,
      h("button", { type: "submit", id: "pat-start", class: "primary wide", disabled: none }, t("pat_start")));
  }
}
