"""Which teams are nearest: an R-tree that takes moves as they come."""

from __future__ import annotations

import numpy as np
import rtree

from gridmap.crs import distance_m
from gridmap.errors import InvalidInput


class TeamIndex:
    """Positions of moving teams.

    The R-tree proposes candidates by longitude and latitude, scaled so that its planar distances are nearly true; the
    distance on the ellipsoid decides.

    References
    ----------
    A. Guttman, *R-trees: a dynamic index structure for spatial searching*, SIGMOD 1984.
    """

    _SPARE = 4

    def __init__(self) -> None:
        self._tree = rtree.index.Index()
        self._at: dict[int, tuple[float, float]] = {}
        self._scale: float | None = None

    def __len__(self) -> int:
        return len(self._at)

    def move(self, team: int, lon: float, lat: float) -> None:
        """Put a team at a place (EPSG:4326), wherever it was before.

        Raises
        ------
        InvalidInput
            When the coordinate is not one on Earth.
        """
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            raise InvalidInput("coordinate-range", "坐标超出范围。", "The coordinate is not on Earth.")
        self.remove(team)
        if self._scale is None:
            self._scale = float(np.cos(np.radians(lat)))
        self._at[team] = (lon, lat)
        self._tree.insert(team, self._box(lon, lat))

    def remove(self, team: int) -> None:
        """Forget a team; nothing happens when it is not known."""
        was = self._at.pop(team, None)
        if was is not None:
            self._tree.delete(team, self._box(*was))

    def nearest(self, lon: float, lat: float, *, k: int = 1) -> list[tuple[int, float]]:
        """Return the `k` nearest teams with their distances.

        Parameters
        ----------
        lon, lat : float
            EPSG:4326.
        k : int

        Returns
        -------
        list of (int, float)
            Team and distance in metres, nearest first; ties by team number.
        """
        if not self._at or k < 1:
            return []
        found = list(self._tree.nearest(self._box(lon, lat), k + self._SPARE))
        places = np.array([self._at[t] for t in found])
        away = distance_m(np.full(len(found), lon), np.full(len(found), lat), places[:, 0], places[:, 1])
        ranked = sorted(zip(found, away.tolist(), strict=True), key=lambda pair: (pair[1], pair[0]))
        return ranked[:k]

    def _box(self, lon: float, lat: float) -> tuple[float, float, float, float]:
        x = lon * (self._scale or 1.0)
        return (x, lat, x, lat)
