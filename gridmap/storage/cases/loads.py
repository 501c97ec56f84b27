"""How incidents and their steps get into their tables."""

from __future__ import annotations

import pyarrow as pa
from sqlalchemy import ARRAY, Text, any_, cast, select
from sqlalchemy.orm import Session

from gridmap.storage.imports.loads import PLACE, POINT, Load, same
from gridmap.storage.models import Incident

_TEXT_OF_INCIDENT = (
    "uid",
    "domain",
    "kind",
    "code_system",
    "source_kind",
    "scale",
    "channel",
    "summary",
    "place",
    "found_by",
    "sum_band",
)
_ENDED = "s.stage in ('resolved', 'unsolved', 'archived')"
_LEVEL = "case when s.grid_key = 0 or s.grid_key % 100000000 = 0 then 1 when s.grid_key % 1000000 = 0 then 2 else 3 end"


_TIMES_OF_INCIDENT = ("occurred_at", "reported_at")


INCIDENTS = Load(
    table="incidents",
    staging=(
        *((n, "text") for n in _TEXT_OF_INCIDENT),
        *((n, "timestamptz") for n in (*_TIMES_OF_INCIDENT, "due_at", "closed_at")),
        ("stage", "text"),
        ("number", "text"),
        ("people_count", "bigint"),
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
            *_TEXT_OF_INCIDENT,
            *_TIMES_OF_INCIDENT,
            "people_count",
            "severity",
            "accuracy_m",
            "source_crs",
            "raw_x",
            "raw_y",
        ),
        **same("needs_confirmation", "grid_key", "tile_key", "placed_by"),
        "geom": POINT,
        "told_stage": "s.stage",
        "told_due_at": "s.due_at",
        "told_closed_at": "s.closed_at",
    },
    place=(
        *("grid_key", "tile_key", "placed_by", "geom", "accuracy_m", "source_crs", "raw_x", "raw_y"),
        "needs_confirmation",
    ),
    placed="excluded.placed_by is not null",
    closed="t.text_expired_at is not null",
    expiring=(
        *("summary", "place", "grid_key", "tile_key", "placed_by", "geom", "accuracy_m", "source_crs"),
        *("raw_x", "raw_y", "needs_confirmation"),
    ),
    derived={"told_stage": "stage", "told_due_at": "due_at", "told_closed_at": "closed_at"},
    # What `derive` says of a case without steps; a case that has some is derived again after the import.
    insert_only={
        "number": "s.number",
        "handler_key": "s.grid_key",
        "stage": "s.stage",
        "due_at": "s.due_at",
        "accepted_at": "s.reported_at",
        "closed_at": f"case when {_ENDED} then s.closed_at end",
        "outcome": f"case when {_ENDED} and s.stage <> 'unsolved' then 'untold' end",
        "solved_level": f"case when {_ENDED} and s.stage <> 'unsolved' then {_LEVEL} end",
        "revision": "1",
    },
)


_TEXT_OF_STEP = ("note", "to_body", "ground", "outcome", "method", "agreement", "fulfilled")
INCIDENT_STEPS = Load(
    table="incident_steps",
    staging=(
        ("uid", "text"),
        ("at", "timestamptz"),
        ("action", "text"),
        ("stage_from", "text"),
        ("stage_to", "text"),
        ("to_grid_key", "bigint"),
        *((n, "text") for n in _TEXT_OF_STEP),
        ("until", "timestamptz"),
        ("details", "text"),
    ),
    key=("incident_id", "at", "action"),
    values={
        "incident_id": "i.incident_id",
        **same("at", "action", "stage_from", "stage_to", "to_grid_key", "until", *_TEXT_OF_STEP),
    },
    # The limits that began with a step are those of its day: told again under another table, it keeps them.
    insert_only={"details": "cast(s.details as jsonb)"},
    closed="(select of_step.text_expired_at from incidents of_step where of_step.incident_id = t.incident_id)"
    " is not null",
    expiring=("note",),
    source="staging_incident_steps s join incidents i on i.uid = s.uid",
)


def incident_numbers(session: Session, wanted: pa.Array) -> pa.Array:
    """Return which of some numbers are those of incidents that the scope sees."""
    there = select(Incident.uid).where(Incident.uid == any_(cast(wanted.to_pylist(), ARRAY(Text))))
    return pa.array(session.scalars(there).all(), pa.string())
