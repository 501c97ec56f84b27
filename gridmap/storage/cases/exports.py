"""Incidents as exports want them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, case, func, literal, select
from sqlalchemy.orm import Session

from gridmap.domain.code_systems import PRACTICE
from gridmap.storage.cases.counted import counted_by
from gridmap.storage.cases.incidents import IncidentFilter
from gridmap.storage.models import Grid, Incident

# What a file holds of a case; the desk's own book-keeping stays in the house.
_TOLD = (
    "incident_id",
    "uid",
    "number",
    "domain",
    "kind",
    "source_kind",
    "scale",
    "channel",
    "occurred_at",
    "reported_at",
    "due_at",
    "stage",
    "closed_at",
    "outcome",
    "severity",
    "summary",
    "place",
    "found_by",
    "people_count",
    "sum_band",
    "told_method",
    "told_body",
    "told_result",
    "evaluated_on",
    "evaluation",
    "grid_key",
    "handler_key",
    "accuracy_m",
    "placed_by",
    "source_crs",
    "raw_x",
    "raw_y",
    "needs_confirmation",
)


def kept_in_files(chosen: IncidentFilter) -> list[ColumnElement[bool]]:
    """Return the conditions of what leaves as a file: no sealed case does, whoever asks."""
    return [*chosen.conditions(), Incident.sealed.is_(False)]


def sealed_rows(session: Session, chosen: IncidentFilter) -> int:
    """How many sealed cases a file leaves out."""
    of = counted_by(chosen)
    return int(session.scalar(select(func.count()).where(of.sealed, *chosen.conditions(of))) or 0)


def incident_rows(
    session: Session, chosen: IncidentFilter, *, with_ends: bool = False
) -> list[dict[str, Any]]:
    """Incidents in order of time, with the code of their grid, so that the file can be imported again.

    With `with_ends` also ``method`` and ``body_code``, as the desk's steps tell them.
    """
    columns: list[Any] = [getattr(Incident, name) for name in _TOLD]
    # What `kind` holds is of this list, whatever list its source spoke in.
    is_listed = (Incident.domain == "dispute") & Incident.kind.is_not(None)
    spoken = case((is_listed, literal(PRACTICE)))
    columns.insert(_TOLD.index("source_kind"), spoken.label("code_system"))
    query: Any = (
        select(
            *columns,
            Grid.code.label("grid_code"),
            func.ST_X(Incident.geom).label("lon"),
            func.ST_Y(Incident.geom).label("lat"),
            *((Incident.method, Incident.body_code) if with_ends else ()),
        )
        .outerjoin(Grid, (Grid.grid_key == Incident.grid_key) & Grid.valid_to.is_(None))
        .where(*kept_in_files(chosen))
        .order_by(Incident.occurred_at, Incident.incident_id)
    )
    return [dict(row) for row in session.execute(query).mappings()]
