"""Closed segments of the audit: dropped by the owner's role, with their hashes kept."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.orm import Session

from gridmap.domain.accounts import AuditEntry, AuditSegment
from gridmap.domain.gridkey import Scope
from gridmap.storage.accounts.audit import entry_of
from gridmap.storage.database import Database
from gridmap.storage.faults import translated
from gridmap.storage.models import Audit
from gridmap.storage.models import AuditSegment as Row

_LOCK = 1635083369
"""The lock under which rows are added (see the trigger ``chain``): none comes in between."""


def list_segments(session: Session) -> list[AuditSegment]:
    """Return the segments whose rows were dropped, the oldest first."""
    return [
        AuditSegment(r.first_seq, r.last_seq, r.first_at, r.last_at, r.hash.hex())
        for r in session.scalars(select(Row).order_by(Row.last_seq))
    ]


def last_before(session: Session, moment: dt.datetime) -> AuditEntry | None:
    """Return the newest row that was written before a moment."""
    # By number, which is the order of the chain: the clock of the machine may have been set back.
    first_kept = session.scalar(select(func.min(Audit.seq)).where(Audit.at >= moment))
    query = select(Audit).order_by(Audit.seq.desc()).limit(1)
    if first_kept is not None:
        query = query.where(Audit.seq < first_kept)
    row = session.scalars(query).first()
    return None if row is None else entry_of(row)


def drop_segment(database: Database, last: AuditEntry) -> AuditSegment:
    """Drop the rows up to one, as the schema's owner, and keep the numbers, times and hash of the segment.

    Parameters
    ----------
    database : Database
    last : AuditEntry
        The last row to be dropped; the chain has rows after it.
    """
    whole = Scope.whole()
    with translated(), database.owner_engine() as engine, engine.begin() as connection:
        connection.execute(text("set local search_path = gridmap, public"))
        # The owner is bound by the policies, too.
        connection.execute(
            text(
                "select set_config('gridmap.scope_lo', :lo, true), set_config('gridmap.scope_hi', :hi, true)"
            ),
            {"lo": str(whole.lo), "hi": str(whole.hi)},
        )
        connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        first = connection.execute(select(Audit.seq, Audit.at).order_by(Audit.seq).limit(1)).one()
        connection.execute(
            insert(Row).values(
                first_seq=first.seq,
                last_seq=last.seq,
                first_at=first.at,
                last_at=last.at,
                hash=bytes.fromhex(last.hash),
            )
        )
        connection.execute(delete(Audit).where(Audit.seq <= last.seq))
    return AuditSegment(first.seq, last.seq, first.at, last.at, last.hash)
