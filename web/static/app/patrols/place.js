// Where a team is at a moment: at its base, at a stop, or on the way between two of them.

const RADIANS = Math.PI / 180;

/** @param {Point[]} coordinates */
function measured(coordinates) {
  const shrink = Math.cos(coordinates[0][1] * RADIANS);
  const far = [0];
  for (let i = 1; i < coordinates.length; i += 1) {
    const [x, y] = [
      (coordinates[i][0] - coordinates[i - 1][0]) * shrink,
      coordinates[i][1] - coordinates[i - 1][1],
    ];
    far.push(far[i - 1] + Math.hypot(x, y));
  }
  return far;
}

/**
 * @param {Point[]} coordinates
 * @param {number} share
 */
function pointAt(coordinates, share) {
  /** @type {any} */
  const far = measured(coordinates);
  const wanted = Math.min(1, Math.max(0, share)) * far.at(-1);
  const i = Math.max(
    1,
    far.findIndex((/** @type {any} */ d) => d >= wanted),
  );
  const part = far[i] > far[i - 1] ? (wanted - far[i - 1]) / (far[i] - far[i - 1]) : 0;
  return [0, 1].map((k) => coordinates[i - 1][k] + part * (coordinates[i][k] - coordinates[i - 1][k]));
}

// Legs in order: to each visit and along it, to an emergency that took the team, and home.
/** @param {Properties} p */
function legsOf(p) {
  const legs = [...p.visits, null].flatMap((visit, n) => [
    ...(p.taken ?? [])
      .filter((/** @type {any} */ e) => e.after === n)
      .map((/** @type {Properties} */ taken) => ({ leg: taken.leg, taken })),
    ...(visit ? [{ leg: visit.leg, visit, stop: n + 1 }] : []),
    ...(visit?.along ? [{ leg: visit.along, walked: visit, stop: n + 1 }] : []),
  ]);
  return p.home ? [...legs, { leg: p.home }] : legs;
}

/** @param {Properties} p */
const wholeOf = (p) => legsOf(p).reduce((sum, { leg }) => sum + leg.length_m, 0);
/**
 * @param {{ geometry: any, properties: Properties }} given
 * @param {number} metres
 */
const along = ({ geometry, properties: p }, metres) =>
  pointAt(geometry.coordinates, wholeOf(p) ? metres / wholeOf(p) : 0);

// Where the route stops for each visit: on the road, at some distance from the place that is visited.
/** @param {Feature} feature */
export function halts(feature) {
  let passed_m = 0;
  return legsOf(feature.properties).flatMap(({ leg, visit }) => {
    passed_m += leg.length_m;
    return visit ? [along(feature, passed_m)] : [];
  });
}

// What visits go along, as lines: each with the number of its visit, counted from 1.
/** @param {Feature} feature */
export function alongs(feature) {
  const { geometry, properties: p } = feature;
  /** @type {any} */
  const far = measured(geometry.coordinates);
  const whole = wholeOf(p);
  let passed_m = 0;
  return legsOf(p).flatMap(({ leg, walked, stop }) => {
    const [from, to] = [passed_m, passed_m + leg.length_m].map((m) => (m / whole) * far.at(-1));
    passed_m += leg.length_m;
    if (!walked) return [];
    const between = geometry.coordinates.filter(
      (/** @type {Point} */ _, /** @type {number} */ i) => far[i] > from && far[i] < to,
    );
    const [first, last] = [from, to].map((d) => pointAt(geometry.coordinates, d / far.at(-1)));
    return [{ n: stop, coordinates: [first, ...between, last] }];
  });
}

// Gives { at: [lon, lat], doing: "base" | "way" | "stop", stop }; `stop` counts from 1 and is the one reached
// or headed for, null on the way home and at an emergency. A leg is under way for the time that it takes and
// ends when the team is due; before that, in a break too, the team stands where it is. The same as
// KeptRoute.place_at in Python: tests/vectors/places.json holds for both.
/**
 * @param {Feature} feature
 * @param {any} moment
 */
export function placeAt(feature, moment) {
  const p = feature.properties;
  const base = { at: [p.base_lon, p.base_lat], doing: "base", stop: null };
  if (moment < Date.parse(p.begin)) return base;
  let passed_m = 0;
  let place = base;
  let left = Date.parse(p.begin);
  for (const { leg, visit, walked, taken, stop = null } of legsOf(p)) {
    const due = visit?.arrive ?? walked?.leave;
    const arrives = due ? Date.parse(due) : taken ? left + leg.seconds * 1000 : Date.parse(p.end);
    const setsOut = Math.max(left, arrives - leg.seconds * 1000);
    if (moment < setsOut) return place;
    if (moment < arrives) {
      const share = (moment - setsOut) / (arrives - setsOut);
      return { at: along(feature, passed_m + share * leg.length_m), doing: walked ? "stop" : "way", stop };
    }
    if (!visit && !walked && !taken) return base;
    passed_m += leg.length_m;
    place = { at: along(feature, passed_m), doing: "stop", stop };
    left = Date.parse((visit?.along ? visit.start : (visit ?? walked)?.leave) ?? taken?.free_at ?? p.end);
    if (moment < left) return place;
  }
  return base;
}
