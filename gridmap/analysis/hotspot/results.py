"""What the statistics of clustering return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class LocalResult:
    """A statistic of each cell.

    Attributes
    ----------
    statistic, expected, variance : ndarray of float64, shape (n,)
        The statistic and its moments under the null hypothesis.
    z : ndarray of float64, shape (n,)
        Standard deviations above (hot) or below (cold) the expectation; 0 where nothing can vary.
    p : ndarray of float64, shape (n,)
        Two-sided.
    q : ndarray of float64, shape (n,)
        `p` corrected for the number of cells.
    conventions : dict of str to str
        Every choice that changes the numbers, by name.
    """

    statistic: Floats
    expected: Floats
    variance: Floats
    z: Floats
    p: Floats
    q: Floats
    conventions: dict[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class LocalMoran:
    """Local Moran statistics.

    Attributes
    ----------
    statistic, expected, variance, z : ndarray of float64, shape (n,)
        Positive where a cell resembles its neighbours.
    p, q : ndarray of float64, shape (n,)
        Two-sided, and corrected for the number of cells.
    quadrant : ndarray of str, shape (n,)
        ``"HH"``, ``"LH"``, ``"LL"``, ``"HL"``: the cell, then its neighbours, above or below the mean; empty for
        islands.
    conventions : dict of str to str
        Every choice that changes the numbers, by name.
    """

    statistic: Floats
    expected: Floats
    variance: Floats
    z: Floats
    p: Floats
    q: Floats
    quadrant: NDArray[np.str_]
    conventions: dict[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class LocalCounts:
    """Events in each cell's neighbourhood against what the people present make likely.

    Attributes
    ----------
    observed : ndarray of float64, shape (n,)
        Events in the neighbourhood.
    expected : ndarray of float64, shape (n,)
        The neighbourhood's share of the exposure times all events.
    ratio : ndarray of float64, shape (n,)
        Observed over expected; not a number where nothing is expected.
    z : ndarray of float64, shape (n,)
        Difference over the null's standard deviation.
    p, q : ndarray of float64, shape (n,)
        Two-sided, and corrected for the number of cells.
    conventions : dict of str to str
        Every choice that changes the numbers, by name, with the dispersion that was found.
    """

    observed: Floats
    expected: Floats
    ratio: Floats
    z: Floats
    p: Floats
    q: Floats
    conventions: dict[str, str]


@dataclass(frozen=True, slots=True)
class GlobalResult:
    """One statistic of the whole map.

    Attributes
    ----------
    statistic, expected, variance, z : float
        The statistic, its moments under the null hypothesis, and the standardised difference.
    p : float
        Two-sided.
    p_one_sided : float
        For clustering (for Geary's C: low values).
    conventions : dict of str to str
        Every choice that changes the numbers, by name.
    """

    statistic: float
    expected: float
    variance: float
    z: float
    p: float
    p_one_sided: float
    conventions: dict[str, str]
