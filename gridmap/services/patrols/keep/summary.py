"""A plan as it is kept: its summary, and each route with times, streets and geometry."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import shapely

from gridmap import __version__, crs
from gridmap.analysis.patrol import Plan, Reason, Route, Stop, Team
from gridmap.analysis.patrol.build import build, may_visit
from gridmap.analysis.patrol.mixing import entropy_bits
from gridmap.analysis.roads import Path
from gridmap.domain.gridkey import Scope
from gridmap.domain.shown_plans import (
    IdleTeam,
    Notice,
    PlanSummary,
    RouteTold,
    ShownLeg,
    ShownReason,
    ShownVisit,
)
from gridmap.errors import InvalidInput
from gridmap.services.patrols.ask.problem import Inputs
from gridmap.services.patrols.ask.standing import standing
from gridmap.services.patrols.keep.alongs import along_of, walking
from gridmap.services.patrols.keep.by_place import by_place_of, prizes_by_hour
from gridmap.services.patrols.keep.codec import frame_of
from gridmap.services.patrols.keep.near import near_asked
from gridmap.services.patrols.keep.notices import notices_of
from gridmap.services.patrols.keep.policy import policy_of
from gridmap.storage.database import Database
from gridmap.storage.patrols import plans as stored
from gridmap.storage.patrols.plans import RouteRow

_LEFT_OUT = "按要求不安排。", "Left out as asked."


@dataclass(frozen=True, slots=True)
class Via:
    """An emergency on a team's way.

    Attributes
    ----------
    after : int
        Visits made before it.
    place : int
    free_s : float
    """

    after: int
    place: int
    free_s: float


def keep(
    database: Database,
    scope: Scope,
    inputs: Inputs,
    made: Plan,
    parameters: Mapping[str, object],
    *,
    replaces_id: int | None = None,
    more: PlanSummary | None = None,
    notices: Sequence[Notice] = (),
    vias: Mapping[str, Sequence[Via]] | None = None,
    owner: str | None = None,
) -> int:
    """Keep a plan with its routes; return its number.

    Parameters
    ----------
    database : Database
    scope : Scope
    inputs : Inputs
    made : Plan
    parameters : dict
        What was asked for.
    replaces_id : int, optional
        The plan that this one was made from.
    more : mapping, optional
        Further entries of the summary.
    notices : sequence of dict
        Further notices: code, stop, team, zh, en.
    vias : mapping of team to Via, optional
        Emergencies.
    owner : str, optional
        Post whose plan it is.
    """
    made = replace(made, reasons=_reasons(made))
    routes = [
        _route(inputs, route, (vias or {}).get(route.team, ())) for route in made.routes if route.visits
    ]
    summary = _summary(inputs, made, routes)
    summary["notices"] += notices
    if made.by_place:
        summary["by_place"] = by_place_of(made, inputs.begins_at)
    near = near_asked(made)
    if near is not None:
        summary["near"] = near
    held = {*(vias or {}), *(c["team"] for c in inputs.carried)}
    onward = policy_of(inputs, made, held)
    patrol = {
        "scope_lo": scope.lo,
        "scope_hi": scope.hi,
        "begins_at": inputs.begins_at,
        "ends_at": inputs.ends_at,
        "hotspot_run_id": inputs.run_id,
        "seed": made.seed,
        "iterations": made.iterations,
        "parameters": {**parameters, stored.FRAME: {**frame_of(inputs, made), "onward": onward}},
        "data_sha256": inputs.sha256,
        "version": __version__,
        "summary": summary | (more or {}),
        "replaces_id": replaces_id,
        "owner": owner,
    }
    with database.scoped_session(scope, write=True) as session:
        return stored.add_patrol(session, patrol, routes)


def _summary(inputs: Inputs, made: Plan, routes: list[RouteRow]) -> PlanSummary:
    starts = [visit.start_s for route in made.routes for visit in route.visits]
    return {
        "prize": round(made.prize, 3),
        "possible": round(made.possible, 3),
        "bound": round(made.bound, 3),
        "fairness_cost": round(made.fairness_cost, 3),
        "balance_cost": round(made.balance_cost, 3),
        "unevenness": round(made.unevenness, 3),
        "wait_s": round(sum(route.wait_s for route in made.routes)),
        "longest_wait_s": round(max((w for r in made.routes for w in waits_s(r)), default=0.0)),
        "stops": len(made.stops),
        "visited": sum(1 for r in made.reasons if r.visited),
        "teams": len(made.teams),
        "length_m": round(sum(r["properties"]["length_m"] for r in routes), 1),
        "travel_s": round(sum(route.travel_s for route in made.routes)),
        "arrival_entropy_bits": round(entropy_bits(starts, made.shift), 3),
        "reasons": [_reason(r, s, inputs) for r, s in zip(made.reasons, made.stops, strict=True)],
        "villages": [
            {
                "grid_key": str(key),
                "prize": round(share.prize, 3),
                "possible": round(share.possible, 3),
                "share": round(share.share, 4),
                "needed": round(share.needed, 3),
                "lacks": round(share.lacks, 3),
            }
            for key, share in made.villages.items()
        ],
        "conventions": made.conventions,
        "idle": [route.team for route in made.routes if not route.visits],
        "idle_reasons": _idle(inputs, made),
        "notices": [
            *inputs.notices,
            *notices_of(inputs, made),
        ],
    }


def _reason(reason: Reason, stop: Stop, inputs: Inputs) -> ShownReason:
    about = inputs.about[stop.id]
    told: ShownReason = {
        "stop": reason.stop,
        "visited": reason.visited,
        "code": reason.code,
        "zh": reason.zh,
        "en": reason.en,
        "team": reason.team,
        "prize": round(stop.prize, 2),
        "name_zh": about["name_zh"],
        "name_en": about["name_en"],
        "observed": about["observed"],
        "expected": about["expected"],
        "lon": about["lon"],
        "lat": about["lat"],
        "terms": about["terms"],
    }
    if stop.by_hour:
        told["by_hour"] = prizes_by_hour(stop, inputs.begins_at, inputs.ends_at)
        told["shares"] = about.get("shares", [])
    return told


def waits_s(route: Route) -> list[float]:
    """How long a team waits for each visit, its break not counted."""
    free, out = route.begin_s, []
    for visit in route.visits:
        idle = visit.start_s - free - visit.travel_s
        if route.rest_s is not None:
            idle -= max(0.0, min(visit.start_s, route.rest_s[1]) - max(free, route.rest_s[0]))
        out.append(max(0.0, idle))
        free = visit.leave_s
    return out


def _reasons(made: Plan) -> tuple[Reason, ...]:
    """Set right what a search cannot know: stops that were left out as asked, and visits made before it began."""
    visits: dict[str, list[str]] = {}
    for route in made.routes:
        for visit in route.visits:
            visits.setdefault(visit.stop, []).append(route.team)
    out = []
    for reason, stop in zip(made.reasons, made.stops, strict=True):
        teams = visits.get(stop.id, [])
        if teams and reason.visited != len(teams):
            names = list(dict.fromkeys(teams))
            zh = f"由{'、'.join(names)}巡访 {len(teams)} 次。"
            en = f"Visited {len(teams)} time(s) by {', '.join(names)}."
            out.append(Reason(stop.id, len(teams), "visited", zh, en, names[0]))
        elif not teams and stop.visits == 0:
            out.append(Reason(stop.id, 0, "left-out", *_LEFT_OUT))
        else:
            out.append(reason)
    return tuple(out)


def _idle(inputs: Inputs, made: Plan) -> list[IdleTeam]:
    """Tell why each team has nothing to do."""
    idle = [route.team for route in made.routes if not route.visits]
    out_now = {c["team"] for c in inputs.carried if c["kind"] == "out"}
    wanted = [s for s in made.stops if s.visits > 0 and (s.prize > 0 or s.must)]
    out: list[IdleTeam] = []
    for team in (team for team in made.teams if team.id in idle):
        mine = [stop for stop in wanted if may_visit(team, stop)]
        if team.id in out_now:
            code, zh, en = "out", "已退出本班次。", "It has dropped out of the shift."
        elif not mine:
            code = "no-stop"
            zh = "没有它可去的停靠点：方式、人数、网格或指定队伍不符。"
            en = "There is no stop that it may visit: mode, size, grids or the team a stop is kept for do not fit."
        elif not build([team], mine, inputs.roads.travel_s, made.shift, made.objective).problem.allowed.any():
            code = "out-of-reach"
            zh = f"它可去的 {len(mine)} 处都无法在其班次内往返。"
            en = (
                f"None of the {len(mine)} stop(s) that it may visit can be reached and left within its hours."
            )
        else:
            code = "no-gain"
            zh = f"它可去的 {len(mine)} 处已由其他队伍巡访，再去没有收益。"
            en = f"The {len(mine)} stop(s) that it may visit are visited by other teams; going again earns nothing."
            left = [s.id for s in mine if not any(v.stop == s.id for r in made.routes for v in r.visits)]
            if left:
                zh = f"它可去而未巡访的 {len(left)} 处没有更多收益或不合时间。"
                en = f"The {len(left)} stop(s) that it may visit and that are not visited earn "
                en += "nothing more or do not fit in time."
        out.append({"team": team.id, "code": code, "zh": zh, "en": en})
    return out


def _route(inputs: Inputs, route: Route, vias: Sequence[Via]) -> RouteRow:
    zh, en = inputs.names[route.team]
    team = next(t for t in inputs.teams if t.id == route.team)
    places = inputs.roads.places

    def at(seconds: float) -> str:
        # A whole second before a stop is left is a second too early.
        return (inputs.begins_at + dt.timedelta(seconds=round(seconds))).isoformat()

    # What a leg leads to, where it ends, and from where the team goes on.
    order: list[tuple[str, int, int]] = [("base", team.start_place, team.start_place)]
    for number in range(len(route.visits) + 1):
        order += [("taken", via.place, via.place) for via in vias if via.after == number]
        if number < len(route.visits):
            order.append(("visit", route.visits[number].place, route.visits[number].onward))
    if not route.stays_out:
        order.append(("home", team.end_place, team.end_place))
    legs = [_leg(inputs, team, a, b) for (_, _, a), (_, b, _) in pairwise(order)]
    kinds = [kind for kind, _, _ in order[1:]]
    to_visits = [leg for leg, kind in zip(legs, kinds, strict=True) if kind == "visit"]
    to_taken = [leg for leg, kind in zip(legs, kinds, strict=True) if kind == "taken"]
    alongs = [along_of(inputs, visit) for visit in route.visits]
    ahead = iter(alongs)
    pieces = []
    for leg, kind in zip(legs, kinds, strict=True):
        pieces.append(shapely.get_coordinates(leg.line))
        along = next(ahead) if kind == "visit" else None
        if along is not None:
            pieces.append(along.xy)
    line = shapely.LineString(np.concatenate(pieces))
    drawn = crs.geometries_to_wgs84(np.array([line], dtype=object), inputs.roads.epsg)[0]
    village = {stop.id: stop.village for stop in inputs.stops}
    waits = waits_s(route) if not vias else [max(0.0, v.start_s - v.arrive_s) for v in route.visits]
    visits: list[ShownVisit] = []
    for visit, leg, wait, along in zip(route.visits, to_visits, waits, alongs, strict=True):
        about = inputs.about[visit.stop]
        stands = (
            standing(inputs.roads, team.mode, visit.place)
            if along is None
            else walking(inputs.roads, team.mode, visit, along.told)
        )
        visits.append(
            {
                "stop": visit.stop,
                "number": visit.number,
                "name_zh": about["name_zh"],
                "name_en": about["name_en"],
                "grid_key": about["grid_key"],
                "words_zh": about["words_zh"],
                "words_en": about["words_en"],
                "village": str(village[visit.stop]),
                **stands,
                "arrive": at(visit.arrive_s),
                "start": at(visit.start_s),
                "leave": at(visit.leave_s),
                "wait_s": round(wait),
                "prize": round(visit.prize, 2),
                "leg": _told(leg),
                "fixed": about.get("fixed", False),
                "along": None if along is None else along.told,
            }
        )
    properties: RouteTold = {
        "name_zh": zh,
        "name_en": en,
        "mode": team.mode,
        "begin": at(route.begin_s),
        "end": at(route.end_s),
        "rest": None if route.rest_s is None else [at(s) for s in route.rest_s],
        "length_m": round(
            sum(leg.length_m for leg in legs) + sum(a.told["length_m"] for a in alongs if a is not None), 1
        ),
        "travel_s": round(route.travel_s),
        "dwell_s": round(route.dwell_s),
        "wait_s": round(route.wait_s),
        "load": round(route.load, 3),
        "prize": round(route.prize, 2),
        "base_lon": round(float(places[team.start_place, 0]), 7),
        "base_lat": round(float(places[team.start_place, 1]), 7),
        "visits": visits,
        "home": None if route.stays_out else _told(legs[-1]),
        "taken": [
            {
                "after": via.after,
                "lon": round(float(places[via.place, 0]), 7),
                "lat": round(float(places[via.place, 1]), 7),
                "free_at": at(via.free_s),
                "leg": _told(leg),
            }
            for via, leg in zip(sorted(vias, key=lambda v: v.after), to_taken, strict=True)
        ],
    }
    return {"team_code": route.team, "properties": properties, "geometry": drawn}


def _leg(inputs: Inputs, team: Team, a: int, b: int) -> Path:
    """Return the way between two places at the team's own speed."""
    snapped = inputs.roads.snapped[team.mode]
    router = inputs.roads.routers[team.mode]
    try:
        path = router.path(snapped.only(a), snapped.only(b))
    except InvalidInput:
        if not inputs.roads_changed:
            raise
        # It was driven on a road that is not there any more.
        ends = router.point(snapped)[[a, b]]
        line = shapely.LineString(ends)
        return Path(0.0, line.length, (), line, ())
    streets = tuple(replace(street, seconds=street.seconds / team.speed) for street in path.streets)
    return replace(path, seconds=path.seconds / team.speed, streets=streets)


def _told(leg: Path) -> ShownLeg:
    return {
        "length_m": round(leg.length_m, 1),
        "seconds": round(leg.seconds),
        "streets": [
            {"name": s.name, "length_m": round(s.length_m, 1), "seconds": round(s.seconds)}
            for s in leg.streets
        ],
    }
