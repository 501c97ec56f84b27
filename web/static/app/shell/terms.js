// What may be asked for, how long texts may be, and what stands with figures: the server's table, learnt
// before the page is built.

import { lang } from "./i18n.js";

/** @typedef {Pick<Workspace, "terms" | "longest" | "notes" | "least_shown">} Terms */

/** @type {Terms | null} */
let table = null;

/** @param {Terms} told */
export function learnTerms(told) {
  table = told;
}

/**
 * @template T
 * @param {Record<string, T> | undefined} rows
 * @param {string} name
 * @returns {T}
 */
function row(rows, name) {
  const found = rows?.[name];
  if (found === undefined) throw new Error(`the server told of no ${name}`);
  return found;
}

// Limits and default of a term in whole parts of `unit` of its own unit: 60 makes minutes of seconds,
// 0.01 percent of shares.
/**
 * @param {string} name
 * @param {number} [unit]
 */
export function limitsIn(name, unit = 1) {
  const { low, high, default: usual } = row(table?.terms, name);
  /** @param {number} value */
  const scaled = (value) => Math.round((value / unit) * 1e6) / 1e6;
  return {
    low: Math.ceil(scaled(low)),
    // A larger whole number is no longer itself here.
    high: Math.min(Math.floor(scaled(high)), Number.MAX_SAFE_INTEGER),
    usual: usual === null ? null : scaled(usual),
  };
}

/** @param {string} name */
export const longest = (name) => row(table?.longest, name);

/** @param {string} name */
export const noted = (name) => row(table?.notes, name)[lang];

export const leastShown = () => table?.least_shown ?? 0;
