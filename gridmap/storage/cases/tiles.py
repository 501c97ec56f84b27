"""Incidents as vector tiles (Mapbox Vector Tile 2.1, ST_AsMVT)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import literal, literal_column, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import func

from gridmap.storage.cases.incidents import IncidentFilter, shown_on_maps
from gridmap.storage.models import Incident
from gridmap.tilekey import tile_range

POINTS_FROM_ZOOM = 15
"""From this zoom on incidents are single points; below, one symbol stands for all in a 64-pixel cell."""

_CELLS_PER_TILE_BITS = 3
_DEEPEST_ZOOM = 22
_EXTENT = 4096


def incident_tile(session: Session, z: int, x: int, y: int, chosen: IncidentFilter) -> bytes:
    """One tile of incidents: symbols with counts below zoom 15, single incidents from there on.

    Parameters
    ----------
    session : Session
        A scoped session.
    z, x, y : int
        XYZ address.
    chosen : IncidentFilter

    Returns
    -------
    bytes
        Layer ``incidents`` with ``n`` (count), and for single incidents ``id``, ``domain``, ``stage``; empty where
        nothing lies in it.

    Raises
    ------
    InvalidInput
        When there is no such tile.
    """
    # A range of Morton codes: PostGIS's && is not leakproof and cannot use its index under a policy (ADR 2).
    inside = [
        Incident.tile_key.between(*tile_range(z, x, y)),
        # A map is looked at by everybody in the room.
        shown_on_maps(),
        *chosen.conditions(),
    ]
    if z >= POINTS_FROM_ZOOM:
        found: Any = select(
            Incident.incident_id.label("id"),
            Incident.domain,
            Incident.stage,
            literal(1).label("n"),
            Incident.geom.label("at"),
        ).where(*inside)
    else:
        shift = 2 * max(0, _DEEPEST_ZOOM - z - _CELLS_PER_TILE_BITS)
        found = (
            select(
                func.count().label("n"),
                func.min(Incident.incident_id).label("id"),
                func.mode().within_group(Incident.domain).label("domain"),
                func.ST_SetSRID(
                    func.ST_MakePoint(func.avg(func.ST_X(Incident.geom)), func.avg(func.ST_Y(Incident.geom))),
                    4326,
                ).label("at"),
            )
            .where(*inside)
            .group_by(Incident.tile_key.op(">>")(literal_column(str(shift))))
        )
    cells = found.subquery("cells")
    box = func.ST_TileEnvelope(z, x, y)
    drawn = func.ST_AsMVTGeom(func.ST_Transform(cells.c["at"], 3857), box, _EXTENT, 0, True)
    names = [column for column in cells.c if column.name != "at"]
    # Whether a shape is none is asked of what was made: not materialized, each would be made twice.
    shapes = select(*names, drawn.label("geom")).cte("shapes").prefix_with("materialized")
    whole = func.ST_AsMVT(literal_column("shapes"), "incidents", _EXTENT, "geom")
    tile = session.scalar(select(whole).select_from(shapes).where(shapes.c.geom.is_not(None)))
    return bytes(tile or b"")
