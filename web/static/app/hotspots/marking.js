// How a feature of a run is marked: hot or cold, how sure, which pattern, which words. No drawing here.

import { h } from "../shell/dom.js";
import { lang, labelOf } from "../shell/i18n.js";

const SURE = [0.001, 0.01];
const Z_BREAKS = [1.96, 2.58, 3.29];
const STABLE = [0.8, 0.5];
const COLD = new Set(["cold", "LL", "LH"]);
const OUTLIER = new Set(["HL", "LH"]);
export const NOTHING = new Set(["none", "candidate"]);

/** @param {string} label */
export const isCold = (label) => COLD.has(label) || label.endsWith("_cold");
/** @param {Feature} feature */
export const isFound = (feature) => !NOTHING.has(feature.properties.label);
/** @param {any} p */
export const pText = (p) => (p < 0.001 ? "< 0.001" : p < 0.01 ? p.toFixed(3) : p.toFixed(2));

// 3, 2, 1: how far below the level of significance.
/** @param {any} p */
export function sureness(p) {
  return p <= SURE[0] ? 3 : p <= SURE[1] ? 2 : 1;
}

/**
 * @param {Schemas['HotspotClass'][]} classes
 * @param {string} label
 */
export function className(classes, label) {
  const found = classes.find((/** @type {any} */ c) => c.code === label);
  return found ? found[lang] : label;
}

/**
 * @param {Schemas['HotspotClass'][]} classes
 * @param {string} label
 */
export function definition(classes, label) {
  const found = classes.find((/** @type {any} */ c) => c.code === label);
  return found ? found[`definition_${lang}`] : "";
}

/**
 * @param {Properties} p
 * @param {any} slice
 */
function bySlice(p, slice) {
  const z = p.course?.[slice];
  if (z === undefined || z === null) return { heat: "none" };
  const sure = Z_BREAKS.filter((at) => Math.abs(z) >= at).length;
  return sure
    ? { heat: z > 0 ? "hot" : "cold", sure, pattern: `hatch-${z > 0 ? "hot" : "cold"}-${sure}`, text: "" }
    : { heat: "none" };
}

/** @type {Record<string, number>} */
const SHARES = { top25: 3, top50: 2, top75: 1 };

/** @type {Record<string, any>} */
const OF_METHOD = {
  gi: (/** @type {Properties} */ p) => ({
    pattern: `hatch-${isCold(p.label) ? "cold" : "hot"}-${sureness(p.q)}`,
    sure: sureness(p.q),
    icon: p.domain ? `d-${p.domain}` : "",
  }),
  moran: (/** @type {Properties} */ p) => ({
    pattern: [OUTLIER.has(p.label) ? "dots" : "hatch", isCold(p.label) ? "cold" : "hot", sureness(p.q)].join(
      "-",
    ),
    sure: sureness(p.q),
  }),
  scan: (/** @type {Properties} */ p) => ({ outline: true, sure: sureness(p.p), text: String(p.rank) }),
  kde: (/** @type {Properties} */ p) => ({
    pattern: `hatch-hot-${SHARES[p.label]}`,
    sure: SHARES[p.label],
  }),
  "network-kde": () => ({ sure: 3 }),
  emerging: (/** @type {Properties} */ p, /** @type {Schemas['HotspotClass'][]} */ classes) => ({
    pattern: `${p.label.split("_")[0]}-${isCold(p.label) ? "cold" : "hot"}`,
    sure: p.stability >= STABLE[0] ? 3 : p.stability >= STABLE[1] ? 2 : 1,
    text: className(classes, p.label),
  }),
};
OF_METHOD["space-time-scan"] = OF_METHOD.scan;
OF_METHOD["expected-scan"] = OF_METHOD.scan;

// Properties that the map's layers read; `slice` is a number, or null for the labels of the whole period.
/**
 * @param {any} feature
 * @param {Properties} run
 * @param {Schemas['HotspotClass'][]} classes
 * @param {number | null} slice
 */
export function marking(feature, run, classes, slice) {
  const p = feature.properties;
  const named = { rank: p.rank, label: p.label, name_zh: p.name_zh, name_en: p.name_en };
  if (slice !== null) return { ...named, ...bySlice(p, slice) };
  if (p.label === "none") return { ...named, heat: "none" };
  if (p.label === "candidate") return { ...named, heat: "none", outline: true, text: String(p.rank) };
  return { ...named, heat: isCold(p.label) ? "cold" : "hot", ...OF_METHOD[run.method](p, classes) };
}

// Features as the map draws them: what was found over what was not, small areas over large ones.
/**
 * @param {{ features: Feature[], run: Properties, classes: Schemas['HotspotClass'][] }} given
 * @param {number | null} slice
 */
export function marked({ features, run, classes }, slice) {
  const found = features.some(isFound);
  // Without a domain the ground of all incidents lies under the hotspots of each domain: it is drawn where
  // nothing else is.
  const kept = features.filter(
    (/** @type {Feature} */ f) => f.geometry && (isFound(f) || !found || run.domain || run.method !== "gi"),
  );
  const out = kept.map((/** @type {Feature} */ f) => ({ ...f, properties: marking(f, run, classes, slice) }));
  return out.sort(
    (/** @type {any} */ a, /** @type {any} */ b) =>
      Number(a.properties.heat !== "none") - Number(b.properties.heat !== "none") ||
      (run.method === "kde" ? b.properties.rank - a.properties.rank : 0),
  );
}

/** @param {Properties} run */
export const periodOf = (run) => h("span", { class: "hot-period" }, `${run.since} – ${run.until}`);

/**
 * @param {Properties} run
 * @param {Workspace} workspace
 */
export function headline(run, workspace) {
  const parts = [
    lang === "en" ? run.summary.method_en : run.summary.method_zh,
    run.domain ? labelOf(workspace.domains, run.domain) : null,
    run.kind ? labelOf(Object.values(workspace.kinds).flat(), run.kind) : null,
  ];
  return parts.filter(Boolean).join(" · ");
}
