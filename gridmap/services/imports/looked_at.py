"""A file of the incoming folder that a person looks at, and then has imported as it was seen, or puts aside."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path

from gridmap.domain.accounts import Actor
from gridmap.errors import Conflict, NotFound
from gridmap.ingest.reading.files import copy_and_hash, open_regular
from gridmap.services.accounts import audit
from gridmap.services.imports import incoming
from gridmap.services.imports.incoming import REFUSED, Answered, Waiting
from gridmap.storage.database import Database


def chosen(files: Iterable[Waiting], file_name: str) -> Waiting:
    """Return the file of a name among those that wait.

    Raises
    ------
    NotFound
        When none of that name waits.
    Conflict
        When a program still writes it.
    """
    file = next((file for file in files if file.path.name == file_name), None)
    if file is None:
        raise NotFound(
            "incoming-gone",
            f"{file_name} 不在等待：可能已经导入或被取走。请回到“来源与收件夹”查看。",
            f"{file_name} does not wait: it was imported or taken away. Go back to the incoming files.",
        )
    if incoming.in_use(file.path):
        # An upload may stand still for minutes: half of it is no file to compare.
        raise Conflict(
            "incoming-in-use",
            f"{file_name} 还在传送或仍被别的程序打开，没有读取。等它写完、关闭后再比较。",
            f"{file_name} is still being written, or is open in another program, and was not read. Compare it when "
            "it is written and closed.",
        )
    return file


def copy_seen(path: Path, own: Path, seen: str) -> Path:
    """Copy a file that was looked at into a folder of one's own: its sender may go on writing.

    Raises
    ------
    Conflict
        When its bytes are not those whose SHA-256 was seen.
    """
    kept = own / path.name
    with open_regular(path) as source:
        digest = copy_and_hash(source, kept)
    if digest != seen:
        raise Conflict(
            "incoming-changed",
            f"{path.name} 在比较之后又变了，没有导入。请看新的比较结果再导入。",
            f"{path.name} has changed since it was compared, and was not imported. Look at what it would do now.",
        )
    return kept


def put_aside(database: Database, actor: Actor, file: Waiting, at: dt.datetime) -> None:
    """Put a file that is not to be imported to those that were refused; its sender finds a note."""
    audit.record(database, actor, "incoming", f"{file.profile}/{file.path.name}", "refused")
    told = Answered(
        file.profile,
        file.path.name,
        "refused",
        zh="数据岗看过后决定不导入，没有写入任何内容。",
        en="Whoever keeps the data looked at it and decided not to import it; nothing was written.",
    )
    incoming.put_away(database, file.path.parent, file.path, REFUSED, told, at, incoming.stamp_of(file.path))
