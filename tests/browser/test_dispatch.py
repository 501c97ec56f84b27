"""Promises of dispatch and coverage on the map page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import text

from gridmap.domain.gridkey import Scope
from gridmap.storage.database import Database

from .conftest import DESK, Visit

pytestmark = pytest.mark.browser

OVERFLOWING = """[...document.querySelectorAll('#dispatch *')]
  .filter((e) => e.getBoundingClientRect().right > innerWidth + 1).length"""


@pytest.fixture
def all_day(demo_database: Database) -> Iterator[None]:
    """Every team is on shift at any hour, and nobody is left on a dispatch."""
    with demo_database.scoped_session(Scope.whole(), write=True) as session:
        hours = session.execute(text("select code, shift_start, shift_end from teams")).all()
        session.execute(text("update teams set shift_start = '00:00', shift_end = '00:00'"))
    yield
    with demo_database.scoped_session(Scope.whole(), write=True) as session:
        for code, start, end in hours:
            session.execute(
                text("update teams set shift_start = :start, shift_end = :end where code = :code"),
                {"code": code, "start": start, "end": end},
            )
        session.execute(text("delete from dispatches"))


@pytest.fixture
def nobody(demo_database: Database, all_day: None) -> None:
    with demo_database.scoped_session(Scope.whole(), write=True) as session:
        session.execute(text("update teams set shift_start = null"))


@pytest.fixture
def theft(demo_database: Database) -> int:
    """An open case in the town's middle."""
    with demo_database.scoped_session(Scope.whole()) as session:
        return int(
            session.scalar(
                text(
                    "select incident_id from incidents where kind = 'theft' and stage = 'mediating'"
                    " and geom is not null order by occurred_at desc limit 1"
                )
            )
        )


def state_of(page: Page) -> str:
    return page.locator(".disp-out li").first.inner_text()


@pytest.mark.webgl
def test_a_team_is_chosen_sent_noted_and_set_free_by_keyboard(
    all_day: None, theft: int, visit: Visit
) -> None:
    watched = visit(viewport=DESK)
    page = watched.open(f"?sel=incident:{theft}", drawn=True)
    first = page.locator(".disp-team").first
    expect(first).to_be_visible()
    assert re.search(r"\d+\.\d 分钟 · \d+\.\d\d km", page.locator(".disp-teams li").first.inner_text())
    first.focus()
    page.keyboard.press("Enter")
    expect(first).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".disp-way")).to_contain_text("经过：")
    page.locator(".disp-teams li.chosen button", has_text="派出").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".disp-out")).to_contain_text("在路上")
    expect(page.locator("#announcer")).to_contain_text("已派出")
    page.locator(".disp-out button", has_text="到达").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".disp-out")).to_contain_text("已到达")
    page.locator(".disp-out button", has_text="完成").click()
    expect(page.locator(".disp-out")).to_contain_text("已完成")
    assert watched.complaints == []
    assert watched.strangers() == []


def test_a_team_that_was_sent_by_mistake_is_called_back(all_day: None, theft: int, visit: Visit) -> None:
    page = visit().open(f"?sel=incident:{theft}")
    page.locator(".disp-teams button", has_text="派出").first.click()
    expect(page.locator(".disp-out")).to_contain_text("在路上")
    page.locator(".disp-out button", has_text="撤销").click()
    expect(page.locator(".disp-out")).to_contain_text("已撤销")
    expect(page.locator(".disp-out button")).to_have_count(0)


def test_without_a_team_on_shift_the_reasons_are_told(nobody: None, theft: int, visit: Visit) -> None:
    page = visit().open(f"?sel=incident:{theft}")
    expect(page.locator("#disp-none")).to_have_text("现在没有可派的队伍。")
    expect(page.locator(".disp-left")).to_contain_text("没有班次时间")


def test_when_the_server_is_silent_the_section_says_so_and_tries_again(
    all_day: None, theft: int, visit: Visit
) -> None:
    page = visit().open()
    page.route("**/incidents/*/teams*", lambda route: route.abort())
    page.goto(f"{urlsplit(page.url)._replace(query=f'sel=incident:{theft}').geturl()}")
    expect(page.locator("#disp-error")).to_be_visible()
    page.unroute("**/incidents/*/teams*")
    page.click("#disp-retry")
    expect(page.locator(".disp-team").first).to_be_visible()


@pytest.mark.webgl
def test_coverage_is_told_in_words_a_table_and_a_legend_and_moves_by_keyboard(visit: Visit) -> None:
    watched = visit(viewport=DESK)
    page = watched.open(drawn=True)
    page.click("#reach > summary")
    page.click("#reach-toggle")
    expect(page.locator("#reach-teams")).to_contain_text("21:00 有 12 支队伍在班")
    expect(page.locator("#reach-sum li")).to_have_count(4)
    expect(page.locator("#reach-table tbody tr")).to_have_count(28)
    expect(page.locator("#legend-reach")).to_contain_text("15 分钟以外")
    page.focus("#reach-range")
    page.keyboard.press("Home")
    expect(page.locator("#reach-teams")).to_contain_text("00:00")
    expect(page.locator("#reach-range")).to_be_focused()
    for _ in range(4):
        page.keyboard.press("PageUp")
    page.focus("#reach-range")
    assert parse_qs(urlsplit(page.url).query)["reach"]
    page.click("#reach-site")
    expect(page.locator("#reach-site-told")).to_contain_text("已证明最优")
    page.click("#reach-toggle")
    expect(page.locator("#legend-reach")).to_have_count(0)
    assert watched.complaints == []


def test_at_noon_nobody_is_on_shift_and_the_page_says_so(visit: Visit) -> None:
    page = visit().open("?reach=720&layers=names")
    expect(page.locator("#reach-teams")).to_have_text("12:00 没有队伍在班。")
    expect(page.locator("#legend-reach")).to_contain_text("没有队伍可到")


def test_english_is_english_all_through(all_day: None, theft: int, visit: Visit) -> None:
    page = visit(viewport=DESK).open(f"?lang=en&reach=1260&sel=incident:{theft}")
    expect(page.locator("#reach-teams")).to_contain_text("teams on shift")
    expect(page.locator(".disp-team").first).to_be_visible()
    for part in ("#reach", "#legend", "#dispatch"):
        words = page.locator(part).inner_text()
        assert not any("\u4e00" <= character <= "\u9fff" for character in words), (part, words)


@pytest.fixture
def live(demo_database: Database, all_day: None) -> Iterator[None]:
    """Every team told its place a while ago, which takes more words than its base."""
    told = text(
        "insert into team_positions (team_id, at, grid_key, tile_key, geom)"
        " select team_id, date_trunc('second', now()) - interval '9 minutes', grid_key, tile_key, geom from ("
        "  select distinct on (team_id) * from team_positions order by team_id, at desc) newest returning at"
    )
    with demo_database.scoped_session(Scope.whole(), write=True) as session:
        at = session.scalars(told).first()
    yield
    with demo_database.scoped_session(Scope.whole(), write=True) as session:
        session.execute(text("delete from team_positions where at = :at"), {"at": at})


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("width", [360, 1024])
def test_nothing_hangs_over_a_small_screen(
    live: None, theft: int, visit: Visit, width: int, lang: str
) -> None:
    page = visit(viewport={"width": width, "height": 740}, has_touch=True).open(
        f"?reach=1260&layers=names&sel=incident:{theft}&lang={lang}"
    )
    expect(page.locator("#reach-table")).to_be_attached()
    expect(page.locator(".disp-teams")).to_contain_text({"zh": "现在位置", "en": "live position"}[lang])
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(OVERFLOWING) == 0


def test_a_browser_without_webgl_shows_the_bands_and_the_way(
    all_day: None, theft: int, visit: Visit, plain_browser: Browser
) -> None:
    watched = visit(using=plain_browser, viewport=DESK)
    page = watched.open(f"?reach=1260&layers=names&sel=incident:{theft}", drawn=True)
    expect(page.locator("#legend-reach")).to_be_visible()
    page.locator(".disp-team").first.click()
    expect(page.locator(".disp-way")).to_be_visible()
    assert watched.complaints == []
