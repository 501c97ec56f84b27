// Columns of the list of incidents. `wide` ones appear when the table is opened.

import { h } from "../shell/dom.js";
import { day, dayTime, labelOf, nameOf, t } from "../shell/i18n.js";
import { swatch } from "../shell/map/symbols.js";
import { link, sub } from "../shell/ui/cells.js";

// A source may say that a case has ended and not when: the stage tells it, not the day.
const ENDED = new Set(["resolved", "unsolved", "archived"]);

/**
 * @param {{ actions: Actions, counts: any, workspace: Workspace }} given
 * @returns {Column[]}
 */
export function incidents({ actions, counts, workspace }) {
  /** @param {Properties} row */
  const kind = (row) => labelOf(workspace.kinds[row.domain], row.kind);
  /** @param {Properties} row */
  const place = (row) =>
    row.grid_key && row.grid_key !== "0" ? nameOf(counts.villageOf(row.grid_key)) : t("outside");
  /** @param {Properties} row */
  const due = (row) =>
    row.overdue
      ? h("span", { class: "warn-text" }, t("overdue"))
      : ENDED.has(row.stage)
        ? "–"
        : day(row.due_at).slice(5);
  return [
    {
      name: "incidents",
      sort: kind,
      show: (row) => [
        swatch(`d-${row.domain}`),
        " ",
        link(kind(row), () => actions.pick(`incident:${row.incident_id}`), { "data-primary": "" }),
        sub(day(row.occurred_at), " · ", place(row)),
      ],
    },
    { name: "occurred", wide: true, sort: (row) => row.occurred_at, show: (row) => dayTime(row.occurred_at) },
    {
      name: "summary",
      wide: true,
      long: true,
      sort: (row) => row.summary ?? "",
      show: (row) => (row.sealed ? t("sealed_case") : row.summary),
    },
    { name: "grid", wide: true, sort: place, show: place },
    { name: "uid", wide: true, sort: (row) => row.uid, show: (row) => row.uid },
    { name: "stage", sort: (row) => row.stage, show: (row) => labelOf(workspace.stages, row.stage) },
    { name: "due", num: true, sort: (row) => (row.overdue ? "" : (row.due_at ?? "~")), show: due },
  ];
}
