// Teams against plan: where they are, where the plan has them.

import { get } from "../shell/api.js";
import { h } from "../shell/dom.js";
import { dayTime, lang, messageOf, nameOf, number, t } from "../shell/i18n.js";
import { lookOf } from "./routes.js";
import { clock } from "./night.js";
import { table, teamHead } from "./summary.js";

const EVERY_MS = 15_000;
const WARNING = ["late", "off-route", "no-position", "stale", "missed"];
/**
 * @param {any} type
 * @param {Point[]} coordinates
 * @param {Properties} properties
 */
const feature = (type, coordinates, properties) => ({
  type: "Feature",
  geometry: { type, coordinates },
  properties,
});

export class Live {
  on = false;
  // Nothing was shown since it was switched on.
  fresh = false;
  /** @type {any} */
  found = null;
  /** @type {Told | null} */
  error = null;
  #asked;
  /** @type {Properties | null} */
  #plan = null;
  /** @type {any} */
  #timer = null;
  /** @type {any} */
  #listeners = [];

  // `asked()` is the moment that is looked at, as ISO; null for the present, or the newest that is known.
  /** @param {any} asked */
  constructor(asked) {
    this.#asked = asked;
    document.addEventListener("visibilitychange", () => this.on && !document.hidden && this.#look());
  }

  /** @param {(...told: any[]) => void} listener */
  listen(listener) {
    this.#listeners.push(listener);
  }

  /** @param {Properties} plan */
  toggle(plan) {
    if (this.on) this.stop();
    else {
      this.on = this.fresh = true;
      this.#plan = plan.patrol_id;
      this.#tell();
      this.#look();
      this.#timer = setInterval(() => document.hidden || this.#look(), EVERY_MS);
    }
  }

  stop() {
    clearInterval(this.#timer);
    const was = this.on;
    Object.assign(this, { on: false, found: null, error: null });
    if (was) this.#tell();
  }

  // Of another moment.
  again() {
    if (this.on) this.#look();
  }

  async #look() {
    const id = this.#plan;
    const at = this.#asked();
    try {
      const found = await get(`/patrol-plans/${id}/live`, { at });
      if (!this.on || this.#plan !== id || at !== this.#asked()) return;
      Object.assign(this, { found: { ...found, asked: at !== null }, error: null });
    } catch (error) {
      if (!this.on || this.#plan !== id) return;
      this.error = error;
    }
    this.#tell();
  }

  #tell() {
    for (const listener of this.#listeners) listener();
  }

  // A ring where the plan has the team, a disc where it is, and a line between the two.
  /** @param {any} shown */
  drawn(shown) {
    if (!this.found || !shown) return [];
    return this.found.teams.flatMap((/** @type {Properties} */ team) => {
      const i = shown.features.findIndex(
        (/** @type {Feature} */ f) => f.properties.team_code === team.team_code,
      );
      const own = {
        code: team.team_code,
        text: team.team_code,
        sel: `patrol:${team.team_code}`,
        name_zh: team.name_zh,
        name_en: team.name_en,
        ...lookOf(Math.max(i, 0)),
      };
      const due = [team.planned.lon, team.planned.lat];
      const at = team.position && [team.position.lon, team.position.lat];
      return [
        feature("Point", due, { ...own, what: "due" }),
        ...(at
          ? [
              feature("LineString", [due, at], { ...own, what: "gap" }),
              feature("Point", at, { ...own, what: "here" }),
            ]
          : []),
      ];
    });
  }
}

/**
 * @param {Properties} team
 * @param {number} i
 * @param {any} pick
 */
function row(team, i, pick) {
  const own = `patrol:${team.team_code}`;
  const missed = team.missed
    ? [" ", h("span", { class: "muted" }, t("pat_missed", { n: number(team.missed) }))]
    : null;
  return h(
    "tr",
    { dataset: { team: team.team_code, state: team.state }, onclick: () => pick(own) },
    teamHead(`pat-live-${team.team_code}`, i, team),
    h(
      "td",
      { class: WARNING.includes(team.state) ? "warn-text" : null },
      lang === "en" ? team.words_en : team.words_zh,
    ),
    h("td", {}, team.next ? `${clock(team.next.arrive)} ${nameOf(team.next)}` : "–", missed),
    h("td", { class: "num" }, `${number(team.made)} / ${number(team.stops)}`),
  );
}

/** @param {{ running: any, at: any, asked: any, teams: any }} given */
function when({ running, at, asked, teams }) {
  if (asked) return t("pat_live_asked", { time: dayTime(at) });
  if (!running && !teams.some((/** @type {Properties} */ team) => team.position)) return t("pat_live_none");
  return t(running ? "pat_live_now" : "pat_live_then", { time: dayTime(at) });
}

/**
 * @param {{ on: boolean, found: any, error: Told }} given
 * @param {{ toggle: any, pick: Pick_ }} given1
 */
export function livePart({ on, found, error }, { toggle, pick }) {
  const button = h(
    "button",
    { type: "button", id: "pat-live", "aria-pressed": String(on), onclick: toggle },
    t(on ? "pat_live_off" : "pat_live"),
  );
  if (!on) return button;
  const trouble = error
    ? h(
        "p",
        { id: "pat-live-trouble", class: "warn-text", role: "alert" },
        messageOf(error),
        found ? ` ${t("pat_live_old")}` : "",
      )
    : null;
  if (!found) return [button, trouble ?? h("p", { class: "muted" }, t("loading"))];
  return [
    button,
    h("p", { class: "muted", id: "pat-live-at" }, when(found)),
    trouble,
    table(
      "pat-live-table",
      "pat_live",
      [
        ["pat_team", false],
        ["pat_state", false],
        ["pat_next", false],
        ["pat_visits", true],
      ],
      found.teams.map((/** @type {Properties} */ team, /** @type {number} */ i) => row(team, i, pick)),
    ),
  ];
}
