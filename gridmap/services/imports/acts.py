"""Single records put right, moved, merged and withdrawn with a reason: each act is listed, shown and undone."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from gridmap.domain.accounts import Actor
from gridmap.domain.fields import Noun
from gridmap.domain.records import NOUNS
from gridmap.domain.terms import LONGEST
from gridmap.errors import Conflict, InvalidInput, NotFound
from gridmap.ingest.free_text import checked_text
from gridmap.services.imports.kinds import ImportKind
from gridmap.services.imports.one_row import FORM, bring_one, read_one
from gridmap.services.imports.records import ImportResult
from gridmap.storage.database import Database
from gridmap.storage.imports import journal
from gridmap.storage.imports.bulk import show_withdrawn
from gridmap.storage.imports.journal import Withdrawn
from gridmap.storage.models import ImportRun
from gridmap.storage.workspace import settings as workspace


def checked_reason(reason: str) -> str:
    """Return a reason as it is kept.

    Raises
    ------
    InvalidInput
        When there is none, it is too long, or it points at a person.
    """
    tidy = " ".join(reason.split())
    if not 1 <= len(tidy) <= LONGEST["reason"]:
        raise InvalidInput(
            "act-no-reason",
            f"请写明原因（1 至 {LONGEST['reason']} 字）。",
            f"Say why, in 1 to {LONGEST['reason']} characters.",
        )
    checked_text(tidy)
    return tidy


def change(
    database: Database,
    actor: Actor,
    kind: ImportKind,
    key: str,
    told: Mapping[str, str | None],
    reason: str,
    *,
    seen: str | None = None,
) -> ImportResult:
    """Put fields of a record right, or move it to another place.

    Parameters
    ----------
    database : Database
    actor : Actor
        Answers for the whole workspace.
    kind : ImportKind
    key : str
    told : mapping
        As of :func:`gridmap.services.imports.one_row.read_one`; coordinates as ``lon`` and ``lat`` (EPSG:4326), a
        grid as ``grid_code``.
    reason : str
    seen : str, optional
        What :func:`version_of` told of the record when the person began to write.

    Raises
    ------
    NotFound
        When there is no such record.
    InvalidInput
        When a field is wrong, or nothing changes.
    Conflict
        When somebody else has changed it since it was `seen`.
    """
    why = checked_reason(reason)
    noun = NOUNS[kind.noun]
    with database.scoped_session(actor.scope) as session:
        _require(session, kind, key)
    parsed, ground = read_one(database, actor, kind, {noun.unique[0]: key, **told})

    def guard(session: Session) -> None:
        journal.lock(session, kind.load, key)
        now = _require(session, kind, key)
        if seen is not None and seen != version_of(now):
            raise overtaken(noun, now, told)

    done = bring_one(
        database, actor, kind, parsed, ground, {"act": "change", "reason": why, "key": key}, guard
    )
    if not done.updated:
        raise InvalidInput("edit-nothing", "没有更改任何内容。", "Nothing was changed.")
    return done


def version_of(row: Mapping[str, object]) -> str:
    """Return a short text that is another one as soon as any field of a record is."""
    told = json.dumps(dict(row), sort_keys=True, default=str)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def overtaken(
    noun: Noun,
    now: Mapping[str, object],
    told: Mapping[str, str | None],
    also: Sequence[tuple[str, str]] = (),
) -> Conflict:
    """Return the error that somebody else has changed a record, with what its fields say now.

    `also` says, in Chinese and in English, what changed and is no field of its own: an outline, a grid.
    """

    def is_now(name: str) -> str:
        return "" if now.get(name) is None else str(now[name])

    fields = [
        f for f in noun.fields if f.name in told and f.name in now and is_now(f.name) != (told[f.name] or "")
    ]
    zh = "；".join([*(f"{f.zh}：{is_now(f.name) or '空'}" for f in fields), *(zh for zh, _ in also)])
    en = "; ".join([*(f"{f.name}: {is_now(f.name) or 'empty'}" for f in fields), *(en for _, en in also)])
    return Conflict(
        "record-overtaken",
        f"您填写时别人已更改了这条记录。现在是：{zh or '其他字段'}。您写的还在表单里，核对后可再次保存。",
        f"Somebody has changed this record while you wrote. It says now: {en or 'other fields'}. What you wrote is "
        "still in the form; compare it and save again.",
    )


def withdraw(database: Database, actor: Actor, kind: ImportKind, key: str, reason: str) -> int:
    """Withdraw a record: it is kept and marked, and in no list, count, map or plan; return the number of the act.

    Raises
    ------
    NotFound
        When there is no such record in force.
    InvalidInput
        When no reason is given.
    """
    return _mark(database, actor, kind, {"act": "withdraw", "key": key}, key, reason, dt.datetime.now(dt.UTC))


def restore(database: Database, actor: Actor, kind: ImportKind, key: str, reason: str) -> int:
    """Put a withdrawn record back into force; return the number of the act.

    Raises
    ------
    NotFound
        When there is no such record that is withdrawn.
    InvalidInput
        When no reason is given.
    """
    return _mark(database, actor, kind, {"act": "restore", "key": key}, key, reason, None)


def merge(database: Database, actor: Actor, kind: ImportKind, stays: str, goes: str, reason: str) -> int:
    """Merge a record into another that is the same thing: what the one lacks it gets, and the other is withdrawn.

    Parameters
    ----------
    database : Database
    actor : Actor
    kind : ImportKind
    stays, goes : str
        The one that stays keeps every field that it has.
    reason : str

    Returns
    -------
    int
        Number of the act, by which both are as before again.

    Raises
    ------
    NotFound
        When one of them is not in force.
    InvalidInput
        When both are one, or no reason is given.
    """
    if stays == goes:
        raise InvalidInput("merge-itself", "不能并入自身。", "Nothing is merged with itself.")
    why = checked_reason(reason)
    at = dt.datetime.now(dt.UTC)
    with database.scoped_session(actor.scope, write=True) as session:
        # In one order for all, or two that merge each into the other wait for one another.
        for key in sorted((stays, goes)):
            journal.lock(session, kind.load, key)
            _require(session, kind, key)
        show_withdrawn(session)
        run = _enter(session, kind, actor, {"act": "merge", "reason": why, "key": stays, "merged": goes}, 2)
        journal.fill_from(session, kind.load, run, stays, goes)
        if not journal.mark(session, kind.load, run, goes, at, f"并入 / merged into {stays}: {why}"):
            # Somebody withdrew it between the look and the writing.
            raise _absent(kind, goes)
        workspace.touch(session)
    return run


def list_withdrawn(database: Database, actor: Actor, kind: ImportKind) -> list[Withdrawn]:
    """List withdrawn records, the newest first."""
    with database.scoped_session(actor.scope) as session:
        return journal.withdrawn(session, kind.load)


def find_record(database: Database, actor: Actor, kind: ImportKind, key: str) -> dict[str, object]:
    """Return a record in force with its coordinates as ``lon`` and ``lat``.

    Raises
    ------
    NotFound
    """
    with database.scoped_session(actor.scope) as session:
        return _require(session, kind, key)


def list_records(
    database: Database, actor: Actor, kind: ImportKind, words: str = ""
) -> list[dict[str, object]]:
    """List records in force by key, those whose key or name holds some words; at most 500."""
    with database.scoped_session(actor.scope) as session:
        return journal.in_force(session, kind.load, words)


def _require(session: Session, kind: ImportKind, key: str) -> dict[str, object]:
    found = journal.find(session, kind.load, key)
    if found is None:
        raise _absent(kind, key)
    return found


def _absent(kind: ImportKind, key: str) -> NotFound:
    return NotFound(
        "record-not-found",
        f"没有编号为 {key} 的{NOUNS[kind.noun].zh}，或已撤销。",
        f"There is no {NOUNS[kind.noun].en} {key}, or it is withdrawn.",
    )


def _enter(session: Session, kind: ImportKind, actor: Actor, parameters: dict[str, object], rows: int) -> int:
    run = ImportRun(
        noun=kind.noun,
        file_name=FORM.name,
        file_sha256=uuid.uuid4().hex,
        parameters=parameters,
        rows_total=rows,
        rows_inserted=0,
        rows_updated=rows,
        rows_unchanged=0,
        rows_refused=0,
        post=actor.post,
        finished_at=dt.datetime.now(dt.UTC),
    )
    session.add(run)
    session.flush()
    return run.import_run_id


def _mark(
    database: Database,
    actor: Actor,
    kind: ImportKind,
    parameters: dict[str, object],
    key: str,
    reason: str,
    at: dt.datetime | None,
) -> int:
    why = checked_reason(reason)
    if not kind.load.marked:
        raise Conflict(
            "record-not-withdrawn-here",
            f"{NOUNS[kind.noun].zh}不在这里撤销。",
            f"A {NOUNS[kind.noun].en} is not withdrawn here.",
        )
    with database.scoped_session(actor.scope, write=True) as session:
        show_withdrawn(session)
        run = _enter(session, kind, actor, {**parameters, "reason": why}, 1)
        if not journal.mark(session, kind.load, run, key, at, why if at else None):
            raise NotFound(
                "record-not-found",
                f"没有编号为 {key} 的{NOUNS[kind.noun].zh}，或已撤销。"
                if at
                else f"没有已撤销的{NOUNS[kind.noun].zh} {key}。",
                f"There is no {NOUNS[kind.noun].en} {key}, or it is withdrawn."
                if at
                else f"There is no withdrawn {NOUNS[kind.noun].en} {key}.",
            )
        workspace.touch(session)
    return run
