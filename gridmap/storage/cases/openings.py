"""What cases without steps have of the town, in the database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from geoalchemy2 import Geography
from sqlalchemy import (
    ColumnElement,
    Row,
    and_,
    bindparam,
    cast,
    column,
    false,
    func,
    or_,
    select,
    table,
    text,
    true,
    update,
)
from sqlalchemy.orm import Session

from gridmap.domain.gridkey import TOWN, UNASSIGNED
from gridmap.domain.terms import NEAREST_LAND_M
from gridmap.storage.cases.desk import only_town
from gridmap.storage.cases.incidents import is_open
from gridmap.storage.models import Grid, Incident

Opened = tuple[int, int | None, dt.datetime | None, dt.datetime | None]
"""Incident, grid whose desk has it first, and by when it is to be acted upon and closed."""


# The five nearest in degrees, and of those the nearest on the ground; from far away a point tells of no town.
_NEAREST = text(
    """
    select told.n, near.grid_key
    from unnest(cast(:n as int[]), cast(:lon as float8[]), cast(:lat as float8[])) as told(n, lon, lat)
    cross join lateral (
        select few.grid_key
        from (
            select grid_key, geom from grids where level = :level and valid_to is null
            order by geom <-> ST_SetSRID(ST_MakePoint(told.lon, told.lat), 4326) limit 5
        ) few
        cross join lateral (
            select ST_Distance(
                few.geom::geography, ST_SetSRID(ST_MakePoint(told.lon, told.lat), 4326)::geography
            ) as metres
        ) off
        where off.metres <= :within
        order by off.metres, few.grid_key
        limit 1
    ) near
    """
)
_OF_CASE, _TIMES = ("domain", "kind", "scale"), ("reported_at", "occurred_at")
_BEFORE = table("before_incidents", column("incident_id"), *(column(name) for name in _OF_CASE + _TIMES))
"""The rows that an import changes as they stood before it, until its transaction ends."""


def _looked_at(of: Any) -> list[ColumnElement[Any]]:
    """Return what the limits of a case hang on before its first step, besides where it lies."""
    return [getattr(of, name) for name in _OF_CASE] + [func.coalesce(*(getattr(of, name) for name in _TIMES))]


def towns_for(session: Session, points: Sequence[tuple[float | None, float | None]]) -> list[int | None]:
    """Return whose desk has what lies in no grid: the only town's, or that of the town whose land is nearest.

    Parameters
    ----------
    session : Session
        Sees the whole workspace.
    points : sequence of (float or None, float or None)
        Longitude and latitude, EPSG:4326.

    Returns
    -------
    list of int or None
        None where there is no town, or several and no point, or none whose land is within `NEAREST_LAND_M`.
    """
    only = only_town(session)
    if only is not None:
        return [only] * len(points)
    told = [(n, lon, lat) for n, (lon, lat) in enumerate(points) if lon is not None and lat is not None]
    found: list[int | None] = [None] * len(points)
    if told:
        numbers, lons, lats = (list(axis) for axis in zip(*told, strict=True))
        of = {"n": numbers, "lon": lons, "lat": lats, "level": TOWN, "within": NEAREST_LAND_M}
        for n, town in session.execute(_NEAREST, of):
            found[n] = town
    return found


def _near_a_town() -> ColumnElement[bool]:
    """Return whether the point of a case is so near to a town's land that its desk has the case."""
    metres = func.ST_Distance(cast(Grid.geom, Geography), cast(Incident.geom, Geography))
    towns = select(Grid.grid_key).where(Grid.level == TOWN, Grid.valid_to.is_(None))
    return towns.where(metres <= NEAREST_LAND_M).correlate(Incident).exists()


def without(session: Session, *, run_id: int | None = None) -> list[int]:
    """Return the open cases that have no end, or lie in no grid and are nobody's though a town could have them.

    Parameters
    ----------
    session : Session
    run_id : int, optional
        Only those that an import brought or changed.
    """
    towns = session.scalar(select(func.count()).where(Grid.level == TOWN, Grid.valid_to.is_(None))) or 0
    # Where towns are several, only a point near to one tells whose it is.
    could: ColumnElement[bool] = {0: false(), 1: true()}.get(towns, _near_a_town())
    nobodys = and_(
        Incident.grid_key == UNASSIGNED,
        Incident.handler_key == UNASSIGNED,
        Incident.opened_key.is_(None),
        could,
    )
    endless = and_(Incident.due_at.is_(None), Incident.opened_due_at.is_(None))
    query = select(Incident.incident_id).where(
        is_open(Incident),
        Incident.withdrawn_at.is_(None),
        Incident.told_due_at.is_(None) | (Incident.grid_key == UNASSIGNED),
        or_(endless, nobodys),
    )
    return list(session.scalars(query if run_id is None else query.where(Incident.import_run_id == run_id)))


def told_otherwise(session: Session, run_id: int) -> list[int]:
    """Return the open cases with limits of the town that an import, not ended yet, tells to be of another kind or day.

    Parameters
    ----------
    session : Session
    run_id : int
        Number of the import, which has kept the rows as they were.
    """
    pairs = list(zip(_looked_at(Incident), _looked_at(_BEFORE.c), strict=True))
    query = (
        select(Incident.incident_id)
        .join(_BEFORE, _BEFORE.c.incident_id == Incident.incident_id)
        .where(
            Incident.import_run_id == run_id,
            is_open(Incident),
            Incident.withdrawn_at.is_(None),
            Incident.opened_due_at.is_not(None),
            or_(*(now.is_distinct_from(before) for now, before in pairs)),
        )
    )
    return list(session.scalars(query))


def of_a_new_round(session: Session) -> list[int]:
    """Return the reopened cases that may still have a mark of the round before."""
    query = select(Incident.incident_id).where(
        Incident.reopened > 0,
        Incident.withdrawn_at.is_(None),
        or_(Incident.deferred, and_(Incident.stage == "accepted", Incident.acted_at.is_not(None))),
    )
    return list(session.scalars(query))


def to_open(session: Session, ids: Sequence[int]) -> Sequence[Row[Any]]:
    """Read a case's key, what limits hang on (kind and scale, grid, stage, told end, times), its desk and its point."""
    names = ("incident_id", "domain", "kind", "scale", "grid_key", "told_stage", "told_due_at")
    columns = [getattr(Incident, name) for name in (*names, "reported_at", "occurred_at", "opened_key")]
    columns += [func.ST_X(Incident.geom).label("lon"), func.ST_Y(Incident.geom).label("lat")]
    return session.execute(select(*columns).where(Incident.incident_id.in_(ids))).all()


def keep(session: Session, opened: Sequence[Opened]) -> None:
    """Keep what cases have of the town."""
    if not opened:
        return
    names = ("of", "key", "act", "close")
    incidents = Incident.__table__
    query = (
        update(incidents)  # type: ignore[arg-type]
        .where(incidents.c.incident_id == bindparam("of"))
        .values(
            opened_key=bindparam("key"), opened_act_due_at=bindparam("act"), opened_due_at=bindparam("close")
        )
    )
    session.connection().execute(query, [dict(zip(names, line, strict=True)) for line in opened])
