"""The pages of the door, as a person meets them: sign-in, one's account, posts, audit."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from gridmap.services.accounts import entry
from gridmap.storage.database import Database

from .conftest import Visit

pytestmark = pytest.mark.browser

TOO_WIDE = "document.documentElement.scrollWidth > innerWidth"
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def fits(page: Page, widths: tuple[int, ...] = (360, 1024, 1440)) -> bool:
    for width in widths:
        page.set_viewport_size({"width": width, "height": 800})
        if page.evaluate(TOO_WIDE):
            return False
    return True


def test_the_printed_address_ends_in_the_desk_and_the_account_is_one_click_away(
    visit: Visit, demo_server: str, demo_database: Database
) -> None:
    watched = visit()
    page = watched.page
    page.context.clear_cookies()
    page.goto(f"{demo_server}/?grid=33068110903290000")
    expect(page).to_have_url(re.compile(r"/sign-in\?next="))
    assert fits(page)
    expect(page.get_by_label("密码")).to_be_visible()
    page.goto(f"{demo_server}/enter/{entry.first_link(demo_database)}")
    expect(page).to_have_url(f"{demo_server}/desk")
    page.goto(f"{demo_server}/map")
    page.wait_for_selector("#list tbody tr", state="attached")
    page.locator("#account").click()
    expect(page).to_have_url(f"{demo_server}/account")
    assert fits(page)
    assert watched.strangers() == []
    assert watched.complaints == []


def test_a_post_of_the_demonstration_is_tried_and_sees_its_village_only(
    visit: Visit, demo_server: str
) -> None:
    page = visit().page
    page.goto(f"{demo_server}/account")
    page.locator("select[name=post]").select_option(label="枫源村 值班岗 · 村级值班岗")
    page.get_by_role("button", name="切换").click()
    expect(page).to_have_url(f"{demo_server}/desk")
    page.goto(f"{demo_server}/map")
    page.wait_for_selector("#list tbody tr", state="attached")
    expect(page.locator("#list tbody tr")).to_have_count(1)
    expect(page.locator("#list tbody")).to_contain_text("枫源村")
    page.goto(f"{demo_server}/audit")
    expect(page.locator("body")).to_contain_text("role-may-not")


@pytest.mark.parametrize("name", ["account", "posts", "audit"])
def test_the_pages_fit_every_width_in_both_languages_and_themes(
    visit: Visit, demo_server: str, name: str
) -> None:
    watched = visit(color_scheme="dark")
    page = watched.page
    for language in ("en", "zh"):
        page.goto(f"{demo_server}/{name}?lang={language}")
        assert fits(page), language
        heading = page.locator("h1").inner_text()
        assert name == "account" or bool(CHINESE.search(heading)) == (language == "zh")
    assert watched.complaints == []
