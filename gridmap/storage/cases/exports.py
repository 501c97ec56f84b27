"""Incidents as exports want them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gridmap.storage.cases.incidents import IncidentFilter
from gridmap.storage.models import Grid, Incident

_HIDDEN = frozenset({"geom", "tile_key", "import_run_id"})


def incident_rows(session: Session, chosen: IncidentFilter) -> list[dict[str, Any]]:
    """Incidents in order of time, with the code of their grid, so that the file can be imported again."""
    columns = [c for c in Incident.__table__.columns if c.name not in _HIDDEN]
    query: Any = (
        select(
            *columns,
            Grid.code.label("grid_code"),
            func.ST_X(Incident.geom).label("lon"),
            func.ST_Y(Incident.geom).label("lat"),
        )
        .outerjoin(Grid, (Grid.grid_key == Incident.grid_key) & Grid.valid_to.is_(None))
        .where(*chosen.conditions())
        .order_by(Incident.occurred_at, Incident.incident_id)
    )
    return [dict(row) for row in session.execute(query).mappings()]
