// Two plans side by side: their maps, their numbers, and what differs.

import { get, getGrids } from "../shell/api.js";
import { h, replace } from "../shell/dom.js";
import { messageOf, nameOf, number, t } from "../shell/i18n.js";
import { keeping } from "../shell/focus.js";
import { lineSwatch } from "./legend.js";
import { figure, placeOf, projection } from "./comparison_map.js";
import { lookOf } from "./routes.js";
import { clock } from "./night.js";
import { planName } from "./panel.js";

const GROUND_LEVEL = 3;

/** @param {number} metres */
const km = (metres) => (metres / 1000).toFixed(1);

const letters = [
  ["a", "A"],
  ["b", "B"],
];
/**
 * @param {any} id
 * @param {any} caption
 * @param {any} head
 * @param {any[]} rows
 */
const scrolled = (id, caption, head, rows) =>
  h(
    "div",
    { class: "pat-scroll" },
    h("table", { id }, h("caption", {}, t(caption)), h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows)),
  );
/** @param {any} text */
const column = (text) => h("th", { scope: "col", class: "num" }, text);
/**
 * @param {any} value
 * @param {any} read
 */
const figureOf = (value, read) =>
  h("td", { class: "num" }, value === null || value === undefined ? "–" : read(value));

/** @param {any} found */
function totals(found) {
  /**
   * @param {string} label
   * @param {any} read
   */
  const row = (label, read) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, t(label)),
      letters.map(([of]) => figureOf(found[of].summary, read)),
    );
  /**
   * @param {string} name
   * @param {any} read
   */
  const given = (name, read) => (/** @type {any} */ s) =>
    s[name] === null || s[name] === undefined ? "–" : read(s[name]);
  return scrolled(
    "cmp-totals",
    "cmp_totals",
    [
      h("th", {}),
      letters.map(([of, letter]) =>
        column([letter, h("span", { class: "cmp-name" }, ` · ${t("cmp_plan", { n: found[of].patrol_id })}`)]),
      ),
    ],
    [
      row("pat_stops", (/** @type {any} */ s) => `${number(s.visited)} / ${number(s.stops)}`),
      row(
        "pat_prize",
        given("prize", (/** @type {number} */ n) => n.toFixed(1)),
      ),
      row("pat_km", given("length_m", km)),
      row(
        "pat_travel_min",
        given("travel_s", (/** @type {any} */ s) => number(Math.round(s / 60))),
      ),
      row(
        "pat_entropy_short",
        given("arrival_entropy_bits", (/** @type {number} */ n) => n.toFixed(1)),
      ),
    ],
  );
}

/** @param {any} found */
function teams(found) {
  /**
   * @param {Properties} row
   * @param {string} name
   * @param {any} read
   */
  const cells = (row, name, read) => letters.map(([of]) => figureOf(row[`${name}_${of}`], read));
  /** @param {string} label */
  const head = (label) => letters.map(([, letter]) => column(`${t(label)} ${letter}`));
  return scrolled(
    "cmp-teams",
    "cmp_teams",
    [h("th", { scope: "col" }, t("pat_team")), head("pat_stops"), head("pat_km"), head("pat_prize")],
    found.teams.map((/** @type {Properties} */ row, /** @type {number} */ i) =>
      h(
        "tr",
        {},
        h(
          "th",
          { scope: "row", title: nameOf(row) },
          h("span", { class: "cmp-name" }, lineSwatch(i), " "),
          row.team_code,
          h("span", { class: "cmp-name" }, ` ${nameOf(row)}`),
        ),
        cells(row, "stops", number),
        cells(row, "length_m", km),
        cells(row, "prize", (/** @type {number} */ n) => n.toFixed(1)),
      ),
    ),
  );
}

/** @param {any} codes */
const joined = (codes) => codes.replaceAll("、", t("and"));

/** @param {any} found */
function differences(found) {
  /**
   * @param {string} title
   * @param {any[]} rows
   * @param {any} text
   */
  const one = (title, rows, text) =>
    h(
      "div",
      {},
      h("h3", {}, t(title, { n: number(rows.length) })),
      rows.length
        ? h(
            "ul",
            {},
            rows.map((/** @type {Properties} */ row) =>
              h("li", {}, h("b", {}, nameOf(row)), ` ${text(row)}`),
            ),
          )
        : h("p", { class: "muted" }, t("cmp_none")),
    );
  return h(
    "div",
    { class: "cmp-lists", id: "cmp-lists" },
    one(
      "cmp_only_a",
      found.only_a,
      (/** @type {Properties} */ row) => `${joined(row.team)} ${clock(row.arrive)}`,
    ),
    one(
      "cmp_only_b",
      found.only_b,
      (/** @type {Properties} */ row) => `${joined(row.team)} ${clock(row.arrive)}`,
    ),
    one(
      "cmp_moved",
      found.moved,
      (/** @type {Properties} */ row) =>
        `${joined(row.team_a)} ${clock(row.arrive_a)} → ${joined(row.team_b)} ${clock(row.arrive_b)}`,
    ),
    h("p", { class: "muted" }, t("cmp_same", { n: number(found.same) })),
  );
}

export class Compare {
  #box = h("dialog", { id: "pat-compare", "aria-labelledby": "cmp-title" });
  #asked = 0;
  #from = "";

  constructor() {
    document.body.append(this.#box);
    // What it was opened from may have been drawn anew meanwhile: the focus goes to what stands there now.
    this.#box.addEventListener("close", () => {
      if (document.activeElement === document.body) document.getElementById(this.#from)?.focus();
    });
    this.#box.addEventListener(
      "click",
      (/** @type {any} */ event) => event.target === this.#box && this.#box.close(),
    );
  }

  // Of two plans by number; `list` has those that may be chosen.
  /**
   * @param {any} a
   * @param {any} b
   * @param {any} list
   */
  async open(a, b, list) {
    const asked = (this.#asked += 1);
    this.#fill(a, b, list, h("p", { class: "muted" }, t("loading")));
    if (!this.#box.open) {
      this.#from = document.activeElement?.id ?? "";
      this.#box.showModal();
    }
    try {
      const [found, one, other, ground] = await Promise.all([
        get("/patrol-plans/compare", { a, b }),
        get(`/patrol-plans/${a}`),
        get(`/patrol-plans/${b}`),
        getGrids({ level: GROUND_LEVEL }),
      ]);
      if (asked === this.#asked) this.#fill(a, b, list, this.#told(found, [one, other], ground.features));
    } catch (error) {
      if (asked !== this.#asked) return;
      this.#fill(
        a,
        b,
        list,
        h(
          "div",
          { role: "alert" },
          h("p", { class: "warn-text" }, messageOf(error)),
          h("button", { type: "button", id: "cmp-retry", onclick: () => this.open(a, b, list) }, t("retry")),
        ),
      );
    }
  }

  /**
   * @param {any} a
   * @param {any} b
   * @param {any} list
   * @param {...any} parts
   */
  #fill(a, b, list, ...parts) {
    /**
     * @param {any} id
     * @param {any} now
     * @param {any} change
     */
    const choice = (id, now, change) =>
      h(
        "select",
        {
          id,
          "aria-label": `${id.at(-1).toUpperCase()} ${t("pat_plan")}`,
          onchange: (event) => change(Number(event.target.value)),
        },
        list.map((/** @type {Properties} */ p) =>
          h("option", { value: p.patrol_id, selected: p.patrol_id === now }, planName(p)),
        ),
      );
    keeping(this.#box, () =>
      replace(
        this.#box,
        h(
          "header",
          { class: "row apart" },
          h("h2", { id: "cmp-title" }, t("cmp_title")),
          h("button", { type: "button", id: "cmp-close", onclick: () => this.#box.close() }, t("close")),
        ),
        h(
          "div",
          { class: "row cmp-choice" },
          h(
            "label",
            { class: "row" },
            "A",
            choice("cmp-a", a, (/** @type {number} */ n) => this.open(n, b, list)),
          ),
          h(
            "label",
            { class: "row" },
            "B",
            choice("cmp-b", b, (/** @type {number} */ n) => this.open(a, n, list)),
          ),
        ),
        parts,
      ),
    );
  }

  // Plans of different hotspot runs call one place by different names: places are told apart by where they
  // are.
  /**
   * @param {any} found
   * @param {any} plans
   * @param {any} ground
   */
  #told(found, plans, ground) {
    const shared = projection(plans);
    /** @param {any[]} rows */
    const places = (rows) => new Set(rows.map(placeOf));
    const stops = plans.map((/** @type {{ features: Feature[] }} */ { features }) =>
      features.flatMap((/** @type {Feature} */ f) => f.properties.visits),
    );
    const moved = new Set(found.moved.map((/** @type {Properties} */ row) => row.stop));
    const near = places(stops[0].filter((/** @type {any} */ v) => moved.has(v.stop)));
    const apart = [new Set([...places(found.only_a), ...near]), new Set([...places(found.only_b), ...near])];
    /** @param {string} code */
    const look = (code) =>
      lookOf(found.teams.findIndex((/** @type {Properties} */ team) => team.team_code === code));
    /** @param {number} i */
    const named = (i) => t("cmp_plan", { n: plans[i].plan.patrol_id });
    return h(
      "div",
      { class: "cmp-body" },
      shared
        ? h(
            "div",
            { class: "cmp-maps" },
            plans.map((/** @type {Properties} */ plan, /** @type {number} */ i) =>
              h(
                "figure",
                {},
                h("figcaption", {}, `${"AB"[i]} · ${named(i)}`),
                figure(
                  plan,
                  ground,
                  shared,
                  (/** @type {any} */ v) => apart[i].has(placeOf(v)),
                  look,
                  t("cmp_map", { plan: named(i) }),
                ),
              ),
            ),
          )
        : null,
      h("p", { class: "muted" }, t("cmp_marked")),
      totals(found),
      differences(found),
      teams(found),
    );
  }
}
