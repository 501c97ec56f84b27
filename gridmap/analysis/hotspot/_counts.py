"""Tails of the binomial and the beta-binomial distribution."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gridmap.analysis._compiled import compiled

_NEGLIGIBLE = 1e-17


@compiled
def tails(
    observed: NDArray[np.int64], total: int, share: NDArray[np.float64], spread: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Probabilities of less than, exactly, and more than what was observed.

    `spread` is the correlation between two events of a neighbourhood, 0 for the binomial. The probability of the
    observed number comes from logarithms of gamma functions, the nearer tail from ratios of neighbouring terms.
    """
    n = len(observed)
    below, at, above = np.zeros(n), np.ones(n), np.zeros(n)
    for i in range(n):
        x, pi, rho = observed[i], share[i], spread[i]
        if pi <= 0.0 or pi >= 1.0:
            continue
        log_pmf = math.lgamma(total + 1.0) - math.lgamma(x + 1.0) - math.lgamma(total - x + 1.0)
        a = b = 0.0
        if rho > 0.0:
            a, b = pi * (1.0 / rho - 1.0), (1.0 - pi) * (1.0 / rho - 1.0)
            log_pmf += math.lgamma(x + a) + math.lgamma(total - x + b) - math.lgamma(total + a + b)
            log_pmf += math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
        else:
            log_pmf += x * math.log(pi) + (total - x) * math.log1p(-pi)
        pmf = math.exp(log_pmf)
        at[i] = pmf
        term, tail = pmf, 0.0
        upwards = x >= total * pi
        y = x
        while (y < total) if upwards else (y > 0):
            if upwards:
                if rho > 0.0:
                    term *= (total - y) / (y + 1.0) * (a + y) / (b + total - y - 1.0)
                else:
                    term *= (total - y) / (y + 1.0) * pi / (1.0 - pi)
                y += 1
            else:
                if rho > 0.0:
                    term *= y / (total - y + 1.0) * (b + total - y) / (a + y - 1.0)
                else:
                    term *= y / (total - y + 1.0) * (1.0 - pi) / pi
                y -= 1
            tail += term
            if term <= _NEGLIGIBLE * (tail + pmf):
                break
        rest = max(1.0 - pmf - tail, 0.0)
        if upwards:
            above[i], below[i] = tail, rest
        else:
            below[i], above[i] = tail, rest
    return below, at, above
