// The plan that is shown, in words: what it earns, its routes as a table, who has no stop and why, why each
// stop is in.

import { h } from "../shell/dom.js";
import { lang, nameOf, number, t } from "../shell/i18n.js";
import { giveTo, wishesPart } from "./adjustments.js";
import { ordersPart, ordersTitle } from "./orders.js";
import { donePart } from "./visits.js";
import { lineSwatch } from "./legend.js";
import { clock } from "./night.js";
import { noted } from "../shell/terms.js";

/** @param {number} share */
const percent = (share) => `${Math.round(100 * share)}%`;

/**
 * @param {any} id
 * @param {any} caption
 * @param {any} head
 * @param {any[]} rows
 */
export const table = (id, caption, head, rows) =>
  h(
    "div",
    { class: "pat-scroll" },
    h(
      "table",
      { id, class: "pat-routes" },
      h("caption", { class: "unseen" }, t(caption)),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          head.map((/** @type {[string, any, any]} */ [name, number_, long]) =>
            h("th", { scope: "col", class: number_ ? "num" : null, title: long ? t(long) : null }, t(name)),
          ),
        ),
      ),
      h("tbody", {}, rows),
    ),
  );

/**
 * @param {any} id
 * @param {number} i
 * @param {Properties} p
 */
export const teamHead = (id, i, p) =>
  h(
    "th",
    { scope: "row" },
    h(
      "button",
      { type: "button", class: "link", id, title: nameOf(p), "aria-label": `${p.team_code} ${nameOf(p)}` },
      lineSwatch(i),
      p.team_code,
    ),
  );

// A part that stays as a person left it when it is drawn again.
/**
 * @param {any} id
 * @param {string} title
 * @param {Set<string>} opened
 * @param {any} parts
 */
export function folding(id, title, opened, parts) {
  /** @param {any} event */
  const kept = (event) => opened[event.target.open ? "add" : "delete"](id);
  return h(
    "details",
    { id, class: "pat-why", open: opened.has(id), ontoggle: kept },
    h("summary", {}, title),
    parts,
  );
}

/** @param {{ summary: any, parameters: any }} given */
function figures({ summary, parameters }) {
  const { mix, arrival_entropy_bits: bits, fairness_cost: cost } = summary;
  const lines = [];
  if (bits !== undefined && bits !== null) lines.push(t("pat_entropy", { n: bits.toFixed(1) }));
  if (parameters.village_share > 0)
    lines.push(t("pat_fair", { share: percent(parameters.village_share), n: (cost ?? 0).toFixed(1) }));
  if (summary.by_place)
    lines.push(
      t("pat_hours_beside", { prize: summary.prize.toFixed(1), placed: summary.by_place.prize.toFixed(1) }),
    );
  if (mix) {
    if (mix.nights > 1) lines.push(t("pat_night_of", { n: mix.night ?? 1, all: mix.nights }));
    lines.push(
      t("pat_mix", {
        kept: percent(mix.kept),
        worst: percent(mix.worst_coverage ?? 1),
        left: number(mix.unvisited.length),
      }),
    );
    const { avoid } = mix;
    if (avoid)
      lines.push(
        t("pat_avoid", {
          least: avoid.by_part.toFixed(1),
          drawn: avoid.by_part_drawn.toFixed(1),
          most: avoid.most.toFixed(1),
          place: nameOf(avoid) || "–",
          time: clock(avoid.at),
        }),
      );
  }
  return lines.length ? h("p", { id: "pat-figures", class: "muted" }, lines.join(" ")) : null;
}

// Teams that share a reason are told together.
/**
 * @param {{ idle_reasons?: any, idle: any }} given
 * @param {(code: string) => string} teamName
 */
function idle({ idle_reasons: reasons = [], idle: codes }, teamName) {
  const joined = new Map();
  for (const { team, [lang]: why } of reasons) joined.set(why, [...(joined.get(why) ?? []), team]);
  const untold = codes.filter(
    (/** @type {string} */ code) => !reasons.some((/** @type {any} */ r) => r.team === code),
  );
  if (untold.length) joined.set("", untold);
  /** @param {string} code */
  const name = (code) => [code, teamName(code)].filter(Boolean).join(" ");
  return h(
    "ul",
    {},
    [...joined].map(([why, teams]) =>
      h("li", {}, h("b", {}, teams.map(name).join(t("and"))), " ", h("span", { class: "muted" }, why)),
    ),
  );
}

/**
 * @param {Feature[]} features
 * @param {string} sel
 * @param {any} pick
 */
function routes(features, sel, pick) {
  /**
   * @param {{ properties: Properties }} given
   * @param {number} i
   */
  const row = ({ properties: p }, i) => {
    const own = `patrol:${p.team_code}`;
    return h(
      "tr",
      {
        class: sel === own || sel?.startsWith(`${own}:`) ? "chosen" : null,
        dataset: { team: p.team_code },
        onclick: () => pick(own),
      },
      teamHead(`pat-row-${p.team_code}`, i, p),
      [
        clock(p.begin),
        clock(p.end),
        number(p.visits.length),
        (p.length_m / 1000).toFixed(1),
        number(Math.round(p.travel_s / 60)),
        percent(p.load),
      ].map((text) => h("td", { class: "num" }, text)),
    );
  };
  return table(
    "pat-routes",
    "pat_routes",
    [
      ["pat_team", false],
      ["pat_leaves", true],
      ["pat_back", true],
      ["pat_stops", true],
      ["pat_km", true],
      ["pat_min", true, "pat_min_long"],
      ["pat_load", true, "pat_load_long"],
    ],
    features.map(row),
  );
}

/** @param {any} near */
function stayingNear(near) {
  const [least, mean] = [near.least, near.mean].map((share) => Math.round(100 * share));
  const told = { ...near, least, mean, n: near.shares.length, cost: number(Math.round(near.cost)) };
  // What lacks is told by the plan's notice.
  const said = t(near.lacking ? "pat_near_told" : "pat_near_met", told);
  return h("p", { id: "pat-near-told", class: "muted" }, said);
}

// `context` has opened (ids that are unfolded), sel, actions, about (wishes, done, orders), live (its
// element), busy and trouble.
/**
 * @param {any} shown
 * @param {any} given1
 */
export function toldOf(shown, { opened, sel, actions, about, live, busy, trouble }) {
  const { plan, features } = shown;
  const { summary } = plan;
  const wishing = { wishes: about.wishes, teams: actions.teams };
  const [left, visited] = [false, true].map((is) =>
    summary.reasons.filter((/** @type {any} */ r) => Boolean(r.visited) === is),
  );
  /**
   * @param {any} id
   * @param {string} title
   * @param {any} reasons
   */
  const why = (id, title, reasons) =>
    reasons.length
      ? folding(
          id,
          t(title, { n: number(reasons.length) }),
          opened,
          h(
            "ul",
            { id: `${id}-list` },
            reasons.map((/** @type {any} */ r) =>
              h(
                "li",
                {},
                h("b", {}, nameOf(r)),
                " ",
                h("span", { class: "muted" }, r[lang]),
                r.visited ? null : h("div", {}, giveTo(shown, r.stop, null, wishing)),
              ),
            ),
          ),
        )
      : null;
  const back = plan.replaces_id;
  return [
    h(
      "p",
      { id: "pat-sum" },
      t("pat_sum", { ...summary, visited: number(summary.visited), stops: number(summary.stops) }),
      " ",
      h(
        "span",
        { class: "muted" },
        t("pat_from", { run: plan.hotspot_run_id ?? "–", seed: plan.seed }),
        " ",
        noted("caption"),
      ),
    ),
    figures(plan),
    summary.near ? stayingNear(summary.near) : null,
    back
      ? h(
          "p",
          { id: "pat-replaces" },
          h("span", { class: "muted" }, t("pat_replaces", { n: back })),
          " ",
          h(
            "button",
            {
              type: "button",
              class: "link",
              id: "pat-back",
              onclick: () => actions.choosePlan(String(back)),
            },
            t("pat_back_to", { n: back }),
          ),
        )
      : null,
    summary.notices?.length
      ? h(
          "ul",
          { id: "pat-notices", class: "warn-text" },
          summary.notices.map((/** @type {any} */ n) => h("li", {}, n[lang])),
        )
      : null,
    about.orders.of?.length
      ? folding("pat-orders", ordersTitle(about.orders), opened, ordersPart(about.orders))
      : null,
    donePart(about.done),
    routes(features, sel, actions.pick),
    folding(
      "pat-adjust",
      t("pat_adjust", { n: about.wishes.list.length }),
      opened,
      wishesPart(shown, { ...wishing, solve: actions.solve, busy, trouble }),
    ),
    live,
    summary.idle.length
      ? folding(
          "pat-idle",
          t("pat_idle", { n: number(summary.idle.length) }),
          opened,
          idle(summary, actions.teamName),
        )
      : null,
    why("pat-left", "pat_left", left),
    why("pat-in", "pat_why", visited),
  ];
}
