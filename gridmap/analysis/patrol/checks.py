"""Refusal of teams, stops and matrices that cannot be planned with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from math import inf, isfinite

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridmap.analysis.patrol.model import Objective, Shift, Stop, Team, Way
from gridmap.analysis.patrol.nearness import Households, no_households
from gridmap.errors import InvalidInput


def checked_matrices(travel_s: Mapping[str, ArrayLike]) -> dict[str, NDArray[np.float64]]:
    """Matrices of one shape with numbers that are not negative.

    Raises
    ------
    InvalidInput
        When there is none, shapes differ, or a number is missing or negative.
    """
    out: dict[str, NDArray[np.float64]] = {}
    size = None
    for mode, matrix in travel_s.items():
        times = np.asarray(matrix, dtype=np.float64)
        size = len(times) if size is None and times.ndim == 2 else size
        if times.shape != (size, size):
            raise InvalidInput(
                "travel-shape",
                f"“{mode}”的行程时间应为与其他方式同样大小的方阵。",
                f"Travel times of {mode} must be a square matrix of the same size as the other modes'.",
            )
        if np.isnan(times).any() or (times < 0).any():
            raise InvalidInput(
                "travel-not-valid",
                f"“{mode}”的行程时间含有空值或负数；不可达请用无穷大。",
                f"A travel time of {mode} is missing or negative; use infinity where there is no way.",
            )
        out[mode] = times
    if not out:
        raise InvalidInput(
            "travel-missing", "没有行程时间。", "There are no travel times; give one matrix a mode."
        )
    return out


def check(
    teams: Sequence[Team],
    stops: Sequence[Stop],
    matrices: Mapping[str, NDArray[np.float64]],
    shift: Shift,
    objective: Objective,
    households: Households | None = None,
) -> None:
    """Refuse what cannot be planned.

    Raises
    ------
    InvalidInput
        With a sentence that names the team or stop.
    """
    places = len(next(iter(matrices.values())))
    if not (isfinite(shift.begin_s) and isfinite(shift.end_s) and shift.begin_s < shift.end_s):
        raise InvalidInput("shift-not-valid", "班次的结束应晚于开始。", "The shift must end after it begins.")
    if not 0 <= objective.village_share <= 1 or not objective.shortfall_price >= 0:
        raise InvalidInput(
            "objective-not-valid",
            "村级最低份额应在 0 到 1 之间，欠缺的代价不能为负数。",
            "The villages' share must be between 0 and 1, and the price of a shortfall not negative.",
        )
    if not (objective.balance is None or 0 <= objective.balance <= 1) or not objective.max_wait_s >= 0:
        raise InvalidInput(
            "objective-not-valid",
            "均衡负荷最多放弃的得分应在 0 到 1 之间，最长等候不能为负数。",
            "The prize given up for even loads must be between 0 and 1, and the longest wait not negative.",
        )
    near_s = objective.near_s
    if (near_s is not None and not 0 < near_s < inf) or not 0 <= objective.near_level <= 1:
        raise InvalidInput(
            "objective-not-valid",
            "就近覆盖的时间应大于零，户数比例应在 0 到 1 之间。",
            "The time to stay near must be above zero, and the share of households between 0 and 1.",
        )
    if near_s is not None and (
        households is None
        or any(
            np.shape(households.seconds.get(mode, ()))[:1] != (places,) for mode in {t.mode for t in teams}
        )
    ):
        raise no_households()
    _refuse_twice((team.id for team in teams), "team-twice", "队伍", "Team")
    _refuse_twice((stop.id for stop in stops), "stop-twice", "点位", "Stop")
    names = {team.id for team in teams}
    for team in teams:
        _refuse_unless(_team_fits(team, matrices, places), "team-not-valid", "队伍", "Team", team.id)
    for stop in stops:
        fits = _stop_fits(stop, places) and {stop.only_team, stop.beat} <= {None, *names}
        fits = fits and all(_way_fits(way, places) for way in stop.ways)
        _refuse_unless(fits, "stop-not-valid", "点位", "Stop", stop.id)


def _team_fits(team: Team, matrices: Mapping[str, NDArray[np.float64]], places: int) -> bool:
    rest = team.rest
    return (
        team.mode in matrices
        and 0 <= team.start_place < places
        and 0 <= team.end_place < places
        and isfinite(team.begin_s)
        and isfinite(team.end_s)
        and isfinite(team.speed)
        and team.speed > 0
        and (rest is None or (rest.length_s >= 0 and rest.earliest_s <= rest.latest_s))
    )


def _stop_fits(stop: Stop, places: int) -> bool:
    return (
        0 <= stop.place < places
        and isfinite(stop.prize)
        and stop.prize >= 0
        and isfinite(stop.dwell_s)
        and stop.dwell_s >= 0
        and stop.visits >= 0
        and stop.min_gap_s >= 0
        and 0 <= stop.revisit_share <= 1
        and (stop.max_interval_s is None or stop.max_interval_s > 0)
        and all(not np.isnan(t) for window in stop.windows for t in window)
        and all(isfinite(since) and isfinite(factor) and factor >= 0 for since, factor in stop.by_hour)
        and all(a < b for (a, _), (b, _) in pairwise(stop.by_hour))
    )


def _way_fits(way: Way, places: int) -> bool:
    return (
        0 <= way.begins < places
        and 0 <= way.ends < places
        and all(isfinite(takes) and takes >= 0 for takes in (way.along_s, way.aside_s, way.least_s))
    )


def _refuse_twice(names: Iterable[str], code: str, zh: str, en: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InvalidInput(
                code, f"{zh}“{name}”出现了两次。", f"{en} {name} is there twice; give each its own id."
            )
        seen.add(name)


def _refuse_unless(fits: bool, code: str, zh: str, en: str, name: str) -> None:
    if not fits:
        raise InvalidInput(
            code,
            f"{zh}“{name}”的地点、时间或数值无效，请检查。",
            f"{en} {name} has a place, mode, time or number that is not valid; correct it.",
        )
