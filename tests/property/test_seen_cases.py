# ruff: noqa: PT012 - what is expected to be taken back is a whole transaction
"""Who sees a case, its steps, its tasks and its dispatches, and what is counted of it, is what plain Python says."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, text, update

from gridmap.domain.gridkey import EVERY_SEALED, SUBTREE_SIZE, UNASSIGNED, VILLAGE, Scope, make_key
from gridmap.storage.database import Database
from gridmap.storage.models import Base
from tests.conftest import MakeDatabase
from tests.strategies import scopes

TABLES = {name: Base.metadata.tables[f"gridmap.{name}"] for name in ("incidents", "incident_steps", "tasks")}
TABLES["dispatches"] = Base.metadata.tables["gridmap.dispatches"]
KEYS = [
    make_key(330681109, *deeper)
    for area in (1, 2)
    for deeper in [(), (area,), *((area, v, *m) for v in (1, 2) for m in ((), (1,), (2,)))]
]
MOMENT = dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Case:
    """A case as the oracle knows it."""

    place: int
    handler: int
    awaiting: int | None
    sealed: bool
    committee: bool

    def village(self) -> Scope | None:
        """The village in which it lies, where that is known."""
        if self.place % SUBTREE_SIZE[2] == 0:
            return None
        begin = self.place - self.place % SUBTREE_SIZE[VILLAGE]
        return Scope(begin, begin + SUBTREE_SIZE[VILLAGE] - 1)

    def hidden_from_party(self, scope: Scope) -> bool:
        village = self.village()
        return self.committee and village is not None and village.lo <= scope.lo and scope.hi <= village.hi

    def may_open(self, scope: Scope) -> bool:
        return scope.opens is not None and scope.opens in {EVERY_SEALED, self.handler, self.awaiting}

    def let_through(self, scope: Scope) -> bool:
        return not self.hidden_from_party(scope) and (not self.sealed or self.may_open(scope))

    def seen(self, scope: Scope) -> bool:
        had = (self.place, self.handler, self.awaiting)
        return self.let_through(scope) and any(key is not None and key in scope for key in had)


class World:
    """Cases with what hangs on them: a step, a dispatch and two tasks each, and tasks of no case."""

    def __init__(self, database: Database) -> None:
        rng = random.Random(7)
        self.database = database
        places = [*KEYS, UNASSIGNED]
        self.cases = {
            n: Case(
                rng.choice(places),
                rng.choice(places),
                rng.choice([None, None, *places]),
                rng.random() < 0.4,
                rng.random() < 0.3,
            )
            for n in range(1, 301)
        }
        self.tasks: dict[int, tuple[int, int | None]] = {}
        rows: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
        for n, case in self.cases.items():
            rows["incidents"].append(
                {
                    "incident_id": n,
                    "uid": f"n{n}",
                    "domain": "dispute",
                    "kind": "01" if case.sealed else "02",
                    "occurred_at": MOMENT + dt.timedelta(hours=n),
                    "stage": "accepted",
                    "grid_key": case.place,
                    "handler_key": case.handler,
                    "awaiting_key": case.awaiting,
                    "committee_is_party": case.committee,
                    "placed_by": "person",
                }
            )
            rows["incident_steps"].append({"step_id": n, "incident_id": n, "at": MOMENT, "action": "accept"})
            rows["dispatches"].append(
                {
                    "dispatch_id": n,
                    "incident_id": n,
                    "team_code": "T",
                    "mode": "foot",
                    "road_s": 1.0,
                    "road_m": 1.0,
                    "sent_at": MOMENT,
                }
            )
            for task, of in ((n, n), (1000 + n, n), (2000 + n, None)):
                key = rng.choice(places)
                self.tasks[task] = (key, of)
                rows["tasks"].append(
                    {
                        "task_id": task,
                        "kind": "visit",
                        "incident_id": of,
                        "grid_key": key,
                        "due_on": MOMENT.date(),
                        "text": "x",
                        "made_by": "x",
                    }
                )
        whole = Scope.whole().for_upkeep()
        team = {"code": "T", "name_zh": "队", "kind": "patrol", "mode": "foot", "grid_key": 0}
        with database.scoped_session(whole, write=True) as session:
            session.execute(insert(Base.metadata.tables["gridmap.teams"]).values(team))
            for name, table in TABLES.items():
                session.execute(insert(table), rows[name])

    def visible(self, name: str, scope: Scope) -> set[int]:
        if name != "tasks":
            return {n for n, case in self.cases.items() if case.seen(scope)}
        return {
            n
            for n, (key, of) in self.tasks.items()
            if (of is None and key in scope) or (of is not None and self.cases[of].seen(scope))
        }

    def writable(self, name: str, scope: Scope) -> set[int]:
        """Rows that a statement may change and delete: by the place, and only where they are seen."""
        if name == "incidents":
            return {n for n, c in self.cases.items() if c.place in scope and c.seen(scope)}
        if name == "tasks":
            return {n for n, (key, _) in self.tasks.items() if key in scope} & self.visible(name, scope)
        return self.visible(name, scope)


@pytest.fixture(scope="module")
def world(make_database: MakeDatabase) -> World:
    return World(make_database("with_schema"))


class _TakeBack(Exception):
    pass


looked_at = settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
opening = st.builds(
    lambda scope, opens: scope.opening(opens),
    scopes(KEYS),
    st.one_of(st.none(), st.just(EVERY_SEALED), st.sampled_from([*KEYS, UNASSIGNED])),
)


@looked_at
@given(scope=opening)
def test_a_case_is_seen_by_its_place_its_handler_and_whoever_is_asked_and_sealed_ones_by_those_who_open_them(
    world: World, scope: Scope
) -> None:
    with world.database.scoped_session(scope) as session:
        seen = {
            name: set(session.scalars(select(next(iter(table.primary_key.columns)))))
            for name, table in TABLES.items()
        }
    assert seen == {name: world.visible(name, scope) for name in TABLES}


@looked_at
@given(scope=opening, name=st.sampled_from(sorted(TABLES)))
def test_a_statement_changes_and_deletes_no_row_that_is_not_seen(
    world: World, scope: Scope, name: str
) -> None:
    table = TABLES[name]
    (key,) = table.primary_key.columns
    expected = world.writable(name, scope)
    # Deleting an incident deletes what hangs on it, seen or not: only the upkeep of the whole workspace does so.
    same = {"incidents": "summary", "tasks": "text", "incident_steps": "note", "dispatches": "mode"}[name]
    with pytest.raises(_TakeBack), world.database.scoped_session(scope, write=True) as session:
        changed = session.scalars(update(table).values({same: table.c[same]}).returning(key)).all()
        assert set(changed) == expected
        gone = session.scalars(delete(table).returning(key)).all()
        assert set(gone) == expected
        raise _TakeBack


@looked_at
@given(scope=opening, n=st.integers(1, 300), to=st.sampled_from([*KEYS, UNASSIGNED]))
def test_a_case_that_is_passed_on_is_seen_by_its_new_handler_and_not_by_the_one_before(
    world: World, scope: Scope, n: int, to: int
) -> None:
    case = world.cases[n]
    moved = Case(case.place, to, None, case.sealed, case.committee)
    incidents = TABLES["incidents"]
    lo, hi, opens = scope.lo, scope.hi, "" if scope.opens is None else scope.opens
    whole = Scope.whole().for_upkeep()
    with pytest.raises(_TakeBack), world.database.scoped_session(whole, write=True) as session:
        session.execute(
            update(incidents).where(incidents.c.incident_id == n).values(handler_key=to, awaiting_key=None)
        )
        session.execute(
            text(
                f"select set_config('gridmap.scope_lo', '{lo}', true), set_config('gridmap.scope_hi', '{hi}', true),"
                f" set_config('gridmap.opens', '{opens}', true)"
            )
        )
        for name, table in TABLES.items():
            (key,) = table.primary_key.columns
            asked = select(key).where(table.c.incident_id == n)
            assert bool(session.scalars(asked).all()) is moved.seen(scope), name
        raise _TakeBack


@looked_at
@given(scope=opening)
def test_what_is_counted_of_sealed_cases_is_a_sum_by_village_and_says_which_are_hidden(
    world: World, scope: Scope
) -> None:
    villages = scope.hi - scope.lo >= SUBTREE_SIZE[VILLAGE] - 1
    expected: Counter[tuple[int, bool]] = Counter()
    for case in world.cases.values():
        hidden = not case.may_open(scope)
        if (
            case.sealed
            and case.place in scope
            and not case.hidden_from_party(scope)
            and (villages or not hidden)
        ):
            expected[max(case.place - case.place % SUBTREE_SIZE[VILLAGE], scope.lo), hidden] += 1
    with world.database.scoped_session(scope) as session:
        rows = session.execute(text("select * from sealed_facts(null, null)")).mappings().all()
        assert Counter((row["grid_key"], row["hidden"]) for row in rows) == expected
        for row in rows:
            assert not {"incident_id", "number", "uid", "summary", "place", "geom"} & set(row)
        # The function's sight ends with it.
        assert session.scalar(text("select current_setting('gridmap.counting', true)")) in {None, ""}
