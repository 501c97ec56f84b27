// Runs that are kept, the one that is shown, the one that is being made; plans of patrols are kept in the
// same way.

import { get, Latest, send } from "../shell/api.js";

const ASK_EVERY_MS = 700;
const JOBS = "/jobs";
export const UNDO_MS = 8000;

export class Runs {
  path = "/hotspot-runs";
  named = "runs";
  key = "run_id";
  /** @type {any} */
  list = null;
  /** @type {any} */
  shown = null;
  /** @type {any} */
  job = null;
  /** @type {Told | null} */
  error = null;
  /** @type {Told | null} */
  #unlisted = null;
  #latest = new Latest();
  /** @type {any} */
  #listeners = [];
  /** @type {any} */
  #leaving = null;

  constructor() {
    addEventListener("pagehide", () => this.#leave());
  }

  /** @param {(...told: any[]) => void} listener */
  listen(listener) {
    this.#listeners.push(listener);
  }

  async refresh() {
    try {
      const answer = await get(this.path, { limit: 100 });
      this.list = answer[this.named].filter(
        (/** @type {Properties} */ run) => run[this.key] !== this.#leaving?.id,
      );
      // A run that is gone is told whether the list came before that was known or after.
      if (this.error === this.#unlisted) this.error = null;
      this.#unlisted = null;
    } catch (error) {
      this.error = this.#unlisted = error;
    }
    this.#tell("list");
  }

  /** @param {any} shown */
  idOf(shown) {
    return shown?.run.run_id;
  }

  // Gives the run with what it found, or null where there is none.
  /** @param {any} id */
  async show(id) {
    if (String(this.idOf(this.shown) ?? "") === String(id ?? "")) return this.shown;
    const signal = this.#latest.start("run");
    if (!id) {
      this.shown = null;
      this.error = this.#unlisted;
    } else {
      try {
        this.shown = await get(`${this.path}/${id}`, {}, { signal });
        this.error = null;
      } catch (error) {
        if (error.name === "AbortError") return null;
        this.shown = null;
        this.error = error;
      }
    }
    this.#tell("run");
    return this.shown;
  }

  // Gives the number of the new run; throws what went wrong, null where it was cancelled.
  /**
   * @param {any} parameters
   * @param {string} [path]
   */
  async make(parameters, path = this.path) {
    const begun = Date.now();
    this.job = { state: "running", step: "wait", done: 0, total: 3 };
    this.error = null;
    this.#tell("job");
    try {
      this.job = await send("POST", path, parameters);
      while (["queued", "running"].includes(this.job.state)) {
        await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
        this.job = {
          ...(await get(`${JOBS}/${this.job.job_id}`)),
          seconds: Math.round((Date.now() - begun) / 1000),
        };
        this.#tell("job");
      }
      const { state, problem, run_id: id } = this.job;
      if (state === "failed")
        throw Object.assign(new Error(problem.code), {
          status: 422,
          zh: problem.message_zh,
          en: problem.message_en,
        });
      if (state === "cancelled") return null;
      await this.refresh();
      return id;
    } finally {
      this.job = null;
      this.#tell("job");
    }
  }

  async cancel() {
    if (this.job?.job_id) await send("DELETE", `${JOBS}/${this.job.job_id}`);
  }

  // Deletes after a while, within which `keep` takes it back.
  /** @param {any} id */
  remove(id) {
    this.#finish();
    this.#leaving = { id, timer: setTimeout(() => this.#finish(), UNDO_MS) };
    this.list = this.list?.filter((/** @type {Properties} */ run) => run[this.key] !== id) ?? null;
    this.#tell("list");
  }

  async keep() {
    clearTimeout(this.#leaving?.timer);
    this.#leaving = null;
    await this.refresh();
  }

  async #finish() {
    const { id, timer } = this.#leaving ?? {};
    if (!id) return;
    clearTimeout(timer);
    this.#leaving = null;
    try {
      await send("DELETE", `${this.path}/${id}`, undefined, { keepalive: true });
    } catch (error) {
      if (error.status === 404) return;
      await this.refresh();
      this.error = error;
    }
    this.#tell("deleted");
  }

  #leave() {
    if (this.job?.job_id)
      send("DELETE", `${JOBS}/${this.job.job_id}`, undefined, { keepalive: true }).catch(() => {});
    this.#finish();
  }

  /** @param {any} what */
  #tell(what) {
    for (const listener of this.#listeners) listener(what);
  }
}
