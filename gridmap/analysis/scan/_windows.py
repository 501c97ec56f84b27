"""Windows of the scan statistics: the neighbours of each centre by distance, up to a share of the population."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridmap.analysis._given import real_of
from gridmap.errors import InvalidInput

# Ratios of the axes and the number of directions of each, as in Kulldorff et al. 2006 and SaTScan.
ELLIPSES = {1.0: 1, 1.5: 4, 2.0: 6, 3.0: 9, 4.0: 12, 5.0: 15}
TIE = 1e-9
_CELLS = 1 << 20
_KEPT = 20_000_000
_FIRST_CENTRES = 4
_GOLDEN = 0.6180339887498949


@dataclass(frozen=True, slots=True)
class Outline:
    """Shape of a family of windows: the ratio of the axes, and the bearing of the longer one in degrees."""

    ratio: float = 1.0
    bearing: float = 0.0

    def distances(self, dx: NDArray[np.float64], dy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Semi-minor axis of the window that just reaches an offset."""
        if self.ratio == 1.0:
            return np.asarray(np.sqrt(dx * dx + dy * dy))
        angle = np.deg2rad(self.bearing)
        # Exact zeros at the quarter turns keep tie groups of lattices whole.
        east, north = np.round([np.sin(angle), np.cos(angle)], 15)
        along = (dx * east + dy * north) / self.ratio
        across = dx * north - dy * east
        return np.asarray(np.sqrt(along * along + across * across))

    def penalty(self, power: float) -> float:
        """Factor of the likelihood ratio that holds back long, thin windows (Kulldorff et al. 2006)."""
        return float((4.0 * self.ratio / (self.ratio + 1.0) ** 2) ** power)


def outlines(shape: str, ratios: tuple[float, ...] | None) -> tuple[Outline, ...]:
    """Windows that a scan of a shape looks through.

    Raises
    ------
    InvalidInput
        When the shape or a ratio is not known.
    """
    if shape == "circle":
        return (Outline(),)
    if shape != "ellipse":
        raise InvalidInput(
            "scan-shape",
            f"扫描窗口形状“{shape}”不存在，请用 circle 或 ellipse。",
            f"There is no window shape {shape!r}; use circle or ellipse.",
        )
    asked = (
        tuple(ELLIPSES)
        if ratios is None
        else tuple(real_of(r, "椭圆长短轴之比", "The ratio of the axes") for r in ratios)
    )
    if not asked or not all(np.isfinite(r) and r >= 1.0 for r in asked):
        raise InvalidInput(
            "scan-ratio",
            "椭圆长短轴之比须为不小于 1 的数。",
            "Give ratios of the ellipse's axes of at least 1.",
        )
    return tuple(
        Outline(ratio, 180.0 * turn / directions)
        for ratio in asked
        for directions in (ELLIPSES.get(ratio, max(1, round(3 * ratio))),)
        for turn in range(directions)
    )


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Windows of some centres: their neighbours, where windows may end, and where each centre begins."""

    outline: int
    centres: NDArray[np.int64]
    near: NDArray[np.int32]
    ends: NDArray[np.bool_]
    offsets: NDArray[np.int64]

    def unit(self, at: int, stop: int | None = None) -> Block:
        """Windows of one centre, the first `stop` neighbours at most."""
        begin, end = int(self.offsets[at]), int(self.offsets[at + 1])
        end = end if stop is None else min(end, begin + stop)
        return Block(
            self.outline,
            self.centres[at : at + 1],
            self.near[begin:end],
            self.ends[begin:end],
            np.array([0, end - begin], np.int64),
        )


class Windows:
    """All windows of a scan, made in blocks so that memory stays bounded.

    Parameters
    ----------
    xy : ndarray of float64, shape (n, 2)
        Distinct locations.
    weight : ndarray of float64, shape (n,)
        Population of each.
    limit : float
        Largest population of a window.
    families : tuple of Outline
    intervals : int
        How many intervals of time each window is combined with.
    reach : float
        Largest semi-minor axis of a window.
    """

    def __init__(
        self,
        xy: NDArray[np.float64],
        weight: NDArray[np.float64],
        limit: float,
        families: tuple[Outline, ...],
        intervals: int,
        reach: float = np.inf,
    ) -> None:
        self.xy, self.families = xy, families
        self._weight, self._limit, self._reach = weight, limit * (1.0 + 1e-12), reach * (1.0 + TIE)
        self._rounding = 8 * np.finfo(float).eps * float(np.abs(xy).max(initial=0.0))
        self._most = max(1, _CELLS // max(1, len(xy)) // intervals)
        self._kept: list[Block] = []
        self._complete = False
        self._places: dict[tuple[int, int], tuple[Block, int]] = {}

    def blocks(self) -> Iterator[Block]:
        """Every centre of every outline once; small blocks first, from all over the map."""
        if self._complete:
            yield from self._kept
            return
        n = len(self.xy)
        spread = np.argsort(np.arange(n) * _GOLDEN % 1.0, kind="stable")
        self._kept, kept = [], 0
        size = _FIRST_CENTRES
        for outline in range(len(self.families)):
            begin = 0
            while begin < n:
                size = min(size, self._most)
                block = self.build(outline, spread[begin : begin + size])
                begin += size
                size *= 2
                kept += len(block.near)
                if kept <= _KEPT:
                    self._kept.append(block)
                yield block
        self._complete = kept <= _KEPT
        if not self._complete:
            self._kept = []

    def build(self, outline: int, centres: NDArray[np.int64]) -> Block:
        """Order the neighbours of some centres; whole groups of equal distance enter at once."""
        xy, n = self.xy, len(self.xy)
        away = self.families[outline].distances(
            xy[None, :, 0] - xy[centres, None, 0], xy[None, :, 1] - xy[centres, None, 1]
        )
        order = np.argsort(away, axis=1, kind="stable")
        away = np.take_along_axis(away, order, axis=1)
        ends = np.ones(away.shape, np.bool_)
        ends[:, :-1] = away[:, 1:] > away[:, :-1] * (1.0 + TIE) + self._rounding
        ends &= (np.cumsum(self._weight[order], axis=1) <= self._limit) & (away <= self._reach)
        length = np.where(ends.any(axis=1), n - np.argmax(ends[:, ::-1], axis=1), 0)
        inside = np.arange(n) < length[:, None]
        offsets = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
        return Block(outline, centres, order[inside].astype(np.int32), ends[inside], offsets)

    def unit(self, outline: int, centre: int) -> Block:
        """Windows of one centre."""
        if not self._complete:
            return self.build(outline, np.array([centre]))
        if not self._places:
            self._places = {
                (block.outline, at): (block, i)
                for block in self._kept
                for i, at in enumerate(block.centres.tolist())
            }
        block, i = self._places[outline, centre]
        return block.unit(i)
