// Both languages: sentences by their key, numbers and days as each language writes them.

/** @type {Record<string, any>} */
const TABLE = {};

/** @type {Record<string, any>} */
const STAGES_EN = {
  accepted: "Accepted",
  mediating: "In mediation",
  transferred: "Transferred",
  resolved: "Resolved",
  archived: "Archived",
};

export const lang = document.documentElement.lang.startsWith("en") ? "en" : "zh";
const column = lang === "en" ? 1 : 0;
const locale = lang === "en" ? "en-GB" : "zh-CN";
const integer = new Intl.NumberFormat(locale);
const decimal = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });

// Words of a wing: by key the sentence in Chinese and in English. A key has one owner.
/** @param {...any} tables */
export function learn(...tables) {
  for (const words of tables) {
    for (const [key, pair] of Object.entries(words)) {
      if (key in TABLE && TABLE[key] !== pair) throw new Error(`two sentences have the key ${key}`);
      TABLE[key] = pair;
    }
  }
}

let zone = "Asia/Shanghai";

/** @param {string} name */
export function setZone(name) {
  zone = name || zone;
}

/**
 * @param {string} key
 * @param {any} [values]
 */
export function t(key, values = {}) {
  const text = TABLE[key]?.[column] ?? key;
  return text.replace(/\{(\w+)\}/g, (/** @type {any} */ _, /** @type {string} */ name) => values[name] ?? "");
}

/** @param {string} key */
export const has = (key) => key in TABLE;
/** @param {number} n */
export const number = (n) => (n === null || n === undefined ? "–" : integer.format(n));
/** @param {number} n */
export const km2 = (n) => (n === null || n === undefined ? "–" : decimal.format(n));

// Name of a thing that carries name_zh and name_en.
/** @param {any} thing */
export function nameOf(thing) {
  if (!thing) return "";
  const [first, second] = lang === "en" ? [thing.name_en, thing.name_zh] : [thing.name_zh, thing.name_en];
  return first || second || thing.code || "";
}

/**
 * @param {any} list
 * @param {string} code
 */
export function labelOf(list, code) {
  const found = list?.find((/** @type {any} */ item) => item.code === code);
  if (found && lang === "en" && (!found.en || found.en === found.zh)) return STAGES_EN[code] ?? found.zh;
  return found?.[lang] ?? (has(`kind_${code}`) ? t(`kind_${code}`) : (code ?? ""));
}

/** @param {Told} error */
export const messageOf = (error) => error[lang] ?? t("error_network");

/** @param {string | null | undefined} iso */
export function dayTime(iso) {
  if (!iso) return "–";
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).formatToParts(new Date(iso));
  const p = Object.fromEntries(parts.map((x) => [x.type, x.value]));
  return `${p.year}-${p.month}-${p.day} ${p.hour}:${p.minute}`;
}

// The time of day alone.
/** @param {string} iso */
export const clock = (iso) => (iso ? dayTime(iso).slice(11, 16) : "–");

/** @param {string | null | undefined} iso */
export const day = (iso) => (iso ? dayTime(iso).slice(0, 10) : "–");

/**
 * @param {any} iso
 * @param {number} [now]
 */
export function age(iso, now = Date.now()) {
  const minutes = Math.round((now - Date.parse(iso)) / 60_000);
  if (minutes < 2) return t("now");
  if (minutes < 90) return t("minutes_ago", { n: minutes });
  if (minutes < 48 * 60) return t("hours_ago", { n: Math.round(minutes / 60) });
  return t("days_ago", { n: Math.round(minutes / 1440) });
}
