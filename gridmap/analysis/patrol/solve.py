"""The bare problem: routes of limited length that collect the largest prize."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridmap.analysis.patrol.bounds import upper_bound
from gridmap.analysis.patrol.engine import Progress, run
from gridmap.analysis.patrol.problem import FAR, NEVER, Floats, Ints, Problem, alone, canonical_order
from gridmap.analysis.patrol.stop import StopRule
from gridmap.errors import InvalidInput


@dataclass(frozen=True, slots=True, eq=False)
class OrienteeringResult:
    """Routes and what they collect.

    Attributes
    ----------
    routes : tuple of tuple of int
        Row numbers that each route visits between `start` and `end`, which are implied; an empty route is not driven.
    prize : float
        Sum of the prizes of the visited nodes.
    lengths : tuple of float
        Length of each route, in the unit of `travel`; 0 for one that is not driven.
    bound : float
        Prize that no choice of routes exceeds.
    iterations : int
        Steps that the search took.
    conventions : dict of str to str
    """

    routes: tuple[tuple[int, ...], ...]
    prize: float
    lengths: tuple[float, ...]
    bound: float
    iterations: int
    conventions: dict[str, str]


def solve_orienteering(
    prizes: ArrayLike,
    travel: ArrayLike,
    *,
    routes: int,
    limit: float | ArrayLike,
    start: int,
    end: int,
    seed: int,
    stop: StopRule,
    on_progress: Progress | None = None,
) -> OrienteeringResult:
    """Find routes from one node to another, each within a limit, that visit nodes of the largest sum of prizes.

    Parameters
    ----------
    prizes : array_like of float, shape (n,)
        Not negative. Those of `start` and `end` are not counted.
    travel : array_like of float, shape (n, n)
        Lengths (or seconds) from the row to the column, not negative; infinite where there is no way.
    routes : int
        How many routes; none is a plan without visits.
    limit : float or array_like of float, shape (routes,)
        Most length of each route.
    start, end : int
        Row numbers; they may be the same.
    seed : int
    stop : Seconds or Iterations
    on_progress : callable, optional
        Called with what is done, and of how much.

    Returns
    -------
    OrienteeringResult
        Each node is in one route at most. For the same seed and `Iterations` always the same, whatever the order of
        the rows; more iterations never collect less.

    Raises
    ------
    InvalidInput
        When a shape is wrong, or a number is missing, negative or out of range.

    Notes
    -----
    No distance is rounded: a route's length is the sum of its legs in floating point, and it is compared with the
    limit as it is, with no tolerance.

    References
    ----------
    I-M. Chao, B. L. Golden, E. A. Wasil, *The team orienteering problem*, European Journal of Operational Research 88,
    1996.
    J. Christiaens, G. Vanden Berghe, *Slack induction by string removals for vehicle routing problems*, Transportation
    Science 54, 2020.
    """
    prize, legs, limits = _checked(prizes, travel, routes, limit, start, end, seed)
    nodes = np.setdiff1d(np.flatnonzero(prize > 0), [start, end])
    single = legs[start, nodes] + legs[nodes, end]
    nodes = nodes[single <= limits.max(initial=-1.0)]
    order = canonical_order(
        np.stack([prize[nodes], legs[start, nodes], legs[nodes, end]], axis=1), legs[np.ix_(nodes, nodes)]
    )
    nodes = nodes[order]
    slowest_first = np.argsort(limits, kind="stable")
    problem = _problem(prize[nodes], legs, nodes, limits[slowest_first], start, end)
    bound = upper_bound(problem)
    enough = min(bound, float(prize[nodes].sum())) * (1 - 1e-12)
    found = run(problem, stop, seed, enough=enough, on_progress=on_progress)
    chosen: list[tuple[int, ...]] = [()] * routes
    for r, route in zip(slowest_first, found.routes, strict=True):
        chosen[int(r)] = tuple(int(nodes[v]) for v in route)
    lengths = tuple(_length(legs, route, start, end) for route in chosen)
    # The order in which numbers are added decides the last digit: shown is what fits when added along the route.
    chosen = [
        route if _fits(length, top) else ()
        for route, length, top in zip(chosen, lengths, limits, strict=True)
    ]
    visited = sorted(node for route in chosen for node in route)
    return OrienteeringResult(
        tuple(chosen),
        float(np.sort(prize[visited]).sum()),
        lengths,
        bound,
        found.steps,
        {
            "routes": "visited nodes only; start and end are implied",
            "limit": "compared in floating point, no rounding, no tolerance",
            "ties": "least travel",
            "method": "ruin and recreate under simulated annealing",
        },
    )


def _fits(length: float, limit: float) -> bool:
    return bool(length <= limit)


def _length(legs: Floats, route: tuple[int, ...], start: int, end: int) -> float:
    if not route:
        return 0.0
    length = 0.0
    for a, b in zip((start, *route), (*route, end), strict=True):
        length += float(legs[a, b])
    return length


def _problem(prize: Floats, legs: Floats, nodes: Ints, limits: Floats, start: int, end: int) -> Problem:
    n, teams = len(nodes), len(limits)
    index = np.concatenate([nodes, [start, end]]).astype(np.int64)
    matrix = np.ascontiguousarray(legs[np.ix_(index, index)])
    table = np.zeros((teams, 6))
    table[:, 1], table[:, 2], table[:, 3] = limits, NEVER, NEVER
    table[:, 4], table[:, 5] = n, n + 1
    longest = float(limits.max(initial=0.0))
    problem = Problem(
        travel=matrix[None],
        profile=np.zeros(teams, np.int64),
        place=np.arange(n),
        opens=np.zeros(n),
        closes=np.full(n, longest),
        dwell=np.zeros(n),
        teams=table,
        value=np.stack([prize, np.zeros(n)], axis=1),
        stop=np.arange(n),
        slot=np.arange(n),
        village=np.zeros(n, np.int64),
        need=np.zeros(1),
        shortfall=np.zeros(1),
        liked=np.zeros((teams, n)),
        must=np.zeros(n),
        allowed=np.ones((teams, n), np.bool_),
    )
    problem.allowed[:] = alone(problem)[0]
    return problem


def _checked(
    prizes: ArrayLike,
    travel: ArrayLike,
    routes: int,
    limit: float | ArrayLike,
    start: int,
    end: int,
    seed: int,
) -> tuple[Floats, Floats, Floats]:
    prize = _floats(prizes)
    legs = _floats(travel)
    n = len(prize) if prize.ndim == 1 else -1
    if n < 1 or legs.shape != (n, n):
        raise InvalidInput(
            "orienteering-shape",
            "收益应为 n 个数，路程应为 n×n 的矩阵。",
            "Prizes must have the shape (n,) and travel the shape (n, n).",
        )
    if not (np.isfinite(prize).all() and (prize >= 0).all()):
        raise InvalidInput(
            "prize-not-valid", "收益不能为空或负数。", "A prize is missing or negative; use 0 for none."
        )
    off_diagonal = legs[~np.eye(n, dtype=bool)]
    if np.isnan(off_diagonal).any() or (off_diagonal < 0).any():
        raise InvalidInput(
            "travel-not-valid",
            "路程不能为空或负数；不可达请用无穷大。",
            "A travel length is missing or negative; use infinity where there is no way.",
        )
    if routes < 0:
        raise InvalidInput(
            "routes-negative", "路线条数不能为负数。", "The number of routes must not be negative."
        )
    limits = _floats(limit)
    if limits.ndim == 0:
        limits = np.full(routes, float(limits))
    if limits.shape != (routes,) or not (np.isfinite(limits).all() and (limits >= 0).all()):
        raise InvalidInput(
            "limit-not-valid",
            "限长应为一个或每条路线一个非负数。",
            "The limit must be one number, or one for each route, and not negative.",
        )
    if not (0 <= start < n and 0 <= end < n):
        raise InvalidInput(
            "endpoint-unknown", "起点或终点不在矩阵内。", "The start or the end is not a row of the matrix."
        )
    if seed < 0:
        raise InvalidInput("seed-negative", "随机种子不能为负数。", "The seed must not be negative.")
    legs = np.where(np.isfinite(legs), legs, FAR)
    np.fill_diagonal(legs, 0.0)
    return prize, legs, limits


def _floats(values: float | ArrayLike) -> NDArray[np.float64]:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidInput(
            "number-expected", "收益、路程和限长应为数值。", "Prizes, travel and limits must be numbers."
        ) from None
