// Teams against plan: where they are, where the plan has them.

import { get } from "../api.js";
import { h } from "../dom.js";
import { dayTime, lang, messageOf, nameOf, number, t } from "../i18n.js";
import { lookOf } from "./look.js";
import { lineSwatch } from "./legend.js";
import { clock } from "./night.js";

const EVERY_MS = 15_000;
const feature = (type, coordinates, properties) => ({ type: "Feature", geometry: { type, coordinates }, properties });

export class Live {
  on = false;
  found = null;
  error = null;
  #plan = null;
  #timer = null;
  #listeners = [];

  listen(listener) {
    this.#listeners.push(listener);
  }

  toggle(plan) {
    if (this.on) this.stop();
    else {
      this.on = true;
      this.#plan = plan.patrol_id;
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

  async #look() {
    const id = this.#plan;
    try {
      const found = await get(`/patrol-plans/${id}/live`);
      if (!this.on || this.#plan !== id) return;
      Object.assign(this, { found, error: null });
    } catch (error) {
      if (!this.on) return;
      this.error = error;
    }
    this.#tell();
  }

  #tell() {
    for (const listener of this.#listeners) listener();
  }

  // A ring where the plan has the team, a disc where it is, and a line between the two.
  drawn(shown) {
    if (!this.found || !shown) return [];
    return this.found.teams.flatMap((team) => {
      const i = shown.features.findIndex((f) => f.properties.team_code === team.team_code);
      const own = { code: team.team_code, text: team.team_code, sel: `patrol:${team.team_code}`, name_zh: team.name_zh, name_en: team.name_en, ...lookOf(Math.max(i, 0)) };
      const due = [team.planned.lon, team.planned.lat];
      const at = team.position && [team.position.lon, team.position.lat];
      return [feature("Point", due, { ...own, what: "due" }), ...(at ? [feature("LineString", [due, at], { ...own, what: "gap" }), feature("Point", at, { ...own, what: "here" })] : [])];
    });
  }
}

export function livePart(live, { toggle, pick }) {
  const button = h("button", { type: "button", id: "pat-live", "aria-pressed": String(live.on), onclick: toggle }, t(live.on ? "pat_live_off" : "pat_live"));
  if (!live.on) return h("div", { class: "row" }, button);
  if (live.error && !live.found) return h("div", { class: "pat-live" }, button, h("p", { class: "warn-text", role: "alert" }, messageOf(live.error)));
  if (!live.found) return h("div", { class: "pat-live" }, button, h("p", { class: "muted" }, t("loading")));
  const row = (team, i) => h("tr", { dataset: { team: team.team_code, state: team.state }, onclick: () => pick(`patrol:${team.team_code}`) },
    h("th", { scope: "row" }, h("button", { type: "button", class: "link", id: `pat-live-${team.team_code}`, title: nameOf(team) }, lineSwatch(i), team.team_code)),
    h("td", { class: ["late", "off-route", "no-position", "stale"].includes(team.state) ? "warn-text" : null }, lang === "en" ? team.words_en : team.words_zh),
    h("td", {}, team.next ? `${clock(team.next.arrive)} ${nameOf(team.next)}` : "–"),
    h("td", { class: "num" }, `${number(team.made)} / ${number(team.stops)}`));
  return h("div", { class: "pat-live" }, button,
    h("p", { class: "muted", id: "pat-live-at" }, t(live.found.running ? "pat_live_now" : "pat_live_then", { time: dayTime(live.found.at) })),
    live.error ? h("p", { class: "warn-text", role: "alert" }, messageOf(live.error)) : null,
    h("div", { class: "pat-scroll" }, h("table", { id: "pat-live-table", class: "pat-routes" }, h("caption", { class: "unseen" }, t("pat_live")),
      h("thead", {}, h("tr", {}, [t("pat_team"), t("pat_state"), t("pat_next"), t("pat_visits")].map((text) => h("th", { scope: "col" }, text)))),
      h("tbody", {}, live.found.teams.map(row)))));
}
