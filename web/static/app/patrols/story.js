// A route, or one of its stops, in words.

import { h } from "../shell/dom.js";
import { lang, nameOf, number, t } from "../shell/i18n.js";
import { dragHint, giveTo } from "./adjustments.js";
import { routeOf } from "./plans.js";
import { visitPart } from "./visits.js";
import { fileLinks } from "./files.js";
import { gridWords, visitsTo } from "./routes.js";
import { clock } from "./night.js";
import { noted } from "../shell/terms.js";

const gone = () => Object.assign(new Error("patrol"), { status: 404 });
/** @param {any} pairs */
const facts = (pairs) =>
  h(
    "dl",
    { class: "facts" },
    pairs
      .filter((/** @type {[any, any]} */ [, value]) => value !== null && value !== undefined)
      .map((/** @type {[string, any]} */ [name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
  );
/** @param {number} metres */
const kilometres = (metres) =>
  metres < 1000 ? `${number(Math.round(metres))} m` : `${(metres / 1000).toFixed(1)} km`;
/** @param {number} seconds */
const minutes = (seconds) => t("pat_minutes", { n: number(Math.round(seconds / 60)) });
/** @param {Properties} visit */
const stands = (visit) => (lang === "en" ? visit.stand_en : visit.stand_zh);
/** @param {Properties} visit */
const words = (visit) =>
  lang === "en"
    ? [visit.words_en, visit.stand_en].filter(Boolean).join(" ")
    : [visit.words_zh, visit.stand_zh].filter(Boolean).join(" ");
/**
 * @param {string} title
 * @param {...any} children
 */
const group = (title, ...children) => h("div", { class: "group" }, h("h3", {}, title), children);

// Stretches of one street that follow each other are one line.
/** @param {Properties} leg */
function streets(leg) {
  if (!leg) return null;
  /** @type {any} */
  const joined = [];
  for (const { name, length_m: metres } of leg.streets) {
    if (joined.at(-1)?.name === name) joined.at(-1).metres += metres;
    else joined.push({ name, metres });
  }
  return [
    h("p", { class: "muted" }, `${kilometres(leg.length_m)} · ${minutes(leg.seconds)}`),
    h(
      "ol",
      { class: "pat-streets" },
      joined.map((/** @type {{ name: string | null, metres: number }} */ { name, metres }) =>
        h("li", {}, name ?? t("pat_unnamed"), " ", h("span", { class: "muted" }, kilometres(metres))),
      ),
    ),
  ];
}

/**
 * @param {Feature} feature
 * @param {any} shown
 * @param {{ actions: Actions }} given2
 */
function route(feature, shown, { actions }) {
  const p = feature.properties;
  /**
   * @param {any} v
   * @param {number} i
   */
  const row = (v, i) =>
    h(
      "li",
      {},
      h(
        "button",
        {
          type: "button",
          class: "link pat-stop",
          onclick: () => actions.pick(`patrol:${p.team_code}:${i + 1}`),
        },
        `${clock(v.arrive)} – ${clock(v.leave)} ${nameOf(v)}`,
      ),
      h("div", { class: "muted" }, words(v)),
    );
  return {
    feature,
    title: `${p.team_code} ${nameOf(p)}`,
    kind: `${t("pat_plan")} ${shown.plan.patrol_id} · ${t(`mode_${p.mode}`)}`,
    parts: [
      h(
        "div",
        { class: "group" },
        facts([
          [t("pat_leaves"), clock(p.begin)],
          [t("pat_back"), clock(p.end)],
          [t("pat_stops"), number(p.visits.length)],
          [t("pat_length"), kilometres(p.length_m)],
          [t("pat_travel"), minutes(p.travel_s)],
          [t("pat_dwell"), minutes(p.dwell_s)],
          [t("pat_load"), `${Math.round(100 * p.load)} %`],
          [t("pat_prize"), String(p.prize)],
        ]),
      ),
      h(
        "div",
        { class: "group" },
        h("h3", {}, t("pat_files_one")),
        h("span", { class: "pat-files", id: "pat-files-one" }, fileLinks(shown.plan.patrol_id, p.team_code)),
      ),
      group(
        t("pat_stops"),
        h("p", { class: "hot-caption" }, noted("caption")),
        h("ol", { class: "pat-stops" }, p.visits.map(row)),
      ),
      p.home ? group(t("pat_way_home"), streets(p.home)) : null,
    ],
  };
}

// A place that is visited more than once has one mark on the map.
/**
 * @param {any} shown
 * @param {string} code
 * @param {number} n
 * @param {any} place
 * @param {Actions} actions
 */
function others(shown, code, n, place, actions) {
  const rest = visitsTo(shown, place).filter(
    (/** @type {any} */ other) => other.code !== code || other.n !== n,
  );
  return rest.length
    ? h(
        "ul",
        { class: "pat-again" },
        rest.map((/** @type {any} */ other) =>
          h(
            "li",
            {},
            t("pat_again"),
            " ",
            h(
              "button",
              {
                type: "button",
                class: "link",
                onclick: () => actions.pick(`patrol:${other.code}:${other.n}`),
              },
              t("pat_stop_of", {
                team: `${clock(other.visit.start)} ${other.code}`,
                n: other.n,
                all: routeOf(shown, other.code).properties.visits.length,
              }),
            ),
          ),
        ),
      )
    : null;
}

// What a visit to the stop earns from hour to hour of the shift; the hour of this visit stands out.
/**
 * @param {any} shown
 * @param {any} visit
 */
function hours(shown, visit) {
  const reason = shown.plan.summary.reasons.find((/** @type {any} */ r) => r.stop === visit.stop);
  if (!reason?.by_hour) return null;
  const most = Math.max(...reason.by_hour.map((/** @type {any} */ row) => row.prize));
  const now = Number(clock(visit.start).slice(0, 2));
  /** @param {{ hour: number, prize: number }} row */
  const bar = ({ hour, prize }) =>
    h(
      "li",
      { class: hour === now ? "now" : "" },
      h("span", {}, `${String(hour).padStart(2, "0")}:00`),
      h("meter", { min: 0, max: most || 1, value: prize, title: String(prize) }),
      h("b", {}, prize.toFixed(1)),
    );
  return group(t("pat_hours"), h("ul", { class: "pat-hours" }, reason.by_hour.map(bar)));
}

/**
 * @param {Feature} feature
 * @param {number} n
 * @param {any} shown
 * @param {any} context
 */
function stop(feature, n, shown, context) {
  const { actions, done } = context;
  const p = feature.properties;
  const visit = p.visits[n - 1];
  if (!visit) throw gone();
  /**
   * @param {any} k
   * @param {string} label
   */
  const to = (k, label) =>
    h(
      "button",
      {
        type: "button",
        id: `pat-go-${label}`,
        disabled: !p.visits[k - 1],
        onclick: () => actions.pick(`patrol:${p.team_code}:${k}`),
      },
      t(`pat_${label}`),
    );
  const point = {
    type: "Feature",
    geometry: { type: "Point", coordinates: [visit.lon, visit.lat] },
    properties: visit,
  };
  return {
    feature: point,
    title: nameOf(visit),
    kind: t("pat_stop_of", { team: `${p.team_code} ${nameOf(p)}`, n, all: p.visits.length }),
    parts: [
      h(
        "div",
        { class: "group" },
        facts([
          [
            t("pat_team"),
            h(
              "button",
              {
                type: "button",
                class: "link",
                id: "pat-own-route",
                onclick: () => actions.pick(`patrol:${p.team_code}`),
              },
              `${p.team_code} ${nameOf(p)}`,
            ),
          ],
          [t("pat_arrive"), clock(visit.arrive)],
          [t("pat_begin"), visit.start === visit.arrive ? null : clock(visit.start)],
          [t("pat_leave"), clock(visit.leave)],
          [t("pat_prize"), String(visit.prize)],
        ]),
      ),
      group(
        t("pat_who"),
        giveTo(shown, visit.stop, p.team_code, context),
        h("p", { class: "muted" }, dragHint()),
      ),
      visitPart(done, p.team_code, n, context),
      group(
        t("pat_because"),
        h("p", { class: "hot-words" }, words(visit)),
        visit.number > 1 ? h("p", {}, t("pat_visit", { n: visit.number })) : null,
        others(shown, p.team_code, n, visit.stop, actions),
        h("p", { class: "hot-caption" }, noted("caption")),
        visit.grid_key
          ? h(
              "button",
              { type: "button", class: "link", onclick: () => actions.open(visit.grid_key) },
              gridWords(visit),
            )
          : null,
      ),
      hours(shown, visit),
      group(t("pat_way"), streets(visit.leg)),
      visit.along
        ? group(
            t(visit.along.left ? "pat_walk" : "pat_along"),
            h("p", {}, stands(visit)),
            streets(visit.along),
          )
        : null,
      h("div", { class: "group row" }, to(n - 1, "before"), to(n + 1, "after")),
    ],
  };
}

// `which` is a team's code, or code:stop.
/**
 * @param {any} shown
 * @param {string} which
 * @param {any} context
 */
export function patrolStory(shown, which, context) {
  const [code, n] = which.split(":");
  const feature = routeOf(shown, code);
  if (!feature) throw gone();
  return n ? stop(feature, Number(n), shown, context) : route(feature, shown, context);
}
