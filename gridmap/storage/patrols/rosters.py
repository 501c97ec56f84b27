"""Rosters of weeks in the database."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict

from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.orm import Session

from gridmap.domain.gridkey import Scope
from gridmap.domain.rosters import Edit, KeptRoster
from gridmap.storage.models import Roster


def add_roster(session: Session, scope: Scope, made: KeptRoster) -> int:
    """Keep a roster; return its number."""
    row = insert(Roster).values(
        scope_lo=scope.lo,
        scope_hi=scope.hi,
        first_day=made.first_day,
        duties=_duties(made),
        edits=[],
        # A roster is found without chance.
        seed=0,
        parameters=dict(made.parameters),
        data_sha256=made.data_sha256,
        version=made.version,
        summary=dict(made.summary),
        owner=made.owner,
    )
    return int(session.execute(row.returning(Roster.roster_id)).scalar_one())


def newest_of_week(session: Session, first_day: dt.date) -> KeptRoster | None:
    """Return the roster that holds in a week, or None: of those with the widest scope the newest."""
    query = (
        select(*Roster.__table__.columns)
        .where(Roster.first_day == first_day)
        # A village that rosters its own teams does not take the town's roster out of force.
        .order_by(
            (Roster.scope_hi - Roster.scope_lo).desc(), Roster.created_at.desc(), Roster.roster_id.desc()
        )
        .limit(1)
    )
    row = session.execute(query).mappings().first()
    return None if row is None else _kept(row)


def find_roster(session: Session, roster_id: int, *, lock: bool = False) -> KeptRoster | None:
    """Return a roster, or None; with `lock` nobody else changes it until the transaction ends."""
    query = select(*Roster.__table__.columns).where(Roster.roster_id == roster_id)
    row = session.execute(query.with_for_update() if lock else query).mappings().first()
    return None if row is None else _kept(row)


def change_roster(session: Session, changed: KeptRoster) -> None:
    """Write the duties and the changes by hand of a roster."""
    session.execute(
        update(Roster)
        .where(Roster.roster_id == changed.roster_id)
        .values(duties=_duties(changed), edits=[asdict(edit) for edit in changed.edits])
    )


def delete_roster(session: Session, roster_id: int) -> bool:
    """Delete a roster; tell whether it was there."""
    return bool(session.execute(delete(Roster).where(Roster.roster_id == roster_id)).rowcount)  # type: ignore[attr-defined]


def codes_in_use(session: Session, since: dt.date) -> set[str]:
    """Return the codes of shifts that rosters of weeks from a day on name."""
    rows = session.scalars(select(Roster.duties).where(Roster.first_day >= since))
    return {code for duties in rows for week in duties.values() for code in week if code is not None}


def _duties(roster: KeptRoster) -> dict[str, list[str | None]]:
    return {team: list(week) for team, week in roster.duties.items()}


def _kept(row: RowMapping) -> KeptRoster:
    return KeptRoster(
        row["roster_id"],
        row["first_day"],
        {team: tuple(week) for team, week in sorted(row["duties"].items())},
        tuple(Edit(**edit) for edit in row["edits"]),
        row["parameters"],
        row["summary"],
        row["data_sha256"],
        row["version"],
        row["owner"],
        row["created_at"],
    )
