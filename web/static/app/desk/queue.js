// What is written where there may be no network: kept on the phone until the server takes it, and taken once.

import { say } from "./words.js";

const AGAIN_MS = 4000;
const LAST_POST = "gridmap-post";

/** @typedef {{key: string, post?: string}} Kept */

// A page may outlive the session that it was made for: the server takes what is sent from whoever wrote it
// alone.
/**
 * @param {string} address
 * @param {string} key of the act
 * @param {unknown} body
 */
export const sendAsWritten = (address, key, body) =>
  fetch(address, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "Idempotency-Key": key,
      "X-Post": encodeURIComponent(post()),
    },
    body: JSON.stringify(body),
  });

const post = () => document.documentElement.dataset.post ?? "";

// What one post has written is not sent as another's: it waits for whoever wrote it.
/** @param {Kept} draft */
export const isMine = (draft) => draft.post === undefined || draft.post === post();

/** @type {(() => Kept[])[]} What a page has to send may be of several kinds; it is told in one sum. */
const kinds = [];

/** @param {() => Kept[]} waiting what is kept and waits to be sent */
export const counts = (waiting) => kinds.push(waiting);

export function tellWaiting() {
  const place = document.getElementById("waiting");
  if (!place) return;
  const left = kinds.flatMap((waiting) => waiting());
  const mine = left.filter(isMine).length;
  const others = left.length - mine;
  place.hidden = left.length === 0;
  place.textContent = [
    mine ? say("draft_waiting", { n: mine }) : "",
    others ? say("draft_of_others", { n: others }) : "",
  ]
    .filter(Boolean)
    .join(" ");
}

/** @template {Kept} Draft */
export class Queue {
  #name;
  #send;
  #sending = false;

  /**
   * @param {string} name under which the phone keeps it
   * @param {(draft: Draft) => Promise<boolean>} send whether it is done with
   */
  constructor(name, send) {
    this.#name = name;
    this.#send = send;
    counts(() => this.drafts);
  }

  /** @returns {Draft[]} */
  get drafts() {
    try {
      return JSON.parse(localStorage.getItem(this.#name) ?? "[]");
    } catch {
      return [];
    }
  }

  /** @param {Draft[]} left */
  #keep(left) {
    if (left.length) localStorage.setItem(this.#name, JSON.stringify(left));
    else localStorage.removeItem(this.#name);
    tellWaiting();
  }

  /** @param {(draft: Draft) => Draft} changed */
  change(changed) {
    this.#keep(this.drafts.map((draft) => (isMine(draft) ? changed(draft) : draft)));
  }

  /** @param {Draft} draft */
  add(draft) {
    this.#keep([...this.drafts, { ...draft, post: post() }]);
    tell(say("draft_kept"));
    this.flush();
  }

  // In order; what cannot be sent stays.
  async flush() {
    if (this.#sending) return;
    this.#sending = true;
    try {
      for (let left = this.drafts.filter(isMine); left.length; left = this.drafts.filter(isMine)) {
        const [first] = left;
        if (!(await this.#send(first))) break;
        this.#keep(this.drafts.filter((d) => d.key !== first.key));
      }
    } catch {
      tell(say("draft_kept"));
    } finally {
      this.#sending = false;
      this.#keep(this.drafts);
    }
  }

  begin() {
    tellWaiting();
    addEventListener("online", () => this.flush());
    setInterval(() => this.drafts.some(isMine) && this.flush(), AGAIN_MS);
    this.flush();
  }
}

/** @param {string} text */
export function tell(text) {
  const place = document.getElementById("field-answer");
  if (place) place.textContent = text;
}

/** @param {Response} answer @returns whether to send the same again is of no use */
export const hasEnded = (answer) => !(answer.status === 401 || answer.status >= 500 || answer.status === 429);

/** @param {Response} answer @returns {Promise<string>} why it is refused, in the page's language */
export async function whyOf(answer) {
  const problem = await answer.json().catch(() => null);
  const why = document.documentElement.lang === "en" ? problem?.message_en : problem?.message_zh;
  return why ?? String(answer.status);
}

/**
 * Say what became of a draft; who is not signed in any more, or meets a tired server, sends it later.
 * @param {Response} answer
 * @returns {Promise<boolean>} whether it is done with
 */
export async function settled(answer) {
  if (answer.ok) {
    tell(say("draft_sent"));
    return true;
  }
  if (!hasEnded(answer)) return false;
  tell(say("draft_refused", { why: await whyOf(answer) }));
  return true;
}

// The newest answer of each page is kept where the connection lets a page keep anything.
export async function keepPages() {
  const said = document.getElementById("field-said");
  const able = "serviceWorker" in navigator && isSecureContext;
  // Pages of the post before are not the next one's: where there is no network they would be written in.
  const last = localStorage.getItem(LAST_POST);
  if (able && last !== null && last !== post()) await caches.delete("gridmap-field-1");
  localStorage.setItem(LAST_POST, post());
  const kept =
    able &&
    (await navigator.serviceWorker.register("/field/worker.js").then(
      () => true,
      () => false,
    ));
  // A page that this one leads to, and that is wanted where there is no network, is kept before it is opened.
  const ahead = /** @type {HTMLAnchorElement | null} */ (document.querySelector("a[data-keep]"));
  if (kept && ahead) navigator.serviceWorker.ready.then(() => fetch(ahead.href)).catch(() => {});
  if (said) said.textContent = (kept ? said.dataset.on : said.dataset.off) ?? "";
}
