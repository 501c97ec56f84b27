"""A plan as JSON that gives back the very same plan: what it takes to go on from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from math import inf, isinf
from typing import Any, cast
from zoneinfo import ZoneInfo

import numpy as np

from gridmap.analysis.patrol import (
    Break,
    Objective,
    Plan,
    Reason,
    Route,
    Shift,
    Stop,
    Team,
    VillageShare,
    Visit,
    Way,
)
from gridmap.domain.gridkey import Scope
from gridmap.errors import Conflict, NotFound
from gridmap.services.patrols.ask.households import households_of
from gridmap.services.patrols.ask.places import on_roads
from gridmap.services.patrols.ask.problem import Inputs
from gridmap.storage.database import Database
from gridmap.storage.patrols import plans as stored
from gridmap.storage.patrols.plans import PatrolRow

_FORMAT = 1


def frame_of(inputs: Inputs, made: Plan) -> Mapping[str, object]:
    """Return a plan with all that it was made from as JSON holds it.

    Numbers are written so that reading gives the same bits.
    """
    return {
        "format": _FORMAT,
        "places": inputs.roads.places.tolist(),
        "names": {code: list(names) for code, names in inputs.names.items()},
        "about": inputs.about,
        "roads_sha256": inputs.roads.sha256,
        "data_sha256": inputs.sha256,
        "carried": list(inputs.carried),
        "free_stops": [_stop_to_json(stop) for stop in inputs.free_stops],
        "plan": plan_to_json(made),
    }


def plan_to_json(made: Plan) -> Mapping[str, object]:
    """Write a plan as JSON holds it."""
    return {
        "teams": [
            asdict(team) | {"scope": [team.scope.lo, team.scope.hi], "rest": team.rest and asdict(team.rest)}
            for team in made.teams
        ],
        "stops": [_stop_to_json(stop) for stop in made.stops],
        "routes": [_route_to_json(route) for route in made.routes],
        "away": {route.team: [list(span) for span in route.away] for route in made.routes if route.away},
        "reasons": [asdict(reason) for reason in made.reasons],
        "villages": [[str(key), *asdict(share).values()] for key, share in made.villages.items()],
        "shift": asdict(made.shift),
        "objective": {
            "village_share": made.objective.village_share,
            "week": [[str(key), *pair] for key, pair in made.objective.week.items()],
            "shortfall_price": made.objective.shortfall_price,
            "balance": made.objective.balance,
            "max_wait_s": None if isinf(made.objective.max_wait_s) else made.objective.max_wait_s,
            "near_s": made.objective.near_s,
            "near_level": made.objective.near_level,
        },
        "missed": list(made.missed),
        "late": list(made.late),
        "able": list(made.able),
        "by_place": [_route_to_json(route) for route in made.by_place],
        "balance_cost": made.balance_cost,
        "near": list(made.near),
        "near_cost": made.near_cost,
        **{k: getattr(made, k) for k in _PLAIN},
    }


_PLAIN = (
    "prize",
    "possible",
    "bound",
    "objective_value",
    "fairness_cost",
    "seed",
    "iterations",
    "conventions",
)


def plan_from_json(kept: dict[str, Any]) -> Plan:
    """Read a plan; equal to the one that was written."""
    objective, away = kept["objective"], kept.get("away", {})
    return Plan(
        routes=tuple(
            replace(_route(route), away=tuple((low, high) for low, high in away.get(route["team"], ())))
            for route in kept["routes"]
        ),
        missed=tuple(kept["missed"]),
        reasons=tuple(Reason(**reason) for reason in kept["reasons"]),
        villages={int(row[0]): VillageShare(*row[1:]) for row in kept["villages"]},
        teams=tuple(
            Team(
                **team
                | {
                    "scope": Scope(*team["scope"]),
                    "rest": None if team["rest"] is None else Break(**team["rest"]),
                }
            )
            for team in kept["teams"]
        ),
        stops=tuple(_stop(stop) for stop in kept["stops"]),
        shift=Shift(**kept["shift"]),
        objective=Objective(
            objective["village_share"],
            {int(key): (got, had) for key, got, had in objective["week"]},
            objective["shortfall_price"],
            objective.get("balance"),
            inf if objective.get("max_wait_s") is None else objective["max_wait_s"],
            objective.get("near_s"),
            objective.get("near_level", 0.0),
        ),
        late=tuple(kept.get("late", ())),
        able=tuple(kept.get("able", (team["id"] for team in kept["teams"]))),
        balance_cost=kept.get("balance_cost", 0.0),
        near=tuple(kept.get("near", ())),
        near_cost=kept.get("near_cost", 0.0),
        by_place=tuple(_route(route) for route in kept.get("by_place", ())),
        **{k: kept[k] for k in _PLAIN},
    )


def _stop_to_json(stop: Stop) -> Mapping[str, object]:
    told = asdict(stop) | {"closed_to": sorted(stop.closed_to), "windows": [list(w) for w in stop.windows]}
    if stop.beat is None:
        # A program from before beats that still serves reads every plan that does not need them.
        del told["beat"]
    if not stop.ways:
        del told["ways"]
    if not stop.walked:
        del told["walked"]
    return told


def _route_to_json(route: Route) -> Mapping[str, object]:
    """Write a route; what visits along lines have besides is left out of others, as a program before them reads."""
    own = {"way", "left_at"}
    visits = [
        {k: v for k, v in asdict(visit).items() if k not in own or v is not None} for visit in route.visits
    ]
    told = asdict(route) | {"visits": visits}
    # Kept beside the routes, where a program from before it does not look.
    del told["away"]
    return told


def _stop(kept: dict[str, Any]) -> Stop:
    windows = tuple((low, high) for low, high in kept["windows"])
    by_hour = tuple((since, factor) for since, factor in kept.get("by_hour", ()))
    ways = tuple(Way(**way) for way in kept.get("ways", ()))
    more = {"closed_to": frozenset(kept["closed_to"]), "windows": windows, "by_hour": by_hour, "ways": ways}
    return Stop(**kept | more)


def _route(kept: dict[str, Any]) -> Route:
    rest = kept["rest_s"]
    return Route(
        **kept
        | {
            "visits": tuple(Visit(**visit) for visit in kept["visits"]),
            "rest_s": None if rest is None else (rest[0], rest[1]),
        }
    )


def load_kept(
    database: Database, scope: Scope, patrol_id: int, further: list[tuple[float, float]] | None = None
) -> tuple[Inputs, Plan, PatrolRow]:
    """Read a plan as it was kept, and put it back onto the roads.

    Parameters
    ----------
    database : Database
    scope : Scope
    patrol_id : int
    further : list of (lon, lat), optional
        Places that follow those of the plan.

    Returns
    -------
    (Inputs, Plan, PatrolRow)
        The row of the plan last.

    Raises
    ------
    NotFound
        When there is no such plan in the scope.
    Conflict
        When the plan is of a version that kept less.
    """
    row, frame = _framed(database, scope, patrol_id)
    if frame is None:
        raise Conflict(
            "patrol-kept-by-older",
            f"第 {patrol_id} 号计划由旧版本保存，无法在其上调整。请重新规划：gridmap patrols plan",
            f"Plan {patrol_id} was kept by an older version and cannot be changed. Plan anew: gridmap patrols plan",
        )
    made = plan_from_json(frame["plan"])
    places = np.array([*frame["places"], *(further or [])], dtype=np.float64).reshape(-1, 2)
    roads = on_roads(database, scope, places, [team.mode for team in made.teams])
    zone = ZoneInfo(database.settings.timezone)
    begins_at, ends_at = row["begins_at"].astimezone(zone), row["ends_at"].astimezone(zone)
    inputs = Inputs(
        made.teams,
        {code: (zh, en) for code, (zh, en) in frame["names"].items()},
        made.stops,
        frame["about"],
        roads,
        made.shift,
        made.objective,
        begins_at,
        ends_at,
        row["hotspot_run_id"],
        frame["data_sha256"],
        tuple(_stop(stop) for stop in frame["free_stops"]),
        tuple(frame["carried"]),
        roads_changed=roads.sha256 != frame["roads_sha256"],
        households=households_of(database, scope, made.teams, roads, made.objective.near_s),
    )
    return inputs, made, row


def made_of(database: Database, scope: Scope, patrol_id: int) -> Plan | None:
    """Read a plan as it was made, without roads; None where an older version kept less.

    Raises
    ------
    NotFound
        When there is no such plan in the scope.
    """
    _, frame = _framed(database, scope, patrol_id)
    return None if frame is None else plan_from_json(frame["plan"])


def _framed(database: Database, scope: Scope, patrol_id: int) -> tuple[PatrolRow, dict[str, Any] | None]:
    with database.scoped_session(scope) as session:
        row = stored.find_patrol(session, patrol_id, frame=True)
    if row is None:
        raise absent(patrol_id)
    frame = cast("dict[str, Any]", row["parameters"]).pop(stored.FRAME, None)
    return row, frame if frame is not None and frame["format"] == _FORMAT else None


def absent(patrol_id: int) -> NotFound:
    """Return the error of a plan that is not there."""
    return NotFound(
        "patrol-not-found",
        f"没有第 {patrol_id} 号巡防计划，或超出管辖范围。用 gridmap patrols list 查看。",
        f"There is no plan {patrol_id} in your scope. See: gridmap patrols list",
    )
