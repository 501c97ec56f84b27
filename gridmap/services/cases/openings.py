"""What a case has of the town before anything is done in it: a desk where it lies in no grid, and limits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from sqlalchemy.orm import Session

from gridmap.domain.cases.actions import ENDED_STAGES
from gridmap.domain.gridkey import UNASSIGNED, Scope
from gridmap.services.cases.case_limits import dues_from
from gridmap.services.cases.limits import table_of
from gridmap.storage.cases import openings, rederive
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
    opened: list[int | None] = [None] * rows.num_rows
    nowhere = np.flatnonzero(rows["grid_key"].to_numpy() == UNASSIGNED).tolist()
    axes = [rows[name].take(pa.array(nowhere, pa.int64())).to_pylist() for name in ("lon", "lat")]
    for n, town in zip(nowhere, openings.towns_for(session, list(zip(*axes, strict=True))), strict=True):
        opened[n] = town
    rows = rows.append_column("opened_key", pa.array(opened, pa.int64()))
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
        ids = openings.without(session)
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
    _opened_anew(session, openings.without(session, run_id=run_id), zone)


def renew_those_of(session: Session, run_id: int, zone: str) -> None:
    """Give cases that an import tells to be of another kind or day the limits of that, and derive what it changes.

    Limits that a step began stay, and so do those of a case that is told as before, whatever the town's are by now.

    Parameters
    ----------
    session : Session
        Sees the whole workspace, and may write.
    run_id : int
        Number of the import, which has not ended yet.
    zone : str
        IANA name.
    """
    _opened_anew(session, openings.told_otherwise(session, run_id), zone)


def put_back(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Give cases what they had of the town before an import that is taken back.

    Parameters
    ----------
    session : Session
    rows : sequence of mapping
        Incidents as they were, times as ISO text.
    """
    openings.keep(
        session,
        [
            (
                row["incident_id"],
                row["opened_key"],
                *map(_read, (row["opened_act_due_at"], row["opened_due_at"])),
            )
            for row in rows
            # What an earlier program kept of an import knows none of it.
            if "opened_key" in row
        ],
    )


def _read(told: str | None) -> dt.datetime | None:
    return None if told is None else dt.datetime.fromisoformat(told)


def _opened_anew(session: Session, ids: list[int], zone: str) -> None:
    for start in range(0, len(ids), _AT_ONCE):
        _opened(session, ids[start : start + _AT_ONCE], zone)


def _opened(session: Session, ids: list[int], zone: str) -> int:
    begin = _beginning(session, zone)
    found = openings.to_open(session, ids)
    nobodys = [row for row in found if row.grid_key == UNASSIGNED and row.opened_key is None]
    towns = openings.towns_for(session, [(row.lon, row.lat) for row in nobodys])
    had = dict(zip((row.incident_id for row in nobodys), towns, strict=True))
    told = []
    for row in found:
        kept = row.opened_key if row.grid_key == UNASSIGNED else None
        told.append((row.incident_id, had.get(row.incident_id, kept), *begin(*row[1:9])))
    openings.keep(session, told)
    return _derived_again(session, ids)


def _derived_again(session: Session, ids: list[int]) -> int:
    changed = rederive.rederive(session, ids)
    if changed:
        workspace.touch(session)
    return changed
