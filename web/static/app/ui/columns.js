// Columns of each list: heading, what sorts, what is shown. `wide` ones appear when the table is opened.

import { h } from "../dom.js";
import { age, day, dayTime, km2, labelOf, nameOf, number, t } from "../i18n.js";
import { swatch } from "../map/symbols.js";

const link = (text, onclick, extra = {}) => h("button", { type: "button", class: "link", onclick, ...extra }, text);
const sub = (...parts) => h("span", { class: "sub muted" }, parts);

function grids({ actions, data }) {
  const most = Math.max(1, ...data.rows.map((row) => row.n));
  const bar = (n) => {
    const mark = h("span", { class: "bar", "aria-hidden": "true" });
    mark.style.width = `${(56 * n) / most}px`;
    return mark;
  };
  return [
    { name: "name", sort: nameOf, show: (row) => link(nameOf(row), () => actions.open(row.grid_key), { "data-primary": "" }) },
    { name: "code", wide: true, sort: (row) => row.code ?? "", show: (row) => row.code ?? row.grid_key },
    { name: "count", num: true, sort: (row) => row.n, show: (row) => [bar(row.n), " ", link(number(row.n), () => actions.records({ grid: row.grid_key }), { "aria-label": `${nameOf(row)}: ${t("records", { n: row.n })}` })] },
    { name: "population", num: true, sort: (row) => row.population ?? -1, show: (row) => number(row.population) },
    { name: "households", num: true, wide: true, sort: (row) => row.households ?? -1, show: (row) => number(row.households) },
    { name: "area", num: true, wide: true, unit: "unit_km2", sort: (row) => row.area_km2 ?? -1, show: (row) => km2(row.area_km2) },
  ];
}

function incidents({ actions, data, workspace }) {
  const kind = (row) => labelOf(workspace.kinds[row.domain], row.kind);
  const place = (row) => (row.grid_key && row.grid_key !== "0" ? nameOf(data.villageOf(row.grid_key)) : t("outside"));
  const due = (row) => (row.overdue ? h("span", { class: "warn-text" }, t("overdue")) : row.closed_at ? "–" : day(row.due_at).slice(5));
  return [
    { name: "incidents", sort: kind, show: (row) => [swatch(`d-${row.domain}`), " ", link(kind(row), () => actions.pick(`incident:${row.incident_id}`), { "data-primary": "" }), sub(day(row.occurred_at), " · ", place(row))] },
    { name: "occurred", wide: true, sort: (row) => row.occurred_at, show: (row) => dayTime(row.occurred_at) },
    { name: "summary", wide: true, long: true, sort: (row) => row.summary ?? "", show: (row) => row.summary },
    { name: "grid", wide: true, sort: place, show: place },
    { name: "uid", wide: true, sort: (row) => row.uid, show: (row) => row.uid },
    { name: "stage", sort: (row) => row.stage, show: (row) => labelOf(workspace.stages, row.stage) },
    { name: "due", num: true, sort: (row) => (row.overdue ? "" : (row.due_at ?? "~")), show: due },
  ];
}

function teams({ actions, workspace }) {
  const kind = (row) => labelOf(workspace.team_kinds, row.kind);
  const position = (row) => (row.position_at ? age(row.position_at) : t("legend_base"));
  return [
    { name: "name", sort: nameOf, show: (row) => [swatch(row.position_at ? "team" : "team-base"), " ", link(nameOf(row), () => actions.pick(`team:${row.code}`), { "data-primary": "" }), sub(kind(row))] },
    { name: "kind", wide: true, sort: kind, show: kind },
    { name: "size", num: true, wide: true, sort: (row) => row.size ?? 0, show: (row) => number(row.size) },
    { name: "shift", wide: true, sort: (row) => row.shift_start ?? "", show: (row) => (row.shift_start ? `${row.shift_start.slice(0, 5)} – ${row.shift_end.slice(0, 5)}` : "–") },
    { name: "position", num: true, sort: (row) => row.position_at ?? "", show: position },
  ];
}

function migrants({ actions, data }) {
  const kind = (row) => labelOf(null, row.kind);
  const place = (row) => nameOf(data.villageOf(row.grid_key ?? ""));
  return [
    { name: "name", sort: nameOf, show: (row) => [link(nameOf(row), () => actions.pick(`migrant:${row.code}`), { "data-primary": "" }), sub(kind(row))] },
    { name: "kind", wide: true, sort: kind, show: kind },
    { name: "grid", wide: true, sort: place, show: place },
    { name: "head_count", num: true, unit: "people", sort: (row) => row.head_count, show: (row) => number(row.head_count) },
  ];
}

function organisations({ actions, data }) {
  const kind = (row) => labelOf(null, row.kind);
  const place = (row) => nameOf(data.villageOf(row.grid_key ?? ""));
  return [
    { name: "name", sort: nameOf, show: (row) => link(nameOf(row), () => actions.pick(`organisation:${row.code}`), { "data-primary": "" }) },
    { name: "kind", sort: kind, show: kind },
    { name: "grid", wide: true, sort: place, show: place },
    { name: "opens", wide: true, sort: (row) => row.opens ?? "", show: (row) => row.opens ?? "–" },
  ];
}

export const COLUMNS = { grids, incidents, teams, migrants, organisations };
