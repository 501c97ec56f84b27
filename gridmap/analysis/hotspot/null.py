"""Two-sided p-values of neighbourhood sums under the null distributions that fit the data.

The null hypothesis is that the observed values fell on the cells at random. A p-value is twice the smaller tail; where
the sum is discrete, the tie with the observed value is split at random (the p-value is then uniform under the null), in
the middle, or not at all.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft, special

from gridmap.analysis._given import whole_of
from gridmap.analysis.hotspot import _draws, _loops
from gridmap.analysis.hotspot.field import Field, checked_choice
from gridmap.analysis.hotspot.results import Floats
from gridmap.errors import InvalidInput

NULLS = ("auto", "normal", "exact", "convolution")
TIES = ("randomised", "mid", "conservative")
STREAM_TIES, STREAM_OFFSET, STREAM_RANK, STREAM_DRAWS = 1, 2, 3, 4
_EXACT_COST = 2e8
_EXACT_WIDTH = 1 << 20
_SKEWED = 0.1
_MANY_TIES = 0.5
_LEAST_TIE = 1e-12
_BINS = 1 << 16
_POOL_NUMBERS, _POOL_MIN, _POOL_MAX = 1 << 21, 1 << 13, 1 << 17
_POOL_LIMIT = 1 << 25
_POOL_ROUNDS = 4
_FIXED_POINT = 1 << 30
_HAIR = 1e-12


class Uniforms:
    """A number between 0 and 1 for each cell, drawn only when ties are split at random."""

    def __init__(self, field: Field, seed: int, keys: ArrayLike | None, ties: str) -> None:
        checked_choice("ties", ties, TIES)
        self.field, self.seed, self.keys, self.ties = field, seed, keys, ties
        self._identity: NDArray[np.uint64] | None = None

    @property
    def identity(self) -> NDArray[np.uint64]:
        """Hash of each cell's identity."""
        if self._identity is None:
            self._identity = self.field.identity(self.seed, self.keys)
        return self._identity

    def stream(self, number: int) -> Floats:
        """Numbers of one of several independent streams."""
        out: Floats = _loops.uniforms(self.identity, number)
        return out

    def split(
        self, below: Floats, at: Floats, above: Floats, cells: NDArray[np.intp] | None = None
    ) -> Floats:
        """Two-sided p of cells from the probabilities of less than, exactly, and more than what was observed."""
        if self.ties == "conservative":
            return np.minimum(2.0 * np.minimum(below + at, above + at), 1.0)
        u = 0.5 if self.ties == "mid" else self.stream(STREAM_TIES)[slice(None) if cells is None else cells]
        return np.minimum(2.0 * np.minimum(below + u * at, above + (1.0 - u) * at), 1.0)


def analytic_p(field: Field, z: Floats, draw: Uniforms, null: str, *, star: bool) -> tuple[Floats, str]:
    """Two-sided p without permutations, and the name of the null that was used."""
    checked_choice("null", null, NULLS)
    counted = field.counted(star=star)
    if null not in {"auto", "normal"} and not counted:
        raise InvalidInput(
            "null-needs-equal-weights",
            "该零分布要求同一单元的邻居权重相等，请改用 normal 或置换检验。",
            "This null needs equal weights within a neighbourhood; choose normal or permutations.",
        )
    size = field.degree + 1 if star else field.degree
    most = int(size.max())
    if (
        counted
        and null != "normal"
        and not (field.whole and _exact_cost(field, most, star=star) <= _EXACT_COST)
    ):
        field = field.in_steps()
    if null == "auto":
        null = "normal"
        if counted and field.whole:
            null = "exact" if _exact_cost(field, most, star=star) <= _EXACT_COST else "convolution"
        elif counted and (
            len(field.distinct) < _MANY_TIES * field.n
            or _skewness(field) / np.sqrt(max(float(np.mean(size)), 1.0)) > _SKEWED
        ):
            null = "convolution"
    if null == "normal":
        return 2.0 * special.ndtr(-np.abs(z)), "normal"
    if null == "exact":
        if not field.whole or _exact_cost(field, most, star=star) > 100 * _EXACT_COST:
            raise InvalidInput(
                "exact-needs-counts",
                "精确零分布只适用于不太大的计数，请改用 auto。",
                "The exact null is for counts that are not too large; choose auto.",
            )
        return _exact(field, size, draw, star=star), "permutation-exact"
    return _convolved(field, size, z, draw, star=star), "convolution"


def permuted_p(field: Field, draw: Uniforms, permutations: int) -> Floats:
    """Two-sided p of the sum over neighbours when the other cells' values are permuted and the cell's own stays."""
    permutations = whole_of(permutations, "置换次数", "The number of permutations")
    if permutations < 19:
        raise InvalidInput(
            "permutations-few",
            "置换次数应至少为 19。",
            "There must be at least 19 permutations, or 0 for none.",
        )
    n, most = field.n, int(field.degree.max())
    if most == 0:
        return np.full(n, np.nan)
    rows = max(int(np.clip(_POOL_NUMBERS // (most + 1), _POOL_MIN, _POOL_MAX)), _POOL_ROUNDS * permutations)
    if rows * (most + 1) > _POOL_LIMIT:
        raise InvalidInput(
            "permutations-too-large",
            "邻居或置换次数过多，请减少其一，或将 permutations 设为 0。",
            "There are too many neighbours or permutations; take fewer of one, or 0 permutations.",
        )
    draws = _loops.drawn(n, most + 1, rows, draw.seed ^ STREAM_DRAWS)
    # Cells with the same value are interchangeable, so any rank of that value can stand for the cell itself.
    first = np.searchsorted(field.ordered, field.values, side="left")
    alike = np.searchsorted(field.ordered, field.values, side="right") - first
    own = (first + (draw.stream(STREAM_RANK) * alike).astype(np.int64)).astype(np.int32)
    offset = (draw.stream(STREAM_OFFSET) * rows).astype(np.int64)
    if field.equal:
        ranked, whole, slack = _fixed_point(field, most)
        observed = _loops.whole_lag(field.indptr, field.indices, field.data, whole).astype(ranked.dtype)
        sizes = np.unique(field.degree[field.degree > 0])
        which = np.where(field.degree > 0, np.searchsorted(sizes, field.degree), -1)
        sums = _loops.partial_sums(draws, ranked, sizes, permutations)
        above, equal = _loops.compared(
            observed,
            slack,
            own,
            which,
            sizes,
            offset,
            sums,
            draws,
            ranked,
            *_loops.inverted(draws, n),
            permutations,
        )
    else:
        begin, weight = _sorted_weights(field)
        slack_w = 1e-12 * float(np.abs(field.ordered).max()) * float(field.total.max())
        above, equal = _loops.compared_weighted(
            field.lag, slack_w, own, begin, weight, offset, draws, field.ordered, permutations
        )
    return _ranked_p(draw, above.astype(float), equal.astype(float), permutations, field.degree > 0)


def _ranked_p(
    draw: Uniforms, above: Floats, equal: Floats, permutations: int, valid: NDArray[np.bool_]
) -> Floats:
    below = permutations - above - equal
    if draw.ties == "conservative":
        up, down = above + equal + 1.0, below + equal + 1.0
    elif draw.ties == "mid":
        up, down = above + 0.5 * (equal + 1.0), below + 0.5 * (equal + 1.0)
    else:
        # The place of the observed value among those that equal it, itself included.
        place = np.floor(draw.stream(STREAM_TIES) * (equal + 1.0))
        up, down = above + place + 1.0, below + (equal - place) + 1.0
    # A hair below the multiples of 1 / (permutations + 1), so that p < 0.05 and p <= 0.05 are the same test.
    p = np.minimum(2.0 * np.minimum(up, down) / (permutations + 1.0), 1.0) * (1.0 - _HAIR)
    return np.where(valid, p, np.nan)


def _fixed_point(field: Field, most: int) -> tuple[NDArray[Any], NDArray[Any], int]:
    """Values as whole numbers, whose sums do not depend on their order: ranked, by cell, and the slack of a tie."""
    low, span = field.ordered[0], field.ordered[-1] - field.ordered[0]
    if field.whole and span * (most + 1) < 2**62:
        scale, slack = 1.0, 0
    else:
        narrow = _FIXED_POINT // (most + 1)
        scale, slack = (narrow if narrow > 1 << 20 else 1 << 40) / span, most + 1
    kind = np.int32 if span * scale * (most + 1) < 2**31 - 2 * (most + 2) else np.int64
    return (
        np.rint((field.ordered - low) * scale).astype(kind),
        np.rint((field.values - low) * scale).astype(kind),
        slack,
    )


def _sorted_weights(field: Field) -> tuple[NDArray[np.int64], Floats]:
    row = np.repeat(np.arange(field.n), np.diff(field.indptr))
    keep = (row != field.indices) & (field.data != 0)
    row, weight = row[keep], field.data[keep]
    begin = np.concatenate([[0], np.cumsum(field.degree)])
    return begin, np.ascontiguousarray(weight[np.lexsort((weight, row))])


def _skewness(field: Field) -> float:
    mean, variance = field.moments
    return abs(float(np.mean((field.ordered - mean) ** 3))) / variance**1.5 if variance > 0 else 0.0


def _exact_cost(field: Field, most: int, *, star: bool) -> float:
    width = float(field.ordered[-1] - field.ordered[0]) * most + 1
    if width > _EXACT_WIDTH:
        return float("inf")
    distinct = min(float(field.n), width / most if most else 1.0)
    once = distinct * most**2 * width / 6
    return once if star else once + distinct * most**2 * width


def _exact(field: Field, size: NDArray[np.int64], draw: Uniforms, *, star: bool) -> Floats:
    low = field.ordered[0]
    whole = (field.values - low).astype(np.int64)
    count_of = np.bincount(whole)
    value = np.flatnonzero(count_of)
    count = count_of[value]
    observed = _loops.whole_lag(field.indptr, field.indices, field.data, whole)
    most = int(size.max())
    below, at, above = np.zeros(field.n), np.ones(field.n), np.zeros(field.n)
    if star:
        observed = observed + whole
        table = _draws.sums_of_draws(value, count, most)
        under = np.cumsum(table, axis=1) - table
        over = np.cumsum(table[:, ::-1], axis=1)[:, ::-1] - table
        width = table.shape[1]
        place = size * width + observed
        below, at, above = under.ravel()[place], table.ravel()[place], over.ravel()[place]
    else:
        steady = most <= field.n / 4
        plain = _draws.sums_of_draws(value, count, most) if steady else None
        kind = size * (value[-1] + 1) + whole
        order = np.argsort(kind, kind="stable")
        cuts = np.flatnonzero(np.diff(kind[order], prepend=-1))
        for first, last in zip(cuts, [*cuts[1:], len(order)], strict=True):
            cells = order[first:last]
            k, v = int(size[cells[0]]), int(whole[cells[0]])
            if k == 0:
                continue
            if plain is None:
                others = count - (value == v)
                table = _draws.sums_of_draws(value[others > 0], others[others > 0], k)[k]
            else:
                table = _draws.without_one(plain, v, field.n, k)
            seen = observed[cells]
            at[cells] = table[seen]
            below[cells] = (np.cumsum(table) - table)[seen]
            above[cells] = (np.cumsum(table[::-1])[::-1] - table)[seen]
    return draw.split(np.maximum(below, 0.0), at, np.maximum(above, 0.0))


def _convolved(field: Field, size: NDArray[np.int64], z: Floats, draw: Uniforms, *, star: bool) -> Floats:
    """P from the distribution of draws with replacement, brought to the exact mean and variance of those without."""
    mean, variance = field.moments
    low, span = field.ordered[0], field.ordered[-1] - field.ordered[0]
    lattice = field.whole and span * int(size.max()) < _BINS
    jitter = draw.stream(STREAM_TIES) - 0.5 if draw.ties == "randomised" and lattice else np.zeros(field.n)
    plain = np.divide(field.lag, field.greatest, out=np.zeros(field.n), where=field.greatest > 0)
    observed = plain + (field.values if star else 0.0)
    p = np.full(field.n, np.nan)
    for k in np.unique(size[size > 0]):
        cells = np.flatnonzero(size == k)
        step = 1.0 if lattice else k * span / (_BINS - 2)
        place = (field.ordered - low) / step
        bin_of = np.minimum(place.astype(np.int64), _BINS - 2)
        part = place - bin_of
        mass = np.bincount(bin_of, 1.0 - part, _BINS) + np.bincount(bin_of + 1, part, _BINS)
        pmf = np.maximum(fft.irfft(fft.rfft(mass / field.n) ** int(k), _BINS), 0.0)
        upper = np.concatenate([np.cumsum(pmf[::-1])[::-1], [0.0]])
        lower = np.concatenate([[0.0], np.cumsum(pmf)])
        # What stands between two lattice points counts in proportion: the randomised and the middle p alike.
        at = (k * (mean - low) + z[cells] * np.sqrt(k * variance)) / step + 0.5
        wide = 0.5 if draw.ties == "conservative" and lattice else 0.0
        edge = np.arange(_BINS + 1)

        def tails(low_at: Floats, high_at: Floats) -> tuple[Floats, Floats]:
            return np.interp(low_at, edge, lower), np.interp(high_at, edge, upper)  # noqa: B023 - used at once

        shifted = 2.0 * np.minimum(*tails(at + jitter[cells] + wide, at + jitter[cells] - wide))
        if not lattice:
            seen = (observed[cells] - k * low) / step + 0.5
            # The part of a value between two bins spreads its multiples by half a root of k.
            reach = 1.0 + 2.0 * np.sqrt(float(k))
            below, above = tails(seen - reach, seen + reach)
            within = np.maximum(1.0 - below - above, 0.0)
            left, right = below - tails(seen - 2 * reach, seen)[0], above - tails(seen, seen + 2 * reach)[1]
            tied = (within > 4.0 * np.maximum(left, right)) & (within > _LEAST_TIE)
            plain_p = 2.0 * np.minimum(*tails(seen, seen))
            # Bringing sums to the variance of draws without replacement must carry none past a value that many share.
            shifted = np.where(shifted < 0.5 * plain_p, plain_p, shifted)
            shifted = np.where(tied, draw.split(below, within, above, cells), shifted)
        p[cells] = np.clip(shifted, 1e-15, 1.0)
    return p
