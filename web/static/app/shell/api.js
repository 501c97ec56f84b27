// Asking the server: JSON, errors in both languages, and answers kept while the data version stands.

const BASE = document.documentElement.dataset.api;
const kept = new Map();
// What the page brought with it is true for a moment; teams go on.
const OPENING_MS = 15_000;
/** @type {Record<string, any>} What the page brought with it; each is told once. */
const opening = JSON.parse(document.getElementById("opening")?.textContent || "{}");

export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {any} body
   */
  constructor(status, body) {
    super(body?.message_zh ?? String(status));
    this.status = status;
    this.code = body?.code ?? (status ? "http" : "unreachable");
    this.zh = body?.message_zh;
    this.en = body?.message_en;
  }
}

/**
 * @param {string} path
 * @param {Properties} parameters
 */
export function address(path, parameters = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null && value !== undefined && value !== "") query.set(name, value);
  }
  const text = query.toString();
  return BASE + path + (text ? `?${text}` : "");
}

// A session that is over leads to the sign-in, and from there back to what was looked at.
/**
 * @param {Response} answer
 * @param {any} body
 */
function refused(answer, body) {
  if (answer.status === 401)
    location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
  return new ApiError(answer.status, body);
}

/**
 * @template {string} P
 * @param {P} path
 * @param {Query<P>} [parameters]
 * @param {{ signal?: AbortSignal }} [how]
 * @returns {Promise<Answer<P>>}
 */
export async function get(path, parameters = /** @type {Query<P>} */ ({}), { signal } = {}) {
  const asked = address(path, parameters).slice(BASE?.length);
  if (asked in opening) {
    const { [asked]: told } = opening;
    delete opening[asked];
    if (performance.now() < OPENING_MS) return told;
  }
  let answer;
  try {
    answer = await fetch(address(path, parameters), { signal, headers: { Accept: "application/json" } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, null);
  }
  const body = await answer.json().catch(() => null);
  if (!answer.ok) throw refused(answer, body);
  return body;
}

// Writes as JSON; with `keepalive` it outlives the page.
/**
 * @param {string} method
 * @param {string} path
 * @param {any} [body]
 * @param {{ keepalive?: boolean }} [how]
 * @returns {Promise<any>}
 */
export async function send(method, path, body = undefined, { keepalive = false } = {}) {
  const headers = {
    Accept: "application/json",
    ...(body === undefined ? {} : { "Content-Type": "application/json" }),
  };
  let answer;
  try {
    answer = await fetch(address(path), {
      method,
      keepalive,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new ApiError(0, null);
  }
  const told = await answer.json().catch(() => null);
  if (!answer.ok) throw refused(answer, told);
  return told;
}

// Waits until work that costs is done: gives its job, throws why it failed.
/** @param {any} job */
async function done(job) {
  while (["queued", "running"].includes(job.state)) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    job = await get(`/jobs/${job.job_id}`);
  }
  if (job.state !== "done") throw new ApiError(422, job.problem);
  return job;
}

/**
 * @param {string} method
 * @param {string} path
 * @param {any} [body]
 * @returns {Promise<any>}
 */
export async function work(method, path, body = undefined) {
  return done(await send(method, path, body));
}

// A click on a link to a file: a large one is made as a job first.
/** @param {any} event */
export async function download(event) {
  const link = event.currentTarget;
  event.preventDefault();
  if (link.ariaBusy === "true") return;
  link.ariaBusy = "true";
  link.parentElement.querySelector("[role=alert]")?.remove();
  try {
    const answer = await fetch(link.href).catch(() => {
      throw new ApiError(0, null);
    });
    if (!answer.ok) throw new ApiError(answer.status, await answer.json().catch(() => null));
    const file = document.createElement("a");
    if (answer.status === 202) file.href = (await done(await answer.json())).file;
    else file.href = URL.createObjectURL(await answer.blob());
    file.download = `gridmap-${new URL(link.href).pathname.split("/").at(-1)}`;
    file.click();
    setTimeout(() => URL.revokeObjectURL(file.href), 60_000);
  } catch (error) {
    const told = Object.assign(document.createElement("span"), { role: "alert", className: "warn-text" });
    told.textContent =
      (document.documentElement.lang.startsWith("zh") ? error.zh : error.en) ?? error.message;
    link.after(told);
  } finally {
    link.ariaBusy = null;
  }
}

// For what changes only with an import; forgotten when `forget` is called.
/**
 * @template {string} P
 * @param {P} path
 * @param {Query<P>} [parameters]
 * @returns {Promise<Answer<P>>}
 */
export function getKept(path, parameters = /** @type {Query<P>} */ ({})) {
  const key = address(path, parameters);
  if (!kept.has(key)) {
    const promise = get(path, parameters);
    promise.catch(() => kept.delete(key));
    kept.set(key, promise);
  }
  return kept.get(key);
}

/**
 * All grids of a question, kept; a city's come in several answers.
 *
 * @param {Query<"/grids">} parameters
 * @returns {Promise<Answer<"/grids">>}
 */
export async function getGrids(parameters) {
  const found = await getKept("/grids", parameters);
  const features = [...found.features];
  let after = found.next;
  while (after) {
    const more = await getKept("/grids", { ...parameters, after });
    features.push(...more.features);
    after = more.next;
  }
  return { ...found, features };
}

export function forget() {
  kept.clear();
}

// One running request a name: a newer one ends the older.
export class Latest {
  /** @type {Map<any, any>} */
  #controllers = new Map();

  /** @param {string} name */
  start(name) {
    this.#controllers.get(name)?.abort();
    const controller = new AbortController();
    this.#controllers.set(name, controller);
    return controller.signal;
  }
}
