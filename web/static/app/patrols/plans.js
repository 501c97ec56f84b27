// Plans that are kept, the one that is shown, the one that is being made.

import { Runs } from "../hotspots/runs.js";

export class Plans extends Runs {
  path = "/patrol-plans";
  named = "plans";
  key = "patrol_id";

  idOf(shown) {
    return shown?.plan.patrol_id;
  }
}

export const minutesOf = (plan) =>
  Math.ceil((Date.parse(plan.ends_at) - Date.parse(plan.begins_at)) / 60_000);
export const routeOf = (shown, code) => shown?.features.find((f) => f.properties.team_code === code) ?? null;
