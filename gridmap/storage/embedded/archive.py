"""The write-ahead log's way out of the cluster: the server puts each full segment into a folder beside the data.

Somebody has to take them from there, so the folder is made by the first backup; before, full segments are dropped.
"""

from __future__ import annotations

import re
from pathlib import Path

from gridmap.storage.embedded.layout import Layout

FOLDER = "archive"

WITHIN_S = 30
"""Seconds after which a segment with anything in it is handed over, full or not."""

# Relative to the data folder, where the server runs it: no name needs quoting. dd waits for the disk, cp does not.
COMMAND = (
    f"test ! -d ../{FOLDER} || {{ dd if=%p of=../{FOLDER}/%f.new bs=1M conv=fsync status=none"
    f" && mv ../{FOLDER}/%f.new ../{FOLDER}/%f; }}"
)

_SEGMENT = re.compile(r"[0-9A-F]{24}(\.[0-9A-F]{8}\.backup)?|[0-9A-F]{8}\.history")


def folder_of(layout: Layout, major: int) -> Path:
    """Return where full segments are put; it is there once somebody wants them."""
    return layout.home / str(major) / FOLDER


def is_wanted(layout: Layout, data: Path) -> bool:
    """Tell whether segments are kept for somebody."""
    return data.parent.parent == layout.home and (data.parent / FOLDER).is_dir()


def waiting(folder: Path) -> list[Path]:
    """Return what lies there whole, oldest first, the histories of timelines before the segments."""
    if not folder.is_dir():
        return []
    found = [path for path in folder.iterdir() if _SEGMENT.fullmatch(path.name)]
    return sorted(found, key=lambda path: (not path.name.endswith(".history"), path.name))
