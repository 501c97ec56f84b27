// Above the towns: a county, a city, a province are named by the first digits of their towns' keys.

const REGION_DIGITS = 6;
const TOWN_DIGITS = 9;
const KEY_DIGITS = 17;

/** @param {string | null | undefined} key */
export const isRegion = (key) => Boolean(key) && String(key).length <= REGION_DIGITS;

// Key of the town that a grid lies in.
/** @param {string} key */
export const townOf = (key) => key.slice(0, TOWN_DIGITS).padEnd(KEY_DIGITS, "0");

// Whether a grid lies in a region, or in the town of another grid; everything lies in what is not told.
/**
 * @param {string} key
 * @param {string | null} other
 */
export const liesIn = (key, other) =>
  !other || (isRegion(other) ? key.startsWith(other) : townOf(key) === townOf(other));
