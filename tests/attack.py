"""An attacker of published counts: every number that is told, differences, sums over partitions, and bounds by HiGHS.

The attacker knows the method, its table, and how counts of each kind of cell are distributed in the town. What it asks
is: how likely is it that a set of cases, a cell or what is left of one cell without another, holds one, two, three or
four? Protection means that no such chance rises by more than a little over what it was before anything was told.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.signal import fftconvolve
from scipy.sparse import coo_array
from scipy.stats import nbinom

from gridmap.analysis.cell_key import PerturbationTable
from gridmap.analysis.suppress import NOT_SHOWN

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Cell = tuple[tuple[str, int], ...]
"""On each axis the kind of group and its number, such as (("village", 3), ("month", 5), ("domain", 0))."""

SMALL = (1, 2, 3, 4)
_MOST = 400


@dataclass(frozen=True, slots=True, eq=False)
class Axis:
    """One way in which cases are told apart: kinds of groups, the greatest first, each a partition of the atoms."""

    groups: dict[str, Counts]

    def members(self, kind: str, number: int) -> Counts:
        return np.flatnonzero(self.groups[kind] == number)

    def parents(self, kind: str, number: int) -> Iterator[tuple[str, int]]:
        """Greater groups that hold a group and more."""
        kinds = list(self.groups)
        atom = self.members(kind, number)[0]
        for above in kinds[: kinds.index(kind)]:
            yield above, int(self.groups[above][atom])

    def parts(self, kind: str, number: int, into: str) -> list[int]:
        """Groups of a lesser kind that make up a group."""
        return sorted({int(n) for n in self.groups[into][self.members(kind, number)]})

    def lesser(self, kind: str) -> list[str]:
        kinds = list(self.groups)
        return kinds[kinds.index(kind) + 1 :]


class Published:
    """A town's tables: what is told, beside the truth that only the referee knows.

    Parameters
    ----------
    truth : int array, one dimension an axis
    axes : sequence of Axis
    told : dict
        Kinds of groups, one of each axis, to an array of told numbers, `NOT_SHOWN` where nothing is told.
    """

    def __init__(
        self, truth: Counts, axes: tuple[Axis, ...], told: dict[tuple[str, ...], Counts]
    ) -> None:
        self.axes = axes
        self.told = told
        self.true = {kinds: summed(truth, axes, kinds) for kinds in told}
        # What is known before: how much happens in each place, time and matter, as if they had nothing to do with each
        # other, and how far counts of each kind of cell lie beside that.
        total = max(int(truth.sum()), 1)
        base = np.ones(()) * total
        for i in range(truth.ndim):
            share = truth.sum(axis=tuple(j for j in range(truth.ndim) if j != i)) / total
            base = np.multiply.outer(base, share)
        self.means = {kinds: summed(base, axes, kinds) for kinds in told}
        self.sizes = {kinds: _size(self.true[kinds], self.means[kinds]) for kinds in told}

    def prior(self, cell: Cell, less: Cell | None = None) -> Floats:
        """Chance of each count of a cell, or of what is left of it, before anything is told of it."""
        mean = float(self.means[self.kinds(cell)][self.at(cell)])
        size = self.sizes[self.kinds(cell)]
        if less is not None:
            mean = max(mean - float(self.means[self.kinds(less)][self.at(less)]), 0.0)
            size = self.sizes[self.kinds(less)]
        out = nbinom.pmf(np.arange(_MOST), size, size / (size + max(mean, 1e-6)))
        out[-1] += max(1.0 - out.sum(), 0.0)
        return np.asarray(out)

    def number(self, cell: Cell) -> int:
        return int(self.told[self.kinds(cell)][self.at(cell)])

    def truth(self, cell: Cell) -> int:
        return int(self.true[self.kinds(cell)][self.at(cell)])

    @staticmethod
    def kinds(cell: Cell) -> tuple[str, ...]:
        return tuple(kind for kind, _ in cell)

    @staticmethod
    def at(cell: Cell) -> tuple[int, ...]:
        return tuple(number for _, number in cell)

    def partitions(self, cell: Cell) -> Iterator[tuple[Cell, list[Cell]]]:
        """Every greater cell that holds a cell, with the others of a partition of it."""
        for i, axis in enumerate(self.axes):
            kind, number = cell[i]
            for above, parent in axis.parents(kind, number):
                others = [n for n in axis.parts(above, parent, kind) if n != number]
                if others:
                    yield swapped(cell, i, (above, parent)), [swapped(cell, i, (kind, n)) for n in others]


def swapped(cell: Cell, i: int, by: tuple[str, int]) -> Cell:
    return (*cell[:i], by, *cell[i + 1 :])


def _size(true: Counts, means: Floats) -> float:
    """Size of the negative binomial that lies as far beside its means as counts do."""
    beside = float(((true - means) ** 2 - means).sum())
    return float(np.clip((means**2).sum() / beside, 0.2, 1e6)) if beside > 0 else 1e6


def summed(truth: NDArray[Any], axes: tuple[Axis, ...], kinds: tuple[str, ...]) -> NDArray[Any]:
    """Add up the atoms of each cell."""
    out = truth
    for i, (axis, kind) in enumerate(zip(axes, kinds, strict=True)):
        groups = axis.groups[kind]
        found = np.zeros((*out.shape[:i], int(groups.max()) + 1, *out.shape[i + 1 :]), dtype=out.dtype)
        np.add.at(np.moveaxis(found, i, 0), groups, np.moveaxis(out, i, 0))
        out = found
    return out


class Attacker:
    """What can be concluded from published numbers by one who knows how they were made."""

    def __init__(
        self, published: Published, table: PerturbationTable, *, least_held: int, least_told: int
    ) -> None:
        self.published = published
        self.table = table
        self.least_held, self.least_told = least_held, least_told
        counts = np.arange(_MOST)
        tells = np.array([table.chance(counts, told) for told in range(_MOST + table.bound)])
        tells[:least_told] = 0.0
        tells[:, counts < least_held] = 0.0
        self.tells = tells
        self.hides = 1.0 - tells.sum(axis=0)
        self.noise = table.chances[-1][table.last - table.bound :]

    def own(self, cell: Cell) -> Floats:
        """Likelihood of each count of a cell from its own number, or from its being kept back."""
        told = self.published.number(cell)
        # Greater numbers are far from small counts, whatever they are.
        return self.hides if told == NOT_SHOWN else self.tells[min(told, _MOST - 1)]

    def left(self, whole: Cell, others: list[Cell]) -> Floats | None:
        """Likelihood of each count of what is left of a cell without others, from their numbers; None if untold."""
        top = self.published.number(whole)
        if top == NOT_SHOWN:
            return None
        # The distribution of the told number of the whole, less what is told of the others, less what is left.
        spread, at = self.noise, -self.table.bound
        known = 0
        for other in others:
            told = self.published.number(other)
            if told == NOT_SHOWN:
                hidden = self.published.prior(other) * self.hides
                hidden = hidden[: np.flatnonzero(hidden)[-1] + 1]
                spread = fftconvolve(spread, hidden / hidden.sum())
            else:
                known += told
                spread = fftconvolve(spread, self.noise[::-1])
                at -= self.table.bound
        counts = np.arange(_MOST)
        index = top - known - counts - at
        inside = (index >= 0) & (index < len(spread))
        out = np.where(inside, np.maximum(spread[np.where(inside, index, 0)], 0.0), 0.0)
        # Far beyond what is likely the convolution is noise of its own; nothing is ruled out by it.
        return out + 1e-9 * out.max()

    def conclude(self, prior: Floats, likelihoods: list[Floats], low: int, high: int) -> Floats:
        """Posterior of each count."""
        counts = np.arange(_MOST)
        out = prior * ((counts >= low) & (counts <= high))
        for likelihood in likelihoods:
            out = out * likelihood
            out = out / out.sum() if out.sum() > 0 else out
        return out

    def bounds(self, cell: Cell, less: Cell | None = None) -> tuple[int, int]:
        """Least and greatest count of a cell, or of what is left of it, that all told numbers around it allow."""
        around = [cell, *([less] if less is not None else [])]
        family = {c for one in around for p, others in self.published.partitions(one) for c in (p, *others)}
        family |= set(around)
        family |= {p for one in list(family) for p, _ in self.published.partitions(one)}
        cells = sorted(family)
        column = {c: i for i, c in enumerate(cells)}
        rows: list[tuple[int, int, float]] = []
        number = 0
        for one in cells:
            for whole, others in self.published.partitions(one):
                if whole in column and all(o in column for o in others):
                    rows += [(number, column[whole], 1.0), (number, column[one], -1.0)]
                    rows += [(number, column[o], -1.0) for o in others]
                    number += 1
        limits = []
        for one in cells:
            told = self.published.number(one)
            if told == NOT_SHOWN:
                limits.append((0.0, float(self.least_told - 1 + self.table.bound)))
            else:
                low = max(self.least_held, told - self.table.bound)
                limits.append((float(low), float(told + self.table.bound)))
        aim = np.zeros(len(cells))
        aim[column[cell]] = 1.0
        if less is not None:
            aim[column[less]] -= 1.0
        equal = {}
        if rows:
            r, c, v = zip(*rows, strict=True)
            equal = {"A_eq": coo_array((v, (r, c)), shape=(number, len(cells))), "b_eq": np.zeros(number)}
        ends = [linprog(sign * aim, bounds=limits, method="highs", **equal) for sign in (1.0, -1.0)]
        if not all(end.success for end in ends):
            return 0, _MOST - 1
        low, high = ends[0].fun, -ends[1].fun
        return max(int(np.ceil(low - 1e-6)), 0), min(int(np.floor(high + 1e-6)), _MOST - 1)

    def on_cell(self, cell: Cell) -> tuple[Floats, Floats]:
        """Return prior and posterior of a cell's count."""
        prior = self.published.prior(cell)
        found = [self.left(whole, others) for whole, others in self.published.partitions(cell)]
        likelihoods = [self.own(cell), *(one for one in found if one is not None)]
        return prior, self.conclude(prior, likelihoods, *self.bounds(cell))

    def on_difference(self, whole: Cell, part: Cell, prior: Floats) -> Floats:
        """Posterior of the count of what is left of a cell without a part of it."""
        likelihoods = []
        if (direct := self.left(whole, [part])) is not None:
            likelihoods.append(direct)
        elif (hidden := self.published.number(part)) != NOT_SHOWN:
            likelihoods.append(np.where(np.arange(_MOST) <= self.least_told + self.table.bound - hidden, 1.0, 0.5))
        return self.conclude(prior, likelihoods, *self.bounds(whole, part))


@dataclass(frozen=True, slots=True)
class Pair:
    """Two requests, one of which holds the other: what differs between them, and the cells that they are of."""

    by: str
    whole: Cell
    part: Cell


def drawn_pairs(published: Published, names: tuple[str, ...], n: int, rng: np.random.Generator) -> list[Pair]:
    """Draw pairs of requests that differ in one thing, every thing in turn."""
    kinds = list(published.told)
    out: list[Pair] = []
    while len(out) < n:
        chosen = kinds[int(rng.integers(len(kinds)))]
        shape = published.told[chosen].shape
        part: Cell = tuple(
            (kind, int(rng.integers(size))) for kind, size in zip(chosen, shape, strict=True)
        )
        i = len(out) % len(published.axes)
        above = [one for one in published.axes[i].parents(*part[i])]
        above = [one for one in above if tuple(k for k, _ in swapped(part, i, one)) in published.told]
        if above:
            out.append(Pair(names[i], swapped(part, i, above[int(rng.integers(len(above)))]), part))
    return out


def raises(prior: Floats, posterior: Floats) -> Floats:
    """By how much the chance of each small count rose; shape (4,)."""
    return np.array([posterior[v] - prior[v] for v in SMALL])


def attack(attacker: Attacker, pairs: list[Pair]) -> dict[str, Floats]:
    """Attack the part, and what is left of the whole without it, of every pair.

    Returns
    -------
    dict
        What the pairs differ by to the greatest raise of each pair.
    """
    published = attacker.published
    out: dict[str, list[float]] = {}
    for pair in pairs:
        prior, posterior = attacker.on_cell(pair.part)
        found = [raises(prior, posterior).max()]
        prior = published.prior(pair.whole, pair.part)
        found.append(raises(prior, attacker.on_difference(pair.whole, pair.part, prior)).max())
        out.setdefault(pair.by, []).append(float(max(found)))
    return {name: np.array(values) for name, values in out.items()}


def every_kind(axes: tuple[Axis, ...]) -> list[tuple[str, ...]]:
    """Return each combination of kinds of groups."""
    return list(itertools.product(*(axis.groups for axis in axes)))
