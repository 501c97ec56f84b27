"""Changes during the shift: a team drops out, an emergency takes one, a stop comes in."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import replace
from statistics import median
from typing import cast

from gridmap.analysis.patrol import (
    Change,
    Plan,
    Replan,
    Stop,
    StopAdded,
    TeamOut,
    TeamTaken,
    replan,
)
from gridmap.domain.clock import read_moment
from gridmap.domain.gridkey import UNASSIGNED, Scope
from gridmap.domain.shown_plans import Carried, Notice, PlanChange, StopAbout, WholePlan
from gridmap.errors import InvalidInput
from gridmap.ingest.free_text import checked_text
from gridmap.services.patrols.ask.places import check_near
from gridmap.services.patrols.ask.problem import Inputs, village_of
from gridmap.services.patrols.ask.wishes import with_wishes
from gridmap.services.patrols.keep.codec import load_kept
from gridmap.services.patrols.keep.plans import patrol_plan
from gridmap.services.patrols.keep.summary import Via, keep
from gridmap.services.patrols.make.changed import Added, Changed, told
from gridmap.services.patrols.make.emergencies import refuse_broken_parts
from gridmap.services.patrols.make.legs import changed_legs
from gridmap.services.patrols.make.plans import OnProgress, stop_rule
from gridmap.storage.database import Database
from gridmap.storage.patrols import plans as stored

_REPLAN_S = 1.0


def replan_patrol(
    database: Database,
    scope: Scope,
    patrol_id: int,
    changed: Changed,
    *,
    seed: int | None = None,
    seconds: float | None = None,
    iterations: int | None = None,
    owner: str | None = None,
    on_progress: OnProgress | None = None,
) -> WholePlan:
    """Plan the rest of a shift anew with few changes: what is done stays; keep the new plan.

    Parameters
    ----------
    database : Database
    scope : Scope
    patrol_id : int
        The plan that the new one replaces, as it was kept: it is never searched for again.
    changed : Changed
    seed : int, optional
        That of the old plan where absent.
    seconds : float, optional
    iterations : int, optional
        In place of seconds; 1 second where neither is given.
    owner : str, optional
        Post whose plan it is: it and the administrator may delete it.
    on_progress : callable, optional

    Returns
    -------
    dict
        As :func:`patrol_plan` gives it; ``summary.change`` tells the stops that were moved, dropped and added.

    Raises
    ------
    NotFound
        When there is no such plan, stop or team.
    InvalidInput
        When a time lies outside the shift, a team would be free before it is taken, a place is far from every road, a
        lock cannot hold, or a name holds a person's number.
    Conflict
        When the plan is of a version that kept less.

    Notes
    -----
    On roads that have changed since, what is done and what teams are under way to stays as it was; the legs that take
    another time now are told in ``summary.notices``.
    """
    tell = on_progress or (lambda *_: None)
    tell("read", 0, 1)
    further = [(t.lon, t.lat) for t in changed.taken] + [(a.lon, a.lat) for a in changed.added]
    inputs, old, row = load_kept(database, scope, patrol_id, further)
    first = len(inputs.roads.places) - len(further)
    for place in range(first, first + len(further)):
        check_near(inputs.roads, place)
    now_s = _seconds(inputs, changed.at)
    _refuse_teams(inputs, changed)
    _refuse_early(inputs, changed, now_s)
    carried = _carried(inputs, old, changed, now_s, first)
    fresh = _added(database, scope, inputs, changed.added, first + len(changed.taken))
    inputs = replace(
        inputs,
        about=inputs.about
        | {stop.id: _about(stop, added) for stop, added in zip(fresh, changed.added, strict=True)},
    )
    begun = {v.stop for route in old.routes for v in route.visits if v.arrive_s - v.travel_s < now_s}
    locks = {stop: team for stop, team in (changed.locks or {}).items() if stop not in begun}
    left_out = tuple(stop for stop in changed.leave_out if stop not in begun)
    stops = with_wishes(old.stops, inputs.teams, inputs.roads.travel_s, inputs.shift, locks, left_out)
    # Who is out, or away, leaves the beat to the others.
    away = {event["team"] for event in carried}
    stops = tuple(replace(stop, beat=None) if stop.beat in away else stop for stop in stops)
    tell("read", 1, 1)
    if seconds is None and iterations is None:
        seconds = _REPLAN_S
    chosen = old.seed if seed is None else seed
    changes: list[Change] = [
        *(TeamOut(c["team"]) for c in carried if c["kind"] == "out"),
        *(
            TeamTaken(c["team"], c["place"], c["free_s"])
            for c in carried
            if c["kind"] == "taken" and c["now"]
        ),
        *(StopAdded(stop) for stop in fresh),
    ]
    made = replan(
        replace(old, stops=stops),
        now_s,
        changes,
        inputs.roads.travel_s,
        seed=chosen,
        stop=stop_rule(seconds, iterations),
        households=inputs.households,
        on_progress=lambda done, total: tell("plan", int(done), int(total)),
    )
    made = replace(made, plan=_as_driven(made.plan, old, {c["team"] for c in carried if c["now"]}))
    carried = tuple(cast("Carried", {k: v for k, v in c.items() if k != "now"}) for c in carried)
    inputs = replace(inputs, stops=made.plan.stops, free_stops=(*inputs.free_stops, *fresh), carried=carried)
    vias = _vias(carried)
    refuse_broken_parts(inputs, made.plan, vias, now_s, since_s=now_s if inputs.roads_changed else None)
    tell("save", 0, 1)
    asked = {
        **row["parameters"],
        "seed": chosen,
        "seconds": seconds,
        "iterations": iterations,
        "from_plan": patrol_id,
        "change": told(changed),
        "locks": {**row["parameters"]["locks"], **locks},
        "leave_out": sorted({*row["parameters"]["leave_out"], *left_out}),
    }
    late = sorted((set(changed.locks or {}) | set(changed.leave_out)) & begun)
    number = keep(
        database,
        scope,
        inputs,
        made.plan,
        asked,
        replaces_id=patrol_id,
        more={"change": _summary(inputs, made, changed, now_s)},
        notices=[*(_too_late(inputs, stop) for stop in late), *changed_legs(inputs, old, now_s)],
        vias=vias,
        owner=owner,
    )
    tell("save", 1, 1)
    return patrol_plan(database, scope, number)


def _as_driven(made: Plan, old: Plan, touched: set[str]) -> Plan:
    """Leave the routes that nothing changes as they were: a team that is on its way home does not set out anew."""
    before = {route.team: route for route in old.routes}
    routes = [
        before[route.team]
        if route.team not in touched and route.visits == before[route.team].visits
        else route
        for route in made.routes
    ]
    return replace(made, routes=tuple(routes))


def _seconds(inputs: Inputs, text: str) -> float:
    return (read_moment(text, inputs.begins_at, inputs.ends_at) - inputs.begins_at).total_seconds()


def _refuse_teams(inputs: Inputs, changed: Changed) -> None:
    known = {team.id for team in inputs.teams}
    named = [*changed.teams_out, *(t.team for t in changed.taken)]
    for code in named:
        if code not in known:
            raise InvalidInput(
                "team-unknown",
                f"方案中没有队伍“{code}”。",
                f"The plan has no team {code}; choose one of its own.",
            )
        if named.count(code) > 1:
            raise InvalidInput(
                "team-twice-changed",
                f"队伍 {code} 在同一次调整中出现了两次。",
                f"Team {code} is named twice in one change; it can drop out or be taken once.",
            )


def _refuse_early(inputs: Inputs, changed: Changed, now_s: float) -> None:
    """Refuse an emergency that ends before it begins, and locks to a team that is out."""
    for taken in changed.taken:
        if _seconds(inputs, taken.free_at) < now_s:
            raise InvalidInput(
                "emergency-free-before",
                f"队伍 {taken.team} 在 {taken.free_at} 空出，早于抽调的时刻 {changed.at}，请检查时刻。",
                f"Team {taken.team} would be free at {taken.free_at}, before it is taken at {changed.at}; "
                "check the times.",
            )
    for stop, team in (changed.locks or {}).items():
        if team in changed.teams_out:
            raise InvalidInput(
                "lock-team-out",
                f"停靠点 {stop} 锁定给队伍 {team}，而该队同时退出，请取消其一。",
                f"Stop {stop} is locked to team {team}, which drops out; take one of the two back.",
            )


def _carried(inputs: Inputs, old: Plan, changed: Changed, now_s: float, first: int) -> tuple[Carried, ...]:
    """Return what happened before and still binds, and what happens now."""
    anew = {*changed.teams_out, *(t.team for t in changed.taken)}
    routes = {route.team: route for route in old.routes}
    rows: list[Carried] = []
    for event in inputs.carried:
        if event["kind"] == "out":
            if event["team"] not in anew:
                rows.append(event | {"now": True})
        else:
            # A team that has not left the emergency for its next stop is still there.
            begun = sum(v.arrive_s - v.travel_s < now_s for v in routes[event["team"]].visits)
            latest = not any(
                e["team"] == event["team"] and e["after"] > event["after"]
                for e in inputs.carried
                if e["kind"] == "taken"
            )
            there = latest and begun <= event["after"] and event["team"] not in anew
            rows.append(event | {"now": there})
    rows += [{"kind": "out", "team": team, "now": True} for team in changed.teams_out]
    for number, taken in enumerate(changed.taken):
        free_s = max(_seconds(inputs, taken.free_at), now_s)
        done = sum(v.leave_s <= now_s for v in routes[taken.team].visits)
        rows.append(
            {
                "kind": "taken",
                "team": taken.team,
                "place": first + number,
                "free_s": free_s,
                "after": done,
                "now": True,
            }
        )
    return tuple(rows)


def _added(
    database: Database, scope: Scope, inputs: Inputs, added: Sequence[Added], first: int
) -> tuple[Stop, ...]:
    taken = sum(re.fullmatch(r"A\d+", stop.id) is not None for stop in inputs.stops)
    usual = [stop.prize for stop in inputs.stops if stop.prize > 0]
    out = []
    with database.scoped_session(scope) as session:
        for number, stop in enumerate(added):
            key = stored.grid_at(session, stop.lon, stop.lat) or UNASSIGNED
            out.append(
                Stop(
                    f"A{taken + number + 1}",
                    first + number,
                    (median(usual) if usual else 1.0) if stop.prize is None else stop.prize,
                    stop.dwell_s,
                    village=village_of(key),
                    grid_key=key,
                    must=stop.prize is None,
                )
            )
    return tuple(out)


def _about(stop: Stop, added: Added) -> StopAbout:
    return {
        "name_zh": checked_text(added.name) or f"临时停靠点 {stop.id}",
        "name_en": added.name or f"Added stop {stop.id}",
        "words_zh": "班次中加入。",
        "words_en": "Added during the shift.",
        "observed": None,
        "expected": None,
        "grid_key": str(stop.grid_key),
        "lon": round(added.lon, 7),
        "lat": round(added.lat, 7),
        "terms": None,
    }


def _vias(carried: Sequence[Carried]) -> dict[str, tuple[Via, ...]]:
    out: dict[str, tuple[Via, ...]] = {}
    for event in carried:
        if event["kind"] == "taken":
            via = Via(event["after"], event["place"], event["free_s"])
            out[event["team"]] = (*out.get(event["team"], ()), via)
    return out


def _summary(inputs: Inputs, made: Replan, changed: Changed, now_s: float) -> PlanChange:
    def at(seconds: float) -> str:
        return (inputs.begins_at + dt.timedelta(seconds=round(seconds))).isoformat()

    return {
        "at": at(now_s),
        "moved": list(made.moved),
        "dropped": list(made.dropped),
        "added": list(made.added),
        "teams_out": list(changed.teams_out),
        "taken": [
            {"team": t.team, "lon": t.lon, "lat": t.lat, "free_at": at(_seconds(inputs, t.free_at))}
            for t in changed.taken
        ],
        "names": {
            stop: [inputs.about[stop]["name_zh"], inputs.about[stop]["name_en"]]
            for stop in (*made.moved, *made.dropped, *made.added)
        },
    }


def _too_late(inputs: Inputs, stop: str) -> Notice:
    about = inputs.about[stop]
    return {
        "code": "wish-too-late",
        "stop": stop,
        "team": None,
        "zh": f"停靠点 {stop}（{about['name_zh']}）此时已到访或在途中，保持不变。",
        "en": f"Stop {stop} ({about['name_en']}) was already visited or on the way by then; it stays as it is.",
    }
