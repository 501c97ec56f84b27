"""End in order: SIGTERM and SIGHUP become an ordinary exit, and no signal cuts short what must finish."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_ASKS_TO_END = (signal.SIGTERM, signal.SIGHUP)
_INTERRUPTS = (signal.SIGINT, *_ASKS_TO_END)


def exit_in_order() -> None:
    """Let SIGTERM and SIGHUP raise SystemExit, so that what runs at exit runs.

    Signals that the program handles or ignores itself (as under nohup) are left alone, and so is everything
    outside the main thread, where Python takes no handlers.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for number in _ASKS_TO_END:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _exit)


@contextmanager
def interrupts_wait() -> Iterator[None]:
    """Keep the first interrupt that arrives inside until the end of the block; let a second one through.

    Outside the main thread there is nothing to keep: Python handles signals in the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kept: list[int] = []

    def keep(number: int, frame: FrameType | None) -> None:
        if not kept:
            kept.append(number)
        elif callable(handler := before[number]):
            handler(number, frame)

    before = {int(number): signal.getsignal(number) for number in _INTERRUPTS}
    for number, handler in before.items():
        if callable(handler):
            signal.signal(number, keep)
    try:
        yield
    finally:
        for number, handler in before.items():
            if callable(handler):
                signal.signal(number, handler)
    if kept:
        signal.raise_signal(kept[0])


def _exit(number: int, _frame: FrameType | None) -> None:
    # A second request must not cut short the end that the first began.
    signal.signal(number, signal.SIG_IGN)
    sys.exit(128 + number)
