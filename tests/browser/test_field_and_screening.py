"""A round of screening on one screen and on paper, and the field page with and without a network."""

from __future__ import annotations

import datetime as dt
import re
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import text

from gridmap.domain.accounts import Actor
from gridmap.domain.cases.asked import NewCase
from gridmap.domain.gridkey import Scope
from gridmap.services.cases import intake
from gridmap.services.house import IMPORT_KINDS
from gridmap.services.imports.records import ImportOptions, import_records
from gridmap.services.patrols.ask.request import PatrolRequest
from gridmap.services.patrols.follow import orders
from gridmap.services.patrols.follow.visits import plan_against_done
from gridmap.services.patrols.make.plans import plan_patrols
from gridmap.storage.database import Database
from tests.browser.conftest import DESK, Visit, Watched, serving
from tests.conftest import MakeDatabase
from tests.doors import new_word
from web.desk import shown

PHONE = {"width": 360, "height": 740}
VILLAGES = 28
DISCONNECTS = 200
LONGEST_S = 300.0
"""After which the phone has given up, on the slowest of machines, too."""
NOTES = tuple(f"第 {n} 条：已到现场" for n in range(1, 6))


@pytest.fixture(scope="module")
def field_town(make_database: MakeDatabase) -> Database:
    return make_database("demo")


@pytest.fixture(scope="module")
def field_server(field_town: Database) -> Iterator[str]:
    with serving(field_town) as address:
        yield address


@pytest.fixture
def person(visit: Visit, field_server: str, field_town: Database) -> Callable[..., Watched]:
    def make(**options: Any) -> Watched:
        return visit(base=field_server, town=field_town, **({"viewport": DESK} | options))

    return make


def steps_of(database: Database, number: str) -> list[tuple[str, str | None]]:
    with database.scoped_session(Scope.whole()) as session:
        rows = session.execute(
            text(
                "select s.action, s.note from incident_steps s join incidents i using (incident_id)"
                " where i.number = :n order by s.seq"
            ),
            {"n": number},
        )
        return [(row[0], row[1]) for row in rows]


@pytest.fixture
def number(field_town: Database) -> str:
    """A case of this test's own."""
    with field_town.scoped_session(Scope.whole()) as session:
        village = session.scalar(text("select min(grid_key) from grids where level = 3 and valid_to is null"))
        at = session.scalar(text("select now() - interval '1 hour'"))
    new = NewCase("dispute", at, f"晾晒占地 {new_word()}", kind="02", grid_key=village)
    return intake.record(field_town, Actor.at_the_machine(), new, uuid.uuid4()).row.number


def test_a_round_is_begun_answered_for_every_village_and_printed(person: Callable[..., Watched]) -> None:
    watched = person()
    page = watched.page
    page.goto(f"{watched.base}/screening")
    page.locator("#name").fill("冬季矛盾纠纷排查")
    page.locator("#begin button.primary").click()
    page.wait_for_url(re.compile(r"/screening/\d+$"))
    lines = page.locator(".screening li")
    expect(lines).to_have_count(VILLAGES)
    begun = time.monotonic()
    for n in range(VILLAGES):
        line = lines.nth(n)
        if n == 3:
            line.locator("input[name=n]").fill("2")
            line.get_by_role("button", name="发现", exact=True).click()
        else:
            line.get_by_role("button", name="未发现").click()
        expect(page.locator(".screening li.answered")).to_have_count(n + 1)
    print(f"screening of {VILLAGES} villages: {time.monotonic() - begun:.0f} s")
    expect(page.locator("#screening-sum")).to_contain_text("已答 28 / 28")
    expect(page.locator("#screening-sum")).to_contain_text("发现 2 件")
    # An answer is put right by another one; an empty number is none.
    lines.nth(3).get_by_role("button", name="未发现").click()
    expect(page.locator("#screening-sum")).to_contain_text("发现 0 件")
    page.get_by_role("link", name="纸质表").click()
    expect(page.locator("table.paper tbody tr")).to_have_count(VILLAGES)
    page.wait_for_function("document.querySelector('img.code').naturalWidth > 0")
    assert watched.complaints == []


def test_what_is_written_without_a_network_is_kept_and_sent_once(
    person: Callable[..., Watched], field_town: Database, number: str
) -> None:
    watched = person(viewport=PHONE, service_workers="block")
    page = watched.page
    page.goto(f"{watched.base}/field/{number}")
    tried: list[str] = []

    def answer(route: Route) -> None:
        tried.append(str(route.request.headers.get("idempotency-key")))
        times = tried.count(tried[-1])
        if times > DISCONNECTS // len(NOTES):
            route.continue_()
        elif times % 2:
            route.abort("connectionfailed")
        else:
            # The server has taken it, and the phone never hears so.
            route.fetch()
            route.abort("connectionreset")

    page.route("**/api/v1/cases/*/steps", answer)
    for note in NOTES:
        page.locator("#note").fill(note)
        page.locator("button[data-step=note]").click()
    expect(page.locator("#waiting")).to_contain_text(f"{len(NOTES)} 条待发送")
    until = time.monotonic() + LONGEST_S
    while len(tried) < DISCONNECTS // len(NOTES) - 1:
        assert time.monotonic() < until, f"the page has tried {len(tried)} times only"
        page.evaluate("dispatchEvent(new Event('online'))")
        page.evaluate("new Promise((r) => setTimeout(r, 5))")
    # They are there when the page is opened again.
    page.reload()
    expect(page.locator("#waiting")).to_be_visible()
    until = time.monotonic() + LONGEST_S
    while page.evaluate("localStorage.getItem('gridmap-drafts')") is not None:
        assert time.monotonic() < until, f"after {len(tried)} tries something is still to be sent"
        page.evaluate("dispatchEvent(new Event('online'))")
        page.evaluate("new Promise((r) => setTimeout(r, 5))")
    expect(page.locator("#waiting")).to_be_hidden()
    assert len(tried) >= DISCONNECTS + len(NOTES)
    assert len(set(tried)) == len(NOTES)
    # Nothing is lost, nothing is there twice, and all of it in the order in which it was written.
    assert [note for action, note in steps_of(field_town, number) if action == "note"] == list(NOTES)


def test_the_field_page_opens_without_a_network_where_its_worker_may_keep_it(
    person: Callable[..., Watched], number: str
) -> None:
    watched = person(viewport=PHONE)
    page: Page = watched.page
    page.goto(f"{watched.base}/field/")
    expect(page.locator("#field-said")).to_contain_text("没有网络时")
    page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
    page.goto(f"{watched.base}/field/{number}")
    # Once more, so that the worker has seen the page and its files.
    page.reload()
    expect(page.locator(".three button").first).to_be_visible()
    page.context.set_offline(True)
    page.reload()
    expect(page.locator(".three button").first).to_be_visible()
    page.locator("#note").fill("断网时写下")
    page.locator("button[data-step=note]").click()
    expect(page.locator("#waiting")).to_contain_text("1 条待发送")
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#waiting")).to_be_hidden()


def test_a_step_on_the_spot_needs_what_it_needs_and_leads_on(
    person: Callable[..., Watched], field_town: Database, number: str
) -> None:
    watched = person(viewport=PHONE, service_workers="block")
    page = watched.page
    page.goto(f"{watched.base}/field/{number}")
    page.locator("button[data-step=resolve]").click()
    expect(page.locator("#field-answer")).to_contain_text("请先填写说明，或选择结果")
    page.locator("#outcome").select_option("agreed")
    page.locator("button[data-step=resolve]").click()
    expect(page.locator("#field-answer")).not_to_contain_text("请先")
    expect(page.locator("#waiting")).to_be_hidden()
    page.reload()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]
    assert watched.complaints == [] or all("409" in c or "422" in c for c in watched.complaints)


def test_a_stop_is_come_to_left_after_a_reload_and_taken_back_where_it_is_refused(
    person: Callable[..., Watched], field_town: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "points.csv"
    path.write_text(
        "必到点编号,名称,类型,经度,纬度,每晚次数,停留分钟,间隔分钟,启用\n"
        "B02,农商银行网点,银行,120.4120,29.7900,2,10,60,是\n",
        "utf-8",
    )
    whole, keeper = Scope.whole(), Actor.at_the_machine()
    assert (
        import_records(field_town, whole, IMPORT_KINDS["fixed_points"], path, ImportOptions()).inserted == 1
    )
    night = dt.datetime.now(ZoneInfo("Asia/Shanghai")).date() + dt.timedelta(days=7)
    asked = PatrolRequest(on=night, seed=5, seconds=None, iterations=2_000, teams=("T02", "T03"))
    plan = plan_patrols(field_town, whole, asked)
    patrol = plan["patrol_id"]
    orders.issue_plan(field_town, keeper, patrol)
    visits = {v["number"]: (v["arrive"], r["team_code"]) for r in plan["routes"] for v in r["visits"]}
    first, second = (dt.datetime.fromisoformat(visits[n][0]) for n in (1, 2))
    monkeypatch.setattr(shown, "now", lambda: first)
    watched = person(viewport=PHONE, service_workers="block", timezone_id="Asia/Shanghai")
    page = watched.page

    def come(at: dt.datetime, number: int) -> None:
        page.clock.set_fixed_time(at)
        page.locator(f"[data-number='{number}'] [data-come]").click()

    def left_of() -> list[tuple[bool, str | None]]:
        """Tell of each planned visit whether it was made, and when it was left."""
        teams = plan_against_done(field_town, whole, patrol)["teams"]
        both = sorted((v for team in teams for v in team["visits"]), key=lambda v: v["number"])
        return [(v["made"], v["left_at"] and v["left_at"][11:16]) for v in both]

    minutes = dt.timedelta(minutes=1)
    page.goto(f"{watched.base}/field/points/B02")
    expect(page.locator("[data-stop]")).to_have_count(2)
    come(first, 1)
    come(first + dt.timedelta(seconds=1), 1)
    expect(page.locator("#field-answer")).to_contain_text("已发送")
    expect(page.locator("[data-number='1'] [data-come]")).to_have_text("离开")
    expect(page.locator("[data-number='2'] [data-come]")).to_have_text("到达")
    # The other page knows of it, and so does another phone.
    page.evaluate("localStorage.clear()")
    page.goto(f"{watched.base}/field/patrols/{patrol}/{visits[1][1]}")
    expect(page.locator("[data-number='1'] [data-come]")).to_have_text("离开")
    come(first + 9 * minutes, 1)
    expect(page.locator("[data-number='1'] [data-come]")).to_be_hidden()
    expect(page.locator("#field-answer")).to_contain_text("已发送")
    gone = f"{first + 9 * minutes:%H:%M}"
    assert left_of() == [(True, gone), (False, None)]
    page.goto(f"{watched.base}/field/points/B02")
    come(second, 2)
    expect(page.locator("#field-answer")).to_contain_text("已发送")
    page.reload()
    come(second + 3 * minutes, 2)
    expect(page.locator("#field-answer")).to_contain_text("已发送")
    assert left_of() == [(True, gone), (True, f"{second + 3 * minutes:%H:%M}")]
    assert watched.complaints == []
    with field_town.scoped_session(whole, write=True) as session:
        session.execute(text("delete from patrol_visits"))
    page.evaluate("localStorage.clear()")
    page.reload()
    come(second + dt.timedelta(days=2), 2)
    expect(page.locator("#field-answer")).to_contain_text("未能提交")
    expect(page.locator("[data-number='2'] [data-state]")).to_have_text("")
    expect(page.locator("[data-number='2'] [data-come]")).to_have_text("到达")
    assert page.evaluate("localStorage.getItem('gridmap-stays')") == "{}"
