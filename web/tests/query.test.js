import assert from "node:assert/strict";
import { test } from "node:test";

const { isFresh, queryOf } = await import("../static/app/cases/query.js");

test("an answer is to the question that is asked, in whatever order the server names its parts", () => {
  const query = queryOf({ grid: "33068110900000000", from: "2026-08-03", to: "2026-10-31", flag: "open" });
  const named = Object.fromEntries(Object.entries(query).sort(([a], [b]) => (a < b ? -1 : 1)));
  assert.notDeepEqual(Object.keys(named), Object.keys(query));
  assert.ok(isFresh({ query: named }, query));
  assert.ok(!isFresh({ query: { ...named, to: "2026-10-30" } }, query));
  assert.ok(!isFresh(null, query));
});
