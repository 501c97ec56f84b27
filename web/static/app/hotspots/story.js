// An area of a run, explained in words.

import { getKept } from "../shell/api.js";
import { h } from "../shell/dom.js";
import { km2, labelOf, lang, nameOf, number, t } from "../shell/i18n.js";
import { swatch } from "../shell/map/symbols.js";
import { className, definition, headline, isFound, periodOf, pText } from "./marking.js";
import { spanOf } from "./slider.js";
import { may } from "../shell/rights.js";
import { noted } from "../shell/terms.js";

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {any} values
 * @param {Properties} run
 * @param {number | null} slice
 */
function course(values, run, slice) {
  const [width, height] = [320, 56];
  const most = Math.max(3, ...values.map((/** @type {number} */ z) => Math.abs(z ?? 0)));
  const step = width / values.length;
  const svg = document.createElementNS(SVG, "svg");
  /**
   * @param {any} element
   * @param {Attributes} attributes
   */
  const set = (element, attributes) =>
    Object.entries(attributes).forEach(([k, v]) => element.setAttribute(k, v));
  set(svg, {
    viewBox: `0 0 ${width} ${height}`,
    class: "hot-course",
    role: "img",
    "aria-label": values
      .map((/** @type {number} */ z, /** @type {number} */ i) => `${run.summary.slices[i]}: ${z}`)
      .join(", "),
  });
  /**
   * @param {string} tag
   * @param {Attributes} attributes
   */
  const add = (tag, attributes) => {
    const element = document.createElementNS(SVG, tag);
    set(element, attributes);
    svg.append(element);
    return element;
  };
  values.forEach((/** @type {number} */ z, /** @type {number} */ i) => {
    const tall = (Math.abs(z ?? 0) / most) * (height / 2 - 2);
    const bar = add("rect", {
      x: i * step + 1,
      y: z > 0 ? height / 2 - tall : height / 2,
      width: Math.max(1, step - 2),
      height: tall,
      fill: `var(--${z > 0 ? "hot" : "cold"})`,
      opacity: Math.abs(z) >= 1.96 ? 1 : 0.4,
    });
    if (i === slice) set(bar, { stroke: "var(--ink)", "stroke-width": 2 });
    bar.append(
      Object.assign(document.createElementNS(SVG, "title"), {
        textContent: `${spanOf(run, i).join(" – ")}: z ${z}`,
      }),
    );
  });
  add("line", { x1: 0, x2: width, y1: height / 2, y2: height / 2, stroke: "var(--ink-2)" });
  return svg;
}

/**
 * @param {Properties} p
 * @param {Properties} run
 * @param {{ actions: Actions }} given2
 */
async function links(p, run, { actions }) {
  if (!p.grid_key || run.parameters.hexagons !== null) return null;
  const grid = await getKept(`/grids/${p.grid_key}`).catch(() => null);
  if (!grid) return null;
  const name = nameOf(grid.properties);
  const domain = p.domain ?? run.domain;
  return h(
    "div",
    { class: "hot-links" },
    h(
      "button",
      {
        type: "button",
        class: "link hot-records",
        onclick: () =>
          actions.hotspotRecords({
            grid: p.grid_key,
            domain,
            kind: run.kind,
            from: p.since ?? run.since,
            to: run.until,
          }),
      },
      t("hot_records", { name }),
    ),
    h(
      "button",
      { type: "button", class: "link", onclick: () => actions.open(p.grid_key) },
      t("hot_open_grid", { name }),
    ),
    may("act_on_case")
      ? h(
          "a",
          {
            class: "link hot-visit",
            href: `/tasks/new?kind=visit&grid=${p.grid_key}&origin=hotspot+${run.run_id}/${p.rank}`,
          },
          t("hot_visit"),
        )
      : null,
  );
}

/**
 * @param {Feature} feature
 * @param {any} shown
 * @param {any} context
 */
async function explained(feature, shown, context) {
  const { run, classes } = shown;
  const p = feature.properties;
  const found = isFound(feature);
  const domain = p.domain
    ? [swatch(`d-${p.domain}`), " ", labelOf(context.workspace.domains, p.domain)]
    : null;
  const pairs = [
    [t("domain"), domain],
    [t("hot_since"), p.since],
    [t("hot_before"), p.before],
    [
      t("hot_evidence"),
      [
        p.z === null || p.z === undefined ? null : `z ${p.z}`,
        p.q === null || p.q === undefined ? null : `q ${pText(p.q)}`,
        p.p === null || p.p === undefined ? null : `p ${pText(p.p)}`,
      ]
        .filter(Boolean)
        .join(" · "),
    ],
    [t("hot_risk"), p.relative_risk ? String(p.relative_risk) : null],
    [
      t("hot_stability"),
      p.stability === undefined || p.stability === null ? null : `${Math.round(100 * p.stability)} %`,
    ],
    [t("area"), p.area_km2 ? `${km2(p.area_km2)} ${t("unit_km2")}` : null],
    [t("hot_density"), p.per_km ? number(p.per_km) : null],
  ].filter(([, value]) => value !== null && value !== undefined && value !== "");
  const meaning = definition(classes, p.label);
  return h(
    "div",
    { class: "group hot-area", dataset: { rank: p.rank } },
    h(
      "h3",
      {},
      h("span", {}, found || p.label === "candidate" ? className(classes, p.label) : t("hot_class_none")),
      found ? h("span", { class: "muted" }, t("hot_rank", { n: p.rank })) : null,
    ),
    h("p", {}, h("b", {}, nameOf(p))),
    h("p", { class: "hot-words" }, lang === "en" ? p.words_en : p.words_zh),
    p.proposal ? h("p", { class: "hot-proposal" }, t(`hot_propose_${p.proposal}`)) : null,
    h(
      "dl",
      { class: "facts" },
      pairs.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
    ),
    p.course ? [h("p", { class: "muted" }, t("hot_course")), course(p.course, run, context.slice)] : null,
    meaning && found
      ? h(
          "p",
          { class: "muted" },
          `${t("hot_definition")}：${meaning}`.replace("：", lang === "en" ? ": " : "："),
        )
      : null,
    await links(p, run, context),
  );
}

// Gives the first feature, the title, its sub-title, and what is told of each area.
/**
 * @param {any} shown
 * @param {any} ranks
 * @param {any} context
 */
export async function hotspotStory(shown, ranks, context) {
  const found = ranks
    .map((/** @type {number} */ rank) =>
      shown?.features.find((/** @type {Feature} */ f) => f.properties.rank === rank),
    )
    .filter(Boolean);
  if (!found.length) throw Object.assign(new Error("hotspot"), { status: 404 });
  const { run } = shown;
  const parts = await Promise.all(found.map((/** @type {Feature} */ f) => explained(f, shown, context)));
  return {
    feature: found[0],
    title: nameOf(found[0].properties),
    kind: h("span", {}, headline(run, context.workspace), " · ", periodOf(run)),
    parts: [h("p", { class: "group hot-caption" }, noted("caption")), parts],
  };
}
