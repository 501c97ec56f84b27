"""Scan statistics: where, and when, there are more cases than chance puts there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridmap.analysis._given import Rng, generator_of, whole_of
from gridmap.analysis.dispersion import dispersion_of
from gridmap.analysis.scan._input import (
    Draw,
    Places,
    checked_counts,
    checked_points,
    checked_population,
    gamma_poisson_draws,
    label_draws,
    poisson_draws,
    refuse,
    refuse_cases_without_people,
    time_draws,
)
from gridmap.analysis.scan._search import Options, ScanResult, Search

_LEAST_DISPERSION = 1e-9


def spatial(
    xy: ArrayLike,
    cases: ArrayLike,
    population: ArrayLike,
    model: str = "poisson",
    shape: str = "circle",
    max_population: float = 0.5,
    permutations: int = 999,
    rng: Rng = None,
    *,
    min_cases: int = 2,
    side: str = "high",
    most: int = 20,
    ids: ArrayLike | None = None,
    ratios: tuple[float, ...] | None = None,
    penalty: float = 0.0,
    max_radius: float | None = None,
    null: str = "poisson",
    on_progress: Callable[[int, int], None] | None = None,
) -> ScanResult:
    """Scan space for clusters (Kulldorff 1997).

    Parameters
    ----------
    xy : array_like of float, shape (n, 2)
        Planar coordinates in any unit.
    cases : array_like of int, shape (n,)
    population : array_like of float, shape (n,)
        People (or any exposure) at each location; for ``bernoulli`` cases plus controls.
    model : {"poisson", "bernoulli", "permutation"}
        ``poisson``: cases in proportion to the population, given their total. ``bernoulli``: each of the population is
        a case or not. ``permutation``: the Poisson ratio, with case labels shuffled among the people.
    shape : {"circle", "ellipse"}
    max_population : float
        Largest share of the population in a window, above 0 and up to 1.
    permutations : int
        Replications under the null hypothesis.
    rng : numpy.random.Generator or int, optional
        Without one, a generator seeded with 0.
    min_cases : int
        Fewest cases of a cluster with a high rate.
    side : {"high", "low", "both"}
        High rates, low rates, or both.
    most : int
        Most clusters to return.
    ids : array_like, shape (n,), optional
        Order members that are equally far; the row number without them.
    ratios : tuple of float, optional
        Ratios of the ellipses' axes; 1, 1.5, 2, 3, 4 and 5 by default, in 1, 4, 6, 9, 12 and 15 directions.
    max_radius : float, optional
        Largest radius of a window, of an ellipse its shorter semi-axis, in the unit of `xy`.
    penalty : float
        Power of the penalty 4s/(s + 1)^2 on ellipses of ratio s; 0 for none.
    null : {"poisson", "fitted"}
        Of the replications of the Poisson model. ``fitted``: rates of places vary by themselves, as much as they are
        found to (gamma-Poisson): with ``poisson`` such places alone make most maps have a "cluster". The ratios are the
        same.
    on_progress : callable, optional
        Called with how many centres are done, and of how many, while replications are scanned.

    Returns
    -------
    ScanResult

    Raises
    ------
    InvalidInput
        When an array has the wrong shape or holds values that are missing, negative or not whole, when there are no
        cases, or when an option does not exist.

    References
    ----------
    M. Kulldorff, *A spatial scan statistic*, Communications in Statistics - Theory and Methods 26, 1997.
    M. Kulldorff, L. Huang, L. Pickle, L. Duczmal, *An elliptic spatial scan statistic*, Statistics in Medicine 25,
    2006.
    A. Abrams, K. Kleinman, M. Kulldorff, *Gumbel based p-value approximations for spatial scan statistics*,
    International Journal of Health Geographics 9, 2010.
    """
    if model not in ("poisson", "bernoulli", "permutation"):
        raise _no_model(model, "poisson, bernoulli, permutation")
    points = checked_points(xy)
    counts = checked_counts(cases, len(points), two_dimensional=False)
    labels = model != "poisson"
    people = checked_population(population, counts.shape, whole=labels)
    places = Places.merge(points, counts, people)
    refuse_cases_without_people(places, labels=labels)
    total = int(counts.sum())
    expected = places.population * (total / places.population.sum())
    generator = generator_of(rng)
    draw, told = (
        (label_draws(places.population[:, 0], total, generator), {})
        if labels
        else _replications(null, places, expected, generator)
    )
    options = Options(max_population, permutations, min_cases, side, most, shape, ratios, penalty, max_radius)
    search = Search(
        places, expected, int(people.sum()) if model == "bernoulli" else 0, np.zeros(1, np.int64), options
    )
    found = search.run(draw, ranks_of(ids, len(points)), on_progress)
    timeless = tuple(replace(cluster, start=None, end=None) for cluster in found.clusters)
    return replace(found, clusters=timeless, conventions=found.conventions | {"model": model} | told)


def space_time(
    xy: ArrayLike,
    cases: ArrayLike,
    population: ArrayLike | None = None,
    *,
    model: str = "poisson",
    max_population: float = 0.5,
    max_duration: int | None = None,
    max_radius: float | None = None,
    prospective: bool = False,
    reaching: int | None = None,
    permutations: int = 999,
    rng: Rng = None,
    min_cases: int = 2,
    side: str = "high",
    most: int = 20,
    ids: ArrayLike | None = None,
    null: str = "poisson",
    on_progress: Callable[[int, int], None] | None = None,
) -> ScanResult:
    """Scan cylinders: circles in space times intervals of steps.

    Parameters
    ----------
    xy : array_like of float, shape (n, 2)
        Planar coordinates in any unit.
    cases : array_like of int, shape (n, T)
        Cases at each location in each of T steps of equal length, in order of time.
    population : array_like of float, shape (n,) or (n, T), optional
        Exposure; needed by ``poisson``, and not used by ``permutation``.
    model : {"poisson", "permutation"}
        ``permutation``: only cases are known; times are shuffled among them (Kulldorff et al. 2005).
    max_population : float
        Largest share of the population (of the cases, for ``permutation``) in a window.
    max_radius : float, optional
        Largest radius of a cylinder, in the unit of `xy`.
    max_duration : int, optional
        Most steps of a window; half of T by default, and at least one.
    prospective : bool
        Look only at windows that reach the last step.
    reaching : int, optional
        Look only at windows that end in this step or a later one, counted from 0; all by default.
    permutations, rng, min_cases, side, most, ids, null, on_progress
        As for :func:`spatial`; ``fitted`` rates vary from place to place and stay the same at all steps.

    Returns
    -------
    ScanResult

    Raises
    ------
    InvalidInput
        As for :func:`spatial`, and when a duration does not fit the steps.

    References
    ----------
    M. Kulldorff, *Prospective time periodic geographical disease surveillance using a scan statistic*, Journal of the
    Royal Statistical Society A 164, 2001.
    M. Kulldorff, R. Heffernan, J. Hartman, R. Assuncao, F. Mostashari, *A space-time permutation scan statistic for
    disease outbreak detection*, PLoS Medicine 2, 2005.
    """
    if model not in ("poisson", "permutation"):
        raise _no_model(model, "poisson, permutation")
    points = checked_points(xy)
    counts = checked_counts(cases, len(points), two_dimensional=True)
    steps = counts.shape[1]
    longest = (
        max(1, steps // 2)
        if max_duration is None
        else whole_of(max_duration, "最长时段", "The longest duration")
    )
    if not 1 <= longest <= steps:
        raise refuse(
            "duration", f"最长时段须在 1 到 {steps} 步之间。", f"The longest duration is 1 to {steps} steps."
        )
    if population is None and model == "poisson":
        raise refuse(
            "population-missing",
            "poisson 模型需要人口；没有人口时请用 permutation 模型。",
            "The poisson model needs a population; without one use the permutation model.",
        )
    total = int(counts.sum())
    generator = generator_of(rng)
    told: dict[str, str] = {}
    if model == "permutation" or population is None:
        places = Places.merge(points, counts, counts.astype(np.float64))
        expected = places.cases.sum(axis=1)[:, None] * (places.cases.sum(axis=0)[None, :] / total)
        draw = time_draws(places.cases, generator)
    else:
        people = checked_population(population, (len(points), steps), whole=False)
        places = Places.merge(points, counts, people)
        refuse_cases_without_people(places, labels=False)
        expected = places.population * (total / places.population.sum())
        draw, told = _replications(null, places, expected, generator)
    reached = _reached(reaching, steps, prospective=prospective)
    length = np.arange(steps)[None, :] - np.arange(steps)[:, None] + 1
    wanted = (length >= 1) & (length <= longest)
    wanted[:, :reached] = False
    first, last = np.nonzero(wanted)
    shortest_first = np.lexsort((first, last - first))
    options = Options(max_population, permutations, min_cases, side, most, "circle", None, 0.0, max_radius)
    search = Search(places, expected, 0, first[shortest_first], options, last[shortest_first])
    found = search.run(draw, ranks_of(ids, len(points)), on_progress)
    if model == "permutation":
        found = replace(found, clusters=tuple(replace(c, population=float("nan")) for c in found.clusters))
    return replace(
        found,
        conventions=found.conventions
        | {
            "model": f"space-time {model}",
            "windows": _windows(reached, steps, prospective=prospective),
            "max_duration": f"{longest} steps",
        }
        | told,
    )


def _reached(reaching: int | None, steps: int, *, prospective: bool) -> int:
    """Return the step in which windows end at the earliest."""
    if prospective:
        return steps - 1
    if reaching is None:
        return 0
    reached = whole_of(reaching, "最早止于", "The step that is reached")
    if not 0 <= reached < steps:
        raise refuse(
            "reaching",
            f"最早止于的时间片须在 0 到 {steps - 1} 之间。",
            f"The step that is reached is 0 to {steps - 1}.",
        )
    return reached


def _windows(reached: int, steps: int, *, prospective: bool) -> str:
    if prospective:
        return "prospective"
    return f"those that end in the last {steps - reached} of {steps} steps" if reached else "retrospective"


def _replications(
    null: str, places: Places, expected: NDArray[np.float64], generator: np.random.Generator
) -> tuple[Draw, dict[str, str]]:
    """Return how the Poisson model's replications are drawn, and the conventions of that."""
    if null not in ("poisson", "fitted"):
        raise refuse(
            "null",
            f"扫描的零假设“{null}”不存在，请用 poisson 或 fitted。",
            f"There is no null {null!r}; use poisson or fitted.",
        )
    total = int(places.cases.sum())
    if null == "poisson":
        return poisson_draws(expected, total, generator), {}
    share = expected.sum(axis=1) / expected.sum()
    dispersion, _ = dispersion_of(places.cases.sum(axis=1).astype(np.float64), total, share)
    told = {
        "null": "Monte Carlo, given the total, with rates of places as dispersed as fitted (gamma-Poisson)",
        "dispersion": f"{dispersion:.6g}",
    }
    if dispersion <= _LEAST_DISPERSION:
        return poisson_draws(expected, total, generator), told
    return gamma_poisson_draws(expected, total, dispersion, generator), told


def _no_model(model: str, known: str) -> Exception:
    return refuse(
        "model", f"扫描模型“{model}”不存在，请用 {known}。", f"There is no model {model!r}; use {known}."
    )


def ranks_of(ids: ArrayLike | None, rows: int) -> NDArray[np.int64]:
    """Return the order of rows by their ids, or their numbers without any; InvalidInput where ids have no order."""
    if ids is None:
        return np.arange(rows)
    names = np.asarray(ids)
    if names.shape != (rows,):
        raise refuse("ids-shape", "编号须与地点一一对应。", "Give one id for each location.")
    try:
        return np.unique(names, return_inverse=True)[1].astype(np.int64)
    except TypeError:
        raise refuse(
            "ids-order",
            "编号须同为数字或同为文字，且不缺失。",
            "Ids must all be numbers, or all text, none missing.",
        ) from None
