"""Who serves a grid: posts that are no persons, volunteers as head-counts, visits as tasks; clinics of bodies."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from sqlalchemy import text

from gridmap.domain.accounts import Actor, Role
from gridmap.domain.cases.directory import week_of
from gridmap.domain.cases.hours import read_week, say_week
from gridmap.domain.codes import codes
from gridmap.domain.duties import SERVICE_TEAM, suitable_kinds
from gridmap.domain.gridkey import TOWN, VILLAGE, Scope, ancestor
from gridmap.errors import Forbidden, InvalidInput, NotFound
from gridmap.services.cases import bodies, grid_posts, tasks
from gridmap.services.cases.bodies import ClinicAsked
from gridmap.services.cases.grid_posts import GridPost
from gridmap.services.ground.border import MOST_POINTS, border_of
from gridmap.services.house import IMPORT_KINDS
from gridmap.services.imports.records import ImportOptions, import_records
from gridmap.services.patrols.ask.crew import chosen_teams
from gridmap.services.patrols.ask.request import PatrolRequest
from gridmap.storage.database import Database
from gridmap.storage.ground import grids
from gridmap.storage.teams.teams import list_teams
from tests.conftest import MakeDatabase
from tests.doors import client_of, new_word

KEEPER = Actor.at_the_machine()
DAY = dt.date(2026, 11, 3)


@pytest.fixture(scope="module")
def town(make_database: MakeDatabase) -> Database:
    return make_database("recorded")


@pytest.fixture(scope="module")
def villages(town: Database) -> list[int]:
    with town.scoped_session(Scope.whole()) as session:
        return [int(row["grid_key"]) for row in grids.list_grids(session, level=VILLAGE, geometry=False)]


def of(key: int) -> Actor:
    return Actor(f"岗位 {key}", Role.VILLAGE_DESK, Scope.of_grid(key))


def test_a_grid_tells_its_posts_volunteers_and_visits_and_the_town_adds_them_up(
    town: Database, villages: list[int]
) -> None:
    here, there = villages[:2]
    hours = read_week("周一至周五 08:30-11:30；周六 09:00-12:00")
    grid_posts.put(town, of(here), GridPost(here, "grid_post", "枫源村 网格岗 1", "0575-80000000", hours))
    grid_posts.put(town, of(here), GridPost(here, "grid_post", "枫源村 网格岗 1", "110", hours))
    grid_posts.put(town, of(there), GridPost(there, "mediator", "调解岗"))
    grid_posts.count_volunteers(town, of(here), here, {"safety": 3, "mediation": 2, "publicity": 0})
    grid_posts.count_volunteers(town, of(there), there, {"safety": 4})
    made = [
        tasks.make(
            town, KEEPER, "household_visit", here, DAY - dt.timedelta(days=n), "有困难必到", reason="hardship"
        )
        for n in (1, 2, 200)
    ]
    tasks.finish(town, KEEPER, made[0].task_id, "已走访")
    told = grid_posts.served(town, of(here).scope, here, DAY)
    assert [(post.title, post.phone) for post in told.posts] == [("枫源村 网格岗 1", "110")]
    assert told.volunteers == {"safety": 3, "mediation": 2}
    assert (told.visits_due, told.visits_made, told.visits_late) == (2, 1, 1)
    whole = grid_posts.served(town, Scope.whole(), ancestor(here, TOWN), DAY)
    assert (whole.posts, whole.posts_below) == ((), 2)
    assert whole.volunteers == {"safety": 7, "mediation": 2}
    grid_posts.remove(town, of(there), there, "调解岗")
    assert grid_posts.served(town, Scope.whole(), there, DAY).posts == ()


def test_a_service_team_is_shown_with_its_grids_and_neither_patrols_nor_is_sent(
    town: Database, villages: list[int], tmp_path: Path
) -> None:
    here, there = villages[2:4]
    code = new_word()
    with town.scoped_session(Scope.whole()) as session:
        grid = session.execute(
            text(
                "select code, ST_X(label_point) as lon, ST_Y(label_point) as lat from grids where grid_key = :key"
                " and valid_to is null"
            ),
            {"key": here},
        ).one()
    file = tmp_path / "队伍.csv"
    file.write_text(
        "code,name_zh,kind,grid_code,base_lon,base_lat,shift_start,shift_end,mode,size\n"
        f"{code},红枫服务团队,服务团队,{grid.code},{grid.lon},{grid.lat},00:00,23:59,foot,5\n",
        "utf-8",
    )
    done = import_records(town, Scope.whole(), IMPORT_KINDS["teams"], file, ImportOptions(), actor=KEEPER)
    assert done.inserted == 1, done.parsed.refused if done.parsed else done
    for key in (here, ancestor(here, 2), ancestor(here, TOWN)):
        told = grid_posts.served(town, Scope.whole(), key, DAY).service_teams
        assert [(team.code, team.size) for team in told] == [(code, 5)]
    assert grid_posts.served(town, Scope.whole(), there, DAY).service_teams == ()
    page = client_of(town, Role.VILLAGE_DESK, here).get(f"/grids/{here}").get_data(as_text=True)
    assert "红枫服务团队" in page
    with town.scoped_session(Scope.whole()) as session:
        rows = list_teams(session)
    assert code in {row["code"] for row in rows}
    chosen, told_of = chosen_teams(rows, PatrolRequest(on=DAY))
    assert code not in {row["code"] for row in chosen}
    _, named = chosen_teams(rows, PatrolRequest(on=DAY, teams=(code, "T01")))
    assert [note["team"] for note in named] == [code]
    assert code not in {note["team"] for note in told_of}
    kinds = {kind for domain in codes("domain") for kind in suitable_kinds(domain, None)}
    assert SERVICE_TEAM not in kinds


@pytest.mark.parametrize(
    "phone", ["13800138000", "+86 138 0013 8000", "8123456", "０５７５-80000000", "1380013800"]
)
def test_no_telephone_but_an_office_s_is_kept(town: Database, villages: list[int], phone: str) -> None:
    with pytest.raises(InvalidInput, match="办公电话"):
        grid_posts.put(town, KEEPER, GridPost(villages[0], "mediator", "调解岗", phone))
    body = bodies.directory(town)[0]["code"]
    with pytest.raises(InvalidInput, match="办公电话"):
        bodies.change(town, KEEPER, body, phone=phone)


def test_a_title_that_points_at_a_person_another_s_grid_and_no_grid_are_refused(
    town: Database, villages: list[int]
) -> None:
    with pytest.raises(InvalidInput):
        grid_posts.put(town, KEEPER, GridPost(villages[0], "mediator", "网格员张三 13800138000"))
    with pytest.raises(Forbidden):
        grid_posts.put(town, of(villages[0]), GridPost(villages[1], "mediator", "调解岗"))
    with pytest.raises(Forbidden):
        grid_posts.count_volunteers(town, of(villages[0]), villages[1], {"safety": 1})
    with pytest.raises(NotFound):
        grid_posts.put(town, KEEPER, GridPost(ancestor(villages[0], TOWN) + 77_000_000, "mediator", "调解岗"))
    with pytest.raises(NotFound):
        grid_posts.remove(town, of(villages[0]), villages[1], "调解岗")
    with pytest.raises(InvalidInput):
        grid_posts.count_volunteers(town, KEEPER, villages[0], {"safety": -1})


def test_hours_are_read_as_people_write_them_and_said_in_both_languages() -> None:
    for words in ("Mo-Fr 08:30-17:00; Sa 09:00-12:00", "周一至周五 08:30－17:00；星期六 09：00-12:00"):
        week = week_of(read_week(words), None)
        assert say_week(week, english=True) == "Mo-Fr 08:30-17:00; Sa 09:00-12:00"
        assert say_week(week) == "周一至周五 08:30-17:00; 周六 09:00-12:00"
    assert read_week("周一到周五 08:30~17:00") == read_week("Mo-Fr 08:30-17:00")
    # What cannot be read whole would be a body that is shut when it is open.
    for wrong in ("周一、周三 08:30-17:00", "Mo,We 08:30-17:00", "周一至周五 08:30-11:30、14:00-17:00"):
        with pytest.raises(InvalidInput, match="看不懂"):
            read_week(wrong)
    for wrong in ("早上", "Mo-Fr", "Mo-Fr 17:00-08:30", "Mo-Fr 08:30-17:00; 周末", "Mo 99:00-99:30"):
        with pytest.raises(InvalidInput, match="看不懂"):
            read_week(wrong)


def test_a_clinic_is_announced_in_the_scope_seen_by_all_and_called_off(
    town: Database, villages: list[int]
) -> None:
    body = next(b for b in bodies.directory(town) if b["grid_key"])
    asked = ClinicAsked(body["code"], "outreach", DAY, dt.time(9), dt.time(11), villages[0], "文化礼堂")
    number = bodies.announce(town, of(villages[0]), asked)
    assert [row["place"] for row in bodies.clinics(town, DAY, DAY)] == ["文化礼堂"]
    with pytest.raises(Forbidden):
        bodies.announce(town, of(villages[1]), asked)
    with pytest.raises(InvalidInput):
        bodies.announce(town, KEEPER, ClinicAsked(body["code"], "outreach", DAY, dt.time(11), dt.time(9)))
    with pytest.raises(NotFound):
        bodies.call_off(town, of(villages[1]), number)
    bodies.call_off(town, of(villages[0]), number)
    assert bodies.clinics(town, DAY, DAY) == []


def test_the_border_sheet_names_every_neighbour_with_the_length_of_what_is_shared(
    town: Database, villages: list[int]
) -> None:
    borders = {key: border_of(town, Scope.whole(), key) for key in villages}
    for key, border in borders.items():
        assert border.neighbours
        # Both sides say the same of the border between them.
        for neighbour in border.neighbours:
            back = next(n for n in borders[neighbour.grid_key].neighbours if n.grid_key == key)
            assert back.shared_m == pytest.approx(neighbour.shared_m, rel=0.05, abs=15)
        whole = sum(n.shared_m for n in border.neighbours) + border.outer_m
        assert whole == pytest.approx(border.perimeter_m, rel=0.05)
        assert 3 <= len(border.points) <= MOST_POINTS
    here = borders[villages[0]]
    assert border_of(town, Scope.of_grid(villages[0]), villages[0]) == here, "neighbours sign, whoever looks"
    with pytest.raises(NotFound):
        border_of(town, Scope.of_grid(villages[0]), villages[1])
