"""Counts of each bin in space and time against what the people present there make likely."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gridmap.analysis import fdr
from gridmap.analysis.dispersion import moments_of
from gridmap.analysis.emerging._space_time import Bins, Ties, split
from gridmap.analysis.hotspot import _counts
from gridmap.analysis.hotspot.counts import DISPERSED, LEAST_LEFT, NULL_NAMES, correlation, membership, summed

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Usual:
    """What is usual in a cube: which bins say so, how their rates differ, and how sure that is."""

    left: Flags
    dispersion: float
    excess: float


@dataclass(frozen=True, eq=False)
class RatesInTime:
    """A cube on a neighbourhood structure, with the people present.

    Each bin's neighbourhood (the cell and its neighbours, in its period and the lags before) is measured against its
    share of the people times all events of the same periods: what rises everywhere stands out nowhere.

    Attributes
    ----------
    weights : csr_array, shape (n, n)
        Entries above 0 count; a cell is in its own neighbourhood.
    people : ndarray of float, shape (n,)
    lags : int
    alpha : float
        Bins that are hot at this level have no part in what is usual.
    """

    weights: csr_array
    people: Floats
    lags: int
    alpha: float

    @cached_property
    def _member(self) -> csr_array:
        return membership(self.weights, star=True)

    @cached_property
    def _share_of_cell(self) -> Floats:
        share: Floats = self.people / float(np.sum(np.sort(self.people)))
        return share

    @cached_property
    def _share(self) -> Floats:
        share: Floats = np.minimum(summed(self._member, self._share_of_cell), 1.0)
        return share

    def bins(
        self, cube: Floats, identity: NDArray[np.uint64], ties: Ties, usual: Usual | None = None
    ) -> tuple[Bins, Usual]:
        """Evaluate every bin.

        Parameters
        ----------
        cube : ndarray of float, shape (n, T)
            Counts.
        identity : ndarray of uint64, shape (n,)
            Hash of each cell; chances are drawn by it and not by the row.
        ties : str
        usual : Usual, optional
            What is usual, where that is known; without it the cube tells.

        Returns
        -------
        bins : Bins
            `level` is observed over expected.
        usual : Usual
        """
        spans = self._spans(cube)
        observed = self._member @ spans
        left = np.ones(cube.shape, dtype=np.bool_) if usual is None else usual.left
        while True:
            totals, dispersion, excess = self._usual(spans, left)
            if usual is not None:
                dispersion, excess = usual.dispersion, usual.excess
            null = "gamma-poisson" if excess > DISPERSED else "poisson"
            spread = np.zeros(len(cube))
            if null == "gamma-poisson":
                spread = correlation(self._member, self._share, self._share_of_cell, dispersion)
            below, at, above = self._tails(observed, totals, spread)
            up, down = split(below, at, above, identity, ties)
            p = np.minimum(2.0 * np.minimum(up, down), 1.0)
            expected = self._share[:, None] * totals
            hot = left & (observed > expected) & (_q(p) <= self.alpha)
            rest = left & ~hot
            rest[:, ~self._suffices(spans, rest)] = True
            rest &= left
            if usual is not None or (rest == left).all():
                break
            left = rest
        share = self._share[:, None]
        variance = expected * (1.0 - share) * (1.0 + (np.maximum(totals, 1) - 1) * spread[:, None])
        fixed = (variance <= 0) | (share >= 1 - 1e-12)
        z = np.divide(observed - expected, np.sqrt(variance), out=np.zeros(cube.shape), where=~fixed)
        found = Bins(
            z=z,
            p=np.where(fixed, 1.0, p),
            side=np.where(fixed, 0, np.sign(observed - expected)).astype(np.int8),
            null=NULL_NAMES[null],
            level=np.divide(observed, expected, out=np.ones(cube.shape), where=expected > 0),
            more={
                "dispersion": f"{dispersion:.6g}",
                "dispersion_z": f"{excess:.4g}",
                "left out of the null": f"{int((~left).sum())} bins",
            },
        )
        return found, Usual(left, dispersion, excess)

    def _spans(self, cube: Floats) -> Floats:
        """Events of each cell in each period and the lags before it."""
        spans = np.empty_like(cube)
        for t in range(cube.shape[1]):
            spans[:, t] = cube[:, max(t - self.lags, 0) : t + 1].sum(axis=1)
        return spans

    def _usual(self, spans: Floats, left: Flags) -> tuple[NDArray[np.int64], float, float]:
        """Tell what the whole map would have in each period by the rate of some cells, and their dispersion."""
        n_times = spans.shape[1]
        totals = np.zeros(n_times, dtype=np.int64)
        over, squares = np.zeros(n_times), np.zeros(n_times)
        for t in range(n_times):
            kept = left[:, t]
            held = float(np.sum(np.sort(self._share_of_cell[kept])))
            events = round(float(np.sum(np.sort(spans[kept, t]))))
            if held <= 0.0:
                totals[t] = events
                continue
            totals[t] = round(events / held)
            over[t], squares[t] = moments_of(spans[kept, t], events, self._share_of_cell[kept] / held)
        if squares.sum() == 0:
            return totals, 0.0, 0.0
        # Periods that share events repeat what they say: (their shared part) ** 2 of it.
        shared = sum(((self.lags + 1 - d) / (self.lags + 1)) ** 2 for d in range(1, self.lags + 1))
        dispersion = max(float(over.sum() / squares.sum()), 0.0)
        return totals, dispersion, float(over.sum() / np.sqrt(2.0 * squares.sum() * (1.0 + 2.0 * shared)))

    def _tails(
        self, observed: Floats, totals: NDArray[np.int64], spread: Floats
    ) -> tuple[Floats, Floats, Floats]:
        below, at, above = (np.zeros(observed.shape) for _ in range(3))
        for t, total in enumerate(totals):
            seen = observed[:, t].astype(np.int64)
            # Of a ground whose rest is expected to have less, a neighbourhood may hold more than all of it.
            most = max(int(total), int(seen.max(initial=0)))
            below[:, t], at[:, t], above[:, t] = _counts.tails(
                seen, most, self._share * (total / max(most, 1)), spread
            )
        return below, at, above

    def _suffices(self, spans: Floats, rest: Flags) -> Flags:
        """Tell in which periods enough is left to say what is usual, shape (T,)."""
        some = np.where(rest, spans, 0.0).any(axis=0)
        return np.asarray((rest.mean(axis=0) >= LEAST_LEFT) & some)


def _q(p: Floats) -> Floats:
    return np.asarray(fdr.adjusted(p.ravel(), "bh")).reshape(p.shape)
