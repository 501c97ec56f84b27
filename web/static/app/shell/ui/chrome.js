// What stands around the map: buttons, notes, the tabs of a phone, banners and covers.

import { announce, button, byId, h, icon, isPhone, replace } from "../dom.js";
import { messageOf, nameOf, t } from "../i18n.js";

const SHEETS = [
  ["map", "map"],
  ["panel", "adjustments-horizontal"],
  ["list", "list"],
  ["time", "chart-bar"],
];
/** @type {Record<string, any>} */
const SHEET_NAMES = { map: "map", panel: "filters", list: "list", time: "time" };
const ERROR = "error";

/** @param {string} name */
export function showSheet(name) {
  document.body.dataset.sheet = name;
  for (const tab of /** @type {any} */ (byId("tabs").children))
    tab.setAttribute("aria-pressed", String(tab.dataset.sheet === name));
}

/**
 * @param {Workspace} workspace
 * @param {Actions} actions
 */
export function buildChrome(workspace, actions) {
  byId("skip").addEventListener("click", () => isPhone() && showSheet("list"));
  /**
   * @param {string} name
   * @param {string} label
   * @param {any} act
   */
  const tool = (name, label, act) => button(t(label), { id: label, icon: name, text: false, onclick: act });
  document.body.append(
    h(
      "div",
      { id: "buttons", role: "group", "aria-label": t("map") },
      tool("plus", "zoom_in", () => actions.zoom(1)),
      tool("minus", "zoom_out", () => actions.zoom(-1)),
      tool("home", "home", actions.home),
      tool("link", "copy_link", actions.copyLink),
      tool("printer", "print", () => print()),
      tool("user-circle", "account", () => location.assign("/account")),
    ),
    h(
      "div",
      { id: "attribution" },
      [t("attribution", { name: nameOf(workspace) }), workspace.illustrative ? t("illustrative") : null]
        .filter(Boolean)
        .join(" · "),
    ),
    h("div", { id: "scale", "aria-hidden": "true" }),
  );
  replace(
    byId("map-notes"),
    h("div", { id: "crumbs-phone", class: "note", hidden: true }),
    workspace.illustrative
      ? h("div", { id: "illustrative", class: "note" }, icon("info-circle"), t("illustrative"))
      : null,
    h("div", { id: "zero", class: "note warn", hidden: true }),
  );
  replace(
    byId("tabs"),
    SHEETS.map(([sheet, mark]) =>
      h(
        "button",
        {
          type: "button",
          dataset: { sheet },
          "aria-pressed": String(sheet === "map"),
          onclick: () => showSheet(document.body.dataset.sheet === sheet ? "map" : sheet),
        },
        icon(mark),
        h("span", {}, t(SHEET_NAMES[sheet])),
      ),
    ),
  );
}

/** @param {string} text */
export function note(text) {
  byId("map-notes").append(h("div", { class: "note" }, icon("info-circle"), text));
}

/**
 * @param {boolean} on
 * @param {() => void} wider
 */
export function showZero(on, wider) {
  const box = byId("zero");
  box.hidden = !on;
  if (on)
    replace(
      box,
      h("span", {}, t("zero")),
      h("button", { type: "button", class: "link", onclick: wider }, t("zero_wider")),
    );
}

/**
 * @param {Told} error
 * @param {() => void} retry
 * @param {(() => void) | null} home Where what is missing is the grid itself: to ask again would not bring it
 */
export function showError(error, retry, home = null) {
  const banner = byId("banner");
  banner.hidden = false;
  banner.dataset.state = ERROR;
  replace(
    banner,
    icon("alert-triangle"),
    h(
      "div",
      {},
      h("b", {}, t(home ? "no_grid" : "error_title")),
      h("p", {}, error.status === 404 ? t("gone") : messageOf(error)),
    ),
    home
      ? button(t("home"), { id: "home-instead", onclick: home })
      : button(t("retry"), { id: "retry", onclick: retry }),
  );
}

export function clearError() {
  byId("banner").hidden = true;
}

/** @param {string} text */
export function say(text) {
  const banner = byId("banner");
  banner.hidden = false;
  banner.dataset.state = "said";
  replace(banner, h("p", {}, text));
  announce(text);
  setTimeout(() => banner.dataset.state === "said" && clearError(), 2500);
}

export function uncover() {
  byId("cover").classList.add("done");
}

/**
 * @param {Lang} lang
 * @param {(lang: Lang) => void} setLanguage
 */
export function coverEmpty(lang, setLanguage) {
  /**
   * @param {string} title
   * @param {string} text
   */
  const command = (title, text) => h("div", {}, h("h3", {}, title), h("code", {}, text));
  document.title = t("product");
  replace(
    byId("cover"),
    h(
      "section",
      { class: "empty-card", id: "empty" },
      h("h1", {}, t("empty_title")),
      h("p", {}, t("empty_body")),
      command(t("empty_own"), "gridmap grids import FILE.gpkg"),
      command(t("empty_demo"), "gridmap demo load"),
      h(
        "button",
        {
          type: "button",
          id: "language",
          class: "link",
          onclick: () => setLanguage(lang === "zh" ? "en" : "zh"),
        },
        t("language"),
      ),
    ),
  );
}

/**
 * @param {Told} error
 * @param {() => void} retry
 */
export function coverError(error, retry) {
  replace(
    byId("cover"),
    h(
      "section",
      { class: "empty-card", role: "alert" },
      h("h1", {}, t("error_title")),
      h("p", {}, messageOf(error)),
      h("div", {}, button(t("retry"), { id: "retry", class: "primary", onclick: retry })),
    ),
  );
}
