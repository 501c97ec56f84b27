"""Programs that start warm: forked from one that has already imported the product.

A start imports twelve hundred modules, six seconds of a processor, and the tests start some hundred programs to
kill, stop or question them. Those that ask how a start itself goes (the wheel, the bundle, another account, other
surroundings of the interpreter) start cold, with `subprocess`.

One server of forks stands beside each process of tests. What it forks has a number, a session, surroundings and
an end of its own; only its parent is another.
"""

from __future__ import annotations

import array
import atexit
import contextlib
import functools
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import types
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

from tests import templates

REPOSITORY = Path(__file__).resolve().parents[1]
GRIDMAP = (sys.executable, "-c", "from gridmap.cli import main; main()")
WARM_WORKERS = "TESTS_WARM_WORKERS"
"""Variable by which a server of pages starts its workers of jobs warm, too."""
_ORDER_BYTES = 1 << 20


class Warm:
    """A running program, as `subprocess.Popen` has it.

    Parameters
    ----------
    argv : sequence of str
        The interpreter, then ``-c`` and a program or the path of one, then its words.
    env : mapping
        The whole environment.
    cwd : path
    stdin, stdout, stderr : file, int or None
        As `subprocess.Popen` takes them; a pipe for text.
    umask : int
        -1 leaves it alone.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: str | Path = "/",
        stdin: IO[Any] | int | None = subprocess.DEVNULL,
        stdout: IO[Any] | int | None = None,
        stderr: IO[Any] | int | None = None,
        umask: int = -1,
    ) -> None:
        assert argv[0] == sys.executable, argv
        assert "LD_PRELOAD" not in env, "only a new interpreter loads it"
        self.args = list(argv)
        self.returncode: int | None = None
        self._asking = threading.Lock()
        theirs: list[int] = []
        self.stdin = self._pipe(stdin, "w", theirs, 0)
        self.stdout = self._pipe(stdout, "r", theirs, 1)
        self.stderr = self._pipe(stderr, "r", theirs, theirs[1] if stderr == subprocess.STDOUT else 2)
        order = {"argv": [*argv[1:]], "env": dict(env), "cwd": str(cwd), "umask": umask}
        self._server = socket.socket(socket.AF_UNIX)
        self._server.connect(str(_address()))
        try:
            socket.send_fds(self._server, [json.dumps(order).encode() + b"\n"], theirs)
        finally:
            for number in set(theirs) - {0, 1, 2}:
                os.close(number)
        self._heard = self._server.makefile("rb")
        self.pid = int(self._heard.readline())

    def _pipe(self, asked: IO[Any] | int | None, mode: str, theirs: list[int], own: int) -> IO[str] | None:
        if asked == subprocess.PIPE:
            reading, writing = os.pipe()
            theirs.append(writing if mode == "r" else reading)
            return os.fdopen(reading if mode == "r" else writing, mode, encoding="utf-8")
        if asked is None or asked == subprocess.STDOUT:
            theirs.append(os.dup(own))
        elif asked == subprocess.DEVNULL:
            theirs.append(os.open(os.devnull, os.O_RDWR))
        else:
            theirs.append(os.dup(asked if isinstance(asked, int) else asked.fileno()))
        return None

    def poll(self) -> int | None:
        """Give the exit code, or None while it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; the exit code, the negative number of the signal that ended it."""
        with self._asking:
            if self.returncode is None:
                with selectors.DefaultSelector() as ends:
                    ends.register(self._server, selectors.EVENT_READ)
                    if not ends.select(timeout):
                        raise subprocess.TimeoutExpired(self.args, timeout or 0)
                told = self._heard.readline()
                assert told, "the server of forks is gone"
                self.returncode = int(told)
                self._heard.close()
                self._server.close()
            return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Read all that it prints, output and errors, and wait for its end."""
        if self.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self.stdin.close()
        # A pipe that nobody reads fills, and its writer waits.
        with ThreadPoolExecutor(1) as beside:
            errors = beside.submit(_drain, self.stderr)
            printed = _drain(self.stdout)
        self.wait(timeout)
        return printed, errors.result()

    def send_signal(self, how: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, how)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


def _drain(pipe: IO[str] | None) -> str:
    if pipe is None or pipe.closed:
        return ""
    with pipe:
        return pipe.read()


def run(
    argv: Sequence[str], *, env: Mapping[str, str], cwd: str | Path = "/", timeout: float | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, and give what it printed."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        program = Warm(argv, env=env, cwd=cwd, stdout=out, stderr=err)
        try:
            code = program.wait(timeout)
        finally:
            program.kill()
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess([*argv], code, out.read(), err.read())


@functools.cache
def _address() -> Path:
    """Start the server of this process, and give the address of its socket."""
    folder = Path(tempfile.mkdtemp(prefix="gm-warm-", dir="/tmp"))
    # It ends when this end of the pipe is closed, however this process ends.
    process = subprocess.Popen(
        [sys.executable, "-c", "from tests.warm import serve; serve()", str(folder)],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    assert process.stdout.readline() == b"ready\n", "the server of forks did not start"
    process.stdout.close()
    atexit.register(process.wait)
    atexit.register(process.stdin.close)
    return folder / "socket"


def serve() -> None:
    """Import the product and fork whatever is asked for, until standard input ends."""
    folder = Path(sys.argv[1])
    _import_product()
    from tests.doors import make_passwords_cheap

    make_passwords_cheap()
    if templates.FOLDER in os.environ:
        templates.keep_compiled(os.environ[templates.FOLDER])
    # What a fork looks through for garbage it must copy.
    gc.collect()
    gc.freeze()
    woken, wakes = os.pipe()
    os.set_blocking(wakes, False)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
    asked: dict[int, socket.socket] = {}
    with socket.socket(socket.AF_UNIX) as door, selectors.DefaultSelector() as events:
        door.bind(str(folder / "socket"))
        door.listen(64)
        for heard in (0, woken, door.fileno()):
            events.register(heard, selectors.EVENT_READ)
        os.write(1, b"ready\n")
        os.dup2(2, 1)
        while True:
            happened = [key.fd for key, _ in events.select()]
            if woken in happened:
                os.read(woken, 4096)
                _tell_ends(asked)
            if door.fileno() in happened:
                caller, _ = door.accept()
                order, files = _order(caller)
                pid = os.fork()
                if pid == 0:
                    # Nothing of the server's is left open in a program.
                    mine = [door.fileno(), events.fileno(), woken, wakes, caller.fileno()]  # type: ignore[attr-defined]
                    _become(
                        folder / "socket",
                        order,
                        files,
                        [*mine, *(other.fileno() for other in asked.values())],
                    )
                for file in files:
                    os.close(file)
                caller.sendall(b"%d\n" % pid)
                asked[pid] = caller
            if 0 in happened:
                break
    (folder / "socket").unlink()
    folder.rmdir()
    os._exit(0)


def _import_product() -> None:
    import numba  # noqa: F401
    import psycopg  # noqa: F401
    import sqlalchemy.dialects.postgresql.psycopg  # noqa: F401

    from gridmap.cli.main import _COMMANDS

    for module, _, _ in _COMMANDS.values():
        importlib.import_module(module)


def _order(caller: socket.socket) -> tuple[dict[str, Any], list[int]]:
    told = b""
    files = array.array("i")
    while not told.endswith(b"\n"):
        part, passed, _, _ = socket.recv_fds(caller, _ORDER_BYTES, 3)
        assert part, "an order broke off"
        told += part
        files.extend(passed)
    return json.loads(told), list(files)


def _tell_ends(asked: dict[int, socket.socket]) -> None:
    while asked:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        caller = asked.pop(pid)
        # Who asked may be gone.
        with contextlib.suppress(OSError):
            caller.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
        caller.close()


def _become(address: Path, order: dict[str, Any], files: list[int], close: Iterable[int]) -> None:
    """Be the program that was asked for, in a process that was just forked."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        for own, file in enumerate(files):
            os.dup2(file, own)
        for number in {*files, *close} - {0, 1, 2}:
            os.close(number)
        os.environ.clear()
        os.environ.update(order["env"])
        time.tzset()
        os.chdir(order["cwd"])
        if order["umask"] >= 0:
            os.umask(order["umask"])
        if WARM_WORKERS in os.environ:
            _start_workers_warm(address)
        _execute(order["argv"])
        code = 0
    except SystemExit as ended:
        code = _exit_code(ended)
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        # As an interpreter ends: threads, then what is registered, then what is still to be written.
        with contextlib.suppress(BaseException):
            threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)


def _start_workers_warm(address: Path) -> None:
    from gridmap.services.jobs import pool

    def start(argv: Sequence[str], *, start_new_session: bool, **files: int) -> Warm:
        assert start_new_session, "what is forked has a session of its own"
        return Warm(argv, env=os.environ, cwd=Path.cwd(), **files)

    globals()["_address"] = lambda: address
    own = types.SimpleNamespace(**vars(subprocess))
    own.Popen = start
    pool.subprocess = own  # type: ignore[attr-defined]


def _execute(argv: list[str]) -> None:
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    if argv[0] == "-c":
        sys.argv = ["-c", *argv[2:]]
        program = compile(argv[1], "<string>", "exec")
    else:
        path = Path(argv[0])
        sys.argv = [*argv]
        sys.path.insert(0, str(path.parent))
        module.__file__ = str(path)
        program = compile(path.read_text("utf-8"), str(path), "exec")
    exec(program, module.__dict__)  # noqa: S102 - the tests' own programs


def _exit_code(ended: SystemExit) -> int:
    if ended.code is None:
        return 0
    if isinstance(ended.code, int):
        return ended.code & 0xFF
    print(ended.code, file=sys.stderr)
    return 1
