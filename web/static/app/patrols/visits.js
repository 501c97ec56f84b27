// What became of a plan: visits that were made, and checking in.

import { get, send } from "../shell/api.js";
import { h } from "../shell/dom.js";
import { messageOf, number, t } from "../shell/i18n.js";
import { clock } from "./night.js";

export class Done {
  /** @type {any} */
  of = null;
  /** @type {any} */
  segments = [];
  /** @type {Properties | null} */
  #plan = null;
  /** @type {any} */
  #listeners = [];

  /** @param {(...told: any[]) => void} listener */
  listen(listener) {
    this.#listeners.push(listener);
  }

  /** @param {Properties} plan */
  async show(plan) {
    const id = plan?.patrol_id ?? null;
    if (this.#plan !== id) {
      this.#plan = id;
      this.of = null;
      this.segments = [];
    }
    if (!id) return;
    try {
      const found = await get(`/patrol-plans/${id}/visits`);
      if (this.#plan !== id) return;
      this.of = found.done;
      this.segments = found.features;
    } catch {
      // What is shown already stays; the next look tells.
      return;
    }
    for (const listener of this.#listeners) listener();
  }

  /**
   * @param {Properties} team
   * @param {number} n
   */
  visit(team, n) {
    return (
      this.of?.teams.find((/** @type {Properties} */ row) => row.team_code === team)?.visits[n - 1] ?? null
    );
  }

  /**
   * @param {any} stop
   * @param {Properties} team
   * @param {any} at
   */
  async checkIn(stop, team, at) {
    const made = await send("POST", `/patrol-plans/${this.#plan}/check-ins`, {
      stop,
      team,
      ...(at ? { at } : {}),
    });
    await this.show({ patrol_id: this.#plan });
    return made.visit_id;
  }

  /** @param {Properties} visit */
  async takeBack(visit) {
    await send("DELETE", `/patrol-plans/${this.#plan}/check-ins/${visit}`);
    await this.show({ patrol_id: this.#plan });
  }
}

/** @param {any} done */
export function donePart(done) {
  if (!done.of) return null;
  const { made, planned, source, unplanned } = done.of;
  return h(
    "p",
    { id: "pat-done" },
    t("pat_done", { made: number(made), planned: number(planned) }),
    " ",
    h(
      "span",
      { class: "muted" },
      t(`pat_done_${source}`),
      unplanned.length ? ` ${t("pat_unplanned", { n: number(unplanned.length) })}` : "",
    ),
  );
}

// A stop's story: whether it was come to, and a button that says so; `moment(planned)` is when a check-in is
// for.
/**
 * @param {any} done
 * @param {Properties} team
 * @param {number} n
 * @param {{ moment: any, said: (text: string) => void }} given3
 */
export function visitPart(done, team, n, { moment, said }) {
  const visit = done.visit(team, n);
  if (!visit) return null;
  /** @param {any} work */
  const act = async (work) => {
    try {
      await work();
    } catch (error) {
      said(messageOf(error));
    }
  };
  const words = visit.made
    ? t(visit.by === team ? "pat_visit_made" : "pat_visit_other", {
        team: visit.by,
        time: clock(visit.arrived_at),
        by: visit.evidence
          .map((/** @type {any} */ e) => t(`pat_by_${e === "position" ? "position" : "check"}`))
          .join(t("comma")),
      })
    : t("pat_visit_none");
  return h(
    "div",
    { class: "group" },
    h("h3", {}, t("pat_visits")),
    h("p", { id: "pat-visit-state" }, words),
    visit.check_in
      ? h(
          "button",
          { type: "button", id: "pat-check", onclick: () => act(() => done.takeBack(visit.check_in)) },
          t("pat_check_undo"),
        )
      : h(
          "button",
          {
            type: "button",
            id: "pat-check",
            onclick: () => act(() => done.checkIn(visit.stop, team, moment(visit.arrive))),
          },
          t("pat_check"),
          " ",
          h(
            "span",
            { id: "pat-check-time", dataset: { planned: visit.arrive } },
            clock(moment(visit.arrive)),
          ),
        ),
  );
}
