"""Households that some team could soon be at: what a search keeps of them, and the shares that a plan tells."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridmap.analysis.patrol.model import Objective, Route, Shift, Team
from gridmap.errors import InvalidInput

QUARTER_S = 900.0
_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]


def no_households() -> InvalidInput:
    """Refuse to stay near where nobody knows where people live."""
    return InvalidInput(
        "near-households",
        "没有户数，无法要求就近覆盖。请导入带户数（households）的网格，或不作此要求。",
        "There are no households to stay near to. Import grids with households, or do not ask for it.",
    )


@dataclass(frozen=True, slots=True, eq=False)
class Households:
    """Where households are, and how soon a team could be there.

    Attributes
    ----------
    count : ndarray of float64, shape (homes,)
        Households at each place where there are some.
    seconds : mapping of str to array_like of float, shape (places, homes)
        By mode, from the rows of the travel matrices; infinite where there is no way.
    served : mapping of str to ndarray of bool, shape (homes,)
        Where a team goes; everywhere for a team that is not in it.
    """

    count: _Floats
    seconds: Mapping[str, ArrayLike]
    served: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse households that nobody could count by.

        Raises
        ------
        InvalidInput
        """
        homes = len(self.count)
        if homes == 0 or not np.isfinite(self.count).all() or (self.count < 0).any() or not self.count.sum():
            raise no_households()
        if any(np.shape(times)[1:] != (homes,) for times in self.seconds.values()):
            raise InvalidInput(
                "near-shape",
                "到各户的时间应为“地点×住处”的矩阵。",
                "Times to households must have the shape (places, homes).",
            )


@dataclass(frozen=True, slots=True, eq=False)
class Homes:
    """Homes within the limit of each place, as a search counts them.

    Attributes
    ----------
    moments : ndarray of float64, shape (quarters,)
    count : ndarray of float64, shape (homes,)
    first : ndarray of int64, shape (groups, places + 1)
        Where the homes of each place begin in the two arrays that follow; teams of a group have the same.
    home, seconds : ndarray
        Homes of a place, the nearest first.
    group : ndarray of int64, shape (teams,)
    enters, leaves : ndarray of int64, shape (places of the search,)
        Place where a visit begins, and where it ends.
    limit_s, level, price : float
        Price of a share of 1 in one quarter of an hour.
    """

    moments: _Floats
    count: _Floats
    first: _Ints
    home: _Ints
    seconds: _Floats
    group: _Ints
    enters: _Ints
    leaves: _Ints
    limit_s: float
    level: float
    price: float


def moments_of(shift: Shift, since_s: float = -np.inf) -> _Floats:
    """Return the quarters of an hour of a shift, from its beginning, that do not lie before a time."""
    at = shift.begin_s + QUARTER_S * np.arange(np.ceil((shift.end_s - shift.begin_s) / QUARTER_S))
    return np.asarray(at[at >= since_s], dtype=np.float64)


def homes_of(
    households: Households | None,
    teams: Sequence[Team],
    objective: Objective,
    moments: _Floats,
    ends: tuple[Sequence[int], Sequence[int]],
    price: float,
) -> Homes | None:
    """Lay out the homes that each team could soon be at from each place.

    Parameters
    ----------
    households : Households, optional
        None, or an objective that does not ask for it, gives None, as no team does.
    teams : sequence of Team
        In the order of the search.
    objective : Objective
    moments : ndarray of float64
    ends : (sequence of int, sequence of int)
        Rows where visits at each place of the search begin, and where they end.
    price : float
        Of a share of 1 in one quarter of an hour.
    """
    if households is None or objective.near_s is None or not len(moments) or not teams:
        return None
    groups: dict[tuple[str, float, bytes], int] = {}
    group, lists = [], []
    for team in teams:
        served = households.served.get(team.id, np.ones(len(households.count), np.bool_))
        key = team.mode, team.speed, served.tobytes()
        if key not in groups:
            groups[key] = len(groups)
            times = np.asarray(households.seconds[team.mode], dtype=np.float64) / team.speed
            lists.append([_nearest(row, served, objective.near_s) for row in times])
        group.append(groups[key])
    first = np.zeros((len(lists), len(lists[0]) + 1), np.int64)
    at = 0
    for g, rows in enumerate(lists):
        sizes = np.cumsum([len(row) for row, _ in rows])
        first[g, 0], first[g, 1:] = at, at + sizes
        at += int(sizes[-1])
    rows_of = [row for rows in lists for row in rows]
    return Homes(
        moments,
        households.count.astype(np.float64),
        first,
        np.concatenate([home for home, _ in rows_of]).astype(np.int64),
        np.concatenate([seconds for _, seconds in rows_of]).astype(np.float64),
        np.array(group, np.int64),
        np.array(ends[0], np.int64),
        np.array(ends[1], np.int64),
        objective.near_s,
        objective.near_level,
        price,
    )


def _nearest(seconds: _Floats, served: NDArray[np.bool_], limit_s: float) -> tuple[_Ints, _Floats]:
    inside = np.flatnonzero(served & (seconds <= limit_s))
    order = inside[np.argsort(seconds[inside], kind="stable")]
    return order, seconds[order]


def near_shares(
    routes: Sequence[Route],
    teams: Sequence[Team],
    households: Households,
    *,
    shift: Shift,
    within_s: float,
) -> tuple[float, ...]:
    """Tell the share of households that some team could be at within a time, by quarter of an hour of the shift.

    Parameters
    ----------
    routes : sequence of Route
    teams : sequence of Team
    households : Households
    shift : Shift
    within_s : float

    Returns
    -------
    tuple of float
        From 0 to 1, reckoned from the times of the routes alone.

    Notes
    -----
    Before it sets out and after it is back a team stands at its base while it is on duty. Under way it is counted by
    where it is going, with what is left of the way: it may be sooner there from where it is, never later. Along a line
    it is counted where that begins for the first half of the visit, and where it ends for the second. A team that has
    dropped out is near to nobody, and one that an emergency has, until it sets out from there.
    """
    crew = {team.id: team for team in teams}
    seconds = {mode: np.asarray(times, dtype=np.float64) for mode, times in households.seconds.items()}
    out = []
    for moment in moments_of(shift):
        near = np.zeros(len(households.count), np.bool_)
        for route in routes:
            team = crew[route.team]
            standing = _stands(route, team, shift, float(moment))
            if standing is not None:
                place, left_s = standing
                within = seconds[team.mode][place] / team.speed + left_s <= within_s
                served = households.served.get(team.id)
                near |= within if served is None else within & served
        out.append(float(households.count[near].sum() / households.count.sum()))
    return tuple(out)


def on_duty(route: Route, team: Team, shift: Shift, at: float) -> bool:
    """Whether a team is at hand at a time: in its hours, and neither out nor at an emergency.

    Parameters
    ----------
    route : Route
    team : Team
    shift : Shift
    at : float
        Seconds of the shift.
    """
    within = max(team.begin_s, shift.begin_s) <= at < min(team.end_s, shift.end_s)
    return within and not any(since <= at < until for since, until in route.away)


def with_absences(
    routes: Sequence[Route],
    now_s: float,
    shift: Shift,
    out: Collection[str],
    taken: Mapping[str, float],
) -> list[Route]:
    """Write from when until when teams are away, from now on.

    Parameters
    ----------
    routes : sequence of Route
        Of the whole shift, with what was done before.
    now_s : float
    shift : Shift
    out : collection of str
        Teams that drop out.
    taken : mapping of str to float
        Teams that an emergency has now, and when each is back from it where it has no further visit.
    """
    changed = []
    for route in routes:
        before = tuple((a, min(b, now_s)) for a, b in route.away if a < now_s)
        if route.team in out:
            changed.append(replace(route, away=(*before, (now_s, max(now_s, shift.end_s)))))
        elif route.team in taken:
            sets_out = (v.arrive_s - v.travel_s for v in route.visits)
            until = next((at for at in sets_out if at >= now_s), taken[route.team])
            changed.append(replace(route, away=(*before, (now_s, max(now_s, until)))))
        else:
            changed.append(route)
    return changed


def _stands(route: Route, team: Team, shift: Shift, at: float) -> tuple[int, float] | None:
    """Place where a team is, or to which it goes, and what is left of the way; None where it is not on duty."""
    if not on_duty(route, team, shift, at):
        return None
    here = team.start_place
    for visit in route.visits:
        if at < visit.arrive_s - visit.travel_s:
            return here, 0.0
        if at < visit.arrive_s:
            return visit.place, visit.arrive_s - at
        if at < visit.leave_s:
            half = 2.0 * at < visit.start_s + visit.leave_s
            return (visit.place if half else visit.onward), 0.0
        here = visit.onward
    if not route.visits or (route.stays_out and at >= route.end_s):
        return (team.start_place, 0.0) if not route.stays_out else None
    home_s = route.travel_s - sum(visit.travel_s for visit in route.visits)
    if at < route.end_s - home_s:
        return here, 0.0
    return team.end_place, max(0.0, route.end_s - at)


def told_near(
    routes: Sequence[Route],
    teams: Sequence[Team],
    households: Households | None,
    shift: Shift,
    objective: Objective,
) -> tuple[float, ...]:
    """Return the shares that a plan tells; none where it is not to stay near to households."""
    if households is None or objective.near_s is None:
        return ()
    return near_shares(routes, teams, households, shift=shift, within_s=objective.near_s)
