// The parameters of a new plan.

import { getKept } from "../shell/api.js";
import { h } from "../shell/dom.js";
import { day, lang, nameOf, t } from "../shell/i18n.js";
import { limitsIn } from "../shell/terms.js";
import { headline } from "../hotspots/marking.js";

const METHOD = "gi";
const CLOCK = "([01]?[0-9]|2[0-3]):[0-5][0-9]";
const MINUTE_S = 60;
const PERCENT = 0.01;
// What each field asks for, and in which part of the term's own unit.
/** @type {Record<string, [term: string, unit?: number]>} */
const ASKED = {
  seconds: ["time"],
  seed: ["seed"],
  dwell: ["dwell", MINUTE_S],
  visits: ["visits"],
  gap: ["min-gap", MINUTE_S],
  share: ["village-share", PERCENT],
  near: ["near"],
  near_share: ["near-level", PERCENT],
  dose: ["dose"],
  rest: ["break"],
  nights: ["nights"],
  loss: ["loss", PERCENT],
};
const NO_REST = 0;
const WHEN = {
  rest: NO_REST,
  rest_from: "22:00",
  rest_to: "23:59",
  vary: false,
  fixed: true,
  hours: false,
  beats: false,
  roster: false,
  duty: "",
};
const usual = () => ({
  ...Object.fromEntries(Object.entries(ASKED).map(([name, asked]) => [name, limitsIn(...asked).usual])),
  ...WHEN,
});
/**
 * @param {string} label
 * @param {any} control
 */
const field = (label, control) => [h("label", { for: control.id }, t(label)), control];

export class PatrolForm {
  /** @type {Record<string, any>} */
  #chosen = {};
  #unfolded = false;
  /** @type {Set<string>} */
  #left = new Set();
  #store;
  #runs;
  #onChange;
  /** @type {any} */
  #teams = null;
  /** @type {any[]} */
  #shifts = [];
  #fixed;

  /**
   * @param {import('../shell/state.js').Store} store
   * @param {any} runs
   * @param {import('./fixed_points.js').FixedPoints} fixed
   * @param {() => void} onChange
   */
  constructor(store, runs, fixed, onChange) {
    this.#store = store;
    this.#runs = runs;
    this.#fixed = fixed;
    this.#onChange = onChange;
  }

  // Teams that can be planned: with a base and hours.
  async load() {
    if (this.#teams) return;
    const [{ features }, { shifts }] = await Promise.all([getKept("/teams"), getKept("/shifts")]);
    this.#shifts = shifts;
    this.#teams = features.map((f) => f.properties).filter((p) => p.base_lon !== null && p.shift_start);
    this.#onChange();
  }

  get runs() {
    return this.#runs.list?.filter((/** @type {Properties} */ run) => run.method === METHOD) ?? null;
  }

  get #all() {
    return {
      ...usual(),
      on: day(new Date().toISOString()),
      run: String(this.runs?.[0]?.run_id ?? ""),
      ...this.#chosen,
    };
  }

  // Nothing is drawn again: a press of the button that ends the typing must find its button.
  /** @param {any} changes */
  #keep(changes) {
    Object.assign(this.#chosen, changes);
  }

  parameters() {
    /** @type {any} */
    const now = this.#all;
    const teams = this.#teams
      .filter((/** @type {Properties} */ p) => !this.#left.has(p.code))
      .map((/** @type {Properties} */ p) => p.code);
    const [seconds, seed, visits, nights] = ["seconds", "seed", "visits", "nights"].map((name) =>
      Number(now[name]),
    );
    return {
      on: now.on,
      hotspot_run_id: Number(now.run) || null,
      seconds,
      seed,
      teams: now.roster ? null : teams,
      roster: now.roster,
      duty: now.duty || null,
      visits,
      nights,
      vary: now.vary,
      fixed_points: now.fixed,
      by_hour: now.hours,
      within_beats: now.beats,
      dwell_s: MINUTE_S * now.dwell,
      min_gap_s: MINUTE_S * now.gap,
      village_share: now.share / 100,
      near_min: Number(now.near),
      near_level: now.near_share / 100,
      dose_min: Number(now.dose),
      loss: now.loss / 100,
      rest: Number(now.rest)
        ? { earliest: now.rest_from, latest: now.rest_to, minutes: Number(now.rest) }
        : null,
    };
  }

  /**
   * @param {string} code
   * @param {boolean} on
   */
  #check(code, on) {
    if (on) this.#left.delete(code);
    else this.#left.add(code);
    this.#onChange();
  }

  #checks() {
    const n = this.#teams.length - this.#left.size;
    /** @param {Properties} p */
    const box = (p) =>
      h(
        "label",
        { title: `${p.shift_start.slice(0, 5)} – ${p.shift_end.slice(0, 5)} · ${t(`mode_${p.mode}`)}` },
        h("input", {
          id: `pat-team-${p.code}`,
          type: "checkbox",
          checked: !this.#left.has(p.code),
          onchange: (event) => this.#check(p.code, event.target.checked),
        }),
        h("span", {}, h("b", {}, p.code), " ", nameOf(p)),
      );
    return h(
      "fieldset",
      { class: "wide pat-teams" },
      h("legend", {}, t("pat_teams", { n })),
      this.#left.size
        ? h(
            "button",
            {
              type: "button",
              id: "pat-all",
              class: "link",
              onclick: () => {
                this.#left.clear();
                this.#onChange();
              },
            },
            t("pat_all"),
          )
        : null,
      this.#teams.map(box),
    );
  }

  /**
   * @param {string} name
   * @param {string} label
   * @param {number} [least]
   */
  #limited(name, label, least) {
    const { low: lowest, high } = limitsIn(...ASKED[name]);
    const low = least ?? lowest;
    return field(
      label,
      h("input", {
        id: `pat-${name}`,
        type: "number",
        min: String(low),
        max: String(high),
        step: "1",
        required: true,
        value: String(/** @type {any} */ (this.#all)[name]),
        title: t("pat_limits", { low, high }),
        onchange: (event) => this.#keep({ [name]: event.target.value || String(low) }),
      }),
    );
  }

  /**
   * @param {string} name
   * @param {string} label
   */
  #time(name, label) {
    return field(
      label,
      h("input", {
        id: `pat-${name}`,
        type: "text",
        inputmode: "numeric",
        maxlength: "5",
        pattern: CLOCK,
        placeholder: "23:00",
        value: /** @type {any} */ (this.#all)[name],
        required: true,
        onchange: (event) => event.target.value && this.#keep({ [name]: event.target.value }),
      }),
    );
  }

  /**
   * @param {string} name
   * @param {string} label
   */
  #ticked(name, label) {
    return h(
      "label",
      { class: "wide pat-check" },
      h("input", {
        id: `pat-${name}`,
        type: "checkbox",
        checked: /** @type {any} */ (this.#all)[name],
        onchange: (event) => this.#keep({ [name]: event.target.checked }),
      }),
      h("span", {}, t(label)),
    );
  }

  // A named shift gives the teams its hours; a roster says who they are.
  #duties() {
    const now = /** @type {any} */ (this.#all);
    return [
      field(
        "pat_duty",
        h(
          "select",
          { id: "pat-duty", onchange: (event) => this.#keep({ duty: event.target.value }) },
          h("option", { value: "" }, t("pat_duty_own")),
          this.#shifts.map((shift) =>
            h(
              "option",
              { value: shift.code, selected: shift.code === now.duty },
              `${lang === "en" ? shift.en : shift.zh} ${shift.begin}–${shift.end}`,
            ),
          ),
        ),
      ),
      this.#ticked("roster", "pat_roster"),
      h("p", { class: "wide" }, h("a", { id: "pat-to-roster", href: "/patrols/roster" }, t("pat_to_roster"))),
    ];
  }

  #more() {
    return h(
      "details",
      {
        id: "pat-more",
        class: "wide pat-why",
        open: this.#unfolded,
        ontoggle: (event) => {
          this.#unfolded = event.target.open;
        },
      },
      h("summary", {}, t("pat_more")),
      h(
        "div",
        { class: "hot-form" },
        this.#limited("dwell", "pat_dwell_min"),
        this.#limited("visits", "pat_visits_most"),
        this.#limited("gap", "pat_gap_min"),
        this.#limited("share", "pat_share"),
        this.#limited("near", "pat_near_min"),
        this.#limited("near_share", "pat_near_share"),
        this.#limited("dose", "pat_dose"),
        this.#limited("rest", "pat_rest", NO_REST),
        this.#time("rest_from", "pat_rest_from"),
        this.#time("rest_to", "pat_rest_to"),
        this.#limited("nights", "pat_nights"),
        this.#limited("loss", "pat_loss"),
        this.#ticked("fixed", "pat_fixed"),
        this.#ticked("hours", "pat_by_hour"),
        this.#ticked("beats", "pat_within_beats"),
        this.#ticked("vary", "pat_vary"),
      ),
    );
  }

  /** @param {() => void} onsubmit */
  render(onsubmit) {
    const now = this.#all;
    const { workspace } = this.#store;
    if (!this.#teams) return h("p", { class: "muted" }, t("loading"));
    if (!this.#teams.length) return h("p", { class: "warn-text" }, t("pat_unfit"));
    const none = this.#left.size === this.#teams.length;
    return h(
      "form",
      {
        id: "pat-form",
        class: "hot-form",
        onsubmit: (event) => {
          event.preventDefault();
          onsubmit();
        },
      },
      field(
        "pat_on",
        h("input", {
          id: "pat-on",
          type: "date",
          required: true,
          value: now.on,
          onchange: (event) => event.target.value && this.#keep({ on: event.target.value }),
        }),
      ),
      field(
        "pat_run",
        h(
          "select",
          { id: "pat-run", onchange: (event) => this.#keep({ run: event.target.value }) },
          this.runs.map((/** @type {Properties} */ run) =>
            h(
              "option",
              { value: run.run_id, selected: String(run.run_id) === now.run },
              `${run.run_id} · ${headline(run, workspace)} · ${run.since} – ${run.until}`,
            ),
          ),
          this.runs.length || !this.#fixed.inUse.length
            ? null
            : h("option", { value: "" }, t("pat_fixed_alone")),
        ),
      ),
      this.#limited("seconds", "pat_seconds"),
      this.#limited("seed", "hot_seed"),
      this.#duties(),
      this.#checks(),
      none ? h("p", { class: "warn-text wide" }, t("pat_no_team")) : null,
      this.#more(),
      h("button", { type: "submit", id: "pat-start", class: "primary wide", disabled: none }, t("pat_start")),
    );
  }
}
