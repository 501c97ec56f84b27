"""A drill: the newest backup comes back in a place of its own and is compared with what was copied."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from gridmap.domain.backups import Backup, TableFigure
from gridmap.errors import Broken
from gridmap.files.packed import unpacked
from gridmap.services.backups.making import DUMP
from gridmap.services.backups.restoring import file_of, of_shelf, recovered
from gridmap.services.backups.second import shelf_at
from gridmap.services.backups.shelf import Shelf, replace_text, told
from gridmap.storage.backups import dump, figures
from gridmap.storage.database import Database
from gridmap.storage.embedded import EmbeddedCluster
from gridmap.storage.embedded import layout as places
from gridmap.storage.embedded.programs import find_programs
from gridmap.storage.embedded.recovery import Target, drop_copy
from gridmap.storage.faults import translated

if TYPE_CHECKING:
    from collections.abc import Iterator

OnProgress = Callable[[str, int, int], None]
_RECORD = "drill.json"


@dataclass(frozen=True, slots=True)
class Drill:
    """What a drill found.

    Attributes
    ----------
    backup : Backup
    tables : mapping
        Figures of what came back.
    is_compared : bool
        Whether the backup has figures to compare with.
    seconds : float
        From the first file to a server that answers, and the comparison.
    """

    backup: Backup
    tables: Mapping[str, TableFigure]
    is_compared: bool
    seconds: float


def drill(
    database: Database,
    *,
    name: str | None = None,
    source: str | None = None,
    key_file: Path | None = None,
    on_progress: OnProgress | None = None,
) -> Drill:
    """Restore a backup into a scratch cluster, compare every table, and delete the cluster again.

    The workspace's own database is not touched; it may run or not.

    Raises
    ------
    Broken
        When the backup is torn, or a table is another one than was copied; nothing but the drill failed by that.
    """
    begun_s = time.monotonic()
    tell = on_progress or (lambda _step, _done, _total: None)
    settings = database.settings
    with shelf_at(source, settings, name) as shelf:
        backup = shelf.find(name)
        key_file = key_file or settings.backup_key_file
        tell("check", 0, 1)
        shelf.check(backup)
        with told(settings.home), _scratch(settings.home / "drill") as base:
            bring = _cluster if backup.kind == "cluster" else _dumped
            tables = bring(shelf, backup, key_file, base, tell)
    differing = sorted(n for n, figure in backup.tables.items() if tables.get(n) != figure)
    found = Drill(backup, tables, bool(backup.tables), round(time.monotonic() - begun_s, 1))
    # Of what came from the second place, too, the own shelf keeps the note: it is what the desk shows.
    _note(Shelf(settings.backups), found, differing)
    if differing:
        raise Broken(
            "drill-differs",
            f"演练失败：恢复后的数据与备份时不同（{'、'.join(differing)}）。请立即另做备份，并查明原因。",
            f"The drill failed: what came back differs from what was copied ({', '.join(differing)}). Make another "
            "backup at once and find out why.",
        )
    return found


def last_drill(shelf: Shelf) -> dict[str, Any] | None:
    """Return the last drill: ``at``, ``backup``, ``seconds``, ``is_good``."""
    try:
        found = json.loads((shelf.folder / _RECORD).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _note(shelf: Shelf, found: Drill, differing: list[str]) -> None:
    told_of = {
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "backup": found.backup.name,
        "seconds": found.seconds,
        "is_good": not differing,
    }
    shelf.make()
    with told(shelf.folder):
        replace_text(shelf.folder / _RECORD, json.dumps(told_of))


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """Give a base folder for a cluster and delete it with all that a drill before it left."""
    _forget(folder)
    folder.mkdir(mode=0o700, parents=True)
    try:
        yield folder
    finally:
        _forget(folder)


def _forget(base: Path) -> None:
    if not base.exists():
        return
    layout = places.plan(base)
    major = layout.made_by()
    if major is not None:
        drop_copy(layout, layout.data(major))
    shutil.rmtree(layout.home, ignore_errors=True)
    shutil.rmtree(base)


def _cluster(
    shelf: Shelf, backup: Backup, key_file: Path | None, base: Path, tell: OnProgress
) -> Mapping[str, TableFigure]:
    layout = places.prepare(base, lambda _step: None)
    data = layout.data(backup.major)
    sources = of_shelf(shelf, backup, key_file)
    found = (shelf, backup, key_file)
    with recovered(
        layout, find_programs(backup.major), data, found, sources, Target(point=backup.point), tell
    ) as tables:
        return tables


def _dumped(
    shelf: Shelf, backup: Backup, key_file: Path | None, base: Path, tell: OnProgress
) -> Mapping[str, TableFigure]:
    program = dump.find_program("pg_restore", backup.major)
    with EmbeddedCluster(base) as cluster:
        url = make_url(cluster.url("gridmap"))
        tell("restore", 0, 1)
        with unpacked(file_of(shelf, backup, DUMP), key_file) as stream:
            said = dump.load(url, program, stream)
        if said:
            error = Broken(
                "drill-not-loaded",
                "演练失败：备份未能载入。请立即另做备份，并查明原因。",
                "The drill failed: the backup could not be loaded. Make another backup at once and find out why.",
            )
            error.add_note(said[-2000:])
            raise error
        engine = create_engine(url, poolclass=NullPool, connect_args={"options": figures.OPTIONS})
        with translated(), engine.connect() as connection:
            connection.execute(text("select 1"))
            return figures.figures(connection)
