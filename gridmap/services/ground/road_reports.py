"""What is odd about roads: pieces apart, crossings without a node, roads drawn twice, dead ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap import crs
from gridmap.analysis.roads.noding import Noded, Survey, node_lines, survey
from gridmap.domain.gridkey import Scope
from gridmap.domain.road_access import WAYS_OF_GOING
from gridmap.domain.road_turns import read_bans, whole_road
from gridmap.errors import InvalidInput
from gridmap.ingest.road_findings import write_road_findings
from gridmap.services.ground.gridbook import GridBook
from gridmap.storage.database import Database
from gridmap.storage.ground.roads import road_rows

Lines = NDArray[np.object_]


@dataclass(frozen=True, slots=True, eq=False)
class RoadReport:
    """What noding did to roads, or would do, and what is odd about their network.

    Attributes
    ----------
    roads : int
        Rows looked at.
    left_out : int
        Rows beyond the town's outline and 2 km.
    cut : tuple of str
        Identifiers of roads cut (or, of stored ones, that cross others without a node).
    duplicates : tuple of str
        Identifiers of roads of which at least a piece repeats another.
    empty : tuple of str
        Identifiers of roads without length.
    joined_ends : int
        Roads of which an end was moved onto another, by at most 2 cm.
    network : Survey
        Of the roads as they are stored.
    lines : (m,) object
        Those roads, EPSG:4326.
    road_ids : tuple of str
        Of those roads.
    duplicate_lines : (d,) object
        EPSG:4326.
    dead_ends : (e, 2) float64
        Longitude and latitude.
    turns : int
        Turns that may not be taken.
    lost_turns : tuple of str
        Identifiers of roads that forbid a turn to a road that is not there.
    """

    roads: int
    left_out: int
    cut: tuple[str, ...]
    duplicates: tuple[str, ...]
    empty: tuple[str, ...]
    joined_ends: int
    network: Survey
    lines: Lines
    road_ids: tuple[str, ...]
    duplicate_lines: Lines
    dead_ends: NDArray[np.float64]
    turns: int = 0
    lost_turns: tuple[str, ...] = ()


def check_roads(database: Database, scope: Scope, *, findings: Path | None = None) -> RoadReport:
    """Look at the stored roads: pieces apart, crossings without a node, roads drawn twice, dead ends.

    Parameters
    ----------
    database : Database
    scope : Scope
    findings : Path, optional
        GeoPackage of what is odd.

    Raises
    ------
    InvalidInput
        When there are no roads.
    """
    with database.scoped_session(scope, timeout_s=600) as session:
        rows = road_rows(session)
    book = GridBook.of(database, scope)
    if not rows:
        raise InvalidInput(
            "roads-absent",
            "还没有道路。请先导入：gridmap roads import FILE",
            "There are no roads yet. Import them first: gridmap roads import FILE",
        )
    lines = shapely.from_wkb([bytes(r["wkb"]) for r in rows])
    ids = [r["road_id"] for r in rows]
    epsg = metres_of(book, lines)
    planar = crs.geometries_from_wgs84(lines, epsg)
    # Where a source names its junctions, its roads meet there and nowhere else.
    drawn = np.flatnonzero([not names_junctions(r) for r in rows])
    noded = node_lines(
        planar[drawn],
        bridge=[rows[i]["bridge"] for i in drawn],
        oneway=[rows[i]["oneway"] for i in drawn],
        identity=[ids[i] for i in drawn],
        permission=permissions([rows[i] for i in drawn]),
    )
    given = [ids[i] for i in drawn]
    report = report_of(
        noded, given, lines, ids, planar, epsg=epsg, outline=outline_of(book, epsg), left_out=0
    )
    turns, lost = turns_of(ids, [row["no_turns"] for row in rows])
    report = replace(report, roads=len(ids), turns=turns, lost_turns=lost)
    if findings is not None:
        write_road_findings(finding_layers(report), findings)
    return report


def finding_layers(report: RoadReport) -> dict[str, gpd.GeoDataFrame]:
    """Layers of what is odd: pieces apart, roads cut or to be cut, duplicates, dead ends; EPSG:4326."""
    piece = report.network.of_line
    apart = np.flatnonzero(piece > 0)
    of = [report.network.components[i] for i in piece[apart]]
    stems = set(report.cut)
    cut = [i for i, key in enumerate(report.road_ids) if key in stems or key.rpartition("-")[0] in stems]
    return {
        "pieces": _frame(
            report.lines[apart],
            road_id=[report.road_ids[i] for i in apart],
            piece=piece[apart] + 1,
            segments=[c.segments for c in of],
            length_m=[round(c.length_m, 1) for c in of],
        ),
        "cut": _frame(report.lines[cut], road_id=[report.road_ids[i] for i in cut]),
        "duplicates": _frame(report.duplicate_lines, road_id=list(report.duplicates)),
        "dead_ends": _frame(
            np.asarray(shapely.points(report.dead_ends), dtype=object),
            number=list(range(1, len(report.dead_ends) + 1)),
        ),
    }


def _frame(shapes: Lines, **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=crs.WGS84)


def names_junctions(row: Mapping[str, Any]) -> bool:
    """Tell whether a road's source names a junction of it: such roads meet where names are the same."""
    return row["begin_node"] is not None or row["end_node"] is not None


def turns_of(keys: Sequence[str], bans: Sequence[str | None]) -> tuple[int, tuple[str, ...]]:
    """Count the forbidden turns of roads, and name the roads that forbid one to a road that is not there."""
    known = {*keys, *(whole_road(key) for key in keys)}
    told = [(key, ban.road_id) for key, text in zip(keys, bans, strict=True) for ban in read_bans(text)]
    return len(told), tuple(dict.fromkeys(key for key, target in told if target not in known))


def permissions(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str | None, ...]]:
    """Who may use each road: two that differ in this are no duplicates."""
    return [
        tuple(row[name] for name in ("access", *WAYS_OF_GOING.values(), "oneway_bicycle")) for row in rows
    ]


def metres_of(book: GridBook, lines: Lines) -> int:
    """EPSG code in which roads are measured: the workspace's, or that of the roads where there are no grids yet."""
    if not book.is_empty:
        return book.epsg
    return crs.metric_crs(shapely.total_bounds(lines))


def outline_of(book: GridBook, epsg: int) -> shapely.Geometry | None:
    """Outline of the town: of its grids of the highest level that there is."""
    if book.is_empty:
        return None
    return shapely.union_all(crs.geometries_from_wgs84(book.tops.geometry.to_numpy(), epsg))


def report_of(
    noded: Noded,
    given_ids: list[str],
    lines: Lines,
    keys: list[str],
    planar: Lines,
    *,
    epsg: int,
    outline: shapely.Geometry | None,
    left_out: int,
) -> RoadReport:
    """Tell what noding did to roads, and survey the network of those that are stored."""
    network = survey(planar, outline=outline)
    dead = network.dead_ends
    lon, lat = crs.to_wgs84(dead[:, 0], dead[:, 1], epsg)
    return RoadReport(
        roads=len(given_ids),
        left_out=left_out,
        cut=tuple(given_ids[i] for i in noded.cut),
        duplicates=tuple(given_ids[i] for i in noded.duplicate),
        empty=tuple(given_ids[i] for i in noded.empty),
        joined_ends=noded.joined_ends,
        network=network,
        lines=lines,
        road_ids=tuple(keys),
        duplicate_lines=crs.geometries_to_wgs84(noded.duplicate_lines, epsg),
        dead_ends=np.column_stack([lon, lat]),
    )
