// The parameters of a new run.

import { daysBetween } from "../shell/dates.js";
import { h } from "../shell/dom.js";
import { labelOf, t } from "../shell/i18n.js";
import { limitsIn } from "../shell/terms.js";

const METHODS = [
  "gi",
  "emerging",
  "scan",
  "space-time-scan",
  "expected-scan",
  "moran",
  "kde",
  "network-kde",
  "near-repeat",
];
const SLICED = new Set(["emerging", "space-time-scan", "expected-scan"]);
const RATED = new Set(["gi", "moran", "scan", "space-time-scan", "emerging"]);

// The longest slice of which a period holds enough.
/**
 * @param {any} from
 * @param {any} to
 */
function stepFor(from, to) {
  const days = from ? daysBetween(from, to) : 0;
  return days >= 180 ? "month" : days >= 42 ? "week" : "day";
}

/**
 * @param {string} label
 * @param {any} control
 */
const field = (label, control) => [h("label", { for: control.id }, t(label)), control];
/**
 * @param {any} id
 * @param {any} options
 * @param {any} value
 * @param {any} onchange
 */
const choice = (id, options, value, onchange) =>
  h(
    "select",
    { id, onchange: (event) => onchange(event.target.value) },
    options.map((/** @type {[string, string]} */ [code, text]) =>
      h("option", { value: code, selected: code === value }, text),
    ),
  );

/** @type {Record<string, number[] | null>} */
const DAYS = { all: null, work: [1, 2, 3, 4, 5], end: [6, 7] };
const PERCENT = 100;
const SCANS = new Set(["scan", "space-time-scan", "expected-scan"]);
const LASTING = new Set(["space-time-scan", "expected-scan"]);

/** @param {string} text */
const numbersIn = (text) =>
  text.trim() === ""
    ? null
    : text
        .split(/[,，\s]+/u)
        .filter(Boolean)
        .map(Number);

export class Form {
  #chosen = { method: "gi", by: "", seed: limitsIn("seed").usual };
  // What is asked for below "more": kept as it was typed.
  #more = {
    from: "",
    to: "",
    days: "all",
    season: "",
    space: "",
    time: "",
    radius: "",
    share: "",
    duration: "",
    baseline: "",
    ellipses: false,
  };
  #store;
  #onChange;

  /**
   * @param {import('../shell/state.js').Store} store
   * @param {() => void} onChange
   */
  constructor(store, onChange) {
    this.#store = store;
    this.#onChange = onChange;
  }

  /** @param {any} changes */
  #set(changes) {
    Object.assign(this.#chosen, changes);
    this.#onChange();
  }

  get #all() {
    const { state, workspace } = this.#store;
    return {
      // A run is of one domain and one kind, or of all.
      domain: state.domain?.includes(",") ? "" : (state.domain ?? ""),
      kind: state.kind?.includes(",") ? "" : (state.kind ?? ""),
      level: workspace.levels.at(-1),
      step: stepFor(state.from, state.to),
      ...this.#chosen,
    };
  }

  parameters() {
    const { from, to } = this.#store.state;
    const { method, domain, kind, level, by, step, seed } = this.#all;
    return {
      method,
      from,
      to,
      domain: domain || null,
      kind: kind || null,
      level: Number(level),
      by: RATED.has(method) ? by || null : "count",
      seed: Number(seed),
      ...(SLICED.has(method) ? { step } : {}),
      ...this.#further(method),
    };
  }

  /** @param {string} method */
  #further(method) {
    const { from, to, days, season, space, time, radius, share, duration, baseline, ellipses } = this.#more;
    const scans = SCANS.has(method);
    const { high } = limitsIn("hour");
    return {
      // One end alone is from there to midnight, or from midnight to there.
      ...(from + to === "" ? {} : { hours: [Number(from), Number(to === "" ? high : to)] }),
      ...(DAYS[days] ? { weekdays: DAYS[days] } : {}),
      ...(method === "near-repeat" && season !== "" ? { season_days: Number(season) } : {}),
      ...(method === "near-repeat" && numbersIn(space) ? { space_bands_m: numbersIn(space) } : {}),
      ...(method === "near-repeat" && numbersIn(time) ? { time_bands_days: numbersIn(time) } : {}),
      ...(scans && radius !== "" ? { max_radius_m: Number(radius) } : {}),
      ...(scans && share !== "" ? { max_population: Number(share) / PERCENT } : {}),
      ...(method === "expected-scan" && baseline !== "" ? { baseline: Number(baseline) } : {}),
      ...(LASTING.has(method) && duration !== "" ? { max_duration: Number(duration) } : {}),
      ...(method === "scan" && ellipses ? { ellipses } : {}),
    };
  }

  /**
   * @param {string} name
   * @param {string} label
   * @param {Record<string, string>} [more]
   */
  #typed(name, label, more = { type: "number", step: "1" }) {
    const kept = /** @type {any} */ (this.#more);
    return field(
      label,
      h("input", {
        id: `hot-${name}`,
        ...more,
        value: kept[name],
        onchange: (event) => (kept[name] = event.target.value),
      }),
    );
  }

  /** @param {string} method */
  #below(method) {
    const kept = this.#more;
    const season = limitsIn("season_days");
    const past = limitsIn("baseline");
    const people = limitsIn("max_population", 1 / PERCENT);
    const { low, high } = limitsIn("hour");
    const hours = { type: "number", step: "1", min: String(low), max: String(high) };
    return h(
      "details",
      { class: "wide hot-more" },
      h("summary", {}, t("hot_more")),
      h(
        "div",
        { class: "hot-form" },
        this.#typed("from", "hot_hours_from", hours),
        this.#typed("to", "hot_hours_to", hours),
        field(
          "hot_weekdays",
          choice(
            "hot-days",
            Object.keys(DAYS).map((code) => [code, t(`hot_weekdays_${code}`)]),
            kept.days,
            (/** @type {string} */ days) => (kept.days = days),
          ),
        ),
        method === "near-repeat"
          ? [
              this.#typed("season", "hot_season", {
                type: "number",
                step: "1",
                min: String(season.low),
                max: String(season.high),
                placeholder: String(season.usual),
              }),
              this.#typed("space", "hot_space_bands", { type: "text", placeholder: "0,1,100,200,400,800" }),
              this.#typed("time", "hot_time_bands", { type: "text", placeholder: "0,7,14,28,56" }),
            ]
          : null,
        SCANS.has(method)
          ? [
              this.#typed("radius", "hot_radius", { type: "number", step: "1", min: "1" }),
              this.#typed("share", "hot_share", {
                type: "number",
                step: "1",
                min: String(people.low),
                max: String(people.high),
                placeholder: String(people.usual),
              }),
            ]
          : null,
        method === "expected-scan"
          ? this.#typed("baseline", "hot_baseline", {
              type: "number",
              step: "1",
              min: String(past.low),
              max: String(past.high),
            })
          : null,
        LASTING.has(method)
          ? this.#typed("duration", "hot_duration", { type: "number", step: "1", min: "1" })
          : null,
        method === "scan"
          ? field(
              "hot_ellipses",
              h("input", {
                id: "hot-ellipses",
                type: "checkbox",
                checked: kept.ellipses,
                onchange: (event) => (kept.ellipses = event.target.checked),
              }),
            )
          : null,
      ),
    );
  }

  /** @param {() => void} onsubmit */
  render(onsubmit) {
    const { state, workspace } = this.#store;
    const now = this.#all;
    const kinds = workspace.kinds[now.domain] ?? [];
    const { low, high } = limitsIn("seed");
    return h(
      "form",
      {
        id: "hot-form",
        class: "hot-form",
        onsubmit: (event) => {
          event.preventDefault();
          onsubmit();
        },
      },
      field(
        "hot_method",
        choice(
          "hot-method",
          METHODS.map((m) => [m, t(`hot_method_${m}`)]),
          now.method,
          (/** @type {string} */ method) => this.#set({ method }),
        ),
      ),
      field(
        "domain",
        choice(
          "hot-domain",
          [
            ["", t("all_domains")],
            ...workspace.domains.map((/** @type {any} */ d) => [d.code, labelOf(workspace.domains, d.code)]),
          ],
          now.domain,
          (/** @type {string} */ domain) => this.#set({ domain, kind: "" }),
        ),
      ),
      kinds.length
        ? field(
            "hot_kind",
            choice(
              "hot-kind",
              [
                ["", t("hot_all_kinds")],
                ...kinds.map((/** @type {any} */ k) => [k.code, labelOf(kinds, k.code)]),
              ],
              now.kind,
              (/** @type {string} */ kind) => this.#set({ kind }),
            ),
          )
        : null,
      field(
        "level",
        choice(
          "hot-level",
          workspace.levels
            .filter((/** @type {number} */ n) => n > 1)
            .map((/** @type {number} */ n) => [String(n), t(`level_${n}`)]),
          String(now.level),
          (/** @type {number} */ level) => this.#set({ level }),
        ),
      ),
      RATED.has(now.method)
        ? field(
            "hot_by",
            choice(
              "hot-by",
              ["", "rate", "count"].map((by) => [by, t(`hot_by_${by || "usual"}`)]),
              now.by,
              (/** @type {any} */ by) => this.#set({ by }),
            ),
          )
        : null,
      SLICED.has(now.method)
        ? field(
            "hot_step",
            choice(
              "hot-step",
              ["month", "week", "day"].map((step) => [step, t(`hot_step_${step}`)]),
              now.step,
              (/** @type {any} */ step) => this.#set({ step }),
            ),
          )
        : null,
      field(
        "hot_seed",
        h("input", {
          id: "hot-seed",
          type: "number",
          min: String(low),
          max: String(high),
          step: "1",
          value: String(now.seed),
          onchange: (event) => this.#set({ seed: event.target.value || low }),
        }),
      ),
      this.#below(now.method),
      h("p", { class: "muted wide" }, t("hot_period", { from: state.from ?? "", to: state.to ?? "" })),
      h("button", { type: "submit", id: "hot-start", class: "primary wide" }, t("hot_start")),
    );
  }
}
