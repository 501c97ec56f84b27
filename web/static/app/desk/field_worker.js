// Keeps the field page for where there is no network: the newest answer of each page, and the files that it
// is made of.

const KEPT = "gridmap-field-1";
const worker = /** @type {any} */ (self);

worker.addEventListener("install", () => worker.skipWaiting());
worker.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(worker.clients.claim()));

/** @param {Request} request */
async function fresh(request) {
  const kept = await caches.open(KEPT);
  try {
    const answer = await fetch(request);
    // Whoever is not signed in any more keeps nothing.
    if (answer.redirected || answer.status === 401 || answer.status === 403) await caches.delete(KEPT);
    else if (answer.ok) await kept.put(request, answer.clone());
    return answer;
  } catch (error) {
    const found = await kept.match(request);
    if (found) return found;
    throw error;
  }
}

/** @param {Request} request */
async function built(request) {
  const kept = await caches.open(KEPT);
  const found = await kept.match(request);
  if (found) return found;
  const answer = await fetch(request);
  if (answer.ok) await kept.put(request, answer.clone());
  return answer;
}

worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const { request } = event;
  const { pathname } = new URL(request.url);
  if (request.method !== "GET") return;
  if (pathname.startsWith("/static/built/")) event.respondWith(built(request));
  else if (pathname.startsWith("/field/")) event.respondWith(fresh(request));
});
