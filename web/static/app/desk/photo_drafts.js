// Photos of the field page: kept on the phone with what was written beside them until the server has taken
// them, and taken once.

import { newKey } from "./new_key.js";
import { base64 } from "./photo_drawing.js";
import { all, put, remove } from "./photo_store.js";
import { counts, hasEnded, isMine, sendAsWritten, tellWaiting, whyOf } from "./queue.js";
import { say } from "./words.js";
import { post } from "./written.js";

/** @typedef {import("./photo_store.js").PhotoDraft} PhotoDraft */

const AGAIN_MS = 4000;

/** @type {PhotoDraft[]} What the phone keeps, as it was last read. */
let drafts = [];
let sending = false;

/** @param {PhotoDraft} draft */
const waits = (draft) => isMine(draft) && draft.why === undefined;

export const refusedPhotos = () => drafts.filter((draft) => isMine(draft) && draft.why !== undefined);

async function readAnew() {
  drafts = await all();
  tellWaiting();
  show();
  dispatchEvent(new Event("photos-kept"));
}

/**
 * @param {string} number of the case
 * @param {Blob} picture
 * @param {number} most photos that a phone keeps
 * @returns {Promise<string>} what stands against keeping it; nothing when it is kept
 */
export async function keepPhoto(number, picture, most) {
  try {
    if ((await all()).length >= most) return say("photo_drafts_enough", { n: most });
    await put({ key: newKey(), number, post: post(), at: Date.now(), picture });
  } catch {
    return say("photo_no_room");
  }
  await readAnew();
  void flush();
  return "";
}

// In order; what cannot be sent stays, and what was refused says why and waits for a person.
async function flush() {
  if (sending) return;
  sending = true;
  try {
    // What was dropped or sent on another page of this phone is not sent from here.
    drafts = await all();
    for (let next = drafts.find(waits); next; next = drafts.find(waits)) {
      const picture = await base64(next.picture);
      const answer = await sendAsWritten(`/api/v1/cases/${next.number}/photos`, next.key, { picture });
      if (answer.ok) {
        await remove(next.key);
        tell(next.number, say("photo_kept"));
      } else if (hasEnded(answer)) {
        const why = await whyOf(answer);
        await put({ ...next, why });
        tell(next.number, why);
      } else break;
      await readAnew();
    }
  } catch {
    // No network, or the phone's store is closed: they are tried again.
  } finally {
    sending = false;
  }
}

/** @param {string} number @param {string} text */
function tell(number, text) {
  const place = document.querySelector(`[data-photos="${CSS.escape(number)}"] [role=status]`);
  if (place) place.textContent = text;
}

/** @type {string[]} */
let shown = [];

function show() {
  const place = document.getElementById("photo-drafts");
  if (!place) return;
  for (const address of shown) URL.revokeObjectURL(address);
  shown = [];
  const mine = drafts.filter((draft) => isMine(draft) && draft.number === place.dataset.number);
  place.hidden = mine.length === 0;
  place.querySelector("ul")?.replaceChildren(...mine.map(line));
}

/** @param {PhotoDraft} draft */
function line(draft) {
  const item = document.createElement("li");
  const image = document.createElement("img");
  image.src = URL.createObjectURL(draft.picture);
  image.alt = say("photo_waits");
  shown.push(image.src);
  const said = document.createElement("p");
  said.className = draft.why === undefined ? "muted" : "late";
  said.textContent = draft.why ?? say("photo_waits");
  const acts = document.createElement("p");
  acts.className = "actions";
  if (draft.why !== undefined)
    acts.append(
      button("try_again", () =>
        put({ ...draft, why: undefined })
          .then(readAnew)
          .then(flush),
      ),
    );
  acts.append(button("photo_drop", () => remove(draft.key).then(readAnew)));
  item.append(image, said, acts);
  return item;
}

/** @param {string} word @param {() => Promise<void>} done */
function button(word, done) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = say(word);
  made.addEventListener("click", () => void done());
  return made;
}

export async function photoDrafts() {
  counts(() => drafts.filter((draft) => draft.why === undefined));
  try {
    await readAnew();
  } catch {
    // A browser that keeps nothing keeps no photo either, and says so when one is chosen.
    return;
  }
  addEventListener("online", () => void flush());
  setInterval(() => drafts.some(waits) && void flush(), AGAIN_MS);
  void flush();
}
