"""What is held back of a case: all of a sealed one until it is opened, and what could tell who reported it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gridmap.domain.accounts import Actor, Role
from gridmap.domain.cases.asked import NewCase
from gridmap.domain.cases.model import Case, CaseRow
from gridmap.domain.gridkey import UNASSIGNED, VILLAGE, Scope, ancestor, level_of

_NO_PLACE: dict[str, Any] = {"place": None, "lon": None, "lat": None, "accuracy_m": None}


def closed(case: Case) -> Case:
    """Return a case as it stands before it is opened: who has it and until when, nothing of what it is about."""
    told = NewCase(domain=case.row.domain, occurred_at=case.row.occurred_at, summary="", kind=case.row.kind)
    row = replace(case.row, summary=None, grid_key=_village(case.row.grid_key), **_NO_PLACE)
    # How it ended and on which grounds it is at risk tell what it is about.
    state = replace(
        case.state,
        co_bodies=(),
        outcome=None,
        method=None,
        agreement=None,
        fulfilled=None,
        risk_grounds=(),
        sealed_by_risk=False,
    )
    return replace(
        case,
        row=row,
        told=told,
        state=state,
        barred=(),
        steps=(),
        tasks=(),
        bodies=(),
        similar=(),
        duplicates_linked=(),
        body_kind=None,
        co_body_kinds=(),
        closed=True,
    )


def told_to(who: Actor | Scope, case: Case) -> Case:
    """Return a case without what could tell who reported it, where the reporter is protected.

    The desks of its place see it whole; mediators and posts of other places do not.
    """
    if not is_held_back(who, case.row):
        return case
    village = _village(case.row.grid_key)
    told = replace(case.told, channel=None, found_by=None, crs=None, grid_key=village, **_NO_PLACE)
    return replace(
        case, row=replace(case.row, grid_key=village, **_NO_PLACE), told=told, bodies=(), recorded_by=None
    )


def is_held_back(who: Actor | Scope, row: CaseRow) -> bool:
    """Tell whether somebody is not to learn where a case is below its village, because its reporter is protected."""
    is_desk = isinstance(who, Actor) and who.role is not Role.MEDIATOR and row.grid_key in who.scope
    return row.reporter_hidden and not is_desk


def _village(key: int) -> int:
    return key if key == UNASSIGNED or level_of(key) <= VILLAGE else ancestor(key, VILLAGE)
