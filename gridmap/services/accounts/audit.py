"""The audit: who saw or changed what. Added to, read, checked; never changed."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from gridmap.domain.accounts import Actor, AuditEntry, AuditSegment
from gridmap.domain.gridkey import Scope
from gridmap.domain.legible import legible
from gridmap.errors import Conflict
from gridmap.storage.accounts import audit as stored
from gridmap.storage.accounts import audit_segments
from gridmap.storage.database import Database

Detail = str | int | float | bool | None

TRIM = "audit_trim"
"""What the row is called that tells of a dropped segment."""
MOST_DETAILS = 2000
"""Characters of what was asked that are kept."""


def note(
    session: Session,
    actor: Actor,
    action: str,
    object_: str = "",
    outcome: str = "done",
    /,
    **details: Detail,
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
    /,
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
        Number of the last row that fits.
    broken_at : int or None
        Number of the first row that does not fit those before it.
    head : str
        Hash of the last row that fits.
    dropped : int
        Number of the last row that was dropped with its segment; 0 where none was.
    """

    rows: int
    broken_at: int | None
    head: str
    dropped: int = 0


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


def verify_entries(
    entries: Iterable[AuditEntry],
    kept: tuple[int, str] | None = None,
    segments: Sequence[AuditSegment] = (),
) -> Verdict:
    """Check a chain from its first row: no row changed, none missing, none put in between.

    Parameters
    ----------
    entries : iterable of AuditEntry
        From the first one that is kept.
    kept : (int, str), optional
        Number and hash of a head that was kept elsewhere: a chain that was made anew, or cut off, does not fit it.
    segments : sequence of AuditSegment
        Those whose rows were dropped, the oldest first. They follow each other from the first row on; on the last one's
        hash the first row that is kept builds, and a row of the chain tells that it was dropped.
    """
    rows, before, vouched = 0, "", not segments
    for segment in segments:
        if segment.first_seq != rows + 1:
            return Verdict(rows, rows + 1, before)
        rows, before = segment.last_seq, segment.hash
        if kept is not None and kept[0] == rows and kept[1] != before:
            return Verdict(rows, rows, before)
    told = _words_of_trim(rows, before)
    dropped = rows
    for entry in entries:
        if entry.seq != rows + 1 or hash_of(entry, before) != entry.hash:
            return Verdict(rows, rows + 1, before, dropped)
        rows, before = entry.seq, entry.hash
        vouched = vouched or (entry.action == TRIM and entry.details == told)
        if kept is not None and kept[0] == rows and kept[1] != before:
            return Verdict(rows, rows, before, dropped)
    if kept is not None and kept[0] > rows:
        return Verdict(rows, rows + 1, before, dropped)
    return Verdict(rows, None if vouched else dropped, before, dropped)


def _words_of_trim(through: int, digest: str) -> str:
    return json.dumps({"hash": digest, "through": through}, sort_keys=True)


def verify(database: Database, kept: tuple[int, str] | None = None) -> Verdict:
    """Check the workspace's chain, and that it goes through a head that was kept elsewhere.

    Notes
    -----
    That rows at the end were cut off, or all made anew, shows only beside such a head.
    """
    with database.scoped_session(Scope.whole(), timeout_s=3600) as session:
        return verify_entries(stored.all_entries(session), kept, audit_segments.list_segments(session))


def list_segments(database: Database) -> list[AuditSegment]:
    """Return the segments whose rows were dropped, the oldest first."""
    with database.scoped_session(Scope.whole()) as session:
        return audit_segments.list_segments(session)


def trim(
    database: Database, actor: Actor, *, now: dt.datetime | None = None, dry_run: bool = False
) -> AuditSegment | None:
    """Drop the rows of whole months that are older than the setting keeps; their hash stays, and so does the chain.

    Done by the schema's owner: the role that serves people may drop nothing.

    Parameters
    ----------
    database : Database
    actor : Actor
        The workspace's keeper.
    now : datetime, optional
        Aware; the present by default.
    dry_run : bool
        Tell what would be dropped, and drop nothing.

    Returns
    -------
    AuditSegment or None
        What was dropped; None where nothing is old enough.

    Raises
    ------
    Conflict
        When no setting says how long rows are kept, or the chain is not whole.
    """
    days = database.settings.audit_days
    if days is None:
        raise Conflict(
            "audit-kept-whole",
            "没有设置审计保存期限，全部保留。如需清理，请设置 GRIDMAP_AUDIT_DAYS（至少 183 天）。",
            "No setting says how long the audit is kept, so all of it stays. Set GRIDMAP_AUDIT_DAYS (183 or more) to "
            "drop what is older.",
        )
    zone = ZoneInfo(database.settings.timezone)
    oldest = ((now or dt.datetime.now(dt.UTC)) - dt.timedelta(days=days)).astimezone(zone)
    begins = oldest.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    found = verify(database)
    if found.broken_at is not None:
        # What does not hold is evidence.
        raise Conflict(
            "audit-not-whole",
            f"审计链在第 {found.broken_at} 行断开，不予清理。请先运行 gridmap audit verify 并报告监督岗。",
            f"The audit's chain breaks at row {found.broken_at}, so nothing is dropped. Run gridmap audit verify and "
            "tell the supervisor.",
        )
    with database.scoped_session(Scope.whole()) as session:
        last = audit_segments.last_before(session, begins)
        first = stored.first_entry(session)
    if last is None or first is None:
        return None
    segment = AuditSegment(first.seq, last.seq, first.at, last.at, last.hash)
    if not dry_run:
        # Told first: a segment that no row of the chain tells of is a broken chain.
        record(database, actor, TRIM, f"{first.seq}-{last.seq}", through=last.seq, hash=last.hash)
        audit_segments.drop_segment(database, last)
    return segment
