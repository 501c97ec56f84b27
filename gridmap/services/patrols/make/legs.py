"""Legs of a plan that take another time since the roads have changed."""

from __future__ import annotations

from math import isinf

from gridmap.analysis.patrol import Plan
from gridmap.domain.shown_plans import Notice
from gridmap.services.patrols.ask.problem import Inputs

_MOST_TOLD = 10
_SAME_LEG_S = 30.0


def changed_legs(inputs: Inputs, old: Plan, since_s: float) -> list[Notice]:
    """Tell which legs of a plan, begun from a time on, take another time on the roads of today."""
    if not inputs.roads_changed:
        return []
    found: list[tuple[float, str, str, str, float, float]] = []
    crew = {team.id: team for team in inputs.teams}
    for route in old.routes:
        team = crew[route.team]
        matrix = inputs.roads.travel_s[team.mode]
        at, name = team.start_place, "base"
        for visit in route.visits:
            now_takes = float(matrix[at, visit.place]) / team.speed
            if visit.arrive_s - visit.travel_s >= since_s and abs(now_takes - visit.travel_s) > _SAME_LEG_S:
                found.append(
                    (now_takes - visit.travel_s, team.id, name, visit.stop, visit.travel_s, now_takes)
                )
            at, name = visit.onward, visit.stop
    found.sort(key=lambda row: -abs(row[0]))
    out: list[Notice] = [
        {
            "code": "roads-changed",
            "stop": None,
            "team": None,
            "zh": f"道路数据已更换，按新道路调整；{len(found)} 段路程用时有变。",
            "en": f"The roads have changed: planned on today's; {len(found)} leg(s) take another time.",
        }
    ]
    for _, team_id, a, b, before, after in found[:_MOST_TOLD]:
        start = ("驻地", "base") if a == "base" else (a, a)
        then = ("无路可达", "no way") if isinf(after) else (f"{after / 60:.0f} 分钟", f"{after / 60:.0f} min")
        out.append(
            {
                "code": "leg-changed",
                "stop": b,
                "team": team_id,
                "zh": f"队伍 {team_id}：{start[0]} 至 {b} 由 {before / 60:.0f} 分钟变为{then[0]}。",
                "en": f"Team {team_id}: {start[1]} to {b} took {before / 60:.0f} min, now {then[1]}.",
            }
        )
    return out
