"""Hostile names in a real browser: no element, no attribute and no handler arises from data, with and without WebGL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from gridmap.storage.database import Database
from tests.browser.conftest import DESK, Visit, serving
from tests.conftest import MakeDatabase
from tests.hostile_names import MARK, TEXTS, spoil

pytestmark = pytest.mark.browser

ARISEN = f"""() => [...document.querySelectorAll("*")].filter((e) =>
  e.localName.includes("{MARK}")
  || [...e.attributes].some((a) => a.name.includes("{MARK}") || a.name.startsWith("on")
    || (["href", "src", "action"].includes(a.name) && /^\\s*javascript:/i.test(a.value)))
).map((e) => e.outerHTML.slice(0, 200))"""
RUN = f"() => window.{MARK}"
LAYERS = "incidents,teams,organisations,migrants,names,hotspots"


@pytest.fixture(scope="module")
def hostile_town(make_database: MakeDatabase) -> Database:
    town = make_database("hot")
    spoil(town)
    return town


@pytest.fixture(scope="module")
def hostile_server(hostile_town: Database) -> Iterator[str]:
    with serving(hostile_town) as address:
        yield address


def check(page: Page) -> None:
    assert page.evaluate(ARISEN) == []
    assert page.evaluate(RUN) is None


def test_the_desk_s_pages_make_nothing_of_a_name(
    visit: Visit, hostile_town: Database, hostile_server: str
) -> None:
    watched = visit(base=hostile_server, town=hostile_town, viewport=DESK)
    page = watched.page
    for path in (
        "desk",
        "desk?which=all",
        "town",
        "wall",
        "handover",
        "posts",
        "audit",
        "search?q=x5s",
        "cases/new",
    ):
        page.goto(f"{hostile_server}/{path}")
        expect(page.locator("h1, h2, .search").first).to_be_attached()
        check(page)
    page.goto(f"{hostile_server}/search?q=x5s")
    page.locator("main a[href^='/cases/']").first.click()
    page.wait_for_selector("#case")
    # Some of the names tell no mark, and the search finds a case by its place as well.
    expect(page.locator("#case")).to_contain_text(MARK)
    assert " ".join(page.locator("h1").inner_text().split()) in {" ".join(name.split()) for name in TEXTS}
    check(page)
    assert watched.strangers() == []
    assert [c for c in watched.complaints if "Content Security Policy" in c] == []


@pytest.mark.parametrize("kind", ["plain_browser", "browser"])
def test_the_map_makes_nothing_of_a_name(
    visit: Visit, hostile_town: Database, hostile_server: str, request: pytest.FixtureRequest, kind: str
) -> None:
    using: Browser = request.getfixturevalue(kind)
    watched = visit(base=hostile_server, using=using, town=hostile_town)
    page = watched.open(f"?layers={LAYERS}&text=x5s", drawn=True)
    expect(page.locator("#list")).to_contain_text(MARK)
    check(page)
    for row in page.locator("#list tbody tr").all()[:3]:
        row.click()
        expect(page.locator("#story")).to_be_visible()
        check(page)
    # Marks of teams and places tell their names under the mouse.
    for x in range(150, 950, 60):
        for y in range(150, 500, 60):
            page.mouse.move(x, y)
    check(page)
    assert watched.strangers() == []
    assert [c for c in watched.complaints if "Content Security Policy" in c] == []
