// Asking the server: JSON, errors in both languages, and answers kept while the data version stands.

const BASE = document.documentElement.dataset.api;
const kept = new Map();

export class ApiError extends Error {
  constructor(status, body) {
    super(body?.message_zh ?? String(status));
    this.status = status;
    this.code = body?.code ?? (status ? "http" : "unreachable");
    this.zh = body?.message_zh;
    this.en = body?.message_en;
  }
}

export function address(path, parameters = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null && value !== undefined && value !== "") query.set(name, value);
  }
  const text = query.toString();
  return BASE + path + (text ? `?${text}` : "");
}

export async function get(path, parameters = {}, { signal } = {}) {
  let answer;
  try {
    answer = await fetch(address(path, parameters), { signal, headers: { Accept: "application/json" } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0);
  }
  const body = await answer.json().catch(() => null);
  if (!answer.ok) throw new ApiError(answer.status, body);
  return body;
}

// Writes as JSON; with `keepalive` it outlives the page.
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
    throw new ApiError(0);
  }
  const told = await answer.json().catch(() => null);
  if (!answer.ok) throw new ApiError(answer.status, told);
  return told;
}

// For what changes only with an import; forgotten when `forget` is called.
export function getKept(path, parameters = {}) {
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
  #controllers = new Map();

  start(name) {
    this.#controllers.get(name)?.abort();
    const controller = new AbortController();
    this.#controllers.set(name, controller);
    return controller.signal;
  }
}
