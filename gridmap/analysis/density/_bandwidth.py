"""Bandwidths for densities in the plane."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridmap.analysis._points import distinct, points_of
from gridmap.analysis.density import _loops as loops
from gridmap.analysis.density._kernels import KernelName, heights, kernel_of, self_convolution
from gridmap.errors import InvalidInput

Rule = Literal["nrd", "nrd2d", "cv"]
_PAIRS_OF = 8_000
_BINS = 1 << 15
_CANDIDATES = 48
_NARROWEST, _WIDEST = 0.05, 2.0


def bandwidth(xy: ArrayLike, rule: Rule = "cv", kernel: KernelName = "quartic") -> tuple[float, float]:
    """Choose a bandwidth from the events.

    Parameters
    ----------
    xy : array_like of float, shape (n, 2)
        Events in planar coordinates of any unit.
    rule : {"cv", "nrd2d", "nrd"}, default "cv"
        ``"cv"``, recommended: least-squares cross-validation that leaves out all events of a place at once, so that
        repeated addresses do not pull the bandwidth to zero.
        ``"nrd2d"``: the normal reference rule of two dimensions, n ** (-1 / 6), times the kernel's factor.
        ``"nrd"``: R's ``MASS::bandwidth.nrd`` for each axis, a one-dimensional rule, as other tools use it.
    kernel : str, default "quartic"
        The kernel that the bandwidth is for (ignored by ``"nrd"``).

    Returns
    -------
    tuple of float
        Bandwidth along x and y in the unit of `xy`; equal for ``"cv"``.

    Raises
    ------
    InvalidInput
        When fewer than two distinct places remain, or an axis has no spread.

    References
    ----------
    W. N. Venables and B. D. Ripley, *Modern Applied Statistics with S*, 4th ed., 2002, 5.6.
    B. W. Silverman, *Density Estimation for Statistics and Data Analysis*, 1986, 3.4.3 and 4.3.
    D. W. Scott, *Multivariate Density Estimation*, 1992, 6.3.
    """
    points = points_of(xy)
    shape = kernel_of(kernel)
    n = len(points)
    if n < 2 or (np.ptp(points, axis=0) == 0).any():
        raise InvalidInput(
            "bandwidth-no-spread",
            "事件少于两个不同的地点，或都在一条线上，无法推算带宽；请直接给出带宽。",
            "The events are at fewer than two places or on one line; state a bandwidth.",
        )
    if rule == "nrd":
        spread_x, spread_y = (_spread(axis, 1.34) for axis in points.T)
        factor = 4 * 1.06 * n ** (-1 / 5)
        return factor * spread_x, factor * spread_y
    spread_x, spread_y = (_spread(axis, 1.349) for axis in points.T)
    factor = shape.scott * n ** (-1 / 6)
    if rule == "nrd2d":
        return factor * spread_x, factor * spread_y
    if rule != "cv":
        raise InvalidInput(
            "bandwidth-rule-unknown",
            f"没有名为 {rule} 的带宽规则，可用：cv、nrd2d、nrd。",
            f"No bandwidth rule is called {rule}; choose cv, nrd2d or nrd.",
        )
    chosen = _cross_validated(points, kernel, math.sqrt(spread_x * spread_y) * factor)
    return chosen, chosen


def _spread(axis: NDArray[np.float64], normal_range: float) -> float:
    """Return the smaller of standard deviation and scaled quartile range; the deviation where the range is zero."""
    ordered = np.sort(axis)
    deviation = float(np.std(ordered, ddof=1))
    low, high = np.quantile(ordered, [0.25, 0.75])
    quartiles = float(high - low) / normal_range
    smaller: float = min(deviation, quartiles)
    return smaller if quartiles > 0 else deviation


def _cross_validated(points: NDArray[np.float64], kernel: KernelName, reference: float) -> float:
    places, size, _ = distinct(points, None)
    n_places = len(places)
    if n_places > _PAIRS_OF:
        # Places in canonical order, so the sample does not depend on the order of the events.
        chosen = np.random.default_rng(0).permutation(n_places)[:_PAIRS_OF]
        places, size = places[chosen], size[chosen]
    total = float(size.sum())
    # The best bandwidth of a part is wider than that of the whole: by the sixth root of their sizes.
    part = (len(points) / total) ** (1 / 6)
    shape = kernel_of(kernel)
    widest = _WIDEST * reference * part
    width = 2 * shape.support * widest / _BINS
    plain, left_out = loops.pair_histogram(places, size, total, width, _BINS)
    at = (np.arange(_BINS) + 0.5) * width
    candidates = np.geomspace(_NARROWEST * reference * part, widest, _CANDIDATES)
    own = float(np.square(size).sum())
    scores = [_score(h, kernel, at, plain, left_out, own, total) for h in candidates]
    best = int(np.argmin(scores))
    low, high = candidates[max(best - 1, 0)], candidates[min(best + 1, _CANDIDATES - 1)]
    finer = np.geomspace(low, high, 17)
    fine = [_score(h, kernel, at, plain, left_out, own, total) for h in finer]
    return float(finer[int(np.argmin(fine))]) / float(part)


def _score(
    h: float,
    kernel: KernelName,
    at: NDArray[np.float64],
    plain: NDArray[np.float64],
    left_out: NDArray[np.float64],
    own: float,
    total: float,
) -> float:
    """Estimate of the integrated squared error, up to a constant."""
    distance, twice = self_convolution(kernel)
    u = at / h
    both = np.interp(u, distance, twice, right=0.0)
    squared = (own * twice[0] + 2 * float(plain @ both)) / (total * h) ** 2
    predicted = float(left_out @ heights(kernel_of(kernel), u**2)) / (total * h * h)
    return float(squared - 2 * predicted)
