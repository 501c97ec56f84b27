"""How incidents and their steps get into their tables."""

from __future__ import annotations

import pyarrow as pa
from sqlalchemy import ARRAY, Text, any_, cast, select
from sqlalchemy.orm import Session

from gridmap.domain.cases.lists import choices
from gridmap.storage.imports.loads import PLACE, POINT, Load, same
from gridmap.storage.models import Incident

_OF_END = ("told_method", "told_body", "told_result", "evaluation")
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
    *_OF_END,
)
_ENDED = "s.stage in ('resolved', 'unsolved', 'archived')"
_LEVEL = "case when s.grid_key = 0 or s.grid_key % 100000000 = 0 then 1 when s.grid_key % 1000000 = 0 then 2 else 3 end"


_UPPER = (
    "excluded.grid_key + case when excluded.grid_key % 100000000 = 0 then 99999999"
    " when excluded.grid_key % 1000000 = 0 then 999999 when excluded.grid_key % 1000 = 0 then 999 else 0 end"
)
# A name of the grid that a record lies in says less than the point, or the smaller grid, that is known.
_LESS_PRECISE = (
    "excluded.geom is null and excluded.grid_key > 0"
    f" and t.grid_key between excluded.grid_key and {_UPPER}"
    " and (t.geom is not null or t.grid_key <> excluded.grid_key)"
)
# Told in the words of another list than at first: the same kind, and nothing new.
_SAME_KIND = "t.kind is not null and t.source_kind is null and excluded.kind is not distinct from t.kind"
# What a file says back of the desk's own steps is no word of a source.
_METHOD_OF_DESK = (
    "case t.method " + " ".join(f"when '{one.code}' then '{one.zh}'" for one in choices("method")) + " end"
)
_BODY_OF_DESK = "(select body.name_zh from organisations body where body.code = t.body_code)"
_TIMES_OF_INCIDENT = ("occurred_at", "reported_at")


INCIDENTS = Load(
    table="incidents",
    staging=(
        *((n, "text") for n in _TEXT_OF_INCIDENT),
        *((n, "timestamptz") for n in (*_TIMES_OF_INCIDENT, "due_at", "closed_at")),
        ("stage", "text"),
        ("number", "text"),
        ("people_count", "bigint"),
        ("evaluated_on", "date"),
        ("severity", "smallint"),
        ("accuracy_m", "double precision"),
        ("source_crs", "text"),
        ("raw_x", "double precision"),
        ("raw_y", "double precision"),
        ("needs_confirmation", "boolean"),
        ("opened_key", "bigint"),
        ("opened_act_due_at", "timestamptz"),
        ("opened_due_at", "timestamptz"),
        *PLACE,
    ),
    key=("uid",),
    values={
        **same(
            *_TEXT_OF_INCIDENT,
            *_TIMES_OF_INCIDENT,
            "people_count",
            "evaluated_on",
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
    placed=f"excluded.placed_by is not null and not ({_LESS_PRECISE})",
    kept_where={
        "code_system": _SAME_KIND,
        "source_kind": _SAME_KIND,
        "told_method": f"t.told_method is null and excluded.told_method = {_METHOD_OF_DESK}",
        "told_body": f"t.told_body is null and excluded.told_body = {_BODY_OF_DESK}",
    },
    closed="t.text_expired_at is not null",
    expiring=(
        *("summary", "place", "grid_key", "tile_key", "placed_by", "geom", "accuracy_m", "source_crs"),
        *("raw_x", "raw_y", "needs_confirmation", *_OF_END),
    ),
    derived={"told_stage": "stage", "told_due_at": "due_at", "told_closed_at": "closed_at"},
    # What `derive` says of a case without steps; a case that has some is derived again after the import.
    insert_only={
        "number": "s.number",
        "opened_key": "s.opened_key",
        "opened_act_due_at": "s.opened_act_due_at",
        "opened_due_at": "s.opened_due_at",
        "handler_key": "coalesce(nullif(s.grid_key, 0), s.opened_key, 0)",
        "stage": "s.stage",
        "act_due_at": "case when s.due_at is null then s.opened_act_due_at end",
        "due_at": "coalesce(s.due_at, s.opened_due_at)",
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
