// What is counted in the view: the chosen grid, and the grids below it with their incidents.

import { breaks, colours } from "../shell/classes.js";
import { get, getGrids, getKept, Latest } from "../shell/api.js";
import { css } from "../shell/dom.js";
import { may } from "../shell/rights.js";
import { isRegion, liesIn, townOf } from "../shell/regions.js";
import { ASKED, isFresh, queryOf } from "./query.js";

const VILLAGE_DIGITS = 14;
const TOWN = 1;

export class Counts {
  /** @type {any} */
  grid = null;
  level = 3;
  /** @type {any} */
  parent = null;
  /** @type {any[]} */
  rows = [];
  /** @type {any} */
  counts = null;
  /** @type {any} */
  total = null;
  unplaced = 0;
  outside = 0;
  /** @type {any} */
  answer = null;
  failed = false;
  /** @type {number[]} */
  lower = [];
  /** @type {Map<any, any>} */
  villages = new Map();
  #latest = new Latest();
  /** @type {any} */
  #listeners = [];
  #run = 0;

  /**
   * @param {import('../shell/state.js').Store} store
   * @param {(error: Told, name?: string) => void} onError
   */
  constructor(store, onError) {
    this.store = store;
    this.onError = onError;
  }

  /** @param {(...told: any[]) => void} listener */
  listen(listener) {
    this.#listeners.push(listener);
  }

  // The question that is asked now; what was answered last may be another one.
  get query() {
    return queryOf(this.store.state);
  }

  get fresh() {
    return !this.failed && isFresh(this.answer, this.query);
  }

  get maximum() {
    return this.store.workspace.levels.at(-1) ?? 4;
  }

  ramp() {
    return colours(
      [1, 2, 3, 4, 5].map((n) => css(`--ramp-${n}`)),
      this.lower.length,
    );
  }

  /** @param {string} key */
  villageOf(key) {
    return this.villages.get(`${key.slice(0, VILLAGE_DIGITS)}000`);
  }

  // Whether the whole workspace is looked at.
  get isTop() {
    return !this.grid?.properties.ancestors.length;
  }

  // What is fetched of the ground: all of a workspace of one town, else a town, or a region's towns.
  get within() {
    const root = this.store.workspace.root?.grid_key;
    const grid = this.store.state.grid ?? root;
    if (!isRegion(root)) return null;
    return isRegion(grid) ? grid : townOf(grid);
  }

  // Level and parent of the grids that are coloured and listed.
  /**
   * @param {any} state
   * @param {any} grid
   * @param {any} maximum
   */
  static shown(state, grid, maximum) {
    const own = grid?.properties.level ?? 0;
    if (isRegion(grid?.properties.grid_key)) return { level: TOWN, parent: grid.properties.grid_key };
    if (own >= maximum) {
      const above = grid.properties.ancestors.at(-1);
      return { level: own, parent: above?.grid_key ?? null };
    }
    return {
      level: Math.min(maximum, Math.max(state.level, own + 1)),
      parent: grid?.properties.grid_key ?? null,
    };
  }

  // `changed` are names of the state; null for all.
  /** @param {Set<string> | null} [changed] */
  async refresh(changed = null) {
    const counted = !changed || ["level", ...ASKED].some((name) => changed.has(name));
    if (counted) await this.#ask();
  }

  async #ask() {
    this.#run += 1;
    const run = this.#run;
    const { state } = this.store;
    try {
      const grid = state.grid ? await getKept(`/grids/${state.grid}`) : null;
      const { level, parent } = Counts.shown(state, grid, this.maximum);
      const signal = this.#latest.start("counts");
      // All that there is lies below the root.
      const below_ = parent === this.store.workspace.root?.grid_key ? null : parent;
      const [rows, counts, villages] = await Promise.all([
        getGrids({ level, parent: below_, geometry: false }),
        may("see_counts")
          ? get("/counts", { level, ...this.query }, { signal })
          : {
              counts: /** @type {Record<string, number>} */ ({}),
              total: null,
              unassigned: 0,
              outside: 0,
              query: null,
              as_of: null,
              class: "true",
            },
        getGrids({ level: 3, parent: this.within, geometry: false }),
      ]);
      if (run !== this.#run) return;
      this.villages = new Map(villages.features.map((f) => [f.properties.grid_key, f.properties]));
      Object.assign(this, { grid, level, parent, total: counts.total, answer: counts, failed: false });
      this.unplaced = state.outside ? 0 : (counts.unassigned ?? 0);
      this.outside = this.isTop && !state.outside ? (counts.outside ?? 0) : 0;
      const untold = counts.class === "perturbed" ? null : 0;
      // Of the deepest level a grid has none below it: it stands for itself, and of its likes nothing was
      // asked.
      const below = (/** @type {Properties} */ p) =>
        grid?.properties.level !== level || p.grid_key === state.grid;
      this.rows = rows.features
        .map((/** @type {Feature} */ f) => f.properties)
        .filter((/** @type {Properties} */ p) => liesIn(p.grid_key, parent))
        .filter(below)
        .map((/** @type {Properties} */ p) => ({ ...p, n: counts.counts[p.grid_key] ?? untold }));
      // What is not told has no shade: it is not nothing.
      const told = this.rows.filter((row) => row.n !== null);
      this.counts = Object.fromEntries(told.map((row) => [row.grid_key, row.n]));
      this.lower = breaks(Object.values(this.counts));
      this.#tell();
    } catch (error) {
      if (error.name === "AbortError") return;
      this.failed = true;
      this.#tell();
      this.onError(error, "grids");
    }
  }

  #tell() {
    for (const listener of this.#listeners) listener();
  }
}
