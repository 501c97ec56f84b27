"""Whose kept results are, and that a number tells of no other row."""

from __future__ import annotations

import datetime as dt
import itertools
import uuid
from typing import Any

import pytest
from sqlalchemy import func, insert, select, text

from gridmap.domain.accounts import Actor, Role
from gridmap.domain.cases.asked import NewCase
from gridmap.domain.gridkey import VILLAGE, Scope, ancestor
from gridmap.errors import Conflict, Forbidden, NotFound
from gridmap.services.cases import desk, intake
from gridmap.services.hotspots.runs import delete_run, hotspot_run, list_runs
from gridmap.services.imports.kinds import ImportKind
from gridmap.services.imports.mappings import save_mapping
from gridmap.services.patrols.keep.plans import delete_plan
from gridmap.storage.database import Database
from gridmap.storage.imports.runs import find_mapping
from gridmap.storage.models import Base

TOWN, VILLAGE_KEY = 33068110900000000, 33068110903290000
DAY = dt.date(2026, 11, 3)
NOW = dt.datetime(2026, 11, 3, 2, 0, tzinfo=dt.UTC)
TABLES = {name: Base.metadata.tables[f"gridmap.{name}"] for name in ("hotspot_runs", "patrols", "tasks")}
ADMINISTRATOR = Actor.at_the_machine()


def of(name: str, key: int) -> Actor:
    return Actor(name, Role.PLANNER, Scope.of_grid(key))


def kept(database: Database, table: str, key: int, owner: str | None, **more: Any) -> int:
    """Keep a run or a plan of a grid's subtree; gives its number."""
    inside = Scope.of_grid(key)
    row: dict[str, Any] = {
        "scope_lo": inside.lo,
        "scope_hi": inside.hi,
        "seed": 0,
        "parameters": {},
        "data_sha256": "0",
        "version": "0",
        "summary": {},
        "owner": owner,
    }
    if table == "hotspot_runs":
        row |= {"method": "gi", "level": 3, "since": DAY, "until": DAY}
    else:
        row |= {"begins_at": NOW, "ends_at": NOW + dt.timedelta(hours=4), "iterations": 1}
    made = TABLES[table]
    (number,) = made.primary_key.columns
    with database.scoped_session(Scope.whole(), write=True) as session:
        return int(session.scalar(insert(made).values(row | more).returning(number)) or 0)


def test_a_run_and_a_plan_are_deleted_by_their_owner_and_the_administrator_alone(blank: Database) -> None:
    owner, other = of("计划甲", TOWN), of("计划乙", TOWN)
    for table, delete in (("hotspot_runs", delete_run), ("patrols", delete_plan)):
        mine, nobodys = (kept(blank, table, TOWN, name) for name in (owner.post, None))
        for who, number in ((other, mine), (owner, nobodys)):
            with pytest.raises(Forbidden, match="管理员"):
                delete(blank, who, number)
        delete(blank, owner, mine)
        delete(blank, ADMINISTRATOR, nobodys)
        with pytest.raises(NotFound):
            delete(blank, owner, mine)


def test_a_run_that_a_plan_of_a_wider_scope_names_is_kept_and_the_plan_keeps_its_number(
    blank: Database,
) -> None:
    village = of("村计划", VILLAGE_KEY)
    run = kept(blank, "hotspot_runs", VILLAGE_KEY, village.post)
    wider = kept(blank, "patrols", TOWN, "镇计划", hotspot_run_id=run)
    own = kept(blank, "patrols", VILLAGE_KEY, village.post, hotspot_run_id=run)
    with pytest.raises(Conflict, match="更大范围") as refused:
        delete_run(blank, village, run)
    assert refused.value.code == "run-in-plan"
    named = select(TABLES["patrols"].c.hotspot_run_id).order_by(TABLES["patrols"].c.hotspot_run_id)
    with blank.scoped_session(Scope.whole()) as session:
        assert session.scalars(named).all() == [run, run]
    delete_plan(blank, ADMINISTRATOR, wider)
    delete_run(blank, village, run)
    with blank.scoped_session(Scope.whole()) as session:
        assert session.execute(
            select(TABLES["patrols"].c.patrol_id, TABLES["patrols"].c.hotspot_run_id)
        ).all() == [(own, None)]


def test_a_saved_mapping_is_changed_by_its_owner_and_the_administrator_alone(blank: Database) -> None:
    def save(name: str, mapping: dict[str, str], role: Role = Role.KEEPER) -> None:
        with blank.scoped_session(Scope.whole(), write=True) as session:
            save_mapping(session, "incidents", "甲", mapping, Actor(name, role, Scope.whole()))

    assert ImportKind.__name__
    first = {"日期": "occurred_at"}
    save("数据甲", first)
    save("数据乙", first)  # the same words change nothing
    with pytest.raises(Forbidden, match="数据甲"):
        save("数据乙", {"时间": "occurred_at"})
    save("数据甲", {"时间": "occurred_at"})
    save("管理", {"发生": "occurred_at"}, Role.ADMINISTRATOR)
    with blank.scoped_session(Scope.whole()) as session:
        assert find_mapping(session, "incidents", "甲") == {"发生": "occurred_at"}


def test_two_numbers_tell_nothing_of_how_many_there_are_and_older_ones_stay(blank: Database) -> None:
    old = kept(blank, "hotspot_runs", TOWN, "计划甲", run_id=3)
    assert hotspot_run(blank, Scope.whole(), old).run_id == 3
    numbers = [kept(blank, "hotspot_runs", TOWN, "计划甲") for _ in range(60)]
    assert len(set(numbers)) == 60
    assert all(2**30 <= n < 2**31 for n in numbers)
    steps = [abs(b - a) for a, b in itertools.pairwise(numbers)]
    assert len(set(steps)) > 55
    assert min(steps) > 1
    # The newest is told first all the same.
    assert [run.run_id for run in list_runs(blank, Scope.whole(), limit=3)] == numbers[:-4:-1]
    # It is a permutation: no number comes twice, and the workspace's own key decides which comes.
    with blank.scoped_session(Scope.whole()) as session:
        asked = "select count(distinct spread(n, 8, :key)), min(spread(n, 8, :key)), max(spread(n, 8, :key))"
        whole = text(f"{asked} from generate_series(0, 65535) n")
        assert session.execute(whole, {"key": "a"}).one() == (65536, 65536, 131071)
        same = text(
            "select count(*) from generate_series(0, 65535) n where spread(n, 8, 'a') = spread(n, 8, 'b')"
        )
        assert (session.scalar(same) or 0) < 20
        keys = text(
            "select count(distinct column_default), count(*) from information_schema.columns"
            " where table_schema = 'gridmap' and column_default like '%spread(%'"
        )
        distinct, columns = session.execute(keys).one()
        # Each table has a key of its own.
        assert distinct == columns > 8


def test_a_source_s_number_that_another_scope_has_is_taken_without_a_word(make_database: Any) -> None:
    town = make_database("villages")
    with town.scoped_session(Scope.whole()) as session:
        grids = Base.metadata.tables["gridmap.grids"]
        keys = session.scalars(
            select(grids.c.grid_key).where(grids.c.level == 3).order_by(grids.c.grid_key)
        ).all()
    here, there = (Actor(f"村 {k}", Role.VILLAGE_DESK, Scope.of_grid(k)) for k in keys[:2])

    def record(actor: Actor, kind: str = "02") -> str:
        new = NewCase(
            domain="dispute",
            kind=kind,
            occurred_at=NOW,
            summary="争吵",
            grid_key=actor.scope.lo,
            number_of_source="S-1",
        )
        return intake.record(town, actor, new, uuid.uuid4(), now=NOW).row.number

    numbers = {actor.post: record(actor) for actor in (here, there)}
    for actor in (here, there):
        found = desk.find(town, actor, "S-1")
        assert (found.row.number, found.row.uid, found.told.number_of_source) == (
            numbers[actor.post],
            "S-1",
            "S-1",
        )
        assert [row.number for row in desk.search(town, actor.scope, "S-1")] == [numbers[actor.post]]
        with pytest.raises(Conflict, match="S-1"):
            record(actor)
    # A sealed case has the number in a third village: nobody there who may not open it is told of it.
    third = keys[2]
    opener = Actor("值班", Role.VILLAGE_DESK, Scope.of_grid(third).opening(third))
    other = Actor("片区", Role.AREA_DESK, Scope.of_grid(third))
    sealed = record(opener, "01")
    assert record(other) != sealed
    assert ancestor(third, VILLAGE) == third
    with town.scoped_session(Scope.whole().for_upkeep()) as session:
        incidents = Base.metadata.tables["gridmap.incidents"]
        assert session.scalar(select(func.count()).select_from(incidents)) == 4
