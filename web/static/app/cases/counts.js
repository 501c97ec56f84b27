// What is counted in the view: the chosen grid, and the grids below it with their incidents.

import { breaks, colours } from "../shell/classes.js";
import { get, getKept, Latest } from "../shell/api.js";
import { css } from "../shell/dom.js";

const VILLAGE_DIGITS = 14;

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

  get filter() {
    const { domain, from, to } = this.store.state;
    return { domain, from, to };
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

  // Level and parent of the grids that are coloured and listed.
  /**
   * @param {any} state
   * @param {any} grid
   * @param {any} maximum
   */
  static shown(state, grid, maximum) {
    const own = grid?.properties.level ?? 0;
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
    const counted = !changed || ["grid", "level", "domain", "from", "to"].some((name) => changed.has(name));
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
      const [rows, counts, villages] = await Promise.all([
        getKept("/grids", { level, parent, geometry: false }),
        get("/counts", { level, parent, ...this.filter }, { signal }),
        getKept("/grids", { level: 3, geometry: false }),
      ]);
      const atTop = !grid || !grid.properties.ancestors.length;
      const outside = atTop
        ? (await get("/incidents", { grid: "0", ...this.filter, limit: 1 }, { signal })).total
        : 0;
      if (run !== this.#run) return;
      this.villages = new Map(villages.features.map((f) => [f.properties.grid_key, f.properties]));
      Object.assign(this, { grid, level, parent, total: counts.total, unplaced: counts.unassigned, outside });
      this.rows = rows.features.map(({ properties }) => ({
        ...properties,
        n: counts.counts[properties.grid_key] ?? 0,
      }));
      this.counts = Object.fromEntries(this.rows.map((row) => [row.grid_key, row.n]));
      this.lower = breaks(Object.values(this.counts));
      this.#tell();
    } catch (error) {
      if (error.name !== "AbortError") this.onError(error, "grids");
    }
  }

  #tell() {
    for (const listener of this.#listeners) listener();
  }
}
