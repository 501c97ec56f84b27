// In an incident's story: which teams can be there first, who was sent, when they came.

import { get, send } from "../shell/api.js";
import { announce, h, replace } from "../shell/dom.js";
import { age, dayTime, lang, messageOf, nameOf, number, t } from "../shell/i18n.js";
import { may } from "../shell/rights.js";

const SHOWN = 3;
const OFF = new Set(["off-shift", "no-hours"]);
const CLOSED = new Set(["resolved", "archived"]);

/** @param {number} seconds */
const minutes = (seconds) => (seconds / 60).toFixed(1);
/** @param {number} metres */
const kilometres = (metres) => `${(metres / 1000).toFixed(2)} km`;
/** @param {string | null | undefined} iso */
const clock = (iso) => dayTime(iso).slice(-5);
/** @param {Properties} team */
const name = (team) => [team.code, nameOf(team)].filter(Boolean).join(" ");

export class DispatchSection {
  element = h("div", { class: "group dispatch", id: "dispatch" });
  #incident;
  #actions;
  /** @type {any} */
  #found = null;
  /** @type {any} */
  #sent = null;
  /** @type {Told | null} */
  #error = null;
  /** @type {any} */
  #chosen = null;
  #busy = false;
  #offShift = false;
  /** @type {Map<any, any>} */
  #names = new Map();

  // `actions` has way(feature or null), which draws the way on the map.
  /**
   * @param {Properties} incident
   * @param {Actions} actions
   */
  constructor(incident, actions) {
    this.#incident = incident;
    this.#actions = actions;
    this.#load();
  }

  get #closed() {
    return CLOSED.has(this.#incident.stage);
  }

  async #load() {
    this.#error = null;
    this.#render();
    const { uid } = this.#incident;
    try {
      const [found, sent, teams] = await Promise.all([
        this.#closed || !may("send_team")
          ? null
          : get(`/incidents/${encodeURIComponent(uid)}/teams`, {
              k: SHOWN,
              off_shift: this.#offShift || null,
            }),
        get("/dispatches", { incident: uid }),
        get("/teams"),
      ]);
      this.#found = found;
      this.#sent = sent.dispatches;
      this.#names = new Map(teams.features.map(({ properties: p }) => [p.code, name(p)]));
    } catch (error) {
      this.#error = error;
    }
    this.#render();
  }

  #render() {
    const focused = this.element.contains(document.activeElement) ? document.activeElement?.id : null;
    replace(this.element, h("h3", {}, t("disp")), this.#parts());
    if (focused) this.element.querySelector(`#${CSS.escape(focused)}`)?.focus({ preventScroll: true });
  }

  #parts() {
    const error = this.#error
      ? h(
          "div",
          { class: "disp-error", id: "disp-error", role: "alert" },
          h("p", { class: "warn-text" }, messageOf(this.#error)),
          h("button", { type: "button", id: "disp-retry", onclick: () => this.#load() }, t("retry")),
        )
      : null;
    if (!this.#sent) return error ?? h("p", { class: "muted", role: "status" }, t("disp_loading"));
    return [
      this.#out(),
      error,
      this.#closed ? h("p", { class: "muted", id: "disp-closed" }, t("disp_closed")) : null,
      this.#closed || !may("send_team") ? null : this.#ranking(),
    ];
  }

  // Teams that were sent to this incident, newest first.
  #out() {
    if (!this.#sent.length) return null;
    /**
     * @param {Properties} row
     * @param {string} verb
     * @param {string} label
     */
    const act = (row, verb, label) =>
      may("send_team") &&
      h(
        "button",
        {
          type: "button",
          id: `disp-${verb}-${row.dispatch_id}`,
          disabled: this.#busy,
          "aria-label": `${t(label)} ${row.team_code}`,
          onclick: () => this.#mark(row, verb),
        },
        t(label),
      );
    return h(
      "ul",
      { class: "disp-out" },
      this.#sent.map((/** @type {Properties} */ row) =>
        h(
          "li",
          {},
          h(
            "div",
            {},
            h("b", {}, this.#names.get(row.team_code) ?? row.team_code),
            " ",
            t(`disp_state_${row.state}`),
          ),
          h(
            "div",
            { class: "muted" },
            t("disp_sent_at", { time: clock(row.sent_at), n: minutes(row.road_s) }),
            row.arrived_at ? ` · ${t("disp_arrived_at", { time: clock(row.arrived_at) })}` : "",
          ),
          h(
            "div",
            { class: "row" },
            row.state === "sent"
              ? [act(row, "arrived", "disp_arrived"), act(row, "cancelled", "disp_cancel")]
              : null,
            row.state === "arrived" ? act(row, "finished", "disp_finish") : null,
          ),
        ),
      ),
    );
  }

  #ranking() {
    if (!this.#found) return null;
    const { teams, left_out: left } = this.#found;
    return [
      teams.length
        ? h(
            "ol",
            { class: "disp-teams" },
            teams.map((/** @type {Properties} */ team) => this.#team(team)),
          )
        : h("p", { class: "nothing", id: "disp-none" }, t("disp_none")),
      !this.#offShift && left.some((/** @type {Properties} */ team) => OFF.has(team.code_why))
        ? h(
            "button",
            { type: "button", id: "disp-off-shift", onclick: () => this.#callOut() },
            t("disp_off_shift"),
          )
        : null,
      teams.length ? h("p", { class: "muted" }, t("disp_note")) : null,
      left.length
        ? h(
            "details",
            { class: "disp-left", open: !teams.length },
            h("summary", {}, t("disp_left", { n: number(left.length) })),
            h(
              "ul",
              {},
              left.map((/** @type {Properties} */ team) =>
                h("li", {}, h("b", {}, name(team)), " ", h("span", { class: "muted" }, team[lang])),
              ),
            ),
          )
        : null,
    ];
  }

  // A team at home is better than none: it is named as what it is, and asked for.
  #callOut() {
    this.#offShift = true;
    return this.#load();
  }

  /** @param {Properties} team */
  #place(team) {
    const told =
      team.position_age_s === null
        ? ""
        : age(
            new Date(Date.parse(this.#found.at) - 1000 * team.position_age_s).toISOString(),
            Date.parse(this.#found.at),
          );
    return t(`disp_from_${team.from}`, { age: told });
  }

  /** @param {Properties} team */
  #team(team) {
    const on = this.#chosen === team.code;
    const streets = [
      ...new Set(team.streets.map((/** @type {any} */ s) => s.name ?? t("disp_unnamed"))),
    ].join(" → ");
    return h(
      "li",
      { class: on ? "chosen" : null },
      h(
        "div",
        { class: "row apart" },
        h(
          "button",
          {
            type: "button",
            class: "link disp-team",
            id: `disp-team-${team.code}`,
            "aria-pressed": String(on),
            onclick: () => this.#choose(on ? null : team),
          },
          h("b", {}, name(team)),
          team.on_shift ? null : h("span", { class: "warn-text" }, ` ${t("disp_is_off_shift")}`),
        ),
        h(
          "button",
          {
            type: "button",
            id: `disp-send-${team.code}`,
            class: on ? "primary" : null,
            disabled: this.#busy,
            "aria-label": t("disp_send_to", { team: name(team) }),
            onclick: () => this.#send(team),
          },
          t("disp_send"),
        ),
      ),
      h(
        "div",
        { class: "num" },
        t("disp_minutes", { n: minutes(team.seconds) }),
        " · ",
        kilometres(team.length_m),
        " · ",
        h("span", { class: "muted" }, `${t(`mode_${team.mode}`)} · ${this.#place(team)}`),
      ),
      on
        ? h(
            "div",
            { class: "disp-way" },
            h("p", {}, t("disp_streets", { streets })),
            Math.max(team.start_off_m, team.end_off_m) >= 50
              ? h(
                  "p",
                  { class: "muted" },
                  t("disp_off", {
                    a: number(Math.round(team.start_off_m)),
                    b: number(Math.round(team.end_off_m)),
                  }),
                )
              : null,
          )
        : null,
    );
  }

  /** @param {any} team */
  #choose(team) {
    this.#chosen = team?.code ?? null;
    this.#actions.way(
      team ? { type: "Feature", geometry: team.geometry, properties: { code: team.code } } : null,
    );
    this.#render();
  }

  /** @param {Properties} team */
  #send(team) {
    this.#choose(team);
    return this.#write(async () => {
      await send("POST", "/dispatches", {
        incident: this.#incident.uid,
        team: team.code,
        off_shift: !team.on_shift,
      });
      announce(t("disp_said_sent", { team: name(team) }));
    });
  }

  /**
   * @param {Properties} row
   * @param {string} verb
   */
  #mark(row, verb) {
    return this.#write(async () => {
      await send("POST", `/dispatches/${row.dispatch_id}/${verb}`);
      announce(t(`disp_said_${verb}`, { team: this.#names.get(row.team_code) ?? row.team_code }));
      if (verb !== "arrived") this.#actions.way(null);
    });
  }

  // What was asked for is asked again after a refusal, too: it may tell of another desk's dispatch.
  /** @param {any} act */
  async #write(act) {
    this.#busy = true;
    this.#render();
    let refused = null;
    try {
      await act();
    } catch (error) {
      refused = error;
    }
    this.#busy = false;
    await this.#load();
    if (refused) {
      this.#error = refused;
      this.#render();
    }
  }
}
