import assert from "node:assert/strict";
import { test } from "node:test";

import "./browserless.js";

const { blocksOf, tilesIn, takeBlocks } = await import("../static/app/shell/map/blocks.js");

test("a block is read row by row, and empty tiles are empty", () => {
  const parts = [[1, 2, 3], [], [4], [5, 6]];
  const body = Uint8Array.from(parts.flatMap((tile) => [0, 0, 0, tile.length, ...tile]));
  const found = tilesIn(body.buffer, { west: 7, east: 8, north: 3, south: 4 });
  const told = Object.fromEntries([...found].map(([at, tile]) => [at, [...new Uint8Array(tile)]]));
  assert.deepEqual(told, { "7 3": [1, 2, 3], "8 3": [], "7 4": [4], "8 4": [5, 6] });
});

test("tiles far apart are asked for by themselves, and none is left out", () => {
  const near = [
    { x: 1, y: 1 },
    { x: 2, y: 1 },
    { x: 1, y: 2 },
  ];
  assert.equal(blocksOf(near).length, 1);
  const far = [...near, { x: 90, y: 40 }];
  assert.equal(blocksOf(far).length, 4);
  assert.deepEqual(
    blocksOf(far).flatMap(({ wanted }) => wanted),
    far,
  );
});

test("tiles that are asked for at once come in one answer; a server in trouble is told to each", async () => {
  globalThis.location = { protocol: "http:" };
  /** @type {any} */
  let ask;
  takeBlocks({ addProtocol: (name, handler) => (ask = name === "block" && handler) });
  const asked = [];
  globalThis.fetch = async (address) => {
    asked.push(address);
    return new Response(Uint8Array.from([0, 0, 0, 1, 9, 0, 0, 0, 0]));
  };
  const wanted = (x) =>
    ask({ url: `block://town/tiles/9/incidents/11/${x}/845.mvt?grid=1` }, new AbortController());
  const [first, second] = await Promise.all([wanted(1708), wanted(1709)]);
  assert.deepEqual(asked, ["http://town/tiles/9/incidents/11/1708-1709/845-845.mvts?grid=1"]);
  assert.deepEqual([...new Uint8Array(first.data)], [9]);
  assert.equal(second.data.byteLength, 0);
  globalThis.fetch = async () => new Response("", { status: 500 });
  await assert.rejects(wanted(1), { status: 500 });
  globalThis.fetch = async () => {
    throw new TypeError("away");
  };
  await assert.rejects(wanted(2), { status: 503 });
});
