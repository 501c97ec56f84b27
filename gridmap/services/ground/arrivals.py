"""Files of boundaries that wait: compared with those in force, then imported or put aside by a person."""

from __future__ import annotations

import datetime as dt
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from gridmap.domain.accounts import Actor
from gridmap.domain.gridkey import Scope
from gridmap.errors import Conflict, InvalidInput
from gridmap.services.accounts import audit
from gridmap.services.ground.boundaries import BoundaryOptions, BoundaryResult, import_boundaries
from gridmap.services.imports import incoming, looked_at, receiving
from gridmap.services.imports.incoming import DONE, Answered, Waiting
from gridmap.storage.database import Database
from gridmap.storage.imports import profiles as stored

FOLDER = "@boundaries"
"""Below the incoming folder; no source can be called so."""
_MOST_BYTES = 20 * 1024 * 1024
"""A county's villages have a few; a page does not wait for a province's."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """What a file of boundaries would do.

    Attributes
    ----------
    file : Waiting
    digest : str
        Of the bytes that were looked at, SHA-256.
    result : BoundaryResult
        Of the dry run; with errors, of the check alone.
    before : int or None
        Number of the import that brought the same file in.
    """

    file: Waiting
    digest: str
    result: BoundaryResult
    before: int | None = None

    @property
    def differs(self) -> bool:
        """Whether anything would change."""
        done = self.result
        return bool(done.added or done.changed or done.ended)


def folder_of(home: Path) -> Path:
    """Return the folder into which files of boundaries are dropped."""
    return incoming.folder_of(home) / FOLDER


def waiting(database: Database) -> list[Waiting]:
    """Return the files that wait, the oldest first; their folder is made where it is missing."""
    folder = folder_of(database.settings.home)
    folder.mkdir(parents=True, exist_ok=True)
    found = sorted(incoming.files_in(folder, 0), key=lambda file: (file[0], file[1].name))
    return [Waiting(FOLDER, path, size) for _, path, size in found]


def receive(
    database: Database, actor: Actor, name: str, *, number: str, offset: int, whole: int, part: bytes
) -> str | None:
    """Add a part to a file that is handed over on the page; return its name once it is whole.

    Raises
    ------
    InvalidInput, TooLarge, Conflict
        As :func:`gridmap.services.imports.receiving.receive`.
    """
    folder = folder_of(database.settings.home)
    growing = receiving.receive_part(folder, name, number=number, offset=offset, whole=whole, part=part)
    if growing is None:
        return None
    audit.record(database, actor, "import", f"incoming/{FOLDER}/{name}", "uploaded", bytes=whole)
    return receiving.put(growing, folder, name)


def compare(database: Database, actor: Actor, file_name: str, options: BoundaryOptions) -> Arrived:
    """Compare a file that waits with the boundaries in force; nothing is written.

    Parameters
    ----------
    database : Database
    actor : Actor
        Answers for the whole workspace.
    file_name : str
    options : BoundaryOptions
        How it is read.

    Raises
    ------
    NotFound
        When no such file waits.
    InvalidInput
        When the file cannot be used, or is larger than a page waits for.
    Conflict
        When a program still writes it, or its version would begin before the newest change of the boundaries.
    """
    file = looked_at.chosen(waiting(database), file_name)
    if file.size_bytes > _MOST_BYTES:
        raise InvalidInput(
            "boundaries-page-too-large",
            f"{file_name} 超过 {_MOST_BYTES >> 20} MB，网页上比较太慢。请在服务器上运行"
            " gridmap grids import 文件 --dry-run。",
            f"{file_name} is larger than {_MOST_BYTES >> 20} MB, too much for a page to wait for. Run gridmap grids "
            "import FILE --dry-run on the server.",
        )
    digest = incoming.digest_of(file.path)
    looked = replace(options, dry_run=True)
    result = import_boundaries(database, actor.scope, [file.path], looked, actor=actor)
    return Arrived(file, digest, result, _before(database, digest))


def accept(
    database: Database,
    actor: Actor,
    file_name: str,
    options: BoundaryOptions,
    *,
    seen: str,
    again: bool = False,
    now: dt.datetime | None = None,
) -> BoundaryResult:
    """Put the boundaries of a file that was compared into force, and the file to those that are done.

    Parameters
    ----------
    database : Database
    actor : Actor
    file_name : str
    options : BoundaryOptions
        As it was compared, with what was consented to.
    seen : str
        Digest of the bytes that the person saw compared.
    again : bool
        Whether a file that was imported before is to be in force again.
    now : datetime, optional
        Aware.

    Raises
    ------
    NotFound, InvalidInput
        As :func:`compare`.
    Conflict
        When the file is another than was seen, was imported before, has errors or changes nothing; when all grids moved
        or some would end, and nobody consented. Nothing is written, and the file waits.
    """
    with incoming.alone(database), tempfile.TemporaryDirectory(prefix="gridmap-incoming-") as own:
        file = looked_at.chosen(waiting(database), file_name)
        stamp = incoming.stamp_of(file.path)
        kept = looked_at.copy_seen(file.path, Path(own), seen)
        before = _before(database, seen)
        if before is not None and not again:
            raise Conflict(
                "boundaries-again",
                f"{file_name} 与第 {before} 次导入的文件相同。确实要恢复到那时的边界时，请勾选“再次导入”。",
                f"{file_name} is the file of import {before}. If its boundaries are to be in force again, say so.",
            )
        audit.record(database, actor, "incoming", f"{FOLDER}/{file_name}")
        done = import_boundaries(database, actor.scope, [kept], replace(options, dry_run=False), actor=actor)
        if not done.committed:
            raise Conflict(
                "boundaries-not-imported",
                f"{file_name} 有 {len(done.errors)} 处错误，或与现行边界没有差别，没有导入。请看下面的比较。",
                f"{file_name} has {len(done.errors)} errors, or does not differ from the boundaries in force, and was "
                "not imported. See the comparison.",
            )
        told = Answered(
            FOLDER,
            file_name,
            "imported",
            done.added,
            done.changed,
            zh=f"已导入（第 {done.run_id} 次）：新增 {done.added}，变更 {done.changed}，终止 {done.ended}。",
            en=f"Imported (no. {done.run_id}): {done.added} new, {done.changed} changed, {done.ended} ended.",
        )
        at = now or dt.datetime.now(dt.UTC)
        incoming.put_away(database, file.path.parent, file.path, DONE, told, at, stamp)
    return done


def put_aside(database: Database, actor: Actor, file_name: str, *, now: dt.datetime | None = None) -> None:
    """Put a file that is not to be imported to those that were refused.

    Raises
    ------
    NotFound, Conflict
        As :func:`gridmap.services.imports.looked_at.chosen`.
    """
    with incoming.alone(database):
        file = looked_at.chosen(waiting(database), file_name)
        looked_at.put_aside(database, actor, file, now or dt.datetime.now(dt.UTC))


def _before(database: Database, digest: str) -> int | None:
    with database.scoped_session(Scope.whole()) as session:
        return stored.run_of_file(session, "grids", digest)
