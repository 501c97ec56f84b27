"""Plans for a shift: made, kept, listed, shown, deleted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import shapely

from gridmap import __version__, crs
from gridmap.analysis.patrol import Iterations, Objective, Plan, Route, Seconds, plan, violations
from gridmap.analysis.roads import Path, Router
from gridmap.domain.gridkey import Scope
from gridmap.errors import NotFound
from gridmap.services.patrols.inputs import Inputs, load_inputs
from gridmap.services.patrols.request import PatrolRequest
from gridmap.storage import patrols as stored
from gridmap.storage.database import Database

OnProgress = Callable[[str, int, int], None]


def plan_patrols(
    database: Database,
    scope: Scope,
    asked: PatrolRequest,
    *,
    on_progress: OnProgress | None = None,
) -> dict[str, Any]:
    """Plan the routes of a shift, and keep the plan.

    Parameters
    ----------
    database : Database
    scope : Scope
    asked : PatrolRequest
    on_progress : callable, optional
        Called with the step (read, plan, save), what is done and the total.

    Returns
    -------
    dict
        The plan as :func:`patrol_plan` gives it.

    Raises
    ------
    InvalidInput
        When there is nothing to plan from: hotspots, teams or roads.
    NotFound
        When a team or the run is not in the scope.
    """
    tell = on_progress or (lambda *_: None)
    tell("read", 0, 1)
    inputs = load_inputs(database, scope, asked)
    tell("read", 1, 1)
    rule = Seconds(asked.seconds) if asked.seconds is not None else Iterations(asked.iterations or 1)
    made = plan(
        inputs.teams,
        inputs.stops,
        inputs.travel_s,
        shift=inputs.shift,
        objective=Objective(village_share=asked.village_share),
        seed=asked.seed,
        stop=rule,
        on_progress=lambda done, total: tell("plan", int(done), int(total)),
    )
    broken = violations(made, inputs.teams, inputs.stops, inputs.travel_s, shift=inputs.shift)
    assert not broken, broken  # noqa: S101 - a plan that breaks a rule must never reach a team
    tell("save", 0, 1)
    routes = [_route(inputs, route) for route in made.routes if route.visits]
    patrol = _as_kept(scope, asked, inputs, made)
    with database.scoped_session(scope, write=True) as session:
        number = stored.add_patrol(session, patrol, routes)
    tell("save", 1, 1)
    return patrol_plan(database, scope, number)


def _as_kept(scope: Scope, asked: PatrolRequest, inputs: Inputs, made: Plan) -> dict[str, Any]:
    reasons = [
        {"stop": r.stop, "visited": r.visited, "code": r.code, "zh": r.zh, "en": r.en, "team": r.team}
        | {k: inputs.features[r.stop][k] for k in ("name_zh", "name_en", "observed", "expected")}
        for r in made.reasons
    ]
    return {
        "scope_lo": scope.lo,
        "scope_hi": scope.hi,
        "begins_at": inputs.begins_at,
        "ends_at": inputs.ends_at,
        "hotspot_run_id": inputs.run["run_id"],
        "seed": asked.seed,
        "iterations": made.iterations,
        "parameters": asked.as_dict(),
        "data_sha256": inputs.sha256,
        "version": __version__,
        "summary": {
            "prize": round(made.prize, 3),
            "possible": round(made.possible, 3),
            "bound": round(made.bound, 3),
            "fairness_cost": round(made.fairness_cost, 3),
            "stops": len(inputs.stops),
            "visited": sum(1 for r in made.reasons if r.visited),
            "teams": len(inputs.teams),
            "reasons": reasons,
            "conventions": made.conventions,
            "idle": [route.team for route in made.routes if not route.visits],
        },
    }


def _route(inputs: Inputs, route: Route) -> dict[str, Any]:
    row = inputs.team_rows[route.team]
    team = next(t for t in inputs.teams if t.id == route.team)
    router = inputs.routers[team.mode]
    order = [team.start_place, *(visit.place for visit in route.visits), team.end_place]
    legs = [_leg(inputs, router, a, b) for a, b in pairwise(order)]
    points = np.concatenate([shapely.get_coordinates(leg.line) for leg in legs])
    line = shapely.LineString(points)
    drawn = crs.geometries_to_wgs84(np.array([line], dtype=object), inputs.epsg)[0]

    def at(seconds: float) -> str:
        # A whole second before a stop is left is a second too early.
        return (inputs.begins_at + dt.timedelta(seconds=round(seconds))).isoformat()

    visits = [
        {
            "stop": visit.stop,
            "number": visit.number,
            "name_zh": inputs.features[visit.stop]["name_zh"],
            "name_en": inputs.features[visit.stop]["name_en"],
            "grid_key": str(inputs.features[visit.stop]["grid_key"]),
            "words_zh": inputs.features[visit.stop]["words_zh"],
            "words_en": inputs.features[visit.stop]["words_en"],
            "lon": round(float(inputs.places[visit.place, 0]), 7),
            "lat": round(float(inputs.places[visit.place, 1]), 7),
            "arrive": at(visit.arrive_s),
            "start": at(visit.start_s),
            "leave": at(visit.leave_s),
            "prize": round(visit.prize, 2),
            "leg": _told(leg),
        }
        for visit, leg in zip(route.visits, legs, strict=False)
    ]
    properties = {
        "name_zh": row["name_zh"],
        "name_en": row["name_en"],
        "mode": team.mode,
        "begin": at(route.begin_s),
        "end": at(route.end_s),
        "length_m": round(sum(leg.length_m for leg in legs), 1),
        "travel_s": round(route.travel_s),
        "dwell_s": round(route.dwell_s),
        "load": round(route.load, 3),
        "prize": round(route.prize, 2),
        "base_lon": round(float(inputs.places[team.start_place, 0]), 7),
        "base_lat": round(float(inputs.places[team.start_place, 1]), 7),
        "visits": visits,
        "home": _told(legs[-1]),
    }
    return {"team_code": route.team, "properties": properties, "geometry": drawn}


def _leg(inputs: Inputs, router: Router, a: int, b: int) -> Path:
    lon, lat = inputs.places[[a, b]].T
    snapped = [router.snap(np.column_stack(crs.from_wgs84(lon[[i]], lat[[i]], inputs.epsg))) for i in (0, 1)]
    return router.path(snapped[0], snapped[1])


def _told(leg: Path) -> dict[str, Any]:
    return {
        "length_m": round(leg.length_m, 1),
        "seconds": round(leg.seconds),
        "streets": [
            {"name": s.name, "length_m": round(s.length_m, 1), "seconds": round(s.seconds)}
            for s in leg.streets
        ],
    }


def patrol_plan(database: Database, scope: Scope, patrol_id: int) -> dict[str, Any]:
    """One plan with its routes.

    Returns
    -------
    dict
        The plan's columns, and ``routes``: team_code, geometry (shapely, EPSG:4326) and the properties of each: times,
        visits in order with the leg that leads to each, and the way home.

    Raises
    ------
    NotFound
        When there is no such plan in the scope.
    """
    with database.scoped_session(scope) as session:
        row = stored.find_patrol(session, patrol_id)
        routes = stored.patrol_routes(session, patrol_id) if row is not None else []
    if row is None:
        raise NotFound(
            "patrol-not-found",
            f"没有第 {patrol_id} 号巡防计划，或超出管辖范围。用 gridmap patrols list 查看。",
            f"There is no plan {patrol_id} in your scope. See: gridmap patrols list",
        )
    return _shown(row, ZoneInfo(database.settings.timezone)) | {
        "routes": [
            {"team_code": r["team_code"], "geometry": r["geometry"], **r["properties"]} for r in routes
        ]
    }


def list_plans(database: Database, scope: Scope, limit: int = 50) -> list[dict[str, Any]]:
    """Return the plans that a scope may see, newest first, without their routes."""
    with database.scoped_session(scope) as session:
        rows = stored.list_patrols(session, limit)
    return [_shown(row, ZoneInfo(database.settings.timezone)) for row in rows]


def delete_plan(database: Database, scope: Scope, patrol_id: int) -> None:
    """Delete a plan.

    Raises
    ------
    NotFound
        When there is no such plan in the scope.
    """
    patrol_plan(database, scope, patrol_id)
    with database.scoped_session(scope, write=True) as session:
        stored.delete_patrol(session, patrol_id)


def _shown(row: dict[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    out = {k: v for k, v in row.items() if k not in {"scope_lo", "scope_hi"}}
    return out | {k: row[k].astimezone(zone).isoformat() for k in ("begins_at", "ends_at", "created_at")}
