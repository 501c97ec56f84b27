"""The audit's rows: added, read, and checked link by link."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from gridmap.domain.accounts import AuditEntry
from gridmap.storage.models import Audit as Row


def add_entry(
    session: Session, *, post: str, role: str, action: str, object_: str, outcome: str, details: str
) -> None:
    """Add a row; the database gives it number, time and hash, one row after the other."""
    session.execute(
        insert(Row).values(
            post=post, role=role, action=action, object=object_, outcome=outcome, details=details
        )
    )


def list_entries(
    session: Session,
    *,
    limit: int,
    before: int | None = None,
    post: str | None = None,
    action: str | None = None,
) -> list[AuditEntry]:
    """Return rows, newest first."""
    query = select(Row).order_by(Row.seq.desc()).limit(limit)
    if before is not None:
        query = query.where(Row.seq < before)
    if post is not None:
        query = query.where(Row.post == post)
    if action is not None:
        query = query.where(Row.action == action)
    return [entry_of(row) for row in session.scalars(query)]


def all_entries(session: Session) -> Iterator[AuditEntry]:
    """Go through the whole chain, the oldest first, without holding it in memory."""
    with session.scalars(select(Row).order_by(Row.seq).execution_options(yield_per=2000)) as rows:
        for row in rows:
            yield entry_of(row)


def first_entry(session: Session) -> AuditEntry | None:
    """Return the oldest row that is kept."""
    row = session.scalars(select(Row).order_by(Row.seq).limit(1)).first()
    return None if row is None else entry_of(row)


def last_entry(session: Session) -> AuditEntry | None:
    """Return the chain's head, None while nothing was written down."""
    found = list_entries(session, limit=1)
    return found[0] if found else None


def entry_of(row: Row) -> AuditEntry:
    """Return a row of the table as the domain has it."""
    return AuditEntry(
        seq=row.seq,
        at=row.at,
        post=row.post,
        role=row.role,
        action=row.action,
        object=row.object,
        outcome=row.outcome,
        details=row.details,
        hash=row.hash.hex(),
    )
