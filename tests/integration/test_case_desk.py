"""A case's life at the desk: taken in, passed on, mediated, ended, followed up; two people at once; taken back."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

import pytest
from sqlalchemy import text

from gridmap.domain.accounts import Actor, Role
from gridmap.domain.cases.actions import Action
from gridmap.domain.cases.asked import Decision, NewCase, StepAsked
from gridmap.domain.cases.directory import is_fit, seat
from gridmap.domain.cases.model import Case
from gridmap.domain.gridkey import AREA, TOWN, VILLAGE, Scope, ancestor, level_of
from gridmap.domain.query import IncidentQuery
from gridmap.errors import Conflict, Forbidden, InvalidInput, NotFound
from gridmap.services.cases import bodies, desk, edits, figures, handover, intake, openings, screening, tasks
from gridmap.services.cases.refusals import CaseMovedOn
from gridmap.storage.database import Database
from gridmap.storage.ground.grids import find_grid
from tests.conftest import MakeDatabase

NOW = dt.datetime(2026, 11, 3, 2, 0, tzinfo=dt.UTC)  # a Tuesday, 10 in the morning there
T = TypeVar("T")
KEEPER = Actor.at_the_machine()
QUARREL = NewCase(
    domain="dispute",
    kind="02",
    occurred_at=NOW - dt.timedelta(hours=3),
    summary="相邻排水引起争吵",
    lon=120.3988,
    lat=29.7630,
    accuracy_m=20,
    channel="visit",
    found_by="villager",
    people_count=3,
    sum_band="under_10k",
)


@pytest.fixture(scope="module")
def town(make_database: MakeDatabase) -> Database:
    """Villages and records, for a module that leaves more cases behind."""
    return make_database("recorded")


def take_in(town: Database, actor: Actor = KEEPER, **changed: object) -> Case:
    return intake.record(town, actor, replace(QUARREL, **changed), uuid.uuid4(), now=NOW)  # type: ignore[arg-type]


def step(
    town: Database, actor: Actor, case: Case, action: Action, after: float = 1.0, **said: object
) -> Case:
    """Make a step some hours after the case was taken in."""
    at = NOW + dt.timedelta(hours=after)
    asked = StepAsked(action, **said)  # type: ignore[arg-type]
    return desk.act(town, actor, case.row.number, asked, case.row.revision, uuid.uuid4(), now=at)


def of(key: int, role: Role = Role.VILLAGE_DESK) -> Actor:
    return Actor(f"岗位 {key}", role, Scope.of_grid(key))


@pytest.fixture(scope="module")
def places(town: Database) -> tuple[int, int, int]:
    """Keys of the quarrel's village, its area and the town."""
    key = take_in(town).row.grid_key
    return ancestor(key, VILLAGE), ancestor(key, AREA), ancestor(key, TOWN)


def twice(act: Callable[[], T]) -> list[T]:
    """Do the same twice in the same instant."""
    with ThreadPoolExecutor(2) as two:
        return [one.result() for one in [two.submit(act) for _ in range(2)]]


def test_an_intake_told_twice_in_the_same_instant_is_one_case_and_both_are_told_of_it(town: Database) -> None:
    for _ in range(5):
        key = uuid.uuid4()
        told = twice(lambda key=key: intake.record(town, KEEPER, QUARREL, key, now=NOW))  # type: ignore[misc]
        assert len({one.row.number for one in told}) == 1


def test_what_is_told_twice_in_the_same_instant_is_done_once_and_answered_both_times(
    town: Database, places: tuple[int, int, int]
) -> None:
    desk_of_town, key, later = of(places[2], Role.TOWN_DESK), uuid.uuid4(), NOW + dt.timedelta(hours=0.5)
    number = take_in(town).row.number
    note, changed = StepAsked(Action.NOTE, NOW, note="约谈"), replace(QUARREL, summary="相邻排水")
    other = take_in(town).row.number
    acts: list[Callable[[], Case]] = [
        lambda: desk.act(town, KEEPER, number, note, 1, key, now=NOW),
        lambda: edits.change(town, KEEPER, number, changed, 2, "更正", uuid.UUID(int=key.int ^ 1), now=NOW),
        lambda: edits.merge(town, KEEPER, number, other, "同一事", uuid.UUID(int=key.int ^ 2), now=later),
    ]
    for revision, act in enumerate(acts, 2):
        assert [case.row.revision for case in twice(act)] == [revision] * 2
    case = step(town, desk_of_town, take_in(town, desk_of_town), Action.NOTE, 0.5, note="约谈")
    back = twice(lambda: desk.undo(town, desk_of_town, case.row.number, case.row.revision, now=later))
    assert [one.row.revision for one in back] == [case.row.revision + 1] * 2
    left = twice(lambda: handover.give(town, desk_of_town, "夜班", key=key, now=NOW))
    assert left[0] == left[1]
    taken = twice(lambda: handover.take(town, desk_of_town, left[0].number, now=NOW))
    assert taken[0] == taken[1]
    day = NOW.date()
    given = twice(lambda: tasks.make(town, KEEPER, "visit", places[1], day, "上门走访", key=key))
    assert given[0] == given[1]
    assert tasks.make(town, KEEPER, "visit", places[1], day, "上门走访", key=uuid.uuid4()) != given[0]
    # Another task under the same key, as of a form that was gone back to, is not swallowed.
    with pytest.raises(Conflict, match=str(given[0].task_id)) as refused:
        tasks.make(town, KEEPER, "visit", places[1], day, "送材料", key=key)
    assert refused.value.code == "task-told-before"
    rounds = twice(lambda: screening.begin(town, desk_of_town, "月末排查", places[2], VILLAGE, day, day))
    assert rounds[0] == rounds[1]
    clinic = bodies.ClinicAsked("O001", "outreach", day, dt.time(9), dt.time(11))
    announced = twice(lambda: bodies.announce(town, desk_of_town, clinic))
    assert announced[0] == announced[1]
    task = given[0].task_id
    done = twice(lambda: tasks.finish(town, KEEPER, task, "已走访", now=NOW))
    assert done[0] == done[1]


def test_a_case_goes_from_intake_over_transfer_and_conference_to_the_archive(
    town: Database, places: tuple[int, int, int]
) -> None:
    village, area, top = places
    desk_of_town, of_village, of_area = of(top, Role.TOWN_DESK), of(village), of(area, Role.AREA_DESK)
    case = take_in(town, desk_of_town)
    assert (case.state.stage, case.state.handler_key) == ("accepted", top)
    assert len(case.row.number) == 22
    assert case.row.number.startswith(str(top)[:9] + "20261103")
    assert case.state.due_at == NOW + dt.timedelta(days=9)  # seven working days and a weekend
    case = step(town, desk_of_town, case, Action.ROUTE, 1, to_grid_key=village)
    assert (case.state.handler_key, case.state.awaiting_key) == (top, village)
    assert case.state.sign_due_at == NOW + dt.timedelta(days=1, hours=1)
    seen = desk.find(town, of_village, case.row.number)
    assert {s.action for s in seen.lawful} >= {Action.SIGN, Action.RETURN}
    case = step(town, of_village, seen, Action.SIGN, 2)
    assert (case.state.stage, case.state.handler_key, case.state.awaiting_key) == ("accepted", village, None)
    case = step(town, of_village, case, Action.MEDIATE, 3, method="people_mediation")
    case = step(town, of_village, case, Action.TRANSFER, 4, to_grid_key=area, ground="beyond_means")
    case = step(town, of_area, case, Action.SIGN, 5)
    assert (case.state.stage, case.state.handler_key) == ("mediating", area)
    decided = Decision("核对界址", (NOW + dt.timedelta(days=2)).date(), "O003")
    case = step(
        town, of_area, case, Action.CONFER, 6, bodies=("O002", "O003"), lead="O002", decisions=(decided,)
    )
    assert (case.state.body_code, case.state.co_bodies) == ("O002", ("O003",))
    assert [t.text for t in case.tasks] == ["核对界址"]
    with pytest.raises(InvalidInput, match="结果"):
        step(town, of_area, case, Action.RESOLVE, 7)
    case = step(town, of_area, case, Action.RESOLVE, 7, outcome="agreed", agreement="written", fulfilled="no")
    assert (case.state.stage, case.state.solved_level, case.state.closed_at) == (
        "resolved",
        AREA,
        NOW + dt.timedelta(hours=7),
    )
    kinds = [t.kind for t in case.tasks]
    assert (kinds.count("follow_up"), kinds.count("confirmation")) == (3, 1)
    case = step(town, of_area, case, Action.FOLLOW_UP, 8, fulfilled="yes", again=False)
    assert case.state.fulfilled == "yes"
    assert [t.result for t in case.tasks if t.kind == "follow_up" and t.done_at] == ["yes"]
    case = step(town, of_area, case, Action.ARCHIVE, 9)
    assert case.state.stage == "archived"
    assert {s.action for s in case.lawful} == {
        Action.FOLLOW_UP,
        Action.REOPEN,
        Action.NOTE,
        Action.CORRECT,
        Action.LINK,
        Action.WITHDRAW,
    }
    assert case.times.intervened_at == NOW + dt.timedelta(hours=3)


def test_a_written_agreement_that_is_told_later_has_the_court_s_month_from_the_solution_on(
    town: Database,
) -> None:
    def month(case: Case) -> list[dt.date]:
        return [t.due_on for t in case.tasks if t.kind == "confirmation" and t.done_at is None]

    case = step(town, KEEPER, take_in(town), Action.RESOLVE, 1, outcome="agreed", agreement="oral")
    solved = case.steps[-1].step_id
    said = {"corrects": solved, "note": "协议的形式有误"}
    case = step(town, KEEPER, case, Action.CORRECT, 50, agreement="written", **said)
    assert month(case) == [NOW.date() + dt.timedelta(days=30)]
    at = NOW + dt.timedelta(hours=50, seconds=30)
    case = desk.undo(town, KEEPER, case.row.number, case.row.revision, now=at)
    assert month(case) == []
    case = step(town, KEEPER, case, Action.CORRECT, 51, agreement="written", **said)
    case = step(town, KEEPER, case, Action.CORRECT, 52, fulfilled="yes", **said)
    assert len(month(case)) == 1
    case = step(town, KEEPER, case, Action.CORRECT, 53, agreement="oral", **said)
    assert month(case) == []
    case = step(town, KEEPER, case, Action.CORRECT, 24 * 40, agreement="written", **said)
    assert month(case) == [], "the month is over"


def test_until_the_signature_the_giver_has_the_case_and_both_see_it(
    town: Database, places: tuple[int, int, int]
) -> None:
    village, area, _ = places
    other = area + 294_000 if area + 294_000 != village else area + 295_000
    giver, receiver = of(village), of(other)
    case = take_in(town, giver)
    with pytest.raises(NotFound):
        desk.find(town, receiver, case.row.number)
    with pytest.raises(InvalidInput, match="越级或跨网格"):
        step(town, giver, case, Action.TRANSFER, 1, to_grid_key=other)
    case = step(town, giver, case, Action.TRANSFER, 1, to_grid_key=other, ground="other_village")
    assert case.state.handler_key == village
    shown = desk.find(town, receiver, case.row.number)
    with pytest.raises(Forbidden):
        step(town, giver, case, Action.SIGN, 2)
    back = step(town, receiver, shown, Action.RETURN, 2, ground="not_ours")
    assert (back.state.stage, back.state.handler_key, back.lawful) == ("accepted", village, ())
    with pytest.raises(NotFound):
        desk.find(town, receiver, case.row.number)


def test_what_is_passed_to_a_body_is_had_by_the_grid_that_it_serves_and_not_by_where_its_office_stands(
    town: Database, places: tuple[int, int, int]
) -> None:
    village, _, whole = places
    of_town = {"centre", "town_mediation", "justice_office", "court", "police_station", "union"}
    office = next(
        body
        for body in bodies.directory(town)
        if body["kind"] in of_town and level_of(body["grid_key"]) > TOWN
    )
    around = ancestor(office["grid_key"], min(level_of(office["grid_key"]), VILLAGE))
    assert around != village
    case = take_in(town, of(village))
    case = step(town, of(village), case, Action.TRANSFER, 1, to_body=office["code"])
    assert (case.state.awaiting_key, case.state.awaiting_body) == (whole, office["code"])
    with pytest.raises(NotFound):
        desk.find(town, of(around), case.row.number)
    desk_of_town = of(whole, Role.TOWN_DESK)
    case = step(town, desk_of_town, case, Action.SIGN, 2)
    case = step(town, desk_of_town, case, Action.RESOLVE, 3, outcome="agreed")
    assert (case.state.handler_key, case.state.body_code) == (whole, office["code"])
    assert case.state.solved_level == TOWN, "not solved in the village in which the office stands"
    own = next(b for b in bodies.directory(town) if b["kind"] == "committee" and b["grid_key"])
    assert seat(own) == ancestor(own["grid_key"], VILLAGE)


def test_the_second_of_two_gets_both_versions_and_nothing_is_lost(town: Database) -> None:
    case = take_in(town)
    step(town, KEEPER, case, Action.MEDIATE, 1, note="第一次调处")
    with pytest.raises(CaseMovedOn) as late:
        step(town, KEEPER, case, Action.RESOLVE, 1.5, outcome="agreed", note="已谈妥")
    told = late.value.as_dict()
    assert ("（调处）" in told["message_zh"], "(mediate)" in told["message_en"]) == (True, True)
    assert told["yours"]["outcome"] == "agreed"
    assert [s["action"] for s in told["now"]["steps_since"]] == ["mediate"]
    now = desk.find(town, KEEPER, case.row.number)
    assert step(town, KEEPER, now, Action.RESOLVE, 2, outcome="agreed").state.stage == "resolved"


def test_the_same_key_does_a_thing_once(town: Database) -> None:
    key = uuid.uuid4()
    first = intake.record(town, KEEPER, QUARREL, key, now=NOW)
    assert intake.record(town, KEEPER, QUARREL, key, now=NOW).row.number == first.row.number
    key = uuid.uuid4()
    asked = StepAsked(Action.NOTE, note="已电话联系")
    for _ in range(2):
        after = desk.act(town, KEEPER, first.row.number, asked, first.row.revision, key, now=NOW)
    assert [s.action for s in after.steps] == ["accept", "note"]
    with pytest.raises(Conflict, match="Idempotency-Key"):
        desk.act(town, KEEPER, first.row.number, StepAsked(Action.MEDIATE), after.row.revision, key, now=NOW)


def test_a_step_is_taken_back_within_the_minute_by_who_made_it_with_all_that_it_made(town: Database) -> None:
    case = take_in(town)
    ended = step(town, KEEPER, case, Action.RESOLVE, 1, outcome="agreed", agreement="oral")
    made_at = NOW + dt.timedelta(hours=1)
    with pytest.raises(Conflict, match="一分钟"):
        desk.undo(town, KEEPER, case.row.number, ended.row.revision, now=made_at + dt.timedelta(seconds=61))
    back = desk.undo(
        town, KEEPER, case.row.number, ended.row.revision, now=made_at + dt.timedelta(seconds=30)
    )
    assert (back.state, back.tasks) == (case.state, ())
    assert [s.action for s in back.steps if s.undone_at] == ["resolve"]
    with pytest.raises(Conflict, match="撤销"):
        desk.undo(town, KEEPER, case.row.number, back.row.revision, now=NOW)
    again = step(town, KEEPER, back, Action.RESOLVE, 1, outcome="agreed", agreement="oral")
    # Besides, the lot may fall on it.
    kinds = [task.kind for task in again.tasks if task.kind != "satisfaction"]
    assert (again.state.stage, kinds) == ("resolved", ["follow_up"] * 3)


def test_violence_is_not_mediated_and_the_way_is_shown(town: Database) -> None:
    opener = Actor("镇值班", Role.TOWN_DESK, Scope.whole().for_upkeep())
    case = take_in(town, opener, risk="red", risk_grounds=("violence",))
    assert case.row.sealed
    case = desk.open_sealed(town, opener, case.row.number)
    assert case.barred == ("police", "doctor", "court")
    assert Action.MEDIATE not in {s.action for s in case.lawful}
    with pytest.raises(Conflict, match="公安"):
        step(town, opener, case, Action.MEDIATE)
    assert [(t.kind, t.due_on) for t in case.tasks] == [("risk_review", dt.date(2026, 11, 17))]
    step(town, opener, case, Action.ASSESS, 2, risk="green")
    calm = desk.open_sealed(town, opener, case.row.number)
    assert (calm.barred, calm.tasks[0].result) == ((), "green")


def test_a_pause_moves_the_limit_by_what_was_used_of_it(town: Database) -> None:
    case = take_in(town)
    due = case.state.due_at
    assert due is not None
    until = NOW + dt.timedelta(days=10)
    paused = step(town, KEEPER, case, Action.PAUSE, 24, ground="appraisal", until=until)
    assert paused.state.due_at == due + dt.timedelta(days=9)
    again = step(town, KEEPER, paused, Action.RESUME, 72)
    assert (again.state.due_at, again.state.paused_s) == (due + dt.timedelta(days=2), 2 * 86_400)
    with pytest.raises(InvalidInput, match=f"{again.state.due_at:%Y-%m-%d} 10:00"):
        # By the town's clock, not by that of Greenwich.
        step(town, KEEPER, again, Action.DEFER, 73, ground="complex", until=NOW + dt.timedelta(days=4))
    later = again.state.due_at + dt.timedelta(days=5) if again.state.due_at else NOW
    deferred = step(town, KEEPER, again, Action.DEFER, 73, ground="complex", until=later)
    assert (deferred.state.due_at, deferred.state.deferred) == (later, True)


def test_a_reopened_case_begins_a_new_round_that_nobody_has_put_off(town: Database) -> None:
    case = take_in(town)
    assert case.state.due_at is not None
    later = case.state.due_at + dt.timedelta(days=5)
    case = step(town, KEEPER, case, Action.MEDIATE, 1)
    case = step(town, KEEPER, case, Action.DEFER, 2, ground="complex", until=later)
    case = step(town, KEEPER, case, Action.RESOLVE, 3, outcome="agreed")
    assert (case.row.deferred, case.state.acted_at) == (True, NOW + dt.timedelta(hours=1))

    def counted() -> int:
        rows = figures.by_grid(town, KEEPER.scope, IncidentQuery(), TOWN, now=NOW + dt.timedelta(days=1)).rows
        return sum(row.deferred for row in rows)

    openings.open_those_without(town)
    before = counted()
    case = step(town, KEEPER, case, Action.REOPEN, 24, ground="again")
    assert (case.row.deferred, case.row.reopened, case.times.intervened_at) == (False, 1, None)
    assert case.state.due_at not in {None, later}
    assert counted() == before - 1
    # A limit to act that began with it is warned of like the first.
    assert case.state.act_due_at is not None
    with town.scoped_session(KEEPER.scope.for_upkeep(), write=True) as session:
        marked = text("update incidents set deferred = true, acted_at = now() where number = :number")
        session.execute(marked, {"number": case.row.number})
    # As an earlier program left it.
    assert counted() == before
    assert openings.open_those_without(town) == 1
    assert counted() == before - 1


def test_another_risk_sets_the_limit_anew_and_keeps_what_pauses_moved_it_by(town: Database) -> None:
    group = {"risk": "red", "risk_grounds": ("group",)}
    plain = step(town, KEEPER, take_in(town), Action.ASSESS, 1, **group).state.due_at
    assert plain is not None
    until = NOW + dt.timedelta(days=10)
    case = step(town, KEEPER, take_in(town), Action.PAUSE, 24, ground="appraisal", until=until)
    case = step(town, KEEPER, case, Action.ASSESS, 48, **group)
    assert case.state.due_at == plain + dt.timedelta(days=9)
    case = step(town, KEEPER, case, Action.RESUME, 72)
    assert case.state.due_at == plain + dt.timedelta(days=2)
    case = step(town, KEEPER, case, Action.ASSESS, 73, risk="yellow", risk_grounds=("group",))
    calmer = step(town, KEEPER, take_in(town), Action.ASSESS, 1, risk="yellow", risk_grounds=("group",))
    assert calmer.state.due_at is not None
    assert case.state.due_at == calmer.state.due_at + dt.timedelta(days=2)
    assert calmer.state.due_at < plain


def test_likely_duplicates_are_shown_and_linked_by_a_person_only(town: Database) -> None:
    spot = {"lon": 120.4321, "lat": 29.7411}
    first = take_in(town, **spot)
    other_kind = take_in(town, **spot, kind="05")
    take_in(town, lon=120.4321, lat=29.7611)
    found = intake.duplicates(town, Scope.whole(), replace(QUARREL, **spot), now=NOW)  # type: ignore[arg-type]
    assert [row.number for row in found] == [first.row.number, other_kind.row.number]
    ended = step(town, KEEPER, other_kind, Action.LINK, 1, linked_to=first.row.number)
    assert ended.duplicates_linked == (first.row.number,)
    assert first.row.number != ended.row.number


def test_the_three_nearest_open_bodies_are_offered_never_the_committee_that_is_a_party(
    town: Database,
) -> None:
    case = desk.find(town, KEEPER, take_in(town).row.number, now=NOW)
    assert len(case.bodies) == 3
    assert all(b.open_now for b in case.bodies)
    assert {b.kind for b in case.bodies} >= {"committee"}
    party = desk.find(town, KEEPER, take_in(town, committee_is_party=True).row.number, now=NOW)
    assert len(party.bodies) >= 2
    assert {b.kind for b in party.bodies}.isdisjoint({"committee", "mediation_body", "village_mediation"})
    night = bodies.offered(town, case.row.number, NOW + dt.timedelta(hours=14))
    assert [b.open_now for b in night] == [False] * 3
    assert all(b.opens_next is not None for b in night)


def test_a_case_names_the_bodies_of_its_line_of_the_limits_and_none_that_may_not_have_it(
    town: Database,
) -> None:
    case = take_in(town, scale="03")
    assert (case.body_kind, case.co_body_kinds) == ("town_mediation", ("police_station", "justice_office"))
    assert (take_in(town).body_kind, take_in(town, committee_is_party=True).body_kind) == (
        "village_mediation",
        None,
    )
    assert not is_fit("town_mediation", barred=("police",))
    ended = step(town, KEEPER, take_in(town, scale="03"), Action.RESOLVE, 1, outcome="agreed")
    assert (ended.body_kind, ended.co_body_kinds) == (None, ())


def test_of_a_case_that_is_told_by_its_grid_alone_bodies_are_offered_by_the_way_from_there(
    town: Database, places: tuple[int, int, int]
) -> None:
    told = bodies.offered(
        town, take_in(town, lon=None, lat=None, accuracy_m=None, grid_key=places[0]).row.number, NOW
    )
    assert len(told) == bodies.OFFERED
    assert all(b.direct_m for b in told)
    assert [b.direct_m for b in told] == sorted(b.direct_m for b in told if b.direct_m is not None)
    assert any(b.grid_key // 10**6 == places[0] // 10**6 for b in told)


def test_similar_closed_cases_tell_what_was_done_and_no_persons(town: Database) -> None:
    case = desk.find(town, KEEPER, take_in(town).row.number, now=NOW)
    assert len(case.similar) == 5
    assert {s.kind for s in case.similar} == {"02"}
    scores = [s.likeness for s in case.similar]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] >= 2


def test_a_case_is_found_by_number_words_and_place(town: Database) -> None:
    case = take_in(town, place="枫源村老祠堂东侧", summary="祠堂修缮费用分摊有争议")
    for words in (case.row.number, "老祠堂", "修缮费用"):
        assert [row.number for row in desk.search(town, Scope.whole(), words)] == [case.row.number]


def test_cases_are_found_by_the_name_of_where_they_lie_and_sealed_ones_are_not(town: Database) -> None:
    # The newest of all, so that none of the town's records stands before them.
    plain, hidden, sealed = (
        take_in(town, occurred_at=NOW, **said).row
        for said in ({}, {"reporter_hidden": True}, {"kind": "01", "risk": "red", "risk_grounds": ("abuse",)})
    )
    with town.scoped_session(Scope.whole()) as session:
        village = find_grid(session, ancestor(plain.grid_key, VILLAGE))
    assert village is not None
    assert village.name_en is not None
    for name in (village.name_zh, village.name_en[:-1].upper()):
        numbers = {row.number for row in desk.search(town, Scope.whole().for_upkeep(), name)}
        assert numbers >= {plain.number, hidden.number}
        assert sealed.number not in numbers
    elsewhere = Scope.of_grid(ancestor(plain.grid_key, VILLAGE) + 1_000_000)
    assert desk.search(town, elsewhere, village.name_zh) == []
    # What is written of a case goes before where it lies.
    older = take_in(
        town, summary=f"从{village.name_zh}搬来的住户反映", occurred_at=NOW - dt.timedelta(days=400)
    )
    first = [row.number for row in desk.search(town, Scope.whole(), village.name_zh)]
    assert first.index(older.row.number) < first.index(plain.number)


def test_a_post_records_only_inside_its_scope_and_no_personal_numbers(
    town: Database, places: tuple[int, int, int]
) -> None:
    village, _, _ = places
    with pytest.raises(Forbidden, match="管辖范围"):
        take_in(town, of(village), lon=120.4617, lat=29.7996)
    with pytest.raises(InvalidInput, match="电话"):
        take_in(town, summary="联系 13812345678 反映排水")
    with pytest.raises(InvalidInput, match="依据"):
        take_in(town, risk="red")
    chosen = take_in(town, of(village), grid_key=village, grid_reason="当事人住址在本村")
    assert (chosen.row.grid_key, chosen.state.handler_key) == (village, village)


def test_every_village_answers_a_round_and_nothing_found_is_an_answer(
    town: Database, places: tuple[int, int, int]
) -> None:
    village, _, top = places
    days = (dt.date(2026, 11, 2), dt.date(2026, 11, 8))
    asked = screening.begin(town, KEEPER, "国庆后排查", top, VILLAGE, *days)
    screening.answer(town, of(village), asked.round_id, village, "nothing", now=NOW)
    with pytest.raises(InvalidInput, match="件数"):
        screening.answer(town, KEEPER, asked.round_id, village, "found")
    board = screening.board(town, Scope.whole(), asked.round_id)
    assert (len(board.lines), board.answered, board.nothing, board.found) == (28, 1, 1, 0)
    screening.answer(town, KEEPER, asked.round_id, village, "found", n=3, now=NOW)
    assert screening.board(town, Scope.whole(), asked.round_id).found == 3
    visit = tasks.make(
        town,
        KEEPER,
        "visit",
        village,
        dt.date(2026, 11, 9),
        "上门了解排查发现的 3 件纠纷",
        origin="screening",
    )
    assert [t.task_id for t in tasks.list_tasks(town, Scope.of_grid(village), kinds=("visit",))] == [
        visit.task_id
    ]
    assert tasks.finish(town, of(village), visit.task_id, "已走访，无激化", now=NOW).done_by
    assert tasks.list_tasks(town, Scope.of_grid(village), kinds=("visit",)) == []


def test_a_visit_comes_from_any_run_and_round_though_its_number_may_look_like_a_telephone(
    town: Database, places: tuple[int, int, int]
) -> None:
    village, day = places[0], NOW.date()
    for origin in ("hotspot 1829171508/2", "hotspot 13800138000/1", "screening 13800138000"):
        made = tasks.make(town, KEEPER, "visit", village, day, "上门走访", origin=origin)
        assert made.details["origin"] == origin
    with pytest.raises(InvalidInput):
        tasks.make(town, KEEPER, "visit", village, day, "上门走访", origin="来电 13800138000")
