// Classes for a choropleth: quantiles of the positive values, rounded to numbers that people read; zero
// stands apart.

const STEPS = [1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80];

/** @param {any} value */
function pretty(value) {
  if (value <= 12) return Math.max(1, Math.round(value));
  const scale = 10 ** (Math.floor(Math.log10(value)) - 1);
  let best = 10 * scale;
  for (const step of STEPS) {
    if (step >= 10 && Math.abs(step * scale - value) < Math.abs(best - value)) best = step * scale;
  }
  return best;
}

// Lower bounds of at most `wanted` classes; the first is 1.
/**
 * @param {any} values
 * @param {number} [wanted]
 */
export function breaks(values, wanted = 5) {
  const positive = values
    .filter((/** @type {any} */ v) => v > 0)
    .sort((/** @type {any} */ a, /** @type {any} */ b) => a - b);
  if (!positive.length) return [];
  /** @type {any} */
  const lower = [1];
  for (let i = 1; i < wanted; i += 1) {
    const at = pretty(positive[Math.floor((i / wanted) * positive.length)]);
    if (at > lower.at(-1) && at <= positive.at(-1)) lower.push(at);
  }
  return lower;
}

// Colours for `n` classes out of the ramp, its ends always among them.
/**
 * @param {string[]} ramp
 * @param {number} n
 */
export function colours(ramp, n) {
  if (n <= 1) return [ramp[Math.floor(ramp.length / 2)]];
  return Array.from({ length: n }, (_, i) => ramp[Math.round((i * (ramp.length - 1)) / (n - 1))]);
}

/**
 * @param {any} value
 * @param {number[]} lower
 */
export function classOf(value, lower) {
  let found = -1;
  lower.forEach((/** @type {any} */ at, /** @type {number} */ i) => {
    if (value >= at) found = i;
  });
  return found;
}
