// Hotspots in the left panel: choose a run, make one, delete one with a way back, reach each area by
// keyboard.

import { address } from "../shell/api.js";
import { h, replace } from "../shell/dom.js";
import { labelOf, lang, messageOf, nameOf, number, t } from "../shell/i18n.js";
import { UNDO_MS } from "./runs.js";
import { Form } from "./form.js";
import { className, headline, isFound, pText } from "./marking.js";
import { leastShown, noted } from "../shell/terms.js";
import { progressOf, Toast } from "../shell/ui/work.js";

const FORMATS = ["csv", "xlsx", "geojson", "gpkg"];
const MOST_LISTED = 40;
// Areas of these methods are named for what they are.
const SELF_NAMED = new Set(["kde", "network-kde"]);

/**
 * What a run says of how it is to be read, in the page's language.
 * @param {Properties} run
 * @returns {string[]}
 */
const said = (run) =>
  (run.summary.notes ?? []).map((/** @type {[string, string]} */ [zh, en]) => (lang === "en" ? en : zh));

export class HotspotPanel {
  element = h("details", { id: "hotspots", class: "hotspots" });
  #store;
  #runs;
  #actions;
  #form;
  #making = false;
  /** @type {any} */
  #said = null;
  #toast = new Toast("hot", UNDO_MS);

  /**
   * @param {import('../shell/state.js').Store} store
   * @param {any} runs
   * @param {Actions} actions
   */
  constructor(store, runs, actions) {
    this.#store = store;
    this.#runs = runs;
    this.#actions = actions;
    this.#form = new Form(store, () => this.render());
    this.element.open = Boolean(store.state.hot);
    this.element.addEventListener("toggle", () => this.element.open && this.#opened());
  }

  #opened() {
    if (!this.#runs.list) this.#runs.refresh();
    this.element.scrollIntoView({ block: "start" });
  }

  render() {
    const focused = this.element.contains(document.activeElement) ? document.activeElement?.id : null;
    const scrolled = this.element.querySelector(".hot-found")?.scrollTop ?? 0;
    replace(
      this.element,
      h("summary", {}, t("hotspots"), h("span", { class: "hot-caption" }, ` · ${noted("caption")}`)),
      h("div", { class: "group" }, this.#parts()),
    );
    if (focused) this.element.querySelector(`#${CSS.escape(focused)}`)?.focus({ preventScroll: true });
    const found = this.element.querySelector(".hot-found");
    if (found) found.scrollTop = scrolled;
  }

  #parts() {
    const { list, error, job } = this.#runs;
    if (!list) return error ? this.#trouble(error) : h("p", { class: "muted" }, t("loading"));
    const parts = [];
    if (list.length) parts.push(this.#choice(list));
    else if (!job) parts.push(h("p", { id: "hot-empty" }, t("hot_empty")));
    if (error) parts.push(this.#trouble(error));
    if (job) parts.push(this.#progress(job));
    else if (this.#making || !list.length) parts.push(this.#form.render(() => this.#make()));
    if (this.#said)
      parts.push(
        h(
          "p",
          { id: "hot-said", role: "status", class: this.#said.warn ? "warn-text" : "muted" },
          this.#said.text,
        ),
      );
    if (this.#runs.shown && list.length) parts.push(this.#found(this.#runs.shown));
    return parts;
  }

  /** @param {Told} error */
  #trouble(error) {
    return h(
      "div",
      { id: "hot-error", role: "alert" },
      h("p", { class: "warn-text" }, messageOf(error)),
      h("button", { type: "button", id: "hot-retry", onclick: () => this.#again() }, t("retry")),
    );
  }

  async #again() {
    await this.#runs.refresh();
    await this.#runs.show(this.#store.state.hot);
  }

  /** @param {any} list */
  #choice(list) {
    const { hot } = this.#store.state;
    const { workspace } = this.#store;
    /** @param {Properties} run */
    const text = (run) => `${run.run_id} · ${headline(run, workspace)} · ${run.since} – ${run.until}`;
    const chosen = h(
      "select",
      {
        id: "hot-run",
        class: "grow",
        "aria-label": t("hot_run"),
        onchange: (event) => this.#actions.chooseRun(event.target.value || null),
      },
      h("option", { value: "" }, t("hot_off")),
      list.map((/** @type {Properties} */ run) =>
        h("option", { value: run.run_id, selected: String(run.run_id) === hot }, text(run)),
      ),
    );
    return [
      h("div", { class: "row" }, chosen),
      h(
        "div",
        { class: "row hot-tools" },
        h(
          "button",
          {
            type: "button",
            id: "hot-new",
            "aria-expanded": String(this.#making),
            onclick: () => this.#toggleForm(),
          },
          t("hot_new"),
        ),
        this.#runs.shown
          ? h("button", { type: "button", id: "hot-delete", onclick: () => this.#remove() }, t("hot_delete"))
          : null,
        this.#runs.shown
          ? h(
              "span",
              { class: "hot-files" },
              FORMATS.map((format) =>
                h(
                  "a",
                  {
                    href: address(`/hotspot-runs/${this.#runs.shown.run.run_id}/export`, { format }),
                    download: "",
                    "aria-label": `${t("download")} ${format.toUpperCase()}`,
                  },
                  format.toUpperCase(),
                ),
              ),
            )
          : null,
      ),
    ];
  }

  #toggleForm() {
    this.#making = !this.#making;
    this.#said = null;
    this.render();
    this.element.scrollIntoView({ block: "start" });
  }

  /** @param {any} job */
  #progress(job) {
    const step = t(`hot_state_${job.step}`);
    const told = t("hot_progress", { step, done: job.done, total: job.total, s: job.seconds ?? 0 });
    return progressOf(job, { name: "hot", step, told, onStop: () => this.#runs.cancel() });
  }

  async #make() {
    this.#said = null;
    try {
      const id = await this.#runs.make(this.#form.parameters());
      this.#said = id ? null : { text: t("hot_cancelled") };
      if (id) {
        this.#making = false;
        this.#actions.chooseRun(String(id));
      }
    } catch (error) {
      this.#said = { text: messageOf(error), warn: true };
    }
    this.render();
  }

  /** @param {{ run: Properties, features: Feature[], classes: Schemas['HotspotClass'][] }} given */
  #found({ run, features, classes }) {
    if (run.summary.table) return this.#nearRepeat(run);
    const found = features.filter(isFound);
    const notes = [
      run.summary.withheld
        ? t("hot_withheld", { n: number(run.summary.withheld), least: leastShown() })
        : null,
      // One to four are not told: the answer then holds null in place of the number.
      run.summary.left_out_sealed === 0
        ? null
        : t("hot_sealed", {
            n: run.summary.left_out_sealed === null ? "< 5" : number(run.summary.left_out_sealed),
          }),
      run.summary.permutations_few ? t("hot_few") : null,
      ...said(run),
    ].filter(Boolean);
    /** @param {Properties} p */
    const words = (p) => (lang === "en" ? p.words_en : p.words_zh);
    /** @param {{ properties: Properties }} given */
    const item = ({ properties: p }) =>
      h(
        "li",
        {},
        h(
          "button",
          {
            type: "button",
            class: "link",
            id: `hot-${p.rank}`,
            title: words(p),
            onclick: () => this.#actions.pickHotspot(p.rank),
          },
          `${p.rank} ${nameOf(p)}`,
        ),
        SELF_NAMED.has(run.method)
          ? null
          : h(
              "span",
              { class: "muted" },
              !run.domain && p.domain ? ` ${labelOf(this.#store.workspace.domains, p.domain)} ·` : "",
              ` ${className(classes, p.label)}`,
            ),
      );
    return [
      h(
        "p",
        { class: "muted", id: "hot-count" },
        found.length
          ? t("hot_found", { n: number(found.length) })
          : run.summary.permutations_few
            ? null
            : t("hot_none_found"),
      ),
      found.length
        ? h("ol", { class: "hot-found", tabindex: "-1" }, found.slice(0, MOST_LISTED).map(item))
        : null,
      notes.map((text) => h("p", { class: "muted" }, text)),
    ];
  }

  /** @param {Properties} run */
  #nearRepeat(run) {
    const { table } = run.summary;
    const { alpha } = run.parameters;
    const bands = [...new Set(table.map((/** @type {Properties} */ row) => row.from_m))];
    const times = [...new Set(table.map((/** @type {Properties} */ row) => row.from_days))];
    /** @param {Properties} row */
    const cell = (row) => {
      if (!row) return "–";
      const text = row.ratio === null ? "–" : row.ratio.toFixed(2);
      // Runs that were kept before bands were corrected together have each band's own p alone.
      const p = row.p_family ?? row.p;
      const q = row.q === undefined || row.q === null ? [] : [`q ${pText(row.q)}`];
      return h(
        row.ratio > 1 && p <= alpha ? "b" : "span",
        {
          title: [`${row.observed} / ${row.expected}`, `p ${pText(p)}`, ...q].join(", "),
        },
        text,
      );
    };
    /** @param {any} from */
    const metres = (from) =>
      from === 0 && table.some((/** @type {Properties} */ row) => row.from_m === 0 && row.to_m <= 1)
        ? t("hot_near_same")
        : `≥ ${from} m`;
    return [
      h(
        "table",
        { id: "hot-near", class: "hot-near" },
        h("caption", {}, t("hot_near")),
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            h("th", {}),
            times.map((from) =>
              h("th", { scope: "col", class: "num" }, `≥ ${from} ${lang === "en" ? "d" : "天"}`),
            ),
          ),
        ),
        h(
          "tbody",
          {},
          bands.map((from) =>
            h(
              "tr",
              {},
              h("th", { scope: "row" }, metres(from)),
              times.map((day) =>
                h(
                  "td",
                  { class: "num" },
                  cell(
                    table.find(
                      (/** @type {Properties} */ row) => row.from_m === from && row.from_days === day,
                    ),
                  ),
                ),
              ),
            ),
          ),
        ),
      ),
      h("p", { class: "muted" }, t("hot_near_note", { alpha })),
      said(run).map((text) => h("p", { class: "muted" }, text)),
    ];
  }

  #remove() {
    const id = this.#runs.shown.run.run_id;
    this.#runs.remove(id);
    this.#actions.chooseRun(null);
    this.#toast.show(t("hot_deleted", { n: id }), () => this.#takeBack(id));
  }

  /** @param {any} id */
  async #takeBack(id) {
    await this.#runs.keep();
    this.#actions.chooseRun(String(id));
  }
}
