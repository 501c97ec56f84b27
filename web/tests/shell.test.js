import assert from "node:assert/strict";
import { test } from "node:test";

import "./browserless.js";

const { parse, serialise, defaults } = await import("../static/app/shell/state.js");
const { queryOf } = await import("../static/app/cases/query.js");
const { addDays, daysBetween, fromSeconds, isDay, preset, presetOf, toSeconds } =
  await import("../static/app/shell/dates.js");
const { breaks, classOf, colours } = await import("../static/app/shell/classes.js");

const ROOT = "33068110900000000";
const WORKSPACE = {
  levels: [1, 2, 3, 4],
  root: { grid_key: ROOT, name_zh: "枫桥镇", name_en: "Fengqiao" },
  period: { from: "2025-11-01", to: "2026-10-31" },
  domains: [{ code: "dispute" }, { code: "safety" }],
  stages: [{ code: "accepted" }, { code: "archived" }],
  kinds: { dispute: [{ code: "noise" }], safety: [] },
  longest: { words: 100 },
  terms: { days: { default: 90 } },
};

test("an address without anything is the town's last ninety days", () => {
  const state = parse("", WORKSPACE);
  assert.deepEqual(state, defaults(WORKSPACE));
  assert.equal(state.grid, ROOT);
  assert.deepEqual([state.from, state.to], ["2026-08-03", "2026-10-31"]);
  assert.equal(serialise(state, WORKSPACE, "zh"), "");
});

test("every state that an address can hold comes back from it unchanged", () => {
  let tried = 0;
  for (const grid of [ROOT, "33068110901004000"])
    for (const domain of [null, "dispute", "dispute,safety"])
      for (const flag of [null, "overdue", "confirm"])
        for (const layers of [["counts"], [], ["incidents", "teams", "names"]])
          for (const sel of [null, "incident:17", "hotspot:3.12", "patrol:T01:2", `grid:${ROOT}`])
            for (const rest of [
              {},
              { hot: "7", slice: "0" },
              { plan: "3", minute: "90" },
              { outside: true, reach: "1260" },
            ]) {
              const state = { ...defaults(WORKSPACE), grid, domain, flag, layers, sel, ...rest };
              const again = parse(`?${serialise(state, WORKSPACE, "en")}`, WORKSPACE);
              assert.deepEqual(again, { ...state, slice: state.slice, minute: state.minute });
              tried += 1;
            }
  assert.equal(tried, 2 * 3 * 3 * 3 * 5 * 4);
});

test("a question of the API is the same question as an address of the page", () => {
  for (const asked of [
    { from: "2026-08-03", to: "2026-10-31", domain: "dispute", open: "1" },
    { from: "2026-08-03", to: "2026-10-31", overdue: "1", q: "水" },
    { from: "2026-08-03", to: "2026-10-31", grid: "0" },
    { from: "2026-08-03", to: "2026-10-31", domain: "dispute,safety", stage: "accepted,archived" },
  ])
    assert.deepEqual(
      { grid: ROOT, ...asked },
      queryOf(parse(`?${new URLSearchParams(asked)}`, WORKSPACE)),
      JSON.stringify(asked),
    );
});

test("an address with nonsense is read as if the nonsense were not there", () => {
  const nonsense =
    "?grid=5&level=9&domain=weather&from=2026-13-01&to=x&layers=people&sel=%3Cscript%3E&z=99&hot=-1&list=all";
  assert.deepEqual(parse(nonsense, WORKSPACE), { ...defaults(WORKSPACE), layers: [] });
});

test("days are counted without clocks", () => {
  assert.equal(addDays("2026-02-28", 1), "2026-03-01");
  assert.equal(addDays("2028-02-28", 1), "2028-02-29");
  assert.equal(daysBetween("2026-03-01", "2026-03-31"), 31);
  assert.equal(fromSeconds(toSeconds("2026-10-25")), "2026-10-25");
  assert.ok(isDay("2026-10-31"));
  for (const wrong of ["2026-13-01", "31.10.2026", "", null, undefined]) assert.ok(!isDay(wrong));
});

test("a preset is known again by its days", () => {
  for (const name of ["today", "7", "30", "90", "365"]) {
    const { from, to } = preset(name, WORKSPACE.period);
    assert.equal(presetOf(from, to, WORKSPACE.period), name);
  }
  assert.equal(presetOf("2026-01-01", "2026-01-02", WORKSPACE.period), undefined);
});

test("classes rise, begin at one, and hold every value that is counted", () => {
  let n = 1;
  for (let i = 0; i < 200; i += 1) {
    const values = Array.from(
      { length: 1 + (i % 40) },
      () => (n = (n * 48271) % 2147483647) % 3 ** (1 + (i % 7)),
    );
    const lower = breaks(values);
    assert.ok(lower.every((at, k) => k === 0 || at > lower[k - 1]));
    if (values.some((v) => v > 0)) assert.equal(lower[0], 1);
    for (const value of values) assert.equal(classOf(value, lower) >= 0, value > 0);
  }
});

test("the ramp's ends are always among the colours", () => {
  const ramp = ["a", "b", "c", "d", "e"];
  for (const n of [2, 3, 4, 5]) {
    const found = colours(ramp, n);
    assert.equal(found.length, n);
    assert.deepEqual([found[0], found.at(-1)], ["a", "e"]);
  }
  assert.deepEqual(colours(ramp, 1), ["c"]);
});
