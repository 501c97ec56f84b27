"""Gi* in space and time: each bin with its neighbours in this period and the ones before, and its p-value."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.special import ndtr

from gridmap.analysis.hotspot import _draws, _loops

Floats = NDArray[np.float64]
Compare = Literal["neighbours", "all", "before"]
Ties = Literal["randomised", "mid", "conservative"]
_EXACT_COST = 1e9
_BLOCK_NUMBERS = 1 << 22
_ROUNDS = 6
_STREAM_TIES = 11


@dataclass(frozen=True, slots=True, eq=False)
class Bins:
    """Statistic of each bin, shapes (n, T).

    Attributes
    ----------
    z, p : ndarray of float
        Two-sided p.
    side : ndarray of int8
        1 above, -1 below what chance gives.
    null : str
        Its name.
    level : ndarray of float
        What may rise or fall with time.
    more : dict of str to str
        Further conventions.
    """

    z: Floats
    p: Floats
    side: NDArray[np.int8]
    null: str
    level: Floats
    more: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class SpaceTime:
    """A cube on a neighbourhood structure.

    Attributes
    ----------
    weights : csr_array, shape (n, n)
        With each cell's own weight on the diagonal.
    lags : int
        Periods before its own that a bin's neighbourhood reaches into.
    compare : str
        Which bins a bin is measured against.
    """

    weights: csr_array
    lags: int
    compare: Compare

    @cached_property
    def size(self) -> NDArray[np.int64]:
        """Cells in each cell's neighbourhood, itself included."""
        size: NDArray[np.int64] = np.diff(self.weights.indptr).astype(np.int64)
        return size

    @cached_property
    def _sums(self) -> tuple[Floats, Floats, bool]:
        """Sum and sum of squares of each row's weights, and whether they are equal within every row."""
        w = self.weights
        first = w.data[w.indptr[:-1]]
        equal = bool(np.allclose(w.data, np.repeat(first, np.diff(w.indptr)), rtol=1e-12, atol=0))
        total = np.asarray(w.sum(axis=1)).ravel()
        return total, np.asarray(w.multiply(w).sum(axis=1)).ravel(), equal

    def _window(self, t: int) -> range:
        return range(max(t - self.lags, 0), t + 1)

    def _pools(self, ordered: Floats, t: int, slice_t: int) -> Floats:
        """Values that a neighbour in period `slice_t` may have had for a bin of period t."""
        if self.compare == "neighbours":
            return ordered[:, slice_t]
        if self.compare == "all":
            return ordered.ravel()
        return ordered[:, : t + 1].ravel()

    def bins(
        self,
        cube: Floats,
        identity: NDArray[np.uint64],
        ties: Ties,
        permutations: int,
        rng: np.random.Generator,
    ) -> Bins:
        """Evaluate every bin.

        Parameters
        ----------
        cube : ndarray of float, shape (n, T)
        identity : ndarray of uint64, shape (n,)
            Hash of each cell; chances are drawn by it and not by the row.
        ties : str
        permutations : int
            0 for the exact distribution of counts, or the normal one.
        rng : numpy.random.Generator

        Returns
        -------
        Bins
        """
        # Sorted, so that sums over a period do not depend on the order of the rows.
        ordered = np.sort(cube, axis=0)
        observed = self._observed(cube)
        z, expected, variance = self._moments(ordered, observed)
        if permutations:
            below, at, above = self._permuted(cube, ordered, observed, identity, permutations, rng)
            null = f"permutations ({permutations})"
        elif self._exact_cost(ordered) <= _EXACT_COST:
            below, at, above = self._exact(cube, ordered)
            null = "permutation-exact"
        else:
            gap = observed - expected
            plain = np.divide(
                gap, np.sqrt(np.maximum(variance, 0)), out=np.zeros_like(gap), where=variance > 1e-300
            )
            p = np.minimum(2 * ndtr(-np.abs(plain)), 1.0)
            return Bins(z, p, np.sign(plain).astype(np.int8), "normal", z)
        up, down = split(below, at, above, identity, ties)
        return Bins(z, np.minimum(2 * np.minimum(up, down), 1.0), np.sign(down - up).astype(np.int8), null, z)

    def _observed(self, cube: Floats) -> Floats:
        sums = np.empty_like(cube)
        for t in range(cube.shape[1]):
            sums[:, t] = self.weights @ cube[:, self._window(t)].sum(axis=1)
        return sums

    def _moments(self, ordered: Floats, observed: Floats) -> tuple[Floats, Floats, Floats]:
        """Find the published z, and mean and variance of the sum when the values of its pool fall at random."""
        n, n_times = ordered.shape
        total, squares, _ = self._sums
        z, expected, variance = (np.zeros((n, n_times)) for _ in range(3))
        for t in range(n_times):
            window = self._window(t)
            if self.compare == "neighbours":
                for s in window:
                    expected[:, t] += total * ordered[:, s].mean()
                    variance[:, t] += ordered[:, s].var() * (n * squares - total**2) / max(n - 1, 1)
                pool = ordered[:, t]
            else:
                pool = self._pools(ordered, t, t)
            weight, square = total * len(window), squares * len(window)
            # Spread of the pool that is rounding only is none.
            spread = pool.var() if np.ptp(pool) > 0 else 0.0
            published = spread * (len(pool) * square - weight**2) / max(len(pool) - 1, 1)
            gap = observed[:, t] - weight * pool.mean()
            if self.compare != "neighbours":
                expected[:, t], variance[:, t] = weight * pool.mean(), published
            short = published <= 1e-12 * max(spread, 1e-300) * len(pool)
            scale = np.where(short, variance[:, t], published)
            gap = np.where(short, observed[:, t] - expected[:, t], gap)
            z[:, t] = np.divide(gap, np.sqrt(np.maximum(scale, 0)), out=np.zeros(n), where=scale > 1e-300)
        return z, expected, variance

    def _exact_cost(self, ordered: Floats) -> float:
        _, _, equal = self._sums
        if not equal or ordered.min() < 0 or (ordered != np.floor(ordered)).any():
            return np.inf
        n_times, top = ordered.shape[1], float(ordered.max())
        joint = 1 if self.compare == "neighbours" else self.lags + 1
        most = float(self.size.max()) * joint
        tables = 1 if self.compare == "all" else n_times
        distinct = min(top + 1, ordered.size)
        return tables * distinct * most**2 / 2 * (most * top + 1)

    def _exact(self, cube: Floats, ordered: Floats) -> tuple[Floats, Floats, Floats]:
        """Probabilities of less than, exactly, and more than the observed sum."""
        counts = cube.astype(np.int64)
        pattern = csr_array(
            (np.ones(len(self.weights.indices), np.int64), self.weights.indices, self.weights.indptr)
        )
        n, n_times = cube.shape
        below, at, above = (np.empty((n, n_times)) for _ in range(3))
        most = int(self.size.max())
        tables: dict[int, NDArray[np.complex128]] = {}
        whole: Floats | None = None
        width = scipy.fft.next_fast_len((self.lags + 1) * most * int(ordered.max()) + 1, real=True)
        for t in range(n_times):
            window = self._window(t)
            seen = np.asarray(pattern @ counts[:, window].sum(axis=1))
            if self.compare == "neighbours":
                for s in window:
                    if s not in tables:
                        tables[s] = scipy.fft.rfft(_sums_drawn(ordered[:, s], most), width, axis=1)
                product = np.prod([tables[s] for s in window], axis=0)
                chance = np.maximum(scipy.fft.irfft(product, width, axis=1), 0.0)
                chance /= chance.sum(axis=1, keepdims=True)
                size = self.size
            else:
                if whole is None or self.compare == "before":
                    pool = self._pools(ordered, t, t)
                    whole = _sums_drawn(pool, min(most * (self.lags + 1), len(pool)))
                chance, size = whole, self.size * len(window)
            reach = np.cumsum(chance, axis=1)
            beyond = np.cumsum(chance[:, ::-1], axis=1)[:, ::-1]
            at[:, t] = chance[size, seen]
            below[:, t] = np.maximum(reach[size, seen] - at[:, t], 0)
            above[:, t] = np.maximum(beyond[size, seen] - at[:, t], 0)
        return below, at, above

    def _permuted(
        self,
        cube: Floats,
        ordered: Floats,
        observed: Floats,
        identity: NDArray[np.uint64],
        permutations: int,
        rng: np.random.Generator,
    ) -> tuple[Floats, Floats, Floats]:
        n, n_times = cube.shape
        place = np.argsort(np.argsort(identity, kind="stable"), kind="stable")
        _, group, members = np.unique(identity, return_inverse=True, return_counts=True)
        below, at, above = (np.zeros((n, n_times)) for _ in range(3))
        block = max(1, _BLOCK_NUMBERS // n)
        for t in range(n_times):
            window = self._window(t)
            # What stands within rounding of the observed sum equals it.
            slack = 1e-9 * (np.abs(observed[:, t]) + np.abs(ordered).max() * 1e-3)
            less, same, more = np.zeros(n), np.zeros(n), np.zeros(n)
            for first in range(0, permutations, block):
                width = min(block, permutations - first)
                drawn = np.zeros((n, width))
                if self.compare == "neighbours":
                    for s in window:
                        drawn += rng.permuted(np.repeat(ordered[:, s][:, None], width, axis=1), axis=0)
                else:
                    pool = self._pools(ordered, t, t)
                    for column in range(width):
                        picked = rng.permutation(pool)[: n * len(window)]
                        drawn[:, column] = picked.reshape(len(window), n).sum(axis=0)
                sums = self.weights @ drawn[place]
                gap = sums - observed[:, t][:, None]
                less += (gap < -slack[:, None]).sum(axis=1)
                more += (gap > slack[:, None]).sum(axis=1)
                same += (np.abs(gap) <= slack[:, None]).sum(axis=1)
            for out, count, extra in ((below, less, 0), (at, same, 1), (above, more, 0)):
                # Cells that nothing tells apart share what was counted for them.
                shared = np.bincount(group, count)[group] / members[group]
                out[:, t] = (shared + extra) / (permutations + 1)
        return below, at, above


def split(
    below: Floats, at: Floats, above: Floats, identity: NDArray[np.uint64], ties: Ties
) -> tuple[Floats, Floats]:
    """Upper and lower tail, with the chance of exactly the observed sum shared out."""
    if ties == "conservative":
        return above + at, below + at
    if ties == "mid":
        return above + at / 2, below + at / 2
    share = np.column_stack([_loops.uniforms(identity, _STREAM_TIES + t) for t in range(at.shape[1])])
    return above + (1 - share) * at, below + share * at


def with_self(weights: csr_array) -> csr_array:
    """Put each cell into its own neighbourhood: its diagonal, else the greatest weight of its row, else one."""
    n = weights.shape[0]
    w = csr_array(weights, dtype=np.float64, copy=True)
    w.eliminate_zeros()
    diagonal = w.diagonal()
    greatest = np.asarray(w.max(axis=1).todense()).ravel() if w.nnz else np.zeros(n)
    own = np.where(diagonal != 0, 0.0, np.where(greatest > 0, greatest, 1.0))
    rows = np.arange(n)
    out = csr_array(w + csr_array((own, (rows, rows)), shape=(n, n)))
    out.eliminate_zeros()
    out.sort_indices()
    return out


def identities(
    cube: Floats, weights: csr_array, seed: int, keys: NDArray[np.int64] | None
) -> NDArray[np.uint64]:
    """Hash of each cell from its key, or from its counts and surroundings; never from its row number."""
    state: NDArray[np.uint64] = _loops.started(np.full(len(cube), 1, np.uint64), seed)
    for column in cube.T:
        state = _loops.started(np.ascontiguousarray(column + 0.0).view(np.uint64) ^ state, seed)
    if keys is not None:
        named = np.ascontiguousarray(keys).view(np.uint64)
        # Compiled loops take a Python int as a signed word.
        digest = int(np.bitwise_xor.reduce(_loops.started(named ^ state, seed))) & (2**63 - 1)
        return _loops.started(named, digest)  # type: ignore[no-any-return]
    bits = weights.data.view(np.uint64)
    found = 0
    for _ in range(_ROUNDS):
        for _ in range(4):
            state = _loops.refined(weights.indptr, weights.indices, bits, state)
        before, found = found, len(np.unique(state))
        if found == before or found == len(state):
            break
    return state


def _sums_drawn(pool: Floats, most: int) -> Floats:
    """Chance of each sum of k values drawn from a pool of counts, row k, shape (most + 1, most * greatest + 1)."""
    value, count = np.unique(pool.astype(np.int64), return_counts=True)
    table: Floats = _draws.sums_of_draws(value, count.astype(np.int64), most)
    return table
