// Plans that are kept, the one that is shown, the one that is being made.

import { Runs } from "../hotspots/runs.js";

export class Plans extends Runs {
  path = "/patrol-plans";
  named = "plans";
  key = "patrol_id";

  /** @param {any} shown */
  idOf(shown) {
    return shown?.plan.patrol_id;
  }
}

/** @param {Properties} plan */
export const minutesOf = (plan) =>
  Math.ceil((Date.parse(plan.ends_at) - Date.parse(plan.begins_at)) / 60_000);
/**
 * @param {any} shown
 * @param {string} code
 */
export const routeOf = (shown, code) =>
  shown?.features.find((/** @type {Feature} */ f) => f.properties.team_code === code) ?? null;
