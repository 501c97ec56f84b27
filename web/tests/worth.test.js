import assert from "node:assert/strict";
import { test } from "node:test";

import "./browserless.js";

const { worthOf } = await import("../static/app/patrols/routes.js");

const row = (hour, prize) => ({ hour, prize });
const SHOWN = {
  plan: {
    begins_at: "2026-10-30T19:30:00+08:00",
    summary: {
      reasons: [
        { stop: "H1", lon: 120, lat: 30, by_hour: [row(19, 2), row(20, 8), row(21, 4)] },
        { stop: "H2", lon: 120.1, lat: 30, by_hour: [row(19, 1), row(20, 0), row(21, 0)] },
        { stop: "B1", lon: 120.2, lat: 30 },
      ],
    },
  },
};
const at = (time) => worthOf(SHOWN, Date.parse(`2026-10-30T${time}+08:00`)).map((f) => f.properties.worth);

test("each stop has the prize of the hour of the clock, as a part of the most", () => {
  assert.deepEqual(at("19:45:00"), [0.25, 0.125]);
  assert.deepEqual(at("20:00:00"), [1, 0]);
  assert.deepEqual(at("20:59:59"), [1, 0]);
  assert.deepEqual(at("21:30:00"), [0.5, 0]);
});

test("before the shift the first hour stands, and after it the last", () => {
  assert.deepEqual(at("18:00:00"), [0.25, 0.125]);
  assert.deepEqual(at("23:59:00"), [0.5, 0]);
});

test("a plan whose prizes are the same at all hours has nothing to play", () => {
  const reasons = SHOWN.plan.summary.reasons.slice(2);
  assert.deepEqual(worthOf({ plan: { ...SHOWN.plan, summary: { reasons } } }, 0), []);
});
