// Where a plan has a team: the vectors that hold for Python's KeptRoute.place_at too.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const { placeAt } = await import("../static/app/patrols/place.js");

const { routes, moments } = JSON.parse(
  readFileSync(new URL("../../tests/vectors/places.json", import.meta.url), "utf-8"),
);

test("there are vectors of every kind", () => {
  assert.ok(moments.length >= 20);
});

for (const { route, what, at, lon, doing, stop } of moments)
  test(`${route}: ${what}`, () => {
    const found = placeAt(routes[route], Date.parse(at));
    const visits = routes[route].properties.visits;
    assert.equal(found.doing, doing);
    assert.equal(doing === "stop" && found.stop ? visits[found.stop - 1].stop : null, stop);
    assert.ok(Math.abs(found.at[0] - lon) < 1e-5, `${found.at}`);
    assert.ok(Math.abs(found.at[1] - 29.8) < 1e-5, `${found.at}`);
  });
