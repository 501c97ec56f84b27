// Beats: each team's area of the town, drawn under the routes and told in the legend.

import { get } from "../shell/api.js";
import { messageOf } from "../shell/i18n.js";
import { lookingAt } from "./routes.js";

export class Beats {
  /** @type {Feature[] | null} */
  of = null;
  /** @type {string | null} */
  trouble = null;
  #store;
  #told;
  /** @type {Promise<void> | null} */
  #asked = null;

  /**
   * @param {import('../shell/state.js').Store} store
   * @param {(drawn: Feature[]) => void} told
   */
  constructor(store, told) {
    this.#store = store;
    this.#told = told;
  }

  get on() {
    return this.#store.state.layers.includes("beats");
  }

  // Asked for each time that the layer is switched on: beats may have been made anew since.
  looked() {
    if (!this.on) this.#asked = null;
    else this.#asked ??= this.#ask();
    return this.#asked;
  }

  async #ask() {
    try {
      this.of = lookingAt((await get("/beats")).features);
      this.trouble = null;
    } catch (error) {
      this.trouble = messageOf(error);
      this.#asked = null;
    }
    this.#told(this.of ?? []);
  }
}
