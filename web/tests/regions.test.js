// Towns and what lies above them, told by the digits of a key.

import assert from "node:assert/strict";
import test from "node:test";
import { isRegion, liesIn, townOf } from "../static/app/shell/regions.js";

const VILLAGE = "33068110903004000";
const TOWN = "33068110900000000";

test("a county, a city and a province are regions, a town and what it holds are none", () => {
  assert.deepEqual(["33", "3306", "330681", TOWN, VILLAGE, null].map(isRegion), [
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
});

test("a grid lies in its town, in the regions whose digits it begins with, and in no other", () => {
  assert.equal(townOf(VILLAGE), TOWN);
  for (const within of [null, "33", "3306", "330681", TOWN, VILLAGE])
    assert.equal(liesIn(VILLAGE, within), true, String(within));
  for (const within of ["34", "330682", "33068111000000000"])
    assert.equal(liesIn(VILLAGE, within), false, within);
});
