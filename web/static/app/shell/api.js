// Asking the server: JSON, errors in both languages, and answers kept while the data version stands.

const BASE = document.documentElement.dataset.api;
const kept = new Map();

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

/**
 * @template {string} P
 * @param {P} path
 * @param {Query<P>} [parameters]
 * @param {{ signal?: AbortSignal }} [how]
 * @returns {Promise<Answer<P>>}
 */
export async function get(path, parameters = /** @type {Query<P>} */ ({}), { signal } = {}) {
  let answer;
  try {
    answer = await fetch(address(path, parameters), { signal, headers: { Accept: "application/json" } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, null);
  }
  const body = await answer.json().catch(() => null);
  if (!answer.ok) throw new ApiError(answer.status, body);
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
  if (!answer.ok) throw new ApiError(answer.status, told);
  return told;
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
