// Days as YYYY-MM-DD text; arithmetic in UTC so that no clock change moves a day.

const DAY_MS = 86_400_000;
const SHAPE = /^\d{4}-\d{2}-\d{2}$/;

/** @param {any} text */
export const isDay = (text) => SHAPE.test(text ?? "") && !Number.isNaN(Date.parse(`${text}T00:00:00Z`));
/** @param {string} day */
export const toSeconds = (day) => Date.parse(`${day}T00:00:00Z`) / 1000;
/** @param {number} seconds */
export const fromSeconds = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 10);
/**
 * @param {string} day
 * @param {number} n
 */
export const addDays = (day, n) => fromSeconds(toSeconds(day) + (n * DAY_MS) / 1000);
/**
 * @param {any} from
 * @param {any} to
 */
export const daysBetween = (from, to) => Math.round((toSeconds(to) - toSeconds(from)) / 86_400) + 1;

export const PRESETS = ["today", "7", "30", "90", "365"];

// Spans that end on the newest day with records, not today: a quiet town still shows its last week.
/**
 * @param {string} name
 * @param {Days} period
 */
export function preset(name, period) {
  const n = name === "today" ? 1 : Number(name);
  const from = addDays(period.to, 1 - n);
  return { from, to: period.to };
}

/**
 * @param {any} from
 * @param {any} to
 * @param {Days} period
 */
export function presetOf(from, to, period) {
  return PRESETS.find((name) => {
    const span = preset(name, period);
    return span.from === from && span.to === to;
  });
}
