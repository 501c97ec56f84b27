"""Why each stop is in a plan or out of it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from gridmap.analysis.patrol.build import Built
from gridmap.analysis.patrol.model import Reason, Route, Stop
from gridmap.analysis.patrol.problem import Floats, Ints, Problem
from gridmap.analysis.patrol.schedule import Timed, walk

_CLOSED = {
    "no-prize": ("没有收益，不安排。", "It has no prize."),
    "no-team": (
        "没有可去的队伍：方式、人数、辖区或指定队伍不符。",
        "No team may come: mode, size, grids or the team it is kept for do not fit.",
    ),
    "no-way": (
        "没有可去的队伍：各队的方式都没有沿线的路，也没有可停车步行过去的地方。请把线画在道路旁。",
        "No team may come: no road of their modes follows it, and no vehicle can be left near. Draw it beside a road.",
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
    made: dict[str, list[str]] = {}
    for route in routes:
        for visit in route.visits:
            made.setdefault(visit.stop, []).append(route.team)
    room = _Room(built.problem, visits)
    out = []
    for stop in stops:
        if stop.id in made:
            who = made[stop.id]
            teams = list(dict.fromkeys(who))
            out.append(
                Reason(
                    stop.id,
                    len(who),
                    "visited",
                    f"由{'、'.join(teams)}巡访 {len(who)} 次。",
                    f"Visited {len(who)} time(s) by {', '.join(teams)}.",
                    who[0],
                )
            )
        elif stop.id in row:
            out.append(_no_room(built, stop, row[stop.id], room))
        else:
            # What is not in the problem and has no code was visited often enough before.
            zh, en = _CLOSED[built.closed[stop.id]]
            out.append(Reason(stop.id, 0, built.closed[stop.id], zh, en))
    return tuple(out)


class _Room:
    """The places between two visits of all routes, one after the other, and what time each route has left."""

    def __init__(self, problem: Problem, routes: Sequence[Sequence[int]]) -> None:
        p = self._p = problem
        self.routes = routes
        timed = [walk(p, r, route) for r, route in enumerate(routes)]
        drivable = [r for r, times in enumerate(timed) if times is not None]
        ends = [
            (r, i, a, b)
            for r in drivable
            for i, (a, b) in enumerate(
                pairwise((int(p.teams[r, 4]), *(int(p.place[x]) for x in routes[r]), int(p.teams[r, 5])))
            )
        ]
        self.team, self.at, self._from, self._to = np.array(ends, np.int64).reshape(len(ends), 4).T
        self._kind = p.profile[self.team]
        busy = np.array([len(routes[r]) > 0 for r in range(len(routes))], np.bool_)
        # A team that stays at home has no way yet.
        self._now = np.where(busy[self.team], p.travel[self._kind, self._from, self._to], 0.0)
        self.spare = np.array(
            [0.0 if t is None else float(p.teams[r, 1]) - t.end for r, t in enumerate(timed)]
        )
        self.idle = np.array(
            [_idle(p, r, route, t) for r, (route, t) in enumerate(zip(routes, timed, strict=True))]
        )

    def takes(self, visit: int) -> tuple[Floats, Ints]:
        """Give what a visit takes more at each place where its team may come, and the numbers of these."""
        p, here = self._p, int(self._p.place[visit])
        which = np.flatnonzero(p.allowed[self.team, visit])
        kind = self._kind[which]
        way = (
            p.travel[kind, self._from[which], here] + p.travel[kind, here, self._to[which]] - self._now[which]
        )
        return way + p.dwell[visit], which


def _no_room(built: Built, stop: Stop, s: int, room: _Room) -> Reason:
    """Tell which team would have to give up least for a visit."""
    p = built.problem
    best: tuple[float, float, float, int] | None = None
    fits = False
    for v in range(*np.searchsorted(p.stop, [s, s + 1])):
        takes, which = room.takes(v)
        if len(which) == 0:
            continue
        teams = room.team[which]
        # A route that has not the time for its ways and visits, whatever it waits, need not be walked.
        for k in [] if fits else np.flatnonzero(takes <= room.idle[teams]):
            r, i = int(teams[k]), int(room.at[which[k]])
            route = room.routes[r]
            if walk(p, r, [*route[:i], v, *route[i:]]) is not None:
                fits = True
                break
        lacks = takes - room.spare[teams]
        least = int(np.argmin(lacks))
        if best is None or lacks[least] < best[0]:
            best = (
                float(lacks[least]),
                float(takes[least]),
                float(room.spare[teams[least]]),
                int(teams[least]),
            )
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
