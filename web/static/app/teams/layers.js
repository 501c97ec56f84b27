// Teams and their tracks, migrant sites and bodies on the WebGL map.

import { css } from "../shell/dom.js";
import { emptySource, NAME, paintOf, textOf } from "../shell/map/paint.js";

function layers() {
  const migrant = css("--migrant");
  const live = ["!=", ["get", "position_at"], null];
  // Area in proportion to the head-count: radius grows with its square root.
  /** @param {any} scale */
  const radius = (scale) => ["*", ["sqrt", ["get", "head_count"]], scale];
  return [
    {
      id: "track",
      type: "line",
      source: "track",
      layout: { "line-cap": "round", "line-join": "round" },
      paint: {
        "line-width": 3.5,
        "line-color": css("--track"),
        "line-gradient": [
          "interpolate",
          ["linear"],
          ["line-progress"],
          0,
          fade(css("--track"), 0.08),
          1,
          css("--track"),
        ],
      },
    },
    {
      id: "migrant",
      type: "circle",
      source: "migrants",
      paint: {
        "circle-radius": [
          "interpolate",
          ["linear"],
          ["zoom"],
          10,
          radius(0.5),
          12,
          radius(0.9),
          15,
          radius(1.6),
        ],
        "circle-color": migrant,
        "circle-opacity": 0.28,
        "circle-stroke-color": migrant,
        "circle-stroke-width": 1.6,
      },
    },
    {
      id: "migrant-number",
      type: "symbol",
      source: "migrants",
      minzoom: 13,
      layout: textOf(14, { "text-field": ["to-string", ["get", "head_count"]] }),
      paint: paintOf(migrant),
    },
    {
      id: "organisation",
      type: "symbol",
      source: "organisations",
      layout: {
        "icon-image": "organisation",
        "icon-allow-overlap": true,
        "icon-size": ["interpolate", ["linear"], ["zoom"], 11, 0.7, 15, 1],
      },
    },
    {
      id: "organisation-name",
      type: "symbol",
      source: "organisations",
      minzoom: 13.5,
      layout: textOf(14, {
        "text-field": NAME,
        "text-anchor": "top",
        "text-offset": [0, 0.7],
        "text-optional": true,
      }),
      paint: paintOf(),
    },
    {
      id: "team",
      type: "symbol",
      source: "teams",
      layout: { "icon-image": ["case", live, "team", "team-base"], "icon-allow-overlap": true },
    },
    {
      id: "team-name",
      type: "symbol",
      source: "teams",
      minzoom: 12.8,
      layout: textOf(14, {
        "text-field": NAME,
        "text-anchor": "top",
        "text-offset": [0, 0.9],
        "text-optional": true,
      }),
      paint: paintOf(css("--team"), 1.6),
    },
  ];
}

/**
 * @param {string} hex
 * @param {number} alpha
 */
function fade(hex, alpha) {
  const n = Number.parseInt(hex.slice(1), 16);
  return `rgba(${n >> 16},${(n >> 8) & 255},${n & 255},${alpha})`;
}

export const teamsMap = {
  sources: () => ({
    teams: emptySource({ promoteId: "code" }),
    migrants: emptySource(),
    organisations: emptySource(),
    track: emptySource({ lineMetrics: true }),
  }),
  strata: { field: layers },
  shown: {
    teams: ["team", "team-name", "track"],
    migrants: ["migrant", "migrant-number"],
    organisations: ["organisation", "organisation-name"],
  },
  picks: [
    { layer: "team", rank: 2, act: (/** @type {Properties} */ p) => ({ sel: `team:${p.code}` }) },
    {
      layer: "organisation",
      rank: 4,
      act: (/** @type {Properties} */ p) => ({ sel: `organisation:${p.code}` }),
    },
    { layer: "migrant", rank: 4, act: (/** @type {Properties} */ p) => ({ sel: `migrant:${p.code}` }) },
  ],
};
