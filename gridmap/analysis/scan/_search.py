"""Search of the scan statistics: all windows of the observed counts and of the replications."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridmap.analysis._given import real_of, whole_of
from gridmap.analysis.scan._input import Draw, Places, refuse
from gridmap.analysis.scan._kernels import LANES, best_windows, raise_maxima, thresholds
from gridmap.analysis.scan._windows import Block, Windows, outlines

_REPLICATIONS_BYTES = 1 << 27
_BYTES_MAX = 1 << 29
_MOST_PLACES = 50_000
_MOST_WINDOWS = 20_000_000
_TIED = 1e-9
_EULER = 0.5772156649015329


@dataclass(frozen=True, slots=True, eq=False)
class Cluster:
    """A window that holds more (or fewer) cases than expected.

    Attributes
    ----------
    members : ndarray of int64
        Rows inside, by distance from the centre, then by id.
    centre : tuple of float
        x and y of the centre, in the coordinates of the input.
    radius : float
        Distance of the farthest member; the semi-minor axis of an ellipse. Unit of the coordinates.
    observed, expected : int, float
        Cases inside, and how many chance would put there.
    relative_risk : float
        Observed over expected inside, divided by the same outside; infinite when no case lies outside.
    llr : float
        Logarithm of the likelihood ratio.
    statistic : float
        What clusters are ranked by and replications compared with: `llr` times the penalty of a long window.
    p : float
        (r + 1) / (m + 1), r of the m replications reaching the statistic somewhere; NaN without replications.
    p_gumbel : float
        From a Gumbel distribution with the moments of the replications' maxima (Abrams et al. 2010).
    population : float
        Population of the members, averaged over the steps inside; NaN where none was given.
    shape : float
        Ratio of the axes, 1 for a circle.
    angle : float
        Bearing of the longer axis in degrees, from the y axis towards the x axis (clockwise from north), 0 to 180.
    start, end : int or None
        First and last step inside; None for a scan of space alone.
    """

    members: NDArray[np.int64]
    centre: tuple[float, float]
    radius: float
    observed: int
    expected: float
    relative_risk: float
    llr: float
    statistic: float
    p: float
    p_gumbel: float
    population: float
    shape: float = 1.0
    angle: float = 0.0
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ScanResult:
    """Clusters of a scan, the most likely first; no two share a location. It is also a sequence of its clusters.

    Attributes
    ----------
    clusters : tuple of Cluster
    permutations : int
        Number of replications.
    maxima : ndarray of float64, shape (permutations,)
        Largest statistic of each replication.
    conventions : dict of str to str
    """

    clusters: tuple[Cluster, ...]
    permutations: int
    maxima: NDArray[np.float64]
    conventions: dict[str, str]

    def __len__(self) -> int:
        return len(self.clusters)

    def __iter__(self) -> Iterator[Cluster]:
        return iter(self.clusters)

    def __getitem__(self, rank: int) -> Cluster:
        return self.clusters[rank]


@dataclass(frozen=True, slots=True)
class Options:
    """How to scan; see :func:`gridmap.analysis.scan.spatial`."""

    max_population: float
    permutations: int
    min_cases: int
    side: str
    most: int
    shape: str
    ratios: tuple[float, ...] | None
    penalty: float
    max_radius: float | None = None

    def __post_init__(self) -> None:
        if (
            self.max_radius is not None
            and not real_of(self.max_radius, "最大半径", "The largest radius") > 0.0
        ):
            raise refuse("max-radius", "最大半径须大于 0。", "The largest radius is above 0.")
        if (
            not 0.0
            < real_of(self.max_population, "窗口人口上限", "The largest share of the population")
            <= 1.0
        ):
            raise refuse(
                "max-population",
                "窗口人口上限须大于 0 且不超过 1。",
                "The largest share of the population is above 0 and at most 1.",
            )
        if self.side not in {"high", "low", "both"}:
            raise refuse("side", "方向只能是 high、low 或 both。", "The side is one of high, low and both.")
        for name in ("permutations", "min_cases", "most"):
            object.__setattr__(
                self, name, whole_of(getattr(self, name), f"参数 {name}", f"The option {name}")
            )
        penalty = real_of(self.penalty, "惩罚", "The penalty")
        if self.permutations < 0 or self.min_cases < 1 or self.most < 0 or not penalty >= 0.0:
            raise refuse(
                "option-negative",
                "模拟次数、结果个数和惩罚不得为负，最少事件数至少为 1。",
                "Replications, the number of clusters and the penalty are at least 0, the fewest cases at least 1.",
            )

    @property
    def sides(self) -> tuple[bool, bool]:
        """Whether high and whether low rates count."""
        return self.side != "low", self.side != "high"


class Search:
    """One scan: its windows, the best of each centre, and the maxima of the replications."""

    def __init__(
        self,
        places: Places,
        expected: NDArray[np.float64],
        people: int,
        first: NDArray[np.int64],
        options: Options,
        last: NDArray[np.int64] | None = None,
    ) -> None:
        self.places, self.people, self.options = places, people, options
        self.first = first.astype(np.int64)
        self.last = self.first if last is None else last.astype(np.int64)
        n, steps = places.cases.shape
        self.total = int(places.cases.sum())
        if n > _MOST_PLACES or LANES * n * steps * 4 > _BYTES_MAX or n * len(self.first) > _MOST_WINDOWS:
            raise refuse(
                "too-many-places",
                f"地点与时段过多（{n} × {steps}），请改用上一级网格或更长的时段。",
                f"There are too many locations and steps ({n} x {steps}); use coarser grids or longer steps.",
            )
        self.until = np.zeros((n, steps + 1), np.float64)
        np.cumsum(expected, axis=1, out=self.until[:, 1:])
        self.seen = np.zeros((n, steps + 1), np.int64)
        np.cumsum(places.cases, axis=1, out=self.seen[:, 1:])
        weight = places.population.mean(axis=1)
        self.families = outlines(options.shape, options.ratios)
        self.windows = Windows(
            places.xy,
            weight,
            options.max_population * float(weight.sum()),
            self.families,
            len(self.first),
            np.inf if options.max_radius is None else float(options.max_radius),
        )
        units = len(self.families) * n
        self.statistic = np.zeros(units)
        self.position = np.full(units, -1, np.int64)
        self.interval = np.full(units, -1, np.int64)
        self.radius = np.zeros(units)

    def run(
        self, draw: Draw, rank: NDArray[np.int64], on_progress: Callable[[int, int], None] | None
    ) -> ScanResult:
        """Scan the observed counts and the replications."""
        for block in self.windows.blocks():
            self._note(block.outline * len(self.places.xy) + block.centres, block)
        maxima = self._replicate(draw, on_progress)
        clusters = tuple(self._clusters(maxima, rank))
        options = self.options
        conventions = {
            "null": f"Monte Carlo, {options.permutations} replications given the total",
            "p": "(r + 1) / (m + 1), of the largest statistic of each replication",
            "p_gumbel": "moments of the replications' maxima",
            "ties": "whole groups of equal distance (1e-9 relative) enter a window at once",
            "windows": "retrospective",
            "shape": options.shape,
            "penalty": f"{options.penalty:g}",
            "max_population": f"{options.max_population:g}",
            "min_cases": f"{options.min_cases}",
            "side": options.side,
            "secondary": "no location in common with a higher ranked cluster",
        }
        return ScanResult(clusters, options.permutations, maxima, conventions)

    def _best(self, block: Block) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
        high, low = self.options.sides
        ratio, position, interval = best_windows(
            self.seen,
            block.near,
            block.ends,
            block.offsets,
            self.until,
            self.first,
            self.last,
            self.total,
            self.people,
            self.options.min_cases,
            high,
            low,
        )
        return ratio * self._penalty(block), position, interval

    def _penalty(self, block: Block) -> float:
        return self.families[block.outline].penalty(self.options.penalty)

    def _note(self, unit: NDArray[np.int64], block: Block) -> None:
        self.statistic[unit], position, self.interval[unit] = self._best(block)
        self.position[unit] = position
        found = np.flatnonzero(position >= 0)
        farthest = block.near[block.offsets[:-1][found] + position[found]]
        away = self.places.xy[farthest] - self.places.xy[block.centres[found]]
        self.radius[unit[found]] = self.families[block.outline].distances(away[:, 0], away[:, 1])

    def _replicate(self, draw: Draw, on_progress: Callable[[int, int], None] | None) -> NDArray[np.float64]:
        asked = self.options.permutations
        n, steps = self.places.cases.shape
        at_once = max(1, _REPLICATIONS_BYTES // (n * steps * LANES * 4))
        out = np.empty(0, np.float64)
        units, portions = len(self.statistic), -(-asked // (at_once * LANES))
        while len(out) < asked:
            portion = len(out) // (at_once * LANES)

            def tell(done: int, before: int = portion * units) -> None:
                if on_progress is not None:
                    on_progress(before + done, portions * units)

            left = asked - len(out)
            groups = min(at_once, -(-left // LANES))
            counts = np.zeros((groups, n, steps, LANES), np.int32)
            maxima = np.zeros((groups, LANES), np.float64)
            for group in range(groups):
                lanes = min(LANES, left - group * LANES)
                counts[group, :, :, :lanes] = np.cumsum(draw(lanes), axis=2).transpose(1, 2, 0)
                # Lanes without a replication must not hold the level down.
                maxima[group, lanes:] = np.inf
            self._raise(maxima, counts, tell)
            out = np.concatenate([out, maxima.ravel()[: min(left, groups * LANES)]])
        return out

    def _raise(
        self, maxima: NDArray[np.float64], counts: NDArray[np.int32], tell: Callable[[int], None]
    ) -> None:
        high, low = self.options.sides
        done = 0
        for block in self.windows.blocks():
            penalty = self._penalty(block)
            fixed = (block.near, block.ends, block.offsets)
            above, below, expected = thresholds(
                *fixed,
                self.until,
                self.first,
                self.last,
                self.total,
                self.people,
                float(maxima.min()) / penalty,
                self.options.min_cases,
                high,
                low,
            )
            raise_maxima(
                maxima,
                counts,
                *fixed,
                self.first,
                self.last,
                above,
                below,
                expected,
                self.total,
                self.people,
                penalty,
            )
            done += len(block.centres)
            tell(done)

    def _clusters(self, maxima: NDArray[np.float64], rank: NDArray[np.int64]) -> list[Cluster]:
        taken = np.zeros(len(self.places.xy), np.bool_)
        left: dict[int, Block] = {}
        queue = [self._entry(unit) for unit in np.flatnonzero(self.statistic > 0).tolist()]
        heapq.heapify(queue)
        out: list[Cluster] = []
        while queue and len(out) < self.options.most:
            unit = heapq.heappop(queue)[-1]
            block = left.get(unit) or self.windows.unit(*divmod(unit, len(taken)))
            inside = block.near[: self.position[unit] + 1]
            if taken[inside].any():
                left[unit] = block = block.unit(0, int(np.argmax(taken[block.near])))
                self._note(np.array([unit]), block)
                if self.statistic[unit] > 0:
                    heapq.heappush(queue, self._entry(unit))
                continue
            taken[inside] = True
            out.append(self._describe(unit, inside, maxima, rank))
        return out

    def _entry(self, unit: int) -> tuple[float, float, float, int]:
        # Several windows may hold the same places: the roundest, then the smallest of them is told.
        ratio = self.families[unit // len(self.places.xy)].ratio
        return -float(f"{self.statistic[unit]:.9e}"), ratio, float(self.radius[unit]), unit

    def _describe(
        self, unit: int, inside: NDArray[np.int32], maxima: NDArray[np.float64], rank: NDArray[np.int64]
    ) -> Cluster:
        family, centre = divmod(unit, len(self.places.xy))
        outline, places = self.families[family], self.places
        first, last = int(self.first[self.interval[unit]]), int(self.last[self.interval[unit]])
        observed = int((self.seen[inside, last + 1] - self.seen[inside, first]).sum())
        expected = float((self.until[inside, last + 1] - self.until[inside, first]).sum())
        outside = self.total - observed
        statistic = float(self.statistic[unit])
        away = places.xy - places.xy[centre]
        distance = outline.distances(away[:, 0], away[:, 1])
        rows = np.flatnonzero(np.isin(places.of_row, inside))
        members = rows[np.lexsort((rank[rows], distance[places.of_row[rows]]))]
        return Cluster(
            members=members.astype(np.int64),
            centre=(float(places.xy[centre, 0]), float(places.xy[centre, 1])),
            radius=float(self.radius[unit]),
            observed=observed,
            expected=expected,
            relative_risk=(
                observed / expected / (outside / (self.total - expected)) if outside else float("inf")
            ),
            llr=statistic / outline.penalty(self.options.penalty),
            statistic=statistic,
            p=monte_carlo(statistic, maxima),
            p_gumbel=gumbel_chance(statistic, maxima),
            population=float(places.population[inside, first : last + 1].mean(axis=1).sum()),
            shape=outline.ratio,
            angle=outline.bearing,
            start=first,
            end=last,
        )


def monte_carlo(statistic: float, maxima: NDArray[np.float64]) -> float:
    """Return (r + 1) / (m + 1), r of the m maxima reaching the statistic; NaN without any."""
    if len(maxima) == 0:
        return float("nan")
    # The same window may be summed in another order; such a tie counts.
    reached = int((maxima >= statistic - _TIED * (1.0 + statistic)).sum())
    return (reached + 1) / (len(maxima) + 1)


def gumbel_chance(statistic: float, maxima: NDArray[np.float64]) -> float:
    """Return the chance of so great a maximum under a Gumbel distribution with the moments of the maxima."""
    if len(maxima) < 2:
        return float("nan")
    scale = float(np.std(maxima, ddof=1)) * np.sqrt(6.0) / np.pi
    if scale == 0.0:
        return float("nan")
    location = float(np.mean(maxima)) - _EULER * scale
    return float(-np.expm1(-np.exp(-(statistic - location) / scale)))
