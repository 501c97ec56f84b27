"""What a case has of the town before anything is done in it: a desk where it lies in no grid, and limits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy.orm import Session

from gridmap.domain.cases.actions import ENDED_STAGES
from gridmap.domain.gridkey import UNASSIGNED, Scope
from gridmap.services.cases.case_limits import dues_from
from gridmap.services.cases.limits import table_of
from gridmap.storage.cases import desk, openings, rederive
from gridmap.storage.database import Database
from gridmap.storage.workspace import settings as workspace

_LIMITS = ("act", "close")
_AT_ONCE = 2000


def with_openings(session: Session, rows: pa.Table, zone: str) -> pa.Table:
    """Give rows of incidents what they have of the town where their source tells nothing.

    Parameters
    ----------
    session : Session
        Sees the whole workspace.
    rows : pyarrow.Table
        As they are staged, with their grids.
    zone : str
        IANA name.

    Returns
    -------
    pyarrow.Table
        With ``opened_key``, ``opened_act_due_at`` and ``opened_due_at``.
    """
    town = desk.only_town(session)
    keys = rows["grid_key"]
    opened = pa.array([town], pa.int64()) if town else pa.nulls(1, pa.int64())
    nowhere = pc.equal(keys, pa.scalar(UNASSIGNED, keys.type))
    rows = rows.append_column("opened_key", pc.if_else(nowhere, opened[0], pa.scalar(None, pa.int64())))
    names = ("domain", "kind", "scale", "grid_key", "stage", "due_at", "reported_at", "occurred_at")
    begin = _beginning(session, zone)
    begun = [begin(*told) for told in zip(*(rows[name].to_pylist() for name in names), strict=True)]
    for n, name in enumerate(("opened_act_due_at", "opened_due_at")):
        rows = rows.append_column(name, pa.array([line[n] for line in begun], pa.timestamp("us", "UTC")))
    return rows


def _beginning(session: Session, zone: str) -> Callable[..., tuple[Any, Any]]:
    """Return what tells by when a case is to be acted upon and closed, as it was received: nothing where it is over."""
    limits = dues_from(table_of(session), zone)

    def begin(
        domain: str | None,
        kind: str | None,
        scale: str | None,
        grid_key: int,
        stage: str | None,
        due_at: dt.datetime | None,
        reported_at: dt.datetime | None,
        occurred_at: dt.datetime | None,
    ) -> tuple[Any, Any]:
        since = reported_at or occurred_at
        # A row of a few fields, for a case that is known, may say neither.
        if domain is None or since is None or due_at is not None or stage in ENDED_STAGES:
            return None, None
        act, close = limits((domain, kind, scale), grid_key, since, _LIMITS)
        return act, close

    return begin


def open_those_without(database: Database) -> int:
    """Give open cases that came in without them what they have of the town, and derive again what it changes.

    Cases that an earlier program brought in have none. Asked again, it finds nothing.

    Parameters
    ----------
    database : Database

    Returns
    -------
    int
        How many cases are otherwise than before.
    """
    changed = 0
    with database.scoped_session(Scope.whole().for_upkeep()) as session:
        ids = openings.without(session, town=desk.only_town(session) is not None)
        again = openings.of_a_new_round(session)
    for start in range(0, len(ids), _AT_ONCE):
        with database.scoped_session(Scope.whole().for_upkeep(), write=True) as session:
            changed += _opened(session, ids[start : start + _AT_ONCE], database.settings.timezone)
    with database.scoped_session(Scope.whole().for_upkeep(), write=True) as session:
        return changed + _derived_again(session, again)


def open_those_of(session: Session, run_id: int, zone: str) -> None:
    """Give cases that an import changed what they have of the town since: out of every grid, or open again.

    Parameters
    ----------
    session : Session
        Sees the whole workspace, and may write.
    run_id : int
        Number of the import, whose cases are derived.
    zone : str
        IANA name.
    """
    ids = openings.without(session, town=desk.only_town(session) is not None, run_id=run_id)
    for start in range(0, len(ids), _AT_ONCE):
        _opened(session, ids[start : start + _AT_ONCE], zone)


def _opened(session: Session, ids: list[int], zone: str) -> int:
    begin, town = _beginning(session, zone), desk.only_town(session)
    told = [
        (row.incident_id, town if row.grid_key == UNASSIGNED else None, *begin(*row[1:]))
        for row in openings.to_open(session, ids)
    ]
    openings.keep(session, told)
    return _derived_again(session, ids)


def _derived_again(session: Session, ids: list[int]) -> int:
    changed = rederive.rederive(session, ids)
    if changed:
        workspace.touch(session)
    return changed
