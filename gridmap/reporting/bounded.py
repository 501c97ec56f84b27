"""What runs by somebody else's template: in a process of its own, which ends when it needs too much."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar

import gridmap
from gridmap.errors import InvalidInput

_Given = ParamSpec("_Given")
_Made = TypeVar("_Made", str, bytes)
_ROOT = str(Path(gridmap.__file__).resolve().parent.parent)
_BOOT = (
    "import sys; sys.path.insert(0, {root!r}); "
    "from gridmap.files import limits; limits.apply({memory}, {hard}, 0); "
    "from gridmap.reporting.bounded import main; main({cpu})"
)
_HANDED_ON = frozenset({"PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR"})
"""Of the environment: what finds the fonts; nothing that says where a database is."""
_GRACE_S = 5
_WALL = 20
"""How many times its processor time a process may take on a busy machine."""


class TooMuchError(Exception):
    """The processor time that was allowed is used up."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much a process may use.

    Attributes
    ----------
    memory_bytes, cpu_s : int
    """

    memory_bytes: int
    cpu_s: int


def done(
    allowed: Allowance,
    refused: Callable[[], InvalidInput],
    function: Callable[_Given, _Made],
    *given: _Given.args,
    **named: _Given.kwargs,
) -> _Made:
    """Call a function of a module in a process of its own, and return what it returns.

    Parameters
    ----------
    allowed : Allowance
    refused : callable
        Makes the error where the process was ended before it could say anything.
    function : callable
        Returns text or bytes. :class:`TooMuchError` is raised in it where the time is used up, so that it can tell
        where that was.
    *given, **named
        What it is called with.

    Raises
    ------
    InvalidInput
        As the function does, or as `refused` tells.
    """
    boot = _BOOT.format(
        root=_ROOT, memory=allowed.memory_bytes, hard=allowed.cpu_s + _GRACE_S, cpu=allowed.cpu_s
    )
    with (
        tempfile.TemporaryDirectory(prefix="gridmap-page-") as folder,
        subprocess.Popen(
            [sys.executable, "-I", "-c", boot],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env={name: value for name, value in os.environ.items() if name in _HANDED_ON},
            start_new_session=True,
            close_fds=True,
        ) as process,
    ):
        try:
            answer, _ = process.communicate(
                pickle.dumps((function, given, named)), timeout=allowed.cpu_s * _WALL
            )
        except subprocess.TimeoutExpired:
            raise refused() from None
        finally:
            if process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
    kind, _, content = answer.partition(b"\n")
    if process.returncode or kind not in _KINDS:
        raise refused()
    if kind == b"refused":
        code, zh, en = (part.decode("utf-8", "replace") for part in content.split(b"\0"))
        raise InvalidInput(code, zh, en)
    return content if kind == b"bytes" else content.decode("utf-8")  # type: ignore[return-value]


_KINDS = frozenset({b"text", b"bytes", b"refused"})


def main(cpu_s: int) -> None:
    """Answer one call on standard input."""
    signal.signal(signal.SIGPROF, _spent)
    signal.setitimer(signal.ITIMER_PROF, cpu_s)
    function, given, named = pickle.loads(sys.stdin.buffer.read())  # noqa: S301 - the program's own call
    try:
        made = function(*given, **named)
    except InvalidInput as error:
        answer = b"refused\n" + f"{error.code}\0{error.zh}\0{error.en}".encode("utf-8", "replace")
    else:
        answer = b"bytes\n" + made if isinstance(made, bytes) else b"text\n" + made.encode("utf-8")
    signal.setitimer(signal.ITIMER_PROF, 0)
    sys.stdout.buffer.write(answer)


def _spent(*_: object) -> None:
    raise TooMuchError
