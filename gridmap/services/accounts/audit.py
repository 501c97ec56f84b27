"""The audit: who saw or changed what. Added to, read, checked; never changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from gridmap.domain.accounts import Actor, AuditEntry
from gridmap.domain.gridkey import Scope
from gridmap.domain.legible import legible
from gridmap.storage.accounts import audit as stored
from gridmap.storage.database import Database

Detail = str | int | float | bool | None

MOST_DETAILS = 2000
"""Characters of what was asked that are kept."""


def note(
    session: Session, actor: Actor, action: str, object_: str = "", outcome: str = "done", **details: Detail
) -> None:
    """Write a row within a transaction of the whole workspace, last before it commits."""
    stored.add_entry(
        session,
        post=actor.post,
        role=actor.role.value,
        action=action,
        object_=legible(object_)[:MOST_DETAILS],
        outcome=outcome,
        details=legible(json.dumps(details, ensure_ascii=False, sort_keys=True))[:MOST_DETAILS],
    )


def record(
    database: Database,
    actor: Actor,
    action: str,
    object_: str = "",
    outcome: str = "done",
    **details: Detail,
) -> None:
    """Write a row in a transaction of its own."""
    with database.scoped_session(Scope.whole(), write=True) as session:
        note(session, actor, action, object_, outcome, **details)


def list_entries(
    database: Database,
    *,
    limit: int = 100,
    before: int | None = None,
    post: str | None = None,
    action: str | None = None,
) -> list[AuditEntry]:
    """Return rows, newest first."""
    with database.scoped_session(Scope.whole()) as session:
        return stored.list_entries(session, limit=limit, before=before, post=post, action=action)


def head(database: Database) -> AuditEntry | None:
    """Return the newest row: its number and hash, kept elsewhere, hold everything before it."""
    with database.scoped_session(Scope.whole()) as session:
        return stored.last_entry(session)


def for_each(database: Database, take: Callable[[AuditEntry], None]) -> None:
    """Hand over every row, the oldest first."""
    with database.scoped_session(Scope.whole(), timeout_s=3600) as session:
        for entry in stored.all_entries(session):
            take(entry)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check of the chain found.

    Attributes
    ----------
    rows : int
        Rows looked at.
    broken_at : int or None
        Number of the first row that does not fit those before it.
    head : str
        Hash of the last row that fits.
    """

    rows: int
    broken_at: int | None
    head: str


def hash_of(entry: AuditEntry, before: str) -> str:
    """Compute a row's hash from its words and the hash before it, as the database does.

    The bytes are the hash before, then number, microseconds since 1970, post, role, action, object, outcome and details
    as lines of UTF-8.
    """
    moment = int(entry.at.timestamp()) * 1_000_000 + entry.at.microsecond
    words = (
        entry.seq,
        moment,
        entry.post,
        entry.role,
        entry.action,
        entry.object,
        entry.outcome,
        entry.details,
    )
    text = "\n".join(str(word) for word in words)
    return hashlib.sha256(bytes.fromhex(before) + text.encode("utf-8")).hexdigest()


def verify_entries(entries: Iterable[AuditEntry], kept: tuple[int, str] | None = None) -> Verdict:
    """Check a chain from its first row: no row changed, none missing, none put in between.

    Parameters
    ----------
    entries : iterable of AuditEntry
        From the first one.
    kept : (int, str), optional
        Number and hash of a head that was kept elsewhere: a chain that was made anew, or cut off, does not fit it.
    """
    rows, before = 0, ""
    for entry in entries:
        if entry.seq != rows + 1 or hash_of(entry, before) != entry.hash:
            return Verdict(rows, rows + 1, before)
        rows, before = entry.seq, entry.hash
        if kept is not None and kept[0] == rows and kept[1] != before:
            return Verdict(rows, rows, before)
    if kept is not None and kept[0] > rows:
        return Verdict(rows, rows + 1, before)
    return Verdict(rows, None, before)


def verify(database: Database, kept: tuple[int, str] | None = None) -> Verdict:
    """Check the workspace's chain, and that it goes through a head that was kept elsewhere.

    Notes
    -----
    That rows at the end were cut off, or all made anew, shows only beside such a head.
    """
    with database.scoped_session(Scope.whole(), timeout_s=3600) as session:
        return verify_entries(stored.all_entries(session), kept)
