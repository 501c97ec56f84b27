"""Import of roads, cut where they meet and trimmed to the town, and the check of those that are there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from gridmap import crs
from gridmap.analysis.roads.noding import Noded, Survey, node_lines, survey
from gridmap.domain.gridkey import Scope
from gridmap.domain.road_access import WAYS_OF_GOING, stopped_by
from gridmap.errors import InvalidInput
from gridmap.ingest.model import ParsedTable
from gridmap.ingest.road_findings import write_road_findings
from gridmap.services.ground.gridbook import GridBook
from gridmap.services.ground.imports import ROADS
from gridmap.services.imports.records import ImportOptions, ImportResult, Progress, import_records
from gridmap.storage.database import Database
from gridmap.storage.ground import roads as stored
from gridmap.storage.ground.roads import road_rows

TRIM_M = 2000.0
_ON_LINE_M = 0.05

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


@dataclass(frozen=True, slots=True)
class RoadImport:
    """An import of roads and its report; no report where nothing was accepted."""

    result: ImportResult
    report: RoadReport | None


def import_roads(
    database: Database,
    scope: Scope,
    path: Path,
    options: ImportOptions,
    *,
    noding: bool = True,
    findings: Path | None = None,
    on_progress: Progress | None = None,
) -> RoadImport:
    """Import a file of roads, cut where they meet and trimmed to the town's outline and 2 km around it.

    A road that is not cut stays as it is in the file; further pieces of one that is get its identifier with ``-2``,
    ``-3`` and so on. Pieces that an earlier import left on the line of a road of this file are removed.

    Parameters
    ----------
    database : Database
    scope : Scope
    path : Path
    options : ImportOptions
    noding : bool
        Whether to cut and trim; the file is taken as it is otherwise.
    findings : Path, optional
        GeoPackage of what is odd.
    on_progress : callable, optional
        As :func:`gridmap.services.imports.records.import_records` calls it.

    Returns
    -------
    RoadImport

    Raises
    ------
    InvalidInput
        When the file cannot be used, or none of its roads is near the town.
    """
    work = _Shaping(noding)
    result = import_records(
        database,
        scope,
        ROADS,
        path,
        options,
        reshape=work.reshape,
        tidy=work.tidy,
        remember={"noding": noding},
        on_progress=on_progress,
    )
    if findings is not None and work.report is not None:
        write_road_findings(finding_layers(work.report), findings)
    return RoadImport(result, work.report)


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
        book = GridBook.read(session)
        rows = road_rows(session)
    if not rows:
        raise InvalidInput(
            "roads-absent",
            "还没有道路。请先导入：gridmap roads import FILE",
            "There are no roads yet. Import them first: gridmap roads import FILE",
        )
    lines = shapely.from_wkb([bytes(r["wkb"]) for r in rows])
    ids = [r["road_id"] for r in rows]
    epsg = _epsg(book, lines)
    planar = crs.geometries_from_wgs84(lines, epsg)
    # Where a source names its junctions, its roads meet there and nowhere else.
    drawn = np.flatnonzero([not _is_named(r) for r in rows])
    noded = node_lines(
        planar[drawn],
        bridge=[rows[i]["bridge"] for i in drawn],
        oneway=[rows[i]["oneway"] for i in drawn],
        identity=[ids[i] for i in drawn],
        permission=_permission([rows[i] for i in drawn]),
    )
    given = [ids[i] for i in drawn]
    report = _report(noded, given, lines, ids, planar, epsg=epsg, outline=_outline(book, epsg), left_out=0)
    report = replace(report, roads=len(ids))
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


class _Shaping:
    """Makes the stored rows of one import, and remembers what it did."""

    def __init__(self, noding: bool) -> None:
        self.noding = noding
        self.report: RoadReport | None = None
        self._given: list[str] = []
        self._kept: set[str] = set()
        self._planar: Lines = np.empty(0, dtype=object)
        self._epsg = 0

    def reshape(self, parsed: ParsedTable, book: GridBook) -> ParsedTable:
        if parsed.geometry is None or not len(parsed.geometry):
            return parsed
        table = _with_barriers(parsed.table)
        ids = [str(key) for key in table["road_id"].to_pylist()]
        epsg = _epsg(book, parsed.geometry)
        planar = crs.geometries_from_wgs84(parsed.geometry, epsg)
        outline = _outline(book, epsg)
        near = np.ones(len(ids), bool)
        if self.noding and outline is not None:
            near = _near(planar, outline)
        if not near.any():
            raise InvalidInput(
                "roads-elsewhere",
                f"{parsed.file_name}：没有一条道路在本镇边界 2 公里以内。请检查坐标系（--crs），或换一个文件。",
                f"{parsed.file_name}: no road lies within 2 km of the town's outline. "
                "Check the coordinate system (--crs), or take another file.",
            )
        named = np.array([_is_named(row) for row in table.select(_NODES).to_pylist()], bool)
        rows = np.flatnonzero(near & ~named)
        noded = node_lines(
            planar[rows],
            bridge=table["bridge"].to_numpy()[rows],
            oneway=np.array(table["oneway"].to_pylist(), dtype=object)[rows].tolist(),
            identity=[ids[i] for i in rows],
            permission=_permission(table.take(pa.array(rows)).to_pylist()),
        )
        if self.noding:
            kept = np.ones(len(noded.lines), bool) if outline is None else _near(noded.lines, outline)
            pieces, part = noded.lines[kept], noded.part[kept]
            source = rows[noded.source[kept]]
            beyond = len(np.setdiff1d(noded.source, noded.source[kept]))
            lines = _in_degrees(noded, kept, planar[rows], parsed.geometry[rows], epsg)
        else:
            beyond = 0
            lines, source = shapely.get_parts(parsed.geometry, return_index=True)
            part = np.arange(len(source)) - np.searchsorted(source, source) + 1
            pieces = crs.geometries_from_wgs84(lines, epsg)
        if self.noding and named.any():
            whole = np.flatnonzero(near & named)
            lines, source = np.r_[lines, parsed.geometry[whole]], np.r_[source, whole]
            part = np.r_[part, np.ones(len(whole), np.int64)]
            pieces = np.r_[pieces, planar[whole]]
        keys = _part_keys(ids, source, part)
        self.report = _report(
            noded,
            [ids[i] for i in rows],
            lines,
            keys,
            pieces,
            epsg=epsg,
            outline=outline,
            left_out=len(ids) - int(near.sum()) + beyond,
        )
        self.report = replace(self.report, roads=int(near.sum()))
        self._given, self._kept, self._planar, self._epsg = ids, set(keys), planar, epsg
        table = table.take(pa.array(source))
        at = table.column_names.index("road_id")
        table = table.set_column(at, "road_id", pa.array(keys, pa.string()))
        return replace(parsed, table=table, geometry=lines)

    def tidy(self, session: Session) -> int:
        """Remove pieces of earlier cuts that lie on a road of this file and are none of its pieces now."""
        row_of = {key: i for i, key in enumerate(self._given)}
        old = [found for found in stored.parts_of(session, self._given) if found[0] not in self._kept]
        if not old:
            return 0
        lines = crs.geometries_from_wgs84(shapely.from_wkb([wkb for _, _, wkb in old]), self._epsg)
        roads = shapely.buffer(self._planar[[row_of[base] for _, base, _ in old]], _ON_LINE_M)
        covered = shapely.covers(roads, lines)
        return stored.remove(session, [old[i][0] for i in np.flatnonzero(covered)])


_NODES = ["begin_node", "end_node"]


def _is_named(row: Mapping[str, Any]) -> bool:
    """Tell whether a road's source names a junction of it: such roads meet where names are the same."""
    return row["begin_node"] is not None or row["end_node"] is not None


def _with_barriers(table: pa.Table) -> pa.Table:
    """Write down whom the barriers on roads stop."""
    found = [b for b in table["barrier"].to_pylist() if b is not None]
    if not found:
        return table
    rows = table.select(["barrier", "access", *WAYS_OF_GOING.values()]).to_pylist()
    stopped = [stopped_by(row["barrier"], row) if row["barrier"] else frozenset() for row in rows]
    for mode, column in WAYS_OF_GOING.items():
        cells = ["no" if mode in modes else row[column] for row, modes in zip(rows, stopped, strict=True)]
        table = table.set_column(table.column_names.index(column), column, pa.array(cells, pa.string()))
    return table


def _permission(rows: list[dict[str, Any]]) -> list[tuple[str | None, ...]]:
    """Who may use each road: two that differ in this are no duplicates."""
    return [
        tuple(row[name] for name in ("access", *WAYS_OF_GOING.values(), "oneway_bicycle")) for row in rows
    ]


def _epsg(book: GridBook, lines: Lines) -> int:
    if not book.grids.empty:
        return book.epsg
    return crs.metric_crs(shapely.total_bounds(lines))


def _outline(book: GridBook, epsg: int) -> shapely.Geometry | None:
    """Outline of the town: of its grids of the highest level that there is."""
    if book.grids.empty:
        return None
    top = book.grids[book.grids["level"] == book.grids["level"].min()]
    return shapely.union_all(crs.geometries_from_wgs84(top.geometry.to_numpy(), epsg))


def _near(lines: Lines, outline: shapely.Geometry) -> NDArray[np.bool_]:
    area = shapely.buffer(outline, TRIM_M)
    shapely.prepare(area)
    near: NDArray[np.bool_] = shapely.intersects(area, lines)
    return near


def _in_degrees(noded: Noded, kept: NDArray[np.bool_], planar: Lines, given: Lines, epsg: int) -> Lines:
    """Pieces in EPSG:4326: uncut ones as they came, others with the very coordinates of the vertices that came."""
    source, whole = noded.source[kept], noded.whole[kept]
    out = np.empty(len(source), dtype=object)
    out[whole] = shapely.get_geometry(given[source[whole]], 0)
    single = whole & (shapely.get_type_id(given[source]) == shapely.GeometryType.LINESTRING.value)
    out[single] = given[source[single]]
    if whole.all():
        return out
    xy = np.round(shapely.get_coordinates(planar), 3)
    degrees = shapely.get_coordinates(given)
    order = np.lexsort((degrees[:, 1], degrees[:, 0], xy[:, 1], xy[:, 0]))
    known, first = np.unique(xy[order, 0] + 1j * xy[order, 1], return_index=True)
    of_known = degrees[order][first]
    moved = noded.lines[kept][~whole]
    points = shapely.get_coordinates(moved)
    packed = points[:, 0] + 1j * points[:, 1]
    at = np.minimum(np.searchsorted(known, packed), len(known) - 1)
    lon, lat = crs.to_wgs84(points[:, 0], points[:, 1], epsg)
    same = known[at] == packed
    out[~whole] = shapely.set_coordinates(
        moved.copy(), np.where(same[:, None], of_known[at], np.column_stack([lon, lat]))
    )
    return out


def _part_keys(ids: list[str], source: NDArray[np.int64], part: NDArray[np.int64]) -> list[str]:
    """Name pieces by their source, with a number from the second on; taken names are passed over."""
    taken = set(ids)
    keys = [""] * len(source)
    last: dict[int, int] = {}
    for i in sorted(range(len(source)), key=lambda i: (ids[source[i]], int(part[i]))):
        row, number = int(source[i]), int(part[i])
        if number == 1:
            keys[i] = ids[row]
            continue
        number = max(number, last.get(row, 1) + 1)
        while f"{ids[row]}-{number}" in taken:
            number += 1
        keys[i], last[row] = f"{ids[row]}-{number}", number
        taken.add(keys[i])
    return keys


def _report(
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
