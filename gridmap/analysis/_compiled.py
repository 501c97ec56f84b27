"""Compilation of numeric loops, when they are first called."""

from __future__ import annotations

import functools
from collections.abc import Callable
from threading import RLock
from typing import Any

_compiling = RLock()


class _Loop:
    """A loop that is compiled by its first call: most commands call none, and numba takes half a second to load."""

    def __init__(self, function: Callable[..., Any], *, in_place: bool) -> None:
        functools.update_wrapper(self, function)
        self._function, self._in_place = function, in_place
        self._machine_code: Callable[..., Any] | None = None

    def __call__(self, *args: Any, **named: Any) -> Any:
        return (self._machine_code or self.compile())(*args, **named)

    def compile(self) -> Callable[..., Any]:
        """Give the compiled loop."""
        with _compiling:
            if self._machine_code is None:
                self._machine_code = _compile(self._function, in_place=self._in_place)
                # A compiled loop calls only compiled ones.
                around = self._function.__globals__
                for name, loop in list(around.items()):
                    if isinstance(loop, _Loop):
                        around[name] = loop.compile()
            return self._machine_code


def _compile(function: Callable[..., Any], *, in_place: bool) -> Callable[..., Any]:
    from numba import njit

    wanted: dict[str, Any] = {"nogil": True}
    if in_place:
        wanted["_nrt"] = False
    try:
        kept: Callable[..., Any] = njit(cache=True, **wanted)(function)
    except RuntimeError:
        kept = njit(**wanted)(function)
    return kept


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a loop with numba, and keep the machine code on disk where there is a folder to keep it in.

    An installation that nobody may write to, under an account without a home, has none: the loop is then compiled
    in each process. The loops release the interpreter's lock, so that the map answers while a long scan runs.
    """
    return _Loop(function, in_place=False)


def compiled_in_place(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a loop that makes no arrays: it counts no references to those that it is given.

    Where loops call one another with tuples of arrays, counting takes more time than all else.
    """
    return _Loop(function, in_place=True)
