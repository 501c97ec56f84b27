// What the page does when a part of it asks, and who tells of what was chosen.

import { gridStory } from "./cases/grid_story.js";
import { incidentStory } from "./cases/incident_story.js";
import { DispatchSection } from "./response/dispatch.js";
import { isPhone } from "./shell/dom.js";
import { t } from "./shell/i18n.js";
import { may, orGone } from "./shell/rights.js";
import * as chrome from "./shell/ui/chrome.js";
import { bodyStory, siteStory, teamStory } from "./teams/story.js";

/** @param {import('./page.js').Page} page */
export function actionsOf(page) {
  const { store } = page;
  return {
    open: (/** @type {string} */ key) => page.open_(key),
    pick: (/** @type {string} */ sel) => page.pick(sel),
    close: () => page.close(),
    list: (/** @type {any} */ list, /** @type {any} */ grid) => {
      const { layers } = store.state;
      store.set({ list, grid, layers: layers.includes(list) ? layers : [...layers, list] });
      if (isPhone()) chrome.showSheet("list");
    },
    records: (/** @type {any} */ wanted) => page.records(wanted),
    hotspotPanel: () => page.hotspots.panel.element,
    patrolPanel: () => page.patrols.panel.element,
    reachPanel: () => page.reach.element,
    openHotspots: () => {
      page.hotspots.panel.element.open = true;
    },
    hotspotRecords: (/** @type {{ from: any, to: any, [key: string]: any }} */ { from, to, ...wanted }) => {
      store.set({ from, to }, { quiet: true });
      page.records({ stage: null, kind: null, text: null, outside: false, flag: null, ...wanted });
    },
    track: (/** @type {Feature} */ feature) => page.map.setTrack(feature),
    highlight: (/** @type {string} */ key) => page.map?.highlight(key),
    error: (/** @type {Told} */ error) => page.fail(error),
    wholeYear: () =>
      store.set({
        ...page.workspace.period,
        domain: null,
        stage: null,
        kind: null,
        flag: null,
        text: null,
        outside: false,
      }),
    zoom: (/** @type {number} */ n) => page.map.zoomBy(n),
    home: () => page.home(),
    resized: () => page.map.resize(),
    theme: () => page.theme(),
    copyLink: () =>
      navigator.clipboard?.writeText(location.href).then(
        () => chrome.say(t("copied")),
        () => chrome.say(location.href),
      ),
  };
}

// Who tells of what was chosen, by the kind of it.
/**
 * @param {import('./page.js').Page} page
 * @param {Actions} actions
 */
export function tellersOf(page, actions) {
  const way = (/** @type {Feature} */ feature) => page.way(feature);
  const dispatch = (/** @type {Properties} */ incident) =>
    may("see_teams") && new DispatchSection(incident, { way }).element;
  const context = { store: page.store, counts: page.counts, actions, dispatch };
  /** @param {any} tell */
  const with_ = (tell) => (/** @type {string} */ which, /** @type {AbortSignal} */ signal) =>
    tell(which, signal, context);
  return {
    grid: with_(gridStory),
    incident: orGone("see_cases", with_(incidentStory)),
    team: orGone("see_teams", with_(teamStory)),
    migrant: orGone("see_services", with_(siteStory)),
    organisation: orGone("see_services", with_(bodyStory)),
    hotspot: orGone("see_hotspots", (/** @type {any} */ ranks) => page.hotspots.story(ranks)),
    fixed_point: orGone("see_plans", (/** @type {string} */ code) => page.patrols.fixedStory(code)),
    patrol: orGone("see_plans", (/** @type {string} */ which) => page.patrols.story(which)),
  };
}
