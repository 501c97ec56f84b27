"""Reports that are made by themselves: whenever a span has ended, once, for a post that may."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from pathlib import Path

import pytest

from gridmap.domain.accounts import Actor, Role
from gridmap.domain.gridkey import Scope
from gridmap.domain.schedules import EVERY, Schedule, newest_span
from gridmap.errors import Forbidden, InvalidInput, NotFound
from gridmap.services.accounts import desk as posts
from gridmap.services.accounts import entry
from gridmap.services.reports import schedules
from gridmap.services.reports.ordering import reports_of, request_behind
from gridmap.storage.database import Database
from web.app import create_app

KEEPER = Actor.at_the_machine()
VILLAGE, OTHER = 33068110901007000, 33068110901241000


def at(day: str) -> dt.datetime:
    """Seven in the morning of a day in the workspace's zone."""
    return dt.datetime.fromisoformat(f"{day}T07:00:00+08:00")


def folder() -> Path:
    return Path("/assets")


def due(database: Database, day: str) -> list[Schedule]:
    return schedules.make_due(database, assets=folder, now=at(day))


@pytest.mark.parametrize("every", EVERY)
def test_spans_end_before_today_follow_each_other_and_leave_no_day_out(every: str) -> None:
    day, ends = dt.date(2023, 11, 1), []
    while day < dt.date(2025, 3, 1):
        since, until = newest_span(every, day)  # type: ignore[arg-type]
        assert since <= until < day
        ends.append((since, until))
        day += dt.timedelta(days=1)
    spans = list(dict.fromkeys(ends))
    assert len(spans) > 4
    for (_, before), (since, until) in pairwise(spans):
        if every == "week":
            assert (until - since).days == 27
            assert (until - before).days == 7
        else:
            assert since == before + dt.timedelta(days=1)
            assert since.day == 1


def test_a_report_is_made_once_when_its_span_has_ended_and_for_its_post(recorded_town: Database) -> None:
    post, _ = posts.add_post(
        recorded_town, KEEPER, "枫源村 村级岗", Role.VILLAGE_DESK, VILLAGE, dt.date(2026, 1, 1)
    )
    owner = post.actor
    made = schedules.add_schedule(recorded_town, owner, "month", purpose="村务会", now=at("2026-10-15"))
    assert made.made_until == dt.date(2026, 9, 30)
    assert due(recorded_town, "2026-10-31") == []
    [asked] = due(recorded_town, "2026-11-01")
    assert asked.number == made.number
    assert due(recorded_town, "2026-11-30") == []
    [job] = reports_of(recorded_town, owner)
    told = request_behind(job)
    assert (told.since, told.until, told.purpose) == (dt.date(2026, 10, 1), dt.date(2026, 10, 31), "村务会")
    assert job.scope == Scope.of_grid(VILLAGE)


def test_of_spans_that_were_missed_only_the_newest_is_made(recorded_town: Database) -> None:
    schedules.add_schedule(recorded_town, KEEPER, "week", purpose="周会", now=at("2026-09-01"))
    [asked] = due(recorded_town, "2026-11-29")
    assert asked.made_until == dt.date(2026, 11, 22)
    assert len(reports_of(recorded_town, KEEPER)) == 1


def test_a_locked_post_gets_none_until_it_is_back(recorded_town: Database) -> None:
    post, _ = posts.add_post(recorded_town, KEEPER, "镇值班岗", Role.TOWN_DESK, 0, dt.date(2026, 1, 1))
    schedules.add_schedule(recorded_town, post.actor, "month", purpose="月会", now=at("2026-10-15"))
    posts.lock(recorded_town, KEEPER, post.name)
    assert due(recorded_town, "2026-11-02") == []
    posts.unlock(recorded_town, KEEPER, post.name)
    assert len(due(recorded_town, "2026-11-03")) == 1


def test_a_schedule_is_ended_by_its_post_or_an_administrator_and_seen_by_no_other(
    recorded_town: Database,
) -> None:
    first, _ = posts.add_post(recorded_town, KEEPER, "甲岗", Role.VILLAGE_DESK, VILLAGE, dt.date(2026, 1, 1))
    second, _ = posts.add_post(recorded_town, KEEPER, "乙岗", Role.VILLAGE_DESK, OTHER, dt.date(2026, 1, 1))
    made = schedules.add_schedule(recorded_town, first.actor, "quarter", purpose="季度会")
    assert schedules.list_schedules(recorded_town, second.actor) == []
    with pytest.raises(Forbidden):
        schedules.remove_schedule(recorded_town, second.actor, made.number)
    assert schedules.list_schedules(recorded_town, KEEPER) == [made]
    schedules.remove_schedule(recorded_town, first.actor, made.number)
    assert schedules.list_schedules(recorded_town, KEEPER) == []
    with pytest.raises(NotFound):
        schedules.remove_schedule(recorded_town, first.actor, made.number)


def test_what_cannot_be_made_is_refused_when_it_is_asked_for(recorded_town: Database) -> None:
    post, _ = posts.add_post(recorded_town, KEEPER, "丙岗", Role.VILLAGE_DESK, VILLAGE, dt.date(2026, 1, 1))
    with pytest.raises(InvalidInput, match="每周"):
        schedules.add_schedule(recorded_town, KEEPER, "day", purpose="日会")  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="电话"):
        schedules.add_schedule(recorded_town, KEEPER, "week", purpose="找 13812345678")
    with pytest.raises(NotFound):
        schedules.add_schedule(recorded_town, post.actor, "week", within=OTHER, purpose="周会")
    with pytest.raises(Forbidden, match="令牌"):
        schedules.add_schedule(
            recorded_town, Actor("token:x", Role.TOWN_DESK, Scope.whole()), "week", purpose="周会"
        )
    assert schedules.list_schedules(recorded_town, KEEPER) == []


def test_a_schedule_is_set_and_ended_on_the_page_of_whoever_is_signed_in(recorded_town: Database) -> None:
    client = create_app(recorded_town).test_client()
    client.set_cookie("gridmap", entry.sign_in_by_link(recorded_town, entry.first_link(recorded_town)).secret)
    page = client.get("/reports")
    assert page.status_code == 200, page.text
    answer = client.post("/reports/schedules", data={"every": "month", "purpose": "月度会商"})
    assert answer.status_code == 303
    [kept] = schedules.list_schedules(recorded_town, KEEPER)
    assert "月度会商" in client.get("/reports").text
    assert client.post("/reports/schedules", data={"every": "month", "purpose": ""}).status_code == 422
    assert client.post(f"/reports/schedules/{kept.number}/removed").status_code == 303
    assert schedules.list_schedules(recorded_town, KEEPER) == []


def test_a_schedule_is_set_listed_and_ended_over_the_api(recorded_town: Database) -> None:
    client = create_app(recorded_town).test_client()
    client.set_cookie("gridmap", entry.sign_in_by_link(recorded_town, entry.first_link(recorded_town)).secret)
    address = "/api/v1/reports/schedules"
    made = client.post(address, json={"every": "quarter", "within": str(VILLAGE), "purpose": "季度会商"})
    assert made.status_code == 201, made.text
    assert client.get(address).json == {"schedules": [made.json]}
    [kept] = schedules.list_schedules(recorded_town, KEEPER)
    assert (kept.every, kept.within, kept.purpose) == ("quarter", VILLAGE, "季度会商")
    assert made.json["within"] == str(VILLAGE)
    for refused in (
        {"every": "day"},
        {"every": "week", "within": "x"},
        {"every": "week", "purpose": ""},
    ):
        assert client.post(address, json=refused).status_code == 422
    # One outside of the town, and one inside that does not stand.
    for nowhere in ("44000000000000000", str(VILLAGE + 999)):
        assert client.post(address, json={"every": "week", "within": nowhere}).status_code == 404
    assert len(schedules.list_schedules(recorded_town, KEEPER)) == 1
    assert client.delete(f"{address}/{kept.number}").status_code == 200
    assert client.delete(f"{address}/{kept.number}").status_code == 404
    assert schedules.list_schedules(recorded_town, KEEPER) == []
