// Sentences that the server put into the page for its scripts.

/** @type {Record<string, string> | null} */
let words = null;

/**
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function say(key, values = {}) {
  words ??= JSON.parse(document.body.dataset.words ?? "{}");
  return (words?.[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/** @param {string} text */
export function announce(text) {
  const place = document.getElementById("announcer");
  if (place) place.textContent = text;
}
