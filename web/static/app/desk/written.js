// What is being written on the field page, by case: it outlives a reload and a phone that is put away, and
// what the server refused comes back to be put right.

const NAME = "gridmap-written";
const KEPT_MS = 12 * 3_600_000;

/**
 * @typedef {{
 *   post: string;
 *   at: number;
 *   note: string;
 *   outcome: string;
 *   place?: string;
 *   spot: import("./spot.js").Spot | null;
 *   unsure?: boolean;
 *   why?: string;
 *   when?: string;
 * }} Written
 */

export const post = () => document.documentElement.dataset.post ?? "";

/** @returns {Record<string, Written>} */
export function allWritten() {
  /** @type {Record<string, Written>} */
  let kept;
  try {
    kept = JSON.parse(localStorage.getItem(NAME) ?? "{}");
  } catch {
    return {};
  }
  const now = Date.now();
  return Object.fromEntries(
    // What was refused waits for its post; what was only begun goes with the day.
    Object.entries(kept).filter(([, one]) => one.why !== undefined || now - one.at < KEPT_MS),
  );
}

/** @param {Record<string, Written>} kept */
function write(kept) {
  if (Object.keys(kept).length) localStorage.setItem(NAME, JSON.stringify(kept));
  else localStorage.removeItem(NAME);
}

/** @param {string} number */
export function writtenIn(number) {
  const one = allWritten()[number];
  return one?.post === post() ? one : undefined;
}

/** @param {string} number @param {Omit<Written, "post" | "at"> | null} one */
export function keepWritten(number, one) {
  const others = Object.fromEntries(Object.entries(allWritten()).filter(([key]) => key !== number));
  const is = one && (one.note || one.outcome || one.place || one.spot || one.why !== undefined);
  write(is ? { ...others, [number]: { ...one, post: post(), at: Date.now() } } : others);
}

let leaving = false;

// An answer that comes while its post is leaving is kept as if it had left.
export const isLeaving = () => leaving;

// Whoever leaves leaves nothing behind that was only begun.
export function forgetWritten() {
  leaving = true;
  forgetLike();
  write(Object.fromEntries(Object.entries(allWritten()).filter(([, one]) => one.why !== undefined)));
}

// What a case that waits for an answer is like is told by the numbers alone to whoever comes next.
function forgetLike() {
  try {
    const asked = JSON.parse(localStorage.getItem("gridmap-asked") ?? "[]");
    for (const { alike } of asked) for (const one of alike ?? []) one.summary = null;
    if (asked.length) localStorage.setItem("gridmap-asked", JSON.stringify(asked));
  } catch {
    localStorage.removeItem("gridmap-asked");
  }
}
