// Photos of a case: chosen, drawn anew, and sent; the field page keeps them first.

import { newKey } from "./new_key.js";
import { keepPhoto } from "./photo_drafts.js";
import { base64, drawnAnew } from "./photo_drawing.js";
import { sendAsWritten, whyOf } from "./queue.js";
import { say } from "./words.js";

// A photo that was not taken yet is the same act when it is sent again.
/** @type {WeakMap<File, string>} */
const keys = new WeakMap();

export function photos() {
  document.addEventListener("change", (event) => {
    const input = event.target;
    if (input instanceof HTMLInputElement && input.closest("[data-photos]")) void add(input);
  });
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-photo-again]") : null;
    const input = button?.closest("[data-photos]")?.querySelector("input");
    if (input) void add(input);
  });
}

/** @param {HTMLInputElement} input */
async function add(input) {
  const part = /** @type {HTMLElement} */ (input.closest("[data-photos]"));
  const told = part.querySelector("[role=status]");
  const again = part.querySelector("button");
  if (!told || !again || !input.files?.length) return;
  input.disabled = again.disabled = true;
  again.hidden = true;
  told.textContent = say("photo_sending");
  let problem = "";
  for (const file of input.files) problem ||= await take(file, part);
  input.disabled = again.disabled = false;
  // A draft is told as kept when the server has it.
  told.textContent = problem || say(part.dataset.mostDrafts ? "photo_waits" : "photo_kept");
  again.hidden = !problem;
  // What is kept comes with the page's next renewal, which leaves alone whatever is being written beside it.
  if (!problem) input.value = "";
}

/**
 * @param {File} file
 * @param {HTMLElement} part
 * @returns {Promise<string>} what is wrong; nothing when it is kept
 */
async function take(file, part) {
  const { photos: number = "", side, most, mostDrafts } = part.dataset;
  const picture = await drawnAnew(file, Number(side), Number(most));
  if (!picture) return say("photo_unreadable", { name: file.name });
  return mostDrafts ? keepPhoto(number, picture, Number(mostDrafts)) : send(file, picture, number);
}

/**
 * @param {File} file
 * @param {Blob} picture the same, drawn anew
 * @param {string} number of the case
 * @returns {Promise<string>} what is wrong; nothing when it is sent
 */
async function send(file, picture, number) {
  const key = keys.get(file) ?? newKey();
  keys.set(file, key);
  try {
    const body = { picture: await base64(picture) };
    const answer = await sendAsWritten(`/api/v1/cases/${number}/photos`, key, body);
    return answer.ok ? "" : await whyOf(answer);
  } catch {
    return say("photo_failed");
  }
}
