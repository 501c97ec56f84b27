"""Correction of p-values for multiple tests: q-values that bound the false discovery rate."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridmap.analysis._given import numbers_of
from gridmap.errors import InvalidInput


def benjamini_hochberg(p: ArrayLike) -> NDArray[np.float64]:
    """Step-up q-values of Benjamini and Hochberg.

    Parameters
    ----------
    p : array_like of float, any shape
        P-values. Not-a-number stays not-a-number and does not count as a test.

    Returns
    -------
    ndarray of float64, the shape of `p`
        Smallest false discovery rate at which each test is rejected.

    Raises
    ------
    InvalidInput
        When a p-value lies outside 0 to 1.

    References
    ----------
    Y. Benjamini and Y. Hochberg, *Controlling the false discovery rate*, J. R. Statist. Soc. B 57, 1995. Valid for
    independent tests and for positively dependent ones (Benjamini and Yekutieli 2001), as those of neighbourhoods are.
    """
    return _step_up(p, any_dependence=False)


def benjamini_yekutieli(p: ArrayLike) -> NDArray[np.float64]:
    """Q-values that hold under any dependence between the tests, at the price of power.

    Parameters
    ----------
    p : array_like of float, any shape
        P-values. Not-a-number stays not-a-number and does not count as a test.

    Returns
    -------
    ndarray of float64, the shape of `p`

    Raises
    ------
    InvalidInput
        When a p-value lies outside 0 to 1.

    References
    ----------
    Y. Benjamini and D. Yekutieli, *The control of the false discovery rate in multiple testing under dependency*,
    Ann. Statist. 29, 2001.
    """
    return _step_up(p, any_dependence=True)


def weighted(p: ArrayLike, weights: ArrayLike) -> NDArray[np.float64]:
    """Q-values where some tests are likelier than others to have something to find.

    Parameters
    ----------
    p : array_like of float, shape (n,)
        P-values. Not-a-number stays not-a-number and does not count as a test.
    weights : array_like of float, shape (n,)
        Above 0, in any unit; each from elsewhere than the test's own p.

    Returns
    -------
    ndarray of float64, shape (n,)
        With equal weights those of `benjamini_hochberg`.

    Raises
    ------
    InvalidInput
        When a p-value lies outside 0 to 1, or a weight is not above 0.

    References
    ----------
    C. R. Genovese, K. Roeder, L. Wasserman, *False discovery control with p-value weighting*, Biometrika 93, 2006.
    """
    given, heavy = numbers_of(p, "p 值", "P-values"), numbers_of(weights, "权重", "Weights")
    if given.shape != heavy.shape or not np.all(heavy > 0.0):
        raise InvalidInput(
            "test-weights",
            "每个检验应有一个大于零的权重。",
            "Each test needs one weight, above 0.",
        )
    out = np.full(given.shape, np.nan)
    counted = ~np.isnan(given)
    tests, scale = given[counted], heavy[counted]
    if not len(tests):
        return out
    benjamini_hochberg(tests)
    # In the order of values, so that the order of the rows changes no sum.
    scaled = tests / scale * (float(np.sum(np.sort(scale))) / len(tests))
    out[counted] = _stepped_up(scaled, len(tests))
    return out


def in_families(p: ArrayLike, weights: ArrayLike) -> NDArray[np.float64]:
    """Q-values of tests that come in families, where a find of one test is told of its family.

    A test is found at a level where its weighted q-value is, and its family's is: that of Simes' p-values of all
    families. So of the families with a find few are false, too, and not of the tests alone: a family of many tests has
    as many chances of one false find.

    Parameters
    ----------
    p : array_like of float, shape (n, m)
        P-values of m tests of each of n families; none missing.
    weights : array_like of float, shape (n, m)
        As for `weighted`.

    Returns
    -------
    ndarray of float64, shape (n, m)

    Raises
    ------
    InvalidInput
        As for `weighted`.

    References
    ----------
    R. J. Simes, *An improved Bonferroni procedure for multiple tests of significance*, Biometrika 73, 1986.
    Y. Benjamini, M. Bogomolov, *Selective inference on multiple families of hypotheses*, J. R. Statist. Soc. B 76,
    2014.
    """
    given, heavy = numbers_of(p, "p 值", "P-values"), numbers_of(weights, "权重", "Weights")
    alone = weighted(given.ravel(), heavy.ravel()).reshape(given.shape)
    scaled = np.sort(
        np.minimum(given / heavy * (float(np.sum(np.sort(heavy.ravel()))) / heavy.size), 1.0), axis=1
    )
    tests = given.shape[1]
    simes = np.minimum((scaled * (tests / np.arange(1, tests + 1))).min(axis=1), 1.0)
    return np.maximum(alone, benjamini_hochberg(simes)[:, None])


METHODS = {"bh": benjamini_hochberg, "by": benjamini_yekutieli}


def adjusted(p: ArrayLike, method: str) -> NDArray[np.float64]:
    """Q-values by the name of the method.

    Parameters
    ----------
    p : array_like of float
        P-values; see `benjamini_hochberg`.
    method : {"bh", "by"}
        Benjamini-Hochberg or Benjamini-Yekutieli.

    Returns
    -------
    ndarray of float64, the shape of `p`

    Raises
    ------
    InvalidInput
        When the method is unknown or a p-value lies outside 0 to 1.
    """
    if method not in METHODS:
        raise InvalidInput(
            "fdr-unknown",
            f"未知的多重检验校正方法“{method}”，请选 bh 或 by。",
            f'Unknown correction for multiple tests "{method}"; choose bh or by.',
        )
    return METHODS[method](p)


def _step_up(p: ArrayLike, *, any_dependence: bool) -> NDArray[np.float64]:
    given = numbers_of(p, "p 值", "P-values")
    flat = given.ravel()
    counted = ~np.isnan(flat)
    tests = flat if counted.all() else flat[counted]
    if len(tests) and (tests.min() < 0.0 or tests.max() > 1.0):
        raise InvalidInput("p-value-range", "p 值应在 0 到 1 之间。", "P-values must lie between 0 and 1.")
    n = len(tests)
    q = _stepped_up(tests, n * float(np.sum(1.0 / np.arange(1, n + 1))) if any_dependence else n)
    if n == len(flat):
        return q.reshape(given.shape)
    out = np.full(len(flat), np.nan)
    out[counted] = q
    return out.reshape(given.shape)


def _stepped_up(tests: NDArray[np.float64], times: float) -> NDArray[np.float64]:
    order = np.argsort(tests)
    scaled = tests[order]
    scaled *= times / np.arange(1, len(tests) + 1)
    kept = np.minimum.accumulate(scaled[::-1])[::-1]
    q = np.empty(len(tests))
    q[order] = np.minimum(kept, 1.0)
    return q
