"""Checked input of the local statistics: values on a neighbourhood structure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from gridmap.analysis._given import Rng, generator_of, numbers_of
from gridmap.analysis.hotspot import _loops
from gridmap.analysis.hotspot.results import Floats
from gridmap.errors import InvalidInput

ROUNDS = 3
MOST_ROUNDS = 256
_WHOLE_MAX = 2**40
_GREATEST = 1e100
_STEP_PARTS, _STEP_SLACK, _STEPS_MAX = 12, 1e-3, 1 << 20


@dataclass(frozen=True, eq=False)
class Field:
    """Values, weights, and sums over neighbours without the diagonal."""

    values: Floats
    indptr: NDArray[Any]
    indices: NDArray[Any]
    data: Floats
    lag: Floats
    total: Floats
    squares: Floats
    greatest: Floats
    diagonal: Floats
    degree: NDArray[np.int64]
    equal: bool

    @property
    def n(self) -> int:
        """Number of cells."""
        return len(self.values)

    @cached_property
    def ordered(self) -> Floats:
        """Values in ascending order: what sums over all cells are taken in, whatever the order of the rows."""
        return np.sort(self.values)

    @cached_property
    def whole(self) -> bool:
        """Whether the values are counts."""
        low, high = self.ordered[0], self.ordered[-1]
        return bool(low >= 0 and high <= _WHOLE_MAX and (self.values == np.floor(self.values)).all())

    @property
    def constant(self) -> bool:
        """Whether all values are the same."""
        return bool(self.ordered[0] == self.ordered[-1])

    @cached_property
    def moments(self) -> tuple[float, float]:
        """Mean, and variance with n."""
        mean = float(np.mean(self.ordered))
        return mean, float(np.mean((self.ordered - mean) ** 2))

    @cached_property
    def distinct(self) -> Floats:
        """Distinct values in ascending order."""
        return self.ordered[np.diff(self.ordered, prepend=-np.inf) > 0]

    def in_steps(self) -> Field:
        """Return the cells in whole steps above the least value where all values lie so apart; else themselves.

        Means of counts, differences of counts and rounded numbers are such values; sums of them tie as counts do.
        """
        step = _step(self.distinct)
        if step is None:
            return self
        x = np.rint((self.values - self.ordered[0]) / step)
        sums = _loops.row_sums(self.indptr, self.indices, self.data, x)
        return Field(x, self.indptr, self.indices, self.data, *sums)

    def own_weight(self, *, star: bool) -> Floats:
        """Weight of each cell in its own neighbourhood: the diagonal, else the row's greatest weight, else one."""
        if not star:
            return np.zeros(self.n)
        filled = np.where(self.greatest > 0, self.greatest, 1.0)
        return np.where(self.diagonal != 0, self.diagonal, filled) if self.diagonal.any() else filled

    def counted(self, *, star: bool) -> bool:
        """Whether the neighbourhood's sum is a plain sum of values, up to a factor for each cell."""
        if not self.equal:
            return False
        return (
            not star or not self.diagonal.any() or bool((self.own_weight(star=True) == self.greatest).all())
        )

    def identity(self, seed: int, keys: ArrayLike | None) -> NDArray[np.uint64]:
        """Hash of each cell from its key, or from its content and surroundings; never from its row number."""
        bits = (self.values + 0.0).view(np.uint64)
        if keys is not None:
            named = np.asarray(keys)
            if named.shape != (self.n,) or named.dtype.kind not in "iu":
                raise InvalidInput(
                    "keys-shape",
                    "每个单元应有一个整数编码。",
                    "There must be one whole-number key for each cell.",
                )
            named = np.ascontiguousarray(named.astype(np.int64)).view(np.uint64)
            # The data's digest keeps a cell's chance apart between weeks, though its key and the seed stay.
            mixed = np.bitwise_xor.reduce(_loops.started(named ^ _loops.started(bits, seed), seed))
            # Compiled loops take a Python int as a signed word.
            digest = int(mixed) & (2**63 - 1)
            return _loops.started(named, digest)  # type: ignore[no-any-return]
        state: NDArray[np.uint64] = _loops.started(bits, seed)
        weight_bits = self.data.view(np.uint64)
        found = 0
        rounds, step = 0, ROUNDS
        while rounds < MOST_ROUNDS:
            for _ in range(step):
                state = _loops.refined(self.indptr, self.indices, weight_bits, state)
            rounds += step
            # Sorting beats the hash table of numpy's own count of distinct words.
            before, found = found, 1 + int(np.count_nonzero(np.diff(np.sort(state))))
            if found > 0.99 * self.n or found == before:
                break
            step = rounds
        return state


def checked(values: ArrayLike, weights: sparse.csr_array, *, diagonal: bool) -> Field:
    """Check values and weights and add up the neighbours.

    Parameters
    ----------
    values : array_like of float, shape (n,)
        Finite.
    weights : csr_array, shape (n, n)
        Finite, not negative.
    diagonal : bool
        Whether weights on the diagonal are accepted.

    Returns
    -------
    Field

    Raises
    ------
    InvalidInput
        When shapes differ, there are no cells, or something is missing, infinite, negative or forbidden.
    """
    x = checked_values(values)
    w = checked_weights(weights, len(x))
    data = np.ascontiguousarray(w.data, dtype=np.float64)
    sums = _loops.row_sums(w.indptr, w.indices, data, x)
    if not diagonal and sums[4].any():
        raise InvalidInput(
            "weights-diagonal",
            "该统计量的权重对角线应为零，请去掉对角线，或改用 star=True。",
            "Weights of this statistic must have a zero diagonal; remove it or ask for star=True.",
        )
    return Field(x, w.indptr, w.indices, data, *sums)


def checked_values(values: ArrayLike) -> Floats:
    """One finite number for each cell, as float64."""
    x = np.ascontiguousarray(numbers_of(values, "数值", "Values"))
    if x.ndim != 1 or len(x) == 0:
        raise InvalidInput(
            "values-shape", "数值应为非空的一维数组。", "Values must be one row of numbers, not empty."
        )
    if not np.isfinite(x).all():
        raise InvalidInput(
            "values-not-finite",
            "数值含有空值或无穷大，请先补全或去掉这些单元。",
            "A value is missing or infinite; fill it in or leave the cell out.",
        )
    if max(x.max(), -x.min()) > _GREATEST or 0 < x.max() - x.min() < 1 / _GREATEST:
        raise InvalidInput(
            "values-unit",
            "数值过大或差别过小，无法计算，请换一个单位。",
            "Values are too great, or differ by too little, to compute with; choose another unit.",
        )
    return x


def checked_weights(weights: sparse.csr_array, n: int) -> sparse.csr_array:
    """Compressed rows for n cells, finite and not negative."""
    if not sparse.issparse(weights) or weights.shape != (n, n):
        raise InvalidInput(
            "weights-shape",
            f"权重应为 {n}×{n} 的稀疏矩阵。",
            f"Weights must be a sparse matrix of {n} by {n}.",
        )
    w = weights if weights.format == "csr" else sparse.csr_array(weights)
    if len(w.data) and not (np.isfinite(w.data).all() and w.data.min() >= 0):
        raise InvalidInput(
            "weights-value", "权重应为有限的非负数。", "Weights must be finite numbers that are not negative."
        )
    return w


def _step(distinct: Floats) -> float | None:
    """Length that all distinct values lie whole multiples of apart, if there is one."""
    if len(distinct) < 2:
        return None
    above = distinct - distinct[0]
    rounding = 8.0 * np.finfo(np.float64).eps * float(max(abs(distinct[0]), abs(distinct[-1])))
    least = float(np.diff(distinct).min())
    for part in range(1, _STEP_PARTS + 1):
        step = least / part
        if rounding / step > _STEP_SLACK or above[-1] / step > _STEPS_MAX:
            return None
        steps = np.rint(above / step)
        # The greatest difference tells the step best: its rounding is shared among the most steps.
        finer = float(above[-1] / steps[-1])
        if np.abs(above / finer - steps).max() <= rounding / finer + _STEP_SLACK * 1e-3:
            return finer
    return None


def checked_choice(name: str, value: str, allowed: tuple[str, ...]) -> None:
    """Refuse an unknown option."""
    if value not in allowed:
        listed = ", ".join(allowed)
        raise InvalidInput(
            "option-unknown",
            f"参数 {name} 不能为“{value}”，可选：{listed}。",
            f'{name} cannot be "{value}"; choose one of {listed}.',
        )


def seed_of(rng: Rng) -> int:
    """Draw a seed; 0 without a generator, so that a result without one is reproducible too."""
    return 0 if rng is None else int(generator_of(rng).integers(0, 2**63, dtype=np.int64))
