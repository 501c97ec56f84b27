"""What is told of a case put right at the desk: which columns, what they were, and how that is taken back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from gridmap.domain.cases.model import Step
from gridmap.storage.cases import desk as stored

COLUMNS = (
    *(
        "domain",
        "kind",
        "code_system",
        "scale",
        "channel",
        "found_by",
        "occurred_at",
        "severity",
        "summary",
        "place",
    ),
    *(
        "people_count",
        "sum_band",
        "committee_is_party",
        "grid_key",
        "geom",
        "tile_key",
        "accuracy_m",
        "placed_by",
    ),
    *("source_crs", "raw_x", "raw_y", "needs_confirmation"),
)
"""What a person may put right. Its number, its recorder and when it was reported stay."""

_OF_PLACE = frozenset({"geom", "tile_key", "placed_by", "source_crs", "raw_x", "raw_y", "needs_confirmation"})


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns that change, with what they were."""
    return {name: before.get(name) for name in COLUMNS if before.get(name) != after.get(name)}


def named(names: Mapping[str, Any]) -> list[str]:
    """Return the changed fields as the timeline tells them: a place is one field, whatever columns it has."""
    return list(dict.fromkeys("lon" if name in _OF_PLACE else name for name in names))


def kept(before: Mapping[str, Any]) -> dict[str, Any]:
    """Return former values as a step's details hold them."""
    return {name: v.isoformat() if isinstance(v, dt.datetime) else v for name, v in before.items()}


def put_back(session: Session, incident_id: int, step: Step) -> None:
    """Write what a step had put right as it was before; nothing where it put nothing right."""
    before = step.details.get("before")
    if before:
        values = dict(before)
        if isinstance(values.get("occurred_at"), str):
            values["occurred_at"] = dt.datetime.fromisoformat(values["occurred_at"])
        stored.set_case_fields(session, incident_id, **values)
