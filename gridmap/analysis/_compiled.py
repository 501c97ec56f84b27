"""Compilation of numeric loops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a loop with numba, and keep the machine code on disk where there is a folder to keep it in.

    An installation that nobody may write to, under an account without a home, has none: the loop is then compiled
    in each process. The loops release the interpreter's lock, so that the map answers while a long scan runs.
    """
    try:
        kept: Callable[..., Any] = njit(cache=True, nogil=True)(function)
    except RuntimeError:
        return njit(nogil=True)(function)
    return kept
