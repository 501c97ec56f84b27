// A team, a migrant site or a body, told at the right.

import { get } from "../shell/api.js";
import { h } from "../shell/dom.js";
import { age, day, has, labelOf, nameOf, number, t } from "../shell/i18n.js";
import { may } from "../shell/rights.js";
import { facts, people } from "../shell/ui/facts.js";

/**
 * @param {string} path
 * @param {string} code
 */
async function fromList(path, code) {
  const { features } = await get(path);
  const found = features.find((/** @type {Feature} */ f) => f.properties.code === code);
  if (!found) throw Object.assign(new Error(code), { status: 404 });
  return found;
}

/**
 * @param {string} code
 * @param {any} pressed
 * @param {Actions} actions
 */
async function showTrack(code, pressed, actions) {
  const on = pressed.getAttribute("aria-pressed") !== "true";
  try {
    const feature = on ? await get(`/teams/${encodeURIComponent(code)}/track`) : null;
    const line = feature?.geometry?.coordinates?.length > 1;
    pressed.setAttribute("aria-pressed", String(on && line));
    pressed.textContent = t(on ? (line ? "hide_track" : "no_track") : "show_track");
    actions.track(line ? feature : null);
  } catch (error) {
    actions.error(error);
  }
}

// `context` has store, counts (whose villageOf tells a village by a key) and actions.
/**
 * @param {string} code
 * @param {AbortSignal} signal
 * @param {{ store: import('../shell/state.js').Store, counts: any, actions: Actions }} given2
 */
export async function teamStory(code, signal, { store, counts, actions }) {
  const feature = await fromList("/teams", code);
  const p = feature.properties;
  const track = h(
    "button",
    {
      type: "button",
      id: "track",
      "aria-pressed": "false",
      onclick: (event) => showTrack(code, event.currentTarget, actions),
    },
    t("show_track"),
  );
  return {
    feature,
    title: nameOf(p),
    kind: labelOf(store.workspace.team_kinds, p.kind),
    mark: p.position_at ? "team" : "team-base",
    parts: [
      h(
        "div",
        { class: "group" },
        facts([
          [t("position"), p.position_at ? t("position_age", { age: age(p.position_at) }) : t("at_base")],
          [t("shift"), p.shift_start ? `${p.shift_start.slice(0, 5)} – ${p.shift_end.slice(0, 5)}` : null],
          [t("size"), people(p.size)],
          [t("kind"), t(p.professional ? "professional" : "volunteer")],
          [t("mode"), has(`mode_${p.mode}`) ? t(`mode_${p.mode}`) : p.mode],
          [t("accuracy"), p.accuracy_m ? `± ${number(Math.round(p.accuracy_m))} m` : null],
          [t("grid"), nameOf(counts.villageOf(p.grid_key))],
        ]),
      ),
      h("div", { class: "group" }, track),
    ],
  };
}

/**
 * @param {string} code
 * @param {AbortSignal} signal
 * @param {{ counts: any }} given2
 */
export async function siteStory(code, signal, { counts }) {
  const feature = await fromList("/migrant-clusters", code);
  const p = feature.properties;
  return {
    feature,
    title: nameOf(p),
    kind: labelOf(null, p.kind),
    parts: [
      h(
        "div",
        { class: "tiles" },
        h("div", { class: "tile" }, h("b", {}, number(p.head_count)), h("span", {}, t("head_count"))),
      ),
      h(
        "div",
        { class: "group" },
        facts([
          [t("counted_on"), p.as_of && day(`${p.as_of}T12:00:00Z`)],
          [t("grid"), nameOf(counts.villageOf(p.grid_key))],
          [t("code"), p.code],
        ]),
      ),
      h("p", { class: "group muted" }, t("only_heads")),
    ],
  };
}

/**
 * @param {string} code
 * @param {AbortSignal} signal
 * @param {{ counts: any }} given2
 */
export async function bodyStory(code, signal, { counts }) {
  const feature = await fromList("/organisations", code);
  const p = feature.properties;
  return {
    feature,
    title: nameOf(p),
    kind: labelOf(null, p.kind),
    mark: "organisation",
    parts: [
      h(
        "div",
        { class: "group" },
        facts([
          [t("opens"), p.opens],
          [t("grid"), nameOf(counts.villageOf(p.grid_key))],
          [t("code"), p.code],
        ]),
      ),
      may("import") && feature.geometry
        ? h(
            "p",
            { class: "group" },
            h("a", { href: `/records/fixed_points?body=${encodeURIComponent(p.code)}#new` }, t("body_fixed")),
          )
        : null,
    ],
  };
}
