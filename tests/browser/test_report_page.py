"""Promises of a report as a browser shows it, with the network cut off."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from gridmap.domain.gridkey import Scope
from gridmap.domain.protection import band_text
from gridmap.reporting import page as document
from gridmap.reporting.model import HotspotReport
from gridmap.services.reports.content import hotspot_report
from gridmap.services.reports.request import ReportRequest
from gridmap.storage.database import Database
from web.assets import vendor_folder

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def told(demo_database: Database) -> HotspotReport:
    request = ReportRequest(
        dt.date(2026, 5, 1), dt.date(2026, 10, 31), level=4, domain="policing", permutations=99, seed=1
    )
    return hotspot_report(demo_database, Scope.whole(), request, lambda *_: None)[0]


@pytest.fixture(scope="module")
def file(told: HotspotReport, tmp_path_factory: pytest.TempPathFactory) -> Path:
    leaflet = vendor_folder() / "leaflet"
    images = {path.name: path.read_bytes() for path in (leaflet / "images").glob("*.png")}
    text = document.render(
        told,
        (),
        "both",
        leaflet_js=(leaflet / "leaflet.js").read_text("utf-8"),
        leaflet_css=document.with_images((leaflet / "leaflet.css").read_text("utf-8"), images),
    )
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(text, "utf-8")
    return path


@pytest.fixture
def opened(browser: Browser, file: Path) -> Iterator[tuple[Page, list[str], list[str]]]:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, offline=True)
    asked: list[str] = []
    complaints: list[str] = []

    def decide(route: Route) -> None:
        if route.request.url.split("#")[0] == file.as_uri():
            route.continue_()
        else:
            route.abort()

    context.route("**/*", decide)
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(file.as_uri())
    page.wait_for_selector(".folium-map path")
    yield page, asked, complaints
    context.close()


def test_the_report_opens_without_a_network_and_asks_for_nothing(
    opened: tuple[Page, list[str], list[str]], file: Path, told: HotspotReport
) -> None:
    page, asked, complaints = opened
    expect(page.locator(".tag.spot")).to_have_count(len(told.hotspots))
    expect(page.locator(".tag.cluster")).to_have_count(len(told.clusters))
    for name in ("en", "both", "zh"):
        page.locator(f"[data-set={name}]").click()
    page.locator(".tag.spot").first.press("Enter")
    expect(page.locator(".leaflet-popup-content")).to_be_visible()
    assert [url for url in asked if not url.startswith("data:")] == [file.as_uri()]
    assert complaints == []


def test_a_hotspot_explains_itself_in_the_chosen_language(
    opened: tuple[Page, list[str], list[str]], told: HotspotReport
) -> None:
    page, _, _ = opened
    page.locator(".tag.spot").first.press("Enter")
    popup = page.locator(".leaflet-popup-content")
    spot = told.hotspots[0]
    expect(popup).to_contain_text(f"接报 {band_text(spot.observed)} 件")
    expect(popup.locator(".en").first).to_be_hidden()
    page.locator("[data-set=en]").click()
    expect(popup.locator(".zh").first).to_be_hidden()
    expect(popup.get_by_text(f"{band_text(spot.observed)} reported")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_the_map_zooms_by_keyboard_and_has_a_scale(opened: tuple[Page, list[str], list[str]]) -> None:
    page, _, _ = opened
    chart = page.locator(".folium-map")
    before = chart.evaluate("element => window[element.id].getZoom()")
    chart.press("+")
    page.wait_for_function(
        "([id, zoom]) => window[id].getZoom() > zoom", arg=[chart.get_attribute("id"), before]
    )
    expect(page.locator(".leaflet-control-scale-line")).to_contain_text("m")


def test_on_paper_the_map_is_a_still_picture_and_the_controls_are_gone(
    opened: tuple[Page, list[str], list[str]], told: HotspotReport
) -> None:
    page, _, _ = opened
    expect(page.locator(".still")).to_be_hidden()
    page.emulate_media(media="print")
    expect(page.locator(".still")).to_be_visible()
    expect(page.locator(".folium-map")).to_be_hidden()
    expect(page.locator(".bar")).to_be_hidden()
    expect(page.locator(".still path[fill^='url(#gi-']")).to_have_count(len(told.hotspots))
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")


def test_a_phone_shows_the_report_without_scrolling_sideways(
    opened: tuple[Page, list[str], list[str]],
) -> None:
    page, _, _ = opened
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
