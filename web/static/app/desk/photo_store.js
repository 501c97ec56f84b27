// Where a phone keeps photos that were not sent: a database of the browser, since its small store holds no
// pictures.

const NAME = "gridmap-photos";
const TABLE = "photos";

/**
 * @typedef {{
 *   key: string;
 *   number: string;
 *   post: string;
 *   at: number;
 *   picture: Blob;
 *   why?: string;
 * }} PhotoDraft A photo drawn anew; with why it was refused, it waits for a person
 */

/** @template Found @param {IDBRequest<Found>} asked @returns {Promise<Found>} */
const answerOf = (asked) =>
  new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });

/** @type {Promise<IDBDatabase> | null} */
let opened = null;

function open() {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(TABLE, { keyPath: "key" });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  return opened;
}

// Kept means written to the end: a store that is full says so only then.
/** @param {(table: IDBObjectStore) => void} change */
async function write(change) {
  const acts = (await open()).transaction(TABLE, "readwrite");
  const ended = new Promise((resolve, reject) => {
    acts.oncomplete = () => resolve(undefined);
    acts.onabort = acts.onerror = () => reject(acts.error);
  });
  change(acts.objectStore(TABLE));
  await ended;
}

/** @param {PhotoDraft} draft */
export const put = (draft) => write((table) => table.put(draft));

/** @param {string} key */
export const remove = (key) => write((table) => table.delete(key));

/** @returns {Promise<PhotoDraft[]>} the oldest first */
export async function all() {
  const table = (await open()).transaction(TABLE).objectStore(TABLE);
  /** @type {PhotoDraft[]} */
  const found = await answerOf(table.getAll());
  return found.sort((a, b) => a.at - b.at);
}
