"""Handover of the shift: what one desk leaves to the next, with a note; read and taken by a post."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy.orm import Session

from gridmap.domain.accounts import Actor
from gridmap.domain.cases.worklists import Wanted
from gridmap.domain.gridkey import Scope
from gridmap.domain.terms import LONGEST
from gridmap.errors import Conflict, InvalidInput
from gridmap.ingest.free_text import checked_text
from gridmap.services.cases import worklists
from gridmap.services.cases.refusals import read_key
from gridmap.storage.database import Database
from gridmap.storage.workspace import settings

KEPT = 60
"""Handovers that are kept: a month of two shifts a day."""
_LONGEST = LONGEST["note"]


@dataclass(frozen=True, slots=True)
class Handover:
    """One handover of a desk.

    Attributes
    ----------
    number : int
    given_at : datetime
    given_by : str
        Post.
    note : str
    open, due_today, overdue : int
        How things stood then.
    taken_at, taken_by
        None until the next desk has read it.
    """

    number: int
    given_at: dt.datetime
    given_by: str
    note: str
    open: int
    due_today: int
    overdue: int
    taken_at: dt.datetime | None = None
    taken_by: str | None = None


def handovers(database: Database, scope: Scope) -> list[Handover]:
    """Return the handovers of a scope's desk, the newest first."""
    with database.scoped_session(scope) as session:
        kept = settings.read_settings(session).get(_key(scope), [])
    return [_read(told) for told in reversed(kept)]


def give(
    database: Database,
    actor: Actor,
    note: str,
    *,
    key: str | uuid.UUID | None = None,
    now: dt.datetime | None = None,
) -> Handover:
    """Leave a note to the next desk, with how things stand.

    Parameters
    ----------
    database : Database
    actor : Actor
    note : str
    key : str or UUID, optional
        Names this act: told twice, it is done once.
    now : datetime, optional

    Raises
    ------
    InvalidInput
        When the note is too long or holds a personal number, or the key is no UUID.
    Conflict
        When the handover before was not taken yet: it is taken first, so that none is lost.
    """
    now = now or dt.datetime.now(dt.UTC)
    told_key = None if key is None else str(read_key(key))
    if len(note) > _LONGEST:
        raise InvalidInput(
            "handover-too-long", f"交班说明最多 {_LONGEST} 字。", f"A note has at most {_LONGEST} characters."
        )
    checked_text(note)
    stand = worklists.totals(database, actor.scope, Wanted(), now=now)
    with database.scoped_session(Scope.whole(), write=True) as session:
        kept, acts = _kept(session, actor.scope)
        done = next((told for told in kept if acts.get(f"give {told_key}") == told["number"]), None)
        if done is not None:
            return _read(done)
        if kept and kept[-1]["taken_at"] is None:
            raise Conflict(
                "handover-not-taken",
                "上一次交班还没有接班。请先接班，再交班。",
                "The handover before was not taken yet. Take it first.",
            )
        number = kept[-1]["number"] + 1 if kept else 1
        made = Handover(
            number, now, actor.post, note.strip(), stand["open"], stand["due_today"], stand["overdue"]
        )
        _write(session, actor.scope, [*kept, _told(made)][-KEPT:], acts | {f"give {told_key}": number})
    return made


def take(
    database: Database,
    actor: Actor,
    number: int,
    *,
    key: str | uuid.UUID | None = None,
    now: dt.datetime | None = None,
) -> Handover:
    """Take a handover over, having read it.

    Parameters
    ----------
    database : Database
    actor : Actor
    number : int
    key : str or UUID, optional
        Names this act: told twice, it is done once.
    now : datetime, optional

    Raises
    ------
    InvalidInput
        When the key is no UUID.
    Conflict
        When it was taken before, or there is none of that number waiting.
    """
    told_key = None if key is None else str(read_key(key))
    with database.scoped_session(Scope.whole(), write=True) as session:
        kept, acts = _kept(session, actor.scope)
        done = next((told for told in kept if told["number"] == number), None)
        if done is not None and (acts.get(f"take {told_key}") == number or done["taken_by"] == actor.post):
            return _read(done)  # Told twice: it is taken once.
        if not kept or kept[-1]["number"] != number or kept[-1]["taken_at"] is not None:
            raise Conflict(
                "handover-taken",
                "这次交班已由别人接班，请刷新查看。",
                "This handover was taken by somebody else. Look at the page anew.",
            )
        kept[-1] |= {"taken_at": (now or dt.datetime.now(dt.UTC)).isoformat(), "taken_by": actor.post}
        _write(session, actor.scope, kept, acts | {f"take {told_key}": number})
    return _read(kept[-1])


def _key(scope: Scope) -> str:
    return f"handovers_{scope.lo}_{scope.hi}"


def _acts(scope: Scope) -> str:
    """Name the setting of the acts: apart from the handovers, which a program from before them reads, too."""
    return f"{_key(scope)}_acts"


def _kept(session: Session, scope: Scope) -> tuple[list[Any], dict[str, int]]:
    """Read a desk's handovers and the acts that made them, by their keys, and let nobody else change them."""
    found = settings.read_settings(session, lock=_key(scope))
    return found.get(_key(scope), []), found.get(_acts(scope), {})


def _write(session: Session, scope: Scope, kept: list[Any], acts: dict[str, int]) -> None:
    there = {told["number"] for told in kept}
    named = {act: n for act, n in acts.items() if n in there and not act.endswith(" None")}
    settings.write_settings(session, **{_key(scope): kept, _acts(scope): named or None})
    settings.touch(session)


def _told(made: Handover) -> dict[str, object]:
    return asdict(made) | {
        "given_at": made.given_at.isoformat(),
        "taken_at": made.taken_at.isoformat() if made.taken_at else None,
    }


def _read(told: dict[str, object]) -> Handover:
    values = {name: told[name] for name in Handover.__dataclass_fields__ if name in told}
    for name in ("given_at", "taken_at"):
        values[name] = dt.datetime.fromisoformat(str(told[name])) if told[name] else None
    return Handover(**values)  # type: ignore[arg-type]
