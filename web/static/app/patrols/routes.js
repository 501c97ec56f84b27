// How routes are told apart: six colours, six dashes, and the team's code. No drawing here.

import { nameOf, t } from "../shell/i18n.js";
import { alongs, halts, placeAt } from "./place.js";

const COLOURS = 6;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
export const DASHES = [
  [1, 0],
  [3.4, 1.6],
  [1, 1.4],
  [5, 1.4, 1, 1.4],
  [2, 1],
  [7, 2],
];

// Colours come again with the seventh team, but not with the same dash.
/** @param {number} i */
export const lookOf = (i) => ({
  colour: (i % COLOURS) + 1,
  dash: (i + Math.floor(i / COLOURS)) % DASHES.length,
});

// Beats as they are drawn: each has the look of its team, in the order of the teams' codes.
/**
 * @param {Feature[]} features
 * @returns {Feature[]}
 */
export const lookingAt = (features) =>
  [...features]
    .filter((feature) => feature.geometry)
    .sort((a, b) => a.properties.team.localeCompare(b.properties.team))
    .map((feature, i) => ({ ...feature, properties: { ...feature.properties, ...lookOf(i) } }));

/** @param {any} given */
const named = ({ name_zh, name_en }) => ({ name_zh, name_en });
/**
 * @param {number} lon
 * @param {number} lat
 * @param {Properties} properties
 */
/** @type {any} */
const point = (/** @type {any} */ lon, /** @type {any} */ lat, /** @type {any} */ properties) => ({
  type: "Feature",
  geometry: { type: "Point", coordinates: [lon, lat] },
  properties,
});

// All visits to a place, the first of them first.
/**
 * @param {{ features: Feature[] }} given
 * @param {any} stop
 */
export const visitsTo = ({ features }, stop) =>
  features
    .flatMap((/** @type {{ properties: Properties }} */ { properties: p }) =>
      p.visits.map((/** @type {Properties} */ visit, /** @type {number} */ n) => ({
        code: p.team_code,
        n: n + 1,
        visit,
      })),
    )
    .filter((/** @type {{ visit: Properties }} */ { visit }) => visit.stop === stop)
    .sort(
      (/** @type {any} */ one, /** @type {any} */ other) =>
        Date.parse(one.visit.arrive) - Date.parse(other.visit.arrive),
    );

// A fixed point has a name of its own, which is not its grid's.
/** @param {any} visit */
export const gridWords = (visit) =>
  visit.fixed ? t("pat_open_grid") : t("hot_open_grid", { name: nameOf(visit) });

// Lines and their links to the stops, then stops, then bases, as the map's layers read them.
/** @param {{ features: Feature[] }} given */
export function drawnOf({ features }) {
  /**
   * @param {any} v
   * @param {string} code
   * @param {number} n
   */
  const isFirst = (v, code, n) => {
    const [first] = visitsTo({ features }, v.stop);
    return first.code === code && first.n === n;
  };
  const routes = features.filter((/** @type {Feature} */ f) => f.geometry);
  const lines = routes.map(
    (/** @type {{ geometry: any, properties: Properties }} */ { geometry, properties: p }) => ({
      type: "Feature",
      geometry,
      properties: {
        what: "line",
        code: p.team_code,
        sel: `patrol:${p.team_code}`,
        ...lookOf(features.findIndex((/** @type {Feature} */ f) => f.properties === p)),
        ...named(p),
      },
    }),
  );
  const stops = features.flatMap(
    (/** @type {{ properties: Properties }} */ { properties: p }, /** @type {number} */ i) =>
      p.visits.flatMap((/** @type {any} */ v, /** @type {number} */ n) =>
        !isFirst(v, p.team_code, n + 1)
          ? []
          : point(v.lon, v.lat, {
              what: "stop",
              code: p.team_code,
              text: String(n + 1),
              sel: `patrol:${p.team_code}:${n + 1}`,
              stop: v.stop,
              fixed: Boolean(v.fixed),
              ...lookOf(i),
              ...named(v),
            }),
      ),
  );
  const links = routes.flatMap((/** @type {Feature} */ feature) =>
    halts(feature).map((at, n) => {
      const { lon, lat } = feature.properties.visits[n];
      return {
        type: "Feature",
        geometry: { type: "LineString", coordinates: [at, [lon, lat]] },
        properties: {
          what: "link",
          code: feature.properties.team_code,
          sel: `patrol:${feature.properties.team_code}:${n + 1}`,
          ...lookOf(features.indexOf(feature)),
        },
      };
    }),
  );
  const walks = routes.flatMap((/** @type {Feature} */ feature) =>
    alongs(feature).map(({ n, coordinates }) => ({
      type: "Feature",
      geometry: { type: "LineString", coordinates },
      properties: {
        what: "walk",
        code: feature.properties.team_code,
        sel: `patrol:${feature.properties.team_code}:${n}`,
        ...lookOf(features.indexOf(feature)),
        ...named(feature.properties.visits[n - 1]),
      },
    })),
  );
  const bases = new Map();
  for (const [i, { properties: p }] of features.entries()) {
    const at = `${p.base_lon},${p.base_lat}`;
    const there = bases.get(at);
    if (there) there.properties.text += ` ${p.team_code}`;
    else
      bases.set(
        at,
        point(p.base_lon, p.base_lat, {
          what: "base",
          code: p.team_code,
          text: p.team_code,
          sel: `patrol:${p.team_code}`,
          ...lookOf(i),
          ...named(p),
        }),
      );
  }
  return [...walks, ...lines, ...links, ...stops, ...bases.values()];
}

// A plan that is being made: straight from stop to stop, because ways along the roads are drawn when it is
// done.
/** @param {{ lines: any }} given */
export const growing = ({ lines }) =>
  lines.flatMap((/** @type {{ coordinates: Point[] }} */ { coordinates }, /** @type {number} */ i) => [
    {
      type: "Feature",
      geometry: { type: "LineString", coordinates },
      properties: { what: "grow", ...lookOf(i) },
    },
    ...coordinates
      .slice(1, -1)
      .map((/** @type {[number, number]} */ [lon, lat]) => point(lon, lat, { what: "grow", ...lookOf(i) })),
  ]);

// What a visit to each stop is worth at a moment, where that changes with the hour: as a part of the most.
/**
 * @param {{ plan: any }} given
 * @param {number} moment
 */
export function worthOf({ plan }, moment) {
  const timed = plan.summary.reasons.filter((/** @type {any} */ reason) => reason.by_hour);
  const most = Math.max(
    ...timed.flatMap((/** @type {any} */ { by_hour }) => by_hour.map((/** @type {any} */ row) => row.prize)),
  );
  if (!(most > 0)) return [];
  // Hours of the clock: the first may be begun already.
  const past = Number(plan.begins_at.slice(14, 16)) * MINUTE_MS;
  const hour = Math.floor((moment - Date.parse(plan.begins_at) + past) / HOUR_MS);
  return timed.map((/** @type {any} */ { by_hour, lon, lat }) =>
    point(lon, lat, {
      what: "worth",
      worth: by_hour[Math.min(Math.max(hour, 0), by_hour.length - 1)].prize / most,
      ...lookOf(0),
    }),
  );
}

// One mark for each team that is out: at its base its base's mark stands for it.
/**
 * @param {{ features: Feature[] }} given
 * @param {any} moment
 */
export function nowOf({ features }, moment) {
  return features.flatMap((/** @type {Feature} */ feature, /** @type {number} */ i) => {
    const { at, doing } = feature.geometry ? placeAt(feature, moment) : { at: [], doing: "base" };
    if (doing === "base") return [];
    const p = feature.properties;
    return point(at[0], at[1], {
      what: "now",
      code: p.team_code,
      text: p.team_code,
      sel: `patrol:${p.team_code}`,
      ...lookOf(i),
      ...named(p),
    });
  });
}
