"""Which processes use the cluster: one locked file each, so that the last one out can stop the server.

The kernel drops a lock when its process ends, however it ends. A count of locks, unlike one shared lock, can
also be said to a person.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import uuid
from pathlib import Path

from gridmap.storage.embedded.layout import Layout

DETACHED = "detached"


class Hold:
    """The use of a cluster by one object, from `take` to `release`."""

    def __init__(self) -> None:
        self._descriptor: int | None = None
        self._path: Path | None = None
        self._pid: int | None = None

    @property
    def is_held(self) -> bool:
        """Whether this process holds the cluster through this object."""
        return self._descriptor is not None and self._pid == os.getpid()

    def take(self, layout: Layout) -> None:
        """Become a user; under the cluster's mutex."""
        path = layout.users / f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
        layout.own_file(path)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        self._path, self._pid = path, os.getpid()

    def release(self) -> None:
        """Stop being a user; under the cluster's mutex."""
        if not self.is_held or self._descriptor is None or self._path is None:
            return
        self._path.unlink(missing_ok=True)
        os.close(self._descriptor)
        self._descriptor = None

    def forget(self) -> None:
        """In a forked child: close the copied descriptor, which would outlive the parent."""
        if self._descriptor is not None:
            with contextlib.suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = None


def count_users(layout: Layout, *, clean: bool = False) -> int:
    """Count the live users.

    Parameters
    ----------
    clean : bool
        Remove the files of users that are gone; only under the cluster's mutex.
    """
    alive = 0
    try:
        entries = list(layout.users.iterdir())
    except FileNotFoundError:
        return 0
    for entry in entries:
        if entry.name.startswith(DETACHED):
            continue
        try:
            descriptor = os.open(entry, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            alive += 1
        else:
            if clean:
                entry.unlink(missing_ok=True)
        finally:
            os.close(descriptor)
    return alive


def mark_detached(layout: Layout, identity: str) -> None:
    """Note that the server with this identity is to go on without users."""
    layout.own_file(layout.users / DETACHED, identity)


def is_detached(layout: Layout, identity: str) -> bool:
    """Whether the server with this identity is to go on without users; a later server is not."""
    try:
        return bool(identity) and (layout.users / DETACHED).read_text("utf-8") == identity
    except FileNotFoundError:
        return False


def unmark_detached(layout: Layout) -> None:
    """Let the server end with its last user again."""
    (layout.users / DETACHED).unlink(missing_ok=True)
