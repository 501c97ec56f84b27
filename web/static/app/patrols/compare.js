// Two plans side by side: their maps, their numbers, and what differs.

import { get, getKept } from "../api.js";
import { h, replace } from "../dom.js";
import { messageOf, nameOf, number, t } from "../i18n.js";
import { DASHES, lookOf } from "./look.js";
import { clock } from "./night.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 640;
const MARGIN = 18;
const RADIUS = 9;

const drawn = (tag, attributes, text) => {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  return element;
};

// Gives a function from lon, lat to pixels that both maps share, and their height.
function projection(plans) {
  const points = plans.flatMap(({ features }) => features.flatMap((f) => [...(f.geometry?.coordinates ?? []), ...f.properties.visits.map((v) => [v.lon, v.lat])]));
  if (!points.length) return null;
  const [x, y] = [0, 1].map((k) => points.map((p) => p[k]));
  const [west, east, south, north] = [Math.min(...x), Math.max(...x), Math.min(...y), Math.max(...y)];
  const shrink = Math.cos(((south + north) / 2) * (Math.PI / 180));
  const scale = (WIDTH - 2 * MARGIN) / Math.max((east - west) * shrink, (north - south) / 1.4, 1e-9);
  const left = (WIDTH - (east - west) * shrink * scale) / 2;
  return { at: ([lon, lat]) => [left + (lon - west) * shrink * scale, MARGIN + (north - lat) * scale], height: (north - south) * scale + 2 * MARGIN };
}

const pathOf = (coordinates, at) => coordinates.map((p, i) => `${i ? "L" : "M"}${at(p).map((v) => v.toFixed(1)).join(" ")}`).join("");
const rings = (geometry) => (geometry.type === "MultiPolygon" ? geometry.coordinates.flat() : geometry.coordinates);

function figure(plan, ground, { at, height }, own, label) {
  const svg = drawn("svg", { viewBox: `0 0 ${WIDTH} ${Math.ceil(height)}`, role: "img", "aria-label": label, class: "cmp-map" });
  for (const area of ground) svg.append(drawn("path", { d: rings(area.geometry).map((ring) => `${pathOf(ring, at)}Z`).join(""), class: "cmp-ground" }));
  plan.features.forEach((f, i) => {
    const { colour, dash } = lookOf(i);
    if (f.geometry) svg.append(drawn("path", { d: pathOf(f.geometry.coordinates, at), fill: "none", stroke: `var(--patrol-${colour})`, "stroke-width": 3, "stroke-dasharray": dash ? DASHES[dash].map((n) => n * 3).join(" ") : null }));
  });
  plan.features.forEach((f, i) => f.properties.visits.forEach((v, n) => {
    const [x, y] = at([v.lon, v.lat]);
    const mark = drawn("g", { class: own.has(v.stop) ? "cmp-own" : "" });
    mark.append(drawn("title", {}, `${f.properties.team_code}-${n + 1} ${nameOf(v)} ${clock(v.arrive)}`));
    mark.append(drawn("circle", { cx: x, cy: y, r: own.has(v.stop) ? RADIUS + 3 : RADIUS, stroke: `var(--patrol-${lookOf(i).colour})`, "stroke-width": own.has(v.stop) ? 5 : 2, fill: "var(--surface)" }));
    mark.append(drawn("text", { x, y: y + 4, "text-anchor": "middle", class: "cmp-text" }, String(n + 1)));
    svg.append(mark);
  }));
  return svg;
}

const km = (metres) => (metres / 1000).toFixed(1);

function totals(found) {
  const row = (label, read) => h("tr", {}, h("th", { scope: "row" }, t(label)), [found.a, found.b].map((plan) => h("td", { class: "num" }, read(plan.summary))));
  return h("table", { id: "cmp-totals" }, h("caption", {}, t("cmp_totals")),
    h("thead", {}, h("tr", {}, h("th", {}), [found.a, found.b].map((plan) => h("th", { scope: "col", class: "num" }, t("cmp_plan", { n: plan.patrol_id }))))),
    h("tbody", {}, row("pat_stops", (s) => `${number(s.visited)} / ${number(s.stops)}`), row("pat_prize", (s) => s.prize.toFixed(1)), row("pat_km", (s) => (s.length_m === undefined || s.length_m === null ? "–" : km(s.length_m)))));
}

function teams(found) {
  const cells = (row, name, read) => ["a", "b"].map((of) => h("td", { class: "num" }, row[`${name}_${of}`] === null ? "–" : read(row[`${name}_${of}`])));
  const head = (label) => ["A", "B"].map((of) => h("th", { scope: "col", class: "num" }, `${t(label)} ${of}`));
  return h("table", { id: "cmp-teams" }, h("caption", {}, t("cmp_teams")),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("pat_team")), head("pat_stops"), head("pat_km"), head("pat_prize"))),
    h("tbody", {}, found.teams.map((row) => h("tr", {}, h("th", { scope: "row" }, `${row.team_code} ${nameOf(row)}`), cells(row, "stops", number), cells(row, "length_m", km), cells(row, "prize", (n) => n.toFixed(1))))));
}

function differences(found) {
  const one = (title, rows, text) => h("div", {}, h("h3", {}, t(title, { n: number(rows.length) })), rows.length ? h("ul", {}, rows.map((row) => h("li", {}, h("b", {}, nameOf(row)), ` ${text(row)}`))) : h("p", { class: "muted" }, t("cmp_none")));
  return h("div", { class: "cmp-lists", id: "cmp-lists" },
    one("cmp_only_a", found.only_a, (row) => `${row.team} ${clock(row.arrive)}`), one("cmp_only_b", found.only_b, (row) => `${row.team} ${clock(row.arrive)}`),
    one("cmp_moved", found.moved, (row) => `${row.team_a} ${clock(row.arrive_a)} → ${row.team_b} ${clock(row.arrive_b)}`),
    h("p", { class: "muted" }, t("cmp_same", { n: number(found.same) })));
}

export class Compare {
  #box = h("dialog", { id: "pat-compare", "aria-labelledby": "cmp-title" });
  #asked = 0;

  constructor() {
    document.body.append(this.#box);
    this.#box.addEventListener("click", (event) => event.target === this.#box && this.#box.close());
  }

  // Of two plans by number; `list` has those that may be chosen.
  async open(a, b, list) {
    const asked = (this.#asked += 1);
    this.#fill(a, b, list, h("p", { class: "muted" }, t("loading")));
    if (!this.#box.open) this.#box.showModal();
    try {
      const [found, one, other, ground] = await Promise.all([
        get("/patrol-plans/compare", { a, b }), get(`/patrol-plans/${a}`), get(`/patrol-plans/${b}`), getKept("/grids", { level: 2 }),
      ]);
      if (asked === this.#asked) this.#fill(a, b, list, this.#told(found, [one, other], ground.features));
    } catch (error) {
      if (asked === this.#asked) this.#fill(a, b, list, h("p", { class: "warn-text", role: "alert" }, messageOf(error)), h("button", { type: "button", id: "cmp-retry", onclick: () => this.open(a, b, list) }, t("retry")));
    }
  }

  #fill(a, b, list, ...parts) {
    const choice = (id, now, change) => h("select", { id, "aria-label": t("pat_plan"), onchange: (event) => change(Number(event.target.value)) },
      list.map((p) => h("option", { value: p.patrol_id, selected: p.patrol_id === now }, `${p.patrol_id} · ${p.parameters.on}`)));
    replace(this.#box,
      h("header", { class: "row apart" }, h("h2", { id: "cmp-title" }, t("cmp_title")), h("button", { type: "button", id: "cmp-close", onclick: () => this.#box.close() }, t("close"))),
      h("div", { class: "row" }, "A ", choice("cmp-a", a, (n) => this.open(n, b, list)), " B ", choice("cmp-b", b, (n) => this.open(a, n, list))), parts);
  }

  #told(found, plans, ground) {
    const shared = projection(plans);
    const own = [new Set(found.only_a.map((r) => r.stop)), new Set(found.only_b.map((r) => r.stop))];
    for (const row of found.moved) own.forEach((set) => set.add(row.stop));
    return h("div", { class: "cmp-body" },
      shared ? h("div", { class: "cmp-maps" }, plans.map((plan, i) => h("figure", {}, h("figcaption", {}, `${"AB"[i]} · ${t("cmp_plan", { n: plan.plan.patrol_id })}`), figure(plan, ground, shared, own[i], t("cmp_plan", { n: plan.plan.patrol_id }))))) : null,
      h("p", { class: "muted" }, t("cmp_marked")), totals(found), differences(found), teams(found));
  }
}
