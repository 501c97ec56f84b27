"""Places that patrols must come to on every night: brought in by files, listed, exported, and made stops of a plan."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy.orm import Session

from gridmap import crs
from gridmap.analysis.patrol import Stop, Way
from gridmap.crs import WGS84
from gridmap.domain import terms
from gridmap.domain.clock import read_span, spans_s
from gridmap.domain.geojson import Collection, Feature
from gridmap.domain.gridkey import Scope
from gridmap.domain.records import NOUNS
from gridmap.domain.shown_plans import Notice, StopAbout
from gridmap.errors import InvalidInput
from gridmap.files.layers import write_layer
from gridmap.ingest.model import Notice as ImportNotice
from gridmap.ingest.model import ParsedTable
from gridmap.ingest.rows.cleared import COLUMN as CLEARED
from gridmap.ingest.rows.refused import RowRefused, refuse_more
from gridmap.services.ground.gridbook import GridBook
from gridmap.services.ground.placing import placed_points
from gridmap.services.imports.kinds import Doubts, ImportKind
from gridmap.services.patrols.ask.ways import Ways
from gridmap.services.workspace.exports import Excerpt, ExportLayer, points_frame
from gridmap.storage.database import Database
from gridmap.storage.models import FixedPoint
from gridmap.storage.patrols import fixed_points as stored
from gridmap.storage.patrols.fixed_points import FixedPointRow
from gridmap.storage.workspace.counts import count_of, inside_of

_PARTED = re.compile("[;；、,，]")
_ALWAYS = frozenset({"全天", "24小时", "任何时间", "always", "any"})
_SHOWN = 20
_OF_THE_PLAN = re.compile(r"[HNA]\d+")
"""Identifiers that a plan gives to its own stops."""


def spans_of(hours: str | None) -> tuple[str, ...]:
    """Read the hours of a fixed point; none where it may be visited at any time.

    Raises
    ------
    InvalidInput
        When a part is no span of time.

    Examples
    --------
    >>> spans_of("07:00-08:30；16:00-17:30"), spans_of("全天")
    (('07:00-08:30', '16:00-17:30'), ())
    """
    text = (hours or "").strip()
    if text.lower() in _ALWAYS:
        return ()
    parts = tuple(part.strip() for part in _PARTED.split(text) if part.strip())
    for part in parts:
        read_span(part)
    return parts


def _readable(_session: Session, parsed: ParsedTable, _book: GridBook, _zone: str) -> ParsedTable:
    """Refuse rows whose hours cannot be read, and codes that a plan uses for its own stops."""
    wrong = []
    columns = parsed.table.column_names
    for line in parsed.table.select([c for c in ("row", "code", "hours") if c in columns]).to_pylist():
        if line.get("code") and _OF_THE_PLAN.fullmatch(line["code"]):
            zh = "这样的编号（H1、N2、A3）由计划留给热点和临时停靠点。请换一个，如 B01。"
            en = "a plan gives codes such as H1, N2 or A3 to its own stops. Take another, as B01."
            wrong.append(RowRefused(line["row"], "code", "fixed-point-code", zh, en))
        try:
            spans_of(line.get("hours"))
        except InvalidInput as refused:
            wrong.append(RowRefused(line["row"], "hours", refused.code, refused.zh, refused.en))
    return refuse_more(parsed, wrong)


def _stay_segments(session: Session, parsed: ParsedTable) -> Doubts:
    """Tell of places beside a blank line where a segment is stored: it stays, and lies where its line does."""
    names = [c for c in ("code", "line", "placed_by", CLEARED) if c in parsed.table.column_names]
    placed = [
        row["code"]
        for row in parsed.table.select(names).to_pylist()
        if row["placed_by"] == "coordinate"
        and row.get("line") is None
        and "line" not in (row.get(CLEARED) or "").split()
    ]
    found = stored.with_lines(session, placed) if placed else []
    if not found:
        return Doubts(())
    codes = ", ".join(found[:_SHOWN]) + (f" … {len(found)}" if len(found) > _SHOWN else "")
    told = ImportNotice(
        "segment-stays",
        f"{codes}：库中是路段，文件里只有坐标、没有路线。坐标不采用，路段不变。若要改成一个点，请在“路线”一栏写"
        " [清空]。",
        f"{codes}: stored as segments; the file has a place and no line for them. The segments stay, the places are "
        "not taken. To make one a point, write [clear] in the column of the line.",
    )
    return Doubts((), (told,))


def _frame(session: Session, wanted: Excerpt) -> gpd.GeoDataFrame:
    """Write fixed points as points and segments as lines."""
    rows = stored.list_fixed_points(session, wanted.query.grid)
    frame = points_frame(rows).drop(columns="line", errors="ignore")
    lines = np.array([None if row["line"] is None else shapely.from_wkt(row["line"]) for row in rows], object)
    drawn = ~shapely.is_missing(lines)
    return (
        frame.set_geometry(np.where(drawn, lines, frame.geometry.to_numpy()), crs=WGS84)
        if drawn.any()
        else frame
    )


FIXED_POINTS = ImportKind(
    "fixed_points",
    stored.FIXED_POINTS,
    GridBook.of,
    placed_points,
    examine=_readable,
    doubts=_stay_segments,
)
LAYER = ExportLayer(
    "fixed_points",
    _frame,
    lambda session, wanted: count_of(session, FixedPoint, *inside_of(FixedPoint.grid_key, wanted.inside)),
)


def write_template(path: Path, zone: str) -> None:
    """Write an empty table of fixed points with its Chinese headings, to be filled in and imported.

    Raises
    ------
    InvalidInput
        When the ending is not that of a table (.csv, .xlsx).
    """
    if path.suffix.lower() not in {".csv", ".xlsx"}:
        raise InvalidInput(
            "template-format",
            f"模板应为 .csv 或 .xlsx，不能是 {path.name}。",
            f"A template is .csv or .xlsx, not {path.name}.",
        )
    headings = [field.zh for field in NOUNS["fixed_points"].fields]
    write_layer(pd.DataFrame(columns=headings), path, target_crs=WGS84, layer="fixed_points", zone=zone)


def list_points(database: Database, scope: Scope) -> list[FixedPointRow]:
    """List the fixed points of a scope, by code."""
    with database.scoped_session(scope) as session:
        return stored.list_fixed_points(session)


def point_features(database: Database, scope: Scope, within: int | None = None) -> Collection:
    """Give fixed points as GeoJSON, by code; only a grid's subtree where `within` is given."""
    with database.scoped_session(scope) as session:
        rows = stored.list_fixed_points(session, within)
    return {"type": "FeatureCollection", "features": [_feature(row) for row in rows]}


def _feature(row: FixedPointRow) -> Feature:
    """Write a fixed point as a feature; a segment as its line, with its middle as ``lon`` and ``lat``."""
    lon, lat = row["lon"], row["lat"]
    told = {k: v for k, v in row.items() if k not in {"lon", "lat", "line"}} | {
        "grid_key": str(row["grid_key"])
    }
    if row["line"] is not None:
        line = shapely.from_wkt(row["line"])
        return {
            "type": "Feature",
            "geometry": {"type": "LineString", "coordinates": shapely.get_coordinates(line).tolist()},
            "properties": told | {"lon": lon, "lat": lat, "length_m": round(length_m(row["line"]), 1)},
        }
    return {
        "type": "Feature",
        "geometry": None if lon is None or lat is None else {"type": "Point", "coordinates": [lon, lat]},
        "properties": told,
    }


def length_m(line: str) -> float:
    """Return the length of a segment's line (well-known text, EPSG:4326) in metres."""
    at = shapely.get_coordinates(shapely.from_wkt(line))
    return float(crs.distance_m(at[:-1, 0], at[:-1, 1], at[1:, 0], at[1:, 1]).sum())


def usable_points(
    database: Database, scope: Scope, *, wanted: bool
) -> tuple[list[FixedPointRow], list[Notice]]:
    """Choose the fixed points that a plan can hold, and tell of those without a place; none where not wanted."""
    used = [row for row in list_points(database, scope) if row["in_use"]] if wanted else []
    kept = [row for row in used if row["lon"] is not None]
    told: list[Notice] = [
        {
            "code": "fixed-point-placeless",
            "stop": row["code"],
            "team": None,
            "zh": f"必到点 {row['code']}（{row['name_zh']}）没有坐标，未安排。请补上经纬度后重新导入。",
            "en": f"Fixed point {row['code']} ({row['name_zh']}) has no coordinates and is left out. "
            "Add them and import it again.",
        }
        for row in used
        if row["lon"] is None
    ]
    return kept, told


def stop_of(
    row: FixedPointRow,
    usual: Stop,
    windows: tuple[tuple[float, float], ...] | None,
    village: int,
    ways: tuple[Way, ...] = (),
) -> Stop:
    """Make a fixed point a stop of a plan: it must be visited, and each of its times earns the same.

    Parameters
    ----------
    row : FixedPointRow
    usual : Stop
        Its place, the prize of each visit, and what holds where the point says nothing: length of a visit, gap.
    windows : tuple of (float, float)
        As :func:`windows_of` gives them.
    village : int
    ways : tuple of Way, optional
        Of a segment: unless it says how long, a visit takes as long as the walk. What is to be gone along or come to on
        foot, and has none, is nobody's: to pass its middle is no visit.
    """
    is_walked = row["line"] is not None or row["on_foot"]
    stay_s = 0.0 if row["line"] is not None else usual.dwell_s
    return replace(
        usual,
        id=row["code"],
        ways=ways,
        walked=is_walked,
        dwell_s=stay_s if row["minutes"] is None else row["minutes"] * 60.0,
        village=village,
        grid_key=int(row["grid_key"]),
        windows=windows or (),
        must=True,
        visits=row["times"],
        min_gap_s=usual.min_gap_s if row["gap_min"] is None else row["gap_min"] * 60.0,
        revisit_share=terms.REVISIT.high,
        max_interval_s=None,
    )


def about_of(row: FixedPointRow, ways: Ways) -> StopAbout:
    """Tell of a fixed point what a plan tells of its stops."""
    lon, lat = row["lon"] or 0.0, row["lat"] or 0.0
    hours = "、".join(spans_of(row["hours"]))
    at_zh, at_en = (f"，{hours}", f", {', '.join(spans_of(row['hours']))}") if hours else ("", "")
    zh, en = ("必到点", "Fixed point") if row["line"] is None else ("必到路段", "Segment")
    about: StopAbout = {
        "name_zh": row["name_zh"],
        "name_en": row["name_en"] or row["name_zh"],
        "words_zh": f"{zh}：每晚 {row['times']} 次{at_zh}。",
        "words_en": f"{en}: {row['times']} time(s) a night{at_en}.",
        "observed": None,
        "expected": None,
        "grid_key": str(row["grid_key"]),
        "lon": round(lon, 7),
        "lat": round(lat, 7),
        "terms": None,
        "fixed": True,
    }
    if ways.about:
        about["ways"] = list(ways.about)
    return about


def tonight(
    rows: Sequence[FixedPointRow], begins_at: dt.datetime, ends_at: dt.datetime
) -> tuple[list[FixedPointRow], list[Notice]]:
    """Choose the fixed points whose hours have something of a shift, and tell of the others."""
    kept: list[FixedPointRow] = []
    told: list[Notice] = []
    for row in rows:
        if windows_of(row, begins_at, ends_at) is None:
            hours = "、".join(spans_of(row["hours"]))
            told.append(
                {
                    "code": "fixed-point-other-hours",
                    "stop": row["code"],
                    "team": None,
                    "zh": f"必到点 {row['code']}（{row['name_zh']}）的时段 {hours} 不在本班次内，本班次不安排。",
                    "en": f"Fixed point {row['code']} ({row['name_zh']}) has its hours {hours} outside this shift: "
                    "not planned for it.",
                }
            )
        else:
            kept.append(row)
    return kept, told


def windows_of(
    row: FixedPointRow, begins_at: dt.datetime, ends_at: dt.datetime
) -> tuple[tuple[float, float], ...] | None:
    """Return the hours of a fixed point in seconds of a shift; empty for all of it, None for nothing of it."""
    spans = spans_of(row["hours"])
    if not spans:
        return ()
    return spans_s([read_span(text) for text in spans], begins_at, ends_at) or None
