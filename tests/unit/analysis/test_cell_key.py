"""Perturbation tables: mean kept, variance as asked, bound, nothing of one to four, and greatest entropy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from gridmap.analysis.cell_key import perturbation_table, protect
from gridmap.analysis.suppress import NOT_SHOWN
from gridmap.domain import protection
from gridmap.errors import InvalidInput


@pytest.mark.parametrize(
    ("bound", "variance", "none_up_to"), [(2, 1.0, 0), (5, 3.0, 2), (10, 9.0, 4), (24, 36.0, 4)]
)
def test_a_table_keeps_the_mean_the_bound_and_tells_no_small_number(
    bound: int, variance: float, none_up_to: int
) -> None:
    table = perturbation_table(bound, variance, none_up_to)
    n, m = table.chances.shape
    changes = np.arange(m)[None, :] - np.arange(n)[:, None]
    assert table.chances.sum(axis=1) == pytest.approx(1.0)
    assert (table.chances * changes).sum(axis=1) == pytest.approx(0.0, abs=1e-6)
    assert (table.chances * changes**2).sum(axis=1)[-1] == pytest.approx(variance, rel=1e-6)
    assert table.chances[np.abs(changes) > bound] == pytest.approx(0.0)
    assert table.chances[:, 1 : none_up_to + 1] == pytest.approx(0.0)
    assert table.chances[0, 0] == 1.0


def test_the_symmetric_row_for_bound_2_and_variance_1_is_the_one_of_greatest_entropy_in_closed_form() -> None:
    """The vignette's first example of the R package ptable; with p1 = p0 x and p2 = p0 x^4 one equation is left."""
    x = brentq(lambda x: (2 * x + 8 * x**4) / (1 + 2 * x + 2 * x**4) - 1.0, 0.01, 0.99)
    middle = 1 / (1 + 2 * x + 2 * x**4)
    expected = [middle * x**4, middle * x, middle, middle * x, middle * x**4]
    assert perturbation_table(2, 1.0).chances[-1] == pytest.approx(expected, abs=1e-7)
    assert perturbation_table(2, 1.0).chances[-1].round(3).tolist() == [0.064, 0.245, 0.383, 0.245, 0.064]


def test_no_other_table_with_the_same_moments_has_more_entropy() -> None:
    row = perturbation_table(10, 9.0, 4).chances[7]
    at = np.flatnonzero(row > 0)
    # Directions that keep sum, mean and variance; along each, entropy only falls.
    _, _, right = np.linalg.svd(np.vstack([np.ones(len(at)), at - 7.0, (at - 7.0) ** 2]))
    best = -(row[at] * np.log(row[at])).sum()
    moved = [row[at] + step * way for way in right[3:] for step in (-1e-4, 1e-4)]
    assert max(-(p * np.log(p)).sum() for p in moved if (p > 0).all()) < best


@given(st.lists(st.integers(0, 500), min_size=1, max_size=30), st.integers(0, 2**32 - 1))
def test_what_is_told_is_near_and_never_small(counts: list[int], seed: int) -> None:
    table = perturbation_table(protection.BOUND, protection.VARIANCE, protection.NONE_UP_TO)
    keys = np.random.default_rng(seed).random(len(counts))
    true = np.array(counts)
    told = protect(true, keys, table, least_held=5, least_told=protection.LEAST_TOLD)
    shown = told != NOT_SHOWN
    assert (np.abs(told - true)[shown] <= protection.BOUND).all()
    assert (told[shown] >= protection.LEAST_TOLD).all()
    assert (true[shown] >= 5).all()
    assert (protect(true, keys, table, least_held=5, least_told=protection.LEAST_TOLD) == told).all()


def test_keys_spread_evenly_give_the_chances_of_the_table() -> None:
    table = perturbation_table(5, 3.0, 2)
    keys = (np.arange(200_000) + 0.5) / 200_000
    for count in (1, 4, 7, 90):
        told = table.look_up(np.full(len(keys), count), keys)
        found = np.array([(told == t).mean() for t in range(count + 6)])
        expected = [float(table.chance(np.array([count]), t)[0]) for t in range(count + 6)]
        assert found == pytest.approx(expected, abs=1e-4)


def test_a_table_that_cannot_be_is_refused() -> None:
    for asked in ((0, 1.0, 0), (2, 9.0, 0), (3, 1.0, 4)):
        with pytest.raises(InvalidInput, match="No perturbation table"):
            perturbation_table(*asked)
