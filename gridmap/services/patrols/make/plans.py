"""Plans for a shift, made."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import TypedDict

from gridmap.analysis.patrol import (
    Iterations,
    Plan,
    Replan,
    Seconds,
    plan,
    replan,
    solve_orienteering,
    violations,
)
from gridmap.analysis.patrol.stop import StopRule
from gridmap.domain import terms
from gridmap.domain.gridkey import Scope
from gridmap.domain.shown_plans import PlanChange, PlanSummary, WholePlan
from gridmap.errors import Conflict
from gridmap.services.patrols.ask.problem import Inputs, load_inputs
from gridmap.services.patrols.ask.request import PatrolRequest
from gridmap.services.patrols.ask.rosters import rostered
from gridmap.services.patrols.ask.wishes import with_wishes
from gridmap.services.patrols.keep.codec import load_kept
from gridmap.services.patrols.keep.plans import patrol_plan
from gridmap.services.patrols.keep.summary import keep
from gridmap.services.patrols.make.breaches import refuse_breaches
from gridmap.services.patrols.make.legs import changed_legs
from gridmap.services.patrols.make.nights import draw_nights
from gridmap.storage.database import Database
from gridmap.storage.patrols import plans as stored

OnProgress = Callable[[str, int, int], None]


class DrawnWay(TypedDict):
    """A team's way while a plan is being made: straight from stop to stop, lon and lat."""

    team_code: str
    coordinates: list[list[float]]


class BestSoFar(TypedDict):
    """The best plan so far: its prize, how many stops are visited, and the ways."""

    prize: float
    stops: int
    lines: list[DrawnWay]


OnBetter = Callable[[BestSoFar], None]
_WISHES_S = 5.0
_LOYALTY = 1.0


def plan_patrols(
    database: Database,
    scope: Scope,
    asked: PatrolRequest,
    *,
    owner: str | None = None,
    on_progress: OnProgress | None = None,
    on_better: OnBetter | None = None,
) -> WholePlan:
    """Plan the routes of a shift, and keep the plan; with several nights, keep one plan for each.

    Parameters
    ----------
    database : Database
    scope : Scope
    asked : PatrolRequest
    owner : str, optional
        Post whose plan it is: it and the administrator may delete it.
    on_progress : callable, optional
        Called with the step (read, plan, save), what is done and the total.
    on_better : callable, optional
        Called with the best plan so far: prize, stops (how many are visited) and lines (team_code; coordinates of base,
        stops and base, lon and lat), while a single night is searched for.

    Returns
    -------
    dict
        The plan (of the first night) as :func:`patrol_plan` gives it.

    Raises
    ------
    InvalidInput
        When there is nothing to plan from: hotspots, teams or roads; when a lock cannot hold.
    NotFound
        When a team, a stop or the run is not there.
    """
    tell = on_progress or (lambda *_: None)
    if asked.roster and asked.nights > 1:
        return _rostered_nights(database, scope, asked, owner, tell)
    tell("read", 0, 1)
    inputs = load_inputs(database, scope, asked)
    tell("read", 1, 1)
    rule = stop_rule(asked.seconds, asked.iterations)
    if asked.draws:
        drawn = draw_nights(inputs, asked, rule, on_progress=lambda done, total: tell("plan", done, total))
        numbers = []
        for night, made, more in drawn:
            refuse_broken(night, made)
            numbers.append(keep(database, scope, night, made, asked.as_dict(), more=more, owner=owner))
            tell("save", len(numbers), len(drawn))
        return {**patrol_plan(database, scope, numbers[0]), "nights": numbers}
    made = _search(inputs, asked.seed, rule, tell, on_better)
    tell("save", 0, 1)
    number = keep(database, scope, inputs, made, asked.as_dict(), owner=owner)
    tell("save", 1, 1)
    return patrol_plan(database, scope, number)


def _rostered_nights(
    database: Database, scope: Scope, asked: PatrolRequest, owner: str | None, tell: OnProgress
) -> WholePlan:
    """Plan each of several nights for those whom the roster names for it; every night is drawn by its own seed.

    All of them are kept, or none.
    """
    seconds = None if asked.seconds is None else max(asked.seconds / asked.nights, terms.SEARCH.low)
    nights = [
        replace(
            asked,
            on=asked.on + dt.timedelta(days=n),
            nights=1,
            vary=True,
            seconds=seconds,
            seed=(asked.seed + n) % (terms.SEED_MOST + 1),
        )
        for n in range(asked.nights)
    ]
    # Who is missing on the last night is told before the first is planned.
    for night in nights:
        rostered(database, scope, night.on, night.duty)
    made: list[WholePlan] = []
    try:
        for night in nights:
            made.append(plan_patrols(database, scope, night, owner=owner))
            tell("plan", len(made), asked.nights)
    except BaseException:
        with database.scoped_session(scope, write=True) as session:
            for plan in made:
                stored.delete_patrol(session, plan["patrol_id"])
        raise
    return {**made[0], "nights": [plan["patrol_id"] for plan in made]}


@cache
def _ready() -> None:
    """Load the compiled search, so that a time is for searching alone."""
    solve_orienteering(
        [0.0, 1.0],
        [[0.0, 1.0], [1.0, 0.0]],
        routes=1,
        limit=3.0,
        start=0,
        end=0,
        seed=0,
        stop=Iterations(1),
    )


def stop_rule(seconds: float | None, iterations: int | None) -> StopRule:
    """Return the rule that ends a search; times begin when it can start at once."""
    terms.SEARCH.refuse(seconds)
    terms.STEPS.refuse(iterations)
    _ready()
    return Seconds(seconds) if seconds is not None else Iterations(iterations or 1)


def _search(
    inputs: Inputs, seed: int, rule: StopRule, tell: OnProgress, on_better: OnBetter | None = None
) -> Plan:
    made = plan(
        inputs.teams,
        inputs.stops,
        inputs.roads.travel_s,
        shift=inputs.shift,
        objective=inputs.objective,
        seed=seed,
        stop=rule,
        on_progress=lambda done, total: tell("plan", int(done), int(total)),
        households=inputs.households,
        on_better=on_better and (lambda prize, routes: on_better(_so_far(inputs, prize, routes))),
    )
    refuse_broken(inputs, made)
    return made


def _so_far(inputs: Inputs, prize: float, routes: dict[str, tuple[str, ...]]) -> BestSoFar:
    """Draw a plan that is being made: straight from stop to stop."""
    place = {stop.id: stop.place for stop in inputs.stops}
    lines: list[DrawnWay] = [
        {
            "team_code": team.id,
            "coordinates": inputs.roads.places[
                [team.start_place, *(place[stop] for stop in routes[team.id]), team.end_place]
            ]
            .round(6)
            .tolist(),
        }
        for team in inputs.teams
        if routes.get(team.id)
    ]
    return {"prize": round(prize, 1), "stops": sum(map(len, routes.values())), "lines": lines}


def refuse_broken(inputs: Inputs, made: Plan) -> None:
    """Stop a plan that breaks a rule: it must never reach a team."""
    broken = violations(
        made,
        inputs.teams,
        inputs.stops,
        inputs.roads.travel_s,
        shift=inputs.shift,
        households=inputs.households,
    )
    refuse_breaches(broken)


def solve_again(
    database: Database,
    scope: Scope,
    patrol_id: int,
    *,
    locks: dict[str, str] | None = None,
    leave_out: tuple[str, ...] | None = None,
    seed: int | None = None,
    seconds: float | None = None,
    iterations: int | None = None,
    owner: str | None = None,
    on_progress: OnProgress | None = None,
) -> WholePlan:
    """Solve a kept plan again with wishes, from the very same stops, teams and day; keep the new plan.

    Parameters
    ----------
    database : Database
    scope : Scope
    patrol_id : int
        The plan that the new one replaces.
    locks : dict of stop to team, optional
        The stop stays with, or moves to, the team, which must visit it. The old plan's where absent; where given, they
        alone hold.
    leave_out : tuple of str, optional
        Stops that are not visited. The old plan's where absent; where given, they alone.
    seed : int, optional
        That of the old plan where absent.
    seconds : float, optional
    iterations : int, optional
        In place of seconds; 5 seconds where neither is given.
    owner : str, optional
        Post whose plan it is: it and the administrator may delete it.
    on_progress : callable, optional

    Returns
    -------
    dict
        As :func:`patrol_plan` gives it; wishes that cannot hold together are told in ``summary.notices``.

    Raises
    ------
    NotFound
        When there is no such plan, stop or team.
    InvalidInput
        When a team could not visit the stop that is kept for it even if it went nowhere else.
    Conflict
        When the plan was changed during its shift.
    """
    tell = on_progress or (lambda *_: None)
    tell("read", 0, 1)
    inputs, old, row = load_kept(database, scope, patrol_id)
    tell("read", 1, 1)
    before = row["parameters"]
    if inputs.carried:
        raise Conflict(
            "patrol-under-way",
            f"第 {patrol_id} 号计划已在班次中调整过，请用 --at 从某一时刻起再调整。",
            f"Plan {patrol_id} was changed during its shift; change it further from a time on, with --at.",
        )
    wanted = dict(before["locks"]) if locks is None else locks
    out = tuple(before["leave_out"] if leave_out is None else leave_out)
    free = inputs.free_stops
    stops = with_wishes(free, inputs.teams, inputs.roads.travel_s, inputs.shift, wanted, out)
    inputs = replace(inputs, stops=stops)
    chosen = old.seed if seed is None else seed
    if seconds is None and iterations is None:
        seconds = _WISHES_S
    rule = stop_rule(seconds, iterations)
    same = wanted == dict(before["locks"]) and set(out) == set(before["leave_out"])
    more: PlanSummary = {}
    if same and not inputs.roads_changed:
        made = _search(inputs, chosen, rule, tell)
    else:
        # Changing a plan costs: what need not move stays where it is.
        changed = replan(
            replace(old, stops=stops), old.shift.begin_s - 1.0, [], inputs.roads.travel_s, seed=chosen, stop=rule,
            loyalty=_LOYALTY, households=inputs.households,
            on_progress=lambda done, total: tell("plan", int(done), int(total)),
        )  # fmt: skip
        made = changed.plan
        refuse_broken(inputs, made)
        more = {"change": _change(inputs, changed, {*wanted, *before["locks"], *out, *before["leave_out"]})}
    asked = {
        **before,
        "locks": wanted,
        "leave_out": list(out),
        "seed": chosen,
        "seconds": seconds,
        "iterations": iterations,
        "vary": False,
        "nights": 1,
        "from_plan": patrol_id,
    }
    tell("save", 0, 1)
    number = keep(
        database, scope, inputs, made, asked, replaces_id=patrol_id, more=more,
        notices=changed_legs(inputs, old, old.shift.begin_s - 1.0), owner=owner,
    )  # fmt: skip
    tell("save", 1, 1)
    return patrol_plan(database, scope, number)


def _change(inputs: Inputs, changed: Replan, wished: set[str]) -> PlanChange:
    """Tell which stops move, as asked and besides."""
    touched = (*changed.moved, *changed.dropped, *changed.added)
    return {
        "at": inputs.begins_at.isoformat(),
        "moved": list(changed.moved),
        "dropped": list(changed.dropped),
        "added": list(changed.added),
        "asked": sorted(set(touched) & wished),
        "others": sorted(set(touched) - wished),
        "names": {stop: [inputs.about[stop]["name_zh"], inputs.about[stop]["name_en"]] for stop in touched},
    }
