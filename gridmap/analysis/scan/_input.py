"""Input of the scan statistics, checked and brought into an order of its own; and counts as chance would have them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridmap.analysis._given import numbers_of
from gridmap.errors import InvalidInput

# Counts travel as int32, and the draws of a hypergeometric table end at 1e9.
MOST_CASES = 1 << 30
MOST_PEOPLE = 999_999_999
_FARTHEST = 1e100

Draw = Callable[[int], NDArray[np.int64]]


def refuse(code: str, zh: str, en: str) -> InvalidInput:
    """Error of a scan that cannot be run as asked."""
    return InvalidInput(f"scan-{code}", zh, en)


def checked_points(xy: ArrayLike) -> NDArray[np.float64]:
    """Finite coordinates of shape (n, 2), or InvalidInput."""
    points = numbers_of(xy, "坐标", "Coordinates")
    if points.ndim != 2 or points.shape[1] != 2 or len(points) == 0:
        raise refuse(
            "points-shape", "坐标数组应为 n×2，且不为空。", "Coordinates must have the shape (n, 2), n > 0."
        )
    if not np.isfinite(points).all():
        raise refuse(
            "coordinate-not-finite",
            "坐标含有空值或无穷大，请先清理。",
            "A coordinate is not finite; clean it first.",
        )
    if np.abs(points).max() > _FARTHEST:
        raise refuse(
            "coordinate-too-great",
            "坐标数值过大，无法计算距离。",
            "A coordinate is too great to measure distances with.",
        )
    # Negative zero would be a place of its own.
    return points + 0.0


def checked_counts(values: ArrayLike, rows: int, *, two_dimensional: bool) -> NDArray[np.int64]:
    """Whole counts of shape (n, T), or InvalidInput."""
    counts = numbers_of(values, "事件数", "Cases")
    if counts.ndim != 1 + two_dimensional or len(counts) != rows or counts.size == 0:
        raise refuse(
            "cases-shape",
            f"事件数应为每个地点一{'行，每个时段一列' if two_dimensional else '个'}（共 {rows} 个地点）。",
            f"Give cases for each of the {rows} locations{', one column a step' if two_dimensional else ''}.",
        )
    if not np.isfinite(counts).all() or (counts < 0).any() or (counts != np.rint(counts)).any():
        raise refuse(
            "cases-not-counts",
            "事件数须为非负整数；请先取整或去掉空值。",
            "Cases must be whole numbers of at least 0; round them or drop missing ones first.",
        )
    if counts.sum() > MOST_CASES:
        raise refuse(
            "too-many-cases",
            "事件总数过多，请缩短时段。",
            "There are too many cases to scan; shorten the period.",
        )
    if counts.sum() == 0:
        raise refuse(
            "no-cases", "所选范围内没有事件，请放宽条件。", "There is no case to scan; widen the selection."
        )
    return counts.astype(np.int64).reshape(rows, -1)


def checked_population(values: ArrayLike, shape: tuple[int, int], *, whole: bool) -> NDArray[np.float64]:
    """Return the population of shape (n, T), or raise InvalidInput; a column is repeated for every step."""
    people = numbers_of(values, "人口", "Populations")
    if people.ndim == 1 and len(people) == shape[0]:
        people = np.repeat(people[:, None], shape[1], axis=1)
    if people.shape != shape:
        raise refuse(
            "population-shape",
            "人口数组的形状须与事件数一致（每个地点一个，或每个地点每个时段一个）。",
            "The population must have one value for each location, or one for each location and step.",
        )
    if not np.isfinite(people).all() or (people < 0).any():
        raise refuse(
            "population-invalid",
            "人口须为非负数；请补全空值。",
            "Populations must be numbers of at least 0; fill in missing ones.",
        )
    if people.sum() <= 0:
        raise refuse(
            "population-zero", "人口总数为零，请补全人口。", "Nobody is present; fill in populations."
        )
    if whole and ((people != np.rint(people)).any() or people.sum() > MOST_PEOPLE):
        raise refuse(
            "population-not-whole",
            "该模型的人口须为整数，总数不超过 999999999；否则请改用 poisson 模型。",
            "This model needs whole populations that sum to at most 999999999; else use the poisson model.",
        )
    return people


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Distinct locations in a canonical order, and which one each row lies at.

    Attributes
    ----------
    xy : ndarray of float64, shape (m, 2)
    of_row : ndarray of int64, shape (n,)
    cases : ndarray of int64, shape (m, T)
    population : ndarray of float64, shape (m, T)
    """

    xy: NDArray[np.float64]
    of_row: NDArray[np.int64]
    cases: NDArray[np.int64]
    population: NDArray[np.float64]

    @classmethod
    def merge(
        cls, xy: NDArray[np.float64], cases: NDArray[np.int64], population: NDArray[np.float64]
    ) -> Places:
        """Join rows at one location: no window can tell them apart."""
        places, of_row = np.unique(xy, axis=0, return_inverse=True)
        of_row = of_row.reshape(-1).astype(np.int64)
        m, steps = len(places), cases.shape[1]
        counts = np.zeros((m, steps), np.int64)
        np.add.at(counts, of_row, cases)
        people = np.empty((m, steps), np.float64)
        for step in range(steps):
            # Sums of fractions depend on the order, so it is that of the values and not that of the rows.
            order = np.lexsort((population[:, step], of_row))
            people[:, step] = np.bincount(of_row[order], weights=population[order, step], minlength=m)
        return cls(places, of_row, counts, people)


def refuse_cases_without_people(places: Places, *, labels: bool) -> None:
    """Raise InvalidInput where there are cases among nobody, or more cases than people when cases are people."""
    wrong = places.cases > places.population if labels else (places.cases > 0) & (places.population <= 0)
    if wrong.any():
        row = int(np.flatnonzero(wrong[places.of_row].any(axis=1))[0])
        raise refuse(
            "cases-exceed-population",
            f"第 {row + 1} 行的事件数超过当地人口，请补全人口"
            + ("，或改用 poisson 模型。" if labels else "或去掉该行。"),
            f"Row {row + 1} has more cases than people; fill in its population"
            + (" or use the poisson model." if labels else " or leave the row out."),
        )


def poisson_draws(expected: NDArray[np.float64], cases: int, rng: np.random.Generator) -> Draw:
    """Multinomial counts, given their total, in proportion to the expectation (m, T)."""
    places, steps = expected.shape
    cells = np.flatnonzero(expected.ravel() > 0)
    share = expected.ravel()[cells] / expected.ravel()[cells].sum()
    until = np.cumsum(share)

    def draw(size: int) -> NDArray[np.int64]:
        out = np.zeros((size, places * steps), np.int64)
        if cases < len(cells):
            # Few cases among many cells: each case is thrown, instead of a draw for each cell.
            thrown = np.searchsorted(until, rng.random((size, cases)), side="right")
            np.minimum(thrown, len(cells) - 1, out=thrown)
            row = np.repeat(np.arange(size), cases)
            np.add.at(out, (row, cells[thrown.ravel()]), 1)
        else:
            out[:, cells] = rng.multinomial(cases, share, size=size)
        return out.reshape(size, places, steps)

    return draw


def gamma_poisson_draws(
    expected: NDArray[np.float64], cases: int, dispersion: float, rng: np.random.Generator
) -> Draw:
    """Multinomial counts (m, T) of places whose relative rates vary by themselves, the same at all steps."""
    places, steps = expected.shape

    def draw(size: int) -> NDArray[np.int64]:
        rate = rng.gamma(1.0 / dispersion, dispersion, size=(size, places))
        share = (expected[None] * rate[:, :, None]).reshape(size, places * steps)
        share /= share.sum(axis=1, keepdims=True)
        return rng.multinomial(cases, share).reshape(size, places, steps)

    return draw


def label_draws(population: NDArray[np.float64], cases: int, rng: np.random.Generator) -> Draw:
    """Cases as a random choice among the people of all places (m,)."""
    people = np.rint(population).astype(np.int64)

    def draw(size: int) -> NDArray[np.int64]:
        drawn = rng.multivariate_hypergeometric(people, cases, size=size, method="marginals")
        return np.asarray(drawn, np.int64)[:, :, None]

    return draw


def time_draws(cases: NDArray[np.int64], rng: np.random.Generator) -> Draw:
    """Shuffle times among the cases: every place and every step keeps its number."""
    places, steps = cases.shape
    place = np.repeat(np.arange(places), cases.sum(axis=1))
    step = np.repeat(np.arange(steps), cases.sum(axis=0))

    def draw(size: int) -> NDArray[np.int64]:
        shuffled = rng.permuted(np.broadcast_to(step, (size, len(step))), axis=1)
        cell = shuffled + place * steps + np.arange(size)[:, None] * (places * steps)
        counts = np.bincount(cell.ravel(), minlength=size * places * steps)
        return counts.astype(np.int64).reshape(size, places, steps)

    return draw
