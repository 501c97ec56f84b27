"""What was told of a case put right: its place moves it, who handles it stays; taken back; the same matter made one."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import replace

import pytest

from gridmap.domain.cases.actions import Action
from gridmap.domain.cases.asked import NewCase, StepAsked
from gridmap.domain.cases.model import Case
from gridmap.domain.gridkey import VILLAGE, Scope, ancestor
from gridmap.errors import Conflict, Forbidden, InvalidInput, NotFound
from gridmap.services.cases import desk, edits, expiry
from gridmap.services.cases.refusals import CaseMovedOn
from gridmap.storage.cases import rederive
from gridmap.storage.database import Database
from tests.conftest import MakeDatabase
from tests.integration.test_case_desk import KEEPER, NOW, of, step, take_in

ELSEWHERE = {"lon": 120.4176, "lat": 29.7894, "accuracy_m": 10.0, "grid_key": None}


@pytest.fixture(scope="module")
def town(make_database: MakeDatabase) -> Database:
    return make_database("villages")


def change(town: Database, case: Case, why: str = "登记有误", **said: object) -> Case:
    told: NewCase = replace(case.told, **({"grid_key": None} | said))  # type: ignore[arg-type]
    return edits.change(town, KEEPER, case.row.number, told, case.row.revision, why, uuid.uuid4(), now=NOW)


def test_only_what_is_wrong_changes_and_the_timeline_says_what_and_why(town: Database) -> None:
    case = take_in(town)
    done = change(town, case, kind="03", summary="屋檐滴水", people_count=5)
    assert (done.row.kind, done.row.summary, done.told.people_count) == ("03", "屋檐滴水", 5)
    assert (done.row.lon, done.row.grid_key, done.state.handler_key) == (
        case.row.lon,
        case.row.grid_key,
        case.state.handler_key,
    )
    last = done.steps[-1]
    assert (last.action, last.note) == ("note", "登记有误")
    assert set(last.details["edited"]) == {"kind", "summary", "people_count"}
    assert "before" not in last.details, "former words are not to be read"


def test_a_matter_that_was_told_as_another_has_the_limit_of_what_it_is(town: Database) -> None:
    case = take_in(town)
    harder = change(town, case, scale="03")
    as_told = take_in(town, scale="03")
    assert (harder.state.due_at, harder.row.close_since) == (as_told.state.due_at, case.row.close_since)
    assert harder.state.due_at != case.state.due_at
    undone = desk.undo(town, KEEPER, case.row.number, harder.row.revision, now=NOW + dt.timedelta(seconds=20))
    assert undone.state.due_at == case.state.due_at
    later = case.state.due_at + dt.timedelta(days=90) if case.state.due_at else NOW
    deferred = step(town, KEEPER, undone, Action.DEFER, 1, ground="complex", until=later)
    assert change(town, deferred, scale="03").state.due_at == later


def test_a_case_is_moved_to_its_place_and_a_step_back_moves_it_back(town: Database) -> None:
    case = take_in(town)
    moved = change(town, case, **ELSEWHERE)
    assert moved.row.grid_key != case.row.grid_key
    assert moved.state.handler_key == case.state.handler_key
    undone = desk.undo(town, KEEPER, case.row.number, moved.row.revision, now=NOW + dt.timedelta(seconds=20))
    assert (undone.row.grid_key, undone.row.lon, undone.row.lat) == (
        case.row.grid_key,
        case.row.lon,
        case.row.lat,
    )
    with town.scoped_session(Scope.whole(), write=True) as session:
        before = desk.find(town, KEEPER, case.row.number, now=NOW).state
        rederive.rederive(session, [case.row.incident_id])
    assert desk.find(town, KEEPER, case.row.number, now=NOW).state == before, (
        "what is stored is what the steps say"
    )


def test_what_changes_nothing_says_no_why_or_is_late_or_another_s_is_refused(town: Database) -> None:
    case = take_in(town)
    with pytest.raises(InvalidInput, match="没有更改"):
        change(town, case)
    with pytest.raises(InvalidInput, match="理由"):
        change(town, case, why=" ", summary="别的")
    with pytest.raises(InvalidInput):
        change(town, case, summary="电话13800138000")
    step(town, KEEPER, case, Action.NOTE, 0.1, note="来过")
    with pytest.raises(CaseMovedOn):
        change(town, case, summary="别的")
    now = desk.find(town, KEEPER, case.row.number, now=NOW)
    village = of(ancestor(case.row.grid_key, VILLAGE))
    told = replace(now.told, summary="村里改")
    with pytest.raises(Forbidden, match="现承办单位"):
        edits.change(town, village, case.row.number, told, now.row.revision, "试", uuid.uuid4(), now=NOW)
    with pytest.raises(NotFound):
        edits.change(town, KEEPER, "0", told, 1, "试", uuid.uuid4(), now=NOW)


def test_a_village_moves_its_case_within_its_ground_only(town: Database) -> None:
    village = ancestor(take_in(town).row.grid_key, VILLAGE)
    case = take_in(town, of(village))
    told = replace(case.told, **ELSEWHERE)  # type: ignore[arg-type]
    with pytest.raises(Forbidden, match="不在您的管辖范围"):
        edits.change(
            town, of(village), case.row.number, told, case.row.revision, "核对位置", uuid.uuid4(), now=NOW
        )


def test_told_twice_with_one_key_it_is_changed_once(town: Database) -> None:
    case, key = take_in(town), uuid.uuid4()
    told = replace(case.told, summary="一次", grid_key=None)
    first = edits.change(town, KEEPER, case.row.number, told, case.row.revision, "登记有误", key, now=NOW)
    again = edits.change(town, KEEPER, case.row.number, told, case.row.revision, "登记有误", key, now=NOW)
    assert first.row.revision == again.row.revision


def test_the_same_matter_is_merged_kept_marked_and_named(town: Database) -> None:
    stays, goes = take_in(town), take_in(town, summary="又来反映")
    done = edits.merge(town, KEEPER, stays.row.number, goes.row.number, "同一件事", uuid.uuid4(), now=NOW)
    assert done.duplicates_linked == (goes.row.number,)
    gone = desk.find(town, KEEPER, goes.row.number, now=NOW)
    assert gone.state.withdrawn_at is not None
    assert stays.row.number in (gone.steps[-1].note or "")
    with pytest.raises(InvalidInput, match="自身"):
        edits.merge(town, KEEPER, stays.row.number, stays.row.number, "同一件事", uuid.uuid4(), now=NOW)
    third = take_in(town)
    with pytest.raises((InvalidInput, Conflict)):
        edits.merge(town, KEEPER, stays.row.number, third.row.number, " ", uuid.uuid4(), now=NOW)
    assert desk.find(town, KEEPER, third.row.number, now=NOW).state.withdrawn_at is None


def test_former_words_go_with_the_others_when_texts_expire(
    town: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(town, "settings", town.settings.model_copy(update={"case_text_days": 180}))
    case = change(town, take_in(town, summary="原来的话语"), summary="改过的话语")
    step(town, KEEPER, case, Action.RESOLVE, 1.0, outcome="agreed", agreement="oral")
    expiry.expire_texts(town, KEEPER, now=NOW + dt.timedelta(days=4000))
    with town.scoped_session(Scope.whole()) as session:
        from sqlalchemy import text

        told = session.scalar(
            text("select string_agg(details::text, '') from incident_steps where incident_id = :i"),
            {"i": case.row.incident_id},
        )
    assert "原来的话语" not in told


def test_a_note_is_still_a_note(town: Database) -> None:
    case = take_in(town)
    done = desk.act(
        town,
        KEEPER,
        case.row.number,
        StepAsked(Action.NOTE, note="来过"),
        case.row.revision,
        uuid.uuid4(),
        now=NOW,
    )
    assert "edited" not in done.steps[-1].details
