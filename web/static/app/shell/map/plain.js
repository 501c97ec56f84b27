// The map where WebGL is absent: Leaflet on a plain canvas, with the same face as `view.js`.

import { getGrids } from "../api.js";
import { classOf } from "../classes.js";
import { byId, css, prefersStill } from "../dom.js";
import { nameOf } from "../i18n.js";
import { takeLine, takePlace } from "./place.js";
import { tooltip } from "./tooltip.js";

const OWN = { chosen: { draw: drawChosen } };
// The width of A4 between its margins, in pixels of paper.
const PAPER = 680;

/**
 * @param {any} leaflet
 * @param {Feature} feature
 */
function drawChosen(leaflet, feature) {
  const { type, coordinates } = feature.geometry;
  const style = { color: css("--accent"), weight: 3, fill: false };
  if (type !== "Point") return leaflet.geoJSON(feature, { style, interactive: false });
  return leaflet.circleMarker([coordinates[1], coordinates[0]], { radius: 16, ...style, interactive: false });
}

export class PlainMap {
  #L;
  #map;
  #tell;
  #box;
  #grids;
  /** @type {Record<string, any>} */
  #given = { counts: {}, lower: [], ramp: [], shown: [], data: {}, tiles: {}, over: {} };
  /** @type {Record<string, any>} */
  #groups = {};
  #drawers;
  #wings;
  /** @type {Record<string, any>} */
  #over = {};
  /** @type {Map<any, any>} */
  #byKey = new Map();
  /** @type {any} */
  #level = null;
  /** @type {string | null} */
  #within = null;
  /** @type {View | null} */
  #before = null;

  // `leaflet` is the library, which is loaded apart. `wings` are what each wing draws: draws (by name of the
  // data: draw(L, feature, pick), switched), shades (colours of grids by value), points (by name: load(query)
  // gives features).
  /**
   * @param {{ leaflet: any, element: any, workspace: Workspace, view: View | null,
   *   box: any, tell: any, wings: any[] }} given
   */
  constructor({ leaflet, element, workspace, view, box, tell, wings }) {
    this.#L = leaflet;
    this.#grids = leaflet.geoJSON();
    this.#tell = tell;
    this.#wings = wings;
    this.#drawers = Object.assign({}, OWN, ...wings.map((/** @type {any} */ wing) => wing.draws));
    this.#box = box;
    this.#map = this.#L.map(element, {
      preferCanvas: true,
      zoomControl: false,
      attributionControl: false,
      zoomSnap: 0.25,
      maxZoom: 18,
      minZoom: 8,
      zoomAnimation: !prefersStill(),
    });
    this.#L.control.scale({ imperial: false }).addTo(this.#map);
    byId("scale").append(element.querySelector(".leaflet-control-scale"));
    for (const name of Object.keys(this.#drawers)) this.#groups[name] = this.#L.layerGroup().addTo(this.#map);
    // Zoom levels count from 256-pixel tiles here, from 512-pixel ones in the address.
    if (view) this.#map.setView([view.lat, view.lon], view.z + 1, { animate: false });
    else this.fit(workspace.bounds, { still: true });
    this.#map.on("moveend", () => this.#before || tell.moved(this.view()));
    this.#map.on("mouseout", () => tell.hover(null));
    element.dataset.fallback = "true";
    addEventListener("beforeprint", () => this.#toPaper());
    addEventListener("afterprint", () => this.#fromPaper());
  }

  // What the screen shows, drawn anew for the width of a page: a canvas that is stretched loses its place.
  #toPaper() {
    if (this.#before) return;
    this.#before = this.view();
    const { style } = this.#map.getContainer();
    const [bounds, { x, y }] = [this.#map.getBounds(), this.#map.getSize()];
    style.width = `${PAPER}px`;
    style.height = `${Math.round((PAPER * y) / x)}px`;
    this.#map.invalidateSize({ pan: false });
    // The nearest step, not the next that holds all: the sheet shows as much as the screen did.
    const zoom = this.#map.getBoundsZoom(bounds, false);
    this.#map.setView(bounds.getCenter(), zoom, { animate: false });
  }

  #fromPaper() {
    if (!this.#before) return;
    const { style } = this.#map.getContainer();
    style.width = style.height = "";
    this.#map.invalidateSize({ pan: false });
    this.setView(this.#before);
    this.#before = null;
  }

  /** @param {(place: { lon: number, lat: number } | null) => void} done */
  place(done) {
    return takePlace(this.#map.getContainer(), (event) => this.#placeOf(event), done);
  }

  // The next clicks draw a line.
  /** @param {import('./place.js').LineTaking} taking */
  line(taking) {
    return takeLine(this.#map.getContainer(), (event) => this.#placeOf(event), taking);
  }

  /** @param {MouseEvent} event */
  #placeOf(event) {
    const { lat, lng } = this.#map.mouseEventToLatLng(event);
    return { lon: lng, lat };
  }

  view() {
    const { lat, lng } = this.#map.getCenter();
    return { z: this.#map.getZoom() - 1, lat, lon: lng };
  }

  /** @param {{ z: number, lat: number, lon: number }} given */
  setView({ z, lat, lon }) {
    this.#map.setView([lat, lon], z + 1, { animate: false });
  }

  /**
   * @param {any} given
   * @param {{ still?: boolean }} [given1]
   */
  fit([west, south, east, north], { still = false } = {}) {
    const { left, top, right, bottom } = this.#box();
    this.#map.fitBounds(
      [
        [south, west],
        [north, east],
      ],
      {
        paddingTopLeft: [left, top],
        paddingBottomRight: [right, bottom],
        animate: !still && !prefersStill(),
      },
    );
  }

  /**
   * @param {number} lon
   * @param {number} lat
   */
  fitsIn(lon, lat) {
    return this.#map.getBounds().contains([lat, lon]);
  }

  /**
   * @param {number} lon
   * @param {number} lat
   * @param {number} zoom
   */
  goTo(lon, lat, zoom) {
    this.#map.setView([lat, lon], Math.max(this.#map.getZoom(), zoom + 1), { animate: !prefersStill() });
  }

  /** @param {number} n */
  zoomBy(n) {
    this.#map.setZoom(this.#map.getZoom() + n);
  }

  resize() {
    this.#map.invalidateSize();
  }

  redraw() {
    this.#paint();
    for (const [name, features] of Object.entries(this.#given.data)) this.setData(name, features);
    for (const [name, given] of Object.entries(this.#given.over)) this.setShade(name, given);
  }

  /**
   * @param {string} name
   * @param {any} given
   */
  setShade(name, given) {
    return name === "counts" ? this.#setCounts(given) : this.#setOver(name, given);
  }

  /** @param {any} given */
  async #setCounts({ level, within, counts, lower, ramp, on }) {
    Object.assign(this.#given, { counts: counts ?? {}, lower, ramp, on });
    if (level !== this.#level || within !== this.#within) {
      this.#level = level;
      this.#within = within;
      const found = await getGrids({ level, parent: within }).catch((error) => this.#tell.error(error));
      if (!found || level !== this.#level || within !== this.#within) return;
      this.#grids.remove();
      this.#byKey.clear();
      this.#grids = this.#L
        .geoJSON(found, {
          onEachFeature: (/** @type {Feature} */ feature, /** @type {any} */ layer) =>
            this.#listen(feature, layer),
        })
        .addTo(this.#map);
      this.#grids.bringToBack();
      this.#map.getContainer().dataset.ready = "true";
    }
    this.#paint();
  }

  /**
   * @param {string} name
   * @param {any} given
   */
  async #setOver(name, given) {
    this.#given.over[name] = given;
    const found = given
      ? await getGrids({ level: given.level }).catch((error) => this.#tell.error(error))
      : null;
    if (given !== this.#given.over[name]) return;
    this.#over[name]?.remove();
    if (!found) return;
    const colourOf = this.#wings.find((/** @type {any} */ wing) => wing.shades?.[name]).shades[name](given);
    /** @param {{ properties: Properties }} given */
    const style = ({ properties: p }) => ({
      stroke: false,
      fillColor: colourOf(p.grid_key) ?? "transparent",
      fillOpacity: 0.8,
    });
    this.#over[name] = this.#L.geoJSON(found, { interactive: false, style }).addTo(this.#map);
    this.#over[name].bringToBack();
    this.#grids.bringToBack();
  }

  /** @param {any} feature */
  setWay(feature) {
    this.setData("way", feature?.geometry ? [feature] : []);
  }

  /** @param {string[]} names */
  setLayers(names) {
    this.#given.shown = names;
    for (const [name, group] of Object.entries(this.#groups)) {
      if (!this.#drawers[name].switched || names.includes(name)) group.addTo(this.#map);
      else group.remove();
    }
    for (const [name, query] of Object.entries(this.#given.tiles)) this.setTiles(name, query);
  }

  // Points stand in for the tiles of a layer.
  /**
   * @param {any} name
   * @param {Properties} query
   */
  async setTiles(name, query) {
    this.#given.tiles[name] = query;
    if (!this.#given.shown.includes(name)) return;
    const { load } = this.#drawers[name];
    const features = await load(query).catch((/** @type {Told} */ error) => this.#tell.error(error));
    if (features && query === this.#given.tiles[name]) this.setData(name, features);
  }

  /**
   * @param {string} name
   * @param {Feature[]} features
   */
  setData(name, features) {
    this.#given.data[name] = features;
    const group = this.#groups[name].clearLayers();
    /**
     * @param {any} event
     * @param {string} sel
     */
    const pick = (event, sel) => this.#pick(event, sel);
    for (const feature of features ?? [])
      if (feature.geometry) this.#drawers[name].draw(this.#L, feature, pick).addTo(group);
  }

  /** @param {Feature} feature */
  setChosen(feature) {
    this.setData("chosen", feature?.geometry ? [feature] : []);
  }

  /** @param {any} feature */
  setTrack(feature) {
    this.setData("track", feature?.geometry ? [feature] : []);
  }

  /** @param {any} key */
  highlight(key) {
    this.#paint(key);
  }

  /**
   * @param {any} event
   * @param {string} sel
   */
  #pick(event, sel) {
    this.#L.DomEvent.stopPropagation(event);
    this.#tell.pick(sel);
  }

  /**
   * @param {Feature} feature
   * @param {any} layer
   */
  #listen(feature, layer) {
    const p = feature.properties;
    this.#byKey.set(p.grid_key, layer);
    const found = {
      layer: "grid-fill",
      properties: { key: p.grid_key, name_zh: p.name_zh, name_en: p.name_en },
    };
    layer.on("click", () => this.#tell.grid(p.grid_key));
    layer.on("mousemove", (/** @type {any} */ event) => this.#tell.hover(found, event.originalEvent));
    layer.on("mouseout", () => this.#tell.hover(null));
    if (this.#level < 4)
      tooltip(layer, nameOf(p), { permanent: true, direction: "center", className: "grid-name" });
  }

  #paint(hot = null) {
    const { counts, lower, ramp, on } = this.#given;
    for (const [key, layer] of this.#byKey) {
      const n = counts[key];
      const at = n === undefined ? null : classOf(n, lower);
      const fillColor = at === null ? css("--map-ground") : at < 0 ? css("--map-zero") : ramp[at];
      layer.setStyle({
        fillColor: on ? fillColor : css("--map-ground"),
        fillOpacity: 0.85,
        color: key === hot ? css("--accent") : css("--map-edge-3"),
        weight: key === hot ? 3 : 1,
      });
    }
  }
}
