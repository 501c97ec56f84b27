// The map where WebGL is absent: Leaflet on a plain canvas, with the same face as `view.js`.

import * as L from "../../vendor/leaflet/leaflet-src.esm.js";
import { get, getKept } from "../api.js";
import { bandColours } from "../coverage/bands.js";
import { css, prefersStill } from "../dom.js";
import { nameOf } from "../i18n.js";
import { classOf } from "../classes.js";
import { drawPatrol } from "../patrols/plain.js";
import { marks } from "./symbols.js";

const MOST_POINTS = 500;
const KINDS = { teams: "team", migrants: "migrant", organisations: "organisation", hotspots: null, patrols: null, patrol_now: null, patrol_live: null, patrol_drag: null, way: null, chosen: null, track: null };

const iconOf = (canvas) => L.icon({ iconUrl: canvas.toDataURL(), iconSize: [canvas.width / 2, canvas.height / 2] });

export class PlainMap {
  #map;
  #tell;
  #box;
  #grids = L.geoJSON();
  #given = { counts: {}, lower: [], ramp: [], shown: [] };
  #groups = {};
  #byKey = new Map();
  #level = null;
  #reach = L.geoJSON();

  constructor({ element, workspace, view, box, tell }) {
    this.#tell = tell;
    this.#box = box;
    this.#map = L.map(element, { preferCanvas: true, zoomControl: false, attributionControl: false, zoomSnap: 0.25, maxZoom: 18, minZoom: 8, zoomAnimation: !prefersStill() });
    L.control.scale({ imperial: false }).addTo(this.#map);
    document.getElementById("scale").append(element.querySelector(".leaflet-control-scale"));
    for (const name of ["incidents", ...Object.keys(KINDS)]) this.#groups[name] = L.layerGroup().addTo(this.#map);
    // Zoom levels count from 256-pixel tiles here, from 512-pixel ones in the address.
    if (view) this.#map.setView([view.lat, view.lon], view.z + 1, { animate: false });
    else this.fit(workspace.bounds, { still: true });
    this.#map.on("moveend", () => tell.moved(this.view()));
    this.#map.on("mouseout", () => tell.hover(null));
    element.dataset.fallback = "true";
  }

  view() {
    const { lat, lng } = this.#map.getCenter();
    return { z: this.#map.getZoom() - 1, lat, lon: lng };
  }

  setView({ z, lat, lon }) {
    this.#map.setView([lat, lon], z + 1, { animate: false });
  }

  fit([west, south, east, north], { still = false } = {}) {
    const { left, top, right, bottom } = this.#box();
    this.#map.fitBounds([[south, west], [north, east]], { paddingTopLeft: [left, top], paddingBottomRight: [right, bottom], animate: !still && !prefersStill() });
  }

  fitsIn(lon, lat) {
    return this.#map.getBounds().contains([lat, lon]);
  }

  goTo(lon, lat, zoom) {
    this.#map.setView([lat, lon], Math.max(this.#map.getZoom(), zoom + 1), { animate: !prefersStill() });
  }

  zoomBy(n) {
    this.#map.setZoom(this.#map.getZoom() + n);
  }

  resize() {
    this.#map.invalidateSize();
  }

  redraw() {
    this.#paint();
    for (const [name, features] of Object.entries(this.#given.data ?? {})) this.setData(name, features);
    this.setReach(this.#given.reach ?? null);
  }

  async setChoropleth({ level, counts, lower, ramp, on }) {
    Object.assign(this.#given, { counts: counts ?? {}, lower, ramp, on });
    if (level !== this.#level) {
      this.#level = level;
      const found = await getKept("/grids", { level }).catch((error) => this.#tell.error(error));
      if (!found || level !== this.#level) return;
      this.#grids.remove();
      this.#byKey.clear();
      this.#grids = L.geoJSON(found, { onEachFeature: (feature, layer) => this.#listen(feature, layer) }).addTo(this.#map);
      this.#grids.bringToBack();
      this.#map.getContainer().dataset.ready = "true";
    }
    this.#paint();
  }

  async setReach(reach) {
    this.#given.reach = reach;
    const found = reach ? await getKept("/grids", { level: reach.level }).catch((error) => this.#tell.error(error)) : null;
    if (reach !== this.#given.reach) return;
    this.#reach.remove();
    if (!found) return;
    const colours = bandColours();
    const style = ({ properties: p }) => ({ stroke: false, fillColor: colours[reach.bands[p.grid_key]] ?? "transparent", fillOpacity: 0.8 });
    this.#reach = L.geoJSON(found, { interactive: false, style }).addTo(this.#map);
    this.#reach.bringToBack();
    this.#grids.bringToBack();
  }

  setWay(feature) {
    this.setData("way", feature?.geometry ? [feature] : []);
  }

  setLayers(names) {
    this.#given.shown = names;
    for (const [name, group] of Object.entries(this.#groups)) {
      const on = !(name in KINDS || name === "incidents") || KINDS[name] === null || names.includes(name);
      if (on) group.addTo(this.#map);
      else group.remove();
    }
    if (names.includes("incidents") && this.#given.incidents) this.setIncidents(this.#given.incidents);
  }

  async setIncidents(filter) {
    this.#given.incidents = filter;
    if (!this.#given.shown.includes("incidents")) return;
    const found = await get("/incidents", { ...filter, limit: MOST_POINTS }).catch((error) => this.#tell.error(error));
    if (!found || filter !== this.#given.incidents) return;
    this.#groups.incidents.clearLayers();
    const drawn = marks();
    for (const feature of found.features) {
      if (!feature.geometry) continue;
      const [lon, lat] = feature.geometry.coordinates;
      const { incident_id: id, domain } = feature.properties;
      const dot = L.marker([lat, lon], { keyboard: false, icon: iconOf(drawn[`d-${domain}`]) });
      dot.on("click", (e) => this.#pick(e, `incident:${id}`)).addTo(this.#groups.incidents);
    }
  }

  setData(name, features) {
    (this.#given.data ??= {})[name] = features;
    const group = this.#groups[name].clearLayers();
    for (const feature of features ?? []) this.#draw(name, feature, group);
  }

  setChosen(feature) {
    this.setData("chosen", feature?.geometry ? [feature] : []);
  }

  setTrack(feature) {
    this.setData("track", feature?.geometry ? [feature] : []);
  }

  highlight(key) {
    this.#paint(key);
  }

  // Dashes and words in place of hatches, which a plain canvas cannot fill with.
  #drawHotspot(feature, group) {
    const { heat, sure = 0, outline, rank, text, label } = feature.properties;
    const none = heat === "none";
    const style = {
      color: css(none ? "--ink-2" : `--${heat}`), weight: none ? (outline ? 1.2 : 0) : sure + 0.8, dashArray: heat === "cold" || none ? "6 4" : sure === 1 ? "2 4" : null,
      fill: true, fillOpacity: none || outline ? 0.01 : [0, 0.15, 0.28, 0.42][sure],
    };
    const area = L.geoJSON(feature, { style }).addTo(group);
    if (!none && (text || label)) area.bindTooltip([nameOf(feature.properties), text].filter(Boolean).join(" · "));
    area.on("click", (e) => this.#pick(e, `hotspot:${rank}`));
  }

  #draw(name, feature, group) {
    if (!feature.geometry) return;
    if (name === "hotspots") {
      this.#drawHotspot(feature, group);
      return;
    }
    if (name.startsWith("patrol")) {
      drawPatrol(L, feature, (event, sel) => this.#pick(event, sel)).addTo(group);
      return;
    }
    if (feature.geometry.type !== "Point") {
      const style = name === "track" ? { color: css("--track"), weight: 3 } : name === "way" ? { color: css("--accent"), weight: 6 } : { color: css("--accent"), weight: 3, fill: false };
      L.geoJSON(feature, { style, interactive: false }).addTo(group);
      return;
    }
    const at = [feature.geometry.coordinates[1], feature.geometry.coordinates[0]];
    const p = feature.properties;
    let mark;
    if (name === "chosen") mark = L.circleMarker(at, { radius: 16, weight: 3, color: css("--accent"), fill: false, interactive: false });
    else if (name === "migrants") mark = L.circleMarker(at, { radius: 0.9 * Math.sqrt(p.head_count), weight: 1.5, color: css("--migrant"), fillOpacity: 0.28 });
    else {
      const image = marks()[name === "teams" ? (p.position_at ? "team" : "team-base") : "organisation"];
      mark = L.marker(at, { keyboard: false, icon: iconOf(image) });
    }
    if (KINDS[name]) {
      mark.bindTooltip(nameOf(p));
      mark.on("click", (e) => this.#pick(e, `${KINDS[name]}:${p.code}`));
    }
    mark.addTo(group);
  }

  #pick(event, sel) {
    L.DomEvent.stopPropagation(event);
    this.#tell.pick(sel);
  }

  #listen(feature, layer) {
    const p = feature.properties;
    this.#byKey.set(p.grid_key, layer);
    const found = { layer: "grid-fill", properties: { key: p.grid_key, name_zh: p.name_zh, name_en: p.name_en } };
    layer.on("click", () => this.#tell.grid(p.grid_key));
    layer.on("mousemove", (event) => this.#tell.hover(found, event.originalEvent));
    layer.on("mouseout", () => this.#tell.hover(null));
    if (this.#level < 4) layer.bindTooltip(nameOf(p), { permanent: true, direction: "center", className: "grid-name" });
  }

  #paint(hot = null) {
    const { counts, lower, ramp, on } = this.#given;
    for (const [key, layer] of this.#byKey) {
      const n = counts[key];
      const at = n === undefined ? null : classOf(n, lower);
      const fillColor = at === null ? css("--map-ground") : at < 0 ? css("--map-zero") : ramp[at];
      layer.setStyle({ fillColor: on ? fillColor : css("--map-ground"), fillOpacity: 0.85, color: key === hot ? css("--accent") : css("--map-edge-3"), weight: key === hot ? 3 : 1 });
    }
  }
}
