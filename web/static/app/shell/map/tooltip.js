// Words over a mark of the map without WebGL: always as text, because names come from records.

/**
 * @param {any} layer
 * @param {string} text
 * @param {any} [options]
 */
export function tooltip(layer, text, options = {}) {
  const words = document.createElement("span");
  words.textContent = text;
  return layer.bindTooltip(words, options);
}
