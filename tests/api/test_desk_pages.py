"""The desk's pages as a browser is answered: renewed once for all screens that show the same, never as raw JSON."""

from __future__ import annotations

import datetime as dt
import html
import re
import uuid
from collections.abc import Collection, Iterator
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

import web.watch
from gridmap.domain.accounts import Actor, Role
from gridmap.domain.cases.actions import Action as CaseAction
from gridmap.domain.cases.asked import Decision, NewCase, StepAsked
from gridmap.domain.cases.model import Case
from gridmap.domain.gridkey import Scope
from gridmap.domain.rosters import USUAL, last_night
from gridmap.services.accounts import desk as accounts
from gridmap.services.accounts import entry
from gridmap.services.cases import bodies as case_bodies
from gridmap.services.cases import desk, intake, satisfaction, screening, tasks, worklists
from gridmap.storage.database import Database
from tests.conftest import MakeDatabase
from tests.doors import client_of, new_word
from web.app import create_app
from web.desk import shown

PAGE = {"Accept": "text/html", "Host": "127.0.0.1"}
RENEWED = PAGE | {"X-Renews": "1"}
VILLAGE = 33068110903290000
ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture(scope="module")
def town(make_database: MakeDatabase) -> Database:
    return make_database("demo")


@pytest.fixture
def client(town: Database) -> FlaskClient:
    """A browser in which an administrator is signed in."""
    client = create_app(town).test_client()
    opened = entry.sign_in_by_link(town, entry.first_link(town))
    client.set_cookie("gridmap", opened.secret, domain="127.0.0.1")
    return client


@pytest.fixture
def anonymous(town: Database) -> Iterator[FlaskClient]:
    with create_app(town).test_client() as client:
        yield client


def test_screens_that_show_the_same_are_renewed_by_one_page_until_something_changes(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web.watch, "minute", lambda: 0)
    made = client.application.view_functions["desk.show"]
    times = 0

    def counted() -> object:
        nonlocal times
        times += 1
        return made()

    client.application.view_functions["desk.show"] = counted
    first = client.get("/desk?list=open", headers=RENEWED)
    assert first.status_code == 200
    assert client.get("/desk?list=open", headers=RENEWED).get_data() == first.get_data()
    assert times == 1
    # Whoever opens the page, another list and another language are answered for themselves.
    client.get("/desk?list=open", headers=PAGE)
    client.get("/desk?list=mine", headers=RENEWED)
    client.get("/desk?list=open&lang=en", headers=RENEWED)
    assert times == 4
    client.get("/desk?list=open&lang=zh", headers=PAGE)
    before = client.get("/live", headers=PAGE).get_json()["revision"]
    kept = client.post(f"/grids/{VILLAGE}/volunteers", data={"safety": "3"}, headers=PAGE)
    assert kept.status_code == 303
    assert client.get("/live", headers=PAGE).get_json()["revision"] != before
    times = 0
    client.get("/desk?list=open", headers=RENEWED)
    assert times == 1


def test_what_is_written_is_one_new_revision_whatever_tells_of_it(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web.watch, "minute", lambda: 0)

    def told() -> str:
        return str(client.get("/live", headers=PAGE).get_json()["revision"])

    visit = {"kind": "visit", "grid": str(VILLAGE), "text": "走访", "due_on": "2999-01-01"}
    for path, form in ((f"/grids/{VILLAGE}/volunteers", {"safety": "4"}), ("/tasks/new", visit)):
        before = told()
        assert client.post(path, data=form, headers=PAGE).status_code == 303
        after = told()
        assert after != before
        # As a quarter of a second later, when the database is asked again.
        client.application.extensions["gridmap_watch"]._at_s = -1.0
        assert told() == after


def test_what_pages_of_a_scope_share_is_counted_once_for_a_revision(
    client: FlaskClient, town: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web.watch, "minute", lambda: 0)
    counted: list[Scope] = []
    counts = worklists.totals

    def totals(database: Database, scope: Scope, *given: Any, **named: Any) -> Any:
        counted.append(scope)
        return counts(database, scope, *given, **named)

    monkeypatch.setattr(worklists, "totals", totals)
    lists = ("/desk?list=open", "/desk?list=overdue", "/handover")
    for path in lists:
        assert client.get(path, headers=RENEWED).status_code == 200
    assert counted == [Scope.whole()]
    # What is narrowed is counted for itself, and so is what another scope sees, and a page that is opened.
    client.get(f"/desk?list=open&grid={VILLAGE}", headers=RENEWED)
    assert len(counted) == 2
    post, link = accounts.add_post(
        town, Actor.at_the_machine(), new_word(), Role.VILLAGE_DESK, VILLAGE, dt.date(2026, 1, 1)
    )
    client.set_cookie("gridmap", entry.sign_in_by_link(town, link).secret, domain="127.0.0.1")
    assert client.get(lists[0], headers=RENEWED).status_code == 200
    assert counted[2:] == [post.actor.scope]
    client.get(lists[0], headers=PAGE)
    assert len(counted) == 4
    # Another revision has other numbers.
    client.application.extensions["gridmap_watch"].stir()
    client.get(lists[1], headers=RENEWED)
    assert counted[4:] == [post.actor.scope]


def test_a_revision_that_another_process_told_is_looked_for_before_an_older_page_is_given(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing that is kept grows old here by itself.
    monkeypatch.setattr(web.watch, "LOOKED_AT_EVERY_S", 1e9)
    monkeypatch.setattr(web.watch, "minute", lambda: 0)
    told = client.get("/live", headers=PAGE).get_json()["revision"]
    client.get("/desk?list=open", headers=PAGE | {"X-Renews": told})
    made = 0
    page = client.application.view_functions["desk.show"]

    def counted() -> object:
        nonlocal made
        made += 1
        return page()

    client.application.view_functions["desk.show"] = counted
    client.get("/desk?list=open", headers=PAGE | {"X-Renews": told})
    assert made == 0
    # The row of another process: this one has not looked since.
    client.application.extensions["gridmap_together"].stir()
    newer = f"{told.partition('.')[0]}.{client.application.extensions['gridmap_together'].changes}.0"
    client.get("/desk?list=open", headers=PAGE | {"X-Renews": newer})
    assert made == 1


def test_pages_that_ask_are_known_by_one_reading_and_a_session_that_ends_is_over_at_once_or_soon(
    client: FlaskClient, town: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web.watch, "LOOKED_AT_EVERY_S", 1e9)
    looked: list[int] = []
    each = entry.who_each

    def who_each(database: Database, secrets: Collection[str]) -> Any:
        looked.append(len(secrets))
        return each(database, secrets)

    monkeypatch.setattr(entry, "who_each", who_each)
    others = [client.application.test_client() for _ in range(3)]
    names = [new_word() for _ in others]
    for other, name in zip(others, names, strict=True):
        _, link = accounts.add_post(
            town, Actor.at_the_machine(), name, Role.VILLAGE_DESK, VILLAGE, dt.date(2026, 1, 1)
        )
        other.set_cookie("gridmap", entry.sign_in_by_link(town, link).secret, domain="127.0.0.1")
    for _ in range(4):
        assert [other.get("/live", headers=PAGE).get_json()["post"] for other in others] == names
    assert looked == [1, 2, 3]
    # Ended here: at once.
    assert others[0].post("/sign-out", headers=PAGE).status_code == 303
    assert others[0].get("/live", headers=PAGE).status_code == 401
    assert others[1].get("/live", headers=PAGE).status_code == 200
    # Ended elsewhere: as soon as what is kept is old.
    accounts.lock(town, Actor.at_the_machine(), names[1])
    monkeypatch.setattr(web.watch, "LOOKED_AT_EVERY_S", 0)
    assert [other.get("/live", headers=PAGE).status_code for other in others] == [401, 401, 200]


def test_a_page_that_renews_by_itself_keeps_no_session_alive(client: FlaskClient, town: Database) -> None:
    secret = client.get_cookie("gridmap", domain="127.0.0.1")
    assert secret is not None

    def seen_at() -> dt.datetime:
        found = entry.who(town, secret.value, touch=False)
        assert found is not None
        return found.seen_at

    with town.scoped_session(Scope.whole(), write=True) as session:
        session.execute(text("update sessions set seen_at = now() - interval '20 minutes'"))
    before = seen_at()
    for path in ("/live", "/desk", "/town"):
        assert client.get(path, headers=RENEWED).status_code == 200
    assert seen_at() == before
    assert client.get("/desk", headers=PAGE).status_code == 200
    assert seen_at() > before


def test_a_page_and_what_it_asks_for_name_the_same_post(client: FlaskClient) -> None:
    post = client.get("/live", headers=PAGE).get_json()["post"]
    assert post
    assert f'data-post="{post}"' in client.get("/desk", headers=PAGE).get_data(as_text=True)


WRONG = (
    *("/nothing-here", "/cases/1", "/tasks/1", "/desk?grid=x", "/desk?counted=x"),
    *("/town?level=x", "/town?level=9", "/town?level=-1", "/town?period=x", "/town?domain=x"),
    *("/town?from=2026-13-01", "/town?to=x", "/town?from=2026-01-01&to=2026-02-01"),
)


@pytest.mark.parametrize("path", WRONG)
def test_a_wrong_address_is_a_page_that_says_what_can_be_done(client: FlaskClient, path: str) -> None:
    answer = client.get(path, headers=PAGE)
    assert answer.status_code in {404, 422}
    assert answer.mimetype == "text/html"
    assert 'href="/desk"' in answer.get_data(as_text=True)


@pytest.mark.parametrize("path", ["/desk/steps", "/handover/1/taken", "/tasks/1/done"])
def test_what_follows_a_form_and_is_loaded_again_is_a_page_too(client: FlaskClient, path: str) -> None:
    answer = client.get(path, headers=PAGE)
    assert (answer.status_code, answer.mimetype) == (405, "text/html")
    assert "POST" in answer.headers["Allow"]
    assert client.get(path, headers={"Accept": "application/json"}).mimetype == "application/json"


def test_who_is_not_signed_in_is_led_to_the_sign_in_and_back_to_the_form_that_was_sent(
    anonymous: FlaskClient,
) -> None:
    assert anonymous.get("/nothing-here", headers=PAGE).location == "/sign-in?next=%2Fnothing-here"
    sent = anonymous.post(
        "/cases/new", data={"summary": "x"}, headers=PAGE | {"Referer": "http://127.0.0.1/cases/new?a=1"}
    )
    assert (sent.status_code, sent.location) == (303, "/sign-in?next=%2Fcases%2Fnew%3Fa%3D1")
    step = anonymous.post(
        "/cases/1/steps",
        data={"action": "note"},
        headers=PAGE | {"HX-Request": "true", "HX-Current-URL": "http://127.0.0.1/cases/1"},
    )
    assert (step.status_code, step.headers["HX-Redirect"]) == (401, "/sign-in?next=%2Fcases%2F1")
    assert anonymous.get("/api/v1/nothing", headers=PAGE).status_code == 401
    # A header that is no address leads to the first page.
    for header in ("Referer", "HX-Current-URL"):
        lost = anonymous.post("/cases/new", data={"summary": "x"}, headers=PAGE | {header: "http://["})
        assert (lost.status_code, lost.location) == (303, "/sign-in?next=%2F")


def test_what_a_village_found_becomes_a_visit_with_a_post_and_a_day_and_is_done(
    client: FlaskClient, town: Database
) -> None:
    actor, today = Actor.at_the_machine(), dt.datetime.now(ZONE).date()
    began = screening.begin(town, actor, f"排查 {new_word()}", 0, 3, today, today + dt.timedelta(days=7))
    screening.answer(town, actor, began.round_id, VILLAGE, "found", n=2)
    board = client.get(f"/screening/{began.round_id}", headers=PAGE).get_data(as_text=True)
    ways = re.findall(r'href="(/tasks/new\?[^"]+)"', board)
    assert len(ways) == 1
    form = client.get(ways[0].replace("&amp;", "&"), headers=PAGE).get_data(as_text=True)
    assert f'name="origin" value="screening {began.round_id}"' in form
    given = {"kind": "visit", "grid": str(VILLAGE), "text": "上门问需", "post": "枫源村 网格岗 2",
             "origin": f"screening {began.round_id}"}  # fmt: skip
    yesterday = {"due_on": (today - dt.timedelta(days=2)).isoformat()}
    past = client.post("/tasks/new", data=given | yesterday, headers=PAGE)
    assert past.status_code == 422
    assert "上门问需" in past.get_data(as_text=True)
    late = {"due_on": (today + dt.timedelta(days=5)).isoformat()}
    made = client.post("/tasks/new", data=given | late, headers=PAGE)
    assert made.status_code == 303
    page = client.get(made.location, headers=PAGE).get_data(as_text=True)
    assert f"/screening/{began.round_id}" in page
    assert "枫源村 网格岗 2" in page
    path = made.location.partition("?")[0]
    assert client.post(f"{path}/done", data={"result": "已走访"}, headers=PAGE).status_code == 303
    told = client.get(f"{path}?effect=1", headers=PAGE).get_data(as_text=True)
    assert "不作结论" in told
    assert (
        client.get("/tasks?state=done&kind=visit", headers=PAGE).get_data(as_text=True).count("上门问需") == 1
    )


def test_a_row_and_its_case_warn_when_half_and_four_fifths_of_the_time_are_used(
    client: FlaskClient, town: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = dt.datetime.now(dt.UTC)
    case = taken_in(town, begun)
    due, word = case.row.due_at, str(case.row.summary)
    assert due is not None
    for share, warned in ((0.4, None), (0.6, "50%"), (0.9, "80%"), (1.1, None)):
        monkeypatch.setattr(shown, "now", lambda at=begun + share * (due - begun): at)
        row = client.get("/search", query_string={"q": word, "lang": "zh"}, headers=PAGE).get_data(
            as_text=True
        )
        page = client.get(f"/cases/{case.row.number}", headers=PAGE).get_data(as_text=True)
        for told in (row, page):
            assert word in told
            assert set(re.findall(r"期限已用 (\d+%)", told)) == ({warned} if warned else set())


def test_a_case_of_no_grid_and_without_an_end_says_so_on_its_page(town: Database) -> None:
    keeper, now = Actor.at_the_machine(), dt.datetime.now(dt.UTC)
    far = NewCase("dispute", now, f"镇外来信 {new_word()}", kind="02", lon=121.9, lat=28.1)
    case = intake.record(town, keeper, far, uuid.uuid4())
    with town.scoped_session(Scope.whole(), write=True) as session:
        session.execute(text("update incidents set due_at = null where number = :n"), {"n": case.row.number})
    page = client_of(town).get(f"/cases/{case.row.number}?lang=zh", headers=PAGE).get_data(as_text=True)
    facts = page.split('<dl class="facts">')[1].split("</dl>")[0]
    assert ("网格外" in facts.split("<dt>地点</dt>")[1], "来源未告" in facts) == (True, True)


def test_a_page_behind_the_end_of_a_list_is_its_last_and_a_risk_that_there_is_not_is_refused(
    client: FlaskClient, town: Database
) -> None:
    word = str(taken_in(town, dt.datetime.now(dt.UTC)).row.summary)
    asked = {"list": "open", "q": word, "lang": "zh"}
    first, behind = (
        client.get("/desk", query_string=asked | more, headers=PAGE).get_data(as_text=True)
        for more in ({}, {"page": "999"})
    )
    rows = [page.split("<main")[1].count("data-row ") for page in (first, behind)]
    assert rows == [1, 1]
    assert client.get("/desk?risk=purple", headers=PAGE).status_code == 422


def test_until_when_a_case_is_paused_stands_with_it_and_that_the_pause_is_over(
    client: FlaskClient, town: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = dt.datetime.now(dt.UTC)
    case = taken_in(town, begun)
    until = begun + dt.timedelta(days=6)
    pause = StepAsked(CaseAction.PAUSE, ground="appraisal", until=until)
    case = desk.act(town, Actor.at_the_machine(), case.row.number, pause, case.row.revision, uuid.uuid4())
    due = case.row.due_at
    assert due is not None
    for at, told, warned in (
        (until - dt.timedelta(hours=1), "挂起至", 0),
        (due - dt.timedelta(minutes=1), "已到期，请恢复办理", 1),
    ):
        monkeypatch.setattr(shown, "now", lambda at=at: at)
        row = client.get("/search", query_string={"q": str(case.row.summary), "lang": "zh"}, headers=PAGE)
        page = client.get(f"/cases/{case.row.number}?lang=zh", headers=PAGE)
        for answer in (row, page):
            text = answer.get_data(as_text=True)
            assert (told in text, len(re.findall(r"[^入收]期限已用 80%", text))) == (True, warned)


def test_the_early_times_stand_beside_their_limits_and_a_late_one_is_marked(
    client: FlaskClient, town: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = dt.datetime.now(dt.UTC)
    case = taken_in(town, begun)
    act, close = case.row.act_due_at, case.row.due_at
    assert act is not None
    assert close is not None
    for moment, late in ((begun, set()), (act + dt.timedelta(seconds=1), {act}), (close, {act})):
        monkeypatch.setattr(shown, "now", lambda at=moment: at)
        page = client.get(f"/cases/{case.row.number}?lang=zh", headers=PAGE).get_data(as_text=True)
        part = page[page.index('id="times"') :].split("</dd>")[0]
        told = re.findall(r'<span class="(\w+)">（时限 ([^）]+)）', part)
        expected = [
            ("late" if limit in late else "muted", shown_time(limit, moment)) for limit in (act, close)
        ]
        assert told == expected
    # Ended in time, it is not late when the limit has passed.
    monkeypatch.setattr(shown, "now", lambda: begun)
    for asked in (StepAsked(CaseAction.MEDIATE), StepAsked(CaseAction.END_UNSOLVED, ground="court")):
        case = desk.act(town, Actor.at_the_machine(), case.row.number, asked, case.row.revision, uuid.uuid4())
    monkeypatch.setattr(shown, "now", lambda: close + dt.timedelta(days=1))
    page = client.get(f"/cases/{case.row.number}?lang=zh", headers=PAGE).get_data(as_text=True)
    part = page[page.index('id="times"') :].split("</dd>")[0]
    assert "late" not in part


def test_a_case_tells_which_bodies_its_limits_name_a_clinic_of_today_and_what_was_not_signed_or_acted_on(
    client: FlaskClient, town: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper, begun = Actor.at_the_machine(), dt.datetime.now(dt.UTC)
    case = taken_in(town, begun)
    near = case.bodies[0]
    hours = dt.time(0, 1), dt.time(23, 59)
    asked = case_bodies.ClinicAsked(near.code, "outpatient", begun.astimezone(ZONE).date(), *hours)
    clinic = case_bodies.announce(town, keeper, asked)
    try:
        page = client.get(f"/cases/{case.row.number}?lang=zh", headers=PAGE).get_data(as_text=True)
    finally:
        case_bodies.call_off(town, keeper, clinic)
    part = page[page.index('id="bodies"') :].split("</section>")[0]
    assert "按期限表应由： <b>村级人民调解委员会</b>" in part
    assert part.count("今日门诊") == 1


def test_what_is_to_be_acted_on_or_signed_for_warns_at_half_at_four_fifths_and_when_its_time_is_past(
    client: FlaskClient, town: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper, begun = Actor.at_the_machine(), dt.datetime.now(dt.UTC)
    case = taken_in(town, begun)

    def warns(since: dt.datetime, due: dt.datetime | None, word: str) -> None:
        assert due is not None
        half, soon = f"{word}期限已用 50%", f"{word}期限已用 80%"
        told = {0.4: None, 0.6: half, 0.9: soon, 1: soon, 1.01: f"{word}逾期"}
        for share, warned in told.items():
            monkeypatch.setattr(shown, "now", lambda at=since + share * (due - since): at)
            asked = {"q": str(case.row.summary), "lang": "zh"}
            row = client.get("/search", query_string=asked, headers=PAGE).get_data(as_text=True)
            page = client.get(f"/cases/{case.row.number}?lang=zh", headers=PAGE).get_data(as_text=True)
            for said in (row, page):
                found = set(re.findall("(?:介入|签收)(?:期限已用 \\d+%|逾期)", said))
                assert found == {warned} - {None}, share

    warns(begun, case.row.act_due_at, "介入")
    route = StepAsked(CaseAction.ROUTE, to_grid_key=VILLAGE + 1000, ground="other_village")
    case = desk.act(town, keeper, case.row.number, route, case.row.revision, uuid.uuid4())
    warns(case.steps[-1].at, case.row.sign_due_at, "签收")


def test_a_case_that_was_reopened_is_warned_of_by_its_new_time(
    client: FlaskClient, town: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = Actor.at_the_machine()
    long_ago = dt.datetime.now(dt.UTC) - dt.timedelta(days=200)
    new = NewCase("dispute", long_ago, f"排水争执 {new_word()}", kind="02", grid_key=VILLAGE)
    case = intake.record(town, keeper, new, uuid.uuid4(), now=long_ago)
    solve = StepAsked(CaseAction.RESOLVE, outcome="agreed", method="people_mediation", agreement="oral")
    case = desk.act(town, keeper, case.row.number, solve, case.row.revision, uuid.uuid4())
    reopen = StepAsked(CaseAction.REOPEN, ground="again")
    case = desk.act(town, keeper, case.row.number, reopen, case.row.revision, uuid.uuid4())
    again = case.steps[-1].at
    assert case.row.close_since == again
    due = case.row.due_at
    assert due is not None
    monkeypatch.setattr(shown, "now", lambda: again + 0.6 * (due - again))
    page = client.get(f"/cases/{case.row.number}?lang=zh", headers=PAGE).get_data(as_text=True)
    assert re.findall(r"[^入收]期限已用 (\d+%)", page) == ["50%"]
    # A new risk has another limit, from the day of the reopening.
    assess = StepAsked(CaseAction.ASSESS, risk="yellow", risk_grounds=("group",))
    case = desk.act(town, keeper, case.row.number, assess, case.row.revision, uuid.uuid4())
    assert case.row.close_since == again
    assert case.row.due_at is not None
    assert case.row.due_at > again


def shown_time(at: dt.datetime, now: dt.datetime) -> str:
    here = at.astimezone(ZONE)
    return f"{here:%m-%d %H:%M}" if here.year == now.astimezone(ZONE).year else f"{here:%Y-%m-%d}"


def test_what_one_post_wrote_is_not_taken_as_another_s(client: FlaskClient) -> None:
    sent = {"domain": "dispute", "kind": "02", "summary": f"滴水 {new_word()}", "grid_key": str(VILLAGE)}
    sent["occurred_at"] = dt.datetime.now(dt.UTC).isoformat()
    own = re.search(r'data-post="([^"]+)"', client.get("/desk", headers=PAGE).get_data(as_text=True))
    assert own is not None
    answers = [
        client.post(
            "/api/v1/cases",
            json=sent,
            headers={
                "Host": "127.0.0.1",
                "Origin": "http://127.0.0.1",
                "X-Post": quote(post),
                "Idempotency-Key": str(uuid.uuid4()),
            },
        )
        for post in ("枫源村 网格岗 9", own[1])
    ]
    assert [answer.status_code for answer in answers] == [401, 201]


def test_a_conference_begins_with_what_was_decided_before_and_is_not_done(
    client: FlaskClient, town: Database
) -> None:
    case, actor = taken_in(town, dt.datetime.now(dt.UTC)), Actor.at_the_machine()
    body = case_bodies.directory(town)[0]["code"]
    decided = tuple(
        Decision(f"{what} {new_word()}", dt.date(2999, 1, 1), None) for what in ("修缮排水", "补种行道树")
    )
    asked = StepAsked(CaseAction.CONFER, bodies=(body,), lead=body, decisions=decided)
    case = desk.act(town, actor, case.row.number, asked, case.row.revision, uuid.uuid4())
    done = next(task for task in case.tasks if task.text == decided[0].text)
    tasks.finish(town, actor, done.task_id, "已完成")
    page = client.get(f"/cases/{case.row.number}?lang=zh", headers=PAGE).get_data(as_text=True)
    form = page[page.index('id="step-confer"') :]
    form = form[: form.index("</details>")]
    assert decided[1].text in form
    assert decided[0].text not in form


def taken_in(town: Database, at: dt.datetime) -> Case:
    """A quarrel of the village that is taken in now."""
    new = NewCase("dispute", at, f"排水争执 {new_word()}", kind="02", grid_key=VILLAGE)
    return intake.record(town, Actor.at_the_machine(), new, uuid.uuid4())


def test_a_village_passes_a_case_up_by_the_names_of_desks_that_it_does_not_see(town: Database) -> None:
    new = NewCase("dispute", dt.datetime.now(dt.UTC), f"排水争执 {new_word()}", kind="02", grid_key=VILLAGE)
    village = Actor("村", Role.VILLAGE_DESK, Scope.of_grid(VILLAGE))
    number = intake.record(town, village, new, uuid.uuid4()).row.number
    client = client_of(town, Role.VILLAGE_DESK, VILLAGE)
    area = VILLAGE // 10**6 * 10**6
    for address in (f"/cases/{number}", "/desk"):
        told = client.get(f"{address}?lang=zh", headers=PAGE).get_data(as_text=True)
        assert re.search(rf'<option value="{area}"[^>]*>　乐山片区</option>', told)
    seen = desk.find(town, village, number)
    up = StepAsked(CaseAction.TRANSFER, to_grid_key=area)
    desk.act(town, village, number, up, seen.row.revision, uuid.uuid4())
    told = client.get(f"/cases/{number}?lang=zh", headers=PAGE).get_data(as_text=True)
    assert "→ 乐山片区" in told
    assert str(area) not in re.sub(r'(?:value|href)="[^"]*"', "", told)


def test_who_takes_a_shift_over_sees_what_came_in_the_last_hours_and_in_the_night(town: Database) -> None:
    now = dt.datetime.now(dt.UTC)
    first, last = last_night(USUAL, now, ZONE) or (now, now)
    came = {"last_hours": now - dt.timedelta(hours=1), "night": first + (min(last, now) - first) / 2}
    client = client_of(town)
    for name, at in came.items():
        summary = f"排水争执 {new_word()}"
        new = NewCase("dispute", at, summary, kind="02", grid_key=VILLAGE, reported_at=at)
        intake.record(town, Actor.at_the_machine(), new, uuid.uuid4())
        told = client.get("/handover?lang=zh", headers=PAGE).get_data(as_text=True)
        assert re.search(rf'href="/desk\?list={name}">[^<]+<b>[1-9]', told)
        assert summary in client.get(f"/desk?list={name}", headers=PAGE).get_data(as_text=True)
    assert "list=night" not in client.get("/desk", headers=PAGE).get_data(as_text=True)


@pytest.mark.parametrize(
    ("path", "field", "value", "zh", "en"),
    [
        ("/cases/new", "people_count", "三", "涉及人数", "People involved"),
        ("/cases/new", "occurred_at", "昨天", "发生时间", "Happened at"),
        ("/cases/new", "lon", "1e999999x", "经度", "Longitude"),
        ("/cases/new", "accuracy_m", "-5", "误差（米）", "The accuracy"),
        ("/tasks/new", "due_on", "明天", "何时之前", "By"),
        ("/bodies/clinics", "on_day", "周五", "日期", "Day"),
        ("/bodies/clinics", "opens", "9点", "开始", "Opens"),
        ("/screening", "begins_on", "x", "开始", "From"),
    ],
)
def test_a_value_that_cannot_be_is_told_by_the_label_of_its_field_in_both_languages(
    client: FlaskClient, path: str, field: str, value: str, zh: str, en: str
) -> None:
    form = {
        "summary": "排水",
        "kind": "dispute:02",
        "grid": str(VILLAGE),
        "grid_key": str(VILLAGE),
        field: value,
    }
    form |= {"lat": "29.79"} if field == "lon" else {"lon": "120.4", "lat": "29.79"}
    for lang, label in (("zh", zh), ("en", en)):
        answer = client.post(f"{path}?lang={lang}", data=form, headers=PAGE)
        assert answer.status_code == 422, (path, field, lang)
        said = re.findall(r'class="notice bad"[^>]*>(.*?)</', answer.get_data(as_text=True), re.DOTALL)
        assert said, (path, field, lang)
        assert label in said[-1], said
        assert field not in said[-1], said


def test_a_task_of_a_case_names_it_in_the_list_and_one_that_a_follow_up_ends_leads_to_that_step(
    client: FlaskClient, town: Database
) -> None:
    new = NewCase("dispute", dt.datetime.now(dt.UTC), f"晾晒占地 {new_word()}", kind="02", grid_key=VILLAGE)
    case = intake.record(town, Actor.at_the_machine(), new, uuid.uuid4())
    drawn = next(key for key in range(1, 1000) if satisfaction.is_drawn(key))
    with town.scoped_session(Scope.whole(), write=True) as session:
        told = {"key": drawn, "id": case.row.incident_id}
        session.execute(text("update incidents set record_key = :key where incident_id = :id"), told)
    solve = StepAsked(CaseAction.RESOLVE, outcome="agreed", agreement="written", fulfilled="yes")
    number = case.row.number
    made = desk.act(town, Actor.at_the_machine(), number, solve, case.row.revision, uuid.uuid4()).tasks
    for kind, word in (("satisfaction", "承办以外的岗位"), ("follow_up", "任务随之办结")):
        task = next(task for task in made if task.kind == kind)
        listed = client.get(f"/tasks?kind={kind}&lang=zh", headers=PAGE).text
        assert f'<span class="muted nowrap">{number}</span>' in listed
        page = client.get(f"/tasks/{task.task_id}?lang=zh", headers=PAGE).text
        shown_there = page.split('id="by-step"')[1].split("</p>")[0]
        assert word in shown_there
        to_step = html.unescape(shown_there.split('href="')[1].split('"')[0])
        opened = client.get(to_step, headers=PAGE).text
        assert re.search(r'<details class="step" id="step-follow_up" open>', opened)
