// What is shown, kept in the address so that a view can be sent to a colleague.

import { isDay, preset } from "./dates.js";
import { may } from "./rights.js";

/** @type {Record<string, string>} */
const NEEDS = {
  counts: "see_counts",
  incidents: "see_cases",
  teams: "see_teams",
  migrants: "see_services",
  organisations: "see_services",
  fixed_points: "see_plans",
  beats: "see_plans",
};
/** @param {string} name */
const isSeen = (name) => !NEEDS[name] || may(NEEDS[name]);
// Of layers and lists there are those that whoever looks may see.
export const LAYERS = [
  "counts",
  "incidents",
  "teams",
  "migrants",
  "organisations",
  "fixed_points",
  "beats",
  "names",
].filter(isSeen);
export const DEFAULT_LAYERS = ["counts", "incidents", "teams", "names"].filter(isSeen);
export const LISTS = ["grids", "incidents", "teams", "migrants", "organisations"].filter(isSeen);
export const FLAGS = ["overdue", "open", "confirm"];
const KEY = /^(\d{17}|\d{6}|\d{4}|\d{2})$/;
// Kind, then which; of hotspots a dozen ranks, of a patrol's team one of its stops.
const SELECTION = new RegExp(
  `^(${[
    String.raw`incident:\d+`,
    String.raw`(team|migrant|organisation|fixed_point):[\w.-]{1,40}`,
    String.raw`grid:(\d{17}|\d{6}|\d{4}|\d{2})`,
    String.raw`hotspot:\d{1,6}(\.\d{1,6}){0,11}`,
    String.raw`patrol:[\w.-]{1,40}(:\d{1,3})?`,
  ].join("|")})$`,
);
const NUMBER = /^\d{1,15}$/;

/**
 * @param {string} text
 * @param {number} low
 * @param {number} high
 */
const bounded = (text, low, high) => {
  const value = Number.parseFloat(text);
  return Number.isFinite(value) && value >= low && value <= high ? value : null;
};

/** @param {Workspace} workspace */
export function defaults(workspace) {
  const levels = workspace.levels ?? [];
  return {
    grid: workspace.root?.grid_key ?? null,
    level: levels.includes(3) ? 3 : (levels.at(-1) ?? 3),
    domain: null,
    stage: null,
    kind: null,
    flag: null,
    text: null,
    outside: false,
    ...(workspace.period
      ? preset(String(workspace.terms.days.default), workspace.period)
      : { from: null, to: null }),
    layers: [...DEFAULT_LAYERS],
    list: "grids",
    sel: null,
    hot: null,
    slice: null,
    plan: null,
    minute: null,
    reach: null,
    view: null,
  };
}

/**
 * @param {string} search
 * @param {Workspace} workspace
 */
export function parse(search, workspace) {
  /** @type {any} */
  const query = new URLSearchParams(search);
  /** @type {any} */
  const state = defaults(workspace);
  /**
   * @param {string} name
   * @param {string[]} allowed
   */
  const choose = (name, allowed) => allowed.includes(query.get(name)) && (state[name] = query.get(name));
  if (KEY.test(query.get("grid") ?? "")) state.grid = query.get("grid");
  const level = Number(query.get("level"));
  if (workspace.levels?.includes(level)) state.level = level;
  // Of these a question may name several, as one of the API does.
  for (const [name, known] of Object.entries({
    domain: workspace.domains,
    stage: workspace.stages,
    kind: Object.values(workspace.kinds).flat(),
  })) {
    const given = (query.get(name) ?? "").split(",");
    const codes = new Set(known.map((/** @type {any} */ item) => item.code));
    const meant = [...codes].filter((code) => given.includes(code));
    if (meant.length) state[name] = meant.sort().join(",");
  }
  choose("list", LISTS);
  // A question of the API is understood, too: there each flag has a name, and key 0 is what lies outside.
  const named = (query.get("flag") ?? "").split(",");
  const flags = FLAGS.filter((name) => named.includes(name) || query.get(name) === "1");
  if (flags.length) state.flag = flags.sort().join(",");
  const text = (query.get("q") ?? "").trim().slice(0, workspace.longest.words);
  if (text) state.text = text;
  state.outside = query.get("outside") === "1" || query.get("grid") === "0";
  const [from, to] = [query.get("from"), query.get("to")];
  if (isDay(from) && isDay(to) && from <= to) Object.assign(state, { from, to });
  if (query.has("layers")) {
    const wanted = query.get("layers").split(",");
    state.layers = LAYERS.filter((name) => wanted.includes(name));
  }
  if (SELECTION.test(query.get("sel") ?? "")) state.sel = query.get("sel");
  for (const name of ["hot", "slice", "plan", "minute", "reach"])
    if (NUMBER.test(query.get(name) ?? "")) state[name] = query.get(name);
  const view = {
    z: bounded(query.get("z"), 0, 22),
    lat: bounded(query.get("lat"), -85, 85),
    lon: bounded(query.get("lon"), -180, 180),
  };
  if (Object.values(view).every((v) => v !== null)) state.view = view;
  return state;
}

/**
 * @param {any} state
 * @param {Workspace} workspace
 * @param {Lang} lang
 */
export function serialise(state, workspace, lang) {
  /** @type {any} */
  const plain = defaults(workspace);
  const query = new URLSearchParams();
  if (lang !== "zh") query.set("lang", lang);
  for (const name of [
    "grid",
    "level",
    "domain",
    "stage",
    "kind",
    "flag",
    "list",
    "sel",
    "hot",
    "slice",
    "plan",
    "minute",
    "reach",
  ]) {
    if (state[name] && state[name] !== plain[name]) query.set(name, state[name]);
  }
  if (state.outside) query.set("outside", "1");
  if (state.text) query.set("q", state.text);
  if (state.from && (state.from !== plain.from || state.to !== plain.to)) {
    query.set("from", state.from);
    query.set("to", state.to);
  }
  if (state.layers.join() !== plain.layers.join()) query.set("layers", state.layers.join(","));
  if (state.view) {
    query.set("z", state.view.z.toFixed(2));
    query.set("lat", state.view.lat.toFixed(5));
    query.set("lon", state.view.lon.toFixed(5));
  }
  return query.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
}

// Holds the state, writes the address, and tells listeners which names changed.
export class Store {
  /** @type {any} */
  #listeners = [];

  /**
   * @param {Workspace} workspace
   * @param {Lang} lang
   */
  constructor(workspace, lang) {
    this.workspace = workspace;
    this.lang = lang;
    this.state = parse(location.search, workspace);
    addEventListener("popstate", () => this.#adopt(parse(location.search, workspace), "history"));
  }

  /** @param {(...told: any[]) => void} listener */
  listen(listener) {
    this.#listeners.push(listener);
  }

  /**
   * @param {Partial<State>} changes
   * @param {{ quiet?: boolean }} [given1]
   */
  set(changes, { quiet = false } = {}) {
    const next = { ...this.state, ...changes };
    const changed = this.#difference(next);
    if (!changed.size) return;
    this.state = next;
    const query = serialise(next, this.workspace, this.lang);
    const url = query ? `?${query}` : location.pathname;
    const move = quiet || (changed.size === 1 && changed.has("view"));
    history[move ? "replaceState" : "pushState"](null, "", url);
    this.#tell(changed, "set");
  }

  /** @param {Lang} lang */
  setLanguage(lang) {
    const query = serialise(this.state, this.workspace, lang);
    const parameters = new URLSearchParams(query);
    parameters.set("lang", lang);
    location.assign(`?${parameters.toString().replaceAll("%2C", ",").replaceAll("%3A", ":")}`);
  }

  /**
   * @param {any} next
   * @param {string} why
   */
  #adopt(next, why) {
    const changed = this.#difference(next);
    this.state = next;
    if (changed.size) this.#tell(changed, why);
  }

  /** @param {any} next */
  #difference(next) {
    return new Set(
      Object.keys(next).filter((k) => JSON.stringify(next[k]) !== JSON.stringify(this.state[k])),
    );
  }

  /**
   * @param {Set<string>} changed
   * @param {string} why
   */
  #tell(changed, why) {
    for (const listener of this.#listeners) listener(changed, why);
  }
}
