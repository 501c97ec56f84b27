"""The attacker of `tests.attack` on numbers of any sets: weeks, states of cases, places and clusters of kept runs.

A told number is of a set of cases that is a product: some ground, some days and states, some matters. The attacker
takes all told numbers that overlap with its target together, each with its noise, and the difference of two of them
with the exact noise. Its prior is base rates alone: how much happens on each ground, in each matter, and in each piece
of time by state (that newer cases are still open is no secret), as if these had nothing to do with each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve
from scipy.stats import nbinom

from gridmap.analysis.cell_key import PerturbationTable
from gridmap.analysis.suppress import NOT_SHOWN
from tests.attack import SMALL

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_MOST = 400
_AROUND = 200


@dataclass(frozen=True, slots=True, eq=False)
class Set:
    """Cases of some ground, days and states, and matters.

    Attributes
    ----------
    kind : str
        What tells it, such as ``run`` or ``week``.
    ground, when, matter : bool arrays
        Which atoms of each axis it holds.
    told : int
        Its number, `NOT_SHOWN` where its kind is told and it is not; None where nothing is ever said of it.
    below : int or None
        Where a band is told and `told` is the least number in it, the first above it.
    """

    kind: str
    ground: Flags
    when: Flags
    matter: Flags
    told: int | None = None
    below: int | None = None

    @property
    def numbers(self) -> range:
        """What its perturbed number may be, by what is told."""
        least = int(self.told or 0)
        return range(least, least + 1 if self.below is None else self.below)

    @property
    def axes(self) -> tuple[Flags, Flags, Flags]:
        """What it holds on each axis."""
        return self.ground, self.when, self.matter

    def holds(self, other: Set) -> bool:
        """Tell whether all of another set lies in it."""
        return all(not (theirs & ~mine).any() for mine, theirs in zip(self.axes, other.axes, strict=True))


class Cases:
    """The true cases, which only the referee knows, and the base rates, which everybody does.

    Parameters
    ----------
    atoms : (n, 3) int array
        Place, time with state, and matter of each case.
    shape : (int, int, int)
    grounds_known : bool
        Whether the attacker knows how much of each matter happens on each ground, too: that a place was found is told,
        and must be, so what its numbers add to that is measured by one who knows it.
    """

    def __init__(
        self, atoms: NDArray[np.int64], shape: tuple[int, int, int], *, grounds_known: bool = False
    ) -> None:
        self.atoms, self.shape = atoms, shape
        self.total = len(atoms)
        self.known: Floats | None = None
        if grounds_known:
            self.known = np.zeros((shape[0], shape[2]))
            np.add.at(self.known, (atoms[:, 0], atoms[:, 2]), 1.0 / max(self.total, 1))
        self.shares = [
            np.bincount(atoms[:, i], minlength=size) / max(self.total, 1) for i, size in enumerate(shape)
        ]
        by = np.zeros((shape[0], shape[2]))
        np.add.at(by, (atoms[:, 0], atoms[:, 2]), 1.0)
        mean = np.multiply.outer(self.shares[0], self.shares[2]) * self.total
        self.mixed = max(float(((by - mean) ** 2 - mean).sum() / (mean**2).sum()), 0.0)

    def truth(self, one: Set) -> int:
        inside = [axis[self.atoms[:, i]] for i, axis in enumerate(one.axes)]
        return int((inside[0] & inside[1] & inside[2]).sum())

    def means(self, sets: list[Set]) -> Floats:
        out = np.full(len(sets), float(self.total))
        if self.known is not None:
            out *= np.array([self.known[np.ix_(one.ground, one.matter)].sum() for one in sets])
            return out * np.array([self.shares[1][one.when].sum() for one in sets])
        for i, share in enumerate(self.shares):
            out *= np.array([share[one.axes[i]].sum() for one in sets])
        return out

    def together(self, some: list[Set], others: list[Set]) -> Floats:
        """How sets vary together before anything is told."""
        if self.known is not None:
            a, b = (
                np.array([np.outer(one.ground, one.matter).ravel() for one in sets], dtype=np.float64)
                for sets in (some, others)
            )
            c, d = (np.array([one.when for one in sets], dtype=np.float64) for sets in (some, others))
            return self.total * ((a * self.known.ravel()) @ b.T) * ((c * self.shares[1]) @ d.T)
        both: list[Floats] = []
        squares: list[Floats] = []
        sums: list[tuple[Floats, Floats]] = []
        for i, share in enumerate(self.shares):
            a = np.array([one.axes[i] for one in some], dtype=np.float64)
            b = np.array([one.axes[i] for one in others], dtype=np.float64)
            both.append((a * share) @ b.T)
            squares.append((a * share**2) @ b.T)
            sums.append((a @ share, b @ share))
        times = np.multiply.outer(*sums[1])
        return self.total * both[0] * both[1] * both[2] + (
            self.mixed * self.total**2 * squares[0] * times * squares[2]
        )


class SetAttacker:
    """What can be concluded of a set, or of what is left of one without another, from all told numbers.

    Parameters
    ----------
    cases : Cases
    told : list of Set
    table : PerturbationTable
    least_held, least_told : int
    """

    def __init__(
        self, cases: Cases, told: list[Set], table: PerturbationTable, *, least_held: int, least_told: int
    ) -> None:
        self.table = table
        # The lowest band says next to nothing, and that exactly of its own set alone.
        self.told = [one for one in told if one.told not in {None, NOT_SHOWN} and (one.told or not one.below)]
        self.know(cases)
        counts = np.arange(_MOST)
        tells = np.array([table.chance(counts, number) for number in range(_MOST + table.bound)])
        tells[:, counts < least_held] = 0.0
        self.lies = tells.copy()
        tells[:least_told] = 0.0
        self.tells, self.hides = tells, 1.0 - tells.sum(axis=0)
        self.noise = table.chances[-1][table.last - table.bound :]

    def know(self, cases: Cases) -> None:
        """Take other base rates for known."""
        self.cases = cases
        self._variance = np.array([self._own_variance(one) for one in self.told])

    def _own_variance(self, one: Set) -> float:
        return float(self.cases.together([one], [one])[0, 0]) + self.table.variance

    def own(self, one: Set) -> Floats:
        if one.told is None:
            return np.ones(_MOST)
        if one.told == NOT_SHOWN:
            return self.hides
        if one.below is None:
            return self.tells[min(one.told, len(self.tells) - 1)]
        return np.asarray(self.lies[min(one.told, len(self.lies) - 1) : one.below].sum(axis=0))

    def prior(self, mean: float, variance: float) -> Floats:
        mean = max(mean, 1e-6)
        beside = max(variance - mean, 1e-9)
        size = mean**2 / beside
        out = nbinom.pmf(np.arange(_MOST), size, size / (size + mean))
        out[-1] += max(1.0 - out.sum(), 0.0)
        return np.asarray(out)

    def raises(self, whole: Set, part: Set | None) -> float:
        """By how much the chance of a small count of a set, or of what is left of it, rises at most."""
        aim = [whole] if part is None else [whole, part]
        signs = np.array([1.0, -1.0])[: len(aim)]
        mean = float(signs @ self.cases.means(aim))
        variance = float(signs @ self.cases.together(aim, aim) @ signs)
        if mean < 1e-9:
            return 0.0
        prior = self.prior(mean, variance)
        likelihoods = [self._around(aim, signs, mean, variance)]
        ways = [likelihoods]
        if part is None:
            likelihoods.append(self.own(whole))
        elif whole.told not in {None, NOT_SHOWN} and part.told is not None:
            ways.append([self._difference(whole, part)])
        best = -1.0
        for way in ways:
            after = prior.copy()
            for likelihood in way:
                after = after * likelihood
                after = after / after.sum() if after.sum() > 0 else prior
            best = max(best, *(float(after[v] - prior[v]) for v in SMALL))
        return best

    def _around(self, aim: list[Set], signs: Floats, mean: float, variance: float) -> Floats:
        counts = np.arange(_MOST, dtype=np.float64)
        known = [one is not aim[0] or len(aim) > 1 for one in self.told]
        cross = signs @ self.cases.together(aim, self.told)
        weight = np.where(known, cross**2 / self._variance, 0.0)
        near = np.argsort(-weight)[:_AROUND]
        near = near[weight[near] > 0]
        if not len(near):
            return np.ones(_MOST)
        around = [self.told[i] for i in near]
        slope = cross[near] / max(variance, 1e-9)
        rest = self.cases.together(around, around) - np.outer(slope, slope) * variance
        width = np.array([len(one.numbers) for one in around], dtype=np.float64)
        rest += np.diag(self.table.variance + (width**2 - 1.0) / 12.0)
        middles = np.array([one.numbers[0] for one in around]) + (width - 1.0) / 2.0
        away = middles - self.cases.means(around)
        solved = np.linalg.solve(rest + 1e-9 * np.eye(len(around)), np.column_stack([away, slope]))
        linear, square = float(slope @ solved[:, 0]), float(slope @ solved[:, 1])
        log = (counts - mean) * linear - 0.5 * (counts - mean) ** 2 * square
        return np.asarray(np.exp(log - log.max()))

    def _difference(self, whole: Set, part: Set) -> Floats:
        """Likelihood of each count of what is left, from two numbers alone, with the exact noise of both."""
        if whole.below is not None or part.below is not None:
            return self._difference_of_bands(whole, part)
        spread, at = self.noise, -self.table.bound
        known = int(whole.told or 0)
        if part.told == NOT_SHOWN:
            mean = float(self.cases.means([part])[0])
            hidden = self.prior(mean, float(self.cases.together([part], [part])[0, 0])) * self.hides
            hidden = hidden[: np.flatnonzero(hidden)[-1] + 1]
            spread = fftconvolve(spread, hidden / hidden.sum())
        else:
            known -= int(part.told or 0)
            spread, at = fftconvolve(spread, self.noise[::-1]), at - self.table.bound
        index = known - np.arange(_MOST) - at
        inside = (index >= 0) & (index < len(spread))
        out = np.where(inside, np.maximum(spread[np.where(inside, index, 0)], 0.0), 0.0)
        return out + 1e-9 * max(out.max(), 1e-300)

    def _difference_of_bands(self, whole: Set, part: Set) -> Floats:
        mean = float(self.cases.means([part])[0])
        inside = self.prior(mean, float(self.cases.together([part], [part])[0, 0])) * self.own(part)
        of_whole = self.own(whole)
        out = np.zeros(_MOST)
        for held in np.flatnonzero(inside > 1e-12 * max(inside.max(), 1e-300)):
            out[: _MOST - held] += inside[held] * of_whole[held:]
            out[_MOST - held :] += inside[held] * of_whole[-1]
        return out + 1e-9 * max(out.max(), 1e-300)


@dataclass(frozen=True, slots=True)
class SetPair:
    """A set, and another that holds it and more."""

    whole: Set
    part: Set


def drawn_set_pairs(sets: list[Set], kind: str, n: int, rng: np.random.Generator) -> list[SetPair]:
    """Draw pairs one of which is of a kind, and one of which holds the other."""
    ours = [i for i, one in enumerate(sets) if one.kind == kind]
    out: list[SetPair] = []
    for at in rng.permutation(np.tile(ours, 40)):
        one = sets[at]
        for other in rng.permutation(len(sets))[:200]:
            two = sets[other]
            if other == at:
                continue
            if two.holds(one) and not one.holds(two):
                out.append(SetPair(two, one))
                break
            if one.holds(two) and not two.holds(one):
                out.append(SetPair(one, two))
                break
        if len(out) >= n:
            break
    return out


def attack_sets(attacker: SetAttacker, pairs: list[SetPair]) -> Floats:
    """Attack the part, and what is left of the whole without it, of every pair; give the greatest raise of each."""
    return np.array(
        [max(attacker.raises(pair.part, None), attacker.raises(pair.whole, pair.part)) for pair in pairs]
    )
