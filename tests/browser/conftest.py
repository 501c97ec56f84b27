"""A browser that tells of every request and every complaint."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Request, expect, sync_playwright
from werkzeug.serving import make_server

from gridmap.storage.database import Database
from tests.browsers import FLAGS, browser_program
from tests.doors import cookie_of

PATIENCE_MS = 180_000
LOOK_EVERY_MS = 100
DESK = {"width": 1440, "height": 900}
SMALL = {"width": 1000, "height": 700}
"""Software draws a small map sooner; enough where the map itself is not what is looked at."""
INSIDE = {"data", "blob"}
"""Schemes that stay in the browser."""

# A line for each request would bury what a failing test tells.
logging.getLogger("werkzeug").setLevel(logging.WARNING)
# Five seconds, what is expected to happen within otherwise, are short on a busy machine.
expect.set_options(timeout=PATIENCE_MS)


@dataclass
class Watched:
    """A page with what it asked for and what it complained about."""

    page: Page
    base: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, query: str = "", *, drawn: bool = False, frozen: bool = False) -> Page:
        """Open the map; wait for the list, and with ``drawn`` until the map stands still.

        With ``frozen`` the page's clock then stands, and goes on by `page.clock.run_for` only: what is there for some
        seconds is there for as long as a slow machine needs to see it.
        """
        if frozen:
            self.page.clock.install()
        self.page.goto(f"{self.base}/map{query}")
        self.page.wait_for_selector("#list tbody tr, #list .nothing", state="attached", timeout=PATIENCE_MS)
        if drawn:
            self.page.wait_for_selector("#map[data-ready]", timeout=PATIENCE_MS)
        if frozen:
            self.page.clock.pause_at(self.page.evaluate("Date.now() + 1000"))
        return self.page

    def strangers(self) -> list[str]:
        """Return requests that went to another host than the server."""
        own = urlsplit(self.base).netloc
        parts = [(url, urlsplit(url)) for url in self.requests]
        return [url for url, p in parts if p.scheme not in INSIDE and p.netloc != own]

    def note_message(self, message: ConsoleMessage) -> None:
        """Keep an error message; the software renderer's remarks on its speed are none."""
        if message.type == "error":
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")

    def note_request(self, request: Request) -> None:
        """Keep a request's address."""
        self.requests.append(request.url)


def until(page: Page, happened: Callable[[], object], what: str) -> None:
    """Look again and again for something that no selector tells."""
    end_s = time.monotonic() + PATIENCE_MS / 1000
    while not happened():
        assert time.monotonic() < end_s, f"never seen: {what}"
        page.wait_for_timeout(LOOK_EVERY_MS)


def point_at(page: Page, x: float, y: float, name: str) -> None:
    """Move the mouse to a mark until the map tells its name: then it is drawn, and takes a click or a drag."""
    tip = page.locator("#tip")

    def is_told() -> bool:
        page.mouse.move(x + 1, y)
        page.mouse.move(x, y)
        return tip.is_visible() and tip.inner_text() == name

    until(page, is_told, f"the mark of {name}")


@pytest.fixture(scope="session")
def playwright_running() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright_running: Playwright) -> Iterator[Browser]:
    browser = playwright_running.chromium.launch(executable_path=browser_program(), headless=True, args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def plain_browser(playwright_running: Playwright) -> Iterator[Browser]:
    """A browser that cannot draw with WebGL."""
    flags = [*FLAGS, "--disable-3d-apis", "--disable-webgl"]
    browser = playwright_running.chromium.launch(executable_path=browser_program(), headless=True, args=flags)
    yield browser
    browser.close()


Visit = Callable[..., Watched]
# Software pays for each pixel of the map; a page is laid out the same in a quarter of them.
_USUAL = {"viewport": SMALL, "locale": "zh-CN", "device_scale_factor": 0.5}


@pytest.fixture
def visit(request: pytest.FixtureRequest, demo_server: str, demo_database: Database) -> Iterator[Visit]:
    """Make pages over the demonstration town, an administrator signed in; each has a context of its own.

    A test marked ``webgl`` looks at the map as WebGL draws it. All others get the map's plain canvas: software takes
    six seconds of a processor for each view of the WebGL map, and their words, tables and keys are the same.
    """
    kind = "browser" if request.node.get_closest_marker("webgl") else "plain_browser"
    contexts = []

    def make(
        base: str = demo_server,
        using: Browser | None = None,
        town: Database = demo_database,
        **options: Any,
    ) -> Watched:
        browser: Browser = using or request.getfixturevalue(kind)
        context = browser.new_context(**(_USUAL | options))
        context.set_default_timeout(PATIENCE_MS)
        context.add_cookies([cookie_of(town, base)])
        contexts.append(context)
        watched = Watched(context.new_page(), base)
        context.on("request", watched.note_request)
        watched.page.on("console", watched.note_message)
        watched.page.on("pageerror", lambda error: watched.complaints.append(str(error)))
        return watched

    yield make
    for context in contexts:
        context.close()


@contextmanager
def serving(database: Database) -> Iterator[str]:
    """Serve the application over a workspace from this process; give the address."""
    from web.app import create_app

    server = make_server("127.0.0.1", 0, create_app(database), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def empty_server(blank: Database) -> Iterator[str]:
    """Address of a server over a workspace without grids."""
    with serving(blank) as address:
        yield address
