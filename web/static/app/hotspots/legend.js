// What the hotspot layer's marks mean: method, period, level of significance, labels, how sure.

import { h } from "../shell/dom.js";
import { labelOf, number, t } from "../shell/i18n.js";
import { swatch } from "../shell/map/symbols.js";
import { className, definition, headline, isCold, isFound, marking, periodOf } from "./marking.js";
import { areaSwatch } from "./patterns.js";
import { leastShown, noted } from "../shell/terms.js";

const LEVELS = ["≤ {a}", "≤ 0.01", "≤ 0.001"];
const Z_LEVELS = ["2.0", "2.6", "3.3"];
const BY_Q = new Set(["gi", "moran"]);
/** @type {any} */
const BY_P = new Set(["scan", "space-time-scan", "expected-scan"]);

/**
 * @param {any} mark
 * @param {string} label
 * @param {Properties | null} [extra]
 */
const row = (mark, label, extra = null) => h("li", {}, mark, h("span", {}, label), extra);

/**
 * @param {string} method
 * @param {any} alpha
 */
function sureRows(method, alpha) {
  /** @param {any} sure */
  const mark = (sure) =>
    areaSwatch(BY_P.has(method) ? { outline: true, sure } : { pattern: `hatch-hot-${sure}`, sure });
  const sign = BY_P.has(method) ? "p" : "q";
  return [
    h("p", { class: "muted" }, t("hot_sure")),
    h(
      "ul",
      {},
      [3, 2, 1].map((sure) => row(mark(sure), `${sign} ${LEVELS[sure - 1].replace("{a}", alpha)}`)),
    ),
  ];
}

function sliceRows() {
  const rows = ["hot", "cold"].flatMap((heat) =>
    [3, 2, 1].map((sure) =>
      row(
        areaSwatch({ pattern: `hatch-${heat}-${sure}`, heat, sure }),
        `z ${heat === "hot" ? `≥ ${Z_LEVELS[sure - 1]}` : `≤ −${Z_LEVELS[sure - 1]}`}`,
      ),
    ),
  );
  return [h("p", { class: "muted" }, t("hot_slice_scale")), h("ul", {}, rows)];
}

/**
 * @param {string} label
 * @param {number} n
 * @param {{ run: Properties, classes: Schemas['HotspotClass'][], features: Feature[] }} given2
 */
function labelRow(label, n, { run, classes, features }) {
  /** @type {any} */
  const sample = features.find((/** @type {Feature} */ f) => f.properties.label === label);
  const look = marking(
    { properties: { ...sample.properties, q: 0, p: 0, stability: 1 } },
    run,
    classes,
    null,
  );
  const mark = areaSwatch({
    ...look,
    heat: isCold(label) ? "cold" : "hot",
    faint: look.heat === "none",
    line: label === "stretch",
    sure: look.sure ?? 1,
  });
  return row(mark, className(classes, label), h("span", { class: "num muted" }, number(n)));
}

/** @param {any} shown */
function labels(shown) {
  const counts = new Map();
  for (const { properties: p } of shown.features)
    if (p.label !== "none") counts.set(p.label, (counts.get(p.label) ?? 0) + 1);
  const order = shown.classes.map((/** @type {any} */ c) => c.code);
  const codes = [...counts.keys()].sort((a, b) => order.indexOf(a) - order.indexOf(b));
  const meaning = codes.map((code) => [
    h("dt", {}, className(shown.classes, code)),
    h("dd", { class: "muted" }, definition(shown.classes, code)),
  ]);
  return [
    h(
      "ul",
      { id: "hot-labels" },
      codes.map((code) => labelRow(code, counts.get(code), shown)),
    ),
    codes.length
      ? h(
          "details",
          { class: "hot-definitions" },
          h("summary", {}, t("hot_definitions")),
          h("dl", {}, meaning),
        )
      : null,
  ];
}

/**
 * @param {{ features: Feature[], run: Properties }} given
 * @param {Workspace} workspace
 */
function domains({ features, run }, workspace) {
  if (run.method !== "gi") return null;
  const there = [
    ...new Set(features.filter(isFound).map((/** @type {Feature} */ f) => f.properties.domain)),
  ].filter(Boolean);
  return there.length > 1
    ? h(
        "ul",
        {},
        there.map((d) => row(swatch(`d-${d}`), labelOf(workspace.domains, d))),
      )
    : null;
}

/**
 * @param {any} shown
 * @param {number | null} slice
 * @param {Workspace} workspace
 */
export function hotspotLegend(shown, slice, workspace) {
  if (!shown) return null;
  const { run } = shown;
  const { alpha } = run.parameters;
  const level =
    BY_Q.has(run.method) || run.method === "emerging"
      ? "hot_level_q"
      : BY_P.has(run.method) || run.method === "near-repeat"
        ? "hot_level_p"
        : "hot_level_no";
  return h(
    "div",
    { id: "legend-hotspots" },
    h("h3", {}, headline(run, workspace), " · ", periodOf(run)),
    h("p", { class: "hot-caption" }, noted("caption")),
    slice === null
      ? [
          h("p", { class: "muted" }, t(level, { alpha })),
          labels(shown),
          BY_Q.has(run.method) || BY_P.has(run.method) ? sureRows(run.method, alpha) : null,
          run.method === "emerging"
            ? h("p", { class: "muted" }, `${t("hot_sure")}: ${t("hot_stable")}`)
            : null,
          domains(shown, workspace),
        ]
      : sliceRows(),
    run.summary.withheld
      ? h(
          "p",
          { class: "muted" },
          t("hot_withheld", { n: number(run.summary.withheld), least: leastShown() }),
        )
      : null,
  );
}
