"""Rates of small places: smoothing by empirical Bayes, and the people who are really there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse, special

from gridmap.analysis._given import numbers_of, real_of
from gridmap.errors import InvalidInput

Floats: TypeAlias = NDArray[np.float64]
METHODS = ("global", "local", "gamma-poisson", "beta-binomial")


@dataclass(frozen=True, slots=True, eq=False)
class EmpiricalBayes:
    """Smoothed rates.

    Attributes
    ----------
    rate : ndarray of float64, shape (n,)
        Events per person, drawn towards the mean the more the smaller the population.
    lower, upper : ndarray of float64, shape (n,)
        Limits of the interval.
    a, b : float or ndarray of float64, shape (n,)
        Variance and mean of the true rates; one for each cell when the method is local.
    conventions : dict of str to str
        Every choice that changes the numbers, by name.
    """

    rate: Floats
    lower: Floats
    upper: Floats
    a: float | Floats
    b: float | Floats
    conventions: dict[str, str]


def empirical_bayes(
    events: ArrayLike,
    population: ArrayLike,
    *,
    weights: sparse.csr_array | None = None,
    method: str = "global",
    level: float = 0.95,
) -> EmpiricalBayes:
    """Smooth rates towards the mean of all cells, or of the neighbourhood.

    Parameters
    ----------
    events : array_like of float, shape (n,)
        Counts.
    population : array_like of float, shape (n,)
        People present; positive. For "beta-binomial" the cases (households, persons) of which the events are a part.
    weights : csr_array, shape (n, n), optional
        Who is whose neighbour, for the local method; each cell belongs to its own neighbourhood.
    method : {"global", "local", "gamma-poisson", "beta-binomial"}
        Marshall's estimators with normal intervals, or the posterior of a gamma-Poisson model with the same two moments
        and with its quantiles. The rates of "global" and "gamma-poisson" are the same. "beta-binomial" is for shares,
        which may be near 1: Kleinman's moments, and the posterior of a beta distribution with its quantiles.
    level : float
        Probability of the interval.

    Returns
    -------
    EmpiricalBayes
        Where no variance is left beyond chance, a is 0 and every rate is the mean; the intervals of the gamma-Poisson
        and beta-binomial methods are then that of the common rate.

    Raises
    ------
    InvalidInput
        When an input is not finite, a population is not positive, an event count is negative, or weights are missing;
        when a part is greater than its whole (beta-binomial).

    References
    ----------
    R. J. Marshall, *Mapping disease and mortality rates using empirical Bayes estimators*, Applied Statistics 40, 1991.
    J. C. Kleinman, *Proportions with extraneous variance: single and independent samples*, JASA 68, 1973.
    """
    if method not in METHODS:
        raise InvalidInput(
            "option-unknown",
            f"参数 method 不能为“{method}”，可选：{', '.join(METHODS)}。",
            f'method cannot be "{method}"; choose one of {", ".join(METHODS)}.',
        )
    if not 0 < real_of(level, "置信水平", "The level") < 1:
        raise InvalidInput("level-range", "置信水平应在 0 与 1 之间。", "The level must lie between 0 and 1.")
    y, people = _checked(events, population)
    conventions = {"method": method, "level": f"{level:g}", "moments": "Marshall 1991", "interval": "normal"}
    if method == "beta-binomial":
        return _beta_binomial(y, people, level, conventions)
    if method == "local":
        a, b, held = _local_moments(y, people, weights)
        rate, lower, upper = _marshall(y, people, held, a, b, level)
        return EmpiricalBayes(rate, lower, upper, a, b, conventions)
    a_all, b_all = _moments(y, people)
    rate, lower, upper = _marshall(y, people, _total(people), a_all, b_all, level)
    if method == "gamma-poisson":
        conventions["interval"] = "gamma quantiles"
        if a_all > 0:
            shape, inverse_scale = b_all**2 / a_all + y, b_all / a_all + people
        else:
            # All cells share one rate: its own posterior under Jeffreys' prior.
            shape = np.full(len(y), float(np.sum(y)) + 0.5)
            inverse_scale = np.full(len(y), float(np.sum(people)))
        lower = special.gammaincinv(shape, (1 - level) / 2) / inverse_scale
        upper = special.gammainccinv(shape, (1 - level) / 2) / inverse_scale
    return EmpiricalBayes(rate, lower, upper, a_all, b_all, conventions)


def standardised_rates(events: ArrayLike, population: ArrayLike) -> Floats:
    """Rates less their mean, over the standard deviation that the population makes likely.

    Parameters
    ----------
    events, population : array_like of float, shape (n,)
        As for `empirical_bayes`.

    Returns
    -------
    ndarray of float64, shape (n,)
        The EB index; all 0 where there are no events.

    Raises
    ------
    InvalidInput
        As for `empirical_bayes`.

    References
    ----------
    R. M. Assuncao and E. A. Reis, *A new proposal to adjust Moran's I for population density*, Statistics in Medicine
    18, 1999.
    """
    y, people = _checked(events, population)
    rate = y / people
    b = _total(y) / _total(people)
    spread = _total(people * (rate - b) ** 2) / _total(people) - b / float(np.mean(np.sort(people)))
    variance = spread + b / people
    variance = np.where(variance > 0, variance, b / people)
    index: Floats = np.divide(rate - b, np.sqrt(variance), out=np.zeros(len(y)), where=variance > 0)
    return index


def exposure(residents: ArrayLike, head_counts: ArrayLike, presence_share: ArrayLike) -> Floats:
    """People who are there: residents, and temporary residents for the share of the time that they are present.

    Parameters
    ----------
    residents : array_like of float, shape (n,)
        Registered residents of each cell.
    head_counts : array_like of float, shape (n,)
        Temporary residents, as head-counts of the sites in the cell.
    presence_share : array_like of float, shape () or (n,)
        Share of the time that they are there, 0 to 1.

    Returns
    -------
    ndarray of float64, shape (n,)

    Raises
    ------
    InvalidInput
        When a number is missing or negative, or a share lies outside 0 to 1.
    """
    settled = numbers_of(residents, "常住人口", "Residents")
    temporary = numbers_of(head_counts, "流动人口", "Head-counts")
    share = numbers_of(presence_share, "在场比例", "Presence shares")
    if settled.ndim != 1 or temporary.shape != settled.shape or share.shape not in {(), settled.shape}:
        raise InvalidInput(
            "exposure-shape",
            "常住人口、流动人口和在场比例的长度应一致。",
            "Residents, head-counts and presence shares must have the same length.",
        )
    if not (np.isfinite(settled) & np.isfinite(temporary) & (settled >= 0) & (temporary >= 0)).all():
        raise InvalidInput(
            "head-count-invalid",
            "人数应为非负数，不得缺失。",
            "Numbers of people must be known and not negative.",
        )
    if not ((share >= 0) & (share <= 1)).all():
        raise InvalidInput(
            "presence-share-range", "在场比例应在 0 到 1 之间。", "Presence shares must lie between 0 and 1."
        )
    return settled + temporary * share


def rank_changes(
    events: ArrayLike,
    residents: ArrayLike,
    present: ArrayLike,
    *,
    names: ArrayLike | None = None,
    smoothed: bool = False,
    per: float = 1000.0,
) -> pd.DataFrame:
    """Cells whose place in the table of rates changes when everybody present is counted.

    Parameters
    ----------
    events : array_like of float, shape (n,)
        Counts.
    residents : array_like of float, shape (n,)
        Registered residents; 0 is allowed, and ranks last.
    present : array_like of float, shape (n,)
        Everybody present, of `exposure`; positive where there are residents.
    names : array_like, shape (n,), optional
        What to call the cells; their row numbers without it.
    smoothed : bool
        Whether rates are smoothed by the global empirical Bayes method (then every number of people must be positive).
    per : float
        Rates are events per so many people.

    Returns
    -------
    DataFrame
        Columns ``name``, ``events``, ``residents``, ``present``, ``rate_residents``, ``rate_present``,
        ``rank_residents``, ``rank_present`` (1 is the highest rate; equal rates share the better rank) and ``change``
        (positive: the cell ranks higher, worse, than on residents alone), the greatest changes first.

    Raises
    ------
    InvalidInput
        When shapes differ or a number is missing or negative.
    """
    y = numbers_of(events, "事件数", "Events")
    settled, there = (
        numbers_of(residents, "常住人口", "Residents"),
        numbers_of(present, "在场人数", "Numbers of people"),
    )
    label = np.arange(len(y)) if names is None else np.asarray(names)
    if y.ndim != 1 or not y.shape == settled.shape == there.shape == label.shape:
        raise InvalidInput(
            "rates-shape",
            "事件数与人数的长度应一致。",
            "Events and numbers of people must have the same length.",
        )
    if not all(bool((np.isfinite(of) & (of >= 0)).all()) for of in (y, settled, there)):
        raise InvalidInput(
            "rates-invalid",
            "事件数与人数应为非负数，不得缺失。",
            "Events and people must be known and not negative.",
        )

    def rate_of(people: Floats) -> Floats:
        if smoothed:
            return empirical_bayes(y, people).rate * per
        rate: Floats = np.divide(y * per, people, out=np.full(len(y), np.nan), where=people > 0)
        return rate

    table = pd.DataFrame({"name": label, "events": y, "residents": settled, "present": there})
    table["rate_residents"], table["rate_present"] = rate_of(settled), rate_of(there)
    for of in ("residents", "present"):
        # Rounding keeps rates apart that differ, and together that are equal.
        rounded = pd.Series(np.array([float(f"{rate:.12g}") for rate in table[f"rate_{of}"]]))
        table[f"rank_{of}"] = rounded.rank(method="min", ascending=False, na_option="bottom").astype(int)
    table["change"] = table["rank_residents"] - table["rank_present"]
    changed = table[table["change"] != 0]
    order = np.lexsort((changed["name"].astype(str), changed["rank_present"], -changed["change"].abs()))
    return changed.iloc[order].reset_index(drop=True)


def _checked(events: ArrayLike, population: ArrayLike) -> tuple[Floats, Floats]:
    y, people = numbers_of(events, "事件数", "Events"), numbers_of(population, "人数", "Numbers of people")
    if y.ndim != 1 or len(y) == 0 or y.shape != people.shape:
        raise InvalidInput(
            "rates-shape",
            "事件数与人数的长度应一致且不为空。",
            "Events and population must have one length, not 0.",
        )
    if not (np.isfinite(y) & (y >= 0)).all():
        raise InvalidInput(
            "events-invalid", "事件数应为非负数，不得缺失。", "Events must be known and not negative."
        )
    if not (np.isfinite(people) & (people > 0)).all():
        row = int(np.flatnonzero(~(np.isfinite(people) & (people > 0)))[0])
        raise InvalidInput(
            "population-not-positive",
            f"第 {row + 1} 行的人数不是正数，请补充人数或合并单元。",
            f"The population of row {row + 1} is not positive; add head-counts or merge cells.",
        )
    return y, people


def _total(of: Floats) -> float:
    # In ascending order, so that the order of the rows cannot change the last digit.
    return float(np.sum(np.sort(of)))


def _moments(y: Floats, people: Floats) -> tuple[float, float]:
    b = _total(y) / _total(people)
    spread = _total(people * (y / people - b) ** 2) / _total(people)
    return max(spread - b / float(np.mean(np.sort(people))), 0.0), b


def _beta_binomial(y: Floats, whole: Floats, level: float, conventions: dict[str, str]) -> EmpiricalBayes:
    if (y > whole).any():
        row = int(np.flatnonzero(y > whole)[0])
        raise InvalidInput(
            "part-above-whole",
            f"第 {row + 1} 行的部分（{y[row]:g}）大于总数（{whole[row]:g}）。"
            "beta-binomial 用于比例；每人可有多件的请用 gamma-poisson。",
            f"In row {row + 1} the part ({y[row]:g}) is greater than the whole ({whole[row]:g}): beta-binomial is for "
            "shares; for events of which a person may have several use gamma-poisson.",
        )
    b = _total(y) / _total(whole)
    alike = _intra_class(y, whole, b)
    if 0 < alike < 1:
        prior = (1 - alike) / alike
        first, second = b * prior + y, (1 - b) * prior + whole - y
        rate = first / (first + second)
    elif alike >= 1:
        # Every share is 0 or 1: nothing of the others is borrowed.
        first, second, rate = y + 0.5, whole - y + 0.5, y / whole
    else:
        first = np.full(len(y), _total(y) + 0.5)
        second = np.full(len(y), _total(whole) - _total(y) + 0.5)
        rate = np.full(len(y), b)
    lower = special.betaincinv(first, second, (1 - level) / 2)
    upper = special.betainccinv(first, second, (1 - level) / 2)
    told = conventions | {"moments": "Kleinman 1973", "interval": "beta quantiles"}
    # Where all or none are counted the quantiles of Jeffreys' posterior stop just short of the share itself.
    return EmpiricalBayes(
        rate, np.minimum(lower, rate), np.maximum(upper, rate), alike * b * (1 - b), b, told
    )


def _intra_class(y: Floats, whole: Floats, b: float) -> float:
    """Correlation of two of a place, 0 to 1, by Kleinman's moments weighted by the wholes; 0 where nothing tells it."""
    chance, places, n = b * (1 - b), len(y), _total(whole)
    spread = _total(whole * (y / whole - b) ** 2)
    told = n - _total(whole**2) / n - (places - 1)
    if chance <= 0 or told <= 1e-9 * n:
        return 0.0
    return float(np.clip((spread - chance * (places - 1)) / (chance * told), 0.0, 1.0))


def _local_moments(
    y: Floats, people: Floats, weights: sparse.csr_array | None
) -> tuple[Floats, Floats, Floats]:
    n = len(y)
    if weights is None or not sparse.issparse(weights) or weights.shape != (n, n):
        raise InvalidInput(
            "weights-shape",
            f"局部方法需要 {n}×{n} 的权重。",
            f"The local method needs weights of {n} by {n}.",
        )
    near = sparse.csr_array(weights, dtype=np.float64, copy=True)
    near.data[:] = (near.data != 0).astype(float)
    near = sparse.csr_array(near - sparse.diags_array(near.diagonal()) + sparse.eye_array(n))
    held = near @ people
    b = (near @ y) / held
    rate = y / people
    # Sum of people * (rate - b)^2 over the neighbourhood, multiplied out.
    squares = near @ (people * rate**2) - 2 * b * (near @ y) + b**2 * held
    return np.maximum(squares / held - b * np.asarray(near.sum(axis=1)).ravel() / held, 0.0), b, held


def _marshall(
    y: Floats, people: Floats, held: float | Floats, a: float | Floats, b: float | Floats, level: float
) -> tuple[Floats, Floats, Floats]:
    of_chance = np.asarray(b / people)
    trust = np.divide(a, a + of_chance, out=np.zeros(len(y)), where=of_chance > 0)
    rate = b + trust * (y / people - b)
    # What is left of the cell's own variance, and the sampling variance of the mean that it is drawn towards.
    variance = trust * of_chance + (1.0 - trust) ** 2 * b / held
    half = special.ndtri(0.5 + level / 2) * np.sqrt(variance)
    return rate, np.maximum(rate - half, 0.0), rate + half
