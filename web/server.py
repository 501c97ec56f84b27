"""The server: waitress with a pool of threads for each weight of request, and no patience for half-sent ones."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any, Literal

from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher

from web.behind import refused
from web.door import MOST_BODY, PEER
from web.tls import TlsChannel

log = logging.getLogger(__name__)

REQUEST_WITHIN_S = 10
"""Seconds within which a request must have arrived whole."""

WAITS_WITHIN_S = 10
"""Seconds that a request waits for a thread: later it is refused at once, and told when to come again."""

_IDLE_S = 60
_LOOK_EVERY_S = 2
_FINISHES_WITHIN_S = 5
_MOST_CONNECTIONS = 800
_MOST_TAKEN = 8 * MOST_BODY
"""Bytes of a body that are read at all; the door tells in both languages of those between its own limit and this."""
LIGHT_THREADS = 4
COSTLY_THREADS = 2

Weight = Literal["light", "usual", "costly"]
_LIGHT = ("/healthz", "/metrics", "/live", "/api/v1/jobs", "/static/")
_COSTLY = ("/api/v1/exports/", "/api/v1/coverage")


def weight_of(path: str) -> Weight:
    """Tell which pool answers a request: what costs must not keep the others waiting."""
    if path.startswith(_COSTLY) or path.endswith("/export"):
        return "costly"
    return "light" if path == "/" or path.startswith(_LIGHT) else "usual"


def _weight_of(requests: list[Any]) -> Weight:
    path = getattr(requests[0], "path", None) if requests else None
    return weight_of(path or "/")


class _Pools:
    """Threads by weight, in the form of a waitress task dispatcher."""

    def __init__(self, threads: int) -> None:
        counts: dict[Weight, int] = {"light": LIGHT_THREADS, "usual": threads, "costly": COSTLY_THREADS}
        self._pools: dict[Weight, ThreadedTaskDispatcher] = {}
        for weight, count in counts.items():
            self._pools[weight] = ThreadedTaskDispatcher()
            self._pools[weight].set_thread_count(count)

    def add_task(self, channel: Any) -> None:
        channel.queued_at_s = time.monotonic()
        self._pools[_weight_of(channel.requests)].add_task(channel)

    def shutdown(self, cancel_pending: bool = True, timeout: float = 5) -> bool:
        done = [pool.shutdown(cancel_pending, timeout) for pool in self._pools.values()]
        return all(done)


class _Channel(TlsChannel):
    """A connection that knows since when it waits for the rest of a request."""

    waiting_since_s: float | None = None
    queued_at_s = 0.0

    def received(self, data: bytes) -> bool:
        done = bool(super().received(data))
        if self.request is None:
            self.waiting_since_s = None
        elif self.waiting_since_s is None:
            self.waiting_since_s = time.monotonic()
        return done

    def service(self) -> None:
        """Answer a request, or refuse it where it has waited too long: whoever asked has gone or asks again."""
        waited_s = time.monotonic() - self.queued_at_s
        _served.is_late = waited_s > WAITS_WITHIN_S and _weight_of(self.requests) != "light"
        super().service()


_served = threading.local()


def _naming_the_peer(inner: Callable[..., Any]) -> Callable[..., Any]:
    """Keep who is connected beside what the trusted proxy says of where the request comes from; refuse what is late."""

    def application(environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        if _served.is_late:
            return refused(environ, start)
        environ[PEER] = environ.get("REMOTE_ADDR", "")
        return inner(environ, start)

    return application


class Server(TcpWSGIServer):  # type: ignore[misc]
    """Serves an application on a socket that is bound already.

    Parameters
    ----------
    application : callable
        WSGI.
    listener : socket
    threads : int
        For requests that are neither light nor costly.
    tls : SSLContext, optional
        Makes every connection an encrypted one.
    proxy : str, optional
        Address of a proxy whose word counts: where a request comes from, and whether it came by https.
    """

    channel_class = _Channel

    def __init__(
        self,
        application: Callable[..., Any],
        listener: socket.socket,
        threads: int,
        *,
        tls: ssl.SSLContext | None = None,
        proxy: str | None = None,
    ) -> None:
        self._tls = tls
        trusted = (
            {}
            if proxy is None
            else {
                "trusted_proxy": proxy,
                "trusted_proxy_count": 1,
                "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"},
            }
        )
        adjustments = Adjustments(
            sockets=[listener],
            threads=threads,
            ident=None,
            clear_untrusted_proxy_headers=True,
            url_scheme="http" if tls is None else "https",
            **trusted,
            connection_limit=_MOST_CONNECTIONS,
            max_request_body_size=_MOST_TAKEN,
            channel_timeout=_IDLE_S,
            cleanup_interval=_LOOK_EVERY_S,
            asyncore_use_poll=True,
        )
        super().__init__(
            application,
            map={},
            _sock=listener,
            dispatcher=_Pools(threads),
            adj=adjustments,
            bind_socket=False,
            sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
        )
        self.application: Callable[..., Any] = _naming_the_peer(self.application)

    def run(self) -> None:
        """Answer until SystemExit or KeyboardInterrupt is raised here; then finish what has begun."""
        try:
            self.asyncore.loop(timeout=_LOOK_EVERY_S, map=self._map, use_poll=True)
        except (SystemExit, KeyboardInterrupt):
            self._finish()

    def _finish(self) -> None:
        """Take no more connections, and give those whose answers are being made some seconds to get them."""
        self.accepting = False
        end_s = time.monotonic() + _FINISHES_WITHIN_S
        while time.monotonic() < end_s and any(
            channel.requests or channel.total_outbufs_len for channel in self.active_channels.values()
        ):
            self.asyncore.loop(timeout=0.1, map=self._map, use_poll=True, count=1)
        self.task_dispatcher.shutdown()

    @staticmethod
    def now() -> float:
        """Return the clock by which a connection's idleness is measured."""
        return time.time()

    def accept(self) -> tuple[socket.socket, Any] | None:
        """Take a connection; its handshake, if any, comes with its first reads."""
        taken: tuple[socket.socket, Any] | None = super().accept()
        if taken is None or self._tls is None:
            return taken
        taken[0].setblocking(False)
        return self._tls.wrap_socket(taken[0], server_side=True, do_handshake_on_connect=False), taken[1]

    def maintenance(self, now: float) -> None:
        """Close connections that are idle, and those whose request does not arrive."""
        super().maintenance(now)
        latest_s = time.monotonic() - REQUEST_WITHIN_S
        for channel in self.active_channels.values():
            if channel.waiting_since_s is not None and channel.waiting_since_s < latest_s:
                channel.will_close = True
