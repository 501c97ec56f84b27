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
_MOST_AROUND = 250


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

    def __init__(self, truth: Counts, axes: tuple[Axis, ...], told: dict[tuple[str, ...], Counts]) -> None:
        self.axes = axes
        self.told = told
        self.true = {kinds: summed(truth, axes, kinds) for kinds in every_kind(axes)}
        # What is known before: how much happens in each place, time and matter, as if they had nothing to do with each
        # other, and how far counts of each kind of cell lie beside that.
        total = max(int(truth.sum()), 1)
        self.total = total
        self.shares = [
            truth.sum(axis=tuple(j for j in range(truth.ndim) if j != i)) / total for i in range(truth.ndim)
        ]
        # Some places have more of some matters at all times: how much is known, where it is not.
        by = truth.sum(axis=1).astype(np.float64)
        mean = np.multiply.outer(self.shares[0], self.shares[2]) * total
        self.mixed = max(float(((by - mean) ** 2 - mean).sum() / (mean**2).sum()), 0.0)

    def moments(self, cells: list[Cell]) -> tuple[Floats, Floats]:
        """Mean of each cell before anything is told, and how cells vary together; shapes (n,) and (n, n)."""
        inside = [
            np.array([axis.groups[c[i][0]] == c[i][1] for c in cells], dtype=np.float64)
            for i, axis in enumerate(self.axes)
        ]
        shares = [inner @ share for inner, share in zip(inside, self.shares, strict=True)]
        means = self.total * np.prod(shares, axis=0)
        both = [(inner * share) @ inner.T for inner, share in zip(inside, self.shares, strict=True)]
        squares = [(inner * share**2) @ inner.T for inner, share in zip(inside, self.shares, strict=True)]
        mixed = self.mixed * self.total**2 * squares[0] * np.outer(shares[1], shares[1]) * squares[2]
        return means, self.total * np.prod(both, axis=0) + mixed

    def prior(self, cell: Cell, less: Cell | None = None) -> Floats:
        """Chance of each count of a cell, or of what is left of it, before anything is told of it."""
        means, together = self.moments([cell] if less is None else [cell, less])
        signs = np.array([1.0, -1.0])[: len(means)]
        mean = max(float(signs @ means), 1e-6)
        beside = max(float(signs @ together @ signs) - mean, 1e-9)
        size = mean**2 / beside
        out = nbinom.pmf(np.arange(_MOST), size, size / (size + mean))
        out[-1] += max(1.0 - out.sum(), 0.0)
        return np.asarray(out)

    def number(self, cell: Cell) -> int:
        """Number that is told of a cell, or `NOT_SHOWN`; cells of too fine a kind are never told."""
        told = self.told.get(self.kinds(cell))
        return NOT_SHOWN if told is None else int(told[self.at(cell)])

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
        if self.published.kinds(cell) not in self.published.told:
            return np.ones(_MOST)
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

    def family(self, cells: list[Cell]) -> list[Cell]:
        """Cells that hold others, their parts, and those of what holds them again: what has to do with them."""
        found = set(cells)
        for _ in range(2):
            found |= {c for one in list(found) for p, o in self.published.partitions(one) for c in (p, *o)}
            if len(found) > _MOST_AROUND:
                break
        return sorted(found)

    def around(self, cell: Cell, less: Cell | None = None) -> Floats:
        """Likelihood of each count from all that is told around a cell, taken together.

        Sums over every partition, and every difference, are in it: it is the best that linear combinations of told
        numbers can do, each weighed by its noise and by what is not told.
        """
        aim = [cell] if less is None else [cell, less]
        # The cell's own number has a likelihood of its own, which is exact.
        told = [c for c in self.family(aim) if c != cell or less is not None]
        told = [c for c in told if self.published.number(c) != NOT_SHOWN]
        counts = np.arange(_MOST, dtype=np.float64)
        if not told:
            return np.ones(_MOST)
        means, together = self.published.moments([*aim, *told])
        n = len(aim)
        signs = np.array([1.0, -1.0])[:n]
        mean, own = float(signs @ means[:n]), float(signs @ together[:n, :n] @ signs)
        cross = together[n:, :n] @ signs / max(own, 1e-9)
        rest = together[n:, n:] - np.outer(cross, cross) * own + self.table.variance * np.eye(len(told))
        away = np.array([self.published.number(c) for c in told]) - means[n:]
        solved = np.linalg.solve(rest, np.column_stack([away, cross]))
        linear, square = float(cross @ solved[:, 0]), float(cross @ solved[:, 1])
        log = (counts - mean) * linear - 0.5 * (counts - mean) ** 2 * square
        return np.asarray(np.exp(log - log.max()))

    def bounds(self, cell: Cell, less: Cell | None = None) -> tuple[int, int]:
        """Least and greatest count of a cell, or of what is left of it, that all told numbers around it allow."""
        family = set(self.family([cell, *([less] if less is not None else [])]))
        cells = sorted(family)
        column = {c: i for i, c in enumerate(cells)}
        rows: list[tuple[int, int, float]] = []
        number = 0
        seen: set[tuple[Cell, Cell]] = set()
        for one in cells:
            for whole, others in self.published.partitions(one):
                # Each part of a partition leads to the same sum.
                if (whole, min(one, *others)) in seen:
                    continue
                if whole in column and all(o in column for o in others):
                    seen.add((whole, min(one, *others)))
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

    def on_cell(self, cell: Cell) -> tuple[Floats, list[Floats]]:
        """Return the prior of a cell's count, and its posteriors.

        The first is of all told numbers together; the others are of each partition alone, with the exact noise in place
        of the normal one.
        """
        prior = self.published.prior(cell)
        out = [self.conclude(prior, [self.own(cell), self.around(cell)], *self.bounds(cell))]
        for whole, others in self.published.partitions(cell):
            one = self.left(whole, others)
            if one is not None:
                out.append(self.conclude(prior, [self.own(cell), one], 0, _MOST - 1))
        return prior, out

    def on_difference(self, whole: Cell, part: Cell) -> tuple[Floats, list[Floats]]:
        """Return prior and posterior of the count of what is left of a cell without a part of it."""
        prior = self.published.prior(whole, part)
        return prior, [self.conclude(prior, [self.around(whole, part)], *self.bounds(whole, part))]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two requests, one of which holds the other: what differs between them, and the cells that they are of."""

    by: str
    whole: Cell
    part: Cell


def drawn_pairs(published: Published, names: tuple[str, ...], n: int, rng: np.random.Generator) -> list[Pair]:
    """Draw pairs of requests that differ in one thing, every thing in turn."""
    kinds = every_kind(published.axes)
    out: list[Pair] = []
    while len(out) < n:
        chosen = kinds[int(rng.integers(len(kinds)))]
        shape = published.true[chosen].shape
        part: Cell = tuple((kind, int(rng.integers(size))) for kind, size in zip(chosen, shape, strict=True))
        i = len(out) % len(published.axes)
        above = [
            one
            for one in published.axes[i].parents(*part[i])
            if tuple(k for k, _ in swapped(part, i, one)) in published.told
        ]
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
    out: dict[str, list[float]] = {}
    for pair in pairs:
        concluded = (attacker.on_cell(pair.part), attacker.on_difference(pair.whole, pair.part))
        found = [raises(prior, after).max() for prior, posteriors in concluded for after in posteriors]
        out.setdefault(pair.by, []).append(float(max(found)))
    return {name: np.array(values) for name, values in out.items()}


def every_kind(axes: tuple[Axis, ...]) -> list[tuple[str, ...]]:
    """Return each combination of kinds of groups."""
    return list(itertools.product(*(axis.groups for axis in axes)))
