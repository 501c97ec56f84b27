// Patrol plans on the page: their state, and what is told to the map, the legend, the panel and the slider.

import { getKept } from "../shell/api.js";
import { byId, isPhone } from "../shell/dom.js";
import { messageOf, nameOf, t } from "../shell/i18n.js";
import { may } from "../shell/rights.js";
import * as chrome from "../shell/ui/chrome.js";
import { stopName } from "./adjustments.js";
import { Compare } from "./comparison.js";
import { Beats } from "./beats.js";
import { FixedPoints, drawnFixed, fixedPointStory } from "./fixed_points.js";
import { drawSegment, placeFixed } from "./placing.js";
import { Plans, routeOf } from "./plans.js";
import { Done } from "./visits.js";
import { beatsLegend, fixedLegend, patrolLegend } from "./legend.js";
import { Live } from "./live.js";
import { Orders } from "./orders.js";
import { drawnOf, growing, nowOf, worthOf } from "./routes.js";
import { clock, momentOf, Night } from "./night.js";
import { PatrolPanel } from "./panel.js";
import { patrolStory } from "./story.js";
import { Wishes } from "./wishes.js";

const DROP_SECONDS = 3;
const QUIETED = ["counts", "incidents", "teams"];

/** @param {Feature[]} features */
function boundsOf(features) {
  const points = features.flatMap((/** @type {Feature} */ f) => f.geometry?.coordinates ?? []);
  if (!points.length) return null;
  const [x, y] = [0, 1].map((k) => points.map((/** @type {Properties} */ p) => p[k]));
  return [Math.min(...x), Math.min(...y), Math.max(...x), Math.max(...y)];
}

export class Patrols {
  plans = new Plans();
  wishes = new Wishes();
  done = new Done();
  orders = new Orders();
  fixed;
  beats;
  live = new Live(() => this.#chosenMoment());
  #compare = new Compare();
  #store;
  #actions;
  #tell;
  /** @type {Map<any, any>} */
  #names = new Map();
  /** @type {any} */
  #quieted = [];
  #fitting = false;
  /** @type {number | null} */
  #minute = null;
  #growing = false;

  // `tell` has drawn(source, features), for the map, legend(), when the legend changed, show(box), story(),
  // when what is told of the chosen thing changed, and hotspotRuns.
  /**
   * @param {import('../shell/state.js').Store} store
   * @param {Actions} actions
   * @param {any} tell
   */
  constructor(store, actions, tell) {
    this.#store = store;
    this.#actions = actions;
    this.#tell = tell;
    this.fixed = new FixedPoints(store);
    this.beats = new Beats(store, (drawn) => {
      this.#tell.drawn("beats", drawn);
      this.#tell.legend();
    });
    this.panel = new PatrolPanel(
      store,
      this.plans,
      tell.hotspotRuns,
      {
        choosePlan: (/** @type {any} */ id) => this.choose(id),
        pick: (/** @type {string} */ sel) => this.#pick(sel),
        openHotspots: actions.openHotspots,
        teamName: (/** @type {string} */ code) => this.#names.get(code) ?? "",
        compare: (/** @type {any} */ a, /** @type {any} */ b) => this.#compare.open(a, b, this.plans.list),
        solve: () => this.solveAgain(),
        teams: () => this.#teams(),
        live: () => this.live.toggle(this.plans.shown.plan),
        placeFixed: () => placeFixed(this.fixed, this.#tell, () => this.panel.render()),
        drawSegment: () => drawSegment(this.fixed, this.#tell, () => this.panel.render()),
        pickFixed: (/** @type {string} */ sel) => {
          store.set({ sel });
          if (isPhone()) chrome.showSheet("story");
        },
      },
      { wishes: this.wishes, done: this.done, live: this.live, orders: this.orders, fixed: this.fixed },
    );
    this.night = new Night({
      moved: (/** @type {number | null} */ minute) => this.#moved(minute),
      rested: (/** @type {number | null} */ minute) =>
        store.set({ minute: minute === null ? null : String(minute) }, { quiet: true }),
    });
    this.plans.listen((/** @type {any} */ what) => this.#changed(what));
    this.wishes.listen(() => {
      if (this.wishes.changed) this.panel.unfold("pat-adjust");
      this.panel.trouble(null);
      this.#retold();
    });
    this.done.listen(() => {
      this.panel.render();
      this.#retold();
    });
    this.orders.listen(() => this.panel.render());
    this.fixed.listen(() => {
      this.#tell.drawn("fixed_points", drawnFixed(this.fixed.of ?? []));
      this.panel.render();
    });
    this.live.listen(() => {
      this.#tell.drawn("patrol_live", this.live.drawn(this.plans.shown));
      this.#moved(this.night.minute);
      this.#tell.legend();
      this.panel.renderLive();
      this.#showTeams();
    });
  }

  async open() {
    this.panel.render();
    if (this.fixed.looked()) this.fixed.load();
    this.beats.looked();
    if (!this.#store.state.plan) return;
    this.#fitting = !this.#store.state.view;
    await Promise.all([this.plans.refresh(), this.plans.show(this.#store.state.plan)]);
  }

  // What would drown the routes goes, and comes back with "do not show".
  /** @param {any} id */
  choose(id) {
    const { state } = this.#store;
    if (id === state.plan) return;
    let { layers } = state;
    if (id && !state.plan) {
      this.#quieted = layers.filter((/** @type {string} */ name) => QUIETED.includes(name));
      layers = layers.filter((/** @type {string} */ name) => !QUIETED.includes(name));
    } else if (!id)
      layers = [...layers, ...this.#quieted.filter((/** @type {any} */ name) => !layers.includes(name))];
    this.#fitting = Boolean(id);
    this.#store.set({
      plan: id,
      minute: null,
      layers,
      ...(state.sel?.startsWith("patrol:") ? { sel: null } : {}),
    });
  }

  /** @param {Set<string>} changed */
  changed(changed) {
    const { state } = this.#store;
    if (changed.has("plan")) this.plans.show(state.plan);
    else if (changed.has("minute")) {
      this.night.show(this.plans.shown, this.#asked);
      this.#moved(this.night.minute);
      this.live.again();
    }
    if (this.fixed.looked()) this.fixed.load();
    this.beats.looked();
    if (["plan", "sel", "layers"].some((name) => changed.has(name))) this.panel.render();
  }

  get #asked() {
    const { minute } = this.#store.state;
    return minute === null ? null : Number(minute);
  }

  /** @param {any} what */
  #changed(what) {
    this.panel.render();
    if (what === "job") this.#grow();
    if (what !== "run") return;
    const { shown } = this.plans;
    if (shown) this.#named();
    this.live.stop();
    this.wishes.begin(shown?.plan ?? null);
    this.done.show(shown?.plan ?? null);
    this.orders.show(shown?.plan ?? null);
    this.night.show(shown, this.#asked);
    this.#tell.drawn("patrols", shown ? drawnOf(shown) : []);
    this.#moved(this.night.minute);
    const box = shown && this.#fitting ? boundsOf(shown.features) : null;
    this.#fitting = false;
    if (box) this.#tell.show(box);
    if (shown) this.panel.element.scrollIntoView({ block: "start" });
  }

  // A plan that is being made stands in the place of the one that is shown, until it is done or given up.
  #grow() {
    const { job, shown } = this.plans;
    const grows = Boolean(job?.so_far);
    if (grows) this.#tell.drawn("patrols", growing(job.so_far));
    else if (this.#growing && !job) this.#tell.drawn("patrols", shown ? drawnOf(shown) : []);
    this.#growing = grows || (this.#growing && Boolean(job));
  }

  // All teams are in sight when they are first shown.
  #showTeams() {
    if (!this.live.found || !this.live.fresh) return;
    this.live.fresh = false;
    const box = boundsOf([
      ...this.plans.shown.features,
      ...this.live.drawn(this.plans.shown).filter((/** @type {Feature} */ f) => f.properties.what === "gap"),
    ]);
    if (box) this.#tell.show(box);
  }

  async #named() {
    const found = may("see_teams") ? await getKept("/teams").catch(() => null) : null;
    this.#names = new Map(found?.features.map(({ properties: p }) => [p.code, nameOf(p)]) ?? []);
    this.panel.render();
  }

  /** @param {number | null} minute */
  #moved(minute) {
    const { shown } = this.plans;
    const turned = (minute === null) !== (this.#minute === null);
    this.#minute = minute;
    const moment = shown && minute !== null && !this.live.on ? momentOf(shown.plan, minute) : null;
    this.#tell.drawn(
      "patrol_now",
      shown && moment !== null ? [...worthOf(shown, moment), ...nowOf(shown, moment)] : [],
    );
    if (turned || minute === null) this.#tell.legend();
    const check = byId("pat-check-time");
    if (shown && check) check.textContent = clock(this.#moment(check.dataset.planned));
  }

  legend() {
    return [
      beatsLegend(this.beats),
      fixedLegend(this.#store.state.layers.includes("fixed_points")),
      patrolLegend(this.plans.shown, this.#minute, this.live.on),
    ];
  }

  /** @param {string} code */
  fixedStory(code) {
    return fixedPointStory(this.fixed, code);
  }

  /** @param {string} which */
  async story(which) {
    const shown = await this.plans.show(this.#store.state.plan);
    return patrolStory(shown, which, {
      actions: this.#actions,
      wishes: this.wishes,
      done: this.done,
      teams: () => this.#teams(),
      moment: (/** @type {string} */ planned) => this.#moment(planned),
      said: (/** @type {string} */ text) => chrome.say(text),
    });
  }

  #retold() {
    if (this.#store.state.sel?.startsWith("patrol:")) this.#tell.story();
  }

  // Teams that the plan was made for.
  #teams() {
    const { shown } = this.plans;
    const codes = shown.plan.parameters.teams ?? [
      ...shown.features.map((/** @type {Feature} */ f) => f.properties.team_code),
      ...shown.plan.summary.idle,
    ];
    return [...codes].sort().map((code) => ({ code, name: this.#names.get(code) ?? "" }));
  }

  // The slider's, or null.
  #chosenMoment() {
    const { shown } = this.plans;
    return shown && this.#minute !== null ? new Date(momentOf(shown.plan, this.#minute)).toISOString() : null;
  }

  // What a check-in is for: the slider's moment, the present while the shift runs, or else the time that was
  // planned.
  /** @param {any} planned */
  #moment(planned) {
    const { plan } = this.plans.shown;
    const chosen = this.#chosenMoment();
    if (chosen) return chosen;
    const now = Date.now();
    return now >= Date.parse(plan.begins_at) && now <= Date.parse(plan.ends_at)
      ? new Date(now).toISOString()
      : planned;
  }

  // While a stop is dragged: a mark under the pointer that tells whose it would be.
  /**
   * @param {any} from
   * @param {any} at
   * @param {any} onto
   */
  dragged(from, at, onto) {
    if (!from) {
      this.#tell.drawn("patrol_drag", []);
      return;
    }
    const visit = routeOf(this.plans.shown, from.code).properties.visits.find(
      (/** @type {any} */ v) => v.stop === from.stop,
    );
    const text = onto ? `→ ${onto.code}` : "";
    this.#tell.drawn("patrol_drag", [
      {
        type: "Feature",
        geometry: { type: "LineString", coordinates: [[visit.lon, visit.lat], at] },
        properties: { what: "gap" },
      },
      { type: "Feature", geometry: { type: "Point", coordinates: at }, properties: { what: "here", text } },
    ]);
  }

  /**
   * @param {any} from
   * @param {any} onto
   */
  dropped(from, onto) {
    if (!onto) {
      chrome.say(t("pat_dropped_nowhere"));
      return;
    }
    this.wishes.give(from.stop, onto.code);
    chrome.say(t("pat_dropped", { stop: stopName(this.plans.shown, from.stop), team: onto.code }));
  }

  // A new plan from the one that is shown and the wishes.
  async solveAgain() {
    const { plan } = this.plans.shown;
    this.panel.trouble(null);
    try {
      const made = this.plans.make(
        { ...this.wishes.parameters(), seed: plan.seed, seconds: DROP_SECONDS },
        `/patrol-plans/${plan.patrol_id}/replan`,
      );
      this.panel.focus("pat-stop");
      const id = await made;
      if (id) await this.#arrived(String(id));
      else this.panel.focus("pat-solve");
    } catch (error) {
      this.panel.trouble(messageOf(error));
      this.panel.focus("pat-solve");
    }
  }

  /** @param {any} id */
  async #arrived(id) {
    this.choose(id);
    await this.plans.show(id);
    chrome.say(t("pat_solved", { n: id }));
    this.panel.focus("pat-back");
  }

  /** @param {string} sel */
  #pick(sel) {
    this.#store.set({ sel });
    const code = sel.split(":")[1];
    const live = this.live
      .drawn(this.plans.shown)
      .filter((/** @type {Feature} */ f) => f.properties.what === "gap" && f.properties.code === code);
    const box = boundsOf([routeOf(this.plans.shown, code), ...live].filter(Boolean));
    if (box) this.#tell.show(box);
    if (isPhone()) chrome.showSheet("story");
  }
}
