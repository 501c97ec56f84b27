"""Where a workspace is served: its server tells while it runs, so that commands print addresses that lead there."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NAME = "served-at"


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
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            pass
        else:
            file.truncate(0)
            file.write(address)
            file.flush()
        yield


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
