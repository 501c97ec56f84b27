// Where teams, migrant sites and bodies are; asked for when their layer or list is looked at.

import { get } from "../shell/api.js";

/** @type {Record<string, any>} */
/** @type {Record<string, "/teams" | "/migrant-clusters" | "/organisations">} */
const PATHS = { teams: "/teams", migrants: "/migrant-clusters", organisations: "/organisations" };

export class Places {
  /** @type {any} */
  teams = null;
  /** @type {any} */
  migrants = null;
  /** @type {any} */
  organisations = null;
  #store;
  #onError;
  /** @type {any} */
  #listeners = [];

  /**
   * @param {import('../shell/state.js').Store} store
   * @param {(error: Told, name?: string) => void} onError
   */
  constructor(store, onError) {
    this.#store = store;
    this.#onError = onError;
  }

  // A listener is told the name of what came: teams, migrants or organisations.
  /** @param {(...told: any[]) => void} listener */
  listen(listener) {
    this.#listeners.push(listener);
  }

  // `changed` are names of the state; null for all.
  /** @param {Set<string> | null} [changed] */
  async refresh(changed = null) {
    if (changed && !["layers", "list", "sel"].some((name) => changed.has(name))) return;
    const { layers, list, sel } = this.#store.state;
    /** @param {string} name */
    const looked = (name) => layers.includes(name) || list === name || sel?.startsWith(name.slice(0, -1));
    const wanted = Object.keys(PATHS).filter((name) => (!changed || !this.#known(name)) && looked(name));
    await Promise.all(wanted.map((name) => this.#ask(name)));
  }

  // Teams move: their positions are asked for again, quietly.
  async renewTeams() {
    if (!this.teams || !this.#store.state.layers.includes("teams")) return;
    const found = await get("/teams").catch(() => null);
    if (!found) return;
    this.teams = found.features;
    this.#tell("teams");
  }

  /** @param {string} name */
  #known(name) {
    return /** @type {any} */ (this)[name] !== null;
  }

  /** @param {string} name */
  async #ask(name) {
    try {
      Object.assign(this, { [name]: (await get(PATHS[name])).features });
      this.#tell(name);
    } catch (error) {
      this.#onError(error, name);
    }
  }

  /** @param {string} name */
  #tell(name) {
    for (const listener of this.#listeners) listener(name);
  }
}
