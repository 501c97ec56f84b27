// Patrols in the left panel: choose a plan, make one, delete one with a way back; the routes as a table.

import { h, replace } from "../shell/dom.js";
import { UNDO_MS } from "../hotspots/runs.js";
import { dayTime, messageOf, number, t } from "../shell/i18n.js";
import { fileLinks } from "./files.js";
import { fixedPointsPart } from "./fixed_points.js";
import { PatrolForm } from "./form.js";
import { keeping } from "../shell/focus.js";
import { progressOf, Toast } from "../shell/ui/work.js";
import { livePart } from "./live.js";
import { folding, toldOf } from "./summary.js";

/** @param {Properties} p */
export const planName = (p) => `${p.patrol_id} · ${dayTime(p.begins_at).slice(0, 10)}`;

export class PatrolPanel {
  element = h("details", { id: "patrols", class: "hotspots patrols" });
  #store;
  #plans;
  #hotspotRuns;
  #actions;
  #form;
  #making = false;
  /** @type {any} */
  #said = null;
  #toast = new Toast("pat", UNDO_MS);
  /** @type {string | null} */
  #trouble = null;
  #live = h("div", { id: "pat-live-part" });
  /** @type {Set<string>} */
  #opened = new Set();
  #about;

  // `actions` has choosePlan(id), pick(sel), openHotspots(), teamName(code), compare(a, b), solve(), teams(),
  // live(); `about` has wishes, done and live.
  /**
   * @param {import('../shell/state.js').Store} store
   * @param {any} plans
   * @param {any} hotspotRuns
   * @param {Actions} actions
   * @param {any} about
   */
  constructor(store, plans, hotspotRuns, actions, about) {
    this.#about = about;
    this.#store = store;
    this.#plans = plans;
    this.#hotspotRuns = hotspotRuns;
    this.#actions = actions;
    this.#form = new PatrolForm(store, hotspotRuns, about.fixed, () => this.render());
    this.element.open = Boolean(store.state.plan);
    this.element.addEventListener(
      "toggle",
      (/** @type {any} */ event) => event.target === this.element && this.element.open && this.#unfolded(),
    );
    hotspotRuns.listen((/** @type {any} */ what) => what === "list" && this.render());
  }

  #unfolded() {
    if (!this.#plans.list) this.#plans.refresh();
    this.#prepare();
    this.element.scrollIntoView({ block: "start" });
  }

  async #prepare() {
    try {
      await Promise.all([
        this.#hotspotRuns.list ? null : this.#hotspotRuns.refresh(),
        this.#form.load(),
        this.#about.fixed.load(),
      ]);
    } catch (error) {
      this.#said = { text: messageOf(error), warn: true };
      this.render();
    }
  }

  render() {
    keeping(this.element, () =>
      replace(this.element, h("summary", {}, t("patrols")), h("div", { class: "group" }, this.#parts())),
    );
  }

  // The rest stays as it is: somebody may be choosing in a list.
  renderLive() {
    keeping(this.#live, () =>
      replace(
        this.#live,
        this.#plans.shown
          ? livePart(this.#about.live, { toggle: this.#actions.live, pick: this.#actions.pick })
          : null,
      ),
    );
  }

  #parts() {
    const { list, error, job, shown } = this.#plans;
    if (!list) return error ? this.#failed(error) : h("p", { class: "muted" }, t("loading"));
    const parts = [];
    if (list.length) parts.push(this.#choice(list));
    if (error) parts.push(this.#failed(error));
    if (job) parts.push(this.#progress(job));
    else if (this.#making || !list.length) parts.push(this.#maker(list));
    if (this.#said)
      parts.push(
        h(
          "p",
          { id: "pat-said", role: "status", class: this.#said.warn ? "warn-text" : "muted" },
          this.#said.text,
        ),
      );
    parts.push(this.#fixed());
    if (shown && list.length) parts.push(this.#told(shown));
    return parts;
  }

  // Places that every shift comes to, with a hotspot or without.
  #fixed() {
    const { fixed } = this.#about;
    const { layers } = this.#store.state;
    const drawn = layers.includes("fixed_points");
    const other = drawn
      ? layers.filter((/** @type {string} */ name) => name !== "fixed_points")
      : [...layers, "fixed_points"];
    return folding(
      "pat-fixed-points",
      t("pat_fixed_points", { n: fixed.of ? number(fixed.of.length) : "…" }),
      this.#opened,
      fixedPointsPart(fixed, {
        pick: this.#actions.pickFixed,
        place: this.#actions.placeFixed,
        draw: this.#actions.drawSegment,
        layer: () => this.#store.set({ layers: other }),
        drawn,
      }),
    );
  }

  /** @param {any} list */
  #maker(list) {
    if (!this.#hotspotRuns.list)
      return this.#hotspotRuns.error
        ? h("p", { class: "warn-text" }, messageOf(this.#hotspotRuns.error))
        : h("p", { class: "muted" }, t("loading"));
    if (!this.#form.runs.length && !this.#about.fixed.inUse.length) {
      return h(
        "div",
        { id: "pat-none" },
        h("p", {}, t("pat_none")),
        h(
          "button",
          {
            type: "button",
            id: "pat-to-hotspots",
            class: "link",
            onclick: () => this.#actions.openHotspots(),
          },
          t("pat_to_hotspots"),
        ),
      );
    }
    return [
      list.length ? null : h("p", { id: "pat-empty" }, t("pat_empty")),
      this.#form.render(() => this.#make()),
    ];
  }

  /** @param {Told} error */
  #failed(error) {
    return h(
      "div",
      { id: "pat-error", class: "pat-error", role: "alert" },
      h("p", { class: "warn-text" }, messageOf(error)),
      h("button", { type: "button", id: "pat-retry", onclick: () => this.#again() }, t("retry")),
    );
  }

  async #again() {
    await this.#plans.refresh();
    await this.#plans.show(this.#store.state.plan);
  }

  /** @param {any} list */
  #choice(list) {
    const { plan } = this.#store.state;
    const { shown } = this.#plans;
    /** @param {Properties} p */
    const text = (p) => `${planName(p)} · ${t("pat_sum_short", { n: p.summary.visited })}`;
    return [
      h(
        "select",
        {
          id: "pat-plan",
          "aria-label": t("pat_plan"),
          onchange: (event) => this.#actions.choosePlan(event.target.value || null),
        },
        h("option", { value: "" }, t("hot_off")),
        list.map((/** @type {Properties} */ p) =>
          h("option", { value: p.patrol_id, selected: String(p.patrol_id) === plan }, text(p)),
        ),
      ),
      h(
        "div",
        { class: "row hot-tools" },
        h(
          "button",
          {
            type: "button",
            id: "pat-new",
            "aria-expanded": String(this.#making),
            onclick: () => this.#toggleForm(),
          },
          t("pat_new"),
        ),
        shown && list.length > 1
          ? h(
              "button",
              { type: "button", id: "pat-compare-open", onclick: () => this.#compare(list) },
              t("pat_compare"),
            )
          : null,
        shown
          ? h("button", { type: "button", id: "pat-delete", onclick: () => this.#remove() }, t("hot_delete"))
          : null,
        shown
          ? h(
              "span",
              { class: "pat-files", role: "group", "aria-label": t("pat_files") },
              fileLinks(shown.plan.patrol_id),
            )
          : null,
      ),
    ];
  }

  // With the plan that it was made from, or else the newest other one.
  /** @param {any} list */
  #compare(list) {
    const { plan } = this.#plans.shown;
    const other =
      list.find((/** @type {Properties} */ p) => p.patrol_id === plan.replaces_id) ??
      list.find((/** @type {Properties} */ p) => p.patrol_id !== plan.patrol_id);
    this.#actions.compare(other.patrol_id, plan.patrol_id);
  }

  // What went wrong with a wish; null for nothing.
  /** @param {any} text */
  trouble(text) {
    this.#trouble = text;
    this.render();
    if (text) this.element.querySelector("#pat-trouble")?.scrollIntoView({ block: "nearest" });
  }

  /** @param {any} id */
  unfold(id) {
    this.element.open = true;
    this.#opened.add(id);
  }

  /** @param {any} ids */
  focus(...ids) {
    ids
      .map((/** @type {any} */ id) => this.element.querySelector(`#${id}:not(:disabled)`))
      .find(Boolean)
      ?.focus();
  }

  #toggleForm() {
    this.#making = !this.#making;
    this.#said = null;
    if (this.#making) this.#prepare();
    this.render();
  }

  /** @param {any} job */
  #progress(job) {
    const step = t(`pat_state_${job.step}`);
    const found = job.so_far && {
      n: number(job.so_far.stops),
      prize: job.so_far.prize.toFixed(1),
      teams: number(job.so_far.lines.length),
    };
    return progressOf(job, {
      name: "pat",
      step,
      told: t("pat_progress", { step, s: job.seconds ?? 0 }),
      more: found ? h("p", { id: "pat-so-far" }, t("pat_so_far", found)) : null,
      onStop: () => this.#plans.cancel(),
    });
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

  /** @param {any} shown */
  #told(shown) {
    this.renderLive();
    return toldOf(shown, {
      opened: this.#opened,
      sel: this.#store.state.sel,
      actions: this.#actions,
      about: this.#about,
      live: this.#live,
      busy: Boolean(this.#plans.job),
      trouble: this.#trouble,
    });
  }

  #remove() {
    const id = this.#plans.shown.plan.patrol_id;
    this.#plans.remove(id);
    this.#actions.choosePlan(null);
    this.#toast.show(t("pat_deleted", { n: id }), () => this.#takeBack(id));
  }

  /** @param {any} id */
  async #takeBack(id) {
    await this.#plans.keep();
    this.#actions.choosePlan(String(id));
  }
}
