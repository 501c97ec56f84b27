// Wishes in the panel, and in a stop's story: give it to a team, leave it out, solve again.

import { h } from "../shell/dom.js";
import { nameOf, t } from "../shell/i18n.js";
import { supported } from "../shell/map/webgl.js";

const NONE = "";
const OUT = " out";

/**
 * @param {any} shown
 * @param {any} stop
 */
export const stopName = (shown, stop) => {
  const found =
    shown.plan.summary.reasons.find((/** @type {any} */ r) => r.stop === stop) ??
    shown.features
      .flatMap((/** @type {Feature} */ f) => f.properties.visits)
      .find((/** @type {any} */ v) => v.stop === stop);
  return found ? nameOf(found) : stop;
};

// Stops are dragged only on the map that WebGL draws.
export const dragHint = () => (supported() ? t("pat_drag") : null);

// `context` has wishes and teams() (code and name of those that may be chosen); `own` is the team that has
// the stop now.
/**
 * @param {any} shown
 * @param {any} stop
 * @param {any} own
 * @param {{ wishes: any, teams: any }} given3
 */
export function giveTo(shown, stop, own, { wishes, teams }) {
  const now = wishes.isOut(stop) ? OUT : (wishes.teamOf(stop) ?? NONE);
  /** @param {any} value */
  const choose = (value) => {
    if (value === OUT) wishes.leaveOut(stop);
    else if (value === NONE) wishes.drop(stop);
    else wishes.give(stop, value);
  };
  /**
   * @param {any} value
   * @param {string} label
   */
  const option = (value, label) => h("option", { value, selected: value === now }, label);
  return h(
    "select",
    {
      id: `pat-give-${stop}`,
      class: "pat-give",
      "aria-label": t("pat_give", { stop: stopName(shown, stop) }),
      onchange: (event) => choose(event.target.value),
    },
    option(NONE, t("pat_give_free")),
    own ? option(own, t("pat_give_keep")) : null,
    option(OUT, t("pat_give_out")),
    teams()
      .filter((/** @type {{ code: string }} */ { code }) => code !== own)
      .map((/** @type {{ code: string, name: string }} */ { code, name }) => option(code, `${code} ${name}`)),
  );
}

/**
 * @param {any} shown
 * @param {{ wishes: any, solve: () => void, busy: boolean, trouble: string | null }} given1
 */
export function wishesPart(shown, { wishes, solve, busy, trouble }) {
  const { list } = wishes;
  /** @param {{ stop: any, team: Properties }} given */
  const told = ({ stop, team }) =>
    h(
      "li",
      { dataset: { stop } },
      h("span", {}, h("b", {}, stopName(shown, stop)), " ", team ? `→ ${team}` : t("pat_give_out")),
      h(
        "button",
        {
          type: "button",
          class: "link",
          id: `pat-drop-${stop}`,
          "aria-label": t("pat_wish_drop", { stop: stopName(shown, stop) }),
          onclick: () => wishes.drop(stop),
        },
        t("pat_wish_off"),
      ),
    );
  return [
    h("p", { class: "muted" }, t(supported() ? "pat_adjust_hint" : "pat_adjust_plain")),
    list.length ? h("ul", { id: "pat-wishes" }, list.map(told)) : null,
    h(
      "div",
      { class: "row" },
      h(
        "button",
        {
          type: "button",
          id: "pat-solve",
          class: "primary",
          disabled: busy || !wishes.changed,
          onclick: () => solve(),
        },
        t("pat_solve"),
      ),
      wishes.changed
        ? h(
            "button",
            { type: "button", id: "pat-wish-undo", disabled: busy, onclick: () => wishes.undo() },
            t("job_undo"),
          )
        : null,
    ),
    trouble ? h("p", { id: "pat-trouble", class: "warn-text", role: "alert" }, trouble) : null,
  ];
}
