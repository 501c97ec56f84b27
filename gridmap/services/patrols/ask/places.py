"""Places of a plan on the roads."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from gridmap import crs
from gridmap.analysis.roads import Mode, Router
from gridmap.analysis.roads.snapping import Snapped
from gridmap.domain.gridkey import Scope
from gridmap.errors import InvalidInput
from gridmap.services.ground.roads import load_roads
from gridmap.storage.database import Database

FAR_M = 2000.0


@dataclass(frozen=True, slots=True, eq=False)
class OnRoads:
    """Places on the roads.

    Attributes
    ----------
    places : (p, 2) float64
        Longitude and latitude.
    xy : (p, 2) float64
        Metres.
    travel_s : dict of mode to (p, p) float64
    routers : dict of mode to Router
    snapped : dict of mode to Snapped
    epsg : int
    sha256 : str
        Of the roads' lengths and forbidden turns.
    """

    places: NDArray[np.float64]
    xy: NDArray[np.float64]
    travel_s: dict[str, NDArray[np.float64]]
    routers: dict[str, Router]
    snapped: dict[str, Snapped]
    epsg: int
    sha256: str


def on_roads(database: Database, scope: Scope, places: NDArray[np.float64], modes: Sequence[str]) -> OnRoads:
    """Put places onto the roads, and take the times between them.

    Raises
    ------
    InvalidInput
        When there are no roads.
    """
    roads = load_roads(database, scope)
    xy = np.column_stack(crs.from_wgs84(places[:, 0], places[:, 1], roads.epsg))
    routers = {str(mode): roads.router(cast("Mode", mode)) for mode in sorted(set(modes))}
    snapped = {mode: router.snap(xy) for mode, router in routers.items()}
    travel_s = {mode: router.cost_matrix(snapped[mode], snapped[mode]) for mode, router in routers.items()}
    known = hashlib.sha256(roads.graph.length_m.tobytes())
    for turns in roads.graph.forbidden.values():
        known.update(turns.tobytes())
    return OnRoads(places, xy, travel_s, routers, snapped, roads.epsg, known.hexdigest())


def check_near(roads: OnRoads, place: int) -> None:
    """Refuse a place that is far from every road.

    Raises
    ------
    InvalidInput
        Naming the place.
    """
    mode = min(roads.snapped, key=lambda m: float(roads.snapped[m].distance_m[place]))
    if float(roads.snapped[mode].distance_m[place]) > FAR_M:
        raise off_road(roads, place, mode)


def off_road(roads: OnRoads, place: int, mode: str, team: str | None = None) -> InvalidInput:
    """Return the error of a place that is far from every road that a mode may use."""
    lon, lat = roads.places[place]
    km = float(roads.snapped[mode].distance_m[place]) / 1000
    whose = ("", "") if team is None else (f"队伍 {team} 的驻地 ", f"The base of team {team}, ")
    return InvalidInput(
        "place-off-road",
        f"{whose[0]}{lon:.5f}, {lat:.5f} 距最近的道路 {km:.1f} 公里，请检查坐标。",
        f"{whose[1]}{lon:.5f}, {lat:.5f}{',' if team else ''} lies {km:.1f} km from the nearest road; "
        "check the coordinates.",
    )
