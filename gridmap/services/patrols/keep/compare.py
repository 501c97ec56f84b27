"""Two plans side by side."""

from __future__ import annotations

import math
from typing import TypedDict

from gridmap.crs import M_PER_DEGREE
from gridmap.domain.gridkey import Scope
from gridmap.domain.shown_plans import WholePlan
from gridmap.services.patrols.keep.plans import patrol_plan
from gridmap.storage.database import Database
from gridmap.storage.patrols import plans as stored

_SAME_PLACE_M = 50.0


class ComparedStop(TypedDict):
    """A stop of one plan, with all teams that visit it."""

    stop: str
    name_zh: str
    name_en: str
    team: str
    arrive: str
    prize: float
    lon: float
    lat: float
    village: str


class MovedStop(TypedDict):
    """A stop that other teams visit."""

    stop: str
    name_zh: str
    name_en: str
    team_a: str
    team_b: str
    arrive_a: str
    arrive_b: str


class TotalFigures(TypedDict):
    """Figures of a whole plan; None where an older plan does not tell one."""

    prize: float | None
    possible: float | None
    bound: float | None
    visited: int | None
    stops: int | None
    fairness_cost: float | None
    balance_cost: float | None
    unevenness: float | None
    longest_wait_s: float | None
    arrival_entropy_bits: float | None
    length_m: float
    travel_s: float


class PlanTotals(TypedDict):
    """Which plan, and its figures."""

    patrol_id: int
    begins_at: str
    ends_at: str
    seed: int
    hotspot_run_id: int | None
    replaces_id: int | None
    summary: TotalFigures


class ComparedTeam(TypedDict):
    """What a team does in both."""

    team_code: str
    name_zh: str
    name_en: str
    stops_a: int
    stops_b: int
    prize_a: float
    prize_b: float
    length_m_a: float
    length_m_b: float
    load_a: float
    load_b: float


class ComparedVillage(TypedDict):
    """What a village gets in both; a share is None where the plan does not tell it."""

    grid_key: str
    name_zh: str
    name_en: str
    stops_a: int
    stops_b: int
    prize_a: float
    prize_b: float
    share_a: float | None
    share_b: float | None


class PlanComparison(TypedDict):
    """Two plans side by side."""

    a: PlanTotals
    b: PlanTotals
    only_a: list[ComparedStop]
    only_b: list[ComparedStop]
    moved: list[MovedStop]
    same: int
    teams: list[ComparedTeam]
    villages: list[ComparedVillage]


def compare_plans(database: Database, scope: Scope, first: int, second: int) -> PlanComparison:
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
    moved: list[MovedStop] = [
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


def _totals(plan: WholePlan) -> PlanTotals:
    about = plan["summary"]
    return {
        "patrol_id": plan["patrol_id"],
        "begins_at": plan["begins_at"],
        "ends_at": plan["ends_at"],
        "seed": plan["seed"],
        "hotspot_run_id": plan["hotspot_run_id"],
        "replaces_id": plan["replaces_id"],
        "summary": {
            "prize": about.get("prize"),
            "possible": about.get("possible"),
            "bound": about.get("bound"),
            "visited": about.get("visited"),
            "stops": about.get("stops"),
            "fairness_cost": about.get("fairness_cost"),
            "balance_cost": about.get("balance_cost"),
            "unevenness": about.get("unevenness"),
            "longest_wait_s": about.get("longest_wait_s"),
            "arrival_entropy_bits": about.get("arrival_entropy_bits"),
            "length_m": round(sum(r["length_m"] for r in plan["routes"]), 1),
            "travel_s": sum(r["travel_s"] for r in plan["routes"]),
        },
    }


def _stops(plan: WholePlan) -> list[ComparedStop]:
    """Return each stop once, in order of its first visit, with the teams that visit it."""
    out: dict[str, ComparedStop] = {}
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


def _paired(first: list[ComparedStop], second: list[ComparedStop]) -> list[tuple[ComparedStop, ComparedStop]]:
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


def _apart_m(a: ComparedStop, b: ComparedStop) -> float:
    shrink = math.cos(math.radians((a["lat"] + b["lat"]) / 2))
    return M_PER_DEGREE * math.hypot((a["lon"] - b["lon"]) * shrink, a["lat"] - b["lat"])


def _teams(a: WholePlan, b: WholePlan) -> list[ComparedTeam]:
    both = [{r["team_code"]: r for r in plan["routes"]} for plan in (a, b)]
    out: list[ComparedTeam] = []
    for code in sorted(both[0].keys() | both[1].keys()):
        one, other = (routes.get(code) for routes in both)
        named = other or one
        out.append(
            {
                "team_code": code,
                "name_zh": named["name_zh"] if named else "",
                "name_en": named["name_en"] if named else "",
                "stops_a": len(one["visits"]) if one else 0,
                "stops_b": len(other["visits"]) if other else 0,
                "prize_a": one["prize"] if one else 0.0,
                "prize_b": other["prize"] if other else 0.0,
                "length_m_a": one["length_m"] if one else 0.0,
                "length_m_b": other["length_m"] if other else 0.0,
                "load_a": one["load"] if one else 0.0,
                "load_b": other["load"] if other else 0.0,
            }
        )
    return out


def _villages(
    a: WholePlan, b: WholePlan, stops_a: list[ComparedStop], stops_b: list[ComparedStop]
) -> list[ComparedVillage]:
    keys = {s["village"] for s in (*stops_a, *stops_b)}
    shares = [{v["grid_key"]: v["share"] for v in plan["summary"].get("villages", [])} for plan in (a, b)]
    out: list[ComparedVillage] = []
    for key in sorted(keys | shares[0].keys() | shares[1].keys()):
        mine_a, mine_b = ([s for s in stops if s["village"] == key] for stops in (stops_a, stops_b))
        out.append(
            {
                "grid_key": key,
                "name_zh": "",
                "name_en": "",
                "stops_a": len(mine_a),
                "stops_b": len(mine_b),
                "prize_a": round(sum(s["prize"] for s in mine_a), 2),
                "prize_b": round(sum(s["prize"] for s in mine_b), 2),
                "share_a": shares[0].get(key),
                "share_b": shares[1].get(key),
            }
        )
    return out
