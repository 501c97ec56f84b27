// Photos of a case: drawn anew before they leave the phone, so that place, time and camera stay on it.

import { newKey } from "./new_key.js";
import { sendAsWritten } from "./queue.js";
import { say } from "./words.js";

const QUALITIES = [0.8, 0.65, 0.5, 0.35];

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
  for (const file of input.files) problem ||= await send(file, part);
  input.disabled = again.disabled = false;
  told.textContent = problem || say("photo_kept");
  again.hidden = !problem;
  // What is kept comes with the page's next renewal, which leaves alone whatever is being written beside it.
  if (!problem) input.value = "";
}

/**
 * @param {File} file
 * @param {HTMLElement} part
 * @returns {Promise<string>} what is wrong; nothing when it is kept
 */
async function send(file, part) {
  const key = keys.get(file) ?? newKey();
  keys.set(file, key);
  try {
    const picture = await plain(file, Number(part.dataset.side), Number(part.dataset.most));
    if (!picture) return say("photo_unreadable", { name: file.name });
    const answer = await sendAsWritten(`/api/v1/cases/${part.dataset.photos}/photos`, key, { picture });
    if (answer.ok) return "";
    const said = await answer.json().catch(() => ({}));
    const words = document.documentElement.lang.startsWith("zh") ? "message_zh" : "message_en";
    return said[words] ?? say("photo_failed");
  } catch {
    return say("photo_failed");
  }
}

/**
 * @param {File} file
 * @param {number} side longest, in pixels
 * @param {number} most bytes
 * @returns {Promise<string | null>} Base64 of a JPEG
 */
async function plain(file, side, most) {
  const found = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null);
  if (!found) return null;
  const shrink = Math.min(1, side / Math.max(found.width, found.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(found.width * shrink));
  canvas.height = Math.max(1, Math.round(found.height * shrink));
  const drawing = canvas.getContext("2d");
  if (!drawing) return null;
  drawing.fillStyle = "white";
  drawing.fillRect(0, 0, canvas.width, canvas.height);
  drawing.drawImage(found, 0, 0, canvas.width, canvas.height);
  found.close();
  for (const quality of QUALITIES) {
    /** @type {Blob | null} */
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
    if (blob && blob.size <= most) return base64(new Uint8Array(await blob.arrayBuffer()));
  }
  return null;
}

/** @param {Uint8Array} bytes */
function base64(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
