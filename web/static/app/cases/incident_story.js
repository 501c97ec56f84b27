// An incident and its steps.

import { get } from "../shell/api.js";
import { h } from "../shell/dom.js";
import { dayTime, has, labelOf, nameOf, number, t } from "../shell/i18n.js";
import { facts, group } from "../shell/ui/facts.js";

// Gives what the story shows of an incident; `context` has store, counts, actions and dispatch (its part on
// sending teams).
/**
 * @param {any} id
 * @param {AbortSignal} signal
 * @param {{ store: import('../shell/state.js').Store, counts: any, actions: Actions, dispatch: any }} given2
 */
export async function incidentStory(id, signal, { store, counts, actions, dispatch }) {
  const feature = await get(`/incidents/${id}`, {}, { signal });
  const p = feature.properties;
  const { workspace } = store;
  const place = p.grid_key && p.grid_key !== "0" ? counts.villageOf(p.grid_key) : null;
  const here = p.ancestors?.length ? p.ancestors.map(nameOf).join(" › ") : nameOf(place);
  return {
    feature,
    title: labelOf(workspace.kinds[p.domain], p.kind),
    kind: labelOf(workspace.domains, p.domain),
    mark: `d-${p.domain}`,
    parts: [
      h("p", { class: "group" }, p.sealed ? t("sealed_case") : p.summary),
      p.needs_confirmation ? h("p", { class: "group warn-text" }, t("needs_confirmation")) : null,
      h(
        "div",
        { class: "group" },
        facts([
          [t("uid"), p.uid],
          [t("stage"), labelOf(workspace.stages, p.stage)],
          [t("occurred"), dayTime(p.occurred_at)],
          [
            t("due"),
            p.overdue
              ? h("span", { class: "warn-text" }, `${dayTime(p.due_at)} · ${t("overdue")}`)
              : dayTime(p.due_at),
          ],
          [t("closed"), p.closed_at ? dayTime(p.closed_at) : null],
          [t("severity"), p.severity],
          [
            t("grid"),
            p.grid_key === "0" || !p.grid_key
              ? t("outside")
              : h(
                  "button",
                  { type: "button", class: "link", onclick: () => actions.open(p.grid_key) },
                  here || p.grid_key,
                ),
          ],
          [t("accuracy"), p.accuracy_m ? `± ${number(Math.round(p.accuracy_m))} m` : null],
          [t("placed_by"), t(p.placed_by === "coordinate" ? "placed_point" : "placed_grid")],
        ]),
      ),
      dispatch(p),
      group(
        t("steps"),
        h(
          "ol",
          { class: "steps" },
          (p.steps ?? []).map((/** @type {any} */ s) =>
            h(
              "li",
              {},
              h("b", {}, has(`action_${s.action}`) ? t(`action_${s.action}`) : s.action),
              " ",
              h("span", { class: "muted" }, dayTime(s.at)),
              h(
                "div",
                {},
                s.note,
                s.to_grid_key ? ` → ${nameOf(counts.villageOf(s.to_grid_key)) || s.to_grid_key}` : "",
              ),
            ),
          ),
        ),
      ),
    ],
  };
}
