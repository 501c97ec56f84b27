import assert from "node:assert/strict";
import { test } from "node:test";

const { halts, placeAt } = await import("../static/app/patrols/place.js");

const leg = (seconds, length_m) => ({ seconds, length_m });
const FEATURE = {
  geometry: {
    coordinates: [
      [120, 30],
      [120, 30.01],
      [120, 30.02],
    ],
  },
  properties: {
    base_lon: 119.99,
    base_lat: 30,
    begin: "2026-10-30T12:00:00Z",
    end: "2026-10-30T13:00:00Z",
    visits: [{ arrive: "2026-10-30T12:10:00Z", leave: "2026-10-30T12:22:00Z", leg: leg(600, 1000) }],
    home: leg(600, 1000),
  },
};
const at = (time) => placeAt(FEATURE, Date.parse(`2026-10-30T${time}Z`));

test("before its shift and after it a team is at its base", () => {
  for (const time of ["11:59:59", "13:00:00"]) assert.deepEqual(at(time).at, [119.99, 30]);
});

test("on the way it is where its share of the leg is", () => {
  const { at: place, doing, stop } = at("12:05:00");
  assert.equal(doing, "way");
  assert.equal(stop, 1);
  assert.ok(Math.abs(place[1] - 30.005) < 1e-9);
});

test("at a stop it stays until it leaves, and until it must go home", () => {
  for (const time of ["12:10:00", "12:21:59", "12:40:00"]) {
    const { at: place, doing } = at(time);
    assert.equal(doing, "stop");
    assert.ok(Math.abs(place[1] - 30.01) < 1e-9);
  }
  assert.equal(at("12:55:00").doing, "way");
});

test("a route halts once for each visit", () => {
  assert.equal(halts(FEATURE).length, 1);
});
