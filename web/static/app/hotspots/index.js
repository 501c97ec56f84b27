// The hotspot layer of the page: its state, and what is told to the map, the legend, the panel and the
// slider.

import { byId, h, icon, isPhone } from "../shell/dom.js";
import * as chrome from "../shell/ui/chrome.js";
import { Runs } from "./runs.js";
import { hotspotLegend } from "./legend.js";
import { marked } from "./marking.js";
import { HotspotPanel } from "./panel.js";
import { Slider } from "./slider.js";
import { hotspotStory } from "./story.js";
import { noted } from "../shell/terms.js";

const QUIETED = ["counts", "incidents", "teams"];

/** @param {any} geometry */
function boundsOf(geometry) {
  const flat = geometry.coordinates.flat(Infinity);
  const [x, y] = [
    flat.filter((/** @type {any} */ _, /** @type {number} */ i) => i % 2 === 0),
    flat.filter((/** @type {any} */ _, /** @type {number} */ i) => i % 2 === 1),
  ];
  return [Math.min(...x), Math.min(...y), Math.max(...x), Math.max(...y)];
}

export class Hotspots {
  runs = new Runs();
  #store;
  #actions;
  #tell;
  /** @type {any} */
  #quieted = [];

  // `tell` has `drawn(features)`, for the map, and `legend()`, when the legend changed.
  /**
   * @param {import('../shell/state.js').Store} store
   * @param {Actions} actions
   * @param {any} tell
   */
  constructor(store, actions, tell) {
    this.#store = store;
    this.#actions = actions;
    this.#tell = tell;
    this.panel = new HotspotPanel(store, this.runs, {
      chooseRun: (/** @type {any} */ id) => this.choose(id),
      pickHotspot: (/** @type {number} */ rank) => this.#pick(rank),
    });
    this.slider = new Slider((/** @type {number | null} */ slice) =>
      store.set({ slice: slice === null ? null : String(slice) }, { quiet: true }),
    );
    this.caption = h(
      "div",
      { id: "hot-note", class: "note", hidden: true },
      icon("info-circle"),
      noted("caption"),
    );
    this.runs.listen((/** @type {any} */ what) => this.#changed(what));
  }

  get slice() {
    const { slice } = this.#store.state;
    const slices = this.runs.shown?.run.method === "emerging" ? this.runs.shown.run.summary.slices : [];
    return slice !== null && Number(slice) < slices.length ? Number(slice) : null;
  }

  async open() {
    byId("map-notes").append(this.caption);
    this.panel.render();
    if (!this.#store.state.hot) return;
    await Promise.all([this.runs.refresh(), this.runs.show(this.#store.state.hot)]);
  }

  // The choropleth and the points would drown the areas: they go, and come back with "do not show".
  /** @param {any} id */
  choose(id) {
    const { state } = this.#store;
    if (id === state.hot) return;
    let { layers } = state;
    if (id && !state.hot) {
      this.#quieted = layers.filter((/** @type {string} */ name) => QUIETED.includes(name));
      layers = layers.filter((/** @type {string} */ name) => !QUIETED.includes(name));
    } else if (!id)
      layers = [...layers, ...this.#quieted.filter((/** @type {any} */ name) => !layers.includes(name))];
    this.#store.set({
      hot: id,
      slice: null,
      layers,
      ...(state.sel?.startsWith("hotspot:") ? { sel: null } : {}),
    });
  }

  /** @param {Set<string>} changed */
  changed(changed) {
    if (changed.has("hot")) this.runs.show(this.#store.state.hot);
    if (changed.has("slice")) this.draw();
    if (["hot", "domain", "kind", "from", "to"].some((name) => changed.has(name))) this.panel.render();
  }

  /** @param {any} what */
  #changed(what) {
    this.panel.render();
    if (what !== "run") return;
    this.draw();
    if (this.runs.shown) this.panel.element.scrollIntoView({ block: "start" });
  }

  draw() {
    const { shown } = this.runs;
    this.caption.hidden = !shown;
    this.slider.show(shown?.run ?? null, this.slice);
    this.#tell.drawn(shown ? marked(shown, this.slice) : []);
    this.#tell.legend();
  }

  legend() {
    return hotspotLegend(this.runs.shown, this.slice, this.#store.workspace);
  }

  /** @param {any} ranks */
  async story(ranks) {
    const shown = await this.runs.show(this.#store.state.hot);
    return hotspotStory(shown, ranks.split(".").map(Number), {
      actions: this.#actions,
      workspace: this.#store.workspace,
      slice: this.slice,
    });
  }

  /** @param {number} rank */
  #pick(rank) {
    const feature = this.runs.shown.features.find((/** @type {Feature} */ f) => f.properties.rank === rank);
    this.#store.set({ sel: `hotspot:${rank}` });
    if (feature?.geometry) this.#tell.show(boundsOf(feature.geometry));
    if (isPhone()) chrome.showSheet("story");
  }
}
