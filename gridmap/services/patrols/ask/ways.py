"""How teams come along a segment, and on foot to where no vehicle goes: by the roads of each mode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import cast

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap import crs
from gridmap.analysis.patrol import Way
from gridmap.analysis.roads import Mode, Path, Router
from gridmap.analysis.roads.following import follow, joined, straight
from gridmap.analysis.roads.modes import PATROL_KMH, SPEED_KMH
from gridmap.domain.gridkey import Scope
from gridmap.domain.shown_plans import WayAbout
from gridmap.errors import InvalidInput
from gridmap.services.ground.roads import Roads, load_roads
from gridmap.storage.database import Database
from gridmap.storage.patrols.fixed_points import FixedPointRow

PACE_M_S = SPEED_KMH["path"][0] / 3.6
"""On foot where there is no road."""
_MEET_M = 30.0
"""How near a road for vehicles and one for people on foot lie where one changes from the one to the other."""
_BESIDE_M = 5.0


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways of one fixed point, with places numbered from the first of the fixed points.

    Attributes
    ----------
    ways : tuple of Way
        None where a visit is a stay at the point.
    about : tuple of WayAbout
        What is told of each.
    """

    ways: tuple[Way, ...] = ()
    about: tuple[WayAbout, ...] = ()


@dataclass(slots=True)
class _Places:
    """Places that a plan has: those of the points, and further ones where lines end and vehicles are left."""

    at: list[tuple[float, float]]
    known: dict[tuple[float, float], int] = field(default_factory=dict)

    def number(self, lon: float, lat: float) -> int:
        key = round(lon, 7), round(lat, 7)
        if key not in self.known:
            self.known[key] = len(self.at)
            self.at.append(key)
        return self.known[key]


def ways_of(
    database: Database,
    scope: Scope,
    rows: Sequence[FixedPointRow],
    modes: Sequence[str],
    points: list[tuple[float, float]],
) -> list[Ways]:
    """Find the ways of fixed points that are more than a stay at a point.

    Parameters
    ----------
    database : Database
    scope : Scope
    rows : sequence of FixedPointRow
        With places.
    modes : sequence of str
        Of the teams.
    points : list of (lon, lat)
        Places of the plan so far: the rows' are added, and further ones at which ways begin and end.

    Returns
    -------
    list of Ways
        One for each row.

    Notes
    -----
    A segment is gone by the roads of a team's own mode that follow it, in the cheaper direction unless one is told.
    Where none does, and where it is to be walked, a vehicle is left at the road nearest to either end from which
    people may go on, and the team walks to the line, along it, and back. People walk a line without roads as it is
    drawn, at the pace of a path. To a point on foot they walk from the vehicle and back.
    Along a segment nobody goes faster than :data:`PATROL_KMH`.
    """
    places = _Places([(row["lon"] or 0.0, row["lat"] or 0.0) for row in rows])
    found = [Ways() for _ in rows]
    if not any(row["line"] is not None or row["on_foot"] for row in rows):
        points += places.at
        return found
    ground = _Ground(load_roads(database, scope), places)
    for n, row in enumerate(rows):
        if row["line"] is not None:
            found[n] = ground.along(row, sorted(set(modes)))
        elif row["on_foot"]:
            found[n] = ground.to_point(row, n, sorted(set(modes)))
    points += places.at
    return found


class _Ground:
    """The roads on which ways are looked for."""

    def __init__(self, roads: Roads, places: _Places) -> None:
        self._roads, self._places = roads, places
        self._foot = roads.router("foot")

    def along(self, row: FixedPointRow, modes: Sequence[str]) -> Ways:
        """Find the ways along a segment."""
        (drawn,) = crs.geometries_from_wgs84([shapely.from_wkt(row["line"])], self._roads.epsg)
        turns = (drawn,) if row["direction"] == "forward" else (drawn, shapely.reverse(drawn))
        walks = [self._walked(line) for line in turns]
        ways: list[tuple[Way, WayAbout]] = []
        for mode in modes:
            router = self._roads.router(cast("Mode", mode))
            paths = list(walks) if mode == "foot" else [] if row["on_foot"] else self._followed(router, turns)
            for line, path in zip(turns, paths, strict=False):
                if path is not None:
                    begins, ends = (self._place(at) for at in shapely.get_coordinates(line)[[0, -1]])
                    way = Way(mode, begins, ends, path.seconds, least_s=_looking_s(path, mode))
                    ways.append((way, self._about(path)))
            if mode != "foot" and not any(paths):
                ways += self._left_at(mode, router, walks)
        return Ways(tuple(way for way, _ in ways), tuple(about for _, about in ways))

    def to_point(self, row: FixedPointRow, number: int, modes: Sequence[str]) -> Ways:
        """Find the ways to a point to which one goes on foot."""
        at = np.column_stack(crs.from_wgs84([row["lon"] or 0.0], [row["lat"] or 0.0], self._roads.epsg))
        ways: list[tuple[Way, WayAbout]] = []
        for mode in modes:
            if mode == "foot":
                here = straight(at, PACE_M_S)
                ways.append((Way(mode, number, number), self._about(here)))
            else:
                ways += self._left_at(mode, self._roads.router(cast("Mode", mode)), [straight(at, PACE_M_S)])
        return Ways(tuple(way for way, _ in ways), tuple(about for _, about in ways))

    def _followed(self, router: Router, turns: Sequence[shapely.LineString]) -> list[Path | None]:
        return [follow(router, line) for line in turns]

    def _walked(self, line: shapely.LineString) -> Path:
        """Return the way of people along a line: by the roads beside it, or else as it is drawn."""
        path = follow(self._foot, line)
        if path is not None:
            return path
        ends = self._foot.point(self._foot.snap(shapely.get_coordinates(line)[[0, -1]]))
        return straight(np.concatenate([ends[:1], shapely.get_coordinates(line), ends[1:]]), PACE_M_S)

    def _left_at(self, mode: str, router: Router, walks: Sequence[Path]) -> list[tuple[Way, WayAbout]]:
        """Find the ways of a team that leaves its vehicle at the road nearest to an end of what it walks."""
        least: dict[int, tuple[Way, WayAbout]] = {}
        for walk in walks:
            for spot in router.point(router.snap(shapely.get_coordinates(walk.line)[[0, -1]])):
                loop = self._loop(spot, walk)
                if loop is None:
                    continue
                there, back = loop
                begins = self._place(spot)
                aside_s, least_s = there.seconds + back.seconds, _looking_s(walk, "foot")
                way = Way(mode, begins, begins, walk.seconds, aside_s, on_foot=True, least_s=least_s)
                if begins not in least or _walks_s(way) < _walks_s(least[begins][0]):
                    whole = joined([there, walk, back])
                    least[begins] = way, self._about(whole, spot, there.length_m + back.length_m)
        return list(least.values())

    def _loop(self, spot: NDArray[np.float64], walk: Path) -> tuple[Path, Path] | None:
        """Return the ways on foot from where a vehicle stands to a walk's beginning, and from its end back."""
        first, last = shapely.get_coordinates(walk.line)[[0, -1]]
        here = float(self._foot.snap(spot[None]).distance_m[0])
        if here > _MEET_M and min(np.hypot(*(first - spot)), np.hypot(*(last - spot))) > _MEET_M:
            return None
        try:
            return self._on_foot(spot, first), self._on_foot(last, spot)
        except InvalidInput:
            return None

    def _on_foot(self, begin: NDArray[np.float64], end: NDArray[np.float64]) -> Path:
        """Walk between two places, over the ground from and to the nearest road for people.

        Raises
        ------
        InvalidInput
            When there is no way.
        """
        apart = float(np.hypot(*(end - begin)))
        ends = self._foot.snap(np.array([begin, end]))
        at = self._foot.point(ends)
        gaps = np.hypot(*(at - np.array([begin, end])).T)
        if apart <= max(_MEET_M, float(gaps.sum())):
            return straight(np.array([begin, end]), PACE_M_S)
        path = self._foot.path(ends.only(0), ends.only(1))
        parts = [
            straight(np.array(pair), PACE_M_S) if gap > _BESIDE_M else None
            for gap, pair in zip(gaps, ((begin, at[0]), (at[1], end)), strict=True)
        ]
        return joined([part for part in (parts[0], path, parts[1]) if part is not None])

    def _place(self, at: NDArray[np.float64]) -> int:
        lon, lat = crs.to_wgs84([at[0]], [at[1]], self._roads.epsg)
        return self._places.number(float(lon[0]), float(lat[0]))

    def _about(self, path: Path, left: NDArray[np.float64] | None = None, aside_m: float = 0.0) -> WayAbout:
        (drawn,) = crs.geometries_to_wgs84(np.array([path.line], dtype=object), self._roads.epsg)
        told: WayAbout = {
            "coordinates": np.round(shapely.get_coordinates(drawn), 7).tolist(),
            "length_m": round(path.length_m, 1),
            "aside_m": round(aside_m, 1),
            "streets": [
                {"name": s.name, "length_m": round(s.length_m, 1), "seconds": round(s.seconds)}
                for s in path.streets
            ],
        }
        if left is not None:
            lon, lat = crs.to_wgs84([left[0]], [left[1]], self._roads.epsg)
            told["left"] = [round(float(lon[0]), 7), round(float(lat[0]), 7)]
        return told


def shifted(ways: Ways, first: int) -> tuple[Way, ...]:
    """Return ways with their places numbered as a plan does, whose first fixed point has a number."""
    return tuple(replace(way, begins=first + way.begins, ends=first + way.ends) for way in ways.ways)


def _looking_s(path: Path, mode: str) -> float:
    """How long a patrol takes along a way at least, since it looks about."""
    return path.length_m / (PATROL_KMH[cast("Mode", mode)] / 3.6)


def _walks_s(way: Way) -> float:
    return way.along_s + way.aside_s
