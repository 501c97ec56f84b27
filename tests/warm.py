"""Programs that start warm: forked from one that has already imported the product.

A start imports twelve hundred modules, six seconds of a processor, and the tests start some hundred programs to
kill, stop or question them. Those that ask how a start itself goes (the wheel, the bundle, another account, other
surroundings of the interpreter) start cold, with `subprocess`.

One server of forks stands beside each process of tests. What it forks has a number, a session, surroundings and
an end of its own; only its parent is another.

Each untrusted file is read, and each page of a town's own template filled, by a process of its own, which takes a
third of a second of a processor to start, some hundred times in a run. Those come of a second server, which has
imported what such a process imports before it looks at anything, and nothing else: limits, surroundings and folder
are its own as ever. Tests of what holds such a process start it cold (`cold`).
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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any, Self

REPOSITORY = Path(__file__).resolve().parents[1]
GRIDMAP = (sys.executable, "-c", "from gridmap.cli import main; main()")
WARM_WORKERS = "TESTS_WARM_WORKERS"
"""Variable by which a server of pages starts its workers of jobs warm, too."""
_ORDER_BYTES = 1 << 20
_BOUNDED = "serve_bounded()"
_SURROUNDINGS = {
    _BOUNDED: {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "1",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
    }
}
"""What libraries ask for when they are imported, as `gridmap.ingest.reading.sandbox` has it."""


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
        self._server.connect(str(self._address()))
        try:
            socket.send_fds(self._server, [json.dumps(order).encode() + b"\n"], theirs)
        finally:
            for number in set(theirs) - {0, 1, 2}:
                os.close(number)
        self._heard = self._server.makefile("rb")
        self.pid = int(self._heard.readline())

    @staticmethod
    def _address() -> Path:
        return _address("serve()")

    def _pipe(self, asked: IO[Any] | int | None, mode: str, theirs: list[int], own: int) -> IO[Any] | None:
        if asked == subprocess.PIPE:
            reading, writing = os.pipe()
            theirs.append(writing if mode == "r" else reading)
            return self._opened(reading if mode == "r" else writing, mode)
        if asked is None or asked == subprocess.STDOUT:
            theirs.append(os.dup(own))
        elif asked == subprocess.DEVNULL:
            theirs.append(os.open(os.devnull, os.O_RDWR))
        else:
            theirs.append(os.dup(asked if isinstance(asked, int) else asked.fileno()))
        return None

    @staticmethod
    def _opened(number: int, mode: str) -> IO[Any]:
        return os.fdopen(number, mode, encoding="utf-8")

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


class Bounded(Warm):
    """A process that reads one untrusted file or fills one page; takes and gives bytes."""

    def __init__(
        self, argv: Sequence[str], *, start_new_session: bool, close_fds: bool, **given: Any
    ) -> None:
        assert start_new_session, "what is forked has a session of its own"
        assert close_fds, "and no other's files"
        program, isolated, *rest = argv
        assert isolated == "-I", argv
        super().__init__([program, *rest], **given)

    @staticmethod
    def _address() -> Path:
        return _address(_BOUNDED)

    @staticmethod
    def _opened(number: int, mode: str) -> IO[Any]:
        return os.fdopen(number, f"{mode}b")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for pipe in (self.stdin, self.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        self.wait()

    def communicate(  # type: ignore[override]
        self, given: bytes, timeout: float | None = None
    ) -> tuple[bytes, None]:
        """Hand it bytes, and wait for what it prints and for its end."""
        assert self.stdin is not None
        said = b""
        with ThreadPoolExecutor(2) as beside:
            handing = beside.submit(self._hand, given)
            hearing = beside.submit(self.stdout.read) if self.stdout is not None else None
            try:
                self.wait(timeout)
            except subprocess.TimeoutExpired:
                # Otherwise it would be heard for ever.
                os.killpg(self.pid, signal.SIGKILL)
                raise
            handing.result()
            if hearing is not None:
                said = hearing.result()
        return said, None

    def _hand(self, given: bytes) -> None:
        assert self.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.stdin.write(given)
            self.stdin.close()


def bound_warm() -> None:
    """Let this process read files and fill pages in processes that start warm."""
    for module in _bounding():
        own = types.SimpleNamespace(**vars(subprocess))
        own.Popen = Bounded
        module.subprocess = own  # type: ignore[attr-defined]


@contextlib.contextmanager
def cold() -> Iterator[None]:
    """Start such processes as the product does, for as long as the block lasts."""
    kept = [(module, vars(module)["subprocess"]) for module in _bounding()]
    for module, _ in kept:
        module.subprocess = subprocess  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for module, own in kept:
            module.subprocess = own  # type: ignore[attr-defined]


def _bounding() -> tuple[types.ModuleType, ...]:
    from gridmap.ingest.reading import sandbox
    from gridmap.reporting import bounded

    return sandbox, bounded


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
def _address(serving: str) -> Path:
    """Start a server of this process, and give the address of its socket."""
    folder = Path(tempfile.mkdtemp(prefix="gm-warm-", dir="/tmp"))
    # It ends when this end of the pipe is closed, however this process ends.
    process = subprocess.Popen(
        [sys.executable, "-c", f"from tests import warm; warm.{serving}", str(folder)],
        env={**_SURROUNDINGS.get(serving, os.environ), "PYTHONPATH": str(REPOSITORY)},
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
    from tests import templates
    from tests.doors import make_passwords_cheap

    _import_product()
    make_passwords_cheap()
    if templates.FOLDER in os.environ:
        templates.keep_compiled(os.environ[templates.FOLDER])
    _fork_what_is_asked_for()


def serve_bounded() -> None:
    """Import what reads files and fills pages, and no more; then as `serve`."""
    import gridmap.ingest.isolated.worker
    import gridmap.reporting.bounded
    import gridmap.reporting.templating  # noqa: F401

    _fork_what_is_asked_for()


def _fork_what_is_asked_for() -> None:
    folder = Path(sys.argv[1])
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

    globals()["_address"] = lambda _serving: address
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
