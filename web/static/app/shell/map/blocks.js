// Tiles of one source that the map asks for at the same moment come in one answer: a block of them, row by
// row, each after its length. A source whose address begins with `block:` is asked so.

const WAITS_MS = 15;
const MOST = 16;
const SHAPE = /^block:(.*\/)(\d+)\/(\d+)\/(\d+)\.mvt(\?.*)?$/;
const AWAY = 503;

/**
 * @typedef {{ x: number, y: number, resolve: (told: any) => void, reject: (error: Error) => void }} Wanted
 */

/** @type {Map<string, { before: string, after: string, wanted: Wanted[] }>} */
const waiting = new Map();

/**
 * Tiles by column and row.
 *
 * @param {ArrayBuffer} body
 * @param {{ west: number, east: number, north: number, south: number }} block
 * @returns {Map<string, ArrayBuffer>}
 */
export function tilesIn(body, { west, east, north, south }) {
  const view = new DataView(body);
  const found = new Map();
  let at = 0;
  for (let y = north; y <= south; y += 1) {
    for (let x = west; x <= east; x += 1) {
      const length = at < body.byteLength ? view.getUint32(at) : 0;
      at += 4;
      found.set(`${x} ${y}`, body.slice(at, at + length));
      at += length;
    }
  }
  return found;
}

/**
 * The smallest block around tiles; each tile by itself where that would hold too many others.
 *
 * @param {Wanted[]} wanted
 */
export function blocksOf(wanted) {
  const [xs, ys] = [wanted.map(({ x }) => x), wanted.map(({ y }) => y)];
  const all = {
    west: Math.min(...xs),
    east: Math.max(...xs),
    north: Math.min(...ys),
    south: Math.max(...ys),
    wanted,
  };
  const size = (all.east - all.west + 1) * (all.south - all.north + 1);
  if (size <= Math.min(MOST, 2 * wanted.length)) return [all];
  return wanted.map((one) => ({ west: one.x, east: one.x, north: one.y, south: one.y, wanted: [one] }));
}

/**
 * @param {string} before
 * @param {string} after
 * @param {ReturnType<typeof blocksOf>[number]} block
 */
async function load(before, after, block) {
  const { west, east, north, south, wanted } = block;
  try {
    const answer = await fetch(`${before}${west}-${east}/${north}-${south}.mvts${after}`);
    if (!answer.ok) throw Object.assign(new Error(answer.statusText), { status: answer.status });
    const found = tilesIn(await answer.arrayBuffer(), block);
    for (const { x, y, resolve } of wanted) resolve({ data: found.get(`${x} ${y}`) });
  } catch (error) {
    const told = error.status ? error : Object.assign(new Error(error.message), { status: AWAY });
    for (const { reject } of wanted) reject(told);
  }
}

/** @param {string} key */
function send(key) {
  const group = waiting.get(key);
  waiting.delete(key);
  for (const block of blocksOf(group?.wanted ?? [])) load(group?.before ?? "", group?.after ?? "", block);
}

/**
 * @param {string} url
 * @param {AbortSignal} signal
 */
function ask(url, signal) {
  const [, path, z, x, y, after = ""] = SHAPE.exec(url) ?? [];
  const before = `${location.protocol}${path}${z}/`;
  const key = before + after;
  return new Promise((resolve, reject) => {
    if (!waiting.has(key)) {
      waiting.set(key, { before, after, wanted: [] });
      setTimeout(() => send(key), WAITS_MS);
    }
    waiting.get(key)?.wanted.push({ x: Number(x), y: Number(y), resolve, reject });
    signal.addEventListener("abort", () => reject(new DOMException("", "AbortError")), { once: true });
  });
}

/** @param {any} maplibre */
export function takeBlocks(maplibre) {
  maplibre.addProtocol("block", (/** @type {any} */ asked, /** @type {AbortController} */ controller) =>
    ask(asked.url, controller.signal),
  );
}
