"""Incidents as people look at them: a list, one story, a row of days."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from gridmap.domain.cases.records import CLOSED_STAGES
from gridmap.domain.geojson import Collection, Feature
from gridmap.domain.gridkey import LEVELS, UNASSIGNED, Scope, ancestor, level_of
from gridmap.domain.protection import Counts
from gridmap.domain.query import IncidentQuery
from gridmap.errors import InvalidInput, NotFound
from gridmap.services.cases import protected
from gridmap.services.cases.query import chosen_by
from gridmap.storage.cases import counts as counted
from gridmap.storage.cases import incidents
from gridmap.storage.database import Database
from gridmap.storage.ground import grids as stored


class IncidentPage(Collection, protected.OfClass):
    """A page of incidents; the total counts sealed cases, of which the list has none of ``sealed``."""

    next: str | None
    total: int
    sealed: int


class GridAbove(TypedDict):
    """A grid in which an incident lies."""

    grid_key: str
    level: int
    name_zh: str
    name_en: str


def incident_features(
    database: Database,
    scope: Scope,
    query: IncidentQuery,
    *,
    limit: int = 50,
    cursor: str | None = None,
    now: dt.datetime | None = None,
) -> IncidentPage:
    """Incidents, newest first, as a GeoJSON FeatureCollection with ``next``, ``total``, ``query`` and ``as_of``.

    The total counts sealed cases; ``sealed`` tells how many of them the list does not have.

    Parameters
    ----------
    database : Database
    scope : Scope
    query : IncidentQuery
    limit : int
    cursor : str, optional
        What an earlier answer gave as ``next``.
    now : datetime, optional
        Instant by which cases are overdue.

    Raises
    ------
    InvalidInput
        When the cursor is not one of ours.
    """
    chosen = chosen_by(database, query, now)
    with database.scoped_session(scope) as session:
        rows = incidents.list_incidents(session, chosen, limit=limit + 1, before=_read_cursor(cursor))
        total, sealed = counted.total_and_sealed(session, chosen)
    more = len(rows) > limit
    rows = rows[:limit]
    return {
        "type": "FeatureCollection",
        "features": [incident_feature(row, chosen.now) for row in rows],
        "next": _cursor(rows[-1]) if more else None,
        "total": total,
        "sealed": sealed,
        **protected.of_class(chosen),
    }


def incident_feature(
    row: Mapping[str, Any], now: dt.datetime, above: Sequence[GridAbove] | None = None
) -> Feature:
    """One incident as a GeoJSON Feature; the geometry is null where no coordinate is known."""
    closed = row["stage"] in CLOSED_STAGES
    properties = {name: _plain(name, value) for name, value in row.items() if name not in {"lon", "lat"}}
    properties["overdue"] = bool(not closed and row["due_at"] is not None and row["due_at"] < now)
    if above is not None:
        properties["ancestors"] = above
    return {
        "type": "Feature",
        "id": row["incident_id"],
        "geometry": None
        if row["lon"] is None
        else {"type": "Point", "coordinates": [row["lon"], row["lat"]]},
        "properties": properties,
    }


def _plain(name: str, value: Any) -> Any:
    # Most of fifty fields are text or nothing, and a list has a thousand rows.
    if value is None or type(value) is str:
        return value
    if isinstance(value, dt.datetime):
        return value.isoformat()
    if name.endswith("_key"):
        return str(value)
    if name == "steps":
        return [{k: _plain(k, v) for k, v in step.items()} for step in value]
    return value


def incident_story(
    database: Database, scope: Scope, incident_id: int, now: dt.datetime | None = None
) -> Feature:
    """One incident with its steps and the grids it lies in.

    Raises
    ------
    NotFound
        When there is no such incident in the scope.
    """
    with database.scoped_session(scope) as session:
        row = incidents.find_incident(session, incident_id)
        if row is None:
            raise NotFound(
                "incident-not-found",
                f"没有事件 {incident_id}，或超出管辖范围。",
                f"There is no incident {incident_id} in your scope.",
            )
        key = int(row["grid_key"])
        above: list[GridAbove] = [
            {"grid_key": str(g.grid_key), "level": g.level, "name_zh": g.name_zh, "name_en": g.name_en}
            for level in LEVELS
            if key != UNASSIGNED
            and level <= level_of(key)
            and (g := stored.find_grid(session, ancestor(key, level))) is not None
        ]
    return incident_feature(row, now or dt.datetime.now(dt.UTC), above)


def timeline(
    database: Database,
    scope: Scope,
    query: IncidentQuery,
    *,
    step: str = "day",
    now: dt.datetime | None = None,
    counts: Counts = Counts.TRUE,
) -> protected.Course:
    """Incidents a local day or week, without gaps between the first and the last.

    Returns
    -------
    dict
        ``class``, ``step``, ``points`` (pairs of the first day and the count), ``query`` and ``as_of``. Perturbed
        numbers are by week whatever is asked, and None where they are not told.
    """
    chosen = chosen_by(database, query, now)
    with database.scoped_session(scope) as session:
        if counts is Counts.PERTURBED:
            return protected.timeline(session, chosen)
        found = dict(counted.series(session, chosen, step))
    points: list[tuple[str, int | None]] = []
    if found:
        width = dt.timedelta(days=7 if step == "week" else 1)
        day, last = min(found), max(found)
        while day <= last:
            points.append((day.isoformat(), found.get(day, 0)))
            day += width
    return {"step": step, "points": points, **protected.of_class(chosen)}


def _cursor(row: Mapping[str, Any]) -> str:
    text = json.dumps([row["occurred_at"].isoformat(), row["incident_id"]])
    return base64.urlsafe_b64encode(text.encode()).decode()


def _read_cursor(cursor: str | None) -> tuple[dt.datetime, int] | None:
    if cursor is None:
        return None
    try:
        at, number = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        return dt.datetime.fromisoformat(at), int(number)
    except (ValueError, TypeError, OverflowError, binascii.Error):
        raise InvalidInput(
            "cursor-unknown",
            "分页标记无效，请从第一页重新开始。",
            "The page mark is not valid; begin at the first page.",
        ) from None
