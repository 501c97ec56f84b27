// What is known about the view: the chosen grid, the grids below it with their counts, and what stands in the field.

import { breaks, colours } from "./classes.js";
import { forget, get, getKept, Latest } from "./api.js";
import { css } from "./dom.js";

const VILLAGE_DIGITS = 14;
const FIELD = { teams: "/teams", migrants: "/migrant-clusters", organisations: "/organisations" };

export class Data {
  grid = null;
  level = 3;
  parent = null;
  rows = [];
  counts = null;
  total = null;
  unplaced = 0;
  outside = 0;
  lower = [];
  teams = null;
  migrants = null;
  organisations = null;
  villages = new Map();
  #latest = new Latest();
  #listeners = [];
  #run = 0;

  constructor(store, onError) {
    this.store = store;
    this.onError = onError;
  }

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
    return colours([1, 2, 3, 4, 5].map((n) => css(`--ramp-${n}`)), this.lower.length);
  }

  villageOf(key) {
    return this.villages.get(`${key.slice(0, VILLAGE_DIGITS)}000`);
  }

  // Level and parent of the grids that are coloured and listed.
  static shown(state, grid, maximum) {
    const own = grid?.properties.level ?? 0;
    if (own >= maximum) {
      const above = grid.properties.ancestors.at(-1);
      return { level: own, parent: above?.grid_key ?? null };
    }
    return { level: Math.min(maximum, Math.max(state.level, own + 1)), parent: grid?.properties.grid_key ?? null };
  }

  async refresh(changed = null) {
    const ground = !changed || ["grid", "level"].some((name) => changed.has(name));
    const counted = ground || ["domain", "from", "to"].some((name) => changed.has(name));
    const field = !changed || changed.has("layers") || changed.has("list") || changed.has("sel");
    const work = [];
    if (counted) work.push(this.#refreshGrids());
    if (field) work.push(this.#refreshField(!changed));
    await Promise.all(work);
  }

  // Teams move: their positions are asked for again, quietly.
  async renewTeams() {
    if (!this.teams || !this.store.state.layers.includes("teams")) return;
    const found = await get("/teams").catch(() => null);
    if (!found) return;
    this.teams = found.features;
    this.#tell("teams");
  }

  again() {
    forget();
    return this.refresh();
  }

  async #refreshGrids() {
    this.#run += 1;
    const run = this.#run;
    const { state } = this.store;
    try {
      const grid = state.grid ? await getKept(`/grids/${state.grid}`) : null;
      const { level, parent } = Data.shown(state, grid, this.maximum);
      const signal = this.#latest.start("counts");
      const [rows, counts, villages] = await Promise.all([
        getKept("/grids", { level, parent, geometry: false }),
        get("/counts", { level, parent, ...this.filter }, { signal }),
        getKept("/grids", { level: 3, geometry: false }),
      ]);
      const atTop = !grid || !grid.properties.ancestors.length;
      const outside = atTop ? (await get("/incidents", { grid: "0", ...this.filter, limit: 1 }, { signal })).total : 0;
      if (run !== this.#run) return;
      this.villages = new Map(villages.features.map((f) => [f.properties.grid_key, f.properties]));
      Object.assign(this, { grid, level, parent, total: counts.total, unplaced: counts.unassigned, outside });
      this.rows = rows.features.map(({ properties }) => ({ ...properties, n: counts.counts[properties.grid_key] ?? 0 }));
      this.counts = Object.fromEntries(this.rows.map((row) => [row.grid_key, row.n]));
      this.lower = breaks(Object.values(this.counts));
      this.#tell("grids");
    } catch (error) {
      if (error.name !== "AbortError") this.onError(error, "grids");
    }
  }

  async #refreshField(all) {
    const { layers, list, sel } = this.store.state;
    await Promise.all(
      Object.entries(FIELD).map(async ([name, path]) => {
        const wanted = all || !this[name] ? layers.includes(name) || list === name || sel?.startsWith(name.slice(0, -1)) : false;
        if (!wanted) return;
        try {
          this[name] = (await get(path)).features;
          this.#tell(name);
        } catch (error) {
          this.onError(error, name);
        }
      }),
    );
  }

  #tell(name) {
    for (const listener of this.#listeners) listener(name);
  }
}
