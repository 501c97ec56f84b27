// A grid, told by its incidents and what stands in it.

import { get, getKept } from "../shell/api.js";
import { daysBetween } from "../shell/dates.js";
import { h } from "../shell/dom.js";
import { clock, km2, labelOf, nameOf, number, t } from "../shell/i18n.js";
import { may } from "../shell/rights.js";
import { swatch } from "../shell/map/symbols.js";
import { facts, group, people } from "../shell/ui/facts.js";
import { queryOf } from "./query.js";

const MAIN_KINDS = 5;
// A story tells of a grid's period and domain; stages, kinds and flags are what its numbers lead to.
const PLAIN = { outside: false, stage: null, kind: null, flag: null };
const SVG = "http://www.w3.org/2000/svg";

/** @param {any[]} points */
function spark(points) {
  const [width, height] = [320, 40];
  const most = Math.max(1, ...points.map((/** @type {Properties} */ p) => p[1]));
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("class", "spark");
  svg.setAttribute("role", "img");
  svg.setAttribute(
    "aria-label",
    points.map((/** @type {[any, number]} */ [d, n]) => `${d}: ${n}`).join(", "),
  );
  const step = width / points.length;
  points.forEach((/** @type {[any, number]} */ [, n], /** @type {number} */ i) => {
    /** @type {any} */
    const bar = document.createElementNS(SVG, "rect");
    const tall = (n / most) * (height - 2);
    for (const [name, value] of Object.entries({
      x: i * step,
      y: height - tall,
      width: Math.max(1, step - 1),
      height: tall,
      fill: "var(--ramp-4)",
    }))
      bar.setAttribute(name, value);
    svg.append(bar);
  });
  return svg;
}

/**
 * @param {any} counts
 * @param {any} labels
 * @param {any} act
 * @param {boolean} [marks]
 */
function bars(counts, labels, act, marks = false) {
  const entries = Object.entries(counts ?? {})
    .filter(([, n]) => n > 0)
    .sort((a, b) => b[1] - a[1]);
  const most = Math.max(1, ...entries.map(([, n]) => n));
  return h(
    "div",
    { class: "bars" },
    entries.map(([code, n]) => {
      const bar = h("span", {});
      bar.style.width = `${(100 * n) / most}%`;
      return [
        h("span", { class: "row" }, marks ? swatch(`d-${code}`) : null, labels(code)),
        h("span", { class: "track" }, bar),
        act
          ? h(
              "button",
              {
                type: "button",
                class: "link num",
                "aria-label": `${labels(code)}: ${t("records", { n })}`,
                onclick: () => act(code),
              },
              number(n),
            )
          : h("span", { class: "num" }, number(n)),
      ];
    }),
  );
}

/**
 * @param {Actions} actions
 * @param {any} list
 * @param {string} text
 * @param {any} grid
 */
function listLink(actions, list, text, grid) {
  if (!text) return number(0);
  return h(
    "button",
    { type: "button", class: "link num", onclick: () => actions.list(list, grid) },
    typeof text === "number" ? number(text) : text,
  );
}

// Gives what the story shows of a grid; `context` has store, counts and actions.
/**
 * @param {string} key
 * @param {AbortSignal} signal
 * @param {{ store: import('../shell/state.js').Store, counts: any, actions: Actions }} given2
 */
export async function gridStory(key, signal, { store, actions }) {
  const { from, to } = store.state;
  const { workspace } = store;
  const query = queryOf(store.state, { grid: key, ...PLAIN });
  const step = from && daysBetween(from, to) > 60 ? "week" : "day";
  const counted = may("see_counts");
  const [feature, summary, timeline] = await Promise.all([
    getKept(`/grids/${key}`),
    counted ? get(`/grids/${key}/summary`, query, { signal }) : null,
    counted && from ? get("/timeline", { ...query, step }, { signal }) : { points: [] },
  ]);
  const p = feature.properties;
  const kind = `${t(`one_${p.level}`)} · ${p.code ?? p.grid_key}`;
  if (!summary) return { feature, title: nameOf(p), kind, parts: [] };
  const { incidents: n } = summary;
  /** @param {Properties} extra */
  const records = (extra) => () => actions.records({ grid: key, ...PLAIN, ...extra });
  /**
   * @param {string} name
   * @param {any} value
   * @param {Properties} extra
   * @param {any} [alarm]
   */
  const tile = (name, value, extra, alarm) =>
    h(
      "button",
      { type: "button", class: `tile${alarm && value ? " alarm" : ""}`, onclick: records(extra) },
      h("b", {}, number(value)),
      h("span", {}, t(name)),
    );
  const kinds = Object.entries(summary.by_kind)
    .sort((a, b) => b[1] - a[1])
    .slice(0, MAIN_KINDS);
  const known = Object.values(workspace.kinds).flat();
  return {
    feature,
    title: nameOf(p),
    kind,
    parts: [
      h(
        "div",
        { class: "tiles" },
        tile("incidents", n.total, {}),
        tile("open", n.open, { open: true }),
        tile("overdue", n.overdue, { overdue: true }, true),
        tile("to_confirm", n.to_confirm, { confirm: true }),
      ),
      n.sealed ? h("div", { class: "muted" }, t("sealed_counted", { n: number(n.sealed) })) : null,
      h(
        "div",
        { class: "group muted" },
        [
          `${from ?? ""} – ${to ?? ""}`,
          `${t("closed_late")} ${number(n.closed_late)} ${t("unit_incident")}`,
          t("answered_at", { time: clock(summary.as_of) }),
        ].join(" · "),
      ),
      timeline.points.length
        ? group(`${t("trend")} · ${t(step === "day" ? "by_day" : "by_week")}`, spark(timeline.points))
        : null,
      n.total !== 0
        ? group(
            t("by_domain"),
            bars(
              summary.by_domain,
              (/** @type {any} */ c) => labelOf(workspace.domains, c),
              (/** @type {any} */ c) => actions.records({ grid: key, ...PLAIN, domain: c }),
              true,
            ),
          )
        : h("p", { class: "nothing" }, t("zero")),
      n.total !== 0
        ? group(
            t("by_stage"),
            bars(
              summary.by_stage,
              (/** @type {any} */ c) => labelOf(workspace.stages, c),
              (/** @type {any} */ c) => actions.records({ grid: key, ...PLAIN, stage: c }),
            ),
          )
        : null,
      kinds.length
        ? group(
            t("by_kind"),
            bars(
              Object.fromEntries(kinds),
              (/** @type {any} */ c) => labelOf(known, c),
              (/** @type {any} */ c) => actions.records({ grid: key, ...PLAIN, kind: c }),
            ),
          )
        : null,
      group(
        t("grid"),
        facts([
          [t("population_long"), people(p.population)],
          [t("households"), number(p.households)],
          [t("area"), `${km2(p.area_km2)} ${t("unit_km2")}`],
          [t("teams"), listLink(actions, "teams", summary.teams, key)],
          [t("layer_organisations"), listLink(actions, "organisations", summary.organisations, key)],
          [
            t("layer_migrants"),
            summary.migrants.clusters
              ? listLink(
                  actions,
                  "migrants",
                  [
                    `${number(summary.migrants.clusters)} ${t("clusters")}`,
                    people(summary.migrants.head_count),
                  ].join(" · "),
                  key,
                )
              : number(0),
          ],
          [t("who_serves"), p.level ? h("a", { href: `/grids/${key}` }, t("who_serves_open")) : null],
          [t("valid_from"), p.valid_from],
          [t("predecessors"), p.predecessors?.join(", ")],
        ]),
      ),
    ],
  };
}
