"""Exact distribution of the sum of some of the observed counts, drawn without replacement."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gridmap.analysis._compiled import compiled


@compiled
def sums_of_draws(value: NDArray[np.int64], count: NDArray[np.int64], most: int) -> NDArray[np.float64]:
    """Probabilities of the sum of k draws, shape (most + 1, most * max(value) + 1), row k.

    `value` ascends from 0 or more. The coefficient of y^k in the product of (1 - p + p y x^v)^c, divided by that of
    the plain product: inclusions are independent with p = most / n until the number drawn is conditioned on. All terms
    are positive, so no digit is lost.
    """
    n = count.sum()
    p = min(most / n, 1.0 - 0.5 / n)
    width = most * value[-1] + 1
    joint = np.zeros((most + 1, width))
    joint[0, 0] = 1.0
    reach = np.int64(0)
    drawn = 0
    for d in range(len(value)):
        c, v = count[d], value[d]
        take = min(c, most)
        share = np.empty(take + 1)
        for m in range(take + 1):
            share[m] = math.exp(
                math.lgamma(c + 1.0)
                - math.lgamma(m + 1.0)
                - math.lgamma(c - m + 1.0)
                + m * math.log(p)
                + (c - m) * math.log1p(-p)
            )
        drawn = min(drawn + take, most)
        for j in range(drawn, -1, -1):
            row = joint[j]
            end = min(j * v, width - 1)
            for s in range(min(j * reach, width - 1) + 1):
                row[s] *= share[0]
            for m in range(1, min(take, j) + 1):
                source = joint[j - m]
                move = m * v
                last = min((j - m) * reach, end - move)
                for s in range(last + 1):
                    row[s + move] += source[s] * share[m]
        reach = v
    for k in range(most + 1):
        total = joint[k].sum()
        if total > 0.0:
            joint[k] /= total
    return joint


@compiled
def without_one(plain: NDArray[np.float64], v: int, n: int, k: int) -> NDArray[np.float64]:
    """Probabilities of the sum of k draws when one item of value v is left out of the n.

    From P_k = (1 - k/n) Q_k + (k/n) Q_{k-1} shifted by v, solved upwards; steady for k well below n / 2.
    """
    width = plain.shape[1]
    q: NDArray[np.float64] = plain[0].copy()
    for j in range(1, k + 1):
        share = j / n
        following = np.empty(width)
        for s in range(width):
            taken = q[s - v] if s >= v else 0.0
            following[s] = max((plain[j, s] - share * taken) / (1.0 - share), 0.0)
        q = following
    return q
