"""Choosing by what a forecast is judged by: hits, on weeks of the past."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from gridmap.analysis._given import numbers_of
from gridmap.analysis.forecast.history import Floats, History
from gridmap.analysis.forecast.models import (
    BLEND,
    COMPARATORS,
    FEWEST_WEEKS,
    HALF_LIVES_WEEKS,
    KERNEL,
    MODELS,
    MULTIPLES,
    RECENT,
    Model,
    Town,
    Widths,
    town_of,
)
from gridmap.errors import InvalidInput

JUDGED_SHARES = (0.01, 0.05)
"""Shares of the area at which PAI is taken."""
JUDGED_WEEKS = 26


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """What is expected next week.

    Attributes
    ----------
    expected : (n,) float array
        Expected incidents of each cell in the week after the last one.
    model : str
        One of `MODELS`, or ``blend``.
    shares : dict
        Share of each model in a blend; 1 for the model itself otherwise.
    comparator : str
        The kind of counting with the most hits on past weeks.
    counted : (n,) float array
        What it expects.
    widths : Widths
        Of counting, chosen on past weeks.
    """

    expected: Floats
    model: str
    shares: dict[str, float]
    comparator: str
    counted: Floats
    widths: Widths


def hits_at(predicted: Floats, actual: Floats, area: Floats, area_share: float) -> float:
    """Incidents in the cells with the densest predictions, up to a share of the area.

    Cells with one and the same predicted density enter together, each with the same fraction, so that the order of
    rows decides nothing; the last cells count with the fraction that fits.

    Parameters
    ----------
    predicted, actual, area : (n,) float arrays
        Expected and true incidents, and area in one unit.
    area_share : float
        Between 0 and 1.

    Returns
    -------
    float
    """
    return float((actual * flagged(predicted, area, area_share)).sum())


def flagged(predicted: Floats, area: Floats, area_share: float) -> Floats:
    """Fraction of each cell that is flagged: 1 for the densest predictions, 0 beyond the share of the area; (n,)."""
    density: Floats = predicted / area
    # Sums of the same numbers in another order differ in their last digits, and are ties all the same.
    density = np.round(density / (float(density.max()) or 1.0), 12)
    order = np.argsort(-density, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(density[order]) != 0])
    areas = np.add.reduceat(area[order], starts)
    left = area_share * area.sum() - np.concatenate([[0.0], np.cumsum(areas)[:-1]])
    sizes = np.diff(np.r_[starts, len(order)])
    out = np.empty(len(order))
    out[order] = np.repeat(np.clip(left / areas, 0.0, 1.0), sizes)
    return out


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """What past weeks chose.

    Attributes
    ----------
    widths : Widths
        Of counting.
    shares : dict
        Of the models in the blend, equal among those that are in it.
    comparator : str
        The kind of counting with the most hits.
    """

    widths: Widths
    shares: dict[str, float]
    comparator: str


def choose(town: Town, area: Floats, weeks: range, judged_at: tuple[float, ...] = JUDGED_SHARES) -> Choice:
    """Choose half-lives, bandwidth, blend and comparator by their hits in weeks of the past.

    Each week is predicted from what had been reported before it. The measure is the mean of PAI at the shares of the
    area; of equal ones the plainer is taken, so that with nothing to tell them apart the half-life is 26 weeks.

    Parameters
    ----------
    town : Town
    area : (n,) float array
    weeks : range
        Weeks that judge; none of them may be one on which the choice is scored later.
    judged_at : tuple of float
        Shares of the area.
    """
    actual = town.history.known(weeks.stop)

    def pai(predicted: Mapping[int, Floats]) -> float:
        return sum(
            hits_at(predicted[week], actual[:, week], area, share) / share
            for week in weeks
            for share in judged_at
        )

    def best(model: Model, options: list[Widths]) -> Widths:
        return max(options, key=lambda widths: _rounded(pai(_by_week(town, model, weeks, widths))))

    halved = best(MODELS[RECENT], [Widths(half_life=weeks) for weeks in HALF_LIVES_WEEKS])
    spread = best(
        MODELS[KERNEL],
        [Widths(kernel_half_life=weeks, multiple=m) for m in MULTIPLES for weeks in HALF_LIVES_WEEKS],
    )
    widths = replace(spread, half_life=halved.half_life)
    predicted = {name: _by_week(town, model, weeks, widths) for name, model in MODELS.items()}
    comparator = max(COMPARATORS, key=lambda name: _rounded(pai(predicted[name])))
    sets = [names for size in range(1, len(MODELS) + 1) for names in combinations(MODELS, size)]
    chosen = max(sets, key=lambda names: _rounded(pai(_mean(predicted, names, weeks))))
    return Choice(widths, {name: round((name in chosen) / len(chosen), 6) for name in MODELS}, comparator)


def _rounded(value: float) -> float:
    # The order of rows moves the last digits of a sum, and must not decide.
    return round(value, 6)


def _by_week(town: Town, model: Model, weeks: range, widths: Widths) -> dict[int, Floats]:
    return {week: model(town, week, widths) for week in weeks}


def _mean(
    predicted: Mapping[str, Mapping[int, Floats]], names: tuple[str, ...], weeks: range
) -> dict[int, Floats]:
    return {week: np.mean([predicted[name][week] for name in names], axis=0) for week in weeks}


def blended(predicted: Mapping[str, Floats], shares: Mapping[str, float]) -> Floats:
    """Mean of predictions by their shares."""
    parts = [share * predicted[name] for name, share in shares.items() if share > 0]
    return np.asarray(np.sum(parts, axis=0), dtype=np.float64)


def predict(
    cube: ArrayLike | History,
    xy: ArrayLike,
    *,
    area: ArrayLike | None = None,
    model: str = BLEND,
    bandwidth_m: float | None = None,
) -> Forecast:
    """Predict the incidents of each cell in the week after the last one.

    Parameters
    ----------
    cube : (n, T) array_like or History
        Weekly counts, oldest first.
    xy : (n, 2) array_like
        Centres of the cells, planar.
    area : (n,) array_like, optional
        Area of each cell; equal ones by default.
    model : str
        ``count``, ``recent``, ``kernel``, ``regression``, or ``blend``: the mean of those of the four that together
        had the most hits in the last 26 weeks (those after the first twelve, where there are fewer), each predicted
        from what had been reported before it.
    bandwidth_m : float, optional
        Of the kernel around a cell, in the unit of `xy`; the median distance to the nearest centre by default.

    Raises
    ------
    InvalidInput
        When there are fewer than twelve weeks, a count is negative, or the model is not known.

    References
    ----------
    Bowers, Johnson and Pease (2004), Prospective hot-spotting, British Journal of Criminology 44.
    """
    town = town_of(cube, xy, bandwidth_m)
    if model != BLEND and model not in MODELS:
        names = ", ".join([*MODELS, BLEND])
        raise InvalidInput(
            "forecast-model", f"没有模型 {model}，可用：{names}。", f"There is no model {model}: {names}."
        )
    last = town.history.weeks
    areas = np.ones(town.history.cells) if area is None else checked_area(area, town.history.cells)
    chosen = choose(town, areas, range(max(last - JUDGED_WEEKS, min(FEWEST_WEEKS, last // 2)), last))
    shares = chosen.shares if model == BLEND else {model: 1.0}
    wanted = {name for name, share in shares.items() if share > 0} | {chosen.comparator}
    predicted = {name: MODELS[name](town, last, chosen.widths) for name in MODELS if name in wanted}
    return Forecast(
        blended(predicted, shares),
        model,
        shares,
        chosen.comparator,
        predicted[chosen.comparator],
        chosen.widths,
    )


def checked_area(area: ArrayLike, cells: int) -> Floats:
    """Check the areas of cells.

    Raises
    ------
    InvalidInput
        When there are more or fewer of them than cells, or one is not positive.
    """
    areas = numbers_of(area, "面积", "Areas")
    if areas.shape != (cells,) or not np.isfinite(areas).all() or (areas <= 0).any():
        raise InvalidInput("area-positive", "每个单元的面积应为正数。", "Each cell needs a positive area.")
    return areas
