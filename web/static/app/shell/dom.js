// Small helpers over the document: elements, icons, focus.

/**
 * @param {string} tag
 * @param {Attributes} attributes
 * @param {any} children
 * @returns {any}
 */
export function h(tag, attributes = {}, ...children) {
  /** @type {any} */
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "dataset") Object.assign(element.dataset, value);
    else if (name in element && typeof value !== "string" && name !== "style") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(
    ...children.flat(Infinity).filter((/** @type {any} */ c) => c !== null && c !== undefined && c !== false),
  );
  return element;
}

// Its picture stands in the style sheet, by this class.
/** @param {string} name */
export const icon = (name) => h("span", { class: `icon icon-${name}`, "aria-hidden": "true" });

/**
 * @param {string} label
 * @param {any} given
 */
export function button(label, { icon: name, text = true, ...attributes } = {}) {
  return h(
    "button",
    { type: "button", "aria-label": text ? null : label, title: text ? null : label, ...attributes },
    name ? icon(name) : null,
    text ? h("span", {}, label) : null,
  );
}

/**
 * @param {Element} element
 * @param {any} children
 */
export function replace(element, ...children) {
  element.replaceChildren(
    ...children.flat(Infinity).filter((/** @type {any} */ c) => c !== null && c !== undefined && c !== false),
  );
}

/**
 * @param {any} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

// Says something to a screen reader without moving the focus.
/** @param {string} text */
export function announce(text) {
  byId("announcer").textContent = text;
}

/** @param {string} name */
export function css(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export const prefersStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
export const isPhone = () => matchMedia("(max-width: 719px)").matches;

// Gives when the style sheet applies.
/** @param {any} href */
export function loadStyle(href) {
  return new Promise((resolve, reject) => {
    const failed = () => reject(new Error(href));
    document.head.append(h("link", { rel: "stylesheet", href, onload: resolve, onerror: failed }));
  });
}
