"""The teams that reach a place first, by road: an R-tree proposes, the roads decide, and a bound proves the choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridmap import crs
from gridmap.analysis.reach.nearest import TeamIndex
from gridmap.analysis.roads import Mode, Reached, Router, Snapped
from gridmap.errors import InvalidInput

Floats = NDArray[np.float64]

_FIRST = 8
# The index ranks by degrees, scaled at one latitude; this covers what that and the projection are off by.
_TRUST = 0.97
# Roads are longer than the straight line and slower than the fastest of them; a guess, and a wrong one costs time only.
_DETOUR = 4.0
_GUESSES = 3


@dataclass(frozen=True, slots=True, eq=False)
class Nearest:
    """The teams that reach a place first.

    Attributes
    ----------
    order : (j,) int64
        Rows of the teams, first to arrive first; of equally fast ones the lower row. At most k, and only such as have
        a way.
    seconds : (j,) float64
        Road time of each of them, at its own speed.
    asked : int
        For how many teams the road time was looked at.
    conventions : dict
    """

    order: NDArray[np.int64]
    seconds: Floats
    asked: int
    conventions: dict[str, str] = field(
        default_factory=lambda: {
            "time": "on the road only, at the team's own speed",
            "ties": "lower row first",
            "proof": "straight distance over top speed",
        }
    )


def nearest_by_road(
    routers: Mapping[Mode, Router],
    place_xy: ArrayLike,
    teams_xy: ArrayLike,
    modes: NDArray[np.str_],
    slowness: ArrayLike,
    epsg: int,
    *,
    k: int = 3,
) -> Nearest:
    """Find the k teams that reach a place first.

    For each mode one search goes backwards from the place. Teams are asked for in order of their straight distance,
    until the straight distance of the next, gone at the greatest speed of its mode, takes longer than the k-th time
    found: no team that was not asked for can be among the first k.

    Parameters
    ----------
    routers : mapping of mode to Router
        On one graph, for each mode that a team has.
    place_xy : (2,) array_like
        Metres.
    teams_xy : (n, 2) array_like
        Metres.
    modes : (n,) array of str
    slowness : (n,) array_like
        By what the mode's times are multiplied for each team; more than 0.
    epsg : int
        System of the metres, for the index over longitude and latitude.
    k : int

    Raises
    ------
    InvalidInput
        When the shapes differ, a coordinate is missing, a factor is not positive or k is less than 1.
    """
    place = np.asarray(place_xy, dtype=np.float64).reshape(1, 2)
    teams = np.asarray(teams_xy, dtype=np.float64).reshape(-1, 2)
    factor = np.asarray(slowness, dtype=np.float64)
    _check(place, teams, modes, factor, k)
    chosen = np.empty(0, dtype=np.int64)
    seconds = np.empty(0)
    asked = 0
    searches = [
        _Search(routers[mode], place, teams, factor, np.flatnonzero(modes == mode), epsg)
        for mode in sorted(set(modes.tolist()))
    ]
    # The most promising mode first: what it finds keeps the searches of the others short.
    for search in sorted(searches, key=lambda s: s.least_left_s):
        while search.least_left_s <= (seconds[k - 1] if len(seconds) >= k else np.inf):
            rows, times = search.ask(k, seconds[k - 1] if len(seconds) >= k else np.inf)
            asked += len(rows)
            chosen, seconds = np.concatenate([chosen, rows]), np.concatenate([seconds, times])
            order = np.lexsort((chosen, seconds))
            order = order[np.isfinite(seconds[order])][:k]
            chosen, seconds = chosen[order], seconds[order]
            if search.done:
                break
    return Nearest(chosen.astype(np.int64), seconds, asked)


class _Search:
    """Teams of one mode, nearest first."""

    def __init__(
        self, router: Router, place: Floats, teams: Floats, factor: Floats, rows: NDArray[np.int64], epsg: int
    ) -> None:
        self._router, self._rows, self._factor = router, rows, factor[rows]
        self._goal = router.snap(place)
        self._places = router.snap(teams[rows])
        # Between places on the road the way is never shorter than the straight line.
        on_road = np.concatenate([router.point(self._places), router.point(self._goal)])
        lon, lat = crs.to_wgs84(on_road[:, 0], on_road[:, 1], epsg)
        self._goal_at = float(lon[-1]), float(lat[-1])
        self._index = TeamIndex()
        for number in range(len(rows)):
            self._index.move(number, float(lon[number]), float(lat[number]))
        self._top_m_s = router.top_speed_m_s
        self._least_factor = float(self._factor.min())
        self._wanted = _FIRST
        self._known: set[int] = set()
        self._reached: Reached | None = None
        nearest = self._index.nearest(*self._goal_at, k=1)
        self.least_left_s = self._bound(nearest[0][1])
        self.done = False

    def _bound(self, distance_m: float) -> float:
        return _TRUST * distance_m / self._top_m_s * self._least_factor

    def ask(self, k: int, worst_s: float) -> tuple[NDArray[np.int64], Floats]:
        """Give rows and times of the next teams, and set the least time that any of the others can take.

        Times beyond `worst_s`, or beyond the k-th of those found here, may be given as infinite.
        """
        found = self._index.nearest(*self._goal_at, k=self._wanted)
        fresh = np.array([number for number, _ in found if number not in self._known], dtype=np.int64)
        self._known.update(fresh.tolist())
        self.done = len(self._known) == len(self._rows)
        self.least_left_s = np.inf if self.done else self._bound(found[-1][1])
        self._wanted *= 2
        places = Snapped(
            self._places.segment[fresh], self._places.offset_m[fresh], self._places.distance_m[fresh]
        )
        factor = self._factor[fresh]
        if self._reached is not None:
            return self._rows[fresh], self._router.arrival_s(places, self._goal, self._reached) * factor
        limit_s = min(
            _DETOUR * found[min(k, len(found)) - 1][1] / self._top_m_s + 60.0, worst_s / self._least_factor
        )
        for guess in range(_GUESSES + 1):
            limit_s = np.inf if guess == _GUESSES else limit_s
            self._reached = self._router.reach(self._goal, limit_s, arriving=True)
            times = self._router.arrival_s(places, self._goal, self._reached) * factor
            kth_s = min(worst_s, np.sort(times)[k - 1] if len(times) >= k else np.inf)
            # Whoever was not reached takes longer than the limit: too long to be among the first k.
            if limit_s * self._least_factor >= kth_s:
                break
            limit_s = kth_s / self._least_factor * (1 + 1e-9) if np.isfinite(kth_s) else _DETOUR * limit_s
        return self._rows[fresh], times


def _check(place: Floats, teams: Floats, modes: NDArray[np.str_], factor: Floats, k: int) -> None:
    if not len(teams) == len(modes) == len(factor):
        raise InvalidInput(
            "dispatch-shape",
            "队伍的位置、方式与速度个数不一致。",
            "Places, modes and speeds of the teams differ in number.",
        )
    if not (np.isfinite(place).all() and np.isfinite(teams).all()):
        raise InvalidInput("coordinate-not-finite", "坐标含有空值或无穷大。", "A coordinate is not finite.")
    if not (np.isfinite(factor).all() and (factor > 0).all()):
        raise InvalidInput("dispatch-speed", "队伍的速度必须大于 0。", "A team's speed must be more than 0.")
    if k < 1:
        raise InvalidInput("dispatch-k", "队伍数至少为 1。", "Ask for one team at least.")
