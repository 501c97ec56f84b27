// Columns of the lists of teams, migrant sites and bodies. `wide` ones appear when the table is opened.

import { age, labelOf, nameOf, number, t } from "../shell/i18n.js";
import { swatch } from "../shell/map/symbols.js";
import { link, sub } from "../shell/ui/cells.js";

/**
 * @param {{ actions: Actions, workspace: Workspace }} given
 * @returns {Column[]}
 */
export function teams({ actions, workspace }) {
  /** @param {Properties} row */
  const kind = (row) => labelOf(workspace.team_kinds, row.kind);
  /** @param {Properties} row */
  const position = (row) => (row.position_at ? age(row.position_at) : t("legend_base"));
  return [
    {
      name: "name",
      sort: nameOf,
      show: (row) => [
        swatch(row.position_at ? "team" : "team-base"),
        " ",
        link(nameOf(row), () => actions.pick(`team:${row.code}`), { "data-primary": "" }),
        sub(kind(row)),
      ],
    },
    { name: "kind", wide: true, sort: kind, show: kind },
    { name: "size", num: true, wide: true, sort: (row) => row.size ?? 0, show: (row) => number(row.size) },
    {
      name: "shift",
      wide: true,
      sort: (row) => row.shift_start ?? "",
      show: (row) =>
        row.shift_start ? `${row.shift_start.slice(0, 5)} – ${row.shift_end.slice(0, 5)}` : "–",
    },
    { name: "position", num: true, sort: (row) => row.position_at ?? "", show: position },
  ];
}

/**
 * @param {{ actions: Actions, counts: any }} given
 * @returns {Column[]}
 */
export function migrants({ actions, counts }) {
  /** @param {Properties} row */
  const kind = (row) => labelOf(null, row.kind);
  /** @param {Properties} row */
  const place = (row) => nameOf(counts.villageOf(row.grid_key ?? ""));
  return [
    {
      name: "name",
      sort: nameOf,
      show: (row) => [
        link(nameOf(row), () => actions.pick(`migrant:${row.code}`), { "data-primary": "" }),
        sub(kind(row)),
      ],
    },
    { name: "kind", wide: true, sort: kind, show: kind },
    { name: "grid", wide: true, sort: place, show: place },
    {
      name: "head_count",
      num: true,
      unit: "people",
      sort: (row) => row.head_count,
      show: (row) => number(row.head_count),
    },
  ];
}

/**
 * @param {{ actions: Actions, counts: any }} given
 * @returns {Column[]}
 */
export function organisations({ actions, counts }) {
  /** @param {Properties} row */
  const kind = (row) => labelOf(null, row.kind);
  /** @param {Properties} row */
  const place = (row) => nameOf(counts.villageOf(row.grid_key ?? ""));
  return [
    {
      name: "name",
      sort: nameOf,
      show: (row) =>
        link(nameOf(row), () => actions.pick(`organisation:${row.code}`), { "data-primary": "" }),
    },
    { name: "kind", sort: kind, show: kind },
    { name: "grid", wide: true, sort: place, show: place },
    { name: "opens", wide: true, sort: (row) => row.opens ?? "", show: (row) => row.opens ?? "–" },
  ];
}
