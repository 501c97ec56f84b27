"""What is told of a case put right at the desk: which columns, what they were, and how that is taken back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from gridmap.domain.accounts import Actor
from gridmap.domain.cases.model import Step
from gridmap.errors import Conflict, Forbidden
from gridmap.storage.cases import desk as stored
from gridmap.storage.cases.desk import KeptCase

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


def point_of(case: KeptCase) -> str | None:
    """Return the point of a case as it is written; None where it has none."""
    row = case.row
    return None if row.lon is None or row.lat is None else f"SRID=4326;POINT({row.lon!r} {row.lat!r})"


def require_open(actor: Actor, case: KeptCase, handler_key: int) -> None:
    """Refuse whoever may not put right what was told of a case.

    Parameters
    ----------
    actor : Actor
    case : KeptCase
    handler_key : int
        Who has the case.

    Raises
    ------
    Forbidden
        When the case is another's.
    Conflict
        When it is sealed or withdrawn.
    """
    if handler_key not in actor.scope:
        raise Forbidden(
            "case-not-yours",
            "只有现承办单位可以更改登记内容。您可以备注，或请其更改。",
            "Only whoever has the case changes what was told of it. You can note, or ask for it.",
        )
    if case.row.sealed or case.state.withdrawn_at is not None:
        raise Conflict(
            "edit-closed",
            "保密或已撤销的事件不在这里更改。保密事件请用“更正”步骤。",
            "A sealed or withdrawn case is not changed here. In a sealed one make a correcting step.",
        )


def outside_scope() -> Forbidden:
    """Return the error of a new place that lies where the actor has no duty."""
    return Forbidden(
        "place-outside-scope",
        "新的地点不在您的管辖范围内。请移送给所在网格，由其核对位置。",
        "The new place lies outside your scope. Pass the case on: whoever is there puts its place right.",
    )


def put_back(session: Session, incident_id: int, step: Step) -> None:
    """Write what a step had put right as it was before; nothing where it put nothing right."""
    before = step.details.get("before")
    if before:
        values = dict(before)
        if isinstance(values.get("occurred_at"), str):
            values["occurred_at"] = dt.datetime.fromisoformat(values["occurred_at"])
        stored.set_case_fields(session, incident_id, **values)
