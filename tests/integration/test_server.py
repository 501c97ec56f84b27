"""The server: light requests are answered whatever else runs, and whoever half-sends a request keeps nobody out."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import pytest

import web.server
from web.server import Server, weight_of

PATIENCE_S = 600
HALF = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Half: "


class Application:
    """Answers /healthz and other light requests at once, everything else when it is let go."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.begun = threading.Semaphore(0)
        self.finished: list[str] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if weight_of(path) != "light":
            self.begun.release()
            self.go_on.wait(PATIENCE_S)
            self.finished.append(path)
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]


@pytest.fixture
def application() -> Iterator[Application]:
    made = Application()
    yield made
    made.go_on.set()


@pytest.fixture
def port(application: Application, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(web.server, "WAITS_WITHIN_S", PATIENCE_S)
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(application, listener, threads=3)
    over = threading.Event()

    def run() -> None:
        while not over.is_set():
            server.asyncore.loop(timeout=0.1, map=server._map, use_poll=True, count=1)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    application.go_on.set()
    over.set()
    thread.join(PATIENCE_S)
    server.task_dispatcher.shutdown()
    for channel in list(server.active_channels.values()):
        channel.handle_close()
    server.close()


def get(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize("path", ["/api/v1/exports/incidents.csv", "/api/v1/coverage", "/api/v1/incidents"])
def test_healthz_and_jobs_are_answered_before_any_of_the_requests_that_fill_the_other_pools(
    application: Application, port: int, path: str
) -> None:
    with ThreadPoolExecutor(20) as clients:
        asked = [clients.submit(get, port, path) for _ in range(20)]
        assert application.begun.acquire(timeout=PATIENCE_S)
        assert get(port, "/healthz") == 200
        assert get(port, "/api/v1/jobs/" + "0" * 32) == 200
        assert application.finished == []
        application.go_on.set()
        wait(asked)
    assert [done.result() for done in asked] == [200] * 20


def test_costly_requests_leave_the_threads_of_usual_ones_free(application: Application, port: int) -> None:
    with ThreadPoolExecutor(21) as clients:
        costly = [clients.submit(get, port, "/api/v1/exports/grids.csv") for _ in range(20)]
        assert application.begun.acquire(timeout=PATIENCE_S)
        usual = clients.submit(get, port, "/api/v1/grids")
        # Of twenty costly ones two begin; the third to begin is the usual one.
        for _ in range(2):
            assert application.begun.acquire(timeout=PATIENCE_S)
        assert application.finished == []
        application.go_on.set()
        wait([usual, *costly])


def test_a_request_that_waited_too_long_is_refused_at_once_and_told_when_to_come_again(
    application: Application, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ThreadPoolExecutor(4) as clients:
        first = [clients.submit(get, port, "/api/v1/grids") for _ in range(3)]
        for _ in first:
            assert application.begun.acquire(timeout=PATIENCE_S)
        monkeypatch.setattr(web.server, "WAITS_WITHIN_S", -1)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        connection.request("GET", "/api/v1/incidents")
        # Light requests are answered however late they are.
        assert get(port, "/healthz") == 200
        application.go_on.set()
        answer = connection.getresponse()
        told = json.loads(answer.read())
        connection.close()
        wait(first)
    assert (answer.status, told["code"]) == (503, "server-behind")
    assert int(answer.headers["Retry-After"]) > 0
    assert told["message_zh"] != told["message_en"]
    assert application.finished == ["/api/v1/grids"] * 3
    assert [done.result() for done in first] == [200] * 3


LATE = (
    ("GET", "/desk", {}, ("<!doctype html>", '<meta http-equiv="refresh"', "服务器正忙")),
    ("GET", "/desk?lang=en", {}, ("<!doctype html>", "The server is busy", "was not opened")),
    (
        "GET",
        "/town",
        {"HX-Request": "true", "Cookie": "lang=en"},
        ('<p class="notice bad"', "The server is busy"),
    ),
    ("POST", "/cases/new", {}, ("<!doctype html>", "没有登记", "填写的内容还在")),
)


@pytest.mark.parametrize(("method", "path", "more", "said"), LATE)
def test_a_person_whose_request_waited_too_long_is_told_in_words_and_a_page_tries_again_by_itself(
    port: int,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    path: str,
    more: dict[str, str],
    said: tuple[str, ...],
) -> None:
    monkeypatch.setattr(web.server, "WAITS_WITHIN_S", -1)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    connection.request(method, path, headers={"Accept": "text/html", **more})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    for words in said:
        assert words in text
    # What was sent is not sent again by itself, and a part of a page is no page.
    assert ("http-equiv" in text) == (method == "GET" and not more)


def test_a_hundred_and_ten_half_sent_requests_keep_nobody_out(port: int) -> None:
    held = [socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) for _ in range(110)]
    try:
        for connection in held:
            connection.sendall(HALF)
        assert get(port, "/healthz") == 200
    finally:
        for connection in held:
            connection.close()


def test_a_request_that_does_not_arrive_is_cut_even_when_it_comes_byte_by_byte(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web.server, "REQUEST_WITHIN_S", 0.5)
    with socket.create_connection(("127.0.0.1", port), timeout=0.2) as slow:
        slow.sendall(HALF)
        for _ in range(PATIENCE_S * 5):
            try:
                if slow.recv(1) == b"":
                    return
                slow.sendall(b"x")
            except TimeoutError:
                slow.sendall(b"x")
            except OSError:
                return
    pytest.fail("the half-sent request was never cut")


def test_a_connection_that_sends_whole_requests_stays_open_between_them(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web.server, "REQUEST_WITHIN_S", 0.5)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    for _ in range(3):
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        assert answer.read() == b"ok"
        assert not answer.will_close
        # Longer than a request may take to arrive, and than the server looks for slow ones.
        threading.Event().wait(1.0)
    connection.close()
