"""What a disk answers, as an error that names it and says what to do."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

from gridmap.errors import Unavailable

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_NOTHING_BYTES = 1 << 20
_FULL_TEXT, _READ_ONLY_TEXT = "No space left on device", "Read-only file system"


def disk_error(error: OSError, folder: Path | None = None) -> Unavailable | None:
    """Return the error of a disk that is full or read-only; None when it is something else.

    Parameters
    ----------
    error : OSError
    folder : Path, optional
        On the disk; the file that the error names when not given.
    """
    place = folder or (Path(str(error.filename)) if error.filename else None)
    return _named(str(error), place, full=error.errno in _FULL, read_only=error.errno == errno.EROFS)


def disk_error_in(text: str, folder: Path) -> Unavailable | None:
    """Return the same for what a program printed; on a disk without room it could print nothing."""
    return _named(text, folder, full=shutil.disk_usage(folder).free < _NOTHING_BYTES, read_only=False)


def _named(text: str, place: Path | None, *, full: bool, read_only: bool) -> Unavailable | None:
    if full or _FULL_TEXT in text:
        return disk_full(place)
    if read_only or _READ_ONLY_TEXT in text:
        where = str(place or "")
        return Unavailable(
            "disk-read-only",
            f"{where} 所在磁盘是只读的，无法写入。请检查磁盘（dmesg）并重新挂载为可写；已提交的数据没有丢失。",
            f"The disk of {where} is read-only. See what the kernel says (dmesg) and mount it writable again; what was "
            "committed is safe.",
        )
    return None


def disk_full(place: Path | None) -> Unavailable:
    """Return the error of a disk without room."""
    there = place or Path("/")
    while not there.exists():
        there = there.parent
    free_mib = shutil.disk_usage(there).free // 2**20
    return Unavailable(
        "disk-full",
        f"{place or there} 所在磁盘已满（剩余 {free_mib} MB）。请清理或扩大磁盘后重试；已提交的数据没有丢失。",
        f"The disk of {place or there} is full ({free_mib} MB left). Make room and try again; "
        "what was committed is safe.",
    )
