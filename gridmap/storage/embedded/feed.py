"""Segments of the log, handed to a recovering server one by one as it asks for them.

A week of log unpacked would not fit the disk, and the server's account sees neither backups nor keys: its
``restore_command`` leaves a question in a folder, and this program answers with the file.
"""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO

from gridmap.errors import GridmapError
from gridmap.storage.embedded.layout import Layout

logger = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.01
_AHEAD = 4
"""Segments that are unpacked before they are asked for."""

# 6000 looks of 0.02 s: a question that nobody answers ends the recovery (exit codes above 125 do) in two minutes.
_COMMAND = (
    'f=../{folder}/%f; n=0; [ -e "$f" ] || : > "$f.want"; '
    'until [ -e "$f" ]; do [ ! -e "$f.none" ] || {{ rm -f "$f.none"; exit 1; }}; '
    'n=$((n+1)); [ $n -lt 6000 ] || exit 126; sleep 0.02; done; mv "$f" %p'
)

Opener = Callable[[], AbstractContextManager[BinaryIO]]


class LogFeed:
    """Answers a server's questions for segments.

    Parameters
    ----------
    layout : Layout
    folder : Path
        Beside the data folder; made, and deleted at the end.
    sources : mapping
        How each segment is opened, by its name.
    """

    def __init__(self, layout: Layout, folder: Path, sources: Mapping[str, Opener]) -> None:
        self._layout, self._folder, self._sources = layout, folder, sources
        self._order = sorted(sources)
        self._over = threading.Event()
        self.failed: Exception | None = None

    @property
    def command(self) -> str:
        """The server's ``restore_command``, run in its data folder."""
        return _COMMAND.format(folder=self._folder.name)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Answer until the block ends."""
        self._layout.own_folder(self._folder)
        thread = threading.Thread(target=self._answer, name="log", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()
            shutil.rmtree(self._folder, ignore_errors=True)

    def _answer(self) -> None:
        while not self._over.wait(_LOOK_EVERY_S):
            for question in list(self._folder.glob("*.want")):
                name = question.name.removesuffix(".want")
                question.unlink()
                try:
                    self._put(name)
                except (GridmapError, OSError) as error:
                    logger.warning("segment %s of the log was not read: %s", name, error)
                    self.failed = error
                    (self._folder / f"{name}.none").touch()

    def _put(self, name: str) -> None:
        if name not in self._sources:
            (self._folder / f"{name}.none").touch()
            return
        begin = self._order.index(name)
        for wanted in self._order[begin : begin + 1 + _AHEAD]:
            path = self._folder / wanted
            if wanted == name or (len(wanted) == len(name) and not path.exists()):
                self._write(wanted, path)

    def _write(self, name: str, path: Path) -> None:
        new = path.with_name(path.name + ".new")
        self._layout.own_file(new)
        with self._sources[name]() as source, new.open("wb") as out:
            shutil.copyfileobj(source, out, 1 << 20)
        new.replace(path)
