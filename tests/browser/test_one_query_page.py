"""The page's own numbers are those of the API for the question in its address, and are greyed when they are not."""

from __future__ import annotations

import random
import re
from typing import Any
from urllib.parse import urlencode, urlsplit

from playwright.sync_api import Page, expect
from sqlalchemy import text

from gridmap.domain.gridkey import Scope
from gridmap.storage.database import Database
from tests.browser.conftest import Visit, until

STATES = 20
FLAGS = ("overdue", "open", "confirm")


def drawn_states(database: Database) -> list[dict[str, str]]:
    """Addresses of the page: period, and some of grid, domain, kind, stage, flag, words and outside."""
    with database.scoped_session(Scope.whole()) as session:
        grids = [str(k) for k in session.scalars(text("select grid_key from grids where valid_to is null"))]
        kinds = list(
            session.scalars(
                text("select distinct kind from incidents where domain = 'dispute' and kind is not null")
            )
        )
    draw = random.Random(3)
    villages = sorted(k for k in grids if k.endswith("000") and not k.endswith("000000"))
    micro = sorted(k for k in grids if not k.endswith("000"))
    out = []
    for n in range(STATES):
        state = {"from": f"2026-0{draw.randint(1, 5)}-01", "to": f"2026-{draw.choice(['06', '09', '10'])}-30"}
        if n % 3:
            state["grid"] = draw.choice(micro if n % 5 == 0 else villages)
        if n % 4 == 1:
            state |= (
                {"domain": "dispute", "kind": draw.choice(sorted(kinds))}
                if n % 8 == 1
                else {"domain": "policing"}
            )
        if n % 6 == 2:
            state["stage"] = draw.choice(["mediating", "archived", "resolved"])
        if n % 7 == 3:
            state["flag"] = draw.choice(FLAGS)
        if n % 9 == 4:
            state["q"] = "邻"
        if n == 9:
            state = {"from": "2026-01-01", "to": "2026-10-31", "outside": "1"}
        out.append(state)
    return out


def asked_of(state: dict[str, str]) -> dict[str, str]:
    """The API's parameters for an address of the page."""
    asked = {k: v for k, v in state.items() if k not in {"flag", "outside"}}
    if "flag" in state:
        asked[state["flag"]] = "1"
    if "outside" in state:
        asked["grid"] = "0"
    return asked


def answer(page: Page, base: str, path: str, asked: dict[str, str]) -> dict[str, Any]:
    told: dict[str, Any] = page.request.get(f"{base}/api/v1/{path}?{urlencode(asked)}").json()
    return told


def integer(words: str) -> int:
    return int(words.replace(",", ""))


def total_listed(page: Page) -> int:
    found = re.search(r"/ ([\d,]+) 条", page.locator("#shown, #more").last.inner_text())
    assert found is not None
    return integer(found.group(1))


def test_in_twenty_states_every_number_on_the_page_is_the_apis(visit: Visit, demo_database: Database) -> None:
    states = drawn_states(demo_database)
    assert len(states) == STATES
    root = "33068110900000000"
    watched = visit()
    some = 0
    for state in states:
        asked = asked_of({"grid": root} | state)
        page = watched.open(f"?{urlencode(state | {'list': 'incidents', 'layers': 'counts'})}")
        expect(page.locator("#headline")).not_to_have_class(re.compile("stale"))
        expect(page.locator("#list")).not_to_have_class(re.compile("stale"))
        told = answer(page, watched.base, "counts", asked)
        some += told["total"] > 0
        assert integer(page.locator("#total").inner_text()) == told["total"], state
        assert total_listed(page) == told["total"], state
        links = page.locator(".list-foot a")
        assert links.count() == 4
        for n in range(4):
            address = urlsplit(links.nth(n).get_attribute("href") or "")
            asks = dict(pair.split("=", 1) for pair in address.query.split("&"))
            assert asks == dict(pair.split("=", 1) for pair in urlencode(asked).split("&")), state
        page.click("#tab-grids")
        expect(page.locator("#tab-grids")).to_have_attribute("aria-selected", "true")
        rows = page.locator("#list tbody tr")
        shaded = sum(integer(rows.nth(n).locator("td.num").first.inner_text()) for n in range(rows.count()))
        unplaced = page.locator("#unplaced")
        beside = integer(re.sub(r"[^\d]", "", unplaced.inner_text())) if unplaced.count() else 0
        if "outside" not in state:
            assert shaded + beside == told["total"], state
    assert some > STATES / 2
    assert watched.complaints == []


def test_what_is_not_renewed_is_grey_and_says_of_when_it_is(visit: Visit) -> None:
    page = visit().open("?from=2026-05-01&to=2026-09-30&list=incidents")
    expect(page.locator("#headline")).to_contain_text("2026-05-01 – 2026-09-30")
    before = page.locator("#total").inner_text()
    page.route("**/api/v1/counts*", lambda route: route.abort())
    page.route("**/api/v1/incidents*", lambda route: route.abort())
    page.click("#preset-7")
    expect(page.locator("#not-fresh")).to_be_visible()
    expect(page.locator("#headline")).to_have_class(re.compile("stale"))
    expect(page.locator("#list")).to_have_class(re.compile("stale"))
    expect(page.locator("#total")).to_have_text(before)
    expect(page.locator("#headline")).to_contain_text("2026-05-01 – 2026-09-30")
    page.unroute("**/api/v1/counts*")
    page.unroute("**/api/v1/incidents*")
    page.click("#retry")
    expect(page.locator("#headline")).not_to_have_class(re.compile("stale"))
    expect(page.locator("#not-fresh")).to_have_count(0)
    expect(page.locator("#headline")).not_to_contain_text("2026-05-01")


def test_words_narrow_the_headline_the_list_and_the_address(visit: Visit) -> None:
    page = visit().open("?from=2026-01-01&to=2026-10-31&list=incidents")
    whole = integer(page.locator("#total").inner_text())
    page.fill("#text", "邻里")
    page.press("#text", "Enter")
    until(page, lambda: 0 < total_listed(page) < whole, "a shorter list")
    expect(page.locator("#list .chip")).to_contain_text("邻里")
    expect(page.locator("#headline")).not_to_have_class(re.compile("stale"))
    assert integer(page.locator("#total").inner_text()) == total_listed(page)
    page.click("#list .chip")
    until(page, lambda: total_listed(page) == whole, "the whole list")
