"""Several nights' plans that differ, at a small loss of prize."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

from gridmap.analysis.patrol.assemble import assemble
from gridmap.analysis.patrol.build import Built, build
from gridmap.analysis.patrol.checks import check, checked_matrices
from gridmap.analysis.patrol.engine import Found, Progress, earned
from gridmap.analysis.patrol.model import Objective, Plan, Shift, Stop, Team
from gridmap.analysis.patrol.nearness import Households
from gridmap.analysis.patrol.searching import search
from gridmap.analysis.patrol.stop import StopRule
from gridmap.errors import InvalidInput

Floats = NDArray[np.float64]

BIN_S = 600.0
_FIRST_SHARE = 0.3
_NOISE = (0.15, 0.3, 0.5, 0.8)
_OVERDUE = 1.6
_MILP_S = 5.0


@dataclass(frozen=True, slots=True)
class Mix:
    """Plans for several nights.

    Attributes
    ----------
    nights : tuple of Plan
        In the order drawn.
    best : Plan
        The single plan of the highest prize that was found.
    kept : float
        Mean prize of the nights over that of the best plan.
    village_coverage : dict of int to float
        Share of a village's stops, weighted by prize, that is visited in a night, in the mean of the nights; stops that
        no team can visit are left out.
    unvisited : tuple of str
        Stops that some team can visit and no night does.
    arrival_entropy_bits : float
        Entropy of the start times of all visits of all nights in bins of 10 minutes.
    stop_entropy_bits : float
        The same for one stop, in the mean weighted by prize: what somebody who watches one place has to guess.
    pool : int
        Number of plans to choose from.
    conventions : dict of str to str
    """

    nights: tuple[Plan, ...]
    best: Plan
    kept: float
    village_coverage: dict[int, float]
    unvisited: tuple[str, ...]
    arrival_entropy_bits: float
    stop_entropy_bits: float
    pool: int
    conventions: dict[str, str]


def mix(
    teams: Sequence[Team],
    stops: Sequence[Stop],
    travel_s: Mapping[str, ArrayLike],
    *,
    shift: Shift,
    objective: Objective | None = None,
    nights: int = 14,
    loss: float = 0.03,
    pool: int = 60,
    seed: int,
    stop: StopRule,
    on_progress: Progress | None = None,
    households: Households | None = None,
) -> Mix:
    """Draw plans for several nights: near the best in prize, fair to villages, and not the same twice.

    Parameters
    ----------
    teams, stops, travel_s, shift, objective
        As given to `plan`.
    nights : int
    loss : float
        Most share of the best plan's prize that is given up in the mean of the nights.
    pool : int
        Plans to choose from, at least as many as nights.
    seed : int
    stop : Seconds or Iterations
        For all plans of the pool together.
    on_progress : callable, optional
        Called with plans made, and of how many.
    households : Households, optional
        Needed where the objective asks to stay near to them.

    Returns
    -------
    Mix

    Raises
    ------
    InvalidInput
        When something is not valid, as for `plan`, or nights, loss or pool are out of range.

    Notes
    -----
    The pool is made with prizes that are disturbed, those of stops and villages that it lacks so far raised. A mixed
    integer program then takes `nights` different ones: first as many stops as possible are visited, then the village
    that is covered worst is covered best, while the prize stays within `loss`.
    """
    aim = objective or Objective()
    if nights < 1 or pool < nights or not 0 <= loss < 1:
        raise InvalidInput(
            "mix-not-valid",
            "夜数至少为 1，备选方案不少于夜数，损失应在 0 到 1 之间。",
            "There must be a night, a pool of at least as many plans, and a loss from 0 to below 1.",
        )
    matrices = checked_matrices(travel_s)
    check(teams, stops, matrices, shift, aim, households)
    built = build(teams, stops, matrices, shift, aim, households=households)
    made, prizes, visited = _pool(built, pool, loss, seed, stop, on_progress)
    order = np.argsort(-prizes, kind="stable")
    best_row = int(order[0])
    chosen = _choice(built, prizes, visited, nights, loss)
    rng = np.random.default_rng(np.random.SeedSequence([seed, 1]))
    chosen = chosen[rng.permutation(len(chosen))]

    def written(row: int) -> Plan:
        return assemble(made[row][0], made[row][1], teams, stops, shift, aim, seed, households=households)

    plans = tuple(written(int(row)) for row in chosen)
    seen = visited[chosen]
    return Mix(
        nights=plans,
        best=written(best_row),
        kept=float(prizes[chosen].mean() / prizes[best_row]) if prizes[best_row] > 0 else 1.0,
        village_coverage=_coverage(built, seen),
        unvisited=tuple(s.id for s, times in zip(built.stops, seen.sum(axis=0), strict=True) if times == 0),
        arrival_entropy_bits=entropy_bits(
            [v.start_s for p in plans for r in p.routes for v in r.visits], shift
        ),
        stop_entropy_bits=_stop_entropy(plans, stops, shift),
        pool=len(made),
        conventions={
            "pool": "plans for disturbed prizes",
            "choice": "each at most once; stops visited, then the worst village's coverage, within the loss",
            "entropy": "starts of visits in bins of 10 minutes of the shift, base 2, not corrected for small samples",
            "coverage": "stops visited at least once in the night, weighted by prize",
        },
    )


def _pool(
    built: Built, size: int, loss: float, seed: int, stop: StopRule, on_progress: Progress | None
) -> tuple[list[tuple[Built, Found]], Floats, NDArray[np.bool_]]:
    """Plans, their true prizes, and which stops each visits, shape (plans, stops)."""
    p = built.problem
    best = search(built, stop.part(_FIRST_SHARE), seed)
    made, prizes, rows = [best], [_prize(built, best[1])], [_visited(built, best[1])]
    share = (1.0 - _FIRST_SHARE) / max(size - 1, 1)
    for number in range(1, size):
        rng = np.random.default_rng(np.random.SeedSequence([seed, 2, number]))
        noise = np.exp(_NOISE[number % len(_NOISE)] * rng.standard_normal(len(p.value)))
        times = np.sum(rows, axis=0)
        # What the pool has seldom is raised, by village and by stop, up to where it would cost too much prize.
        rate = times / len(rows)
        weight = p.value[:, 0]
        covered = np.bincount(p.village, weight * rate, len(p.need)) / np.maximum(
            np.bincount(p.village, weight, len(p.need)), 1e-300
        )
        noise *= np.where(covered[p.village] < 0.6, _OVERDUE, 1.0)
        rare = np.where(times == 0, p.value[:, 0].mean() * rng.random(len(times)), 0.0)
        value = p.value * noise[:, None]
        value[:, 0] += rare
        disturbed = replace(built, problem=replace(p, value=value))
        begin = best[1] if number % 2 else None
        with_rest, found = search(
            disturbed, stop.part(share), seed + number, begin=begin, gentle=begin is not None
        )
        prize = _prize(built, found)
        if prize > prizes[0] * (1.0 + 1e-12):
            best = (replace(with_rest, problem=replace(with_rest.problem, value=p.value)), found)
        if prize >= max(prizes) * (1.0 - 5.0 * loss - 0.02):
            made.append((replace(with_rest, problem=replace(with_rest.problem, value=p.value)), found))
            prizes.append(prize)
            rows.append(_visited(built, found))
        if on_progress is not None:
            on_progress(number, size - 1)
    return made, np.array(prizes), np.array(rows)


def _visited(built: Built, found: Found) -> NDArray[np.bool_]:
    out = np.zeros(len(built.stops), np.bool_)
    out[[int(built.problem.stop[v]) for route in found.routes for v in route]] = True
    return out


def _prize(built: Built, found: Found) -> float:
    return float(earned(built.problem, found).sum())


def _choice(
    built: Built, prizes: Floats, visited: NDArray[np.bool_], nights: int, loss: float
) -> NDArray[np.intp]:
    """Rows of the pool for the nights; a plan comes twice only where the pool is smaller than the nights."""
    p = built.problem
    n, n_stops, n_villages = len(prizes), len(built.stops), len(p.need)
    total = np.bincount(p.village, p.value[:, 0], n_villages)
    live = np.flatnonzero(total > 0)
    per_plan = np.array([np.bincount(p.village, p.value[:, 0] * row, n_villages) for row in visited]).reshape(
        n, -1
    )
    share = per_plan[:, live] / total[live]
    most = float(np.ceil(nights / n))
    # Columns: times each plan is taken, whether each stop is visited, the worst village's coverage.
    columns = n + n_stops + 1
    rows, low, high = [], [], []

    def add(row: Floats, at_least: float, at_most: float) -> None:
        rows.append(row)
        low.append(at_least)
        high.append(at_most)

    unit = np.eye(columns)
    add(unit[:n].sum(axis=0), nights, nights)
    prize_row = np.zeros(columns)
    prize_row[:n] = prizes / max(prizes.max(), 1e-300)
    add(prize_row, nights * (1.0 - loss), np.inf)
    for s in range(n_stops):
        row = -unit[n + s]
        row[:n] = visited[:, s]
        add(row, 0.0, np.inf)
    for v in range(len(live)):
        row = -unit[-1]
        row[:n] = share[:, v] / nights
        add(row, 0.0, np.inf)
    cost = np.zeros(columns)
    cost[n : n + n_stops] = -1.0
    cost[-1] = -0.5 * n_stops
    upper = np.concatenate([np.full(n, most), np.ones(n_stops + 1)])
    kinds = np.concatenate([np.ones(n), np.zeros(n_stops + 1)])
    found = milp(
        cost,
        constraints=LinearConstraint(np.array(rows), np.array(low), np.array(high)),
        bounds=Bounds(np.zeros(columns), upper),
        integrality=kinds,
        options={"time_limit": _MILP_S, "mip_rel_gap": 1e-3},
    )
    if found.x is None:
        # Too few good plans for so many different nights: the best ones, in turn.
        return np.resize(np.argsort(-prizes, kind="stable")[: max(1, nights // 2)], nights)
    return np.repeat(np.arange(n), np.rint(found.x[:n]).astype(np.int64))


def _coverage(built: Built, seen: NDArray[np.bool_]) -> dict[int, float]:
    weight: dict[int, float] = {}
    got: dict[int, float] = {}
    for s, stop in enumerate(built.stops):
        weight[stop.village] = weight.get(stop.village, 0.0) + stop.prize
        got[stop.village] = got.get(stop.village, 0.0) + stop.prize * float(seen[:, s].mean())
    return {key: got[key] / weight[key] for key in sorted(weight) if weight[key] > 0}


def entropy_bits(times_s: Sequence[float], shift: Shift) -> float:
    """Return the entropy of times in bins of 10 minutes of the shift, base 2."""
    if not times_s:
        return 0.0
    bins = np.floor((np.array(times_s) - shift.begin_s) / BIN_S).astype(np.int64)
    share = np.unique(bins, return_counts=True)[1] / len(bins)
    return float(max(0.0, -(share * np.log2(share)).sum()))


def _stop_entropy(plans: Sequence[Plan], stops: Sequence[Stop], shift: Shift) -> float:
    times: dict[str, list[float]] = {}
    for plan in plans:
        for route in plan.routes:
            for visit in route.visits:
                times.setdefault(visit.stop, []).append(visit.start_s)
    weights = [(stop.prize, entropy_bits(times[stop.id], shift)) for stop in stops if stop.id in times]
    total = sum(weight for weight, _ in weights)
    return sum(weight * bits for weight, bits in weights) / total if total > 0 else 0.0
