// The map on WebGL: draws what it is given, tells what was pointed at. `fallback.js` has the same face.

import * as maplibre from "../../vendor/maplibre-gl/maplibre-gl.mjs";
import { reachLayers } from "../coverage/layer.js";
import { wayLayers } from "../dispatch/layer.js";
import { css, prefersStill } from "../dom.js";
import { HOTSPOT_PICK, hotspotAreas, hotspotMarks } from "../hotspots/layer.js";
import { lang } from "../i18n.js";
import { DRAG_TARGETS, DRAGGED, PATROL_PICK, patrolLines, patrolMarks } from "../patrols/layer.js";
import { dragging } from "./drag.js";
import * as layers from "./layers.js";
import { baseStyle, nameLayers } from "./style.js";
import { addMarks } from "./symbols.js";

const PICK = [
  ...PATROL_PICK.map((layer) => [layer, (p) => ({ sel: p.sel })]),
  ["team", (p) => ({ sel: `team:${p.code}` })],
  ["incident-point", (p) => ({ sel: `incident:${p.id}` })],
  ["incident-cluster", (p, at) => ({ zoom: at, n: p.n })],
  ["organisation", (p) => ({ sel: `organisation:${p.code}` })],
  ["migrant", (p) => ({ sel: `migrant:${p.code}` })],
  ...HOTSPOT_PICK.map((layer) => [layer, (p, at, ranks) => ({ sel: `hotspot:${ranks}` })]),
  ["grid-fill", (p) => ({ grid: p.key })],
];
const REACH_PX = 5;
const MOST_ZOOM = 19;
const MOST_EXPLAINED = 6;
const VILLAGE_DIGITS = 14;

export class MapView {
  #map;
  #workspace;
  #tell;
  #given = { level: 3, counts: null, lower: [], ramp: [], shown: [], data: {}, incidents: null, chosen: null, track: null };
  #coloured = new Set();
  #reached = new Set();
  #hovered = null;
  #drag;

  constructor({ element, workspace, view, box, tell }) {
    this.#workspace = workspace;
    this.#tell = tell;
    this.#given.box = box;
    this.#map = new maplibre.Map({
      container: element,
      style: this.#style(),
      ...(view ? { center: [view.lon, view.lat], zoom: view.z } : { bounds: workspace.bounds, fitBoundsOptions: { padding: box() } }),
      maxZoom: MOST_ZOOM, minZoom: 7, attributionControl: false, dragRotate: false, pitchWithRotate: false, touchPitch: false,
      fadeDuration: prefersStill() ? 0 : 200, localIdeographFontFamily: false,
      // Kept for printing: a browser prints a canvas as it last stood.
      canvasContextAttributes: { preserveDrawingBuffer: true },
      locale: lang === "zh" ? { "Map.Title": "地图" } : {},
    });
    this.#map.touchZoomRotate.disableRotation();
    this.#map.addControl(new maplibre.ScaleControl({ unit: "metric", maxWidth: 110 }));
    document.getElementById("scale").append(element.querySelector(".maplibregl-ctrl-scale"));
    this.#map.on("style.load", () => this.#apply());
    this.#map.on("click", (event) => this.#click(event));
    this.#map.on("mousemove", (event) => this.#move(event));
    this.#map.on("mouseout", () => this.#tell.hover(null));
    this.#drag = dragging(this.#map, { layer: DRAGGED, targets: DRAG_TARGETS, moved: (...how) => this.#tell.dragged(...how), dropped: (from, onto) => this.#tell.dropped(from, onto) });
    this.#map.on("moveend", () => this.#tell.moved(this.view()));
    this.#map.on("error", (event) => this.#tell.error(event.error));
    this.#map.once("idle", () => element.setAttribute("data-ready", "true"));
  }

  view() {
    const { lng, lat } = this.#map.getCenter();
    return { z: this.#map.getZoom(), lat, lon: lng };
  }

  setView({ z, lat, lon }) {
    this.#map.jumpTo({ center: [lon, lat], zoom: z });
  }

  fit([west, south, east, north], { still = false } = {}) {
    this.#map.fitBounds([[west, south], [east, north]], { padding: this.#given.box(), maxZoom: 16.5, animate: !still && !prefersStill(), duration: 500 });
  }

  fitsIn(lon, lat) {
    const { x, y } = this.#map.project([lon, lat]);
    const pad = this.#given.box();
    const { clientWidth: w, clientHeight: h } = this.#map.getContainer();
    return x > pad.left && y > pad.top && x < w - pad.right && y < h - pad.bottom;
  }

  goTo(lon, lat, zoom) {
    const z = Math.max(this.#map.getZoom(), zoom);
    this.#map.easeTo({ center: [lon, lat], zoom: z, padding: this.#given.box(), retainPadding: false, animate: !prefersStill(), duration: 500 });
  }

  zoomBy(n) {
    this.#map.zoomTo(this.#map.getZoom() + n, { animate: !prefersStill() });
  }

  resize() {
    this.#map.resize();
  }

  // Theme or data version changed: everything is drawn anew.
  redraw(workspace = this.#workspace) {
    this.#workspace = workspace;
    this.#coloured.clear();
    this.#reached.clear();
    this.#map.setStyle(this.#style(), { diff: false });
  }

  setChoropleth({ level, counts, lower, ramp, on }) {
    Object.assign(this.#given, { level, counts, lower, ramp, on });
    this.#whenLoaded(() => this.#paintCounts());
  }

  // Bands of coverage by grid key; null for none.
  setReach(reach) {
    this.#given.reach = reach;
    this.#whenLoaded(() => this.#paintReach());
  }

  setWay(feature) {
    this.setData("way", feature?.geometry ? [feature] : []);
  }

  setLayers(names) {
    this.#given.shown = names;
    this.#whenLoaded(() => this.#showLayers());
  }

  setIncidents(filter) {
    this.#given.incidents = filter;
    this.#whenLoaded(() => this.#map.getSource("incidents").setTiles([this.#incidentTiles()]));
  }

  setData(name, features) {
    this.#given.data[name] = features;
    this.#whenLoaded(() => this.#map.getSource(name).setData(layers.collection(features)));
  }

  setChosen(feature) {
    this.setData("chosen", feature?.geometry ? [feature] : []);
  }

  setTrack(feature) {
    this.setData("track", feature?.geometry ? [feature] : []);
  }

  highlight(key) {
    if (key === this.#hovered) return;
    const state = (id, hover) => this.#map.setFeatureState({ source: "grids", sourceLayer: "grids", id }, { hover });
    this.#whenLoaded(() => {
      if (this.#hovered) state(this.#hovered, false);
      this.#hovered = key;
      if (key) state(key, true);
    });
  }

  #style() {
    const style = baseStyle(this.#workspace.data_version, this.#workspace.bounds, [...layers.fillLayers(), ...reachLayers()]);
    Object.assign(style.sources, layers.dataSources(), {
      incidents: { type: "vector", tiles: [this.#incidentTiles()], minzoom: 8, maxzoom: 17, bounds: this.#workspace.bounds },
    });
    style.layers.push(
      ...hotspotAreas(), ...layers.outlineLayers(), ...patrolLines(), ...wayLayers(), ...nameLayers(), layers.labelLayer(this.#given.level), ...layers.incidentLayers(), ...layers.fieldLayers(), ...hotspotMarks(), ...patrolMarks(),
    );
    return style;
  }

  #incidentTiles() {
    const query = new URLSearchParams(Object.entries(this.#given.incidents ?? {}).filter(([, v]) => v));
    const { tiles } = document.documentElement.dataset;
    return `${location.origin}${tiles}/${this.#workspace.data_version}/incidents/{z}/{x}/{y}.mvt?${query}`;
  }

  #whenLoaded(act) {
    if (this.#map.getLayer("grid-fill")) act();
  }

  #apply() {
    addMarks(this.#map);
    this.#map.getSource("incidents").setTiles([this.#incidentTiles()]);
    this.#paintCounts();
    this.#paintReach();
    this.#showLayers();
    for (const [name, features] of Object.entries(this.#given.data)) this.#map.getSource(name).setData(layers.collection(features));
  }

  #paintCounts() {
    const { level, counts, lower, ramp, on } = this.#given;
    const map = this.#map;
    const target = (id) => ({ source: "grids", sourceLayer: "grids", id });
    for (const id of this.#coloured) if (!(id in (counts ?? {}))) map.removeFeatureState(target(id), "n");
    for (const [id, n] of Object.entries(counts ?? {})) map.setFeatureState(target(id), { n });
    this.#coloured = new Set(Object.keys(counts ?? {}));
    map.setPaintProperty("grid-fill", "fill-color", layers.fillColour(lower, ramp, on));
    const same = ["==", ["get", "level"], level];
    const within = (Object.keys(counts ?? {})[0] ?? "").slice(0, VILLAGE_DIGITS);
    for (const id of ["grid-fill", "grid-hover"]) map.setFilter(id, same);
    map.setFilter("grid-label", level < 4 ? same : ["all", same, ["==", ["slice", ["get", "key"], 0, VILLAGE_DIGITS], within]]);
    for (const [name, value] of Object.entries(layers.labelLayer(level).layout)) map.setLayoutProperty("grid-label", name, value);
    map.setLayerZoomRange("grid-label", level === 4 ? 13.2 : 0, 24);
    for (const edge of [2, 3, 4]) map.setLayoutProperty(`edge-${edge}`, "visibility", edge <= Math.max(level, 3) ? "visible" : "none");
    map.setPaintProperty("edge-4", "line-color", css("--map-edge-4"));
  }

  #paintReach() {
    const { level = 4, bands = {} } = this.#given.reach ?? {};
    const target = (id) => ({ source: "grids", sourceLayer: "grids", id });
    for (const id of this.#reached) if (!(id in bands)) this.#map.removeFeatureState(target(id), "reach");
    for (const [id, reach] of Object.entries(bands)) this.#map.setFeatureState(target(id), { reach });
    this.#reached = new Set(Object.keys(bands));
    this.#map.setFilter("reach-fill", ["==", ["get", "level"], level]);
  }

  #showLayers() {
    for (const [name, ids] of Object.entries(layers.LAYERS_OF)) {
      const visibility = this.#given.shown.includes(name) ? "visible" : "none";
      for (const id of ids) this.#map.setLayoutProperty(id, "visibility", visibility);
    }
  }

  #under({ point }) {
    const box = [[point.x - REACH_PX, point.y - REACH_PX], [point.x + REACH_PX, point.y + REACH_PX]];
    for (const [layer, action] of PICK) {
      if (!this.#map.getLayer(layer)) continue;
      const [hit] = this.#map.queryRenderedFeatures(layer === "grid-fill" ? point : box, { layers: [layer] });
      if (hit) return { layer, hit, action };
    }
    return null;
  }

  #click(event) {
    const found = this.#under(event);
    if (!found) return;
    const done = found.action(found.hit.properties, found.hit.geometry.coordinates, this.#ranksAt(event.point));
    if (done.zoom) this.#map.easeTo({ center: done.zoom, zoom: Math.min(this.#map.getZoom() + 2, MOST_ZOOM), animate: !prefersStill() });
    else if (done.sel) this.#tell.pick(done.sel);
    else this.#tell.grid(done.grid);
  }

  // Areas of different domains lie over each other: all of them are told, what was found first.
  #ranksAt(point) {
    const hits = this.#map.queryRenderedFeatures(point, { layers: HOTSPOT_PICK });
    const order = hits.sort((a, b) => (a.properties.heat === "none") - (b.properties.heat === "none") || a.properties.rank - b.properties.rank);
    return [...new Set(order.map((hit) => hit.properties.rank))].slice(0, MOST_EXPLAINED).join(".");
  }

  #move(event) {
    if (this.#drag.going) {
      this.#tell.hover(null);
      return;
    }
    const found = this.#under(event);
    this.#map.getCanvas().style.cursor = found ? "pointer" : "";
    this.#tell.hover(found ? { layer: found.layer, properties: found.hit.properties } : null, event.originalEvent);
  }
}
