// A file that is handed over part by part, so that no request is larger than any other.

import { newKey } from "./new_key.js";
import { say } from "./words.js";

const PART_BYTES = 512 * 1024;
const TRIES = 4;
const AGAIN_MS = 1000;

export function uploads() {
  for (const form of document.querySelectorAll("form[data-upload]"))
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (form instanceof HTMLFormElement) void handOver(form);
    });
}

/** @param {HTMLFormElement} form */
async function handOver(form) {
  const input = form.querySelector("input");
  const file = input?.files?.[0];
  const bar = form.querySelector("progress");
  const told = form.querySelector("[role=status]");
  const button = form.querySelector("button");
  if (!file || !bar || !told || !button) return;
  button.disabled = true;
  bar.hidden = false;
  told.textContent = "";
  const { upload, next } = form.dataset;
  const number = newKey().replaceAll("-", "");
  try {
    /** @type {string | null} */
    let name = null;
    for (let offset = 0; offset === 0 || offset < file.size; offset += PART_BYTES) {
      bar.value = offset / Math.max(file.size, 1);
      const query = new URLSearchParams({ number, offset: String(offset), whole: String(file.size) });
      const address = `${upload}${encodeURIComponent(file.name)}?${query}`;
      name = await send(address, file.slice(offset, offset + PART_BYTES));
    }
    location.assign(`${next}?${new URLSearchParams({ file: name ?? file.name })}`);
  } catch (problem) {
    told.textContent = problem instanceof Error ? problem.message : String(problem);
    bar.hidden = true;
    button.disabled = false;
  }
}

/**
 * @param {string} address
 * @param {Blob} part
 * @returns {Promise<string | null>}
 */
async function send(address, part) {
  for (let tried = 1; ; tried += 1) {
    try {
      const answer = await fetch(address, {
        method: "POST",
        headers: { "Content-Type": "application/octet-stream", Accept: "application/json" },
        body: part,
      });
      if (answer.ok) return (await answer.json()).name;
      if (answer.status < 500 || tried === TRIES) throw new Error(await reason(answer));
    } catch (problem) {
      if (!(problem instanceof TypeError)) throw problem;
      if (tried === TRIES) throw new Error(say("upload_failed"), { cause: problem });
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS * tried));
  }
}

/** @param {Response} answer */
async function reason(answer) {
  const told = await answer.json().catch(() => ({}));
  const key = document.documentElement.lang.startsWith("zh") ? "message_zh" : "message_en";
  return told[key] ?? say("upload_failed");
}
