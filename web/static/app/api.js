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
  const headers = { Accept: "application/json", ...(body === undefined ? {} : { "Content-Type": "application/json" }) };
  let answer;
  try {
    answer = await fetch(address(path), { method, keepalive, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new ApiError(0);
  }
  const told = await answer.json().catch(() => null);
  if (!answer.ok) throw new ApiError(answer.status, told);
  return told;
}

// Waits until work that costs is done: gives its job, throws why it failed.
async function done(job) {
  while (["queued", "running"].includes(job.state)) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    job = await get(`/jobs/${job.job_id}`);
  }
  if (job.state !== "done") throw new ApiError(422, job.problem);
  return job;
}

export async function work(method, path, body = undefined) {
  return done(await send(method, path, body));
}

// A click on a link to a file: a large one is made as a job first.
export async function download(event) {
  const link = event.currentTarget;
  event.preventDefault();
  if (link.ariaBusy === "true") return;
  link.ariaBusy = "true";
  link.parentElement.querySelector("[role=alert]")?.remove();
  try {
    const answer = await fetch(link.href).catch(() => { throw new ApiError(0); });
    if (!answer.ok) throw new ApiError(answer.status, await answer.json().catch(() => null));
    const file = document.createElement("a");
    if (answer.status === 202) file.href = (await done(await answer.json())).file;
    else file.href = URL.createObjectURL(await answer.blob());
    file.download = new URL(link.href).pathname.split("/").pop().replace(/^/, "gridmap-");
    file.click();
    setTimeout(() => URL.revokeObjectURL(file.href), 60_000);
  } catch (error) {
    const told = Object.assign(document.createElement("span"), { role: "alert", className: "warn-text" });
    told.textContent = (document.documentElement.lang.startsWith("zh") ? error.zh : error.en) ?? error.message;
    link.after(told);
  } finally {
    link.ariaBusy = null;
  }
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
