"""Did the visits help? Before and after in the grids that plans' teams came to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from gridmap.domain import terms
from gridmap.domain.gridkey import UNASSIGNED, Scope
from gridmap.domain.patrols import KeptPlan
from gridmap.errors import InvalidInput
from gridmap.services.hotspots.effects import Effect, effect
from gridmap.services.hotspots.runs import hotspot_run
from gridmap.services.hotspots.spec import HotspotSpec
from gridmap.services.patrols.follow.visits import plan_against_done
from gridmap.services.patrols.keep.plans import kept_plan
from gridmap.storage.database import Database


class VisitsEffect(Effect):
    """What changed where visits of plans were made."""

    patrols: list[int]
    visits: int
    grids: list[str]
    domain: str | None
    level: int


def effect_of_visits(
    database: Database,
    scope: Scope,
    patrols: Sequence[int],
    *,
    domain: str | None = None,
    weeks: int = terms.EFFECT_WEEKS,
    seed: int = 0,
) -> VisitsEffect:
    """Compare the weeks before and after in the grids where visits of plans were made.

    Parameters
    ----------
    database : Database
    scope : Scope
    patrols : sequence of int
        Plans of one measure; its first day is that of the first of them.
    domain : str, optional
        Incidents of this domain; that of the plans' hotspot run by default, else all.
    weeks : int
        Weeks before, and after.
    seed : int

    Returns
    -------
    VisitsEffect

    Raises
    ------
    NotFound
        When a plan is not in the scope.
    InvalidInput
        When no visit was made, or the weeks around are not all recorded.
    """
    if not patrols:
        raise InvalidInput(
            "effect-no-plans", "请给出至少一份计划的编号。", "Give the number of at least one plan."
        )
    plans = [kept_plan(database, scope, number) for number in dict.fromkeys(patrols)]
    grids: set[int] = set()
    visits = 0
    for plan in plans:
        for team in plan_against_done(database, scope, plan.patrol_id)["teams"]:
            for visit in team["visits"]:
                if visit["made"] and visit["grid_key"] is not None:
                    visits += 1
                    grids.add(int(visit["grid_key"]))
    grids.discard(UNASSIGNED)
    if not grids:
        raise InvalidInput(
            "effect-no-visits",
            "这些计划没有一次到访记录，无从比较。请先导入队伍位置或签到。",
            "No visit of these plans was made, so there is nothing to compare. Import positions or check in first.",
        )
    on = min(plan.begins_at for plan in plans).date()
    spec = _spec(database, scope, plans[0], on, domain, seed)
    found = effect(database, scope, spec, sorted(grids), on, weeks=weeks)
    return {
        **found,
        "patrols": [plan.patrol_id for plan in plans],
        "visits": visits,
        "grids": [str(key) for key in sorted(grids)],
        "domain": spec.domain,
        "level": spec.level,
    }


def _spec(
    database: Database,
    scope: Scope,
    plan: KeptPlan,
    on: dt.date,
    domain: str | None,
    seed: int,
) -> HotspotSpec:
    """Count as the hotspot run did that the stops came from."""
    asked = HotspotSpec("gi", on, on, domain=domain, seed=seed)
    if plan.hotspot_run_id is None:
        return asked
    run = hotspot_run(database, scope, plan.hotspot_run_id)
    return replace(asked, level=run.level, domain=domain or run.domain)
