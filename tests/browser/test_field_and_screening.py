"""A round of screening on one screen and on paper, and the field page with and without a network."""

from __future__ import annotations

import base64
import datetime as dt
import re
import time
import uuid
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect
from sqlalchemy import text

from gridmap import crs
from gridmap.domain.accounts import Actor
from gridmap.domain.cases.asked import NewCase
from gridmap.domain.gridkey import Scope
from gridmap.domain.terms import PHOTO_DRAFTS, PHOTO_SIDE
from gridmap.services.cases import desk as case_desk
from gridmap.services.cases import intake, photos
from gridmap.services.house import IMPORT_KINDS
from gridmap.services.imports.records import ImportOptions, import_records
from gridmap.services.patrols.ask.request import PatrolRequest
from gridmap.services.patrols.follow import orders
from gridmap.services.patrols.follow.visits import plan_against_done
from gridmap.services.patrols.make.plans import plan_patrols
from gridmap.storage.database import Database
from tests.browser.conftest import DESK, Visit, Watched, serving, until
from tests.browser.pace import Hand
from tests.conftest import TASK_TIME, MakeDatabase
from tests.doors import new_word
from web.desk import shown

PHONE = {"width": 360, "height": 740}
VILLAGES = 28
DISCONNECTS = 200
PHOTO_DISCONNECTS = 40
LONGEST_S = 300.0
"""After which the phone has given up, on the slowest of machines, too."""
FLICKER = "() => { setInterval(() => dispatchEvent(new Event('online')), 5); }"
"""The page itself finds its network again and again: asked from outside, each time costs ten times as much."""
NOTES = tuple(f"第 {n} 条：已到现场" for n in range(1, 6))
FIRST_TRIES = DISCONNECTS // len(NOTES) - 1


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


def test_a_round_is_begun_answered_for_every_village_and_printed(
    person: Callable[..., Watched], record_property: Callable[[str, object], None]
) -> None:
    watched = person()
    page = watched.page
    page.goto(f"{watched.base}/screening")
    page.locator("#name").fill("冬季矛盾纠纷排查")
    page.locator("#begin button.primary").click()
    page.wait_for_url(re.compile(r"/screening/\d+$"))
    lines = page.locator(".screening li")
    expect(lines).to_have_count(VILLAGES)
    hand = Hand()
    for n in range(VILLAGES):
        line = lines.nth(n)
        if n == 3:
            hand.write("2", line.locator("input[name=n]").fill)
            hand.act(line.get_by_role("button", name="发现", exact=True).click)
        else:
            hand.act(line.get_by_role("button", name="未发现").click)
        expect(page.locator(".screening li.answered")).to_have_count(n + 1)
    record_property(TASK_TIME, f"answering for {VILLAGES} villages on one screen: {hand.seconds:.0f} s")
    assert hand.seconds <= 120
    expect(page.locator("#screening-sum")).to_contain_text("已答 28 / 28")
    expect(page.locator("#screening-sum")).to_contain_text("发现 2 件")
    # An answer is put right by another one; an empty number is none.
    lines.nth(3).get_by_role("button", name="未发现").click()
    expect(page.locator("#screening-sum")).to_contain_text("发现 0 件")
    # All villages stay on one screen below a message.
    lines.nth(3).locator("input[name=n]").fill("2")
    lines.nth(3).get_by_role("button", name="发现", exact=True).click()
    expect(page.locator("#screening-sum")).to_contain_text("发现 2 件")
    page.goto(f"{page.url.split('?')[0].split('#')[0]}?told=answer_kept")
    expect(page.locator("#flash .notice")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollHeight") <= DESK["height"]
    page.get_by_role("link", name="纸质表").click()
    expect(page.locator("table.paper tbody tr")).to_have_count(VILLAGES)
    page.wait_for_function("() => document.querySelector('img.code').naturalWidth > 0")
    assert watched.complaints == []


def test_a_photo_leaves_what_its_camera_wrote_on_the_phone(
    person: Callable[..., Watched], field_town: Database, number: str
) -> None:
    photos.allow(field_town, Actor.at_the_machine(), allowed=True)
    watched = person(viewport=PHONE)
    page = watched.page
    page.goto(f"{watched.base}/field/{number}")
    with page.expect_request(lambda request: request.method == "POST") as sent:
        page.locator("#photo").set_input_files(a_photo())
    picture = base64.b64decode(sent.value.post_data_json["picture"])
    assert b"secret-9b1f" not in picture
    with Image.open(BytesIO(picture)) as upright:
        assert not upright.getexif()
        assert upright.size == (PHOTO_SIDE // 2, PHOTO_SIDE)
    expect(page.locator("#photos img")).to_have_count(1)
    assert watched.complaints == []


def a_photo() -> Any:
    """Return what a phone's camera gives: a picture that is too large, with device and turn written beside it."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "secret-9b1f", 6
    given = BytesIO()
    Image.new("RGB", (2 * PHOTO_SIDE, PHOTO_SIDE)).save(given, "JPEG", exif=exif)
    assert b"secret-9b1f" in given.getvalue()
    return {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": given.getvalue()}


def pictures_of(database: Database, number: str) -> list[bytes]:
    """Return the photos that the server keeps of a case."""
    with database.scoped_session(Scope.whole()) as session:
        rows = session.execute(
            text(
                "select p.picture from case_photos p join incidents i using (incident_id)"
                " where i.number = :n order by p.added_at"
            ),
            {"n": number},
        )
        return [bytes(row[0]) for row in rows]


KEPT_PHOTOS = """() => new Promise((resolve) => {
  const asked = indexedDB.open("gridmap-photos", 1);
  asked.onsuccess = () => {
    const all = asked.result.transaction("photos").objectStore("photos").getAll();
    all.onsuccess = () => Promise.all(all.result.map((one) => one.picture.text()))
      .then((found) => { asked.result.close(); resolve(found); });
  };
})"""

IS_OPENED = "() => indexedDB.databases().then((all) => all.some((one) => one.name === 'gridmap-photos'))"
ANOTHERS_PHOTO = """(number) => new Promise((resolve) => {
  const asked = indexedDB.open("gridmap-photos", 1);
  asked.onsuccess = () => {
    const acts = asked.result.transaction("photos", "readwrite");
    const picture = new Blob(["another's"]);
    acts.objectStore("photos").put({ key: crypto.randomUUID(), number, post: "别的岗位", at: 0, picture });
    acts.oncomplete = () => { asked.result.close(); resolve(0); };
  };
})"""


def test_a_photo_taken_without_a_network_is_stripped_on_the_phone_kept_with_its_note_and_sent_once(
    person: Callable[..., Watched], field_town: Database, number: str
) -> None:
    photos.allow(field_town, Actor.at_the_machine(), allowed=True)
    watched = person(viewport=PHONE)
    page = watched.page
    page.goto(f"{watched.base}/field/{number}")
    page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
    # Once more, so that the worker has seen the page and its files.
    page.reload()
    page.context.set_offline(True)
    page.locator("#note").fill("院墙已拆一半")
    page.locator("#photo").set_input_files(a_photo())
    expect(page.locator("#photo-drafts img")).to_have_count(1)
    page.locator("button[data-step=note]").click()
    expect(page.locator("#waiting")).to_contain_text("2 条待发送")
    kept = page.evaluate(KEPT_PHOTOS)
    assert len(kept) == 1
    assert "secret-9b1f" not in kept[0]
    # The phone was put away: both are there.
    page.reload()
    expect(page.locator("#photo-drafts img")).to_have_count(1)
    expect(page.locator("#waiting")).to_contain_text("2 条待发送")
    assert pictures_of(field_town, number) == []
    # The server has taken it, and the phone does not hear so, again and again.
    keys: list[str] = []

    def answer(route: Route) -> None:
        keys.append(str(route.request.headers.get("idempotency-key")))
        if len(keys) > PHOTO_DISCONNECTS:
            route.continue_()
        elif len(keys) % 2:
            route.abort("connectionfailed")
        else:
            route.fetch()
            route.abort("connectionreset")

    page.context.route("**/api/v1/cases/*/photos", answer)
    page.context.set_offline(False)
    page.evaluate(FLICKER)
    expect(page.locator("#waiting")).to_be_hidden(timeout=1000 * LONGEST_S)
    expect(page.locator("#photo-drafts")).to_be_hidden()
    expect(page.locator("#photos img")).to_have_count(1)
    assert len(keys) == PHOTO_DISCONNECTS + 1
    assert len(set(keys)) == 1
    assert page.evaluate(KEPT_PHOTOS) == []
    assert [step for step in steps_of(field_town, number) if step[0] == "note"] == [("note", "院墙已拆一半")]
    (picture,) = pictures_of(field_town, number)
    with Image.open(BytesIO(picture)) as upright:
        assert not upright.getexif()
        assert upright.size == (PHOTO_SIDE // 2, PHOTO_SIDE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_photo_that_does_not_fit_on_the_phone_is_told_and_what_was_written_stays(
    person: Callable[..., Watched], field_town: Database, number: str
) -> None:
    photos.allow(field_town, Actor.at_the_machine(), allowed=True)
    watched = person(viewport=PHONE, service_workers="block")
    page = watched.page
    page.goto(f"{watched.base}/field/{number}")
    page.context.set_offline(True)
    page.locator("#note").fill("只写文字")
    drafts, told = page.locator("#photo-drafts li"), page.locator("#photos [role=status]")
    for n in range(PHOTO_DRAFTS):
        page.locator("#photo").set_input_files(a_photo())
        expect(drafts).to_have_count(n + 1)
        expect(page.locator("#photo")).to_be_enabled()
    page.locator("#photo").set_input_files(a_photo())
    expect(told).to_contain_text(f"最多保存 {PHOTO_DRAFTS} 张")
    expect(drafts).to_have_count(PHOTO_DRAFTS)
    drafts.first.get_by_role("button", name="不要这张").click()
    expect(drafts).to_have_count(PHOTO_DRAFTS - 1)
    # A phone that is full says so while it writes.
    page.evaluate(
        "() => { IDBObjectStore.prototype.put = () => { throw new DOMException('', 'QuotaExceededError'); }; }"
    )
    page.get_by_role("button", name="再试一次").click()
    expect(told).to_contain_text("本机没有空间")
    expect(drafts).to_have_count(PHOTO_DRAFTS - 1)
    expect(page.locator("#note")).to_have_value("只写文字")
    page.locator("button[data-step=note]").click()
    expect(page.locator("#waiting")).to_contain_text(f"{PHOTO_DRAFTS} 条待发送")


def test_a_photo_that_the_server_refuses_later_says_why_and_another_post_s_waits_for_that_post(
    person: Callable[..., Watched], field_town: Database, number: str
) -> None:
    photos.allow(field_town, Actor.at_the_machine(), allowed=True)
    watched = person(viewport=PHONE, service_workers="block")
    page = watched.page
    page.goto(f"{watched.base}/field/")
    until(page, lambda: page.evaluate(IS_OPENED), "the store of photos")
    page.evaluate(ANOTHERS_PHOTO, number)
    page.goto(f"{watched.base}/field/{number}")
    page.context.set_offline(True)
    page.locator("#photo").set_input_files(a_photo())
    expect(page.locator("#photo-drafts img")).to_have_count(1)
    expect(page.locator("#waiting")).to_contain_text("另有 1 条由其他岗位写下")
    photos.allow(field_town, Actor.at_the_machine(), allowed=False)
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#photo-drafts")).to_contain_text("本镇没有启用照片")
    page.goto(f"{watched.base}/field/")
    expect(page.locator("#refused")).to_contain_text("本镇没有启用照片")
    page.locator("#refused a").click()
    photos.allow(field_town, Actor.at_the_machine(), allowed=True)
    page.locator("#photo-drafts").get_by_role("button", name="再试一次").click()
    expect(page.locator("#photo-drafts")).to_be_hidden()
    assert len(pictures_of(field_town, number)) == 1
    assert len(page.evaluate(KEPT_PHOTOS)) == 1


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
        if len(tried) == FIRST_TRIES:
            # Never answered: it is on its way when the page is opened again.
            return
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
    page.evaluate(FLICKER)
    until(page, lambda: len(tried) >= FIRST_TRIES, "tries of the first note")
    assert len(tried) == FIRST_TRIES
    # They are there when the page is opened again.
    page.reload()
    expect(page.locator("#waiting")).to_be_visible()
    page.evaluate(FLICKER)
    page.wait_for_function("() => localStorage.getItem('gridmap-drafts') === null", timeout=1000 * LONGEST_S)
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


def cases_about(database: Database, summary: str) -> list[tuple[str, float, str]]:
    with database.scoped_session(Scope.whole()) as session:
        rows = session.execute(
            text("select number, ST_X(geom), kind from incidents where summary = :s order by 1"),
            {"s": summary},
        )
        return [(row[0], row[1], row[2]) for row in rows]


def test_names_on_a_phone_s_map_and_figures_on_an_upright_wall_do_not_lie_over_each_other(
    person: Callable[..., Watched],
) -> None:
    watched = person(viewport=PHONE)
    page = watched.page
    page.goto(f"{watched.base}/field/new?lang=en")
    shown = ".names text:not([style*=hidden])"

    def laid_over(what: str) -> tuple[int, int]:
        rooms = page.locator(what).evaluate_all(
            "all => all.map(one => one.getBoundingClientRect()).map(r => [r.left, r.top, r.right, r.bottom])"
        )
        pairs = [(a, b) for n, a in enumerate(rooms) for b in rooms[:n]]
        meet = [1 for a, b in pairs if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]]
        return len(rooms), len(meet)

    def apart(more_than: int) -> int:
        """Wait until so many names are shown and none lies over another; how many there are."""
        end_s = time.monotonic() + LONGEST_S
        while True:
            few, over = laid_over(shown)
            if few > more_than and not over:
                return few
            assert time.monotonic() < end_s, f"{over} of {few} names lie over another"

    few = apart(3)
    page.locator(".map-tools [data-zoom]").first.click()
    apart(few)
    page.goto(f"{watched.base}/wall?lang=en")
    assert laid_over(".wall-figure, .wall-map, .wall-clock, .wall-name, .wall-fresh") == (9, 0)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_case_is_taken_in_without_a_network_asked_about_when_it_looks_known_and_recorded_once(
    person: Callable[..., Watched], field_town: Database
) -> None:
    granted = {"permissions": ["geolocation"], "geolocation": FIELD_AT}
    watched = person(viewport=PHONE, **granted)
    page = watched.page
    page.goto(f"{watched.base}/field/")
    page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
    # Once more, so that the worker has seen the page's files; the form itself it keeps before it was ever opened.
    page.reload()
    # What `wait_for_function` is given must not promise: a promise counts as true before it is kept.
    kept = "() => caches.open('gridmap-field-1').then((kept) => kept.match('/field/new')).then(Boolean)"
    until(page, lambda: page.evaluate(kept), "the form on the phone")
    page.context.set_offline(True)
    page.locator("a[data-keep]").click()
    page.locator("#field-save").click()
    expect(page.locator("#field-answer")).to_contain_text("给出位置")
    first, second = f"院墙滴水 {new_word()}", f"滴水又起 {new_word()}"

    def write(summary: str) -> None:
        page.locator("#summary").fill(summary)
        page.locator("#kind").select_option("dispute:02")
        page.locator("#spot-here").click()
        expect(page.locator("#here-said")).to_contain_text("误差约 12 米")
        page.reload()
        # The phone was put away: what was begun is there.
        expect(page.locator("#summary")).to_have_value(summary)
        page.locator("#field-save").click()
        expect(page.locator("#summary")).to_have_value("")

    write(first)
    expect(page.locator("#waiting")).to_contain_text("1 条待发送")
    # The server takes it, and the phone never hears so.
    lost: list[str] = []

    def answer(route: Route) -> None:
        if lost:
            route.continue_()
        else:
            lost.append(route.request.url)
            route.fetch()
            route.abort("connectionreset")

    page.context.route("**/api/v1/cases", answer)
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#waiting")).to_be_hidden(timeout=30_000)
    assert lost
    assert page.locator("#field-asked .notice").count() == 0
    [(number, lon, kind)] = cases_about(field_town, first)
    assert (round(lon, 6), kind) == (FIELD_AT["longitude"], "02")

    write(second)
    asked = page.locator("#field-asked .notice")
    expect(asked).to_contain_text(second)
    expect(asked.get_by_role("link")).to_contain_text([number])
    assert cases_about(field_town, second) == []
    # It waits for a person, also when the phone was put away.
    page.goto(f"{watched.base}/field/")
    asked.get_by_role("button", name="不是同一件，登记").click()
    expect(page.locator("#waiting")).to_be_hidden()
    expect(asked).to_have_count(0)
    assert len(cases_about(field_town, second)) == 1
    # A clock that is ahead does no harm.
    page.clock.set_fixed_time(dt.datetime.now(dt.UTC) + dt.timedelta(hours=3))
    page.goto(f"{watched.base}/field/new")
    third = f"噪声 {new_word()}"
    page.locator("#summary").fill(third)
    page.locator("#kind").select_option("dispute:06")
    page.locator("#grid_key").select_option("33068110903290000")
    page.locator("#field-save").click()
    expect(page.locator("#field-answer")).to_contain_text("已登记")
    assert len(cases_about(field_town, third)) == 1
    write("手机 13800138000 的事")
    expect(page.locator("#summary")).to_have_value("手机 13800138000 的事")
    expect(page.locator("#field-answer")).to_contain_text("放回")
    # Two that are refused come back one after the other, and neither over what is written.
    page.context.set_offline(True)
    two = ("手机 13800138001 的事", "手机 13800138002 的事")
    for words in two:
        write(words)
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#summary")).to_have_value(two[0])
    expect(page.locator("#field-asked")).to_contain_text(two[1])
    page.locator("#summary").fill(f"改好 {new_word()}")
    page.locator("#field-save").click()
    expect(page.locator("#summary")).to_have_value(two[1])
    # What a known case says does not stay on the phone when its post leaves.
    page.get_by_role("button", name="退出").click()
    page.wait_for_url("**/sign-in**")
    assert "滴水" not in (page.evaluate("localStorage.getItem('gridmap-asked')") or "")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


FIELD_AT = {"longitude": 120.412346, "latitude": 29.771235, "accuracy": 12}


def told_of(database: Database, number: str) -> NewCase:
    """Return what is told of a case, its place as it was told beside."""
    return case_desk.find(database, Scope.whole(), number).told


def on_the_spot(person: Callable[..., Watched], number: str, **options: Any) -> Watched:
    """Open a case on a phone that tells where it is."""
    granted = {"permissions": ["geolocation"], "geolocation": FIELD_AT}
    watched = person(viewport=PHONE, **({"service_workers": "block"} | granted | options))
    watched.page.goto(f"{watched.base}/field/{number}")
    return watched


def test_where_a_phone_is_goes_with_the_next_step_once_though_it_was_written_without_a_network(
    person: Callable[..., Watched], field_town: Database, number: str
) -> None:
    watched = on_the_spot(person, number, service_workers="allow")
    page = watched.page
    page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
    # Once more, so that the worker has seen the page and its files.
    page.reload()
    expect(page.locator("#spot-here")).to_be_visible()
    page.context.set_offline(True)
    page.locator("#spot-here").click()
    expect(page.locator("#here-said")).to_contain_text("误差约 12 米")
    expect(page.locator("#spot-where")).to_contain_text("按地图")
    expect(page.locator("#spot-sent")).to_be_visible()
    page.locator("#note").fill("院墙边")
    page.reload()
    # The phone was put away: what was begun is there.
    expect(page.locator("#note")).to_have_value("院墙边")
    expect(page.locator("#here-said")).to_contain_text("误差约 12 米")
    page.locator("button[data-step=note]").click()
    # Two steps one after the other, written without a network.
    page.locator("#outcome").select_option("agreed")
    page.locator("button[data-step=resolve]").click()
    expect(page.locator("#waiting")).to_contain_text("2 条待发送")
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#waiting")).to_be_hidden()
    assert [action for action, _ in steps_of(field_town, number)] == ["accept", "note", "resolve"]
    told = told_of(field_town, number)
    assert (told.lon, told.lat, told.accuracy_m, told.crs) == (120.412346, 29.771235, 12, "EPSG:4326")
    expect(page.locator("#field-facts")).to_contain_text("±12 m")


def test_a_poor_position_is_kept_and_used_only_when_a_person_says_so_or_has_put_it_right(
    person: Callable[..., Watched], field_town: Database, number: str
) -> None:
    watched = on_the_spot(person, number, geolocation=FIELD_AT | {"accuracy": 800})
    page = watched.page
    page.locator("#spot-here").click()
    expect(page.locator("#here-said")).to_contain_text("误差约 800 米，偏大")
    expect(page.locator("#spot-use")).to_be_visible()
    expect(page.locator("#spot-sent")).to_be_hidden()
    page.locator("#note").fill("还没用这个位置")
    page.reload()
    expect(page.locator("#spot-use")).to_be_visible()
    page.locator("button[data-step=note]").click()
    expect(page.locator("#field-answer")).to_contain_text("已发送")
    assert told_of(field_town, number).lon is None
    page.locator("#spot-here").click()
    page.locator("#spot-use").click()
    expect(page.locator("#spot-sent")).to_be_visible()
    # Ten metres to the north, by one thumb: now it is a person's point and no longer the phone's.
    page.locator("#spot-nudge button").first.click()
    expect(page.locator("#here-said")).to_contain_text("地图上点定的位置")
    page.locator("button[data-step=note]").click()
    # The facts renew by themselves: it lies in another village than where it was recorded.
    expect(page.locator("#field-facts")).to_contain_text("全堂村")
    told = told_of(field_town, number)
    assert told.accuracy_m is None
    assert told.lat == pytest.approx(29.771235 + 10 / 111_320, abs=2e-6)
    assert steps_of(field_town, number)[-1] == ("note", "现场核对位置")
    assert watched.complaints == []


def test_a_phone_that_tells_gcj_02_is_remembered_and_what_it_said_stays_beside_what_it_was_turned_into(
    person: Callable[..., Watched], field_town: Database, number: str
) -> None:
    watched = on_the_spot(person, number)
    page = watched.page
    page.locator("#spot-here").click()
    expect(page.locator("#spot-where")).to_contain_text("位于")
    page.locator("#crs").select_option("gcj02")
    lon, lat = (float(v[0]) for v in crs.to_wgs84([120.412346], [29.771235], "gcj02"))
    expect(page.locator("#spot-where")).to_have_attribute("data-wgs", re.compile(f"^{str(lon)[:9]}"))
    page.reload()
    expect(page.locator("#crs")).to_have_value("gcj02")
    page.locator("button[data-step=note]").click()
    expect(page.locator("#field-answer")).to_contain_text("已发送")
    told, row = told_of(field_town, number), case_desk.find(field_town, Scope.whole(), number).row
    assert (told.lon, told.lat, told.crs, told.accuracy_m) == (120.412346, 29.771235, "GCJ-02", 12)
    assert (row.lon, row.lat) == pytest.approx((lon, lat))
    # The desk's form takes what this phone gives for the same.
    page.set_viewport_size(DESK)
    page.goto(f"{watched.base}/cases/new")
    page.locator("[data-here]").click()
    expect(page.locator("#crs")).to_have_value("gcj02")
    expect(page.locator("#accuracy_m")).to_have_value("12")
    expect(page.locator("#grids")).to_have_attribute("data-wgs", re.compile(f"^{str(lon)[:9]}"))
    # A point on the map is in the map's own system.
    page.locator(".pick-map svg").click(position={"x": 90, "y": 90})
    expect(page.locator("#crs")).to_have_value("")
    expect(page.locator("#accuracy_m")).to_have_value("")
    assert watched.complaints == []


@pytest.mark.parametrize(
    ("why", "options"),
    [("没有获准使用位置", {"permissions": []}), ("取位置已关闭：此地址不是安全连接", {"insecure": True})],
)
def test_without_a_position_the_page_says_why_and_a_tap_or_a_grid_does_as_well(
    person: Callable[..., Watched], field_town: Database, number: str, why: str, options: dict[str, Any]
) -> None:
    insecure = options.get("insecure", False)
    watched = on_the_spot(person, number, permissions=[])
    page = watched.page
    if insecure:
        page.add_init_script("Object.defineProperty(window, 'isSecureContext', { value: false })")
        page.reload()
        expect(page.locator("#spot-here")).to_be_disabled()
    else:
        page.locator("#spot-here").click()
    expect(page.locator("#here-said")).to_contain_text(why)
    expect(page.locator("#spot .small-map")).to_be_visible()
    page.locator("#spot .small-map svg").click()
    expect(page.locator("#here-said")).to_contain_text("地图上点定的位置")
    page.locator("#spot-drop").click()
    expect(page.locator("#spot-sent")).to_be_hidden()
    page.locator("#grid_key").select_option("33068110903290000")
    expect(page.locator("#here-said")).to_contain_text("枫源村")
    page.locator("button[data-step=note]").click()
    expect(page.locator("#field-facts")).to_contain_text("枫源村")
    assert told_of(field_town, number).grid_key == 33068110903290000
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_what_the_server_refuses_is_given_back_and_another_post_s_is_not_sent_as_one_s_own(
    person: Callable[..., Watched], field_town: Database, number: str
) -> None:
    watched = on_the_spot(person, number)
    page = watched.page
    page.locator("#note").fill("当事人身份证 330681199001011234")
    page.locator("button[data-step=note]").click()
    expect(page.locator("#field-answer")).to_contain_text("内容已放回")
    expect(page.locator("#note")).to_have_value("当事人身份证 330681199001011234")
    page.goto(f"{watched.base}/field/")
    expect(page.locator("#refused")).to_contain_text("未能提交")
    page.locator("#refused a").click()
    page.locator("#note").fill("当事人在场")
    page.locator("button[data-step=note]").click()
    expect(page.locator("#field-answer")).to_contain_text("已发送")
    page.evaluate(
        "n => localStorage.setItem('gridmap-drafts', JSON.stringify([{ key: crypto.randomUUID(), number: n,"
        " post: '别的岗位', body: { action: 'note', revision: 1, note: '别人写的' } }]))",
        number,
    )
    page.reload()
    expect(page.locator("#waiting")).to_contain_text("另有 1 条由其他岗位写下")
    page.evaluate("dispatchEvent(new Event('online'))")
    page.locator("#note").fill("本岗写的")
    page.locator("button[data-step=note]").click()
    expect(page.locator("#field-answer")).to_contain_text("已发送")
    notes = [note for action, note in steps_of(field_town, number) if action == "note"]
    assert notes == ["当事人在场", "本岗写的"]


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
