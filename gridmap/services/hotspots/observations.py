"""What a hotspot run works on: projected cells, incidents in them, people present, and a hash of it all."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap import crs
from gridmap.analysis import cube, rates
from gridmap.domain.gridkey import LEVELS, SUBTREE_SIZE, TOWN, Scope, level_of
from gridmap.domain.query import IncidentQuery
from gridmap.errors import InvalidInput, NotFound
from gridmap.services.cases.query import chosen_by
from gridmap.services.ground.grids import grid_not_found
from gridmap.services.hotspots.data_hash import hash_of, sorted_rows
from gridmap.services.hotspots.guard import Guard, guard_of
from gridmap.services.hotspots.spec import HotspotSpec
from gridmap.storage.database import Database
from gridmap.storage.ground import grids as stored
from gridmap.storage.ground.roads import road_rows
from gridmap.storage.hotspots import runs as hotspots
from gridmap.storage.hotspots.runs import IncidentPoints

_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """Cells and incidents of one run, in the workspace's projected system.

    Attributes
    ----------
    cells : GeoDataFrame
        grid_key, name_zh, name_en, population, exposure (people present; NaN where not known), geometry (metres);
        ordered by key. Hexagons have the cell's number as their key.
    groups : (n, d) int64
        Group of each cell for the merging of small counts, finest first.
    cell : (m,) int64
        Row of each incident's cell; -1 where it lies in none.
    xy : (m, 2) float64
        Places in metres; NaN where an incident is known by its grid only.
    domain, kind : (m,) object
        Codes of each incident; None where the kind is not known.
    day : (m,) float64
        Local days since the first day of the period, with the time of day as a fraction.
    reported : (m,) float64
        The same days of when each was reported.
    epsg : int
    sha256 : str
        Hash of everything that the result depends on besides the parameters.
    left_out_sealed : int
        Sealed cases, which a result closer than the village does not hold.
    guard : Guard
        Tells numbers of these incidents as they may leave the house.
    found : (m,) bool
        Whether patrols or rounds of screening found it.
    """

    cells: gpd.GeoDataFrame
    groups: NDArray[np.int64]
    cell: NDArray[np.int64]
    xy: NDArray[np.float64]
    domain: NDArray[np.object_]
    kind: NDArray[np.object_]
    day: NDArray[np.float64]
    reported: NDArray[np.float64]
    epsg: int
    sha256: str
    left_out_sealed: int
    guard: Guard
    found: NDArray[np.bool_]

    def where(self, kept: NDArray[np.bool_]) -> Inputs:
        """Keep the incidents that a mask of shape (m,) keeps; the hash stays that of all that was read."""
        return replace(
            self,
            cell=self.cell[kept],
            xy=self.xy[kept],
            domain=self.domain[kept],
            kind=self.kind[kept],
            day=self.day[kept],
            reported=self.reported[kept],
            guard=self.guard.where(kept),
            found=self.found[kept],
        )

    def reported_by(self, day: int) -> Inputs:
        """Keep what was reported on a day, counted from the first of the period, or before it."""
        return self.where(self.reported < day + 1)

    @property
    def counts(self) -> NDArray[np.int64]:
        """Incidents of each cell, shape (n,)."""
        return np.bincount(self.cell[self.cell >= 0], minlength=len(self.cells)).astype(np.int64)

    def positive_exposure(self) -> NDArray[np.float64]:
        """People present in each cell, at least one, shape (n,).

        A cell where nobody lives (a market, a works) has no rate; one person keeps it in the comparison without weight.
        """
        return np.asarray(np.maximum(self.cells["exposure"].to_numpy(dtype=np.float64), 1.0))

    def counts_of(self, domain: str) -> NDArray[np.int64]:
        """Incidents of one domain in each cell, shape (n,)."""
        chosen = self.cell[(self.cell >= 0) & (self.domain == domain)]
        return np.bincount(chosen, minlength=len(self.cells)).astype(np.int64)

    @property
    def sha256_as_reported(self) -> str:
        """Hash of everything that a result depends on which cuts by when incidents were reported."""
        told = sorted_rows((self.cell, self.day.round(6), self.reported.round(6)))
        return hashlib.sha256(self.sha256.encode() + told).hexdigest()

    @property
    def centres(self) -> NDArray[np.float64]:
        """Centroids of the cells in metres, shape (n, 2)."""
        points = shapely.centroid(self.cells.geometry.to_numpy())
        return np.column_stack([shapely.get_x(points), shapely.get_y(points)])

    @property
    def placed(self) -> NDArray[np.bool_]:
        """Which incidents have coordinates, shape (m,)."""
        return np.isfinite(self.xy[:, 0]) & np.isfinite(self.xy[:, 1])

    @property
    def outside(self) -> int:
        """How many incidents lie in no cell."""
        return int((self.cell < 0).sum())


def scope_of(scope: Scope, within: int | None) -> Scope:
    """Return the part of a scope that a run looks at.

    Raises
    ------
    NotFound
        When the grid lies outside the scope.
    """
    if within is None:
        return scope
    try:
        level_of(within)
    except InvalidInput:
        raise grid_not_found(within) from None
    inside = Scope.of_grid(within)
    if inside.lo not in scope or inside.hi not in scope:
        raise grid_not_found(within)
    return inside


def require_ground(database: Database, scope: Scope, within: int | None) -> None:
    """Refuse a grid that nothing can be made of: none that stands now, or one outside of a scope.

    Raises
    ------
    NotFound
    """
    scope_of(scope, within)
    if within is None:
        return
    with database.scoped_session(scope) as session:
        if stored.find_grid(session, within) is None:
            raise grid_not_found(within)


def load_inputs(database: Database, scope: Scope, spec: HotspotSpec, *, patrol_found: bool = True) -> Inputs:
    """Read what a run works on; `patrol_found` tells whether incidents that patrols found are among them.

    Raises
    ------
    NotFound
        When the grid that the run is about is not in the scope.
    InvalidInput
        When there are no grids of the level, no incidents in the period, or no population for a rate.
    """
    inside = scope_of(scope, spec.within)
    query = IncidentQuery(
        spec.within,
        spec.since,
        spec.until,
        (spec.domain,) if spec.domain else (),
        (spec.kind,) if spec.kind else (),
    )
    chosen = chosen_by(database, query)
    with database.scoped_session(scope, timeout_s=600) as session:
        if spec.within is not None and stored.find_grid(session, spec.within) is None:
            raise grid_not_found(spec.within)
        points, sealed = hotspots.incident_points(
            session, chosen, by_village=not spec.closer_than_village, patrol_found=patrol_found
        )
        frame = stored.current_frame(session)
        heads = hotspots.head_counts(session)
    if not len(points) and sealed:
        raise InvalidInput(
            "sealed-village-only",
            "所选事件全部是保密事件，只在村级或以上计数。请改用 --level 3。",
            "All chosen incidents are sealed and counted at village level or above only. Use --level 3.",
        )
    points = points.where(_at_times(points, spec, ZoneInfo(database.settings.timezone)))
    if not len(points):
        raise InvalidInput(
            "hotspots-no-incidents",
            "所选时段与领域内没有事件。请放宽日期、钟点、星期、领域或网格。",
            "There are no incidents in this period and domain. Widen the period, the hours and weekdays, the domain or "
            "the grid.",
        )
    frame = frame[frame["grid_key"].between(inside.lo, inside.hi)]
    if frame.empty:
        raise _no_level(spec.level, frame)
    epsg = crs.metric_crs(frame.total_bounds)
    cells, groups, cell = (
        _grid_cells(frame, points, spec)
        if spec.hexagons is None
        else _hexagon_cells(frame, points, spec.hexagons)
    )
    records = (points.at_s, points.grid_key, points.lon, points.lat, points.domain, points.kind, cell)
    sha256 = hash_of(cells, records, heads.items())
    cells = cells.set_geometry(crs.geometries_from_wgs84(cells.geometry.to_numpy(), epsg), crs=epsg)
    cells = cells.assign(exposure=_exposure(cells, heads, spec))
    x, y = crs.from_wgs84(points.lon, points.lat, epsg)
    zone = ZoneInfo(database.settings.timezone)
    day = local_days(points.at_s, spec.since, zone)
    guard = guard_of(database, scope, spec, points.record_key, points.at_s)
    xy = np.column_stack([x, y])
    reported = local_days(points.reported_s, spec.since, zone)
    return Inputs(
        cells,
        groups,
        cell,
        xy,
        points.domain,
        points.kind,
        day,
        reported,
        epsg,
        sha256,
        sealed,
        guard,
        points.found,
    )


def _at_times(points: IncidentPoints, spec: HotspotSpec, zone: ZoneInfo) -> NDArray[np.bool_]:
    """Tell which incidents occurred in the hours and on the weekdays that are looked at; shape (m,)."""
    kept = np.ones(len(points), dtype=np.bool_)
    if not spec.is_partial:
        return kept
    day = local_days(points.at_s, spec.since, zone)
    if spec.weekdays is not None:
        weekday = (np.floor(day).astype(np.int64) + spec.since.weekday()) % 7 + 1
        kept &= np.isin(weekday, spec.weekdays)
    if spec.hours is not None:
        first, before = spec.hours
        # Instants are whole seconds; a quarter of one is beyond what floats of days round to.
        hour = day % 1.0 * 24.0 + 1e-6
        inside = (hour >= first) & (hour < before) if first < before else (hour >= first) | (hour < before)
        kept &= inside & has_time(day)
    return kept


def local_days(at_s: NDArray[np.float64], first: dt.date, zone: ZoneInfo) -> NDArray[np.float64]:
    """Days between the beginning of a local day and instants, the time of day as a fraction; shape (m,)."""
    local = pd.to_datetime(at_s, unit="s", utc=True).tz_convert(zone).tz_localize(None)
    since = pd.Timestamp(first)
    return np.asarray((local - since).total_seconds(), dtype=np.float64) / _DAY_S


def has_time(day: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which local days have a time of day: a date that came without one is kept as the day's beginning."""
    return np.asarray(day % 1.0 != 0.0, dtype=np.bool_)


def _no_level(level: int, frame: gpd.GeoDataFrame) -> InvalidInput | NotFound:
    there = "、".join(str(int(v)) for v in sorted(frame["level"].unique())) or "-"
    return InvalidInput(
        "level-absent",
        f"这里没有第 {level} 级网格（现有层级：{there}）。请换 --level，或先导入：gridmap grids import",
        f"There are no grids of level {level} here (levels there are: {there}). Choose another --level, or import "
        "them first: gridmap grids import",
    )


def _grid_cells(
    frame: gpd.GeoDataFrame, points: IncidentPoints, spec: HotspotSpec
) -> tuple[gpd.GeoDataFrame, NDArray[np.int64], NDArray[np.int64]]:
    cells = frame[frame["level"] == spec.level].sort_values("grid_key").reset_index(drop=True)
    if cells.empty:
        raise _no_level(spec.level, frame)
    keys = cells["grid_key"].to_numpy(dtype=np.int64)
    above = [level for level in reversed(LEVELS) if level < spec.level] or [TOWN]
    groups = np.column_stack([keys - keys % SUBTREE_SIZE[level] for level in above])
    key = points.grid_key - points.grid_key % SUBTREE_SIZE[spec.level]
    # A record that is only known to lie in a grid of a level above has no cell at this one.
    row = np.minimum(np.searchsorted(keys, key), len(keys) - 1)
    return cells, groups, np.where(keys[row] == key, row, -1)


def _hexagon_cells(
    frame: gpd.GeoDataFrame, points: IncidentPoints, resolution: int
) -> tuple[gpd.GeoDataFrame, NDArray[np.int64], NDArray[np.int64]]:
    top = frame[frame["level"] == frame["level"].min()]
    placed = np.isfinite(points.lon) & np.isfinite(points.lat)
    area = shapely.union_all(top.geometry.to_numpy())
    hexagons = cube.hexagons(points.lon[placed], points.lat[placed], resolution, area)
    cell = np.full(len(points), -1, dtype=np.int64)
    cell[placed] = hexagons.of_point
    ids = hexagons.cells
    cells = gpd.GeoDataFrame(
        {
            "grid_key": ids.astype(np.int64),
            "name_zh": [f"六边形 {i + 1}" for i in range(len(ids))],
            "name_en": [f"hexagon {i + 1}" for i in range(len(ids))],
            "population": np.full(len(ids), np.nan),
        },
        geometry=hexagons.polygons(),
        crs=crs.WGS84,
    )
    return cells, hexagons.parents(), cell


def _exposure(cells: gpd.GeoDataFrame, heads: dict[int, int], spec: HotspotSpec) -> NDArray[np.float64]:
    residents = cells["population"].to_numpy(dtype=np.float64, na_value=np.nan)
    if spec.hexagons is None and np.isfinite(residents).all():
        size = SUBTREE_SIZE[spec.level]
        temporary = dict.fromkeys(cells["grid_key"], 0)
        for key, count in heads.items():
            if key - key % size in temporary:
                temporary[key - key % size] += count
        residents = rates.exposure(residents, np.array(list(temporary.values())), spec.presence)
    if spec.by == "rate" and (not np.isfinite(residents).all() or residents.sum() <= 0):
        raise InvalidInput(
            "rate-no-population",
            "这一层级的网格没有人口数，无法计算发生率。请改用 --by count，或在网格文件中补上 population。",
            "The grids of this level have no population, so there are no rates. Use --by count, or import grids with "
            "a population.",
        )
    return np.asarray(residents, dtype=np.float64)


def road_lines(database: Database, scope: Scope, epsg: int) -> NDArray[np.object_]:
    """Roads as lines in a projected system, in order of their identifier.

    Raises
    ------
    InvalidInput
        When there are none.
    """
    with database.scoped_session(scope, timeout_s=600) as session:
        rows = road_rows(session)
    if not rows:
        raise InvalidInput(
            "roads-absent",
            "还没有道路。请先导入：gridmap roads import FILE",
            "There are no roads yet. Import them first: gridmap roads import FILE",
        )
    shapes = shapely.from_wkb([bytes(row["wkb"]) for row in rows])
    return crs.geometries_from_wgs84(shapes, epsg)
