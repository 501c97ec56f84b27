"""What the processes of one service share: a secret drawn at its start, and a row of numbers that all may read."""

from __future__ import annotations

import mmap
import os
import secrets
import struct
import threading

_ROW = struct.Struct("qq")


class Together:
    """The processes of one service, made before they are.

    Each writes its own row alone and reads all, so no process waits for another, and one that is killed leaves whole
    numbers.

    Parameters
    ----------
    count : int
        How many processes answer requests.
    numbers : str, optional
        Folder in which all of them count what they answered; without one each counts for itself.

    Attributes
    ----------
    secret : bytes
        The same in all of them, and another after each start.
    """

    def __init__(self, count: int = 1, numbers: str | None = None) -> None:
        self.count = count
        self.numbers = numbers
        self.secret = secrets.token_bytes(16)
        self._mine = 0
        self._lock = threading.Lock()
        # Anonymous and shared: what is forked afterwards sees the same bytes. One row more looks after the rest.
        self._rows = mmap.mmap(-1, _ROW.size * (count + 1))
        if count == 1:
            self.become(0)

    def become(self, number: int) -> None:
        """Be one of the processes, from 0; the last number looks after everything else."""
        self._mine = number
        _, changes = self._read(number)
        self._write(os.getpid(), changes)

    def stir(self) -> None:
        """Say to all that this one has changed something."""
        with self._lock:
            pid, changes = self._read(self._mine)
            self._write(pid, changes + 1)

    @property
    def changes(self) -> int:
        """How many changes all of them have told of."""
        return sum(self._read(number)[1] for number in range(self.count + 1))

    @property
    def pids(self) -> tuple[int, ...]:
        """Their numbers to the system; this process's alone where there is one."""
        return tuple(pid for number in range(self.count + 1) if (pid := self._read(number)[0]))

    def _read(self, number: int) -> tuple[int, int]:
        pid, changes = _ROW.unpack_from(self._rows, number * _ROW.size)
        return int(pid), int(changes)

    def _write(self, pid: int, changes: int) -> None:
        _ROW.pack_into(self._rows, self._mine * _ROW.size, pid, changes)
