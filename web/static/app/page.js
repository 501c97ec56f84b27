// The page: the map and what stands around it, each told of changes to the state.

import { actionsOf, tellersOf } from "./actions.js";
import { Counts } from "./cases/counts.js";
import { casesLegend } from "./cases/legend.js";
import { List } from "./cases/list.js";
import { ASKED } from "./cases/query.js";
import { Timeline } from "./cases/timeline.js";
import { Hotspots } from "./hotspots/index.js";
import { Patrols } from "./patrols/index.js";
import { Reach } from "./response/coverage.js";
import { forget } from "./shell/api.js";
import { byId, isPhone } from "./shell/dom.js";
import { keeping } from "./shell/focus.js";
import { nameOf, number, t } from "./shell/i18n.js";
import { openMap as openPlainMap } from "./map_plain.js";
import { openMap as openWebglMap } from "./map_webgl.js";
import { supported } from "./shell/map/webgl.js";
import { may } from "./shell/rights.js";
import { defaults } from "./shell/state.js";
import * as chrome from "./shell/ui/chrome.js";
import { renderLegend } from "./shell/ui/legend.js";
import { Panel } from "./shell/ui/panel.js";
import { Story } from "./shell/ui/story.js";
import { teamsLegend } from "./teams/legend.js";
import { Places } from "./teams/places.js";

const FILTERS = ["level", ...ASKED];
const POINT_ZOOM = 15;
const LEGEND_WIDTH = 232;
const TEAMS_EVERY_MS = 60_000;

export class Page {
  /** @type {any} The map, once it is loaded. */
  map = null;
  /** @type {string | null} */
  centred = null;
  fitting = false;
  first = false;

  /**
   * @param {Workspace} workspace
   * @param {import('./shell/state.js').Store} store
   */
  constructor(workspace, store) {
    this.workspace = workspace;
    this.store = store;
    this.counts = new Counts(store, (/** @type {Told} */ error) => this.fail(error));
    this.places = new Places(store, (/** @type {Told} */ error) => this.fail(error));
    const actions = actionsOf(this);
    chrome.buildChrome(workspace, actions);
    this.hotspots = new Hotspots(store, actions, {
      drawn: (/** @type {Feature[]} */ features) => this.map?.setData("hotspots", features),
      legend: () => this.legend(),
      show: (/** @type {any} */ box) => this.map.fit(box),
    });
    this.patrols = new Patrols(store, actions, {
      drawn: (/** @type {string} */ name, /** @type {Feature[]} */ features) =>
        this.map?.setData(name, features),
      legend: () => this.legend(),
      show: (/** @type {any} */ box) => this.map.fit(box),
      story: () => keeping(byId("story"), () => this.story.refresh()),
      place: (/** @type {(place: any) => void} */ done) => this.map.place(done),
      line: (/** @type {any} */ taking) => this.map.line(taking),
      hotspotRuns: this.hotspots.runs,
    });
    this.reach = new Reach(store, actions, {
      drawn: (/** @type {any} */ reach) => this.map?.setShade("reach", reach),
      legend: () => this.legend(),
    });
    this.panel = new Panel(store, this.counts, actions);
    this.list = new List(store, this, actions);
    this.story = new Story(store, tellersOf(this, actions), actions);
    this.time = new Timeline(store, (/** @type {Told} */ error) => this.fail(error));
  }

  async open() {
    const { store, counts, places } = this;
    document.title = `${nameOf(this.workspace)} · ${t("product")}`;
    this.panel.render();
    this.legend();
    if (!supported()) chrome.note(t("fallback"));
    this.map = await (supported() ? openWebglMap : openPlainMap)({
      element: byId("map"),
      workspace: this.workspace,
      view: store.state.view,
      box: () => this.box(),
      tell: {
        grid: (/** @type {string} */ key) => this.open_(key),
        pick: (/** @type {string} */ sel) => this.pick(sel),
        hover: (/** @type {any} */ found, /** @type {any} */ event) => this.hover(found, event),
        moved: (/** @type {View | null} */ view) => store.set({ view }, { quiet: true }),
        error: (/** @type {Told} */ error) => this.mapError(error),
        dragged: (/** @type {any} */ from, /** @type {any} */ at, /** @type {any} */ onto) =>
          this.patrols.dragged(from, at, onto),
        dropped: (/** @type {any} */ from, /** @type {any} */ onto) => this.patrols.dropped(from, onto),
      },
    });
    this.map.setLayers(store.state.layers);
    this.map.setTiles("incidents", this.counts.query);
    if (may("see_hotspots")) this.hotspots.open();
    if (may("see_plans")) this.patrols.open();
    if (may("see_teams")) this.reach.open();
    counts.listen(() => this.counted());
    places.listen((/** @type {string} */ name) => this.placed(name));
    store.listen((/** @type {Set<string>} */ changed, /** @type {string} */ why) =>
      this.changed(changed, why),
    );
    this.story.onShown = (/** @type {Feature} */ feature) => this.shown(feature);
    addEventListener("themechange", () => this.restyle());
    addEventListener("resize", () => this.resized());
    this.resized();
    chrome.uncover();
    setInterval(() => document.hidden || places.renewTeams(), TEAMS_EVERY_MS);
    this.first = !store.state.view;
    this.time.refresh();
    this.story.refresh();
    await this.refresh();
    if (store.state.list === "incidents") this.list.refresh();
  }

  refresh(changed = null) {
    return Promise.all([this.counts.refresh(changed), this.places.refresh(changed)]);
  }

  resized() {
    this.panel.render();
    document.body.style.setProperty("--map-ratio", `${innerWidth} / ${innerHeight}`);
  }

  // Space that panels leave of the map, as padding in pixels.
  box() {
    if (isPhone()) {
      const sheet = byId(document.body.dataset.sheet);
      return {
        left: 16,
        right: 60,
        top: 96,
        bottom: sheet && sheet.id !== "map" ? sheet.offsetHeight + 64 : 96,
      };
    }
    const list = document.body.classList.contains("list-wide") ? byId("list").offsetHeight : 0;
    const legend =
      innerWidth >= 1200
        ? Math.max(
            byId("legend").offsetWidth,
            this.store.state.hot || this.store.state.plan ? LEGEND_WIDTH : 0,
          ) + 8
        : 0;
    return {
      left: byId("panel").offsetWidth + legend + 36,
      top: 24,
      right: byId("story").hidden ? 64 : byId("story").offsetWidth + 64,
      bottom: byId("time").offsetHeight + list + 48,
    };
  }

  /**
   * @param {any} changed
   * @param {string} why
   */
  changed(changed, why) {
    const { state } = this.store;
    /** @param {string[]} names */
    const any = (names) => names.some((/** @type {string} */ name) => changed.has(name));
    chrome.clearError();
    if (why === "history" && changed.has("view") && state.view) this.map.setView(state.view);
    else if (changed.has("grid")) this.fitting = !(why === "history" && state.view);
    if (any(ASKED)) {
      this.map.setTiles("incidents", this.counts.query);
      this.time.refresh();
    }
    if (may("see_hotspots")) this.hotspots.changed(changed);
    if (may("see_plans")) this.patrols.changed(changed);
    if (may("see_teams")) this.reach.changed(changed);
    if (changed.has("sel")) this.map.setWay(null);
    if (changed.has("layers")) {
      this.map.setLayers(state.layers);
      this.paint();
    }
    if (changed.has("sel") || (any(ASKED) && state.sel?.startsWith("grid:"))) this.story.refresh();
    if (any([...FILTERS, "layers", "list", "sel"])) this.refresh(changed);
    if (any([...FILTERS, "list"]) || changed.has("sel")) this.list.refresh();
    if (any([...FILTERS, "layers"])) this.panel.render();
  }

  /** @param {string} name */
  placed(name) {
    this.map.setData(name, /** @type {any} */ (this.places)[name]);
    if (this.store.state.list === name) this.list.render();
  }

  counted() {
    const { bbox } = this.counts.grid ?? {};
    if (bbox && (this.fitting || (this.first && this.store.state.grid !== this.workspace.root?.grid_key)))
      this.map.fit(bbox, { still: this.first });
    this.fitting = this.first = false;
    this.panel.render();
    this.paint();
    if (this.store.state.list === "grids") this.list.render();
    this.shown(this.story.feature);
    chrome.showZero(this.counts.total === 0, actionsOf(this).wholeYear);
  }

  paint() {
    const { level, counts, lower } = this.counts;
    this.map.setShade("counts", {
      level,
      within: this.counts.within,
      counts,
      lower,
      ramp: this.counts.ramp(),
      on: this.store.state.layers.includes("counts"),
    });
    this.legend();
  }

  legend() {
    renderLegend([
      this.hotspots.legend(),
      ...this.patrols.legend(),
      this.reach.legend(),
      ...casesLegend(this.store, this.counts),
      ...teamsLegend(this.store),
    ]);
  }

  /** @param {any} feature */
  shown(feature) {
    const { sel } = this.store.state;
    if (!feature) this.map.setTrack(null);
    this.map.setChosen(
      feature ??
        (this.counts.grid?.geometry && !(this.counts.isTop && this.counts.grid.properties.level <= 1)
          ? this.counts.grid
          : null),
    );
    const at = feature?.geometry?.type === "Point" ? feature.geometry.coordinates : null;
    if (!at || sel === this.centred) return;
    this.centred = sel;
    if (!this.map.fitsIn(...at)) this.map.goTo(...at, sel.startsWith("incident") ? POINT_ZOOM : 13);
  }

  // The way of a team is drawn, and all of it is in sight.
  /** @param {Feature} feature */
  way(feature) {
    this.map.setWay(feature);
    const points = feature?.geometry?.coordinates ?? [];
    if (!points.length) return;
    const [x, y] = [0, 1].map((k) => points.map((/** @type {Properties} */ p) => p[k]));
    this.map.fit([Math.min(...x), Math.min(...y), Math.max(...x), Math.max(...y)]);
  }

  /** @param {string} key */
  open_(key) {
    const current = this.store.state.grid === key;
    this.store.set({
      grid: key,
      sel: key === this.workspace.root?.grid_key ? null : `grid:${key}`,
      outside: false,
    });
    if (current && this.counts.grid) this.map.fit(this.counts.grid.bbox);
    if (isPhone()) chrome.showSheet(document.body.dataset.sheet === "list" ? "list" : "map");
  }

  /** @param {string} sel */
  pick(sel) {
    this.store.set({ sel });
    if (isPhone()) chrome.showSheet("story");
  }

  close() {
    this.store.set({ sel: null });
    if (isPhone()) chrome.showSheet("map");
    byId("list").focus({ preventScroll: true });
  }

  records({
    grid = this.store.state.grid,
    domain = this.store.state.domain,
    stage = this.store.state.stage,
    kind = this.store.state.kind,
    text = this.store.state.text,
    outside = this.store.state.outside,
    flag = this.store.state.flag,
    ...flags
  }) {
    if (!may("see_cases")) return;
    // A number is of the whole question: what it leads to is that question, narrowed by what the number
    // counts.
    const all = new Set([...(flag?.split(",") ?? []), ...Object.keys(flags).filter((name) => flags[name])]);
    this.store.set({
      list: "incidents",
      grid,
      domain,
      stage,
      kind,
      text,
      outside,
      flag: [...all].sort().join(",") || null,
    });
    if (isPhone()) chrome.showSheet("list");
  }

  home() {
    const { grid } = defaults(this.workspace);
    this.store.set({ grid, sel: null });
    this.map.fit(this.workspace.bounds);
  }

  theme() {
    const root = document.documentElement;
    root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
    document.cookie = `theme=${root.dataset.theme};path=/;max-age=31536000;samesite=lax`;
    this.restyle();
  }

  restyle() {
    this.map.redraw();
    this.panel.render();
    this.paint();
    this.list.render();
    this.story.refresh();
    this.time.redraw();
  }

  /**
   * @param {any} found
   * @param {any} event
   */
  hover(found, event) {
    const tip = byId("tip");
    const key = ["grid-fill", "micro-fill"].includes(found?.layer) ? found.properties.key : null;
    this.map.highlight(key);
    if (this.store.state.list === "grids") this.list.mark(key);
    tip.hidden = !found || !event || event.pointerType === "touch";
    if (tip.hidden) return;
    const p = found.properties;
    const n = key ? this.counts.counts?.[key] : found.layer.startsWith("incident") ? p.n : null;
    const lines = [
      nameOf(p),
      n === null || n === undefined ? null : t("n_incidents_here", { n: number(n) }),
      p.head_count ? `${number(p.head_count)} ${t("people")}` : null,
    ];
    tip.textContent = lines.filter(Boolean).join("\n");
    tip.style.left = `${Math.min(event.clientX, innerWidth - 200)}px`;
    tip.style.top = `${event.clientY}px`;
  }

  /** @param {any} error */
  mapError(error) {
    if (error?.status >= 500 || error?.name === "TypeError") this.fail({ status: error.status ?? 0 });
  }

  /** @param {any} error */
  fail(error) {
    const again = async () => {
      chrome.clearError();
      forget();
      await this.refresh();
      this.map.redraw();
      this.list.refresh();
      this.time.refresh();
      this.story.refresh();
    };
    const isGridGone = error.status === 404 && this.store.state.grid !== defaults(this.workspace).grid;
    const home = () => {
      chrome.clearError();
      this.home();
    };
    chrome.showError(error, again, isGridGone ? home : null);
  }
}
