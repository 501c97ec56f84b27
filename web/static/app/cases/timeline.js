// Incidents a day or week; dragging over the bars sets the period.

import uPlot from "uplot";
import { get, Latest } from "../shell/api.js";
import { may } from "../shell/rights.js";
import { addDays, fromSeconds, toSeconds } from "../shell/dates.js";
import { button, byId, css, h, replace } from "../shell/dom.js";
import { number, t } from "../shell/i18n.js";
import { queryOf } from "./query.js";

const FONT_PX = 14;
const DAY_S = 86_400;

export class Timeline {
  #store;
  #onError;
  #latest = new Latest();
  #step = "day";
  /** @type {any[]} */
  #points = [];
  /** @type {any} */
  #plot = null;

  /**
   * @param {import('../shell/state.js').Store} store
   * @param {(error: Told, name?: string) => void} onError
   */
  constructor(store, onError) {
    this.#store = store;
    this.#onError = onError;
    new ResizeObserver(() => this.#draw()).observe(byId("time"));
  }

  async refresh() {
    const { workspace, state } = this.#store;
    if (!workspace.period || !may("see_counts")) return;
    try {
      const found = await get(
        "/timeline",
        { ...queryOf(state, workspace.period), step: this.#step },
        { signal: this.#latest.start("timeline") },
      );
      this.#points = found.points;
      byId("time").classList.remove("stale");
      this.#draw();
    } catch (error) {
      if (error.name === "AbortError") return;
      byId("time").classList.add("stale");
      this.#onError(error);
    }
  }

  /** @param {any} step */
  #setStep(step) {
    this.#step = step;
    this.refresh();
  }

  redraw() {
    this.#draw();
  }

  #draw() {
    const { period } = this.#store.workspace;
    if (!period || !this.#points.length) return;
    const chart = h("div", { class: "chart", role: "img", "aria-label": this.#inWords() });
    const segments = ["day", "week"].map((step) =>
      button(t(step === "day" ? "by_day" : "by_week"), {
        "aria-pressed": String(step === this.#step),
        onclick: () => this.#setStep(step),
      }),
    );
    this.#plot?.destroy();
    replace(
      byId("time"),
      h(
        "div",
        { class: "row apart" },
        h(
          "h3",
          {},
          t(this.#step === "day" ? "timeline" : "timeline_week"),
          " · ",
          h("span", { class: "muted", id: "time-value" }, t("brush_hint")),
        ),
        h("div", { class: "segments" }, segments),
      ),
      chart,
    );
    if (chart.clientWidth < 40) return;
    this.#plot = new uPlot(
      /** @type {any} */ (this.#options(chart)),
      /** @type {any} */ (this.#series()),
      chart,
    );
  }

  #inWords() {
    const most = this.#points.reduce((a, b) => (b[1] > a[1] ? b : a), ["", 0]);
    const title = t(this.#step === "day" ? "timeline" : "timeline_week");
    return `${title}: ${this.#points.length}; max ${number(most[1])} (${most[0]})`;
  }

  #series() {
    const { from, to } = this.#store.state;
    const width = this.#step === "week" ? 7 : 1;
    /** @param {[any]} given */
    const inside = ([d]) => addDays(d, width - 1) >= from && d <= to;
    return [
      this.#points.map(([d]) => toSeconds(d)),
      this.#points.map((p) => (inside(p) ? null : p[1])),
      this.#points.map((p) => (inside(p) ? p[1] : null)),
    ];
  }

  /** @param {any} chart */
  #options(chart) {
    const bars = /** @type {any} */ (uPlot.paths).bars({ size: [0.8, 24, 1] });
    /** @param {string} fill */
    const series = (fill) => ({ paths: bars, points: { show: false }, fill, width: 0, stroke: fill });
    const axis = {
      stroke: css("--ink-2"),
      font: `${FONT_PX}px ${css("--font")}`,
      grid: { show: false },
      ticks: { stroke: css("--line"), width: 1, size: 4 },
    };
    return {
      width: chart.clientWidth,
      height: chart.clientHeight,
      tzDate: (/** @type {any} */ s) => uPlot.tzDate(new Date(s * 1000), "Etc/UTC"),
      legend: { show: false },
      cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false } },
      padding: [10, 4, 0, 0],
      scales: {
        x: {
          time: true,
          range: (/** @type {any} */ _, /** @type {number} */ low, /** @type {number} */ high) => [
            low - DAY_S,
            high + (this.#step === "week" ? 7 : 1) * DAY_S,
          ],
        },
        y: {
          range: (/** @type {any} */ _, /** @type {any} */ _low, /** @type {number} */ high) => [
            0,
            Math.max(1, high),
          ],
        },
      },
      axes: [
        {
          ...axis,
          size: 24,
          gap: 2,
          space: 72,
          values: (/** @type {any} */ _, /** @type {any} */ splits) =>
            splits.map((/** @type {any} */ s) =>
              fromSeconds(s).slice(
                fromSeconds(s).endsWith("-01") ? 0 : 5,
                fromSeconds(s).endsWith("-01") ? 7 : 10,
              ),
            ),
        },
        {
          ...axis,
          size: 40,
          gap: 2,
          space: 16,
          grid: { stroke: css("--line"), width: 1 },
          values: (/** @type {any} */ _, /** @type {any} */ splits) =>
            splits.map((/** @type {any} */ v) => (Number.isInteger(v) ? number(v) : "")),
        },
      ],
      series: [{}, series(css("--line")), series(css("--accent"))],
      hooks: {
        setSelect: [(/** @type {any} */ plot) => this.#chosen(plot)],
        setCursor: [(/** @type {any} */ plot) => this.#pointed(plot)],
      },
    };
  }

  /** @param {{ cursor: any }} given */
  #pointed({ cursor }) {
    const point = cursor.idx === null ? null : this.#points[cursor.idx];
    byId("time-value").textContent = point
      ? `${point[0]} · ${number(point[1])} ${t("unit_incident")}`
      : t("brush_hint");
  }

  /** @param {any} plot */
  #chosen(plot) {
    if (plot.select.width < 4) return;
    const period = /** @type {Days} */ (this.#store.workspace.period);
    /** @param {any} px */
    const day = (px) => fromSeconds(Math.floor(plot.posToVal(px, "x") / DAY_S) * DAY_S);
    /** @param {any} d */
    const clamp = (d) => (d < period.from ? period.from : d > period.to ? period.to : d);
    this.#store.set({
      from: clamp(day(plot.select.left)),
      to: clamp(day(plot.select.left + plot.select.width)),
    });
  }
}
