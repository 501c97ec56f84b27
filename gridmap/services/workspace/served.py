"""Where a workspace is served: its server tells while it runs, so that commands print addresses that lead there."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

_NAME = "served-at"
_TRIES, _AGAIN_S = 5, 0.02


@contextmanager
def telling(home: Path, address: str) -> Iterator[None]:
    """Tell where the workspace is served while the block runs; of several servers the first one does.

    Parameters
    ----------
    home : Path
        The workspace's folder. Where it cannot be written nothing is told.
    address : str
        With a stroke at its end.
    """
    try:
        file = (home / _NAME).open("a", encoding="utf-8")
    except OSError:
        yield
        return
    # The lock goes with the process, however it ends: what a killed server told is believed by nobody.
    with file:
        if _locked(file):
            file.truncate(0)
            file.write(address)
            file.flush()
        yield


def _locked(file: TextIO) -> bool:
    """Take the lock; a command that looks at this moment whether there is a server holds it no longer than that."""
    for _ in range(_TRIES):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            time.sleep(_AGAIN_S)
        else:
            return True
    return False


def told(home: Path) -> str | None:
    """Return where the workspace is served now; None where no server runs."""
    try:
        with (home / _NAME).open(encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return (home / _NAME).read_text("utf-8") or None
    except OSError:
        pass
    return None
