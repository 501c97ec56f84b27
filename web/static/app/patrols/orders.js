// A plan goes out to its teams: issued, taken note of, taken back.

import { get, send } from "../shell/api.js";
import { h } from "../shell/dom.js";
import { messageOf, t } from "../shell/i18n.js";
import { may } from "../shell/rights.js";
import { clock } from "./night.js";

export class Orders {
  /** @type {Properties[] | null} */
  of = null;
  /** @type {string | null} */
  trouble = null;
  /** @type {any} */
  #plan = null;
  /** @type {any} */
  #listeners = [];

  /** @param {(...told: any[]) => void} listener */
  listen(listener) {
    this.#listeners.push(listener);
  }

  /** @param {Properties | null} plan */
  async show(plan) {
    const id = plan?.patrol_id ?? null;
    if (this.#plan !== id) this.of = this.trouble = null;
    this.#plan = id;
    if (!id) return;
    const found = await get(`/patrol-plans/${id}/orders`).catch(() => null);
    if (found && this.#plan === id) this.#take(found);
  }

  /** @param {string} team */
  phone = (team) => `/field/patrols/${this.#plan}/${encodeURIComponent(team)}`;
  get near() {
    return `/patrols/${this.#plan}/near`;
  }
  issue = () => this.#ask("POST");
  recall = () => this.#ask("DELETE");

  /** @param {"POST" | "DELETE"} method */
  async #ask(method) {
    try {
      this.#take(await send(method, `/patrol-plans/${this.#plan}/orders`));
    } catch (error) {
      this.trouble = messageOf(error);
      this.#tell();
    }
  }

  /** @param {any} found */
  #take(found) {
    this.of = found.orders;
    this.trouble = null;
    this.#tell();
  }

  #tell() {
    for (const listener of this.#listeners) listener();
  }
}

/** @param {Properties} order */
const stateOf = (order) =>
  order.noted_at
    ? t("pat_noted", { at: clock(order.noted_at) })
    : order.issued_at
      ? t("pat_issued", { at: clock(order.issued_at) })
      : t("pat_not_issued");

/** @param {Orders} orders */
export function ordersPart(orders) {
  const { of, trouble } = orders;
  const rows = of ?? [];
  const issued = rows.filter((row) => row.issued_at);
  const noted = rows.filter((row) => row.noted_at);
  /**
   * @param {string} id
   * @param {any} onclick
   */
  const button = (id, onclick) => h("button", { type: "button", id, onclick }, t(id.replace("-", "_")));
  return [
    may("see_teams") ? h("p", {}, h("a", { id: "pat-near", href: orders.near }, t("pat_near"))) : null,
    h("p", {}, h("a", { id: "pat-week", href: "/patrols/week" }, t("pat_week"))),
    trouble ? h("p", { class: "warn-text", role: "alert" }, trouble) : null,
    may("plan_patrols") && issued.length < rows.length ? button("pat-issue", orders.issue) : null,
    may("plan_patrols") && noted.length < issued.length ? button("pat-recall", orders.recall) : null,
    h(
      "ul",
      {},
      rows.map((row) =>
        h(
          "li",
          {},
          h("b", {}, row.team_code),
          " ",
          h("span", { class: "muted" }, stateOf(row)),
          " ",
          h("a", { href: orders.phone(row.team_code) }, t("pat_phone")),
        ),
      ),
    ),
  ];
}

/** @param {Orders} orders */
export const ordersTitle = ({ of }) =>
  t("pat_orders", {
    n: of?.filter((row) => row.issued_at).length ?? 0,
    all: of?.length ?? 0,
    noted: of?.filter((row) => row.noted_at).length ?? 0,
  });
