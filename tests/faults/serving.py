"""A ``gridmap serve`` that a test starts, asks and ends."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from tests.warm import GRIDMAP, REPOSITORY, Warm

PATIENCE_S = 300


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(home: Path, **own: str) -> dict[str, str]:
    """What a program needs, and nothing of the tests' own surroundings but what finds it."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {"GRIDMAP_HOME": str(home), "PYTHONPATH": str(REPOSITORY), "GRIDMAP_WORKERS": "0"} | own


class Serving:
    """A running server.

    Parameters
    ----------
    home : Path
        Folder of its workspace.
    prefix : tuple of str
        Program that starts it.
    around : mapping, optional
        Its whole environment.
    umask : int
        -1 leaves it alone.
    cold : bool
        Start a new interpreter, because the test is about that; it does so behind a prefix in any case.
    """

    def __init__(
        self,
        home: Path,
        *,
        prefix: tuple[str, ...] = (),
        around: Mapping[str, str] | None = None,
        umask: int = -1,
        cold: bool = False,
    ) -> None:
        self.port = free_port()
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed in `close`
        argv = [*prefix, *GRIDMAP, "serve", "--port", str(self.port)]
        env = environment(home) if around is None else dict(around)
        self.process: Warm | subprocess.Popen[bytes]
        if prefix or cold:
            self.process = subprocess.Popen(
                argv,
                env=env,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=self._said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                umask=umask,
            )
        else:
            self.process = Warm(argv, env=env, stdout=self._said, stderr=subprocess.STDOUT, umask=umask)

    @property
    def said(self) -> str:
        self._said.seek(0)
        return self._said.read().decode("utf-8", "replace")

    def ask(self, path: str = "/healthz", token: str = "") -> tuple[int, http.client.HTTPMessage]:
        """Give the status of an answer and its headers; 0 where nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
            answer = connection.getresponse()
            answer.read()
        except OSError:
            return 0, http.client.HTTPMessage()
        finally:
            connection.close()
        return answer.status, answer.headers

    def until(self, status: int = 200, path: str = "/healthz") -> float:
        """Wait for an answer with a status; give the seconds that it took."""
        begun_s = time.monotonic()
        while time.monotonic() < begun_s + PATIENCE_S and self.process.poll() is None:
            if self.ask(path)[0] == status:
                return time.monotonic() - begun_s
            time.sleep(0.05)
        raise AssertionError(f"never {status} (exit code {self.process.poll()}): {self.said}")

    def end(self, how: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """Ask it to end; give its exit code and all that it said."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            code = self.process.wait(PATIENCE_S)
        finally:
            self.process.kill()
            self.process.wait()
        return code, self.said

    def close(self) -> None:
        """End it in any case."""
        self.end()
        self._said.close()
