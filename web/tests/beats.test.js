import assert from "node:assert/strict";
import { test } from "node:test";

import "./browserless.js";
import { lookingAt } from "../static/app/patrols/routes.js";

/** @param {string} team */
const beat = (team, geometry = { type: "Polygon", coordinates: [] }) => ({
  type: "Feature",
  geometry,
  properties: { team },
});

test("beats look by the order of their teams' codes, whatever order they come in", () => {
  const codes = ["T07", "T02", "T05"];
  const drawn = lookingAt(/** @type {any} */ (codes.map((code) => beat(code))));
  assert.deepEqual(
    drawn.map(({ properties: p }) => [p.team, p.colour]),
    [
      ["T02", 1],
      ["T05", 2],
      ["T07", 3],
    ],
  );
  assert.deepEqual(codes, ["T07", "T02", "T05"]);
});

test("a beat without land is not drawn", () => {
  assert.deepEqual(lookingAt(/** @type {any} */ ([{ ...beat("T02"), geometry: null }])), []);
});
