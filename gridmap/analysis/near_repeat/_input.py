"""Events of the near-repeat tests: checked, in an order of their own, with the pairs that are close in space."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from gridmap.analysis._given import numbers_of, real_of, whole_of
from gridmap.analysis.near_repeat._kernels import LANES
from gridmap.errors import InvalidInput

METRICS = {"euclidean": 2.0, "manhattan": 1.0}
_MOST_PAIRS = 30_000_000
_WHOLE = float(1 << 30)
_SHORT = float((1 << 15) - 2)


def refuse(code: str, zh: str, en: str) -> InvalidInput:
    """Error of a near-repeat test that cannot be run as asked."""
    return InvalidInput(f"near-repeat-{code}", zh, en)


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """Events sorted by x, y and time, so that nothing depends on the order of the rows."""

    xy: NDArray[np.float64]
    t: NDArray[np.float64]
    metric: str

    @classmethod
    def of(cls, xy: ArrayLike, t: ArrayLike, metric: str) -> Events:
        """Check and sort events; raises InvalidInput."""
        if metric not in tuple(METRICS):
            raise refuse(
                "metric",
                f"距离“{metric}”不存在，请用 euclidean 或 manhattan。",
                f"There is no metric {metric!r}; use euclidean or manhattan.",
            )
        points = numbers_of(xy, "坐标", "Coordinates")
        try:
            times = numbers_of(t, "时间", "Times")
        except InvalidInput:
            raise refuse(
                "time-not-number",
                "时间须为数值（如距某日的天数）。",
                "Give times as numbers, such as days since some date.",
            ) from None
        if times.ndim == 2 and times.shape[1] == 1:
            times = times[:, 0]
        if points.ndim != 2 or points.shape[1] != 2 or times.shape != (len(points),):
            raise refuse(
                "shape",
                "坐标须为 n×2，时间须为 n 个。",
                "Coordinates must have the shape (n, 2) and times the shape (n,).",
            )
        if len(points) < 2:
            raise refuse("too-few", "至少需要两起事件。", "At least two events are needed.")
        if not np.isfinite(points).all() or not np.isfinite(times).all():
            raise refuse(
                "not-finite", "坐标或时间含有空值或无穷大。", "A coordinate or a time is not finite."
            )
        order = np.lexsort((times, points[:, 1], points[:, 0]))
        return cls(points[order] + 0.0, times[order] + 0.0, metric)

    def __len__(self) -> int:
        return len(self.t)

    def distances(self, first: NDArray[np.intp], second: NDArray[np.intp]) -> NDArray[np.float64]:
        """Distance of each pair in the events' metric."""
        dx, dy = np.abs(self.xy[first] - self.xy[second]).T
        return np.asarray(dx + dy if self.metric == "manhattan" else np.sqrt(dx * dx + dy * dy))

    def close_pairs(self, breaks: NDArray[np.float64]) -> Pairs:
        """Pairs closer than the last of the breaks, band after band; raises InvalidInput when they are too many."""
        tree = cKDTree(self.xy)
        # The tree may round on the wrong side of a break; the distances below decide.
        reach = float(breaks[-1]) * (1.0 + 1e-9)
        p = METRICS[self.metric]
        if len(self) > 5000 and (tree.count_neighbors(tree, reach, p=p) - len(self)) // 2 > _MOST_PAIRS:
            raise refuse(
                "too-many-pairs",
                "相近的事件对过多，请缩小最远距离或缩短时段。",
                "Too many pairs of events are close; use a shorter last distance or a shorter period.",
            )
        found = tree.query_pairs(reach, p=p, output_type="ndarray")
        first, second = found.min(axis=1), found.max(axis=1)
        band = np.searchsorted(breaks, self.distances(first, second), side="right") - 1
        keep = (band >= 0) & (band < len(breaks) - 1)
        first, second, band = first[keep], second[keep], band[keep]
        order = np.lexsort((second, first, band))
        begins = np.searchsorted(band[order], np.arange(len(breaks)))
        return Pairs(first[order].astype(np.int32), second[order].astype(np.int32), begins.astype(np.int64))

    def timed(self, breaks: NDArray[np.float64]) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
        """Return times and breaks as integers where they are whole, which changes no comparison; else as float64."""
        start, span = float(self.t.min()), float(np.ptp(self.t))
        if span < _WHOLE and (self.t == np.rint(self.t)).all():
            whole = np.minimum(np.ceil(breaks), span + 1)
            kind = np.int16 if span < _SHORT else np.int32
            return (self.t - start).astype(kind), whole.astype(kind)
        return self.t, breaks


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pairs of events, band after band of space; band b has the pairs begins[b] to begins[b + 1]."""

    first: NDArray[np.int32]
    second: NDArray[np.int32]
    begins: NDArray[np.int64]


def checked_breaks(values: ArrayLike, name_zh: str, name_en: str) -> NDArray[np.float64]:
    """Rising finite breaks from 0 on, an infinite last one removed; raises InvalidInput."""
    breaks = numbers_of(values, f"{name_zh}分段", f"The breaks in {name_en}")
    if breaks.ndim == 1 and len(breaks) and np.isposinf(breaks[-1]):
        breaks = breaks[:-1]
    if (
        breaks.ndim != 1
        or len(breaks) < 2
        or not np.isfinite(breaks).all()
        or breaks[0] < 0
        or (np.diff(breaks) <= 0).any()
    ):
        raise refuse(
            "breaks",
            f"{name_zh}分段须为至少两个递增的非负数。",
            f"The breaks in {name_en} must be at least two rising numbers from 0 on.",
        )
    return breaks


def checked_permutations(permutations: int) -> int:
    """Refuse a negative number of permutations."""
    permutations = whole_of(permutations, "模拟次数", "The number of permutations")
    if permutations < 0:
        raise refuse("permutations", "模拟次数不得为负。", "The number of permutations is at least 0.")
    return permutations


def seasons_of(t: NDArray[np.float64], season: float) -> NDArray[np.int64]:
    """Count seasons from the first event on, and tell in which each time lies.

    Raises
    ------
    InvalidInput
        When a season is not longer than nothing.
    """
    length = real_of(season, "季节长度", "The length of a season")
    if not (np.isfinite(length) and length > 0):
        raise refuse("season", "季节长度须为正数。", "A season must be longer than nothing.")
    return np.asarray(np.floor((t - t.min()) / length), dtype=np.int64)


def season_cuts(t: NDArray[np.float64], season: float) -> list[NDArray[np.int64]]:
    """Tell in which season each time lies, by seasons from the first event on and by those half a season beside them.

    What changes in the middle of a season changes at the end of one of the other cut. One cut alone where one season
    holds all.

    Raises
    ------
    InvalidInput
        As :func:`seasons_of`.
    """
    first = seasons_of(t, season)
    if first.max(initial=0) == 0:
        return [first]
    return [first, np.asarray(np.floor((t - t.min()) / season + 0.5), dtype=np.int64)]


def shuffled(
    values: NDArray[np.generic],
    permutations: int,
    rng: np.random.Generator,
    within: NDArray[np.int64] | None = None,
) -> Iterator[tuple[int, NDArray[np.generic]]]:
    """Shuffle values LANES times at once within groups, (n, LANES); with how many of the lanes are asked for."""
    groups = [slice(None)] if within is None else [np.flatnonzero(within == one) for one in np.unique(within)]
    for done in range(0, permutations, LANES):
        lanes = min(LANES, permutations - done)
        out = np.repeat(values[:, None], LANES, axis=1)
        for rows in groups:
            own = values[rows]
            out[rows, :lanes] = rng.permuted(np.broadcast_to(own, (lanes, len(own))), axis=1).T
        yield lanes, out
