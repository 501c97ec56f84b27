"""Tiles of the ground as they were made: in memory, and as files in the workspace's folder, by what they were made of.

A tile is kept under the version and the mark that were read in the transaction that made it. What is asked for under
another version is made anew, so neither an old tile nor one of a scope that sees more is ever given.
"""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from gridmap.domain.gridkey import Scope
from gridmap.errors import GridmapError
from gridmap.files.atomic import replacing

FOLDER = "tiles"
_MOST_BYTES = 64 * 2**20
_ENTRY_BYTES = 500
"""What a tile takes beside its bytes: most of those far in are empty."""
_MOST_FILES = 20_000
_COUNTED_EVERY = 500
"""Files after which a process counts them: others write as well."""


@dataclass(frozen=True, slots=True)
class TileName:
    """Whose a tile is, and which.

    Attributes
    ----------
    scope : Scope
        Two scopes see different grids.
    layer : str
    z, x, y : int
    """

    scope: Scope
    layer: str
    z: int
    x: int
    y: int

    @property
    def file_name(self) -> str:
        """Name of its file."""
        return f"{self.scope.lo}-{self.scope.hi}-{self.layer}-{self.z}-{self.x}-{self.y}.mvt"


class TileCache:
    """Tiles of one workspace.

    Parameters
    ----------
    home : Path
        Folder of the workspace; where it is full or unwritable, tiles are kept in memory alone.
    share : int
        Processes that keep tiles of the workspace, each its share of memory.
    """

    def __init__(self, home: Path, share: int = 1) -> None:
        self._folder = home / FOLDER
        self._kept: OrderedDict[tuple[int, TileName], bytes] = OrderedDict()
        self._bytes = 0
        self._most_bytes = _MOST_BYTES // share
        self._mark = ""
        self._files = 0
        self._lock = threading.Lock()
        self._writing = threading.Lock()

    def remembered(self, version: int, name: TileName) -> bytes | None:
        """Return a tile of a version that this process has made or read, or None."""
        with self._lock:
            tile = self._kept.get((version, name))
            if tile is not None:
                self._kept.move_to_end((version, name))
            return tile

    def remember(self, version: int, name: TileName, tile: bytes) -> None:
        """Keep a tile in memory; those that were not asked for the longest go."""
        with self._lock:
            known = self._kept.pop((version, name), None)
            if known is not None:
                self._bytes -= len(known) + _ENTRY_BYTES
            self._bytes += len(tile) + _ENTRY_BYTES
            self._kept[version, name] = tile
            while self._bytes > self._most_bytes:
                _, gone = self._kept.popitem(last=False)
                self._bytes -= len(gone) + _ENTRY_BYTES

    def read(self, mark: str, name: TileName) -> bytes | None:
        """Return the tile of a file, or None.

        Parameters
        ----------
        mark : str
            Tells what the tile was made of; see :func:`gridmap.storage.ground.tiles.mark`.
        name : TileName
        """
        try:
            return (self._folder / mark / name.file_name).read_bytes()
        except OSError:
            return None

    def write(self, mark: str, name: TileName, tile: bytes) -> None:
        """Write a tile as a file; those of another mark go."""
        with contextlib.suppress(OSError, GridmapError), self._writing:
            folder = self._folder / mark
            is_counted = self._files % _COUNTED_EVERY != 0 or self._files >= _MOST_FILES
            # Another process may write here as well: one of another mark has removed this folder.
            if mark != self._mark or not is_counted or not folder.is_dir():
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                for old in self._folder.iterdir():
                    if old.name != mark:
                        shutil.rmtree(old, ignore_errors=True)
                self._mark, self._files = mark, sum(1 for _ in folder.iterdir())
            if self._files < _MOST_FILES:
                self._files += 1
                with replacing(folder / name.file_name) as path:
                    path.write_bytes(tile)
