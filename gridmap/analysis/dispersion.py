"""How much more counts vary than Poisson counts do: the variance of the places' relative rates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def dispersion_of(events: Floats, total: int, share: Floats) -> tuple[float, float]:
    """Estimate the variance of the places' relative rates, by the method of moments given the total.

    Parameters
    ----------
    events : (n,) float array
        Counts.
    total : int
        Their sum.
    share : (n,) float array
        Of the exposure.

    Returns
    -------
    dispersion : float
        0 where the counts vary no more than Poisson counts.
    excess : float
        How many standard errors it lies above none (the score test of Dean 1992).
    """
    over, squares = moments_of(events, total, share)
    if squares == 0:
        return 0.0, 0.0
    return max(over / squares, 0.0), over / np.sqrt(2.0 * squares)


def moments_of(events: Floats, total: int, share: Floats) -> tuple[float, float]:
    """Sum what the counts vary more than Poisson counts, and the squares of their means: both add up over maps."""
    mean = total * share
    # Given the total, a place's variance is mean * (1 - share).
    over = float(np.sum(np.sort((events - mean) ** 2 - mean * (1.0 - share))))
    return over, float(np.sum(np.sort(mean**2)))
