// Values of grids as states of the map's features: tiles need not be fetched anew when a number changes.

export class GridStates {
  #map;
  /** @type {Map<any, any>} */
  #kept = new Map();

  /** @param {any} map */
  constructor(map) {
    this.#map = map;
  }

  // `values` by grid key take the place of those that were set under this name before.
  /**
   * @param {string} name
   * @param {any} values
   */
  set(name, values) {
    /** @param {any} id */
    const target = (id) => ({ source: "ground", sourceLayer: "grids", id });
    for (const id of this.#kept.get(name) ?? [])
      if (!(id in values)) this.#map.removeFeatureState(target(id), name);
    for (const [id, value] of Object.entries(values))
      this.#map.setFeatureState(target(id), { [name]: value });
    this.#kept.set(name, Object.keys(values));
  }

  // The style was made anew: its features have no states.
  forget() {
    this.#kept.clear();
  }
}
