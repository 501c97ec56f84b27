import assert from "node:assert/strict";
import { test } from "node:test";

import "./browserless.js";

const { learn } = await import("../static/app/shell/i18n.js");
const { gridWords } = await import("../static/app/patrols/routes.js");
const { HOTSPOT_WORDS } = await import("../static/app/hotspots/words.js");
const { PATROL_WORDS } = await import("../static/app/patrols/words.js");
learn(HOTSPOT_WORDS, PATROL_WORDS);

test("the grid of a fixed point is not called by the point's name", () => {
  const bank = { name_zh: "枫溪江岸", name_en: "River bank", grid_key: "33068110901004022" };
  assert.equal(gridWords({ ...bank, fixed: true }), "打开所在网格");
  assert.match(gridWords({ ...bank, fixed: false }), /枫溪江岸/);
});
