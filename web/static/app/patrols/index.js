// Patrol plans on the page: their state, and what is told to the map, the legend, the panel and the slider.

import { isPhone } from "../dom.js";
import { getKept } from "../api.js";
import { nameOf } from "../i18n.js";
import * as chrome from "../ui/chrome.js";
import { Plans, routeOf } from "./data.js";
import { patrolLegend } from "./legend.js";
import { drawnOf, nowOf } from "./look.js";
import { momentOf, Night } from "./night.js";
import { PatrolPanel } from "./panel.js";
import { patrolStory } from "./story.js";

const QUIETED = ["counts", "incidents", "teams"];

function boundsOf(features) {
  const points = features.flatMap((f) => f.geometry?.coordinates ?? []);
  if (!points.length) return null;
  const [x, y] = [0, 1].map((k) => points.map((p) => p[k]));
  return [Math.min(...x), Math.min(...y), Math.max(...x), Math.max(...y)];
}

export class Patrols {
  plans = new Plans();
  #store;
  #actions;
  #tell;
  #names = new Map();
  #quieted = [];
  #fitting = false;
  #minute = null;

  // `tell` has drawn(source, features), for the map, legend(), when the legend changed, show(box), and hotspotRuns.
  constructor(store, actions, tell) {
    this.#store = store;
    this.#actions = actions;
    this.#tell = tell;
    this.panel = new PatrolPanel(store, this.plans, tell.hotspotRuns, {
      choosePlan: (id) => this.choose(id), pick: (sel) => this.#pick(sel), openHotspots: actions.openHotspots, teamName: (code) => this.#names.get(code) ?? "",
    });
    this.night = new Night({
      moved: (minute) => this.#moved(minute), rested: (minute) => store.set({ minute: minute === null ? null : String(minute) }, { quiet: true }),
    });
    this.plans.listen((what) => this.#changed(what));
  }

  async open() {
    this.panel.render();
    if (!this.#store.state.plan) return;
    this.#fitting = !this.#store.state.view;
    await Promise.all([this.plans.refresh(), this.plans.show(this.#store.state.plan)]);
  }

  // What would drown the routes goes, and comes back with "do not show".
  choose(id) {
    const { state } = this.#store;
    if (id === state.plan) return;
    let { layers } = state;
    if (id && !state.plan) {
      this.#quieted = layers.filter((name) => QUIETED.includes(name));
      layers = layers.filter((name) => !QUIETED.includes(name));
    } else if (!id) layers = [...layers, ...this.#quieted.filter((name) => !layers.includes(name))];
    this.#fitting = Boolean(id);
    this.#store.set({ plan: id, minute: null, layers, ...(state.sel?.startsWith("patrol:") ? { sel: null } : {}) });
  }

  changed(changed) {
    const { state } = this.#store;
    if (changed.has("plan")) this.plans.show(state.plan);
    else if (changed.has("minute")) {
      this.night.show(this.plans.shown, this.#asked);
      this.#moved(this.night.minute);
    }
    if (changed.has("plan") || changed.has("sel")) this.panel.render();
  }

  get #asked() {
    const { minute } = this.#store.state;
    return minute === null ? null : Number(minute);
  }

  #changed(what) {
    this.panel.render();
    if (what !== "run") return;
    const { shown } = this.plans;
    if (shown) this.#named();
    this.night.show(shown, this.#asked);
    this.#tell.drawn("patrols", shown ? drawnOf(shown) : []);
    this.#moved(this.night.minute);
    const box = shown && this.#fitting ? boundsOf(shown.features) : null;
    this.#fitting = false;
    if (box) this.#tell.show(box);
    if (shown) this.panel.element.scrollIntoView({ block: "start" });
  }

  async #named() {
    const found = await getKept("/teams").catch(() => null);
    this.#names = new Map(found?.features.map(({ properties: p }) => [p.code, nameOf(p)]) ?? []);
    this.panel.render();
  }

  #moved(minute) {
    const { shown } = this.plans;
    const turned = (minute === null) !== (this.#minute === null);
    this.#minute = minute;
    this.#tell.drawn("patrol_now", shown && minute !== null ? nowOf(shown, momentOf(shown.plan, minute)) : []);
    if (turned || minute === null) this.#tell.legend();
  }

  legend() {
    return patrolLegend(this.plans.shown, this.#minute);
  }

  async story(which) {
    const shown = await this.plans.show(this.#store.state.plan);
    return patrolStory(shown, which, { actions: this.#actions });
  }

  #pick(sel) {
    this.#store.set({ sel });
    const box = boundsOf([routeOf(this.plans.shown, sel.split(":")[1])].filter(Boolean));
    if (box) this.#tell.show(box);
    if (isPhone()) chrome.showSheet("story");
  }
}
