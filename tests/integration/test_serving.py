"""Beyond this machine: TLS of the server's own, a proxy's word, and accounts before anything."""

from __future__ import annotations

import datetime as dt
import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gridmap.cli.serve import _require_accounts
from gridmap.domain.accounts import Actor, Role
from gridmap.errors import Forbidden, InvalidInput
from gridmap.services.accounts import demonstration, desk, entry, own
from gridmap.storage.database import Database
from web.server import Server
from web.tls import context_of

PATIENCE_S = 600
LARGE = bytes(range(256)) * 8000


def echo(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
    body = environ["wsgi.input"].read()
    start(
        "200 OK",
        [
            ("Content-Length", str(len(LARGE))),
            ("X-Told", f"{environ['wsgi.url_scheme']} {environ['REMOTE_ADDR']} {len(body)}"),
        ],
    )
    return [LARGE]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for localhost that signs itself, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    import subprocess

    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(cert)],
        check=True, capture_output=True,
    )  # fmt: skip
    return cert, key


@pytest.fixture
def serve() -> Iterator[Callable[..., int]]:
    running: list[tuple[Server, threading.Thread]] = []

    def start(**how: Any) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        server = Server(echo, listener, 2, **how)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        running.append((server, thread))
        return int(listener.getsockname()[1])

    yield start
    for server, _ in running:
        server.close()
        server.task_dispatcher.shutdown()


def test_tls_carries_large_bodies_both_ways_on_one_connection(
    serve: Callable[..., int], pair: tuple[Path, Path]
) -> None:
    port = serve(tls=context_of(*pair))
    trusting = ssl.create_default_context(cafile=str(pair[0]))
    connection = http.client.HTTPSConnection("localhost", port, context=trusting, timeout=PATIENCE_S)
    for sent in (b"", b"x" * 900_000, LARGE[:1000]):
        connection.request("POST", "/", body=sent)
        answer = connection.getresponse()
        assert answer.headers["X-Told"] == f"https 127.0.0.1 {len(sent)}"
        assert answer.read() == LARGE
    connection.close()


def test_who_speaks_no_tls_or_says_nothing_holds_nobody_up(
    serve: Callable[..., int], pair: tuple[Path, Path]
) -> None:
    port = serve(tls=context_of(*pair))
    silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
    with socket.create_connection(("127.0.0.1", port)) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        plain.settimeout(PATIENCE_S)
        try:
            got = plain.recv(1000)
        except ConnectionResetError:
            got = b""
        assert b"200 OK" not in got
    trusting = ssl.create_default_context(cafile=str(pair[0]))
    connection = http.client.HTTPSConnection("localhost", port, context=trusting, timeout=PATIENCE_S)
    connection.request("GET", "/")
    assert connection.getresponse().read() == LARGE
    connection.close()
    for one in silent:
        one.close()


def test_a_key_that_does_not_fit_is_told(pair: tuple[Path, Path], tmp_path: Path) -> None:
    for given in ((pair[1], pair[0]), (tmp_path / "none", pair[1])):
        with pytest.raises(InvalidInput, match="--tls"):
            context_of(*given)


@pytest.mark.parametrize(
    ("proxy", "told"),
    [("127.0.0.1", "https 10.1.2.3 0"), ("10.9.9.9", "http 127.0.0.1 0"), (None, "http 127.0.0.1 0")],
)
def test_only_the_named_proxy_is_believed(serve: Callable[..., int], proxy: str | None, told: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", serve(proxy=proxy), timeout=PATIENCE_S)
    connection.request("GET", "/", headers={"X-Forwarded-For": "10.1.2.3", "X-Forwarded-Proto": "https"})
    answer = connection.getresponse()
    answer.read()
    assert answer.headers["X-Told"] == told
    connection.close()


def test_a_network_is_served_only_where_there_are_accounts_and_nothing_to_try(blank: Database) -> None:
    with pytest.raises(Forbidden) as refused:
        _require_accounts(blank)
    assert refused.value.code == "accounts-first"
    _, link = desk.add_post(blank, Actor.at_the_machine(), "值班岗", Role.TOWN_DESK, 0, dt.date(2026, 1, 1))
    signed_in = entry.who(blank, entry.sign_in_by_link(blank, link).secret)
    assert signed_in is not None
    own.change_password(blank, signed_in, "", "four unrelated words in a row")
    _require_accounts(blank)
    demonstration.add_posts(blank, dt.date(2026, 1, 1))
    with pytest.raises(Forbidden) as refused:
        _require_accounts(blank)
    assert refused.value.code == "demonstration-is-open"
