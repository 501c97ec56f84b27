"""Forecasts of each week: kept as they were said, held against what came, for those who may."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
from click.testing import CliRunner
from sqlalchemy import text

from gridmap.analysis.forecast import flagged
from gridmap.cli import main
from gridmap.domain.accounts import Actor, Role
from gridmap.domain.gridkey import Scope
from gridmap.errors import Conflict, Forbidden, GridmapError, InvalidInput, NotFound
from gridmap.services.accounts import desk as posts
from gridmap.services.accounts import entry
from gridmap.services.hotspots import standing
from gridmap.services.hotspots.kept_forecasts import WeekAsked, expected_between, keep_forecast, track
from gridmap.services.jobs.desk import list_jobs
from gridmap.storage.database import Database
from web.app import create_app

KEEPER = Actor.at_the_machine()
WHOLE = Scope.whole()
VILLAGE = 33068110901007000
WEEKS = [dt.date(2026, 9, 7) + dt.timedelta(weeks=n) for n in range(7)]
TODAY = WEEKS[-1] + dt.timedelta(days=3)


def at(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(7), dt.timezone(dt.timedelta(hours=8)))


def asked(day: dt.date, *, level: int = 3, domain: str | None = "safety") -> WeekAsked:
    return WeekAsked(domain, level, None, day)


@pytest.fixture(scope="module")
def town(make_database: Callable[[str], Database]) -> Database:
    """The demonstration town, with seven weeks foretold of which six are over."""
    database = make_database("demo")
    for day in WEEKS:
        keep_forecast(database, WHOLE, asked(day), owner="keeper")
    return database


def test_what_came_is_what_lies_in_the_densest_land_of_what_was_said(town: Database) -> None:
    found = track(town, WHOLE, asked(TODAY), area_share=0.1, today=TODAY)
    assert [week.told.first_day for week in found.weeks] == WEEKS[::-1]
    assert found.weeks[0].came is None
    assert found.over == 6
    week = found.weeks[1]
    cells = week.told.cells
    counts = (
        "select grid_key / 1000 * 1000, count(*) from incidents where domain = 'safety' and"
        " (occurred_at at time zone 'Asia/Shanghai')::date between :a and :b group by 1"
    )
    span = {"a": week.told.first_day, "b": week.told.first_day + dt.timedelta(days=6)}
    with town.scoped_session(WHOLE) as session:
        came = dict(session.execute(text(counts), span).all())
    assert week.came == sum(n for key, n in came.items() if key > 0)
    share = flagged(np.array(cells.said), np.array(cells.area_m2), 0.1)
    assert week.hits == pytest.approx(sum(came.get(k, 0) * s for k, s in zip(cells.keys, share, strict=True)))
    assert found.hits == pytest.approx(sum(w.hits for w in found.weeks if w.hits is not None))
    assert found.judged is not None
    assert found.judged.gain == pytest.approx((found.hits - found.counted) / found.came)


def test_what_came_leaves_out_what_lies_in_no_grid_as_what_was_said_does(town: Database) -> None:
    week = track(town, WHOLE, asked(TODAY), today=TODAY).weeks[1]
    lost = (
        "update incidents set grid_key = 0 where incident_id = (select min(incident_id) from incidents where"
        " domain = 'safety' and (occurred_at at time zone 'Asia/Shanghai')::date = any(:days) and grid_key > 0)"
        " returning incident_id, grid_key"
    )
    days = [week.told.first_day + dt.timedelta(days=n) for n in range(7)]
    with town.scoped_session(WHOLE, write=True) as session:
        key = "select incident_id, grid_key from incidents"
        before = dict(session.execute(text(key)).all())
        number = session.execute(text(lost), {"days": days}).one().incident_id
    try:
        assert track(town, WHOLE, asked(TODAY), today=TODAY).weeks[1].came == (week.came or 0) - 1
    finally:
        with town.scoped_session(WHOLE, write=True) as session:
            back = "update incidents set grid_key = :key where incident_id = :number"
            session.execute(text(back), {"key": before[number], "number": number})


@pytest.mark.parametrize(
    ("level", "within", "domain", "refused"),
    [
        (3, 44000000000000000, None, "grid-not-found"),
        (3, VILLAGE + 999, None, "grid-not-found"),
        (2, VILLAGE, None, "level-absent"),
        (3, None, "nothing", "domain-unknown"),
    ],
)
def test_what_cannot_be_foretold_is_refused_when_it_is_begun_and_nothing_is_kept(
    town: Database, level: int, within: int | None, domain: str | None, refused: str
) -> None:
    with pytest.raises(GridmapError) as told:
        standing.add_standing(town, KEEPER, level=level, within=within, domain=domain, now=at(TODAY))
    assert told.value.code == refused
    assert standing.list_standing(town, KEEPER) == []


def test_a_forecast_of_land_that_never_had_an_incident_is_refused_when_it_is_begun(town: Database) -> None:
    quiet = (
        "select grid_key from grids g where level = 4 and valid_to is null and not exists"
        " (select from incidents i where i.grid_key = g.grid_key and domain = 'land') order by grid_key limit 1"
    )
    with town.scoped_session(WHOLE) as session:
        within = session.scalar(text(quiet))
    with pytest.raises(InvalidInput) as told:
        standing.add_standing(town, KEEPER, level=4, within=within, domain="land", now=at(TODAY))
    assert told.value.code == "hotspots-no-incidents"


def test_the_hours_of_a_week_add_up_to_the_week(town: Database) -> None:
    told = track(town, WHOLE, asked(TODAY), today=TODAY).weeks[0].told
    begins = dt.datetime.combine(told.first_day, dt.time())
    cuts = [begins + dt.timedelta(hours=h) for h in (0, 7.5, 50, 168)]
    parts = [expected_between(told, a, b) for a, b in pairwise(cuts)]
    np.testing.assert_allclose(sum(parts), told.cells.said, rtol=1e-4, atol=1e-9)
    assert expected_between(told, begins - dt.timedelta(days=2), begins).sum() == 0


def test_what_was_said_stays_whatever_is_reported_later_and_rests_on_nothing_later(town: Database) -> None:
    day = WEEKS[-1]
    first = track(town, WHOLE, asked(day), today=TODAY).weeks[0].told
    late = (
        "update incidents set reported_at = occurred_at + interval '90 days' where incident_id in (select incident_id"
        " from incidents where domain = 'safety' and occurred_at between :a and :b order by incident_id limit 25)"
    )
    with town.scoped_session(WHOLE, write=True) as session:
        moved = session.execute(
            text(f"with moved as ({late} returning 1) select count(*) from moved"),
            {"a": day - dt.timedelta(days=60), "b": day - dt.timedelta(days=2)},
        )
        assert moved.scalar_one() == 25
    assert keep_forecast(town, WHOLE, asked(day), owner="x") == first
    with town.scoped_session(WHOLE, write=True) as session:
        session.execute(text("delete from forecasts where first_day = :d"), {"d": day})
    again = keep_forecast(town, WHOLE, asked(day), owner="keeper")
    assert again.known == first.known - 25
    assert again.cells.said != first.cells.said


def test_too_few_weeks_are_refused_when_a_forecast_is_begun(town: Database) -> None:
    with pytest.raises(InvalidInput, match="12 周"):
        standing.add_standing(town, KEEPER, level=3, now=at(dt.date(2025, 12, 1)))


def test_it_is_asked_for_once_a_week_and_begun_and_ended_by_its_post(town: Database) -> None:
    made = standing.add_standing(town, KEEPER, level=3, domain="safety", now=at(TODAY))
    assert made.made_for == WEEKS[-1]
    assert standing.make_due(town, now=at(TODAY + dt.timedelta(days=2))) == []
    with pytest.raises(Conflict):
        standing.add_standing(town, KEEPER, level=3, domain="safety", now=at(TODAY))
    [due] = standing.make_due(town, now=at(TODAY + dt.timedelta(days=7)))
    assert due.made_for == WEEKS[-1] + dt.timedelta(days=7)
    asked_for = [job.parameters["first_day"] for job in list_jobs(town, WHOLE, owner="keeper", limit=10)]
    assert sorted(asked_for) == [WEEKS[-1].isoformat(), due.made_for.isoformat()]
    post, _ = posts.add_post(town, KEEPER, "别的岗", Role.TOWN_DESK, 0, dt.date(2026, 1, 1))
    with pytest.raises(Forbidden):
        standing.remove_standing(town, post.actor, made.number)
    standing.remove_standing(town, KEEPER, made.number)
    with pytest.raises(NotFound):
        standing.remove_standing(town, KEEPER, made.number)
    assert len(track(town, WHOLE, asked(TODAY), today=TODAY).weeks) == len(WEEKS)


def test_a_week_that_could_not_be_made_is_told_with_its_reason_and_asked_for_again_by_its_post(
    town: Database,
) -> None:
    client = create_app(town).test_client()
    client.set_cookie("gridmap", entry.sign_in_by_link(town, entry.first_link(town)).secret)
    made = standing.add_standing(town, KEEPER, level=2, domain="safety", now=at(TODAY))
    page = f"/forecasts?number={made.number}"
    assert "正在制作" in client.get(page).text
    assert client.post(f"/forecasts/{made.number}/again").status_code == 409
    assert client.get(f"/api/v1/forecasts/{made.number}").json["forecast"]["state"] == "queued"
    with town.scoped_session(WHOLE, write=True) as session:
        session.execute(
            text(
                "update jobs set state = 'failed', ended_at = now(), error = cast(:why as jsonb) where job_id = :job"
            ),
            {"why": '{"code": "disk-full", "zh": "磁盘已满。", "en": "The disk is full."}', "job": made.job},
        )
    said = client.get(page).text
    assert "没有做成" in said
    assert "磁盘已满。" in said
    assert "正在制作" not in said
    told = client.get(f"/api/v1/forecasts/{made.number}").json["forecast"]
    assert (told["state"], told["problem"]["code"]) == ("failed", "disk-full")
    other, _ = posts.add_post(town, KEEPER, "别的预测岗", Role.TOWN_DESK, 0, dt.date(2026, 1, 1))
    with pytest.raises(Forbidden):
        standing.ask_again(town, other.actor, made.number, now=at(TODAY))

    def waiting() -> int:
        with town.scoped_session(WHOLE) as session:
            return int(session.scalar(text("select count(*) from jobs where state = 'queued'")) or 0)

    before = waiting()
    # Two at once are asked for once.
    with ThreadPoolExecutor(2) as both:
        asking = [both.submit(standing.ask_again, town, KEEPER, made.number, now=at(TODAY)) for _ in range(2)]
        refused = [error for one in asking if (error := one.exception()) is not None]
    assert [type(error) for error in refused] == [Conflict]
    [again] = standing.list_standing(town, KEEPER)
    assert again.job != made.job
    assert waiting() == before + 1
    assert client.post(f"/api/v1/forecasts/{made.number}/again", json={}).status_code == 409
    assert "正在制作" in client.get(page).text
    standing.remove_standing(town, KEEPER, made.number)


def test_posts_that_are_told_perturbed_numbers_and_programs_begin_and_see_none(town: Database) -> None:
    liaison, _ = posts.add_post(town, KEEPER, "联络岗", Role.LIAISON, 0, dt.date(2026, 1, 1))
    with pytest.raises(Forbidden):
        standing.list_standing(town, liaison.actor)
    with pytest.raises(Forbidden, match="令牌"):
        standing.add_standing(town, Actor("token:x", Role.TOWN_DESK, WHOLE), level=3, now=at(TODAY))


def test_a_village_sees_neither_the_towns_forecasts_nor_what_they_said(town: Database) -> None:
    made = standing.add_standing(town, KEEPER, level=3, domain="safety", now=at(TODAY))
    village = Actor("村岗", Role.TOWN_DESK, Scope.of_grid(VILLAGE), 7)
    assert standing.list_standing(town, village) == []
    assert track(town, village.scope, asked(TODAY), today=TODAY).weeks == ()
    standing.remove_standing(town, KEEPER, made.number)


def test_the_page_and_the_api_tell_the_same_record(town: Database) -> None:
    client = create_app(town).test_client()
    client.set_cookie("gridmap", entry.sign_in_by_link(town, entry.first_link(town)).secret)
    assert "还没有每周预测" in client.get("/forecasts").text
    answer = client.post("/forecasts", data={"domain": "safety", "level": "3", "grid": ""})
    assert answer.status_code == 303, answer.text
    assert client.post("/forecasts", data={"domain": "safety", "level": "3", "grid": ""}).status_code == 409
    [one] = client.get("/api/v1/forecasts").json["forecasts"]
    told = client.get(f"/api/v1/forecasts/{one['number']}").json
    assert told["over"] == len(told["weeks"]) >= 6
    assert told["came"] == sum(week["came"] for week in told["weeks"])
    assert len(told["hours"]) == 7
    assert told["cells"]
    page = client.get("/forecasts").text
    for week in told["weeks"]:
        assert week["first_day"] in page
    assert f'<td class="n">{told["came"]}</td>' in page
    assert client.get("/forecasts?number=99").status_code == 200
    assert client.get("/api/v1/forecasts/99").status_code == 404
    assert client.delete(f"/api/v1/forecasts/{one['number']}").status_code == 200


def test_the_command_tells_forecasts_of_one_domain_apart(town: Database) -> None:
    for level in (2, 3):
        standing.add_standing(town, KEEPER, level=level, domain="dispute", now=at(TODAY))
    own = {
        "GRIDMAP_HOME": str(town.settings.home),
        "DATABASE_URL": town.owner_url.render_as_string(hide_password=False),
        "GRIDMAP_APP_DATABASE_URL": town.app_url.render_as_string(hide_password=False),
        "COLUMNS": "200",
    }
    told = CliRunner().invoke(main, ["forecast", "weeks"], env=own)
    assert told.exit_code == 0, told.output
    assert all(f"dispute, 层级 / level {level}" in told.output for level in (2, 3))
    for one in standing.list_standing(town, KEEPER):
        standing.remove_standing(town, KEEPER, one.number)
