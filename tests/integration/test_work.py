"""Work of the desk: cases of other places, who asks whether parties are satisfied, visits and what they changed."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import text

from gridmap.domain.accounts import Actor, Role
from gridmap.domain.cases.actions import Action
from gridmap.domain.cases.asked import NewCase, StepAsked
from gridmap.domain.cases.lists import NO_REASON, choices
from gridmap.domain.cases.model import Case
from gridmap.domain.cases.worklists import ListName, Wanted
from gridmap.domain.gridkey import AREA, TOWN, VILLAGE, Scope, ancestor
from gridmap.domain.query import IncidentQuery
from gridmap.domain.terms import ASKED_SHARE
from gridmap.errors import Conflict, Forbidden, InvalidInput
from gridmap.services.cases import desk, figures, grid_posts, intake, satisfaction, tasks, worklists
from gridmap.services.hotspots.effects import effect_of_visit
from gridmap.services.hotspots.spec import HotspotSpec
from gridmap.storage.database import Database
from gridmap.storage.ground import grids
from gridmap.storage.models import Incident
from tests.conftest import MakeDatabase
from tests.doors import new_word

NOW = dt.datetime(2026, 11, 3, 2, 0, tzinfo=dt.UTC)
TODAY = dt.date(2026, 11, 3)
KEEPER = Actor.at_the_machine()
WHOLE = Scope.whole()


@pytest.fixture(scope="module")
def town(make_database: MakeDatabase) -> Database:
    return make_database("villages")


@pytest.fixture(scope="module")
def villages(town: Database) -> list[int]:
    with town.scoped_session(WHOLE) as session:
        return [int(row["grid_key"]) for row in grids.list_grids(session, level=VILLAGE, geometry=False)]


def of(key: int, role: Role = Role.VILLAGE_DESK) -> Actor:
    return Actor(f"岗位 {key}", role, Scope.of_grid(key))


def take_in(town: Database, actor: Actor, grid_key: int) -> Case:
    new = NewCase(
        "dispute", NOW - dt.timedelta(hours=3), f"占道争执 {new_word()}", kind="02", grid_key=grid_key
    )
    return intake.record(town, actor, new, uuid.uuid4(), now=NOW)


def step(
    town: Database, actor: Actor, case: Case, action: Action, now: dt.datetime = NOW, **said: object
) -> Case:
    asked = StepAsked(action, **said)  # type: ignore[arg-type]
    return desk.act(town, actor, case.row.number, asked, case.row.revision, uuid.uuid4(), now=now)


def set_lot(town: Database, case: Case, *, drawn: bool) -> None:
    """Give a case a secret key on which the lot falls, or does not."""
    key = next(key for key in range(1, 1000) if satisfaction.is_drawn(key) is drawn)
    with town.scoped_session(WHOLE, write=True) as session:
        session.execute(
            text("update incidents set record_key = :key where incident_id = :id"),
            {"key": key, "id": case.row.incident_id},
        )


def solved(town: Database, actor: Actor, grid_key: int, *, drawn: bool) -> Case:
    case = take_in(town, actor, grid_key)
    set_lot(town, case, drawn=drawn)
    return step(town, actor, case, Action.RESOLVE, outcome="agreed", agreement="written", fulfilled="yes")


def test_a_case_of_another_place_is_in_the_lists_of_whoever_has_it_and_in_no_figure_of_theirs(
    town: Database, villages: list[int]
) -> None:
    here, there = of(villages[0]), of(villages[1])
    case = take_in(town, here, villages[0])

    def listed(name: ListName, *, only_here: bool = False) -> set[str]:
        wanted = Wanted(name, here=only_here)
        return {row.number for row in worklists.work_list(town, there.scope, wanted, now=NOW).rows}

    def figure(name: str) -> int | None:
        return next(f.now for f in figures.glance(town, there.scope, NOW).figures if f.name == name)

    before = figure("open")
    passed = step(town, here, case, Action.TRANSFER, to_grid_key=villages[1], ground="other_village")
    assert case.row.number in listed("to_sign") & listed("mine")
    step(town, there, passed, Action.SIGN)
    assert case.row.number in listed("mine") & listed("open")
    # A figure is of what happened in the place, and so is the list behind it.
    assert case.row.number not in listed("open", only_here=True)
    assert figure("open") == before == len(listed("open", only_here=True))


def test_the_lot_hangs_on_the_case_s_secret_alone_and_falls_on_the_share_that_is_told() -> None:
    drawn = sum(satisfaction.is_drawn(key) for key in range(20_000)) / 20_000
    assert abs(drawn - ASKED_SHARE) < 0.02
    assert satisfaction.asking_grid(33068110903029001) == 33068110903000000
    assert satisfaction.asking_grid(33068110903000000) == 33068110900000000
    assert satisfaction.asking_grid(33068110900000000) == 33068110900000000


def test_whether_parties_are_satisfied_is_asked_by_lot_and_not_by_who_handled_the_case(
    town: Database, villages: list[int]
) -> None:
    village, area = of(villages[2]), of(ancestor(villages[2], AREA), Role.AREA_DESK)
    case = solved(town, village, villages[2], drawn=True)
    (task,) = tasks.list_tasks(town, area.scope, number=case.row.number, kinds=("satisfaction",))
    assert task.grid_key == ancestor(villages[2], AREA)
    with pytest.raises(Forbidden, match="承办以外"):
        step(town, village, case, Action.FOLLOW_UP, fulfilled="yes", satisfied=True)
    # The handler follows up all the same, and asks nothing.
    case = step(town, village, case, Action.FOLLOW_UP, fulfilled="yes")
    case = step(town, area, case, Action.FOLLOW_UP, fulfilled="yes", satisfied=False)
    with pytest.raises(Conflict, match="未被抽中"):
        step(town, area, case, Action.FOLLOW_UP, fulfilled="yes", satisfied=True)
    undrawn = solved(town, village, villages[2], drawn=False)
    assert not tasks.list_tasks(town, area.scope, number=undrawn.row.number, kinds=("satisfaction",))
    with pytest.raises(Conflict, match="未被抽中"):
        step(town, area, undrawn, Action.FOLLOW_UP, fulfilled="yes", satisfied=True)
    query = IncidentQuery(grid=villages[2])
    total = figures.by_grid(town, WHOLE, query, VILLAGE, now=NOW).total
    assert (total.solved, total.asked, total.satisfied, total.not_asked) == (2, 1, 0, 1)
    behind = worklists.work_list(town, WHOLE, Wanted("all", query, counted="asked", level=VILLAGE), now=NOW)
    assert [row.number for row in behind.rows] == [case.row.number]


def test_only_an_answer_to_the_lot_about_the_last_solution_counts(
    town: Database, villages: list[int]
) -> None:
    village, area = of(villages[6]), of(ancestor(villages[6], AREA), Role.AREA_DESK)

    def counted() -> tuple[int | None, ...]:
        total = figures.by_grid(town, WHOLE, IncidentQuery(grid=villages[6]), VILLAGE, now=NOW).total
        return total.solved, total.asked, total.satisfied, total.not_asked

    case = solved(town, village, villages[6], drawn=True)
    case = step(town, area, case, Action.FOLLOW_UP, fulfilled="yes", satisfied=True)
    assert counted() == (1, 1, 1, 0)
    # In quarrel again: what was said of the solution that did not last is no answer about the next one.
    case = step(town, village, case, Action.REOPEN, ground=choices("reopen_ground")[0].code)
    then = NOW + dt.timedelta(hours=1)
    case = step(
        town, village, case, Action.RESOLVE, then, outcome="agreed", agreement="written", fulfilled="yes"
    )
    assert counted() == (1, 0, 0, 1)
    assert satisfaction.answer(case.steps) is None
    assert satisfaction.standing(case.tasks, case.steps, area.post) == "to_ask"
    case = step(town, area, case, Action.FOLLOW_UP, then, fulfilled="yes", satisfied=False)
    assert counted() == (1, 1, 0, 0)
    assert satisfaction.answer(case.steps) is False
    # What a handler was told whom no lot had sent, as records of earlier days have it, is in no figure.
    other = solved(town, village, villages[6], drawn=False)
    other = step(town, village, other, Action.FOLLOW_UP, fulfilled="yes")
    with town.scoped_session(WHOLE, write=True) as session:
        session.execute(
            text(
                "update incident_steps set details = details || '{\"satisfied\": true}'"
                " where incident_id = :id and action = 'follow_up'"
            ),
            {"id": other.row.incident_id},
        )
    assert counted() == (2, 1, 0, 1)
    assert satisfaction.answer(desk.find(town, village, other.row.number).steps) is None


def test_a_question_to_the_parties_is_neither_given_nor_closed_by_hand(
    town: Database, villages: list[int]
) -> None:
    village, area = of(villages[7]), of(ancestor(villages[7], AREA), Role.AREA_DESK)
    case = solved(town, village, villages[7], drawn=True)
    for kind in ("satisfaction", "follow_up"):
        task = next(task for task in case.tasks if task.kind == kind)
        with pytest.raises(Conflict, match="回访"):
            tasks.finish(town, KEEPER, task.task_id, "已问")
    with pytest.raises(InvalidInput, match="抽签"):
        tasks.make(town, village, "satisfaction", villages[7], TODAY, "问", number=case.row.number)
    # A follow-up that is given by hand could be ended by no step while its case is open, and by no hand ever.
    with pytest.raises(InvalidInput, match="走访") as refused:
        tasks.make(town, village, "follow_up", villages[7], TODAY, "看看", number=case.row.number)
    assert refused.value.code == "task-by-solution"
    free = tasks.make(town, village, "follow_up", villages[7], TODAY, "看看")
    assert tasks.finish(town, KEEPER, free.task_id, "看过").result == "看过"
    # One that was closed by hand all the same, by an earlier release, is told apart from one that was never drawn.
    with town.scoped_session(WHOLE, write=True) as session:
        session.execute(
            text(
                "update tasks set done_at = :at, result = '已问' where kind = 'satisfaction' and incident_id = :id"
            ),
            {"id": case.row.incident_id, "at": NOW},
        )
    case = desk.find(town, area, case.row.number)
    assert satisfaction.standing(case.tasks, case.steps, area.post) == "unanswered"
    with pytest.raises(Conflict, match="没有回答"):
        step(town, area, case, Action.FOLLOW_UP, fulfilled="yes", satisfied=True)


def test_a_solution_that_is_taken_back_takes_its_question_with_it(
    town: Database, villages: list[int]
) -> None:
    village = of(villages[3])
    case = solved(town, village, villages[3], drawn=True)
    desk.undo(town, village, case.row.number, case.row.revision, now=NOW)
    assert not tasks.list_tasks(town, WHOLE, number=case.row.number, kinds=("satisfaction",))


def test_visits_are_counted_by_kind_and_reason_and_each_count_is_its_list(
    town: Database, villages: list[int]
) -> None:
    here = of(villages[4])
    since = TODAY - dt.timedelta(days=grid_posts.VISIT_DAYS)
    made = [
        tasks.make(town, here, "household_visit", villages[4], day, "上门", reason=reason)
        for day, reason in (
            (TODAY, "hardship"),
            (TODAY - dt.timedelta(days=3), "hardship"),
            (TODAY - dt.timedelta(days=5), "after_quarrel"),
            (since - dt.timedelta(days=1), "hardship"),
            (TODAY + dt.timedelta(days=4), "death_or_illness"),
        )
    ]
    tasks.make(town, here, "visit", villages[4], TODAY, "走访", origin="screening 3")
    with town.scoped_session(WHOLE, write=True) as session:
        # As an earlier release kept it.
        session.execute(
            text(
                "insert into tasks (kind, grid_key, due_on, text, made_by)"
                " values ('household_visit', :key, :day, '上门', '岗位')"
            ),
            {"key": villages[4], "day": TODAY},
        )
    tasks.finish(town, here, made[2].task_id, "已到")
    told = grid_posts.served(town, here.scope, villages[4], TODAY)
    assert [(v.kind, v.reason, v.due, v.made, v.late) for v in told.visits] == [
        ("household_visit", "after_quarrel", 1, 1, 0),
        ("household_visit", "hardship", 2, 0, 1),
        ("household_visit", None, 1, 0, 0),
        ("visit", None, 1, 0, 0),
    ]
    for count in told.visits:
        found = tasks.list_tasks(
            town, WHOLE, kinds=(count.kind,), grid_key=villages[4], since=since, until=TODAY,
            reason=count.reason or NO_REASON, is_open=None,
        )  # fmt: skip
        assert (len(found), sum(t.done_at is not None for t in found)) == (count.due, count.made)
    assert tasks.find(town, here.scope, made[0].task_id).details["reason"] == "hardship"
    with pytest.raises(InvalidInput, match="三必到"):
        tasks.make(town, here, "household_visit", villages[4], TODAY, "上门")
    for refused in ({"origin": "13800138000"}, {"reason": "hardship"}, {"post": "张三 13800138000"}):
        with pytest.raises(InvalidInput):
            tasks.make(town, here, "visit", villages[4], TODAY, "走访", **refused)


def test_a_visit_s_effect_is_stated_beside_like_peaks_only_and_says_why_where_there_are_none(
    make_database: MakeDatabase,
) -> None:
    town = make_database("villages")
    with town.scoped_session(WHOLE) as session:
        keys = [int(row["grid_key"]) for row in grids.list_grids(session, level=VILLAGE, geometry=False)]
    on, weeks = dt.date(2026, 6, 1), 4
    peaked, alone = keys[:14], keys[14]
    rng = np.random.default_rng(7)
    with town.scoped_session(WHOLE, write=True) as session:
        for key in keys:
            high = 30 if key in peaked else 90 if key == alone else 2
            days = rng.uniform(-7 * weeks, 0, high).tolist() + rng.uniform(0, 7 * weeks, 12).tolist()
            for day in days:
                at = dt.datetime.combine(on, dt.time(), dt.UTC) + dt.timedelta(days=day)
                session.add(
                    Incident(
                        uid=new_word(), domain="dispute", kind="02", occurred_at=at, reported_at=at, stage="resolved",
                        closed_at=at, outcome="agreed", grid_key=key, handler_key=key, placed_by="person",
                    )
                )  # fmt: skip
    spec = HotspotSpec("gi", on, on, level=VILLAGE)
    found = effect_of_visit(town, WHOLE, spec, peaked[0], on)
    assert found["change"]["matched_before"] is not None
    assert found["change"]["low"] is not None
    # As high as no other: it would have fallen by itself, and nobody can tell how much of it.
    with pytest.raises(InvalidInput, match="同样高发") as why:
        effect_of_visit(town, WHOLE, spec, alone, on)
    assert why.value.code == "effect-no-like-places"
    with pytest.raises(InvalidInput, match="等记录满"):
        effect_of_visit(town, WHOLE, replace(spec), peaked[0], on + dt.timedelta(days=7 * weeks - 1))


def test_a_village_gives_no_work_outside_its_scope(town: Database, villages: list[int]) -> None:
    with pytest.raises(Forbidden, match="管辖范围"):
        tasks.make(town, of(villages[5]), "visit", ancestor(villages[5], TOWN), TODAY, "走访")
