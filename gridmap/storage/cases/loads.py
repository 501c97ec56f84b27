"""How incidents and their steps get into their tables."""

from __future__ import annotations

import pyarrow as pa
from sqlalchemy import select
from sqlalchemy.orm import Session

from gridmap.storage.imports.loads import PLACE, POINT, Load, same
from gridmap.storage.models import Incident

_TEXT_OF_INCIDENT = ("uid", "domain", "kind", "scale", "channel", "stage", "summary")


_TIMES_OF_INCIDENT = ("occurred_at", "reported_at", "due_at", "closed_at")


INCIDENTS = Load(
    table="incidents",
    staging=(
        *((n, "text") for n in _TEXT_OF_INCIDENT),
        *((n, "timestamptz") for n in _TIMES_OF_INCIDENT),
        ("severity", "smallint"),
        ("accuracy_m", "double precision"),
        ("source_crs", "text"),
        ("raw_x", "double precision"),
        ("raw_y", "double precision"),
        ("needs_confirmation", "boolean"),
        *PLACE,
    ),
    key=("uid",),
    values={
        **same(
            *_TEXT_OF_INCIDENT, *_TIMES_OF_INCIDENT, "severity", "accuracy_m", "source_crs", "raw_x", "raw_y"
        ),
        **same("needs_confirmation", "grid_key", "tile_key", "placed_by"),
        "geom": POINT,
    },
    insert_only={"handler_key": "s.grid_key"},
)


INCIDENT_STEPS = Load(
    table="incident_steps",
    staging=(
        ("uid", "text"),
        ("at", "timestamptz"),
        ("action", "text"),
        ("stage_from", "text"),
        ("stage_to", "text"),
        ("to_grid_key", "bigint"),
        ("note", "text"),
    ),
    key=("incident_id", "at", "action"),
    values={
        "incident_id": "i.incident_id",
        **same("at", "action", "stage_from", "stage_to", "to_grid_key", "note"),
    },
    insert_only={},
    source="staging_incident_steps s join incidents i on i.uid = s.uid",
    has_run=False,
)


def incident_numbers(session: Session) -> pa.Array:
    """Return the number of every incident that the scope sees."""
    return pa.array(session.scalars(select(Incident.uid)).all(), pa.string())
