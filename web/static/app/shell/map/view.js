// The map on WebGL: draws what it is given, tells what was pointed at. `plain.js` has the same face.

import { byId, prefersStill } from "../dom.js";
import { lang } from "../i18n.js";
import { chosenMap } from "./chosen.js";
import { dragging } from "./drag.js";
import { fontFaces } from "./fonts.js";
import { collection } from "./paint.js";
import { takeLine, takePlace } from "./place.js";
import { featureOf, GridStates } from "./shades.js";
import { addMarks } from "./symbols.js";

// From the ground up. Each wing gives layers to some of them; within one, lower wings lie lower.
const STRATA = ["land", "shade", "water", "area", "edge", "way", "name", "point", "field", "mark"];
const REACH_PX = 5;
const MOST_ZOOM = 19;

export class MapView {
  #map;
  #workspace;
  #tell;
  #wings;
  #picks;
  /** @type {Record<string, any>} */
  #given = { box: null, shown: [], data: {}, shades: {}, tiles: {} };
  /** @type {Record<string, string>} */
  #tiled = {};
  #states;
  /** @type {any} */
  #hovered = null;
  #drag;

  // `maplibre` is the library, which is loaded apart. `wings` are what each wing draws: sources(tilesOf,
  // bounds), strata, shown (layers by name of what is switched), shades (painters of grids), picks (what a
  // click on a layer means; the lowest rank wins), drag, images(map).
  /**
   * @param {{ maplibre: any, element: any, workspace: Workspace, view: View | null,
   *   box: any, tell: any, wings: any[] }} given
   */
  constructor({ maplibre, element, workspace, view, box, tell, wings }) {
    this.#workspace = workspace;
    this.#wings = [...wings, chosenMap];
    this.#picks = this.#wings.flatMap((wing) => wing.picks ?? []).sort((a, b) => a.rank - b.rank);
    this.#tell = tell;
    this.#given.box = box;
    this.#map = new maplibre.Map({
      container: element,
      style: this.#style(),
      ...(view
        ? { center: [view.lon, view.lat], zoom: view.z }
        : { bounds: workspace.bounds, fitBoundsOptions: { padding: box() } }),
      maxZoom: MOST_ZOOM,
      minZoom: 7,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      fadeDuration: prefersStill() ? 0 : 200,
      localIdeographFontFamily: false,
      // Kept for printing: a browser prints a canvas as it last stood.
      canvasContextAttributes: { preserveDrawingBuffer: true },
      locale: lang === "zh" ? { "Map.Title": "地图" } : {},
    });
    this.#states = new GridStates(this.#map);
    this.#map.touchZoomRotate.disableRotation();
    this.#map.addControl(new maplibre.ScaleControl({ unit: "metric", maxWidth: 110 }));
    byId("scale").append(element.querySelector(".maplibregl-ctrl-scale"));
    this.#map.on("style.load", () => this.#apply());
    this.#map.on("click", (/** @type {any} */ event) => this.#click(event));
    this.#map.on("mousemove", (/** @type {any} */ event) => this.#move(event));
    this.#map.on("mouseout", () => this.#tell.hover(null));
    const [drag] = this.#wings.flatMap((wing) => wing.drag ?? []);
    this.#drag = dragging(this.#map, {
      ...drag,
      moved: (/** @type {...any} */ ...how) => this.#tell.dragged(...how),
      dropped: (/** @type {any} */ from, /** @type {any} */ onto) => this.#tell.dropped(from, onto),
    });
    this.#map.on("moveend", () => this.#tell.moved(this.view()));
    this.#map.on("error", (/** @type {any} */ event) => this.#tell.error(event.error));
    this.#map.once("idle", () => element.setAttribute("data-ready", "true"));
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
    const box = this.#map.getContainer().getBoundingClientRect();
    const { lng, lat } = this.#map.unproject([event.clientX - box.left, event.clientY - box.top]);
    return { lon: lng, lat };
  }

  view() {
    const { lng, lat } = this.#map.getCenter();
    return { z: this.#map.getZoom(), lat, lon: lng };
  }

  /** @param {{ z: number, lat: number, lon: number }} given */
  setView({ z, lat, lon }) {
    this.#map.jumpTo({ center: [lon, lat], zoom: z });
  }

  /**
   * @param {any} given
   * @param {{ still?: boolean }} [given1]
   */
  fit([west, south, east, north], { still = false } = {}) {
    this.#map.fitBounds(
      [
        [west, south],
        [east, north],
      ],
      { padding: this.#given.box(), maxZoom: 16.5, animate: !still && !prefersStill(), duration: 500 },
    );
  }

  /**
   * @param {number} lon
   * @param {number} lat
   */
  fitsIn(lon, lat) {
    const { x, y } = this.#map.project([lon, lat]);
    const pad = this.#given.box();
    const { clientWidth: w, clientHeight: h } = this.#map.getContainer();
    return x > pad.left && y > pad.top && x < w - pad.right && y < h - pad.bottom;
  }

  /**
   * @param {number} lon
   * @param {number} lat
   * @param {number} zoom
   */
  goTo(lon, lat, zoom) {
    const z = Math.max(this.#map.getZoom(), zoom);
    this.#map.easeTo({
      center: [lon, lat],
      zoom: z,
      padding: this.#given.box(),
      retainPadding: false,
      animate: !prefersStill(),
      duration: 500,
    });
  }

  /** @param {number} n */
  zoomBy(n) {
    this.#map.zoomTo(this.#map.getZoom() + n, { animate: !prefersStill() });
  }

  resize() {
    this.#map.resize();
  }

  // Theme or data version changed: everything is drawn anew.
  redraw(workspace = this.#workspace) {
    this.#workspace = workspace;
    this.#states.forget();
    this.#map.setStyle(this.#style(), { diff: false });
  }

  // Shades of grids: `name` is of one of the wings' painters, which says what it is given.
  /**
   * @param {string} name
   * @param {any} given
   */
  setShade(name, given) {
    this.#given.shades[name] = given;
    this.#whenLoaded(() => this.#shade(name));
  }

  /** @param {any} feature */
  setWay(feature) {
    this.setData("way", feature?.geometry ? [feature] : []);
  }

  /** @param {string[]} names */
  setLayers(names) {
    this.#given.shown = names;
    this.#whenLoaded(() => this.#showLayers());
  }

  // Which records a layer's tiles hold.
  /**
   * @param {any} layer
   * @param {Properties} query
   */
  setTiles(layer, query) {
    this.#given.tiles[layer] = query;
    this.#whenLoaded(() => this.#retile(layer));
  }

  /**
   * @param {string} name
   * @param {Feature[]} features
   */
  setData(name, features) {
    this.#given.data[name] = features;
    this.#whenLoaded(() => this.#map.getSource(name).setData(collection(features)));
  }

  /** @param {Feature} feature */
  setChosen(feature) {
    this.setData("chosen", feature?.geometry ? [feature] : []);
  }

  /** @param {any} feature */
  setTrack(feature) {
    this.setData("track", feature?.geometry ? [feature] : []);
  }

  /** @param {string} key */
  highlight(key) {
    if (key === this.#hovered) return;
    /**
     * @param {any} id
     * @param {any} hover
     */
    const state = (id, hover) => this.#map.setFeatureState(featureOf(id), { hover });
    this.#whenLoaded(() => {
      if (this.#hovered) state(this.#hovered, false);
      this.#hovered = key;
      if (key) state(key, true);
    });
  }

  #style() {
    const { bounds } = this.#workspace;
    /** @param {any} layer */
    const tilesOf = (layer) => (this.#tiled[layer] = this.#tilesOf(layer));
    return {
      version: 8,
      "font-faces": fontFaces(),
      sources: Object.assign({}, ...this.#wings.map((wing) => wing.sources(tilesOf, bounds))),
      layers: STRATA.flatMap((name) => this.#wings.flatMap((wing) => wing.strata[name]?.() ?? [])),
      transition: { duration: 150, delay: 0 },
    };
  }

  /** @param {any} layer */
  #tilesOf(layer) {
    const query = new URLSearchParams(
      Object.entries(this.#given.tiles[layer] ?? {}).filter(([, value]) => value),
    ).toString();
    const { tiles } = document.documentElement.dataset;
    const ofCases = layer in this.#given.tiles;
    const version = ofCases ? this.#workspace.data_version : this.#workspace.ground_version;
    const path = `${tiles}/${version}/${layer}/{z}/{x}/{y}.mvt`;
    const origin = ofCases ? `block://${location.host}` : location.origin;
    return `${origin}${path}${query ? `?${query}` : ""}`;
  }

  // Tiles are fetched anew only for another question.
  /** @param {string} layer */
  #retile(layer) {
    const address = this.#tilesOf(layer);
    if (this.#tiled[layer] === address) return;
    this.#tiled[layer] = address;
    this.#map.getSource(layer).setTiles([address]);
  }

  /** @param {any} act */
  #whenLoaded(act) {
    if (this.#map.getLayer("grid-fill")) act();
  }

  #apply() {
    for (const wing of this.#wings) wing.images?.(this.#map);
    addMarks(this.#map);
    for (const layer of Object.keys(this.#tiled)) this.#retile(layer);
    for (const name of Object.keys(this.#given.shades)) this.#shade(name);
    this.#showLayers();
    for (const [name, features] of Object.entries(this.#given.data))
      this.#map.getSource(name).setData(collection(features));
  }

  /** @param {string} name */
  #shade(name) {
    for (const wing of this.#wings) wing.shades?.[name]?.(this.#map, this.#given.shades[name], this.#states);
  }

  #showLayers() {
    for (const [name, ids] of this.#wings.flatMap((wing) => Object.entries(wing.shown ?? {}))) {
      const visibility = this.#given.shown.includes(name) ? "visible" : "none";
      for (const id of ids) this.#map.setLayoutProperty(id, "visibility", visibility);
    }
  }

  /** @param {{ point: any }} given */
  #under({ point }) {
    const box = [
      [point.x - REACH_PX, point.y - REACH_PX],
      [point.x + REACH_PX, point.y + REACH_PX],
    ];
    for (const { layer, exact, act } of this.#picks) {
      if (!this.#map.getLayer(layer)) continue;
      const [hit] = this.#map.queryRenderedFeatures(exact ? point : box, { layers: [layer] });
      if (hit) return { layer, hit, act };
    }
    return null;
  }

  /** @param {any} event */
  #click(event) {
    const found = this.#under(event);
    if (!found) return;
    const done = found.act(
      found.hit.properties,
      found.hit.geometry.coordinates,
      (/** @type {string[]} */ ids) => this.#map.queryRenderedFeatures(event.point, { layers: ids }),
    );
    if (done.zoom)
      this.#map.easeTo({
        center: done.zoom,
        zoom: Math.min(this.#map.getZoom() + 2, MOST_ZOOM),
        animate: !prefersStill(),
      });
    else if (done.sel) this.#tell.pick(done.sel);
    else this.#tell.grid(done.grid);
  }

  /** @param {any} event */
  #move(event) {
    if (this.#drag.going) {
      this.#tell.hover(null);
      return;
    }
    const found = this.#under(event);
    this.#map.getCanvas().style.cursor = found ? "pointer" : "";
    this.#tell.hover(
      found ? { layer: found.layer, properties: found.hit.properties } : null,
      event.originalEvent,
    );
  }
}
