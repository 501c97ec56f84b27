import assert from "node:assert/strict";
import { test } from "node:test";

import "./browserless.js";

const { learnTerms, leastShown, limitsIn, longest, noted } = await import("../static/app/shell/terms.js");

const term = (low, high, usual) => ({ unit: "", default: usual, low, high, zh: "", en: "" });

test("limits come in the part of the unit that a field asks for, and never beyond what is allowed", () => {
  assert.throws(() => limitsIn("dwell"), /dwell/);
  learnTerms({
    terms: {
      dwell: term(60, 7200, 720),
      time: term(0.1, 3600, 10),
      loss: term(0, 0.07, 0.03),
      seed: term(0, 2 ** 63, 0),
      break: term(1, 240, null),
    },
    longest: { words: 100 },
    notes: { caption: { zh: "说明", en: "A note" } },
    least_shown: 5,
  });
  assert.deepEqual(limitsIn("dwell", 60), { low: 1, high: 120, usual: 12 });
  assert.deepEqual(limitsIn("time"), { low: 1, high: 3600, usual: 10 });
  assert.deepEqual(limitsIn("loss", 0.01), { low: 0, high: 7, usual: 3 });
  assert.equal(limitsIn("seed").high, Number.MAX_SAFE_INTEGER);
  assert.equal(limitsIn("break").usual, null);
  assert.equal(longest("words"), 100);
  assert.equal(noted("caption"), "说明");
  assert.equal(leastShown(), 5);
});
