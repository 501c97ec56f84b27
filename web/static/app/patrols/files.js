// A plan as files.

import { address } from "../shell/api.js";
import { h } from "../shell/dom.js";
import { t } from "../shell/i18n.js";

const FORMATS = ["gpx", "csv", "xlsx", "geojson", "gpkg"];
const LOOPBACK = /^(localhost|127\.|\[::1\])/;

// Codes on the sheet lead a phone to this server: there are none where no phone could come to it.
const reachable = () => (LOOPBACK.test(location.hostname) ? null : location.origin);

/**
 * @param {any} id
 * @param {Properties | null} [team]
 */
export function fileLinks(id, team = null) {
  /**
   * @param {string} name
   * @param {any} format
   * @param {any} [parameters]
   */
  const link = (name, format, parameters = {}) =>
    h(
      "a",
      {
        href: address(`/patrol-plans/${id}/export`, { format, team, ...parameters }),
        download: "",
        "aria-label": `${t("download")} ${name}${team ? ` ${team}` : ""}`,
      },
      name,
    );
  return [
    link(t("pat_sheet"), "html", { url: reachable() }),
    ...FORMATS.map((format) => link(format.toUpperCase(), format)),
  ];
}
