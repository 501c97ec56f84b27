// The thing that was chosen: its story, at the right.

import { get, getKept, Latest } from "../api.js";
import { daysBetween } from "../dates.js";
import { button, byId, h, replace } from "../dom.js";
import { age, day, dayTime, has, km2, labelOf, nameOf, number, t } from "../i18n.js";
import { swatch } from "../map/symbols.js";

const MAIN_KINDS = 5;
const SVG = "http://www.w3.org/2000/svg";

const facts = (pairs) => h("dl", { class: "facts" }, pairs.filter(([, value]) => value !== null && value !== undefined && value !== "").map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
const people = (n) => (n === null || n === undefined ? null : `${number(n)} ${t("people")}`);
const group = (title, ...children) => h("div", { class: "group" }, h("h3", {}, title), children);

function spark(points) {
  const [width, height] = [320, 40];
  const most = Math.max(1, ...points.map((p) => p[1]));
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("class", "spark");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", points.map(([d, n]) => `${d}: ${n}`).join(", "));
  const step = width / points.length;
  points.forEach(([, n], i) => {
    const bar = document.createElementNS(SVG, "rect");
    const tall = (n / most) * (height - 2);
    for (const [name, value] of Object.entries({ x: i * step, y: height - tall, width: Math.max(1, step - 1), height: tall, fill: "var(--ramp-4)" })) bar.setAttribute(name, value);
    svg.append(bar);
  });
  return svg;
}

export class Story {
  feature = null;
  onShown = () => {};
  #store;
  #data;
  #actions;
  #latest = new Latest();

  constructor(store, data, actions) {
    this.#store = store;
    this.#data = data;
    this.#actions = actions;
  }

  async refresh() {
    const { sel } = this.#store.state;
    const box = byId("story");
    if (!sel) {
      this.#show(null);
      return;
    }
    const [kind, ...rest] = sel.split(":");
    const signal = this.#latest.start("story");
    if (box.dataset.sel !== sel) replace(box, this.#header(t("loading")));
    this.#open(true);
    try {
      const [feature, ...parts] = await this[`_${kind}`](rest.join(":"), signal);
      if (this.#store.state.sel !== sel) return;
      box.dataset.sel = sel;
      replace(box, parts);
      this.#show(feature);
    } catch (error) {
      if (error.name === "AbortError") return;
      replace(box, this.#header(t("error_title")), h("p", { class: "nothing" }, error.status === 404 ? t("gone") : t("error_network")));
      if (error.status !== 404) this.#actions.error(error);
    }
  }

  #open(on) {
    byId("story").hidden = !on;
    document.body.classList.toggle("has-story", on);
  }

  #show(feature) {
    this.#open(Boolean(this.#store.state.sel));
    if (!feature) byId("story").dataset.sel = "";
    this.feature = feature;
    this.onShown(feature);
  }

  #header(title, kind = "", mark = null) {
    return h("header", {}, h("div", {}, h("h2", { id: "story-title", tabindex: "-1" }, title), kind ? h("div", { class: "muted row" }, mark ? swatch(mark) : null, kind) : null),
      button(t("close"), { icon: "x", text: false, class: "plain", id: "story-close", onclick: this.#actions.close }));
  }

  #bars(counts, labels, act, marks = false) {
    const entries = Object.entries(counts ?? {}).filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]);
    const most = Math.max(1, ...entries.map(([, n]) => n));
    return h("div", { class: "bars" }, entries.map(([code, n]) => {
      const bar = h("span", {});
      bar.style.width = `${(100 * n) / most}%`;
      return [h("span", { class: "row" }, marks ? swatch(`d-${code}`) : null, labels(code)), h("span", { class: "track" }, bar),
        act ? h("button", { type: "button", class: "link num", "aria-label": `${labels(code)}: ${t("records", { n })}`, onclick: () => act(code) }, number(n)) : h("span", { class: "num" }, number(n))];
    }));
  }

  async _grid(key, signal) {
    const { from, to } = this.#store.state;
    const { workspace } = this.#store;
    const step = from && daysBetween(from, to) > 60 ? "week" : "day";
    const [feature, summary, timeline] = await Promise.all([
      getKept(`/grids/${key}`), get(`/grids/${key}/summary`, this.#data.filter, { signal }),
      from ? get("/timeline", { grid: key, ...this.#data.filter, step }, { signal }) : { points: [] },
    ]);
    const p = feature.properties;
    const { incidents: n } = summary;
    const records = (extra) => () => this.#actions.records({ grid: key, ...extra });
    const tile = (name, value, extra, alarm) => h("button", { type: "button", class: `tile${alarm && value ? " alarm" : ""}`, onclick: records(extra) }, h("b", {}, number(value)), h("span", {}, t(name)));
    const kinds = Object.entries(summary.by_kind).sort((a, b) => b[1] - a[1]).slice(0, MAIN_KINDS);
    const known = Object.values(workspace.kinds).flat();
    return [feature,
      this.#header(nameOf(p), `${t(`one_${p.level}`)} · ${p.code ?? p.grid_key}`),
      h("div", { class: "scroll" },
        h("div", { class: "tiles" }, tile("incidents", n.total, {}), tile("open", n.open, { open: true }), tile("overdue", n.overdue, { overdue: true }, true), tile("to_confirm", n.to_confirm, { confirm: true })),
        h("div", { class: "group muted" }, `${from ?? ""} – ${to ?? ""} · ${t("closed_late")} ${number(n.closed_late)} ${t("unit_incident")}`),
        timeline.points.length ? group(`${t("trend")} · ${t(step === "day" ? "by_day" : "by_week")}`, spark(timeline.points)) : null,
        n.total ? group(t("by_domain"), this.#bars(summary.by_domain, (c) => labelOf(workspace.domains, c), (c) => this.#actions.records({ grid: key, domain: c }), true)) : h("p", { class: "nothing" }, t("zero")),
        n.total ? group(t("by_stage"), this.#bars(summary.by_stage, (c) => labelOf(workspace.stages, c), (c) => this.#actions.records({ grid: key, stage: c }))) : null,
        kinds.length ? group(t("by_kind"), this.#bars(Object.fromEntries(kinds), (c) => labelOf(known, c), (c) => this.#actions.records({ grid: key, kind: c }))) : null,
        group(t("grid"), facts([
          [t("population_long"), people(p.population)], [t("households"), number(p.households)], [t("area"), `${km2(p.area_km2)} ${t("unit_km2")}`],
          [t("teams"), this.#listLink("teams", summary.teams, key)], [t("layer_organisations"), this.#listLink("organisations", summary.organisations, key)],
          [t("layer_migrants"), summary.migrants.clusters ? this.#listLink("migrants", `${number(summary.migrants.clusters)} ${t("clusters")} · ${people(summary.migrants.head_count)}`, key) : number(0)],
          [t("valid_from"), p.valid_from], [t("predecessors"), p.predecessors?.join(", ")],
        ])))];
  }

  #listLink(list, text, grid) {
    if (!text) return number(0);
    return h("button", { type: "button", class: "link num", onclick: () => this.#actions.list(list, grid) }, typeof text === "number" ? number(text) : text);
  }

  async _incident(id, signal) {
    const feature = await get(`/incidents/${id}`, {}, { signal });
    const p = feature.properties;
    const { workspace } = this.#store;
    const place = p.grid_key && p.grid_key !== "0" ? this.#data.villageOf(p.grid_key) : null;
    const here = p.ancestors?.length ? p.ancestors.map(nameOf).join(" › ") : nameOf(place);
    return [feature,
      this.#header(labelOf(workspace.kinds[p.domain], p.kind), labelOf(workspace.domains, p.domain), `d-${p.domain}`),
      h("div", { class: "scroll" },
        h("p", { class: "group" }, p.summary),
        p.needs_confirmation ? h("p", { class: "group warn-text" }, t("needs_confirmation")) : null,
        h("div", { class: "group" }, facts([
          [t("uid"), p.uid], [t("stage"), labelOf(workspace.stages, p.stage)], [t("occurred"), dayTime(p.occurred_at)],
          [t("due"), p.overdue ? h("span", { class: "warn-text" }, `${dayTime(p.due_at)} · ${t("overdue")}`) : dayTime(p.due_at)], [t("closed"), p.closed_at ? dayTime(p.closed_at) : null],
          [t("severity"), p.severity], [t("grid"), p.grid_key === "0" || !p.grid_key ? t("outside") : h("button", { type: "button", class: "link", onclick: () => this.#actions.open(p.grid_key) }, here || p.grid_key)],
          [t("accuracy"), p.accuracy_m ? `± ${number(Math.round(p.accuracy_m))} m` : null], [t("placed_by"), t(p.placed_by === "coordinate" ? "placed_point" : "placed_grid")],
        ])),
        this.#actions.dispatchSection(p),
        group(t("steps"), h("ol", { class: "steps" }, (p.steps ?? []).map((s) => h("li", {}, h("b", {}, has(`action_${s.action}`) ? t(`action_${s.action}`) : s.action), " ", h("span", { class: "muted" }, dayTime(s.at)), h("div", {}, s.note, s.to_grid_key ? ` → ${nameOf(this.#data.villageOf(s.to_grid_key)) || s.to_grid_key}` : ""))))))];
  }

  async _hotspot(ranks) {
    const { feature, title, kind, parts } = await this.#actions.hotspotStory(ranks);
    return [feature, this.#header(title, kind), h("div", { class: "scroll" }, parts)];
  }

  async _patrol(which) {
    const { feature, title, kind, parts } = await this.#actions.patrolStory(which);
    return [feature, this.#header(title, kind), h("div", { class: "scroll" }, parts)];
  }

  async _team(code) {
    const found = await this.#fromList("/teams", code);
    const p = found.properties;
    const track = h("button", { type: "button", id: "track", "aria-pressed": "false", onclick: (event) => this.#track(code, event.currentTarget) }, t("show_track"));
    return [found,
      this.#header(nameOf(p), labelOf(this.#store.workspace.team_kinds, p.kind), p.position_at ? "team" : "team-base"),
      h("div", { class: "scroll" }, h("div", { class: "group" }, facts([
        [t("position"), p.position_at ? t("position_age", { age: age(p.position_at) }) : t("at_base")], [t("shift"), p.shift_start ? `${p.shift_start.slice(0, 5)} – ${p.shift_end.slice(0, 5)}` : null],
        [t("size"), people(p.size)], [t("kind"), t(p.professional ? "professional" : "volunteer")], [t("mode"), has(`mode_${p.mode}`) ? t(`mode_${p.mode}`) : p.mode],
        [t("accuracy"), p.accuracy_m ? `± ${number(Math.round(p.accuracy_m))} m` : null], [t("grid"), nameOf(this.#data.villageOf(p.grid_key))],
      ])), h("div", { class: "group" }, track))];
  }

  async #track(code, pressed) {
    const on = pressed.getAttribute("aria-pressed") !== "true";
    try {
      const feature = on ? await get(`/teams/${encodeURIComponent(code)}/track`) : null;
      const line = feature?.geometry?.coordinates?.length > 1;
      pressed.setAttribute("aria-pressed", String(on && line));
      pressed.textContent = t(on ? (line ? "hide_track" : "no_track") : "show_track");
      this.#actions.track(line ? feature : null);
    } catch (error) {
      this.#actions.error(error);
    }
  }

  async _migrant(code) {
    const found = await this.#fromList("/migrant-clusters", code);
    const p = found.properties;
    return [found, this.#header(nameOf(p), labelOf(null, p.kind)),
      h("div", { class: "scroll" }, h("div", { class: "tiles" }, h("div", { class: "tile" }, h("b", {}, number(p.head_count)), h("span", {}, t("head_count")))),
        h("div", { class: "group" }, facts([[t("as_of"), p.as_of && day(`${p.as_of}T12:00:00Z`)], [t("grid"), nameOf(this.#data.villageOf(p.grid_key))], [t("code"), p.code]])), h("p", { class: "group muted" }, t("only_heads")))];
  }

  async _organisation(code) {
    const found = await this.#fromList("/organisations", code);
    const p = found.properties;
    return [found, this.#header(nameOf(p), labelOf(null, p.kind), "organisation"),
      h("div", { class: "scroll" }, h("div", { class: "group" }, facts([[t("opens"), p.opens], [t("grid"), nameOf(this.#data.villageOf(p.grid_key))], [t("code"), p.code]])))];
  }

  async #fromList(path, code) {
    const { features } = await get(path);
    const found = features.find((f) => f.properties.code === code);
    if (!found) throw Object.assign(new Error(code), { status: 404 });
    return found;
  }
}
