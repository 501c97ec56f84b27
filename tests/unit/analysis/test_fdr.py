"""Corrections for multiple tests agree with statsmodels and leave missing tests out."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from gridmap.analysis import fdr
from gridmap.errors import InvalidInput


@pytest.mark.parametrize(
    ("ours", "theirs"), [("benjamini_hochberg", "fdr_bh"), ("benjamini_yekutieli", "fdr_by")]
)
@pytest.mark.parametrize("n", [1, 2, 7, 1000])
def test_q_values_are_those_of_statsmodels(ours: str, theirs: str, n: int) -> None:
    p = np.random.default_rng(n).beta(0.4, 1.0, n)
    np.testing.assert_allclose(getattr(fdr, ours)(p), multipletests(p, method=theirs)[1], rtol=1e-12)


def test_a_missing_p_value_stays_missing_and_does_not_count() -> None:
    p = np.array([0.01, np.nan, 0.04, np.nan, 0.5])
    q = fdr.benjamini_hochberg(p)
    assert np.isnan(q[[1, 3]]).all()
    np.testing.assert_array_equal(q[[0, 2, 4]], fdr.benjamini_hochberg(p[[0, 2, 4]]))


def test_nothing_in_gives_nothing_out() -> None:
    assert len(fdr.benjamini_hochberg([])) == 0


def test_the_shape_is_kept() -> None:
    p = np.random.default_rng(1).uniform(size=(3, 5))
    assert fdr.benjamini_hochberg(p).shape == (3, 5)


@pytest.mark.parametrize("wrong", [[-0.1, 0.5], [0.5, 1.5]])
def test_what_is_no_probability_is_refused(wrong: list[float]) -> None:
    with pytest.raises(InvalidInput):
        fdr.benjamini_hochberg(wrong)


def test_an_unknown_correction_is_refused() -> None:
    with pytest.raises(InvalidInput, match="bh or by"):
        fdr.adjusted([0.5], "bonferroni")


def test_a_family_is_found_only_where_all_its_tests_together_stand_out() -> None:
    # Twelve tests a family; each fifth family has something in all its tests, the others have nothing.
    rng = np.random.default_rng(3)
    false_plain, false_family, found = [], [], []
    for _ in range(40):
        p = rng.uniform(size=(300, 12))
        p[::5] *= 0.01
        plain = fdr.benjamini_hochberg(p) <= 0.05
        family = fdr.in_families(p, np.ones(p.shape)) <= 0.05
        assert not (family & ~plain).any()
        truly = np.arange(300) % 5 == 0
        for out, at in ((false_plain, plain), (false_family, family)):
            some = at.any(axis=1)
            out.append((some & ~truly).sum() / some.sum())
        found.append(family[truly].mean() / plain[truly].mean())
    assert np.mean(false_plain) > 0.15
    assert np.mean(false_family) < 0.05
    assert np.mean(found) > 0.99


def test_the_q_of_a_family_is_that_of_simes_p_values() -> None:
    p = np.array([[0.001, 0.9], [0.04, 0.03], [0.5, 0.6]])
    simes = multipletests([0.002, 0.04, 0.6], method="fdr_bh")[1]
    alone = fdr.benjamini_hochberg(p)
    np.testing.assert_allclose(fdr.in_families(p, np.full(p.shape, 7.0)), np.maximum(alone, simes[:, None]))
    heavy = np.array([[4.0, 1.0], [1.0, 1.0], [1.0, 4.0]])
    assert fdr.in_families(p, heavy)[0, 0] < fdr.in_families(p, np.ones(p.shape))[0, 0]
