"""From teams and stops to the arrays of a search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf

import numpy as np
from numpy.typing import NDArray

from gridmap.analysis.patrol.model import Objective, Shift, Stop, Team
from gridmap.analysis.patrol.nearness import Households, homes_of, moments_of
from gridmap.analysis.patrol.problem import FAR, MANY_STOPS, NEVER, Floats, Ints, Problem, alone


@dataclass(frozen=True, slots=True, eq=False)
class Built:
    """A problem and what its rows mean.

    Attributes
    ----------
    problem : Problem
        Only stops that some team can visit.
    teams : tuple of Team
        By id.
    stops : tuple of Stop
        By id; the problem's stops.
    closed : dict of str to str
        Code of the reason for each stop that is not in the problem.
    """

    problem: Problem
    teams: tuple[Team, ...]
    stops: tuple[Stop, ...]
    closed: dict[str, str]


def build(
    teams: Sequence[Team],
    stops: Sequence[Stop],
    matrices: Mapping[str, NDArray[np.float64]],
    shift: Shift,
    objective: Objective,
    *,
    made: Mapping[str, tuple[int, float]] | None = None,
    like: Problem | None = None,
    households: Households | None = None,
    since_s: float = -inf,
) -> Built:
    """Lay out visits and teams, both in the order of their ids.

    Parameters
    ----------
    teams, stops : sequence
    matrices : mapping of str to ndarray of float64, shape (places, places)
        Seconds by mode.
    shift : Shift
    objective : Objective
    made : mapping of str to (int, float), optional
        Visits made before to a stop in this shift, and when the last of them started.
    like : Problem, optional
        One of the same teams, stops and matrices with other numbers of visits or hours: what takes long is shared.
    households : Households, optional
        Needed where the objective asks to stay near to them.
    since_s : float
        Quarters of an hour before are not looked at.

    Returns
    -------
    Built
    """
    ordered_teams = tuple(sorted(teams, key=lambda team: team.id))
    ordered = tuple(sorted(stops, key=lambda stop: stop.id))
    kinds = sorted({(team.mode, team.speed) for team in ordered_teams})
    rows = [
        row
        for index, stop in enumerate(ordered)
        for row in _rows(index, stop, shift, (made or {}).get(stop.id), kinds)
    ]
    visits = np.array(rows, dtype=np.float64).reshape(len(rows), 7)
    owner, way = visits[:, 0].astype(np.int64), visits[:, 6].astype(np.int64)
    places = len(next(iter(matrices.values())))
    ends = _line_ends(ordered, kinds)
    own_place = {key: places + n for n, key in enumerate(ends)}
    # To a line one comes where it begins, and goes on where it ends.
    into = [*range(places), *(begins for begins, _ in ends.values())]
    away = [*range(places), *(left for _, left in ends.values())]
    if like is not None:
        travel = like.travel
    else:
        travel = np.zeros((max(len(kinds), 1), len(into), len(into)))
        for matrix, (mode, speed) in zip(travel, kinds, strict=False):
            between = matrices[mode] / speed
            between[~np.isfinite(between)] = FAR
            np.fill_diagonal(between, 0.0)
            matrix[:] = between[np.ix_(away, into)] if ends else between
    deep = max((stop.visits for stop in ordered), default=0)
    value = np.zeros((len(ordered), max(deep, 1) + 1))
    for s, stop in enumerate(ordered):
        before = (made or {}).get(stop.id, (0, 0.0))[0]
        for k in range(stop.visits - before):
            value[s, k] = stop.most * stop.revisit_share ** (k + before)
    if like is not None:
        homes = like.homes
    else:
        # A share of 1 in one quarter of an hour has the price of all that could be earned.
        moments = moments_of(shift, since_s)
        homes = homes_of(households, ordered_teams, objective, moments, (into, away), float(value.sum()))
    villages = sorted({stop.village for stop in ordered})
    begins, part = _pieces(ordered)
    problem = Problem(
        travel=travel,
        profile=np.array([kinds.index((team.mode, team.speed)) for team in ordered_teams], np.int64),
        place=np.array(
            [
                own_place.get((s, w), ordered[s].place)
                for s, w in zip(owner.tolist(), way.tolist(), strict=True)
            ],
            np.int64,
        ),
        opens=np.ascontiguousarray(visits[:, 2]),
        closes=np.ascontiguousarray(visits[:, 3]),
        dwell=np.ascontiguousarray(visits[:, 5]),
        teams=np.array([_team_row(team, shift) for team in ordered_teams]).reshape(len(ordered_teams), 6),
        value=value,
        stop=owner,
        gap=np.array([stop.min_gap_s for stop in ordered], np.float64),
        interval=np.array(
            [inf if s.max_interval_s is None else s.max_interval_s for s in ordered], np.float64
        ),
        spans=_spans(ordered_teams, ordered, shift),
        most_wait=objective.max_wait_s,
        begins=begins,
        part=part,
        slot=visits[:, 1].astype(np.int64) + owner * 1000,
        village=np.array([villages.index(stop.village) for stop in ordered], np.int64),
        need=np.zeros(max(len(villages), 1)),
        shortfall=np.zeros(max(len(villages), 1)),
        liked=np.zeros((len(ordered_teams), len(owner))),
        must=np.array([float(stop.must and stop.id not in (made or {})) for stop in ordered]),
        allowed=np.array([[may_visit(team, stop) for stop in ordered] for team in ordered_teams], np.bool_)
        .reshape(len(ordered_teams), len(ordered))[:, owner]
        .copy(),
        way=way,
        homes=homes,
    )
    if ends:
        own = np.array([kinds.index((team.mode, team.speed)) for team in ordered_teams], np.int64)
        problem.allowed[(way >= 0) & (way % len(kinds) != own[:, None])] = False
    return _narrowed(problem, ordered_teams, ordered, objective, villages, like)


def may_visit(team: Team, stop: Stop) -> bool:
    """Whether a team may come to a stop at all."""
    return has_way(team, stop) and _is_for(team, stop)


def has_way(team: Team, stop: Stop) -> bool:
    """Whether a team's mode has a way to make a visit that is more than a stay; of a stay there is nothing to find."""
    return not (stop.walked or stop.ways) or any(way.mode == team.mode for way in stop.ways)


def _is_for(team: Team, stop: Stop) -> bool:
    key = stop.grid_key or stop.village
    return (
        team.mode not in stop.closed_to
        and team.size >= stop.min_size
        and stop.only_team in {None, team.id}
        and (stop.must or stop.beat in {None, team.id})
        and key in team.scope
    )


def _line_ends(
    stops: tuple[Stop, ...], kinds: list[tuple[str, float]]
) -> dict[tuple[int, int], tuple[int, int]]:
    """Where each way of each stop begins and ends, by stop and number, for each profile whose teams may go it."""
    return {
        (s, w * len(kinds) + k): (way.begins, way.ends)
        for s, stop in enumerate(stops)
        for w, way in enumerate(stop.ways)
        for k, (mode, _) in enumerate(kinds)
        if mode == way.mode
    }


def _lengths(stop: Stop, kinds: list[tuple[str, float]]) -> list[tuple[float, int]]:
    """How long a visit takes, and its way with the profile whose teams make it so; all teams stay as long."""
    if not stop.ways:
        return [(stop.dwell_s, -1)]
    return [
        (way.lasts_s(stop.dwell_s, speed), w * len(kinds) + k)
        for w, way in enumerate(stop.ways)
        for k, (mode, speed) in enumerate(kinds)
        if mode == way.mode
    ]


def _rows(
    index: int, stop: Stop, shift: Shift, made: tuple[int, float] | None, kinds: list[tuple[str, float]]
) -> list[tuple[float, ...]]:
    """Stop, slot, earliest and latest start, length and way of each visit that may be made."""
    after = -np.inf if made is None else made[1] + stop.min_gap_s
    if made is not None and made[0] >= stop.visits:
        return []
    windows = stop.windows or ((-np.inf, np.inf),)
    rows: list[tuple[float, ...]] = []
    for slot in range(stop.visits - (0 if made is None else made[0])):
        for opens, closes in windows:
            for lasts_s, way in _lengths(stop, kinds):
                first = max(opens, shift.begin_s, after)
                last = min(closes - lasts_s, shift.end_s)
                if first <= last:
                    rows.append((float(index), float(slot), first, last, 0.0, lasts_s, float(way)))
    return rows


def _spans(teams: tuple[Team, ...], stops: tuple[Stop, ...], shift: Shift) -> Floats:
    """When the interval of each stop holds: its windows within the hours of the teams that may come."""
    out = np.zeros((len(stops), max((len(s.windows) for s in stops), default=0) or 1, 2))
    for s, stop in enumerate(stops):
        span = open_hours(teams, stop, shift)
        if stop.max_interval_s is not None and span is not None:
            for w, (low, high) in enumerate(stop.windows or (span,)):
                out[s, w] = max(low, span[0]), min(high, span[1])
    return out


def open_hours(teams: Sequence[Team], stop: Stop, shift: Shift) -> tuple[float, float] | None:
    """From when to when some team may come to a stop; None where none may."""
    mine = [team for team in teams if may_visit(team, stop)]
    if not mine:
        return None
    return (
        max(shift.begin_s, min(team.begin_s for team in mine)),
        min(shift.end_s, max(team.end_s for team in mine)),
    )


def _pieces(stops: tuple[Stop, ...]) -> tuple[Floats | None, Floats | None]:
    """From when on visits to each stop earn which part of the prize of the best hour; none where no hour matters."""
    wide = max((len(stop.by_hour) for stop in stops), default=0)
    if wide == 0:
        return None, None
    begins, part = np.full((len(stops), wide), np.inf), np.ones((len(stops), wide))
    begins[:, 0] = -np.inf
    for s, stop in enumerate(stops):
        best = max((factor for _, factor in stop.by_hour), default=0.0)
        for k, (since, factor) in enumerate(stop.by_hour):
            begins[s, k] = since if k else -np.inf
            part[s, k] = factor / best if best > 0 else 1.0
    return begins, part


def _team_row(team: Team, shift: Shift) -> tuple[float, ...]:
    begin, end = max(team.begin_s, shift.begin_s), min(team.end_s, shift.end_s)
    end = max(begin, end)
    pause = resume = NEVER
    if team.rest is not None and team.rest.length_s > 0:
        pause = (max(team.rest.earliest_s, begin) + max(team.rest.latest_s, begin)) / 2
        resume = pause + team.rest.length_s
    return begin, end, pause, resume, float(team.start_place), float(team.end_place)


def _narrowed(
    p: Problem,
    teams: tuple[Team, ...],
    stops: tuple[Stop, ...],
    objective: Objective,
    villages: list[int],
    like: Problem | None,
) -> Built:
    """Leave out what nobody can visit, and number the rest anew."""
    reachable = alone(p)[0] & p.allowed
    worthwhile = (p.value[:, 0] > 0) | (p.must > 0)
    closed: dict[str, str] = {}
    for s, stop in enumerate(stops):
        mine = p.stop == s
        if not worthwhile[s]:
            closed[stop.id] = "no-prize"
        elif not any(may_visit(team, stop) for team in teams):
            closed[stop.id] = "no-way" if any(_is_for(team, stop) for team in teams) else "no-team"
        elif not reachable[:, mine].any():
            closed[stop.id] = "out-of-reach"
    keep_stop = np.array([stop.id not in closed for stop in stops], np.bool_)
    keep = keep_stop[p.stop] & reachable.any(axis=0) if len(p.stop) else np.zeros(0, np.bool_)
    number = np.cumsum(keep_stop) - 1
    value = np.ascontiguousarray(p.value[keep_stop])
    tonight = np.zeros(len(p.need))
    np.add.at(tonight, p.village[keep_stop], value.sum(axis=1))
    shortfall = objective.shortfall_price * tonight.mean() / np.where(tonight > 0, tonight, 1.0)
    big = 1.0 + float(value.sum() + (shortfall * tonight).sum())
    problem = replace(
        p,
        place=p.place[keep],
        opens=p.opens[keep],
        closes=p.closes[keep],
        dwell=p.dwell[keep],
        way=None if p.way is None else p.way[keep],
        value=value,
        gap=None if p.gap is None else p.gap[keep_stop],
        interval=None if p.interval is None else p.interval[keep_stop],
        spans=None if p.spans is None else p.spans[keep_stop],
        begins=None if p.begins is None else p.begins[keep_stop],
        part=None if p.part is None else p.part[keep_stop],
        stop=number[p.stop[keep]].astype(np.int64) if len(p.stop) else p.stop,
        slot=_dense(p.slot[keep]),
        village=p.village[keep_stop],
        need=_needs(tonight, objective, villages),
        shortfall=shortfall,
        liked=np.zeros((len(teams), int(keep.sum()))),
        must=p.must[keep_stop] * big,
        allowed=np.ascontiguousarray(reachable[:, keep]),
    )
    if len(problem.value) > MANY_STOPS:
        shared = like is not None and like.around is not None and len(like.value) == len(problem.value)
        problem = replace(
            problem, around=like.around if like is not None and shared else problem.nearest_stops()
        )
    return Built(problem, teams, tuple(s for s, k in zip(stops, keep_stop, strict=True) if k), closed)


def _needs(tonight: Floats, objective: Objective, villages: list[int]) -> Floats:
    """Prize that each village ought to get tonight for its share of the week; not more than it has tonight."""
    need = np.zeros(len(tonight))
    if objective.village_share <= 0:
        return need
    for v, key in enumerate(villages):
        got, had = objective.week.get(key, (0.0, 0.0))
        need[v] = min(max(0.0, objective.village_share * (had + tonight[v]) - got), tonight[v])
    return need


def _dense(numbers: Ints) -> Ints:
    return np.unique(numbers, return_inverse=True)[1].reshape(-1).astype(np.int64)
