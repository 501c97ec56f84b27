"""Promises of a notebook's map as a browser shows it, with the network cut off."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pyproj
import pytest
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy import text

import gridmap
from gridmap.domain.gridkey import Scope
from gridmap.errors import InvalidInput, NotFound
from gridmap.services.hotspots.runs import run_hotspots
from gridmap.services.hotspots.spec import HotspotSpec
from gridmap.storage.database import Database
from tests.browser.conftest import PATIENCE_MS, until
from tests.conftest import MakeDatabase
from tests.towns import environment_of

pytestmark = pytest.mark.browser
NAME = "</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def town(make_database: MakeDatabase) -> Database:
    made = make_database("demo")
    asked = HotspotSpec("gi", dt.date(2026, 5, 1), dt.date(2026, 10, 31), level=4, domain="policing")
    run_hotspots(made, Scope.whole(), asked)
    with made.owner_engine() as engine, engine.begin() as connection:
        connection.execute(
            text("UPDATE grids SET name_en = :name WHERE grid_key = 33068110901004000"), {"name": NAME}
        )
    return made


@pytest.fixture
def here(town: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    for name, value in environment_of(town).items():
        monkeypatch.setenv(name, value)
    return town


@pytest.fixture
def opened(browser: Browser, here: Database, tmp_path: Path) -> Iterator[tuple[Page, list[str], list[str]]]:
    file = tmp_path / "map.html"
    gridmap.explore(since=dt.date(2026, 5, 1), until=dt.date(2026, 10, 31), domain="policing").save(file)
    context = browser.new_context(viewport={"width": 1024, "height": 768}, offline=True)
    asked: list[str] = []
    complaints: list[str] = []

    def decide(route: Route) -> None:
        if route.request.url == file.as_uri():
            route.continue_()
        else:
            route.abort()

    context.route("**/*", decide)
    context.on("request", lambda request: asked.append(request.url))
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(file.as_uri())
    page.wait_for_selector(".folium-map path")
    yield page, [url for url in asked if url != file.as_uri() and not url.startswith("data:")], complaints
    context.close()


def test_the_map_opens_without_a_network_and_says_its_classes(
    opened: tuple[Page, list[str], list[str]],
) -> None:
    page, asked, complaints = opened
    assert (asked, complaints) == ([], [])
    legend = page.locator(".legend")
    expect(legend).to_contain_text("natural breaks (Fisher-Jenks), 5")
    expect(legend.locator("svg")).to_have_count(5)
    expect(legend).to_contain_text(
        re.compile(r"hotspots: run \d+ \(hotspots by Gi\* by count \(.*\), 2026-05-01 – 2026-10-31\)")
    )
    expect(page.locator(".north-arrow")).to_be_visible()
    for layer in ("网格 / grids", "热点 / hotspots", "事件 / incidents"):
        expect(page.get_by_label(layer)).to_be_checked()
    assert page.locator(".folium-map path[fill^='url(#class-']").count() == 28


def test_what_a_grid_is_called_is_shown_as_words_and_never_run(
    opened: tuple[Page, list[str], list[str]],
) -> None:
    page, _, complaints = opened
    said = page.evaluate(
        """() => { const out = []; const map = window[document.querySelector(".folium-map").id];
        map.eachLayer((one) => { if (one.feature) out.push(one.getTooltip().getContent().innerHTML); });
        return out; }"""
    )
    [named] = [words for words in said if "onerror" in words]
    assert "&lt;img src=x" in named
    assert complaints == []


def test_the_scale_bar_is_as_long_as_it_says(opened: tuple[Page, list[str], list[str]]) -> None:
    page, _, _ = opened
    page.evaluate(
        """() => { const map = window[document.querySelector(".folium-map").id];
        map.setView(map.getCenter(), 13, {animate: false}); }"""
    )

    def as_long_as_it_says() -> bool:
        told, a, b = page.evaluate(
            """() => { const map = window[document.querySelector(".folium-map").id];
            const bar = document.querySelector(".leaflet-control-scale-line"), middle = map.getSize().y / 2;
            const ends = [0, parseFloat(bar.style.width)].map((x) => map.containerPointToLatLng([x, middle]));
            return [bar.textContent, ...ends.map((end) => [end.lng, end.lat])]; }"""
        )
        amount, unit = told.split()
        metres = float(amount) * {"m": 1, "km": 1000}[unit]
        _, _, length = pyproj.Geod(ellps="WGS84").inv(*a, *b)
        # A bar is whole pixels long, and the library's earth is a sphere.
        return bool(length == pytest.approx(metres, rel=0.015))

    # The map may still be on its way to the view that it opened with.
    until(page, as_long_as_it_says, "the bar is as long as it says")


class _Named(HTMLParser):
    """Collects addresses that elements and styles of a page name."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_style = tag == "style"
        self.found += [value or "" for name, value in attrs if name in {"src", "href", "srcset", "data"}]

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.found += [bare.strip("\"' ") for bare in re.findall(r"url\(([^)]*)\)", data)]
            self.found += re.findall(r"@import[^;]*", data)


def test_the_saved_page_names_no_file_of_another_place(here: Database, tmp_path: Path) -> None:
    gridmap.explore(level=2, run=None).save(tmp_path / "map.html")
    page = _Named()
    page.feed((tmp_path / "map.html").read_text("utf-8"))
    assert any(one.startswith("data:image/png") for one in page.found)
    assert [one for one in page.found if not one.startswith(("data:", "#"))] == []


def test_what_cannot_be_shown_is_refused_by_name(here: Database) -> None:
    for wrong, code in (
        ({"level": 7}, "explore-asked"),
        ({"per": "house"}, "explore-asked"),
        ({"scheme": "guess"}, "map-classes"),
        ({"classes": 9}, "map-classes"),
    ):
        with pytest.raises(InvalidInput) as refused:
            gridmap.explore(**wrong)
        assert refused.value.code == code
    with pytest.raises(NotFound):
        gridmap.explore(run=77)
