"""A single record entered by hand, as an import of one row."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from gridmap.domain.accounts import Actor
from gridmap.domain.records import NOUNS
from gridmap.errors import Conflict
from gridmap.services.imports.acts import checked_reason
from gridmap.services.imports.kinds import ImportKind
from gridmap.services.imports.one_row import bring_one, read_one
from gridmap.services.imports.records import ImportResult
from gridmap.storage.database import Database
from gridmap.storage.imports import journal


def add(
    database: Database, actor: Actor, kind: ImportKind, told: Mapping[str, str | None], reason: str
) -> ImportResult:
    """Enter a new record.

    Parameters
    ----------
    database : Database
    actor : Actor
        Answers for the whole workspace.
    kind : ImportKind
    told : mapping
        As of :func:`gridmap.services.imports.one_row.read_one`, with the key.
    reason : str

    Raises
    ------
    InvalidInput
        When a field is wrong or lacks, or the record is there already and withdrawn.
    Conflict
        When its key is taken.
    """
    why = checked_reason(reason)
    noun = NOUNS[kind.noun]
    given = {name: text for name, text in told.items() if (text or "").strip()}
    parsed, ground = read_one(
        database, actor, kind, {f.name: None for f in noun.fields if f.required} | given
    )
    key = str(parsed.table[noun.unique[0]][0].as_py())

    def guard(session: Session) -> None:
        journal.lock(session, kind.load, key)
        if journal.find(session, kind.load, key) is not None:
            raise Conflict(
                "record-key-taken",
                f"编号 {key} 已有{noun.zh}。请换一个编号，或打开那一条更改。",
                f"There is a {noun.en} {key} already. Take another code, or open that one and change it.",
            )

    return bring_one(database, actor, kind, parsed, ground, {"act": "add", "reason": why, "key": key}, guard)
