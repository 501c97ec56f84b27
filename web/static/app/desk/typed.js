// What is typed and not sent outlives a session that ends, a reload and a page that is left: it is kept in
// this tab until it is sent, for the post that typed it. What others wrote meanwhile is not written over:
// only what differs from what the page said is kept, beside that and the revision that it was typed over.

import { announce, say } from "./words.js";
import { forgetWritten } from "./written.js";

const NAME = "gridmap-typed";
const KEPT_MS = 12 * 3_600_000;
const NOT_KEPT = ["/account", "/sign-in", "/enter", "/posts"];

/** @typedef {{ from: string; to: string }} Change What a field said, and what was typed over it */
/** @typedef {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} Field */

/**
 * @typedef {{
 *   path: string;
 *   action: string;
 *   post: string;
 *   at: number;
 *   sent: boolean;
 *   revision: string | null;
 *   fields: Record<string, Change>;
 * }} Typed
 */

/** @returns {Typed[]} */
function read() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(NAME) ?? "[]");
    return kept.filter((/** @type {Partial<Typed>} */ one) => one.fields);
  } catch {
    return [];
  }
}

/** @param {Typed[]} kept */
function write(kept) {
  if (kept.length) sessionStorage.setItem(NAME, JSON.stringify(kept));
  else sessionStorage.removeItem(NAME);
}

const post = () => document.documentElement.dataset.post ?? "";
const isKept = () => !NOT_KEPT.some((path) => location.pathname.startsWith(path));

// Every step of a case goes to one address: which it is stands in a field.
/** @param {HTMLFormElement} form */
export function actionOf(form) {
  const step = form.querySelector("input[type=hidden][name=action]");
  return (form.getAttribute("action") ?? "") + (step instanceof HTMLInputElement ? `#${step.value}` : "");
}

// By the attribute: a form with a field of that name has the field for its property.
/** @param {HTMLFormElement} form */
const isSent = (form) => form.getAttribute("method") === "post";

/** @param {HTMLFormElement} form */
const fields = (form) =>
  /** @type {Field[]} */ (
    [...form.elements].filter(
      (field) =>
        field instanceof HTMLTextAreaElement ||
        field instanceof HTMLSelectElement ||
        (field instanceof HTMLInputElement && !["hidden", "password", "radio", "file"].includes(field.type)),
    )
  ).filter((field) => field.name);

/** @param {Field} field */
const isBox = (field) => field instanceof HTMLInputElement && field.type === "checkbox";

/** @param {Field} field */
const nameOf = (field) => (isBox(field) ? `${field.name}=${field.value}` : field.name);

/** @param {Field} field */
const valueOf = (field) =>
  field instanceof HTMLInputElement && field.type === "checkbox" ? (field.checked ? "on" : "") : field.value;

// What the page said in a field before anybody typed.
/** @param {Field} field */
function saidIn(field) {
  if (field instanceof HTMLTextAreaElement) return field.defaultValue;
  if (field instanceof HTMLInputElement)
    return isBox(field) ? (field.defaultChecked ? "on" : "") : field.defaultValue;
  const options = [...field.options];
  return (options.find((option) => option.defaultSelected) ?? options[0])?.value ?? "";
}

/** @param {HTMLFormElement} form */
const revisionIn = (form) => {
  const field = form.querySelector("input[type=hidden][name=revision]");
  return field instanceof HTMLInputElement ? field : null;
};

/** @param {Event} event */
function keep(event) {
  const form = /** @type {HTMLInputElement} */ (event.target).form;
  if (!form || !isSent(form) || !isKept()) return;
  /** @param {Typed} one */
  const isOf = (one) => one.path === location.pathname && one.action === actionOf(form);
  const kept = read();
  const before = kept.find(isOf)?.fields ?? {};
  /** @type {Record<string, Change>} */
  const changed = {};
  for (const field of fields(form)) {
    const earlier = before[nameOf(field)];
    // A form that was turned away says what was written in it: what was typed over is what stood there first.
    const from = earlier && saidIn(field) === earlier.to ? earlier.from : saidIn(field);
    const to = valueOf(field);
    if (from !== to) changed[nameOf(field)] = { from, to };
  }
  const others = kept.filter((one) => !isOf(one));
  if (Object.keys(changed).length)
    others.push({
      path: location.pathname,
      action: actionOf(form),
      post: post(),
      at: Date.now(),
      sent: false,
      revision: revisionIn(form)?.value ?? null,
      fields: changed,
    });
  write(others);
}

/** @param {Event} event */
function mark(event) {
  const form = event.target;
  if (!(form instanceof HTMLFormElement)) return;
  // Whoever leaves the desk leaves nothing behind for the next.
  if (actionOf(form).endsWith("/sign-out")) {
    write([]);
    forgetWritten();
  } else
    write(
      read().map((one) =>
        one.path === location.pathname && one.action === actionOf(form) ? { ...one, sent: true } : one,
      ),
    );
}

const isTurnedAway = () => document.querySelector("#problem .notice") !== null;

/**
 * @param {Typed} one
 * @param {boolean} opens Whether the step that it stands in is opened
 */
function putBack(one, opens) {
  const form = [.../** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll("form"))].find(
    (found) => isSent(found) && actionOf(found) === one.action,
  );
  if (!form) return false;
  let any = false;
  for (const field of fields(form)) {
    const change = one.fields[nameOf(field)];
    // What somebody else has changed since stands as they left it.
    if (!change || saidIn(field) !== change.from || valueOf(field) === change.to) continue;
    any = true;
    if (field instanceof HTMLInputElement && field.type === "checkbox") field.checked = change.to === "on";
    else field.value = change.to;
  }
  // Typed over an older revision, it is sent as that: the server shows what was done since. Where it has
  // shown so, the page's own revision is what is answered.
  const revision = revisionIn(form);
  if (any && revision && one.revision !== null && !(one.sent && isTurnedAway()))
    revision.value = one.revision;
  const step = form.closest("details");
  if (any && opens && step) step.open = true;
  return any;
}

export function typed() {
  const made = new URL(location.href).searchParams.has("told");
  const now = Date.now();
  let left = read().filter((one) => now - one.at < KEPT_MS);
  // A page that is not the form's own is what follows when it was taken; the sign-in is not.
  if (isKept()) {
    left = left.filter((one) => !one.sent || (!made && one.path === location.pathname));
    left = left.filter((one) => one.post === post());
  }
  write(left);
  if (
    isKept() &&
    left
      .filter((one) => one.path === location.pathname)
      .map((one) => putBack(one, true))
      .some(Boolean)
  ) {
    const place = document.getElementById("flash");
    const said = document.createElement("p");
    said.className = "notice";
    said.id = "typed-back";
    said.textContent = say("typed_back");
    place?.append(said);
    announce(say("typed_back"));
  }
  document.addEventListener("input", keep);
  document.addEventListener("change", keep);
  document.addEventListener("submit", mark, true);
  document.addEventListener("renewed", () => {
    for (const one of read()) if (!one.sent && one.path === location.pathname) putBack(one, false);
  });
  document.addEventListener("click", (event) => {
    // Who cancels a form is done with it.
    const back = event.target instanceof Element ? event.target.closest("form a[data-back]") : null;
    const form = back?.closest("form");
    if (form) write(read().filter((one) => one.action !== actionOf(form)));
  });
  document.body.addEventListener("htmx:afterSwap", (event) => {
    const { requestConfig } = /** @type {CustomEvent} */ (event).detail;
    if (requestConfig?.verb === "post") write(read().filter((one) => !one.sent));
  });
}
