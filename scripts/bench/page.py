"""Requests and bytes of the page's first view and of a reload, in a real browser over the demonstration town.

Run with ``python scripts/bench/page.py [--url URL] [--keep FILE] [--against FILE]``. Without ``--url`` a town is
loaded into a new folder and served. Everything the browser asks for goes through a counting proxy on the loopback,
so that workers and the map's tiles are counted, too, as they are sent (compressed, with headers). ``--against``
prints beside it what an earlier run wrote with ``--keep``.
"""

from __future__ import annotations

import argparse
import http.client
import http.server
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import sync_playwright

from tests.browsers import FLAGS, browser_program

PATIENCE_S = 180
QUIET_MS = 2500
KINDS = ("page", "scripts", "styles", "images", "fonts", "API", "tiles")
Counted = dict[str, list[int]]


def kind_of(path: str) -> str:
    """Return which row of the table an address belongs to."""
    name = urlsplit(path).path
    if name.startswith("/api/"):
        return "API"
    if name.startswith("/tiles/"):
        return "tiles"
    endings = {
        ".js": "scripts",
        ".mjs": "scripts",
        ".css": "styles",
        ".woff2": "fonts",
        ".svg": "images",
        ".ico": "images",
    }
    return endings.get(Path(name).suffix, "page")


class Counter(http.server.ThreadingHTTPServer):
    """Hands requests on to a server and counts what comes back."""

    daemon_threads = True

    def __init__(self, target: str) -> None:
        self.target = target
        self.seen: list[tuple[str, int, int]] = []
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), Passing)

    def count(self) -> Counted:
        """Return requests, bytes and answers without a body by kind, and forget them."""
        with self.lock:
            seen, self.seen = self.seen, []
        found: Counted = {kind: [0, 0, 0] for kind in KINDS}
        for path, status, size in seen:
            row = found[kind_of(path)]
            row[0] += 1
            row[1] += size
            row[2] += status == 304
        return found


class Passing(http.server.BaseHTTPRequestHandler):
    """One request, passed on with its own headers."""

    protocol_version = "HTTP/1.1"
    server: Counter

    def do_GET(self) -> None:
        """Pass on a GET; the page of the bench sends nothing else."""
        connection = http.client.HTTPConnection(self.server.target, timeout=60)
        connection.request("GET", self.path, headers=self._told())
        answer = connection.getresponse()
        body = answer.read()
        headers = [
            (k, v)
            for k, v in answer.getheaders()
            if k.lower() not in {"transfer-encoding", "connection", "content-length"}
        ]
        self.send_response_only(answer.status, answer.reason)
        for name, value in [*headers, ("Content-Length", str(len(body)))]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        size = len(body) + sum(len(k) + len(v) + 4 for k, v in headers) + 20
        with self.server.lock:
            self.server.seen.append((self.path, answer.status, size))
        connection.close()

    def _told(self) -> dict[str, str]:
        """Return the browser's headers with the server's own address: it answers no other origin."""
        told = dict(self.headers) | {"Host": self.server.target}
        return told | ({"Origin": f"http://{self.server.target}"} if "Origin" in told else {})

    def log_message(self, *args: object) -> None:
        """Keep quiet."""


@contextmanager
def served() -> Iterator[str]:
    """Serve a demonstration town from a new folder; give an address that signs in once."""
    gridmap = str(Path(sys.executable).parent / "gridmap")
    with tempfile.TemporaryDirectory(prefix="gm-", dir="/tmp") as home, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        environment = {**os.environ, "GRIDMAP_HOME": home, "GRIDMAP_PORT": str(port)}
        server = subprocess.Popen(
            [gridmap, "serve", "--demo-if-empty"],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/healthz", server)
            printed = subprocess.run(
                [gridmap, "users", "link"], env=environment, check=True, capture_output=True, text=True
            )
            yield printed.stdout.split()[-1]
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(PATIENCE_S)


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while server.poll() is None and time.monotonic() < end_s:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - its own address
                return
        except OSError:
            time.sleep(0.2)
    sys.exit("the server did not start")


def measured(url: str) -> dict[str, Counted]:
    """Open desk and map with an empty cache each, then the map again, each until nothing more is asked for."""
    counter = Counter(urlsplit(url).netloc)
    threading.Thread(target=counter.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{counter.server_port}"
    found = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_program(), headless=True, args=FLAGS)
        page = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN").new_page()
        page.set_default_timeout(PATIENCE_S * 1000)
        # Who follows the link that signs in comes to the desk; the map is looked at with an empty cache of its own.
        page.goto(address + urlsplit(url).path)
        if not page.context.cookies():
            sys.exit("the address opens no session: take the one that gridmap users link prints")
        cookies = page.context.cookies()
        page.wait_for_timeout(QUIET_MS)
        found["desk"] = counter.count()
        page.context.close()
        page = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN").new_page()
        page.set_default_timeout(PATIENCE_S * 1000)
        page.context.add_cookies(cookies)
        for name, act in (("first view", lambda: page.goto(address + "/map")), ("reload", page.reload)):
            act()
            page.wait_for_selector("#list tbody tr")
            page.wait_for_selector("#map[data-ready]")
            page.wait_for_timeout(QUIET_MS)
            found[name] = counter.count()
        browser.close()
    counter.shutdown()
    return found


def told(found: dict[str, Counted], before: dict[str, Counted] | None) -> None:
    """Print a table of each view."""
    for name, rows in found.items():
        old = (before or {}).get(name)
        print(
            f"\n{name:<12}{'requests':>10}{'kB':>10}{'304':>6}"
            + (f"{'before':>12}{'kB':>10}{'304':>6}" if old else "")
        )
        for kind in (*KINDS, "all", "but fonts"):
            print(f"{kind:<12}" + cells(rows, kind) + ("  " + cells(old, kind) if old else ""))


def cells(rows: Counted, kind: str) -> str:
    chosen = KINDS if kind == "all" else [k for k in KINDS if k != "fonts"] if kind == "but fonts" else [kind]
    n, size, same = (sum(rows[k][i] for k in chosen) for i in range(3))
    return f"{n:>10}{size / 1000:>10.1f}{same:>6}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="a server that runs already")
    parser.add_argument("--keep", type=Path, help="write the numbers as JSON")
    parser.add_argument("--against", type=Path, help="numbers of an earlier run")
    asked = parser.parse_args()
    if asked.url:
        found = measured(asked.url)
    else:
        with served() as url:
            found = measured(url)
    told(found, json.loads(asked.against.read_text("utf-8")) if asked.against else None)
    if asked.keep:
        asked.keep.write_text(json.dumps(found), "utf-8")


if __name__ == "__main__":
    main()
