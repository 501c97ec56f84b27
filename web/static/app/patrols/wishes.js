// What a person wants of the next solution: stops that a team keeps, and stops that are left out.

export class Wishes {
  /** @type {Properties | null} */
  #plan = null;
  /** @type {Map<any, any>} */
  #locks = new Map();
  /** @type {Set<string>} */
  #out = new Set();
  /** @type {any} */
  #before = [];
  /** @type {any} */
  #listeners = [];

  /** @param {(...told: any[]) => void} listener */
  listen(listener) {
    this.#listeners.push(listener);
  }

  // Those that the plan was made with stand at first.
  /** @param {Properties} plan */
  begin(plan) {
    if (plan && this.#plan === plan.patrol_id) return;
    this.#plan = plan?.patrol_id ?? null;
    this.#locks = new Map(Object.entries(plan?.parameters.locks ?? {}));
    this.#out = new Set(plan?.parameters.leave_out ?? []);
    this.#before = [];
    this.#tell();
  }

  /** @param {any} stop */
  teamOf(stop) {
    return this.#locks.get(stop) ?? null;
  }

  /** @param {any} stop */
  isOut(stop) {
    return this.#out.has(stop);
  }

  get list() {
    return [
      ...[...this.#locks].map(([stop, team]) => ({ stop, team })),
      ...[...this.#out].map((stop) => ({ stop, team: null })),
    ];
  }

  get changed() {
    return this.#before.length > 0;
  }

  /**
   * @param {any} stop
   * @param {Properties} team
   */
  give(stop, team) {
    this.#change(() => {
      this.#out.delete(stop);
      this.#locks.set(stop, team);
    });
  }

  /** @param {any} stop */
  leaveOut(stop) {
    this.#change(() => {
      this.#locks.delete(stop);
      this.#out.add(stop);
    });
  }

  /** @param {any} stop */
  drop(stop) {
    this.#change(() => {
      this.#locks.delete(stop);
      this.#out.delete(stop);
    });
  }

  undo() {
    const last = this.#before.pop();
    if (!last) return;
    [this.#locks, this.#out] = last;
    this.#tell();
  }

  parameters() {
    return { locks: Object.fromEntries(this.#locks), leave_out: [...this.#out] };
  }

  /** @param {any} act */
  #change(act) {
    this.#before.push([new Map(this.#locks), new Set(this.#out)]);
    act();
    this.#tell();
  }

  #tell() {
    for (const listener of this.#listeners) listener();
  }
}
