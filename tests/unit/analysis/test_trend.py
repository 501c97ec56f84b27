"""The trend test equals Kendall's tau-b and the textbook variance."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import kendalltau, norm

from gridmap.analysis.trend import mann_kendall
from gridmap.errors import InvalidInput


def test_tau_equals_that_of_scipy_with_and_without_ties() -> None:
    rng = np.random.default_rng(1)
    rows = np.concatenate([rng.normal(0, 1, (40, 15)), rng.poisson(1.0, (60, 15))]).astype(float)
    found = mann_kendall(rows)
    assert np.shape(found.tau) == (100,)
    for row, tau in zip(rows, np.asarray(found.tau), strict=True):
        expected = kendalltau(np.arange(15), row).statistic
        assert tau == pytest.approx(0 if math.isnan(expected) else expected, abs=1e-12)


def test_the_variance_is_corrected_for_groups_of_ties() -> None:
    # Gilbert (1987), 16.4: n = 5 with a pair and a triple of ties: (5*4*15 - 2*1*9 - 3*2*11) / 18.
    found = mann_kendall([1, 1, 2, 2, 2])
    assert found.s == 6
    assert found.var == pytest.approx((300 - 18 - 66) / 18)
    assert found.z == pytest.approx(5 / math.sqrt(12))
    assert found.p == pytest.approx(2 * norm.sf(5 / math.sqrt(12)))


def test_a_series_is_tested_as_a_row_of_many_is() -> None:
    rows = np.random.default_rng(2).poisson(3, (5, 12))
    many = mann_kendall(rows)
    assert np.shape(many.tau) == (5,)
    for i, row in enumerate(rows):
        one = mann_kendall(row)
        assert (one.tau, one.s, one.p) == (many.tau[i], many.s[i], many.p[i])  # type: ignore[index]


def test_a_series_that_never_changes_has_no_trend() -> None:
    found = mann_kendall(np.full(8, 3.0))
    assert (found.tau, found.s, found.z, found.p) == (0, 0, 0, 1)


def test_under_noise_at_most_one_trend_in_twenty_is_significant() -> None:
    # The continuity correction makes the test of a short series a little careful.
    for n_times in (10, 24, 60):
        p = np.asarray(mann_kendall(np.random.default_rng(3).normal(0, 1, (20_000, n_times))).p)
        assert 0.03 < (p < 0.05).mean() < 0.053


@pytest.mark.parametrize("series", [[1.0], [1.0, np.nan], 3.0, np.zeros((2, 2, 2))])
def test_what_is_no_series_is_refused(series: object) -> None:
    with pytest.raises(InvalidInput):
        mann_kendall(series)  # type: ignore[arg-type]
