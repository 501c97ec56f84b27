// Values of grids as states of the map's features: tiles need not be fetched anew when a number changes.

/**
 * Where the map has a grid: micro-grids have tiles of their own, fetched where they are looked at.
 *
 * @param {string} key
 */
export const featureOf = (key) => ({
  source: key.endsWith("000") ? "ground" : "micro",
  sourceLayer: "grids",
  id: key,
});

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
    for (const id of this.#kept.get(name) ?? [])
      if (!(id in values)) this.#map.removeFeatureState(featureOf(id), name);
    for (const [id, value] of Object.entries(values))
      this.#map.setFeatureState(featureOf(id), { [name]: value });
    this.#kept.set(name, Object.keys(values));
  }

  // The style was made anew: its features have no states.
  forget() {
    this.#kept.clear();
  }
}
