"""Features of the workspace a page at a time, in the order of their numbers, for programs that read maps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, func, select
from sqlalchemy.orm import Session

from gridmap.storage.cases.exports import kept_in_files
from gridmap.storage.cases.incidents import IncidentFilter, closed
from gridmap.storage.models import Grid, Incident, Organisation, Road, Team

BBox = tuple[float, float, float, float]
Between = tuple[dt.datetime | None, dt.datetime | None]

_OF_INCIDENT = (
    *(
        "uid",
        "number",
        "domain",
        "kind",
        "scale",
        "channel",
        "occurred_at",
        "reported_at",
        "due_at",
        "closed_at",
    ),
    *(
        "stage",
        "outcome",
        "summary",
        "place",
        "found_by",
        "people_count",
        "sum_band",
        "grid_key",
        "handler_key",
    ),
    *("accuracy_m", "needs_confirmation", "sealed", "reporter_hidden"),
)
_COLUMNS: dict[str, tuple[Any, Any, Any, tuple[str, ...]]] = {
    "grids": (
        Grid,
        Grid.grid_key,
        Grid.geom,
        (
            "grid_key",
            "level",
            "code",
            "name_zh",
            "name_en",
            "population",
            "households",
            "area_m2",
            "valid_from",
        ),
    ),
    "incidents": (Incident, Incident.incident_id, Incident.geom, _OF_INCIDENT),
    "roads": (
        Road,
        Road.road_key,
        Road.geom,
        ("road_id", "name_zh", "road_class", "oneway", "speed_kmh", "surface", "bridge"),
    ),
    "teams": (
        Team,
        Team.team_id,
        Team.base,
        ("code", "name_zh", "name_en", "kind", "professional", "grid_key", "mode", "size"),
    ),
    "organisations": (
        Organisation,
        Organisation.organisation_id,
        Organisation.geom,
        ("code", "name_zh", "name_en", "kind", "grid_key", "opens"),
    ),
}
NAMES = tuple(_COLUMNS)
"""Collections that are read from their tables. Migrant clusters are published with suppression only, so not here."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which features of a collection.

    Attributes
    ----------
    name : str
        Of `NAMES`.
    chosen : IncidentFilter or None
        For incidents.
    bbox : tuple or None
        West, south, east, north, EPSG:4326.
    level : int or None
        Of grids.
    between : tuple of datetime or None
        For incidents: first and last instant at which they occurred; None where that end is open.
    """

    name: str
    chosen: IncidentFilter | None = None
    bbox: BBox | None = None
    level: int | None = None
    between: Between = (None, None)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    table, _, geom, _ = _COLUMNS[wanted.name]
    out: list[ColumnElement[bool]] = []
    if wanted.name == "grids":
        out.append(table.valid_to.is_(None))
        if wanted.level is not None:
            out.append(table.level == wanted.level)
    if wanted.chosen is not None:
        out += kept_in_files(wanted.chosen)
    if wanted.name == "incidents":
        since, until = wanted.between
        out += [Incident.occurred_at >= since] if since else []
        out += [Incident.occurred_at <= until] if until else []
    if wanted.bbox is not None:
        out.append(func.ST_Intersects(geom, func.ST_MakeEnvelope(*wanted.bbox, 4326)))
        if wanted.name == "incidents":
            # A box would tell where a protected reporter's case is.
            out.append(table.reporter_hidden.is_(False))
    return out


def count(session: Session, wanted: Wanted, *, after: int | None = None) -> int:
    """How many features there are, or how many come after a number."""
    query = select(func.count()).select_from(_COLUMNS[wanted.name][0])
    return int(session.scalar(query.where(*_conditions(wanted), *_after(wanted, after))) or 0)


def _after(wanted: Wanted, after: int | None) -> list[ColumnElement[bool]]:
    return [] if after is None else [_COLUMNS[wanted.name][1] > after]


def page(session: Session, wanted: Wanted, *, after: int | None, limit: int) -> list[dict[str, Any]]:
    """Features after a number, by number: ``id``, ``geometry`` (GeoJSON text or None) and the properties.

    Parameters
    ----------
    session : Session
    wanted : Wanted
    after : int or None
        Number of the last one that was read.
    limit : int
    """
    return _read(session, wanted.name, [*_conditions(wanted), *_after(wanted, after)], limit)


def one(session: Session, wanted: Wanted, number: int) -> dict[str, Any] | None:
    """One feature by its number, or None."""
    found = _read(session, wanted.name, [*_conditions(wanted), _COLUMNS[wanted.name][1] == number], 1)
    return found[0] if found else None


def _read(
    session: Session, name: str, conditions: Sequence[ColumnElement[bool]], limit: int
) -> list[dict[str, Any]]:
    table, key, geom, columns = _COLUMNS[name]
    query = (
        select(
            key.label("id"),
            cast(func.ST_AsGeoJSON(geom, 7), Text).label("geometry"),
            *(getattr(table, column) for column in columns),
        )
        .where(*conditions)
        .order_by(key)
        .limit(limit)
    )
    rows = [dict(row) for row in session.execute(query).mappings()]
    return [_closed(row) for row in rows] if name == "incidents" else rows


def _closed(row: dict[str, Any]) -> dict[str, Any]:
    hidden = row["sealed"] or row["reporter_hidden"]
    told = closed(row) | ({"geometry": None} if hidden else {})
    return {name: value for name, value in told.items() if name not in {"sealed", "reporter_hidden"}}


def bounds(session: Session, name: str) -> BBox | None:
    """West, south, east, north of a collection's ground; of the grids for all but roads."""
    table, _, geom, _ = _COLUMNS["roads" if name == "roads" else "grids"]
    box = func.ST_Extent(geom)
    found = session.execute(
        select(func.ST_XMin(box), func.ST_YMin(box), func.ST_XMax(box), func.ST_YMax(box)).select_from(table)
    ).one()
    return None if found[0] is None else (float(found[0]), float(found[1]), float(found[2]), float(found[3]))


def span(session: Session) -> tuple[dt.datetime, dt.datetime] | None:
    """First and last occurrence of incidents."""
    ends: Any = session.execute(select(func.min(Incident.occurred_at), func.max(Incident.occurred_at))).one()
    return None if ends[0] is None else (ends[0], ends[1])
