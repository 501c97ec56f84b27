import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import "./browserless.js";

const APP = fileURLToPath(new URL("../static/app/", import.meta.url));
const ORDER = ["shell", "ground", "teams", "cases", "hotspots", "patrols", "response"];

const tables = Object.fromEntries(
  await Promise.all(
    ORDER.map(async (wing) => [wing, Object.values(await import(`../static/app/${wing}/words.js`))[0]]),
  ),
);
const files = (await readdir(APP, { recursive: true })).filter((name) => name.endsWith(".js"));
const sources = await Promise.all(files.map(async (name) => [name, await readFile(join(APP, name), "utf8")]));

test("every sentence stands in both languages with the same gaps", () => {
  let told = 0;
  for (const words of Object.values(tables)) {
    for (const [key, [zh, en]] of Object.entries(words)) {
      assert.ok(zh, key);
      assert.ok(en || key === "unit_incident", key);
      const gaps = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
      assert.deepEqual(gaps(zh), gaps(en), key);
      told += 1;
    }
  }
  assert.ok(told > 400, `${told} sentences`);
});

test("a sentence has one home", () => {
  const keys = Object.values(tables).flatMap((words) => Object.keys(words));
  assert.equal(new Set(keys).size, keys.length);
});

test("a wing says only its own sentences and those of lower wings", () => {
  let used = 0;
  for (const [name, text] of sources) {
    const wing = name.split("/")[0];
    if (!ORDER.includes(wing)) continue;
    const known = Object.assign({}, ...ORDER.slice(0, ORDER.indexOf(wing) + 1).map((w) => tables[w]));
    for (const [, key] of text.matchAll(/\bt\(\s*"(\w+)"/g)) {
      assert.ok(key in known, `${name}: ${key}`);
      used += 1;
    }
  }
  assert.ok(used > 250, `${used} sentences are used`);
});

test("modules import each other in no circle", () => {
  const imports = new Map(
    sources.map(([name, text]) => [
      name,
      [...text.matchAll(/from "(\.[^"]+)"/g)].map(([, path]) =>
        relative(APP, join(APP, dirname(name), path)),
      ),
    ]),
  );
  assert.ok([...imports.values()].flat().length > 150);
  const done = new Set();
  const visit = (name, path) => {
    assert.ok(!path.includes(name), [...path, name].join(" → "));
    if (done.has(name)) return;
    for (const next of imports.get(name) ?? []) visit(next, [...path, name]);
    done.add(name);
  };
  for (const name of imports.keys()) visit(name, []);
});
