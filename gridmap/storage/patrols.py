"""Patrols in the database: plans and their routes."""

from __future__ import annotations

from typing import Any

import shapely
from geoalchemy2.shape import from_shape
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from gridmap.storage.models import Patrol, PatrolRoute


def add_patrol(session: Session, patrol: dict[str, Any], routes: list[dict[str, Any]]) -> int:
    """Keep a plan with its routes; return its number.

    Parameters
    ----------
    session : Session
        Writable; its scope holds the plan's.
    patrol : dict
        Columns of :class:`Patrol`.
    routes : list of dict
        team_code, properties, geometry (shapely LineString in EPSG:4326, or None).
    """
    row = Patrol(**patrol)
    session.add(row)
    session.flush()
    if routes:
        session.execute(
            insert(PatrolRoute),
            [
                {
                    "patrol_id": row.patrol_id,
                    "team_code": route["team_code"],
                    "properties": route["properties"],
                    "geom": None if route["geometry"] is None else from_shape(route["geometry"], srid=4326),
                }
                for route in routes
            ],
        )
    return row.patrol_id


def list_patrols(session: Session, limit: int = 50) -> list[dict[str, Any]]:
    """Return plans, newest first, as dictionaries."""
    query = select(*Patrol.__table__.columns).order_by(Patrol.patrol_id.desc()).limit(limit)
    return [dict(row) for row in session.execute(query).mappings()]


def find_patrol(session: Session, patrol_id: int) -> dict[str, Any] | None:
    """Return one plan as a dictionary, or None."""
    query = select(*Patrol.__table__.columns).where(Patrol.patrol_id == patrol_id)
    row = session.execute(query).mappings().one_or_none()
    return None if row is None else dict(row)


def patrol_routes(session: Session, patrol_id: int) -> list[dict[str, Any]]:
    """Return a plan's routes in order of team; geometry as a shapely line (EPSG:4326) or None."""
    query = (
        select(
            PatrolRoute.team_code,
            PatrolRoute.properties,
            func.ST_AsBinary(PatrolRoute.geom).label("wkb"),
        )
        .where(PatrolRoute.patrol_id == patrol_id)
        .order_by(PatrolRoute.team_code)
    )
    rows = [dict(row) for row in session.execute(query).mappings()]
    for row in rows:
        wkb = row.pop("wkb")
        row["geometry"] = None if wkb is None else shapely.from_wkb(bytes(wkb))
    return rows


def delete_patrol(session: Session, patrol_id: int) -> bool:
    """Delete a plan with its routes; tell whether there was one."""
    done = session.execute(delete(Patrol).where(Patrol.patrol_id == patrol_id))
    return bool(done.rowcount)  # type: ignore[attr-defined]
