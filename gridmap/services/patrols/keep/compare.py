"""Two plans side by side."""

from __future__ import annotations

import math
from typing import Any

from gridmap.crs import M_PER_DEGREE
from gridmap.domain.gridkey import Scope
from gridmap.services.patrols.keep.plans import patrol_plan
from gridmap.storage.database import Database
from gridmap.storage.patrols import plans as stored

_SAME_PLACE_M = 50.0


def compare_plans(database: Database, scope: Scope, first: int, second: int) -> dict[str, Any]:
    """Compare two plans.

    Parameters
    ----------
    database : Database
    scope : Scope
    first, second : int
        Numbers of plans.

    Returns
    -------
    dict
        a, b (numbers and totals of each); only_a, only_b (stops of one of them); moved (stops that other teams visit);
        same (how many stops the same teams visit); teams and villages, with the figures of both. Stops of plans from
        different hotspot runs are the same where they lie within 50 m.

    Raises
    ------
    NotFound
        When a plan is not in the scope.
    """
    a, b = patrol_plan(database, scope, first), patrol_plan(database, scope, second)
    stops_a, stops_b = _stops(a), _stops(b)
    pairs = _paired(stops_a, stops_b)
    moved = [
        {
            "stop": sa["stop"],
            "name_zh": sa["name_zh"],
            "name_en": sa["name_en"],
            "team_a": sa["team"],
            "team_b": sb["team"],
            "arrive_a": sa["arrive"],
            "arrive_b": sb["arrive"],
        }
        for sa, sb in pairs
        if sa["team"] != sb["team"]
    ]
    in_a, in_b = {id(sa) for sa, _ in pairs}, {id(sb) for _, sb in pairs}
    villages = _villages(a, b, stops_a, stops_b)
    with database.scoped_session(scope) as session:
        names = stored.village_names(session, [int(v["grid_key"]) for v in villages])
    for village in villages:
        zh, en = names.get(int(village["grid_key"]), ("网格外", "outside the grids"))
        village |= {"name_zh": zh, "name_en": en}
    return {
        "a": _totals(a),
        "b": _totals(b),
        "only_a": [s for s in stops_a if id(s) not in in_a],
        "only_b": [s for s in stops_b if id(s) not in in_b],
        "moved": moved,
        "same": len(pairs) - len(moved),
        "teams": _teams(a, b),
        "villages": villages,
    }


def _totals(plan: dict[str, Any]) -> dict[str, Any]:
    about = plan["summary"]
    kept = (
        *("prize", "possible", "bound", "visited", "stops", "fairness_cost", "balance_cost", "unevenness"),
        *("longest_wait_s", "arrival_entropy_bits"),
    )
    summary = {k: about.get(k) for k in kept} | {
        "length_m": round(sum(r["length_m"] for r in plan["routes"]), 1),
        "travel_s": sum(r["travel_s"] for r in plan["routes"]),
    }
    shown = ("patrol_id", "begins_at", "ends_at", "seed", "hotspot_run_id", "replaces_id")
    return {k: plan[k] for k in shown} | {"summary": summary}


def _stops(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Return each stop once, in order of its first visit, with the teams that visit it."""
    out: dict[str, dict[str, Any]] = {}
    visits = [(v["arrive"], route["team_code"], v) for route in plan["routes"] for v in route["visits"]]
    for arrive, team, visit in sorted(visits, key=lambda row: row[:2]):
        found = out.get(visit["stop"])
        if found is None:
            out[visit["stop"]] = {
                "stop": visit["stop"],
                "name_zh": visit["name_zh"],
                "name_en": visit["name_en"],
                "team": team,
                "arrive": arrive,
                "prize": visit["prize"],
                "lon": visit.get("spot_lon", visit["lon"]),
                "lat": visit.get("spot_lat", visit["lat"]),
                "village": str(visit.get("village", "0")),
            }
        else:
            teams = sorted({*found["team"].split("、"), team})
            found |= {"team": "、".join(teams), "prize": round(found["prize"] + visit["prize"], 2)}
    return list(out.values())


def _paired(
    first: list[dict[str, Any]], second: list[dict[str, Any]]
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Pair stops by place, the nearest ones first."""
    near = sorted(
        (
            (_apart_m(sa, sb), i, j)
            for i, sa in enumerate(first)
            for j, sb in enumerate(second)
            if abs(sa["lat"] - sb["lat"]) * M_PER_DEGREE <= _SAME_PLACE_M
        ),
    )
    used_a: set[int] = set()
    used_b: set[int] = set()
    out = []
    for apart, i, j in near:
        if apart <= _SAME_PLACE_M and i not in used_a and j not in used_b:
            used_a.add(i)
            used_b.add(j)
            out.append((i, j))
    return [(first[i], second[j]) for i, j in sorted(out)]


def _apart_m(a: dict[str, Any], b: dict[str, Any]) -> float:
    shrink = math.cos(math.radians((a["lat"] + b["lat"]) / 2))
    return M_PER_DEGREE * math.hypot((a["lon"] - b["lon"]) * shrink, a["lat"] - b["lat"])


def _teams(a: dict[str, Any], b: dict[str, Any]) -> list[dict[str, Any]]:
    both = [{r["team_code"]: r for r in plan["routes"]} for plan in (a, b)]
    out = []
    for code in sorted(both[0].keys() | both[1].keys()):
        row: dict[str, Any] = {"team_code": code}
        for letter, routes in zip("ab", both, strict=True):
            route = routes.get(code)
            if route is not None:
                row |= {"name_zh": route["name_zh"], "name_en": route["name_en"]}
            row[f"stops_{letter}"] = 0 if route is None else len(route["visits"])
            for figure in ("prize", "length_m", "load"):
                row[f"{figure}_{letter}"] = 0.0 if route is None else route[figure]
        out.append(row)
    return out


def _villages(
    a: dict[str, Any], b: dict[str, Any], stops_a: list[dict[str, Any]], stops_b: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    keys = {s["village"] for s in (*stops_a, *stops_b)}
    shares = [{v["grid_key"]: v["share"] for v in plan["summary"].get("villages", [])} for plan in (a, b)]
    out = []
    for key in sorted(keys | shares[0].keys() | shares[1].keys()):
        row: dict[str, Any] = {"grid_key": key}
        for letter, stops, share in zip("ab", (stops_a, stops_b), shares, strict=True):
            mine = [s for s in stops if s["village"] == key]
            row[f"stops_{letter}"] = len(mine)
            row[f"prize_{letter}"] = round(sum(s["prize"] for s in mine), 2)
            row[f"share_{letter}"] = share.get(key)
        out.append(row)
    return out
