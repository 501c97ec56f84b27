"""Where one more base or service point helps most: maximal covering and the p-median, with a bound."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp

from gridmap.errors import InvalidInput

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_SAME = 1e-7
_MOST_ROUNDS = 200


@dataclass(frozen=True, slots=True, eq=False)
class Siting:
    """Sites that were chosen, and how good they can be.

    Attributes
    ----------
    sites : (p,) int64
        Rows of the candidates, ascending.
    value : float
        Weight covered in all (covering), or weighted cost (median).
    before : float
        The same without new sites.
    bound : float
        No choice of as many sites can be better: at least `value` for covering, at most `value` for the median.
    gap : float
        Between `value` and `bound`, relative to what sites can change at most; 0 where the choice is proven best.
    optimal : bool
        Whether the choice is proven best.
    conventions : dict
    """

    sites: Ints
    value: float
    before: float
    bound: float
    gap: float
    optimal: bool
    conventions: dict[str, str] = field(default_factory=dict)


def maximal_covering(
    cost: ArrayLike,
    weight: ArrayLike,
    existing: ArrayLike,
    limit: float,
    add: int,
    *,
    time_limit_s: float = 20.0,
) -> Siting:
    """Choose sites so that as much weight as possible lies within a limit of a site, old or new.

    Parameters
    ----------
    cost : (m, n) array_like
        From each candidate to each place; infinite where there is no way.
    weight : (n,) array_like
        Not negative.
    existing : (n,) array_like
        Least cost from the sites that there are to each place; infinite where there are none.
    limit : float
    add : int
        How many sites.
    time_limit_s : float

    Raises
    ------
    InvalidInput
        When shapes differ, a number is missing or negative, or there are fewer candidates than sites.

    References
    ----------
    R. Church, C. ReVelle, *The maximal covering location problem*, Papers of the Regional Science Association 32, 1974.
    """
    cost, weight, existing = _checked(cost, weight, existing, add)
    far = existing > limit
    before = float(weight[~far].sum())
    rows = _in_order((cost[:, far] <= limit) @ weight[far])
    # Places that the same candidates cover are one place.
    covers, which = np.unique((cost[np.ix_(rows, far)] <= limit).T, axis=0, return_inverse=True)
    sums = np.bincount(np.asarray(which).reshape(-1), weights=weight[far], minlength=len(covers))
    used = (sums > 0) & covers.any(axis=1)
    covers, sums = covers[used], sums[used]
    if not len(covers):
        return _told(rows[:add], before, before, before, max(float(weight.sum()), 1.0), _covering_words())
    m, n = len(rows), len(covers)
    matrix = sparse.hstack([-sparse.csr_array(covers.astype(np.float64)), sparse.eye_array(n)], format="csr")
    count = sparse.csr_array(np.r_[np.ones(m), np.zeros(n)].reshape(1, -1))
    found = milp(
        np.r_[np.zeros(m), -sums],
        integrality=np.r_[np.ones(m), np.zeros(n)],
        bounds=Bounds(0, 1),
        constraints=[LinearConstraint(matrix, -np.inf, 0), LinearConstraint(count, add, add)],
        options={"time_limit": time_limit_s, "mip_rel_gap": 0.0},
    )

    def gained(chosen: Ints) -> float:
        return float(sums[covers[:, chosen].any(axis=1)].sum())

    greedy = _greedy(np.asarray(covers.T * sums, dtype=np.float64), add)
    chosen = greedy
    if found.x is not None:
        solved = _largest(found.x[:m], add)
        chosen = solved if gained(solved) >= gained(greedy) else greedy
    bound = min(_upper(found), float(sums.sum()))
    sites = np.sort(rows[chosen])
    value = before + float(weight[far & (cost[sites].min(axis=0) <= limit)].sum())
    return _told(sites, value, before, before + bound, max(float(weight[far].sum()), 1.0), _covering_words())


def p_median(
    cost: ArrayLike,
    weight: ArrayLike,
    existing: ArrayLike,
    add: int,
    *,
    time_limit_s: float = 20.0,
) -> Siting:
    """Choose sites so that the weighted cost from each place's nearest site, old or new, is least.

    Each place's saving is bounded from above by cuts: with the k-th greatest saving s, it is at most
    s + sum of max(0, saving by j - s) over the chosen j. Cuts are added where the present choice breaks one, first to
    the relaxation and then to the whole-numbered program, until the choice that the program finds is worth what the
    program says. The variables are one a candidate and one a place, whatever the number of pairs.

    Parameters
    ----------
    cost : (m, n) array_like
        From each candidate to each place; infinite where there is no way.
    weight : (n,) array_like
        Not negative.
    existing : (n,) array_like
        Least cost from the sites that there are to each place; finite: where there is none yet, what being without
        one is held to cost.
    add : int
    time_limit_s : float

    Raises
    ------
    InvalidInput
        When shapes differ, a number is missing or negative, an existing cost is infinite, or there are fewer candidates
        than sites.

    References
    ----------
    S. L. Hakimi, *Optimum locations of switching centers and the absolute centers and medians of a graph*, Operations
    Research 12, 1964. The cuts: M. Fischetti, I. Ljubić, M. Sinnl, *Redesigning Benders decomposition for large-scale
    facility location*, Management Science 63, 2017.
    """
    cost, weight, existing = _checked(cost, weight, existing, add)
    if not np.isfinite(existing).all():
        raise InvalidInput(
            "siting-existing",
            "现有站点到不了的地点需要一个有限的上限。",
            "Places that no site reaches need a finite cost.",
        )
    before = float(weight @ existing)
    saving = np.maximum(existing - np.minimum(cost, existing), 0.0) * weight
    rows = _in_order(saving.sum(axis=1))
    saving = saving[rows]
    saving = saving[:, saving.max(axis=0, initial=0.0) > 0]
    words = {"objective": "p-median", "ties": "canonical order of candidates", "solver": "HiGHS with cuts"}
    if not saving.size:
        return _told(rows[:add], before, before, before, max(before, 1.0), words)
    chosen, bound = _with_cuts(saving, add, time.monotonic() + time_limit_s)
    sites = np.sort(rows[chosen])
    value = float(weight @ np.minimum(existing, cost[sites].min(axis=0)))
    return _told(sites, value, before, before - bound, max(before, 1.0), words)


def _with_cuts(saving: Floats, add: int, until_s: float) -> tuple[Ints, float]:
    """Return the best choice that was found, and the most that any choice can save."""
    m, n = saving.shape

    def gained(chosen: Ints) -> float:
        return float(saving[chosen].max(axis=0).sum())

    best = _swapped(saving, _greedy(saving, add), until_s)
    bound = float(saving.max(axis=0).sum())
    order = np.argsort(-saving, axis=0, kind="stable")
    ranked = np.take_along_axis(saving, order, axis=0)
    count = LinearConstraint(sparse.csr_array(np.r_[np.ones(m), np.zeros(n)].reshape(1, -1)), add, add)
    # The first cuts close most of the gap, those around a good choice most of the rest.
    levels: list[Floats] = [np.zeros(n), saving[best].max(axis=0)]
    cuts: list[sparse.csr_array] = [_cuts(saving, np.arange(n), level) for level in levels]
    goal = np.r_[np.zeros(m), -np.ones(n)]
    whole = False
    for _ in range(_MOST_ROUNDS):
        left_s = until_s - time.monotonic()
        if left_s <= 0 or bound <= gained(best) * (1 + _SAME):
            break
        found = milp(
            goal,
            integrality=np.r_[np.full(m, float(whole)), np.zeros(n)],
            bounds=Bounds(0, np.r_[np.ones(m), ranked[0]]),
            constraints=[
                count,
                LinearConstraint(sparse.vstack(cuts, format="csr"), -np.inf, np.concatenate(levels)),
            ],
            options={"time_limit": max(left_s, 0.05), "mip_rel_gap": _SAME / 10},
        )
        bound = min(bound, _upper(found))
        if found.x is None:
            break
        x, saved = found.x[:m], found.x[m:]
        choice = _largest(x, add)
        if gained(choice) > gained(best):
            best = choice
        # The cut that is tightest at x takes for s the saving by the candidate at which the shares sum to one.
        shares = np.cumsum(x[order], axis=0)
        critical = np.minimum((shares < 1 - 1e-9).sum(axis=0), m - 1)
        level = ranked[critical, np.arange(n)]
        worth = level + (np.maximum(saving - level, 0.0) * x[:, None]).sum(axis=0)
        broken = np.flatnonzero(saved > worth + _SAME * max(1.0, bound / n))
        if len(broken):
            cuts.append(_cuts(saving, broken, level[broken]))
            levels.append(level[broken])
        elif whole:
            break
        else:
            whole = True
    return best, bound


def _cuts(saving: Floats, places: Ints, level: Floats) -> sparse.csr_array:
    m, n = saving.shape
    more = np.maximum(saving[:, places] - level, 0.0).T
    own = sparse.csr_array((np.ones(len(places)), (np.arange(len(places)), places)), shape=(len(places), n))
    return sparse.csr_array(
        sparse.hstack([-sparse.csr_array(more), own], format="csr"), shape=(len(places), m + n)
    )


def _swapped(saving: Floats, chosen: Ints, until_s: float) -> Ints:
    """Exchange one site for a better one while there is one (M. B. Teitz, P. Bart, Operations Research 16, 1968)."""
    best = np.sort(chosen)
    worth = float(saving[best].max(axis=0).sum())
    better = True
    while better and time.monotonic() < until_s:
        better = False
        for place in range(len(best)):
            others = np.delete(best, place)
            floor = saving[others].max(axis=0) if len(others) else np.zeros(saving.shape[1])
            totals = np.maximum(saving, floor).sum(axis=1)
            totals[others] = -np.inf
            top = int(np.argmax(totals))
            if totals[top] > worth * (1 + 1e-12):
                best, worth, better = np.sort(np.append(others, top)), float(totals[top]), True
                break
    return best


def _greedy(saving: Floats, add: int) -> Ints:
    floor = np.zeros(saving.shape[1])
    chosen: list[int] = []
    for _ in range(add):
        totals = np.maximum(saving, floor).sum(axis=1)
        totals[chosen] = -np.inf
        chosen.append(int(np.argmax(totals)))
        floor = np.maximum(floor, saving[chosen[-1]])
    return np.sort(np.array(chosen, dtype=np.int64))


def _largest(shares: Floats, add: int) -> Ints:
    return np.sort(np.argsort(-np.round(shares, 6), kind="stable")[:add]).astype(np.int64)


def _upper(found: OptimizeResult) -> float:
    """Most that the program can reach: its dual bound where it did not end, its optimum where it did."""
    if found.get("mip_dual_bound") is not None and np.isfinite(found.mip_dual_bound):
        return float(-found.mip_dual_bound)
    return float(-found.fun) if found.status == 0 and found.fun is not None else np.inf


def _in_order(gain: Floats) -> Ints:
    """Put candidates in order of what each gives, so that the answer does not hang on the order of the rows."""
    return np.argsort(-np.round(gain, 9), kind="stable").astype(np.int64)


def _covering_words() -> dict[str, str]:
    return {"objective": "maximal covering", "edge": "at the limit counts as within", "solver": "HiGHS"}


def _told(
    sites: Ints, value: float, before: float, bound: float, scale: float, words: dict[str, str]
) -> Siting:
    gap = abs(bound - value) / scale
    optimal = gap <= 1e-6
    # A bound may not be worse than what was found, which rounding would let it be.
    bound = value if optimal else bound
    return Siting(
        np.sort(sites).astype(np.int64), value, before, bound, 0.0 if optimal else gap, optimal, words
    )


def _checked(
    cost: ArrayLike, weight: ArrayLike, existing: ArrayLike, add: int
) -> tuple[Floats, Floats, Floats]:
    costs = np.asarray(cost, dtype=np.float64)
    weights = np.asarray(weight, dtype=np.float64)
    known = np.asarray(existing, dtype=np.float64)
    if (
        costs.ndim != 2
        or weights.shape != (costs.shape[1],)
        or known.shape != weights.shape
        or not costs.size
    ):
        raise InvalidInput(
            "siting-shape",
            "选址的时间表、户数与现状的行列不一致，或为空。",
            "Costs, weights and what there is differ in shape, or are empty.",
        )
    if np.isnan(costs).any() or (costs < 0).any() or np.isnan(known).any() or (known < 0).any():
        raise InvalidInput("siting-cost", "时间不能为空或为负。", "A cost is missing or negative.")
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise InvalidInput("siting-weight", "户数不能为空或为负。", "A weight is missing or negative.")
    if not 1 <= add <= len(costs):
        raise InvalidInput(
            "siting-count",
            f"新增数应在 1 与候选点数 {len(costs)} 之间。",
            f"Sites to add must be between 1 and the {len(costs)} candidates.",
        )
    return costs, weights, known
