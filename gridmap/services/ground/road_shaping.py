"""The stored rows of an import of roads: cut where they meet, trimmed to the town."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from gridmap import crs
from gridmap.analysis.roads.noding import Noded, node_lines
from gridmap.domain.road_access import WAYS_OF_GOING, stopped_by
from gridmap.errors import InvalidInput
from gridmap.ingest.model import ParsedTable
from gridmap.services.ground.gridbook import GridBook
from gridmap.services.ground.road_reports import (
    Lines,
    RoadReport,
    metres_of,
    names_junctions,
    outline_of,
    permissions,
    report_of,
    turns_of,
)
from gridmap.storage.ground import roads as stored

TRIM_M = 2000.0
_ON_LINE_M = 0.05
_NODES = ["begin_node", "end_node"]


class Shaping:
    """Makes the stored rows of one import, and remembers what it did."""

    def __init__(self, noding: bool) -> None:
        self.noding = noding
        self.report: RoadReport | None = None
        self._given: list[str] = []
        self._kept: set[str] = set()
        self._planar: Lines = np.empty(0, dtype=object)
        self._epsg = 0

    def reshape(self, parsed: ParsedTable, book: GridBook) -> ParsedTable:
        """Cut roads where they meet, and leave out those that are not near the town."""
        if parsed.geometry is None or not len(parsed.geometry):
            return parsed
        table = _with_barriers(parsed.table)
        ids = [str(key) for key in table["road_id"].to_pylist()]
        epsg = metres_of(book, parsed.geometry)
        planar = crs.geometries_from_wgs84(parsed.geometry, epsg)
        outline = outline_of(book, epsg)
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
        named = np.array([names_junctions(row) for row in table.select(_NODES).to_pylist()], bool)
        rows = np.flatnonzero(near & ~named)
        noded = node_lines(
            planar[rows],
            bridge=table["bridge"].to_numpy()[rows],
            oneway=np.array(table["oneway"].to_pylist(), dtype=object)[rows].tolist(),
            identity=[ids[i] for i in rows],
            permission=permissions(table.take(pa.array(rows)).to_pylist()),
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
        self.report = report_of(
            noded,
            [ids[i] for i in rows],
            lines,
            keys,
            pieces,
            epsg=epsg,
            outline=outline,
            left_out=len(ids) - int(near.sum()) + beyond,
        )
        self._given, self._kept, self._planar, self._epsg = ids, set(keys), planar, epsg
        table = table.take(pa.array(source))
        at = table.column_names.index("road_id")
        table = table.set_column(at, "road_id", pa.array(keys, pa.string()))
        turns, lost = turns_of(keys, table["no_turns"].to_pylist())
        self.report = replace(self.report, roads=int(near.sum()), turns=turns, lost_turns=lost)
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
