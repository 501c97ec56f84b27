"""A file that waits, beside what is stored: a person sees what it would do, and has it imported or puts it aside."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gridmap.domain.accounts import Actor
from gridmap.domain.gridkey import Scope
from gridmap.errors import Conflict
from gridmap.services.accounts import audit
from gridmap.services.imports import incoming, looked_at, profiles
from gridmap.services.imports.answering import write_result
from gridmap.services.imports.incoming import DONE, RESULTS, Answered, Waiting
from gridmap.services.imports.kinds import ImportKind
from gridmap.services.imports.records import ImportResult
from gridmap.storage.database import Database
from gridmap.storage.imports import profiles as stored


@dataclass(frozen=True, slots=True)
class Compared:
    """What a file would do.

    Attributes
    ----------
    file : Waiting
    digest : str
        Of the bytes that were looked at, SHA-256.
    result : ImportResult
        Of the dry run.
    before : int or None
        Number of the import that brought the same file in.
    """

    file: Waiting
    digest: str
    result: ImportResult
    before: int | None = None


def compare(
    database: Database,
    actor: Actor,
    kinds: Mapping[str, ImportKind],
    profile: str,
    file_name: str,
    *,
    accept_doubtful: bool = False,
) -> Compared:
    """Compare a file that waits with what is stored; nothing is written.

    Parameters
    ----------
    database : Database
    actor : Actor
    kinds : mapping
        Kinds of records by noun.
    profile, file_name : str
    accept_doubtful : bool
        Whether rows that are asked about count as those that they say.

    Raises
    ------
    NotFound
        When there is no such source, or no such file waits.
    InvalidInput
        When the file as a whole cannot be used, or the profile asks about values that nobody knows.
    Conflict
        When a program still writes the file.
    """
    known = profiles.find(database, profile)
    file = _waiting(database, profile, file_name)
    digest = incoming.digest_of(file.path)
    result = profiles.bring(
        database,
        actor.scope,
        kinds[known.noun],
        file.path,
        known,
        actor=actor,
        dry_run=True,
        accept_doubtful=accept_doubtful,
    )
    return Compared(file, digest, result, _before(database, known.noun, digest))


def accept(
    database: Database,
    actor: Actor,
    kinds: Mapping[str, ImportKind],
    profile: str,
    file_name: str,
    *,
    seen: str,
    accept_valid: bool = False,
    accept_doubtful: bool = False,
    now: dt.datetime | None = None,
) -> ImportResult:
    """Import a file that was compared, answer its sender, and put it to those that are done.

    Parameters
    ----------
    database : Database
    actor : Actor
    kinds : mapping
    profile, file_name : str
    seen : str
        Digest of the bytes that the person saw compared.
    accept_valid : bool
        Import the valid rows although others are refused.
    accept_doubtful : bool
        Import rows that were asked about.
    now : datetime, optional
        Aware.

    Raises
    ------
    NotFound, InvalidInput
        As :func:`compare`.
    Conflict
        When the file is another than was seen, was imported before, or has refused rows and nobody took the others
        alone. Nothing is written, and the file waits.
    """
    known = profiles.find(database, profile)
    with incoming.alone(database), tempfile.TemporaryDirectory(prefix="gridmap-incoming-") as own:
        file = _waiting(database, profile, file_name)
        stamp = incoming.stamp_of(file.path)
        kept = looked_at.copy_seen(file.path, Path(own), seen)
        before = _before(database, known.noun, seen)
        if before is not None:
            raise Conflict(
                "incoming-again",
                f"{file_name} 与第 {before} 次导入的文件相同，没有再导入。可以把它放到一边。",
                f"{file_name} is the file of import {before}, and was not imported again. Put it aside.",
            )
        audit.record(database, actor, "incoming", f"{profile}/{file_name}")
        done = profiles.bring(
            database,
            actor.scope,
            kinds[known.noun],
            kept,
            known,
            actor=actor,
            accept_valid=accept_valid,
            accept_doubtful=accept_doubtful,
        )
        if not done.committed:
            raise Conflict(
                "incoming-rows-refused",
                f"{file_name} 有 {done.refused} 行有误，没有导入。请让来源单位改正，或勾选“只导入合格行”。",
                f"{file_name} has {done.refused} refused rows, and nothing was imported. Have them put right, or take "
                "the valid rows alone.",
            )
        result = write_result(file.path.parent / RESULTS, kept, known, done)
        told = Answered(profile, file_name, "imported", done.inserted, done.updated, result=result)
        at = now or dt.datetime.now(dt.UTC)
        incoming.put_away(database, file.path.parent, file.path, DONE, told, at, stamp)
    return done


def put_aside(
    database: Database, actor: Actor, profile: str, file_name: str, *, now: dt.datetime | None = None
) -> None:
    """Put a file that is not to be imported to those that were refused; its sender finds a note.

    Raises
    ------
    NotFound
        When there is no such source, or no such file waits.
    Conflict
        When a program still writes the file.
    """
    profiles.find(database, profile)
    with incoming.alone(database):
        file = _waiting(database, profile, file_name)
        looked_at.put_aside(database, actor, file, now or dt.datetime.now(dt.UTC))


def _waiting(database: Database, profile: str, file_name: str) -> Waiting:
    here = [file for file in incoming.waiting(database, quiet_s=0) if file.profile == profile]
    return looked_at.chosen(here, file_name)


def _before(database: Database, noun: str, digest: str) -> int | None:
    with database.scoped_session(Scope.whole()) as session:
        return stored.run_of_file(session, noun, digest)
