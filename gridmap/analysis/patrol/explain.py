"""Why each stop is in a plan or out of it."""

from __future__ import annotations

from collections.abc import Sequence

from gridmap.analysis.patrol.build import Built
from gridmap.analysis.patrol.model import Reason, Route, Stop
from gridmap.analysis.patrol.problem import Problem
from gridmap.analysis.patrol.schedule import Timed, walk

_CLOSED = {
    "no-prize": ("没有收益，不安排。", "It has no prize."),
    "no-team": (
        "没有可去的队伍：方式、人数、辖区或指定队伍不符。",
        "No team may come: mode, size, grids or the team it is kept for do not fit.",
    ),
    "out-of-reach": (
        "任何队伍都无法在班次和开放时间内往返。",
        "No team can come and return within the shift and the opening hours.",
    ),
}

_SLACK_S = 1e-6


def explain(built: Built, stops: Sequence[Stop], routes: Sequence[Route], visits: Sequence[Sequence[int]]) -> tuple[
    Reason, ...
]:  # fmt: skip
    """Give the reason for each stop, in the order of the stops.

    Parameters
    ----------
    built : Built
    stops : sequence of Stop
    routes : sequence of Route
        In the order of the built teams.
    visits : sequence of sequence of int
        The problem's visits of each route.

    Returns
    -------
    tuple of Reason
    """
    row = {stop.id: s for s, stop in enumerate(built.stops)}
    timed = [walk(built.problem, r, route) for r, route in enumerate(visits)]
    out = []
    for stop in stops:
        made = [(route.team, visit) for route in routes for visit in route.visits if visit.stop == stop.id]
        if made:
            teams = "、".join(dict.fromkeys(team for team, _ in made))
            out.append(
                Reason(
                    stop.id,
                    len(made),
                    "visited",
                    f"由{teams}巡访 {len(made)} 次。",
                    f"Visited {len(made)} time(s) by {', '.join(dict.fromkeys(team for team, _ in made))}.",
                    made[0][0],
                )
            )
        elif stop.id in row:
            out.append(_no_room(built, stop, row[stop.id], visits, timed))
        else:
            # What is not in the problem and has no code was visited often enough before.
            zh, en = _CLOSED[built.closed[stop.id]]
            out.append(Reason(stop.id, 0, built.closed[stop.id], zh, en))
    return tuple(out)


def _no_room(
    built: Built, stop: Stop, s: int, visits: Sequence[Sequence[int]], timed: Sequence[Timed | None]
) -> Reason:
    """Tell which team would have to give up least for a visit."""
    p = built.problem
    best: tuple[float, float, float, int] | None = None
    fits = False
    idle = [_idle(p, r, route, times) for r, (route, times) in enumerate(zip(visits, timed, strict=True))]
    for v in (v for v in range(len(p.place)) if p.stop[v] == s):
        for r, route in enumerate(visits):
            times = timed[r]
            if not p.allowed[r, v] or times is None:
                continue
            spare = float(p.teams[r, 1]) - times.end
            matrix = p.travel[p.profile[r]]
            stations = [int(p.teams[r, 4]), *(int(p.place[x]) for x in route), int(p.teams[r, 5])]
            for i in range(len(route) + 1):
                here, a, b = int(p.place[v]), stations[i], stations[i + 1]
                way = float(matrix[a, here] + matrix[here, b] - (matrix[a, b] if route else 0.0))
                extra = way + float(p.dwell[v])
                fits = fits or (extra <= idle[r] and walk(p, r, [*route[:i], v, *route[i:]]) is not None)
                if best is None or extra - spare < best[0]:
                    best = (extra - spare, extra, spare, r)
    if best is None:
        zh, en = _CLOSED["no-team"]
        return Reason(stop.id, 0, "no-team", zh, en)
    _, extra, spare, r = best
    team = built.teams[r].id
    code = "not-found" if fits else "no-room"
    minutes = f"{extra / 60:.0f}", f"{max(spare, 0.0) / 60:.0f}"
    late = "" if extra > spare else "，且时间窗不合", "" if extra > spare else ", and the hours do not fit"
    zh = (
        f"最接近的队伍{team}需多用 {minutes[0]} 分钟，余 {minutes[1]} 分钟{late[0]}；其他点位每分钟收益更高。"
    )
    en = (
        f"Team {team} comes closest: a visit takes it {minutes[0]} min more, {minutes[1]} min are left{late[1]}; "
        "other stops earn more in that time."
    )
    if fits:
        zh, en = "仍可加入，延长求解时间即可。", "It still fits; give the search more time."
    return Reason(stop.id, 0, code, zh, en, team, extra, spare)


def _idle(p: Problem, r: int, route: Sequence[int], times: Timed | None) -> float:
    """Time that a route has besides its ways and visits: what takes longer fits nowhere, whatever it waits."""
    if times is None:
        return 0.0
    return float(p.hours[r]) - sum(times.legs) - float(p.dwell[list(route)].sum()) + _SLACK_S
