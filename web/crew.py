"""The processes of one service: begun from one that does nothing else, watched, replaced, ended in order."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NoReturn

from gridmap.storage.embedded.signals import exit_in_order, interrupts_wait

log = logging.getLogger(__name__)

Work = Callable[[], None]

_LOOK_EVERY_S = 0.2
_BREATHE_S = 5.0
"""One that ends as soon as it begins is not begun again at once."""
_END_WITHIN_S = 25.0
_LAST_WITHIN_S = 60.0
"""A backup or a job that runs may take a while to let go."""
_SIGNALS = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})


@dataclass(slots=True)
class _Member:
    name: str
    work: Work
    pid: int = 0
    begun_s: float = float("-inf")


class Crew:
    """Processes that are forked from this one, which has no thread beside its own and opens no connection.

    Parameters
    ----------
    works : sequence of (str, callable)
        Name and work of each, in the order in which they begin; the last ends after all others. A work goes on until
        SIGTERM, which raises SystemExit in it.

    Notes
    -----
    Each has a session of its own: Ctrl-C reaches this process alone, which then ends them in order. Each holds one end
    of a pipe of which this process has the other, so it hears of its end however that comes.
    """

    def __init__(self, works: Sequence[tuple[str, Work]]) -> None:
        self._members = [_Member(name, work) for name, work in works]
        self._hears, self._lives = os.pipe()

    def run(self) -> None:
        """Have them all until a signal asks to end."""
        exit_in_order()
        try:
            while True:
                self._look()
                time.sleep(_LOOK_EVERY_S)
        except (SystemExit, KeyboardInterrupt):
            pass
        finally:
            with interrupts_wait():
                self._end()

    def _look(self) -> None:
        for member in self._members:
            pid, code = member.pid, None
            # A number that was waited for is no child's any more, and is forgotten before a signal may use it.
            with _signals_wait():
                if pid and (code := _ended(pid)) is not None:
                    member.pid = 0
            if code is not None:
                log.warning("%s (process %s) ended with %s and is replaced", member.name, pid, code)
            if not member.pid and time.monotonic() - member.begun_s >= _BREATHE_S:
                self._begin(member)

    def _begin(self, member: _Member) -> None:
        with _signals_wait():
            member.begun_s = time.monotonic()
            pid = os.fork()
            if pid:
                member.pid = pid
                return
            _become(member, self._hears, self._lives)

    def _end(self) -> None:
        _end_all(self._members[:-1], _END_WITHIN_S)
        _end_all(self._members[-1:], _LAST_WITHIN_S)
        os.close(self._lives)
        os.close(self._hears)


def _end_all(members: Sequence[_Member], within_s: float) -> None:
    left = [member for member in members if member.pid]
    for member in left:
        os.kill(member.pid, signal.SIGTERM)
    end_s = time.monotonic() + within_s
    while left := [member for member in left if _ended(member.pid) is None]:
        if time.monotonic() >= end_s:
            end_s = float("inf")
            for member in left:
                log.warning("%s (process %s) did not end in time: killed", member.name, member.pid)
                os.kill(member.pid, signal.SIGKILL)
        time.sleep(0.02)


def _ended(pid: int) -> int | None:
    """Return the exit code of a child that has ended, or None."""
    try:
        found, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return -1
    return os.waitstatus_to_exitcode(status) if found else None


@contextmanager
def _signals_wait() -> Iterator[None]:
    """Let signals arrive after the block: between a fork and its being known nobody may leave."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _become(member: _Member, hears: int, lives: int) -> NoReturn:
    """Be a member, in a process that was just forked; nothing of who forked it runs here afterwards."""
    code = 1
    try:
        os.close(lives)
        os.setsid()
        threading.Thread(target=_end_with, args=(hears,), name="crew", daemon=True).start()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        member.work()
        code = 0
    except (SystemExit, KeyboardInterrupt):
        code = 0
    except BaseException:
        log.exception("%s failed", member.name)
    finally:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):
                continue
        os._exit(code)


def _end_with(hears: int) -> None:
    """End in order when the process that forked this one has ended, however it did; by force if that takes too long."""
    while os.read(hears, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(_LAST_WITHIN_S)
    os._exit(1)
