"""One step in many cases: each for itself, told once, taken back within the minute."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest

from gridmap.domain.cases.actions import Action
from gridmap.domain.cases.asked import StepAsked
from gridmap.domain.gridkey import TOWN, VILLAGE, ancestor
from gridmap.errors import InvalidInput
from gridmap.services.cases import bulk, desk
from gridmap.services.cases.bulk import Chosen
from gridmap.storage.database import Database
from tests.conftest import MakeDatabase
from tests.integration.test_case_desk import KEEPER, NOW, of, take_in


@pytest.fixture(scope="module")
def town(make_database: MakeDatabase) -> Database:
    return make_database("villages")


def chosen(town: Database, n: int) -> list[Chosen]:
    cases = [take_in(town, summary=f"相邻排水 {k}") for k in range(n)]
    return [Chosen(case.row.number, case.row.revision) for case in cases]


def test_a_refusal_of_one_case_leaves_the_others_and_says_why(town: Database) -> None:
    good = chosen(town, 3)
    moved_on = Chosen(good[1].number, good[1].revision + 5)
    done = bulk.act_each(
        town,
        KEEPER,
        [good[0], moved_on, good[2]],
        StepAsked(Action.NOTE, note="已告知"),
        uuid.uuid4(),
        now=NOW,
    )
    assert [one.number for one in done] == [case.number for case in good]
    assert [one.refused.code if one.refused else None for one in done] == [None, "case-moved-on", None]
    notes = [
        sum(s.action == "note" for s in desk.find(town, KEEPER, case.number, now=NOW).steps) for case in good
    ]
    assert notes == [1, 0, 1]


def test_told_twice_with_one_key_each_step_is_made_once_and_all_are_taken_back(town: Database) -> None:
    cases, key = chosen(town, 2), uuid.uuid4()
    village = ancestor(desk.find(town, KEEPER, cases[0].number, now=NOW).row.grid_key, VILLAGE)
    asked = StepAsked(Action.TRANSFER, to_grid_key=village)
    at_town = of(ancestor(village, TOWN))
    first = bulk.act_each(town, at_town, cases, asked, key, now=NOW)
    again = bulk.act_each(town, at_town, cases, asked, key, now=NOW)
    assert first == again
    assert all(one.refused is None for one in first), first
    made = [Chosen(one.number, one.revision or 0) for one in first]
    undone = bulk.undo_each(town, at_town, made, now=NOW + dt.timedelta(seconds=30))
    assert all(one.refused is None for one in undone)
    assert all(desk.find(town, KEEPER, case.number, now=NOW).row.awaiting_key is None for case in cases), (
        "what was passed on is back"
    )


def test_steps_that_say_something_of_one_case_and_too_many_cases_are_refused(town: Database) -> None:
    with pytest.raises(InvalidInput, match="批量可办"):
        bulk.act_each(
            town, KEEPER, [Chosen("1", 1)], StepAsked(Action.RESOLVE, outcome="agreed"), uuid.uuid4()
        )
    for wrong in ([], [Chosen(str(n), 1) for n in range(bulk.MOST + 1)]):
        with pytest.raises(InvalidInput, match="请勾选"):
            bulk.act_each(town, KEEPER, wrong, StepAsked(Action.NOTE, note="已告知"), uuid.uuid4())
