"""Roads as analysis wants them, and whether they changed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, TypedDict, cast

from sqlalchemy import delete, func, literal, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from gridmap.storage.models import Road, WorkspaceSetting

_AT_ONCE = 10_000


def fingerprint(session: Session) -> str:
    """SHA-256 of everything that a road graph is made of; the same for the same roads, whenever they came."""
    fields = (
        Road.road_id,
        func.coalesce(Road.name_zh, ""),
        Road.road_class,
        Road.oneway,
        func.coalesce(Road.speed_kmh, 0.0),
        func.coalesce(Road.surface, ""),
        Road.bridge,
        func.coalesce(Road.access, ""),
        func.coalesce(Road.foot, ""),
        func.coalesce(Road.bicycle, ""),
        func.coalesce(Road.motor_vehicle, ""),
        func.coalesce(Road.oneway_bicycle, ""),
        func.coalesce(Road.begin_node, ""),
        func.coalesce(Road.end_node, ""),
        func.coalesce(Road.no_turns, ""),
        func.md5(func.ST_AsBinary(Road.geom)),
    )
    row = func.md5(func.concat_ws("\x1f", *fields))
    found = session.scalar(select(func.string_agg(row, aggregate_order_by(literal(""), row))))
    return hashlib.sha256((found or "").encode()).hexdigest()


def version(session: Session) -> str | None:
    """Mark of the roads as they are: the database gives a new one with every statement that changes roads.

    None where there is none (it was removed by hand).
    """
    found = session.scalar(select(WorkspaceSetting.value).where(WorkspaceSetting.key == "roads_version"))
    return None if found is None else str(found)


def parts_of(session: Session, road_ids: Sequence[str]) -> list[tuple[str, str, bytes]]:
    """Roads whose identifier is another's with a number behind it.

    Returns
    -------
    list of (road_id, identifier without the number, WKB)
    """
    stem = func.regexp_replace(Road.road_id, "-[0-9]+$", "")
    wanted = set(road_ids)
    query: Any = select(Road.road_id, stem, func.ST_AsBinary(Road.geom)).where(stem != Road.road_id)
    return [(key, base, bytes(wkb)) for key, base, wkb in session.execute(query) if base in wanted]


def remove(session: Session, road_ids: Sequence[str]) -> int:
    """Delete roads by identifier; return how many."""
    removed = 0
    for start in range(0, len(road_ids), _AT_ONCE):
        chunk = list(road_ids[start : start + _AT_ONCE])
        removed += len(
            session.scalars(delete(Road).where(Road.road_id.in_(chunk)).returning(Road.road_id)).all()
        )
    return removed


def bounds(session: Session) -> tuple[float, float, float, float] | None:
    """West, south, east, north of all roads (EPSG:4326); None where there are none."""
    box = func.ST_Extent(Road.geom)
    row = session.execute(
        select(func.ST_XMin(box), func.ST_YMin(box), func.ST_XMax(box), func.ST_YMax(box))
    ).one()
    return None if row[0] is None else (float(row[0]), float(row[1]), float(row[2]), float(row[3]))


# `class` is a word of the language, so this type is made by a call.
RoadRow = TypedDict(
    "RoadRow",
    {
        "road_id": str,
        "name_zh": str | None,
        "class": str,
        "oneway": str,
        "speed_kmh": float | None,
        "surface": str | None,
        "bridge": bool,
        "access": str | None,
        "foot": str | None,
        "bicycle": str | None,
        "motor_vehicle": str | None,
        "oneway_bicycle": str | None,
        "barrier": str | None,
        "begin_node": str | None,
        "end_node": str | None,
        "no_turns": str | None,
        "wkb": bytes,
    },
)


def road_rows(session: Session) -> list[RoadRow]:
    """Roads in order of their identifier, geometry as WKB."""
    query: Any = select(
        Road.road_id,
        Road.name_zh,
        Road.road_class.label("class"),
        Road.oneway,
        Road.speed_kmh,
        Road.surface,
        Road.bridge,
        Road.access,
        Road.foot,
        Road.bicycle,
        Road.motor_vehicle,
        Road.oneway_bicycle,
        Road.barrier,
        Road.begin_node,
        Road.end_node,
        Road.no_turns,
        func.ST_AsBinary(Road.geom).label("wkb"),
    ).order_by(Road.road_id)
    return [cast("RoadRow", dict(row)) for row in session.execute(query).mappings()]
