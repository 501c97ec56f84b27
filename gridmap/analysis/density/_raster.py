"""Sums of kernels on a raster: exactly event by event, or by binning and FFT."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from gridmap.analysis._points import distinct, points_of
from gridmap.analysis.density import _loops as loops
from gridmap.analysis.density._kernels import Kernel, heights

# Below this support in cells the raster is too coarse to interpolate a kernel, and adding it exactly is cheap.
_EXACT_BELOW_CELLS = 6.0
_EXACT_WORK = 3e7
_LEAST_SHARE = 1e-3
_TOLERANCE = 5e-4
_NO_WEIGHTS = np.empty(0)


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """Coordinates of events and how many each stands for (empty: one each)."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    weight: NDArray[np.float64]
    bounds: tuple[float, float, float, float]

    @classmethod
    def of(cls, points: NDArray[np.float64], weights: NDArray[np.float64] | None) -> Events:
        x, y = np.ascontiguousarray(points[:, 0]), np.ascontiguousarray(points[:, 1])
        west, south, east, north, finite = loops.extent(x, y)
        if not finite:
            points_of(points)
        return cls(x, y, _NO_WEIGHTS if weights is None else weights, (west, south, east, north))

    @property
    def n(self) -> int:
        return len(self.x)

    @property
    def total(self) -> float:
        return float(np.sort(self.weight).sum()) if len(self.weight) else float(self.n)

    def where(self, kept: NDArray[np.bool_]) -> Events:
        if kept.all():
            return self
        weight = self.weight[kept] if len(self.weight) else self.weight
        x, y = self.x[kept], self.y[kept]
        return Events(x, y, weight, loops.extent(x, y)[:4])

    def merged(self) -> Events:
        """Events of one place as one."""
        places, size, _ = distinct(
            np.column_stack([self.x, self.y]), self.weight if len(self.weight) else None
        )
        return Events(
            np.ascontiguousarray(places[:, 0]), np.ascontiguousarray(places[:, 1]), size, self.bounds
        )

    def near(self, box: tuple[float, float, float, float], reach: tuple[float, float]) -> Events:
        """Those whose kernels may reach into a box."""
        west, south, east, north = (
            box[0] - reach[0],
            box[1] - reach[1],
            box[2] + reach[0],
            box[3] + reach[1],
        )
        if self.n == 0 or (
            west <= self.bounds[0]
            and south <= self.bounds[1]
            and east >= self.bounds[2]
            and north >= self.bounds[3]
        ):
            return self
        return self.where((self.x >= west) & (self.x <= east) & (self.y >= south) & (self.y <= north))


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """One estimate: kernel, raster and study area."""

    kernel: Kernel
    bandwidth: tuple[float, float]
    cell: float
    frame: tuple[float, float, float]
    inside: NDArray[np.bool_]
    bounded: bool
    normalise: bool

    def run(self, events: Events) -> tuple[NDArray[np.float64], str]:
        """Events in each cell, shape (rows, columns), and how they were added."""
        if events.n == 0:
            return np.zeros(self.inside.shape), "exact"
        reach = [b * self.kernel.support / self.cell for b in self.bandwidth]
        if min(reach) >= _EXACT_BELOW_CELLS and events.n * math.pi * reach[0] * reach[1] > _EXACT_WORK:
            values, heaviest = self._binned(events, reach)
            limit = _TOLERANCE * float(values.max())
            if self._interpolation_error(heaviest, heaviest) <= limit:
                return values, "cubic binning, FFT"
            # Many events at one place add up the error of one; as many that are spread out do not.
            events = events.merged()
            if self._interpolation_error(heaviest, float(events.weight.max())) <= limit:
                return values, "cubic binning, FFT"
        return self._exact(events), "exact"

    def _exact(self, events: Events) -> NDArray[np.float64]:
        wide, high = self.bandwidth
        scale = _power_of_two(events.total)
        sums = np.zeros(self.inside.shape, np.int64)
        factor = self.kernel.height * self.cell**2 / (wide * high)
        stranded = loops.spread(
            events.x,
            events.y,
            events.weight,
            self.frame,
            self.inside,
            self.kernel.code,
            (wide, high, factor, self.kernel.support),
            self.normalise,
            self.bounded,
            scale,
            sums,
        )
        self._to_nearest(events, stranded, scale, sums)
        return sums / scale

    def _to_nearest(
        self, events: Events, stranded: NDArray[np.bool_], scale: float, sums: NDArray[np.int64]
    ) -> None:
        """Give events of slivers, whose kernels hold no cell inside, to the cell nearest to them."""
        rows_of = np.flatnonzero(stranded)
        if len(rows_of) == 0:
            return
        left, bottom, step = self.frame
        row, column = np.nonzero(self.inside)
        tree = cKDTree(np.column_stack([left + step * column, bottom + step * row]))
        _, nearest = tree.query(np.column_stack([events.x[rows_of], events.y[rows_of]]))
        size = events.weight[rows_of] if len(events.weight) else np.ones(len(rows_of))
        np.add.at(sums, (row[nearest], column[nearest]), (size * scale).astype(np.int64))

    def _interpolation_error(self, of_cell: float, of_place: float) -> float:
        """Error in a cell's events, of random sign for each place, along the rim of a kernel or at its middle."""
        cells = min(self.bandwidth) / self.cell
        peak = self.kernel.height * self.cell**2 / (self.bandwidth[0] * self.bandwidth[1])
        one = peak * self.kernel.interpolation_error(cells)
        return one * max(of_place, math.sqrt(of_cell * of_place * math.pi * cells / 2))

    def _binned(self, events: Events, reach: list[float]) -> tuple[NDArray[np.float64], float]:
        """Events in each cell by FFT, and the greatest share of a node."""
        lattice = Lattice.over(events.bounds, self.frame, self.inside.shape, reach)
        transform = self._kernel_transform(lattice)
        frame, weight = lattice.frame(self.frame), events.weight
        most, stray = events.total, np.zeros(0, np.bool_)
        if self.normalise and self.bounded:
            field = np.zeros(lattice.shape)
            lattice.cells_of(field)[...] = self.inside
            # Kernels are the same mirrored, so the part of an event's kernel inside is a correlation with the mask.
            part = scipy.fft.irfft2(scipy.fft.rfft2(field) * np.conj(transform), s=lattice.shape)
            share = loops.read_cubic(events.x, events.y, frame, part)
            stray = share < _LEAST_SHARE
            share[stray] = np.inf
            weight = (weight if len(weight) else 1.0) / share
            most /= _LEAST_SHARE
        scale = _power_of_two(most)
        sums = np.zeros(lattice.shape, np.int64)
        loops.bin_cubic(events.x, events.y, weight, frame, scale, sums)
        binned = sums * (1 / scale)
        result = scipy.fft.irfft2(scipy.fft.rfft2(binned) * transform, s=lattice.shape)
        values = np.where(self.inside, lattice.cells_of(result), 0.0)
        if stray.any():
            extra = np.zeros(self.inside.shape, np.int64)
            self._to_nearest(events, stray, scale, extra)
            values += extra / scale
        # Interpolation dips below zero by a trifle where a kernel ends.
        mass = float(values.sum())
        values = np.maximum(values, 0.0)
        values *= mass / float(values.sum()) if mass > 0 else 0.0
        return values, float(binned.max())

    def _kernel_transform(self, lattice: Lattice) -> NDArray[np.complex128]:
        """Transform of the kernel at the nodes, times the cell's area."""
        offsets = [
            np.arange(-back, ahead + 1) * self.cell / b
            for (back, ahead), b in zip(lattice.offsets, reversed(self.bandwidth), strict=True)
        ]
        squared = offsets[0][:, None] ** 2 + offsets[1] ** 2
        table = heights(self.kernel, squared) * (self.cell**2 / (self.bandwidth[0] * self.bandwidth[1]))
        if self.normalise and not self.bounded:
            table /= self._lattice_sum()
        field = np.zeros(lattice.shape)
        field[: table.shape[0], : table.shape[1]] = table
        back = [-o[0] for o in lattice.offsets]
        return np.asarray(scipy.fft.rfft2(np.roll(field, back, axis=(0, 1))))

    def _lattice_sum(self) -> float:
        wide, high = (np.arange(-math.ceil(r), math.ceil(r) + 1) for r in self._reach())
        squared = (high[:, None] * self.cell / self.bandwidth[1]) ** 2 + (
            wide * self.cell / self.bandwidth[0]
        ) ** 2
        return (
            float(heights(self.kernel, squared).sum())
            * self.cell**2
            / (self.bandwidth[0] * self.bandwidth[1])
        )

    def _reach(self) -> list[float]:
        return [b * self.kernel.support / self.cell for b in self.bandwidth]


@dataclass(frozen=True, slots=True)
class Lattice:
    """Periodic nodes that hold the cells and the events' nodes, wide enough that nothing wraps round.

    Attributes
    ----------
    shape : tuple of int
        Rows and columns, sizes that transform fast.
    origin : tuple of int
        Row and column of the raster at node (0, 0); not above zero.
    cells : tuple of int
        Rows and columns of the raster.
    offsets : tuple of pairs of int
        How far back and ahead the kernel reaches from a node, in rows and in columns.
    """

    shape: tuple[int, int]
    origin: tuple[int, int]
    cells: tuple[int, int]
    offsets: tuple[tuple[int, int], tuple[int, int]]

    @classmethod
    def over(
        cls,
        bounds: tuple[float, float, float, float],
        frame: tuple[float, float, float],
        cells: tuple[int, ...],
        reach: list[float],
    ) -> Lattice:
        size, origin, offsets = [], [], []
        for axis, n in ((1, cells[0]), (0, cells[1])):
            low, high = ((bounds[axis + side] - frame[axis]) / frame[2] for side in (0, 2))
            first, last = math.floor(low) - 2, math.floor(high) + 3
            start = min(first, 0)
            # Farthest a cell can lie ahead of an event's node, and behind.
            ahead, behind = max(n - 1 - first, 0), max(last, 0)
            kernel_ahead, kernel_behind = (
                min(math.ceil(reach[axis]), ahead),
                min(math.ceil(reach[axis]), behind),
            )
            nodes = max(n - 1, last) - start + 1
            least = max(nodes, ahead + kernel_behind + 1, behind + kernel_ahead + 1)
            size.append(scipy.fft.next_fast_len(least, real=True))
            origin.append(start)
            offsets.append((kernel_behind, kernel_ahead))
        return cls((size[0], size[1]), (origin[0], origin[1]), (cells[0], cells[1]), (offsets[0], offsets[1]))

    def frame(self, frame: tuple[float, float, float]) -> tuple[float, float, float]:
        """Place of node (0, 0) and the spacing."""
        return frame[0] + self.origin[1] * frame[2], frame[1] + self.origin[0] * frame[2], frame[2]

    def cells_of(self, field: NDArray[np.float64]) -> NDArray[np.float64]:
        """Cut the raster's part out of a field over the nodes."""
        row, column = -self.origin[0], -self.origin[1]
        return field[row : row + self.cells[0], column : column + self.cells[1]]


def _power_of_two(total: float) -> float:
    """Largest power of two that keeps a sum below 2 ** 61."""
    return 2.0 ** (60 - math.ceil(math.log2(max(total, 1e-290))))
