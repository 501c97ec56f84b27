"""The desk in a browser: a case's walk, two people at once, the keyboard alone, live figures, the wall."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect
from sqlalchemy import text

from gridmap.domain.accounts import Actor, Role
from gridmap.domain.cases.actions import Action
from gridmap.domain.cases.asked import NewCase, StepAsked
from gridmap.domain.cases.figures import COUNTED
from gridmap.domain.gridkey import Scope
from gridmap.domain.protection import LEAST_TOLD
from gridmap.services.accounts import audit, desk, entry
from gridmap.services.cases import desk as case_desk
from gridmap.services.cases import intake, photos, satisfaction, screening, tasks
from gridmap.storage.database import Database
from gridmap.storage.workspace.settings import touch
from tests.browser.conftest import DESK, Visit, Watched, serving
from tests.browser.pace import Hand
from tests.conftest import TASK_TIME, MakeDatabase
from tests.doors import new_word

VILLAGE, NEXT, TOWN = 33068110903290000, 33068110901004000, 33068110900000000
AXE = "web/node_modules/axe-core/axe.min.js"
PHONE = {"width": 360, "height": 740}
HALF = {"width": 720, "height": 450}


Person = Callable[..., Watched]


@pytest.fixture(scope="module")
def desk_town(make_database: MakeDatabase) -> Database:
    """A town of this module's own, in which cases are taken in."""
    return make_database("demo")


@pytest.fixture(scope="module")
def desk_server(desk_town: Database) -> Iterator[str]:
    with serving(desk_town) as address:
        yield address


@pytest.fixture
def person(visit: Visit, desk_server: str, desk_town: Database) -> Person:
    """Somebody at a desk's screen, signed in."""

    def make(**options: Any) -> Watched:
        return visit(base=desk_server, town=desk_town, **({"viewport": DESK} | options))

    return make


@pytest.fixture
def at_desk(person: Person) -> Iterator[Watched]:
    watched = person()
    yield watched
    assert watched.strangers() == []
    refused = [c for c in watched.complaints if "409" not in c and "422" not in c and "ERR_" not in c]
    assert refused == []


def go(watched: Watched, path: str) -> Page:
    watched.page.goto(watched.base + path)
    return watched.page


def become(watched: Watched, town: Database, role: Role, grid: int) -> Actor:
    """Sign a new post in on this screen, in place of who was there."""
    keeper, name = Actor.at_the_machine(), f"岗位 {new_word()}"
    desk.add_post(town, keeper, name, role, grid, dt.datetime.now(dt.UTC).date())
    secret = entry.sign_in_by_link(town, desk.make_link(town, keeper, name)).secret
    cookie = f"gridmap_{urlsplit(watched.base).port}"
    watched.page.context.clear_cookies()
    watched.page.context.add_cookies([{"name": cookie, "value": secret, "url": watched.base}])
    return desk.find_post(town, name).actor


def take_in(page: Page, base: str, summary: str, *, look: bool = False) -> None:
    """Take a case in by the keyboard alone, at a place found by words; with ``look`` stop where others are alike."""
    page.goto(f"{base}/cases/new")
    expect(page.locator("#summary")).to_be_focused()
    page.keyboard.type(summary)
    page.keyboard.press("Tab")
    page.locator("#kind").select_option("dispute:02")
    page.locator("#place").focus()
    page.keyboard.type("枫源村")
    page.locator("#places button").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#grids .chain")).to_contain_text("枫源村")
    page.locator("#save").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#case, #alike")
    if not look and page.locator("#alike").count():
        page.click("#save")
    if not look:
        page.wait_for_url(re.compile(r"/cases/\d{22}"))


def do(page: Page, step: str, **fields: str) -> None:
    """Make a step of the case on the page."""
    part = page.locator(f"#step-{step}")
    if part.get_attribute("open") is None:
        part.locator("summary").click()
    for name, value in fields.items():
        field = part.locator(f"[name={name}]").first
        if field.evaluate("e => e.tagName") == "SELECT":
            field.select_option(value)
        elif field.get_attribute("type") == "checkbox":
            field.check()
        else:
            field.fill(value)
    part.locator("button.primary").click()


def test_a_case_goes_from_intake_over_transfer_and_conference_to_the_archive(at_desk: Watched) -> None:
    page = at_desk.page
    take_in(page, at_desk.base, "邻里滴水起争执")
    expect(page.locator("#flash")).to_contain_text("已登记")
    steps = page.locator(".timeline li")
    expect(steps).to_have_count(1)
    village = page.locator("#step-transfer [name=to_grid_key] option", has_text="枫源村").first
    do(page, "transfer", to_grid_key=str(village.get_attribute("value")))
    expect(page.locator(".facts")).to_contain_text("待签收")
    do(page, "sign")
    expect(page.locator(".timeline b").first).to_have_text("签收")
    do(page, "confer", bodies="on", decision_0="现场核对排水", decision_due_0="2030-01-02")
    expect(page.locator("#tasks")).to_contain_text("现场核对排水")
    do(page, "resolve", outcome="agreed", agreement="written", method="people_mediation")
    expect(page.locator(".number")).to_contain_text("化解")
    expect(page.locator("#tasks .task", has_text="回访")).to_have_count(3)
    # Whether the parties are satisfied is for another post to ask, where the lot falls on the case.
    expect(page.locator("#step-follow_up [name=satisfied]")).to_have_count(0)
    do(page, "follow_up", fulfilled="yes")
    expect(page.locator("#tasks .task.done", has_text="回访")).to_have_count(1)
    do(page, "archive")
    expect(page.locator(".number")).to_contain_text("归档")
    assert page.locator("img.qr").count() == 0, "no telephone comes to an address of this machine alone"
    # The same place, day and kind once more: the desk asks before it keeps a second one.
    take_in(page, at_desk.base, "又来反映滴水")
    take_in(page, at_desk.base, "还是滴水的事", look=True)
    expect(page.locator("#alike")).to_contain_text("又来反映滴水")
    page.locator("#alike input[value^='33']").first.check()
    page.click("#save")
    expect(page.locator(".facts")).to_contain_text("关联事件")


def test_whoever_did_not_handle_a_case_asks_whether_its_parties_are_satisfied_where_the_lot_falls(
    at_desk: Watched, desk_town: Database
) -> None:
    with desk_town.scoped_session(Scope.whole()) as session:
        village = int(
            session.scalar(text("select min(grid_key) from grids where level = 3 and valid_to is null"))
        )
    handler = Actor("村岗", Role.VILLAGE_DESK, Scope.of_grid(village))
    at = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)
    new = NewCase("dispute", at, f"晾晒占地 {new_word()}", kind="02", grid_key=village)
    case = intake.record(desk_town, handler, new, uuid.uuid4())
    drawn = next(key for key in range(1, 1000) if satisfaction.is_drawn(key))
    with desk_town.scoped_session(Scope.whole(), write=True) as session:
        told = {"key": drawn, "id": case.row.incident_id}
        session.execute(text("update incidents set record_key = :key where incident_id = :id"), told)
    asked = StepAsked(Action.RESOLVE, outcome="agreed", agreement="written", fulfilled="yes")
    case_desk.act(desk_town, handler, case.row.number, asked, case.row.revision, uuid.uuid4())
    page = go(at_desk, f"/cases/{case.row.number}")
    do(page, "follow_up", fulfilled="yes", satisfied="yes")
    expect(page.locator("#satisfied")).to_have_text("是")


def test_a_case_is_returned_with_a_ground_and_a_step_is_taken_back_within_the_minute(
    at_desk: Watched,
) -> None:
    page = at_desk.page
    take_in(page, at_desk.base, "占道堆物引起争吵")
    do(
        page,
        "transfer",
        to_grid_key=str(
            page.locator("#step-transfer [name=to_grid_key] option", has_text="乐山村").first.get_attribute(
                "value"
            )
        ),
    )
    do(page, "return", ground="wrong_place")
    expect(page.locator(".timeline li").first).to_contain_text("退回")
    expect(page.locator(".timeline li").first).to_contain_text("地点有误")
    page.locator("form.undo button").click()
    expect(page.locator(".timeline li.undone")).to_have_count(1)
    expect(page.locator(".facts")).to_contain_text("待签收")


def test_two_people_at_once_see_both_versions_and_nothing_is_lost(at_desk: Watched, person: Person) -> None:
    page = at_desk.page
    take_in(page, at_desk.base, "道路通行争议")
    other = person().page
    other.goto(page.url)
    # Whoever writes is not disturbed by what others do.
    page.locator("#step-mediate summary").click()
    page.locator("#step-mediate [name=note]").fill("约定周五上门")
    do(other, "note", note="另一位写下的备注")
    expect(other.locator(".timeline")).to_contain_text("另一位写下的备注")
    page.locator("#step-mediate button.primary").click()
    expect(page.locator("#conflict")).to_contain_text("另一位写下的备注")
    expect(page.locator("#conflict")).to_contain_text("约定周五上门")
    expect(page.locator("#step-mediate [name=note]")).to_have_value("约定周五上门")
    page.locator("#step-mediate button.primary").click()
    expect(page.locator(".timeline li").first).to_contain_text("约定周五上门")


def test_a_renewal_on_its_way_does_not_close_what_somebody_has_opened(
    at_desk: Watched, person: Person
) -> None:
    page = at_desk.page
    take_in(page, at_desk.base, "晾晒占地争吵")
    held: list[Route] = []
    holding = False

    def hold(route: Route) -> None:
        # A renewal that is held keeps the next one back, so none is held before the one that is meant.
        if holding and "x-renews" in route.request.headers:
            held.append(route)
        else:
            route.continue_()

    page.route(page.url, hold)
    other = person().page
    other.goto(page.url)
    holding = True
    with page.expect_request(lambda request: "x-renews" in request.headers):
        do(other, "note", note="另一位写下的备注")
    step = page.locator("#step-mediate")
    step.locator("summary").click()
    while not held:
        page.evaluate("0")
    with page.expect_response(lambda response: "x-renews" in response.request.headers):
        held.pop().continue_()
    step.locator("[name=note]").fill("约定周五上门")
    expect(step).to_have_attribute("open", "")
    expect(page.locator(".timeline")).not_to_contain_text("另一位写下的备注")
    page.unroute(page.url)
    # What waited comes when the form is closed again.
    step.locator("summary").click()
    expect(page.locator(".timeline")).to_contain_text("另一位写下的备注")


def test_one_step_is_made_in_many_cases_of_a_list_and_taken_back(at_desk: Watched) -> None:
    for n in range(2):
        take_in(at_desk.page, at_desk.base, f"批量晾晒争执 {n}")
    page = go(at_desk, "/desk?list=open&q=批量晾晒争执")
    expect(page.locator("#bulk")).to_be_hidden()
    page.locator("input.choose").first.check()
    page.locator("[data-choose=all]").click()
    expect(page.locator("[data-chosen]")).to_have_text("已选 2 件")
    page.locator("#bulk [name=action]").select_option("note")
    page.locator("#bulk [name=note]").fill("两件同日上门")
    page.locator("#bulk button.primary").click()
    expect(page.locator(".made li")).to_have_count(2)
    page.locator("form.undo button").click()
    expect(page.locator(".notice.good")).to_contain_text("已撤回 2 件")
    page.locator(".made a").first.click()
    expect(page.locator(".timeline li.undone")).to_contain_text("两件同日上门")


def test_the_keyboard_alone_finds_opens_and_goes_back(at_desk: Watched) -> None:
    page = go(at_desk, "/desk?list=overdue")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("j")
    row = page.locator("a[data-row]").nth(1)
    expect(row).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/cases/\d{22}"))
    expect(page.locator("#case-title")).to_be_focused()
    number = page.url.rpartition("/")[2]
    page.keyboard.press("Escape")
    page.wait_for_url(re.compile(r"/desk"))
    page.keyboard.press("/")
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.type(number)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/cases/{number}")


def test_the_queue_shows_twenty_rows_on_a_desk_and_ten_on_a_small_screen(at_desk: Watched) -> None:
    page = go(at_desk, "/desk?list=overdue")
    seen = (
        "() => [...document.querySelectorAll('.queue tbody tr')]"
        ".filter(r => r.getBoundingClientRect().bottom <= innerHeight).length"
    )
    assert page.evaluate(seen) >= 20
    page.set_viewport_size({"width": 1024, "height": 768})
    assert page.evaluate(seen) >= 10
    first = page.locator(".queue tbody tr").first
    for cell in (".when", ".left", ".handler", ".place", ".what"):
        assert first.locator(cell).inner_text().strip(), cell


def test_no_row_cuts_off_by_when_a_case_is_due_or_what_it_is_warned_of(at_desk: Watched) -> None:
    cut = (
        "() => [...document.querySelectorAll('.queue :is(td.when, td.left)')]"
        ".filter(cell => cell.scrollWidth > cell.clientWidth).map(cell => cell.textContent)"
    )
    hidden = (
        "() => [...document.querySelectorAll('.queue .tag')].filter(tag => {"
        " const cell = tag.closest('td').getBoundingClientRect(), own = tag.getBoundingClientRect();"
        " return own.right > cell.right || own.left < cell.left; }).map(tag => tag.textContent)"
    )
    for lang in ("zh", "en"):
        page = go(at_desk, f"/desk?list=open&lang={lang}")
        assert page.locator(".queue .tag").count()
        for width in (1440, 1024):
            page.set_viewport_size({"width": width, "height": 768})
            assert page.evaluate(cut) == []
            assert page.evaluate(hidden) == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_on_a_small_screen_no_list_is_out_of_sight_and_each_sign_of_the_map_stands_beside_its_word(
    person: Person, lang: str
) -> None:
    page = go(person(viewport={"width": 1024, "height": 768}), f"/desk?list=open&lang={lang}")
    assert page.locator("#lists").evaluate("e => e.scrollWidth <= e.clientWidth")
    for tab in page.locator("#lists a").all():
        expect(tab).to_be_in_viewport(ratio=1)
    assert (
        page.locator(".legend .key").evaluate_all("all => all.map(key => key.getClientRects().length)")
        == [1] * 3
    )
    tall = page.locator(".legend .key").evaluate_all(
        "all => all.map(key => key.offsetHeight / parseFloat(getComputedStyle(key).lineHeight))"
    )
    assert max(tall) < 1.5


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_on_a_phone_a_task_is_read_whole_without_scrolling_sideways(
    person: Person, desk_town: Database, lang: str
) -> None:
    keeper, today = Actor.at_the_machine(), dt.datetime.now(dt.UTC).date()
    with desk_town.scoped_session(Scope.whole()) as session:
        village = int(session.scalars(text("select min(grid_key) from grids where level = 3")).one())
    new = NewCase("dispute", dt.datetime.now(dt.UTC), f"晾晒占地 {new_word()}", kind="02", grid_key=village)
    number = intake.record(desk_town, keeper, new, uuid.uuid4()).row.number
    tasks.make(
        desk_town, keeper, "visit", village, today, "上门走访：了解双方还有什么需要，先服务", number=number
    )
    page = go(person(viewport={"width": 360, "height": 740}), f"/tasks?lang={lang}")
    assert page.locator(".tasks tbody tr").count()
    assert page.locator("#tasks .scroll-x").evaluate("e => e.scrollWidth <= e.clientWidth")
    for cell in page.locator(".tasks tbody tr").first.locator("td").all():
        assert cell.evaluate("e => e.getBoundingClientRect().right <= innerWidth")


def test_on_paper_a_list_is_a_table_and_a_dark_screen_prints_light(at_desk: Watched) -> None:
    page = at_desk.page
    page.goto(f"{at_desk.base}/desk?list=all&lang=zh")
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    # The width of an A4 page.
    page.set_viewport_size({"width": 703, "height": 1032})
    expect(page.locator(".queue thead")).to_be_hidden()
    page.emulate_media(media="print")
    for column in ("到期", "事由", "地点", "承办"):
        expect(page.locator(".queue thead").get_by_text(column, exact=True)).to_be_visible()
    row = page.locator(".queue tbody tr").first
    expect(row.locator(".printed")).to_have_text(re.compile(r"^\d{22}$"))
    expect(row.locator(".next")).to_be_hidden()
    tall = page.locator(".queue tbody tr").evaluate_all("all => all.map(row => row.offsetHeight)")
    assert max(tall) < 1032 / 15
    assert page.evaluate("document.documentElement.scrollWidth") <= 703
    drawn = "getComputedStyle(document.querySelector('.land path')).fill"
    assert page.evaluate(drawn) == "rgb(244, 245, 241)"
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"


def test_every_figure_leads_to_its_records(at_desk: Watched) -> None:
    page = go(at_desk, "/town?period=all")
    figures: dict[str, str] = {}
    for name in ("new_today", "open", "due_today", "overdue"):
        figure = page.locator(f"a[data-figure={name}]")
        figures[str(figure.get_attribute("href"))] = figure.locator(".value").inner_text()
    total = page.locator("tr.total")
    # Numbers have sealed cases in them, and say so; lists have none that this post may not open.
    sealed = int(re.sub(r"\D", "", total.locator("[data-c=reported] .sealed-n").inner_text()))
    assert sealed > 0
    counts = total.locator("a[data-count]").evaluate_all(
        "all => all.map(a => [a.getAttribute('href'), a.innerText])"
    )
    assert len(counts) == len(COUNTED)
    for href, value in figures.items():
        go(at_desk, href)
        listed = int(page.locator(".lists a[aria-current] b").inner_text())
        assert 0 <= int(value) - listed <= sealed, href
    for href, value in counts[::5]:
        go(at_desk, href)
        told = page.locator("#counted").inner_text()
        held_back = re.search(r"保密 (\d+) 件", told)
        listed = int(page.locator(".lists a[aria-current] b").inner_text())
        assert listed + (int(held_back[1]) if held_back else 0) == int(value), href
        assert page.locator("a[data-row]").count() == min(50, listed), href


def test_the_wall_renews_by_itself_says_when_it_is_cut_off_and_comes_back(
    at_desk: Watched, person: Person
) -> None:
    page = go(at_desk, "/wall")
    expect(page.locator("[data-clock]")).to_have_text(re.compile(r"\d\d:\d\d:\d\d"))
    assert page.locator("button:visible, a:visible:not(.skip), input:visible").count() == 0
    # A wall's figures are perturbed ones of the last midnight or noon: no new case is seen to come in. They are new all
    # the same when something changes, the moment with them.
    expect(page.locator("b[data-figure=open]")).to_have_text(re.compile(r"\d+|< \d+"))
    page.evaluate("document.getElementById('wall-figures').dataset.old = ''")
    other = person().page
    take_in(other, at_desk.base, "墙上应当看到的新事件")
    expect(page.locator("#wall-figures[data-old]")).to_have_count(0)
    page.route("**/live", lambda route: route.abort())
    expect(page.locator("#offline")).to_contain_text("连不上服务器")
    page.unroute("**/live")
    expect(page.locator("#offline")).to_be_hidden()


def test_that_there_is_no_connection_is_said_once_and_leaves_the_menu_its_room(at_desk: Watched) -> None:
    page = go(at_desk, "/desk")
    room = "document.querySelector('.top nav').clientWidth"
    before = page.evaluate(room)
    expect(page.locator("#fresh")).to_contain_text(re.compile(r"\d\d:\d\d"))
    page.route("**/live", lambda route: route.abort())
    expect(page.locator("#offline")).to_contain_text("连不上服务器")
    assert page.locator("body").inner_text().count("连不上服务器") == 1
    expect(page.locator("#fresh")).to_contain_text(re.compile(r"\d\d:\d\d"))
    assert page.evaluate(room) >= before


PAGES = (
    "/desk",
    "/desk?list=to_sign&q=nothing-has-this",
    "/cases/new",
    "/town",
    "/town/meaning",
    "/handover",
    "/tasks",
    "/tasks/new",
    "/screening",
    "/field/",
    "/wall",
    "/forms?period=2026-10",
    "/bodies",
    "/sources",
    "/grids/33068110903290000",
    "/grids/33068110903290000/border",
    "/grids/33068110903290000/board",
    "/search?q=x",
    "/nothing-here",
)
ONE_THEME_EACH = (
    "/imports",
    "/imports/6",
    "/records",
    "/projects",
    "/rulings",
    "/reports",
    "/audit",
    "/posts",
    "/limits",
    "/patrols/roster",
)
"""Looked at light in Chinese and dark in English."""


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_what_axe_complains_of(
    person: Person, desk_town: Database, theme: str, lang: str
) -> None:
    watched = person(bypass_csp=True)
    watched.page.context.add_cookies([{"name": "theme", "value": theme, "url": watched.base}])
    found: dict[str, Any] = {}
    more = ONE_THEME_EACH if (theme, lang) in {("light", "zh"), ("dark", "en")} else ()
    at = dt.datetime.now(dt.UTC)
    new = NewCase("dispute", at, "楼道堆物", kind="02", grid_key=VILLAGE)
    keeper = Actor.at_the_machine()
    number = intake.record(desk_town, keeper, new, uuid.uuid4()).row.number
    # A task of today stands on the handover's page as promised, and a photo on the case's.
    today = at.astimezone(ZoneInfo(desk_town.settings.timezone)).date()
    tasks.make(desk_town, keeper, "visit", VILLAGE, today, "上门看一看", number=number, key=uuid.uuid4())
    photos.allow(desk_town, keeper, allowed=True)
    drawn = BytesIO()
    Image.new("RGB", (40, 30), "white").save(drawn, "JPEG")
    photos.add(desk_town, keeper, number, drawn.getvalue(), uuid.uuid4())
    for path in (*PAGES, *more, f"/cases/{number}", f"/cases/{number}/edit", f"/field/{number}"):
        page = go(watched, path + ("&" if "?" in path else "?") + f"lang={lang}")
        page.add_script_tag(path=AXE)
        for violation in page.evaluate(
            "axe.run(document, {resultTypes: ['violations'], rules: {'target-size': {enabled: true}}})"
            ".then(r => r.violations)"
        ):
            found[f"{path} {violation['id']}"] = [n["html"][:150] for n in violation["nodes"][:3]]
        cut = page.evaluate(
            "[...document.querySelectorAll('main .sheet')].filter(e => e.scrollHeight > e.clientHeight + 1)"
            ".map(e => e.outerHTML.slice(0, 150))"
        )
        if cut:
            found[f"{path} hides the end of a part"] = cut
        low = page.evaluate(
            "[...document.querySelectorAll('main :is(a, button, summary, select, .grids input)')].filter(e => {"
            " const { width, height } = e.getBoundingClientRect();"
            " return width && height && height < 23.5 && getComputedStyle(e).display !== 'inline'; })"
            ".map(e => e.outerHTML.slice(0, 150))"
        )
        if low:
            found[f"{path} has what is too low for a finger"] = low[:3]
        for name, size in (("a phone", PHONE), ("a desk at 200 %", HALF)):
            page.set_viewport_size(size)
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                found[f"{path} is wider than {name}"] = []
        page.set_viewport_size(DESK)
    assert found == {}


def test_a_grid_s_page_tells_who_serves_it_and_takes_posts_and_volunteers(at_desk: Watched) -> None:
    page = go(at_desk, "/town")
    village = str(page.locator("tr[data-grid^='33']").first.get_attribute("data-grid"))
    go(at_desk, f"/grids/{village}")
    expect(page.locator("#posts .nothing")).to_be_visible()
    page.locator("#posts summary").click()
    page.fill("#title", "网格岗 1")
    page.fill("#hours", "周一至周五 08:30-17:00")
    page.fill("#phone", "13800138000")
    page.locator("#posts button.primary").click()
    # What was written is still there beside the reason.
    expect(page.locator("p.notice.bad")).to_contain_text("办公电话")
    expect(page.locator("#hours")).to_have_value("周一至周五 08:30-17:00")
    page.fill("#phone", "0575-80000000")
    page.locator("#posts button.primary").click()
    expect(page.locator("#posts li")).to_contain_text("周一至周五 08:30-17:00")
    page.locator("#volunteers summary").click()
    page.fill("#v-safety", "4")
    page.locator("#volunteers button.primary").click()
    expect(page.locator("#volunteers")).to_contain_text("安全员 4")
    page.locator("#posts li button").click()
    expect(page.locator("#posts .nothing")).to_be_visible()


def test_what_answers_a_refused_form_is_not_asked_for_as_a_page_when_the_town_changes(
    at_desk: Watched, desk_town: Database
) -> None:
    page = go(at_desk, "/town")
    village = str(page.locator("tr[data-grid^='33']").first.get_attribute("data-grid"))
    go(at_desk, f"/grids/{village}")
    page.locator("#posts summary").click()
    page.fill("#title", "网格岗 2")
    page.fill("#phone", "13800138000")
    with page.expect_response("**/live*"):
        page.locator("#posts button.primary").click()
        expect(page.locator("p.notice.bad")).to_contain_text("办公电话")
    with desk_town.scoped_session(Scope.whole(), write=True) as session:
        touch(session)
    # The change is told with the first of these, and would be shown before the second.
    for _ in range(2):
        with page.expect_response("**/live*"):
            pass
    assert not [url for url in at_desk.requests if url.endswith("/posts")][1:]


def test_a_clinic_is_announced_and_called_off_and_the_directory_says_who_is_open(at_desk: Watched) -> None:
    page = go(at_desk, "/bodies")
    assert page.locator("#directory tbody tr").count() > 10
    page.locator("#clinics summary").click()
    page.locator("#body_code").select_option(index=1)
    page.locator("#clinics [name=place]").fill("文化礼堂")
    page.locator("#clinics button.primary").click()
    expect(page.locator("#clinics li")).to_contain_text("文化礼堂")
    page.locator("#clinics li button").click()
    expect(page.locator("#clinics .nothing")).to_be_visible()


def test_what_was_told_is_put_right_with_a_reason_and_the_same_matter_is_merged(at_desk: Watched) -> None:
    page = at_desk.page
    take_in(page, at_desk.base, "登记写错的纠纷")
    page.click("#edit")
    expect(page.locator("#summary")).to_have_value("登记写错的纠纷")
    page.fill("#summary", "登记改正的纠纷")
    page.fill("#reason", "笔误")
    page.click("#save")
    expect(page.locator("h1")).to_have_text("登记改正的纠纷")
    expect(page.locator(".timeline li").first).to_contain_text("更改：")
    kept = page.url.split("?")[0]
    take_in(page, at_desk.base, "登记改正的纠纷又来")
    other = page.url.split("?")[0].rpartition("/")[2]
    page.goto(kept)
    page.locator("#step-merge summary").click()
    page.fill("#merge-other", other)
    page.fill("#merge-reason", "同一件事")
    page.locator("#step-merge button.primary").click()
    expect(page.locator(".facts")).to_contain_text(other)


def test_what_was_typed_and_left_never_writes_over_what_somebody_else_put_right_meanwhile(
    at_desk: Watched, person: Person
) -> None:
    page = at_desk.page
    take_in(page, at_desk.base, f"邻里噪声 {new_word()}")
    case = page.url.partition("?")[0]
    page.goto(f"{case}/edit")
    page.fill("#people_count", "4")
    page.fill("#reason", "人数有误")
    page.goto(case)
    other = person().page
    other.goto(f"{case}/edit")
    other.fill("#summary", "另一位改正的概要")
    other.fill("#reason", "概要有误")
    other.click("#save")
    expect(other.locator("h1")).to_have_text("另一位改正的概要")
    page.goto(f"{case}/edit")
    expect(page.locator("#typed-back")).to_be_visible()
    expect(page.locator("#summary")).to_have_value("另一位改正的概要")
    expect(page.locator("#people_count")).to_have_value("4")
    # It was typed over what stood there before: the desk is told so once, and then it is taken.
    page.click("#save")
    expect(page.locator("#problem .notice")).to_be_visible()
    expect(page.locator("#people_count")).to_have_value("4")
    page.click("#save")
    expect(page.locator("h1")).to_have_text("另一位改正的概要")
    expect(page.locator(".timeline li").first).to_contain_text("人数有误")
    # A step whose part is renewed while it is closed is sent as typed over what stood there, too.
    page.goto(case)
    step = page.locator("#step-mediate")
    step.locator("summary").click()
    step.locator("[name=note]").fill("约定周五上门")
    over = step.locator("[name=revision]").input_value()
    step.locator("summary").click()
    page.evaluate("document.activeElement.blur()")
    other.goto(case)
    do(other, "note", note="期间的备注")
    expect(page.locator(".timeline")).to_contain_text("期间的备注")
    expect(step.locator("[name=note]")).to_have_value("约定周五上门")
    expect(step.locator("[name=revision]")).to_have_value(over)


def test_screens_that_share_a_renewed_page_send_acts_of_their_own(at_desk: Watched, person: Person) -> None:
    page = at_desk.page
    take_in(page, at_desk.base, f"车位争执 {new_word()}")
    case = page.url.partition("?")[0]
    other, third = person().page, person().page
    for screen in (other, third):
        screen.goto(case)
    key = "#step-mediate [name=key]"
    mine = page.locator(key).input_value()

    def renew(note: str) -> None:
        do(other, "note", note=note)
        for screen in (other, page, third):
            expect(screen.locator(".timeline")).to_contain_text(note)

    renew("使两屏更新")
    assert page.locator(key).input_value() == mine
    # A form that neither of them had before is in the page that they share.
    for screen in (page, third):
        screen.evaluate("document.querySelector('#step-mediate').remove()")
    renew("再次更新")
    keys = {screen.locator(key).input_value() for screen in (page, third)}
    assert len(keys) == 2
    assert all(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", one) for one in keys)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("width", [1440, 1024, 360])
def test_every_section_is_reached_without_scrolling_sideways(person: Person, width: int, lang: str) -> None:
    page = go(person(viewport={"width": width, "height": 800}), f"/tasks?lang={lang}")
    more = page.locator("#more-sections summary")
    side_by_side = page.locator(".top .sections").evaluate("e => [e.scrollWidth, e.clientWidth]")
    assert width < 1000 or side_by_side[0] <= side_by_side[1]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(more).to_be_in_viewport(ratio=1)
    more.focus()
    page.keyboard.press("Enter")
    for link in page.locator("#more-sections a").all():
        expect(link).to_be_in_viewport(ratio=1)
        # Nothing lies over it.
        assert link.evaluate(
            "e => { const r = e.getBoundingClientRect();"
            " return document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2) === e }"
        )
    page.keyboard.press("Escape")
    expect(page.locator("#more-sections a").first).to_be_hidden()
    expect(more).to_be_focused()


def test_whoever_signs_in_again_in_another_tab_goes_on_in_this_one(at_desk: Watched) -> None:
    page = go(at_desk, "/desk")
    mine = page.context.cookies()
    page.context.clear_cookies()
    expect(page.locator("#offline")).to_contain_text("登录已结束")
    page.context.add_cookies(mine)
    expect(page.locator("#offline")).to_be_hidden()
    expect(page.locator("html")).not_to_have_class(re.compile("stale"))
    page.context.clear_cookies()
    expect(page.locator("#offline")).to_contain_text("登录已结束")
    at_desk.complaints[:] = [c for c in at_desk.complaints if "401" not in c]


def test_a_form_s_number_leads_to_its_cases_and_handing_in_is_kept(at_desk: Watched) -> None:
    page = go(at_desk, "/forms?period=2026-10")
    number = page.locator("tr.total [data-c=found] a").first
    said = int(number.inner_text())
    number.click()
    expect(page.locator(".queue-part")).to_be_visible()
    sealed = page.locator(".head .muted").inner_text()
    assert str(said) in sealed
    page.locator("[data-back]").click()
    page.click("#hand-in")
    expect(page.locator("#handed-in")).to_contain_text("与报送时一致")


def test_a_shift_is_given_with_a_note_and_read_and_taken_by_the_next_desk(
    at_desk: Watched, person: Person
) -> None:
    page = go(at_desk, "/handover")
    page.fill("#note", "夜间有两起噪声纠纷，明早回访。")
    page.click("#give")
    expect(page.locator("#flash")).to_contain_text("交班")
    other = person().page
    other.goto(f"{at_desk.base}/handover")
    expect(other.locator(".notice", has_text="噪声纠纷")).to_be_visible()
    # A second note waits until the first is taken: none is lost.
    expect(other.locator("#give")).to_have_count(0)
    other.click("#take")
    expect(other.locator("#take")).to_have_count(0)
    expect(other.locator("#give")).to_be_visible()


def test_a_case_is_recorded_within_a_minute_at_a_person_s_speed(
    at_desk: Watched, record_property: Callable[[str, object], None]
) -> None:
    page = at_desk.page
    page.goto(f"{at_desk.base}/cases/new")
    hand = Hand()
    hand.write("楼道堆物影响通行，双方争吵", page.keyboard.type)
    hand.act(lambda: page.locator("#kind").select_option("dispute:02"))
    hand.write("枫源村", page.locator("#place").press_sequentially)
    hand.act(page.locator("#places button").first.click)
    hand.act(lambda: page.locator("#channel").select_option("visit"))
    hand.act(lambda: page.click("#save"))
    page.wait_for_selector("#case, #alike")
    if page.locator("#alike").count():
        hand.act(lambda: page.click("#save"))
    page.wait_for_url(re.compile(r"/cases/\d{22}"))
    record_property(TASK_TIME, f"recording a case: {hand.seconds:.0f} s, {hand.actions} actions")
    assert hand.actions <= 8
    assert hand.seconds <= 60


def test_a_village_is_screened_within_two_minutes_at_a_person_s_speed(
    at_desk: Watched, record_property: Callable[[str, object], None], desk_town: Database
) -> None:
    page, hand = at_desk.page, Hand()
    today = dt.datetime.now(dt.UTC).date()
    name = f"排查 {new_word()}"
    screening.begin(desk_town, Actor.at_the_machine(), name, TOWN, 3, today, today + dt.timedelta(days=7))
    become(at_desk, desk_town, Role.VILLAGE_DESK, VILLAGE)
    page.goto(f"{at_desk.base}/")
    link = page.locator(".top nav a", has_text="排查")
    if not link.is_visible():
        hand.act(page.locator("#more-sections summary").click)
    hand.act(link.click)
    hand.act(page.get_by_role("link", name=name).click)
    # A village answers for itself alone.
    expect(page.locator(".screening li")).to_have_count(1)
    hand.write("2", page.locator(".screening li input[name=n]").fill)
    hand.act(page.get_by_role("button", name="发现", exact=True).click)
    expect(page.locator(".screening li.answered")).to_have_count(1)
    # What was found is taken in as cases: two, each as fast as at the desk.
    for summary in ("晾晒占道，邻里口角", "排水不畅，两户争执"):
        hand.act(lambda: page.goto(f"{at_desk.base}/cases/new"))
        hand.write(summary, page.keyboard.type)
        hand.act(lambda: page.locator("#kind").select_option("dispute:02"))
        hand.act(lambda: page.locator("#grid_key").select_option(str(VILLAGE)))
        hand.act(lambda: page.click("#save"))
        page.wait_for_url(re.compile(r"/cases/\d{22}"))
    record_property(
        TASK_TIME, f"screening a village, two found: {hand.seconds:.0f} s, {hand.actions} actions"
    )
    assert hand.seconds <= 120


def test_a_sealed_case_is_nothing_to_whoever_may_not_see_it_and_its_opening_by_the_handler_is_written_down(
    at_desk: Watched, desk_town: Database
) -> None:
    page, secret = at_desk.page, f"家事 {new_word()}"
    handler = become(at_desk, desk_town, Role.VILLAGE_DESK, VILLAGE)
    at = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)
    new = NewCase("dispute", at, secret, kind="01", grid_key=VILLAGE, place=f"巷口 {secret}")
    number = intake.record(desk_town, handler, new, uuid.uuid4()).row.number
    page.goto(f"{at_desk.base}/search?q={number}")
    page.wait_for_url(re.compile(number))
    expect(page.locator("#case h1")).to_have_text("保密事件")
    for path in (
        f"/cases/{number}",
        f"/field/{number}",
        "/desk?list=open",
        "/desk?list=mine",
        "/search?q=家事",
    ):
        page.goto(at_desk.base + path)
        assert secret not in page.content(), path
    page.goto(f"{at_desk.base}/cases/{number}")
    page.locator("[data-open]").click()
    expect(page.locator("#case")).to_contain_text(secret)
    # Loaded again it is closed again: what was opened is one opening.
    page.goto(f"{at_desk.base}/cases/{number}")
    expect(page.locator("#case")).not_to_contain_text(secret)
    openings = [
        e for e in audit.list_entries(desk_town, limit=1000, action="open_sealed") if e.object == number
    ]
    assert [e.post for e in openings] == [handler.post]
    for role, grid in ((Role.VILLAGE_DESK, NEXT), (Role.ADMINISTRATOR, 0)):
        become(at_desk, desk_town, role, grid)
        page.goto(f"{at_desk.base}/cases/{number}")
        expect(page.locator("#problem")).to_contain_text("没有编号")
        page.goto(f"{at_desk.base}/search?q={number}")
        expect(page.locator("main")).to_contain_text("没有找到")
        assert secret not in page.content()
    opened = [
        e for e in audit.list_entries(desk_town, limit=1000, action="open_sealed") if e.object == number
    ]
    assert opened == openings
    at_desk.complaints[:] = [c for c in at_desk.complaints if "404" not in c]


def test_the_public_board_tells_perturbed_numbers_of_a_year_and_whom_to_turn_to(at_desk: Watched) -> None:
    page = go(at_desk, "/town?level=1")
    town = str(page.locator("tr[data-grid^='33']").first.get_attribute("data-grid"))
    page = go(at_desk, f"/grids/{town}/board?year=2026")
    cells = page.locator(".board table").first.locator("td")
    # How this town's cases ended was told of few: that is not told, and how many there were is.
    told = [text.removeprefix("约 ") for text in cells.all_inner_texts() if text.startswith("约 ")]
    assert told
    assert all(int(n) >= LEAST_TOLD for n in told)
    expect(cells).to_have_count(2)
    expect(page.locator(".board")).to_contain_text("扰动")
    assert page.locator(".board table").nth(1).locator("tr").count() > 3
    page = go(at_desk, "/grids/33068110903290000/board?year=2026")
    # How a village's cases stand is too fine to be told: no nought stands for it.
    expect(page.locator(".board table").first.locator("td").last).to_have_text(
        f"过少（不足 {LEAST_TOLD}）或过细，不公布"
    )


def test_a_session_that_ends_in_the_middle_of_a_form_loses_nothing_that_was_typed(at_desk: Watched) -> None:
    page = go(at_desk, "/cases/new")
    word = new_word()
    page.fill("#summary", f"会话中途结束 {word}")
    page.locator("#kind").select_option("dispute:02")
    page.fill("#people_count", "4")
    mine = page.context.cookies()
    page.context.clear_cookies()
    page.click("#save")
    page.wait_for_url(re.compile(r"/sign-in\?next=%2Fcases%2Fnew"))
    page.context.add_cookies(mine)
    go(at_desk, "/cases/new")
    expect(page.locator("#typed-back")).to_be_visible()
    expect(page.locator("#summary")).to_have_value(f"会话中途结束 {word}")
    expect(page.locator("#kind")).to_have_value("dispute:02")
    # A double click sends the form once.
    sent: list[str] = []
    page.on("request", lambda asked: sent.append(asked.url) if asked.method == "POST" else None)
    twice = "button => { button.click(); button.click(); }"
    page.locator("#place").press_sequentially("枫源村")
    page.locator("#places button").first.click()
    expect(page.locator("#grids .chain")).to_contain_text("枫源村")
    page.locator("#save").evaluate(twice)
    page.wait_for_selector("#case, #alike")
    assert len(sent) == 1
    if page.locator("#alike").count():
        page.locator("#save").evaluate(twice)
    page.wait_for_url(re.compile(r"/cases/\d{22}"))
    case = page.url.partition("?")[0]
    go(at_desk, f"/search?q={word}")
    expect(page.locator("a[data-row]")).to_have_count(1)
    go(at_desk, "/cases/new")
    expect(page.locator("#summary")).to_have_value("")
    # A step of a case is kept the same way, and the page says at once that the session is over.
    page.goto(case)
    page.locator("#step-mediate summary").click()
    page.locator("#step-mediate [name=note]").fill("约定周五上门")
    page.context.clear_cookies()
    expect(page.locator("#offline")).to_contain_text("登录已结束")
    page.locator("#step-mediate button.primary").click()
    page.wait_for_url(re.compile(r"/sign-in\?next="))
    page.context.add_cookies(mine)
    page.goto(case)
    expect(page.locator("#step-mediate [name=note]")).to_have_value("约定周五上门")
    page.locator("#step-mediate button.primary").click()
    expect(page.locator(".timeline li").first).to_contain_text("约定周五上门")
    page.reload()
    expect(page.locator("#typed-back")).to_have_count(0)
    at_desk.complaints[:] = [c for c in at_desk.complaints if "401" not in c]


def test_a_page_left_open_is_not_written_in_by_the_next_post_and_says_that_the_session_is_over(
    at_desk: Watched, desk_town: Database
) -> None:
    page = at_desk.page
    take_in(page, at_desk.base, f"两岗同屏 {new_word()}")
    page.goto(page.url.partition("?")[0])
    page.locator("#step-mediate summary").click()
    page.locator("#step-mediate [name=note]").fill("前一岗写的")
    cookie = next(c for c in page.context.cookies() if c["name"].startswith("gridmap_"))
    keeper, name = Actor.at_the_machine(), f"镇值班岗 {new_word()}"
    _, link = desk.add_post(desk_town, keeper, name, Role.TOWN_DESK, 0, dt.date(2026, 11, 1))
    page.context.add_cookies([{**cookie, "value": entry.sign_in_by_link(desk_town, link).secret}])
    expect(page.locator("html")).to_have_attribute("data-post", name)
    expect(page.locator("#step-mediate [name=note]")).to_have_value("")
    expect(page.locator("#typed-back")).to_have_count(0)
    # What the page says of a session that is over stands, whether or not there is a connection.
    page.clock.install()
    page.reload()
    page.context.clear_cookies()
    expect(page.locator("#offline a")).to_be_visible()
    tried: list[str] = []

    def abort(route: Route) -> None:
        tried.append(route.request.url)
        route.abort()

    page.route("**/live", abort)
    page.clock.fast_forward(60_000)
    while len(tried) < 3:
        with page.expect_request("**/live"):
            pass
    expect(page.locator("#offline a")).to_be_visible()
    expect(page.locator("#offline")).to_contain_text("登录已结束")
    at_desk.complaints[:] = [c for c in at_desk.complaints if "401" not in c]
