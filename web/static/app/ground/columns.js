// Columns of the list of grids. `wide` ones appear when the table is opened.

import { h } from "../shell/dom.js";
import { km2, nameOf, number, t } from "../shell/i18n.js";
import { link } from "../shell/ui/cells.js";

/**
 * @param {{ actions: Actions, counts: any }} given
 * @returns {Column[]}
 */
export function grids({ actions, counts }) {
  const most = Math.max(1, ...counts.rows.map((/** @type {Properties} */ row) => row.n));
  /** @param {number} n */
  const bar = (n) => {
    const mark = h("span", { class: "bar", "aria-hidden": "true" });
    mark.style.width = `${(56 * n) / most}px`;
    return mark;
  };
  return [
    {
      name: "name",
      sort: nameOf,
      show: (row) => link(nameOf(row), () => actions.open(row.grid_key), { "data-primary": "" }),
    },
    { name: "code", wide: true, sort: (row) => row.code ?? "", show: (row) => row.code ?? row.grid_key },
    {
      name: "count",
      num: true,
      sort: (row) => row.n,
      show: (row) => [
        bar(row.n),
        " ",
        link(number(row.n), () => actions.records({ grid: row.grid_key }), {
          "aria-label": `${nameOf(row)}: ${t("records", { n: row.n })}`,
        }),
      ],
    },
    {
      name: "population",
      num: true,
      sort: (row) => row.population ?? -1,
      show: (row) => number(row.population),
    },
    {
      name: "households",
      num: true,
      wide: true,
      sort: (row) => row.households ?? -1,
      show: (row) => number(row.households),
    },
    {
      name: "area",
      num: true,
      wide: true,
      unit: "unit_km2",
      sort: (row) => row.area_km2 ?? -1,
      show: (row) => km2(row.area_km2),
    },
  ];
}
