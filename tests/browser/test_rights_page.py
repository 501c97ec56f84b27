"""The map asks for nothing that a post may not see: no refusal in the console, whatever the role."""

from __future__ import annotations

import datetime as dt

import pytest
from playwright.sync_api import expect

from gridmap.domain.accounts import Actor, Role
from gridmap.domain.roles import Action, may
from gridmap.services.accounts import desk, entry
from gridmap.storage.database import Database
from tests.browser.conftest import Visit
from tests.doors import new_word

pytestmark = pytest.mark.browser

KEEPER = Actor.at_the_machine()
VILLAGE = 33068110901004000
LISTS = {
    "incidents": Action.SEE_CASES,
    "teams": Action.SEE_TEAMS,
    "migrants": Action.SEE_SERVICES,
    "organisations": Action.SEE_SERVICES,
}


@pytest.mark.parametrize("role", Role)
def test_the_map_asks_only_for_what_the_role_may_see(
    visit: Visit, demo_server: str, demo_database: Database, role: Role
) -> None:
    _, link = desk.add_post(demo_database, KEEPER, new_word(), role, 0, dt.date(2026, 11, 1))
    watched = visit()
    page = watched.page
    cookie = next(c for c in page.context.cookies() if c["name"].startswith("gridmap_"))
    page.context.add_cookies([{**cookie, "value": entry.sign_in_by_link(demo_database, link).secret}])
    refused: list[str] = []
    page.on("response", lambda answer: refused.append(answer.url) if answer.status == 403 else None)
    # The address of a colleague who may see everything.
    page.goto(f"{demo_server}/map?layers=counts,incidents,teams,migrants,organisations,names&list=teams")
    page.wait_for_selector("#list tbody tr, #list .nothing", state="attached")
    for listed, action in LISTS.items():
        tab = page.locator(f"#tab-{listed}")
        if may(role, action):
            tab.click()
            expect(tab).to_have_attribute("aria-selected", "true")
        expect(tab).to_have_count(int(may(role, action)))
    page.locator("#tab-grids").click()
    page.wait_for_selector("#list tbody tr", state="attached")
    page.locator("#list tbody tr").first.locator("button, a").first.click()
    expect(page.locator("#story")).to_be_visible()
    expect(page.locator("#patrols")).to_have_count(int(may(role, Action.SEE_PLANS)))
    if may(role, Action.SEE_CASES):
        some = page.request.get(f"{demo_server}/api/v1/incidents?limit=1&domain=land").json()
        number = some["features"][0]["properties"]["incident_id"]
        page.goto(f"{demo_server}/map?list=incidents&sel=incident:{number}")
        expect(page.locator("#story h2, #story h3").first).to_be_attached()
    page.wait_for_load_state("networkidle")
    assert refused == []
    assert watched.complaints == []
