"""Upgrades of the schema: all or nothing, one at a time, and never on a schema that the program does not fit."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import text

from gridmap.domain.gridkey import Scope
from gridmap.domain.protection import BOUND, Counts
from gridmap.domain.query import IncidentQuery
from gridmap.errors import Conflict, Unavailable
from gridmap.services.cases.counts import count_by_grid
from gridmap.services.doctor.examination import _check_database
from gridmap.services.hotspots.runs import hotspot_run
from gridmap.services.jobs import desk
from gridmap.services.response.jobs import SITING, SitingRequest
from gridmap.storage import schema
from gridmap.storage.database import Database
from gridmap.storage.models import Base
from gridmap.storage.schema import require_current, schema_version, upgrade

pytestmark = pytest.mark.faults

MakeDatabase = Callable[[str], Database]
_TABLES = (
    "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace where nspname = 'gridmap'"
)


def as_owner(database: Database, sql: str) -> Any:
    with database.owner_engine() as engine, engine.begin() as connection:
        result = connection.execute(text(sql))
        return result.scalar() if result.returns_rows else None


def snapshot(database: Database) -> list[Any]:
    """Every table, column, index, constraint and policy of the schema."""
    with database.owner_engine() as engine, engine.connect() as connection:
        return [
            tuple(row)
            for row in connection.execute(
                text(
                    "select 'c', attrelid::regclass::text, attname, atttypid::regtype::text from pg_attribute"
                    " join pg_class c on c.oid = attrelid where relnamespace = 'gridmap'::regnamespace and attnum > 0"
                    " union all select 'i', tablename, indexname, indexdef from pg_indexes where schemaname = 'gridmap'"
                    " union all select 'p', tablename, policyname, qual from pg_policies where schemaname = 'gridmap'"
                    " union all select 'k', conrelid::regclass::text, conname, pg_get_constraintdef(oid)"
                    " from pg_constraint where connamespace = 'gridmap'::regnamespace order by 1, 2, 3, 4"
                )
            )
        ]


@pytest.fixture
def old(make_database: MakeDatabase) -> Database:
    """A database without the schema."""
    return make_database("without_schema")


@pytest.fixture
def current(make_database: MakeDatabase) -> Database:
    """A database with the schema."""
    return make_database("with_schema")


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Give the program one more migration, from the text of what its upgrade does."""

    newest = schema._known()[-1]

    def add(body: str, says: str = "") -> None:
        versions = tmp_path / "later"
        versions.mkdir(exist_ok=True)
        (versions / "v9000_later.py").write_text(
            f'from alembic import op\nrevision = "9000"\ndown_revision = "{newest}"\n'
            f"branch_labels = None\ndepends_on = None\n{says}\n\n\ndef upgrade():\n    {body}\n",
            "utf-8",
        )
        monkeypatch.setattr(schema, "_VERSIONS", (*schema._VERSIONS, versions))

    return add


def test_an_upgrade_makes_every_table_and_a_second_one_changes_nothing(old: Database) -> None:
    assert schema_version(old).state == "absent"
    assert upgrade(old).state == "current"
    require_current(old)
    first = snapshot(old)
    assert {table.name for table in Base.metadata.sorted_tables} <= {row[1].split(".")[-1] for row in first}
    assert upgrade(old).state == "current"
    assert snapshot(old) == first


def test_a_database_without_the_schema_is_refused_with_the_command_that_mends_it(old: Database) -> None:
    with pytest.raises(Conflict, match="gridmap db upgrade") as refused:
        require_current(old)
    assert refused.value.code == "schema-older"
    assert as_owner(old, _TABLES) == 0


def test_an_older_schema_is_refused_until_it_is_upgraded(
    current: Database, later: Callable[[str], None]
) -> None:
    later("op.execute('alter table gridmap.teams add column later int')")
    with pytest.raises(Conflict, match="gridmap db upgrade"):
        require_current(current)
    assert schema_version(current).state == "older"
    assert upgrade(current).found == "9000"
    require_current(current)


def test_a_newer_schema_is_refused_with_the_command_that_mends_it(current: Database) -> None:
    before = snapshot(current)
    as_owner(current, "update gridmap.alembic_version set version_num = '9999', serves = '{}'")
    assert schema_version(current).state == "newer"
    for refuse in (require_current, upgrade):
        with pytest.raises(Conflict) as refused:
            refuse(current)
        assert refused.value.code == "schema-newer"
        assert "pip install -U gridmap" in str(refused.value)
    assert snapshot(current) == before
    assert as_owner(current, "select version_num from gridmap.alembic_version") == "9999"


def test_a_program_goes_on_with_a_newer_schema_that_says_that_it_serves_it(
    current: Database, later: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    own = schema._known()[-1]
    later("op.execute('alter table gridmap.teams add column later int')", f'serves_since = "{own}"')
    assert upgrade(current).found == "9000"
    monkeypatch.setattr(schema, "_VERSIONS", schema._VERSIONS[:1])
    before = snapshot(current)
    assert (schema_version(current).found, schema_version(current).state) == ("9000", "ahead")
    require_current(current)
    # Nor does it change anything by its own upgrade, which people run without need.
    assert upgrade(current).state == "ahead"
    assert snapshot(current) == before
    with current.scoped_session(Scope.whole(), write=True) as session:
        session.execute(text("insert into workspace_settings values ('goes', '\"on\"')"))
    told = next(one for one in _check_database(current.settings) if one.name == "database")
    assert (told.state, "9000" in told.en) == ("note", True)


def test_a_program_is_refused_by_a_newer_schema_that_serves_later_ones_only(
    current: Database, later: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    later("op.execute('select 1')", 'serves_since = "9000"')
    assert upgrade(current).found == "9000"
    monkeypatch.setattr(schema, "_VERSIONS", schema._VERSIONS[:1])
    for refuse in (require_current, upgrade):
        with pytest.raises(Conflict, match="serves it no more") as refused:
            refuse(current)
        assert refused.value.code == "schema-newer"


def test_a_schema_serves_the_programs_that_every_migration_since_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # b adds, c says nothing, d adds, e takes away what programs since c no longer use.
    for name, before, since in (
        ("0001", None, None), ("0002", "0001", "0001"), ("0003", "0002", None), ("0004", "0003", "0003"),
        ("0005", "0004", "0003"), ("0006", "0005", "0005"),
    ):  # fmt: skip
        says = f'serves_since = "{since}"\n' if since else ""
        (tmp_path / f"v{name}_x.py").write_text(
            f'down_revision = "{before}"\n{says}' if before else "down_revision = None\n", "utf-8"
        )
    monkeypatch.setattr(schema, "_VERSIONS", (tmp_path,))
    served = {known: schema._served(known) for known in schema._known()}
    assert served == {
        "0001": [],
        "0002": ["0001"],
        "0003": [],
        "0004": ["0003"],
        "0005": ["0003", "0004"],
        "0006": ["0005"],
    }


def test_two_upgrades_at_once_run_one_after_the_other(
    old: Database, later: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    later("op.execute('create table gridmap.later (x int)')")
    inside, most, lock = 0, 0, threading.Lock()
    run = command.upgrade

    def watched(*arguments: Any) -> None:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        time.sleep(0.2)
        run(*arguments)
        with lock:
            inside -= 1

    monkeypatch.setattr(command, "upgrade", watched)
    with ThreadPoolExecutor(4) as pool:
        states = [pool.submit(upgrade, old) for _ in range(4)]
        assert [state.result().state for state in states] == ["current"] * 4
    assert most == 1
    assert as_owner(old, "select count(*) from gridmap.alembic_version") == 1


@pytest.mark.parametrize(
    "failure",
    [
        "op.execute('create table gridmap.half (x int)'); op.execute('select 1/0')",
        "op.execute('create table gridmap.half (x int)'); raise RuntimeError('broken')",
    ],
)
def test_a_migration_that_fails_leaves_nothing_half_made(
    old: Database, current: Database, later: Callable[[str], None], failure: str
) -> None:
    before = snapshot(current)
    later(failure)
    for database in (old, current):
        with pytest.raises(Exception, match=r"broken|database failed|does not meet"):
            upgrade(database)
    assert as_owner(old, _TABLES) == 0
    assert as_owner(old, "select to_regnamespace('gridmap') is null")
    assert snapshot(current) == before
    # The one that failed is known, and not made.
    assert schema_version(current).found == schema._known()[-2]


def test_a_table_in_use_makes_an_upgrade_fail_soon_and_change_nothing(
    current: Database, later: Callable[[str], None]
) -> None:
    before = snapshot(current)
    later("op.execute('alter table gridmap.teams add column later int')")
    with current.scoped_session(Scope.whole()) as session:
        session.execute(text("select count(*) from teams"))
        with pytest.raises(Unavailable, match="busy"):
            upgrade(current, lock_timeout_s=1)
    assert snapshot(current) == before
    assert upgrade(current).found == "9000"


def test_another_upgrade_that_does_not_end_makes_an_upgrade_fail_soon(current: Database) -> None:
    with current.owner_engine() as engine, engine.begin() as connection:
        connection.execute(text("select pg_advisory_xact_lock(:k)"), {"k": schema._LOCK})
        with pytest.raises(Unavailable, match="busy"):
            upgrade(current, lock_timeout_s=1)
    assert upgrade(current).state == "current"


def test_rows_outlive_an_upgrade(current: Database, later: Callable[[str], None]) -> None:
    with current.scoped_session(Scope.whole(), write=True) as session:
        session.execute(text("insert into workspace_settings values ('name', '\"town\"')"))
    later("op.execute('create table gridmap.later (x int)')")
    upgrade(current)
    with current.scoped_session(Scope.whole()) as session:
        assert session.scalar(text("select value from workspace_settings where key = 'name'")) == "town"


def test_a_workspace_of_the_first_version_is_upgraded_with_its_rows_kept(
    old: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = command.upgrade
    with monkeypatch.context() as first_version:
        first_version.setattr(command, "upgrade", lambda config, _: whole(config, "0001"))
        upgrade(old)
    as_owner(old, "insert into gridmap.workspace_settings values ('name_zh', '\"镇\"')")
    assert schema_version(old).state == "older"
    assert upgrade(old).state == "current"
    assert (
        as_owner(old, "select value #>> '{}' from gridmap.workspace_settings where key = 'name_zh'") == "镇"
    )
    assert as_owner(old, "select count(*) from gridmap.hotspot_runs") == 0


def test_a_workspace_of_the_former_schema_opens_with_its_rows_and_takes_jobs(
    old: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = command.upgrade
    monkeypatch.setattr(command, "upgrade", lambda config, _: real(config, "0005"))
    assert upgrade(old).found == "0005"
    monkeypatch.setattr(command, "upgrade", real)
    town = Scope.of_grid(33068110900000000)
    run = (
        "insert into gridmap.hotspot_runs (scope_lo, scope_hi, method, since, until, level, seed, parameters,"
        f" data_sha256, version, summary) values ({town.lo}, {town.hi}, 'gi', '2026-01-01', '2026-02-01', 3, 7,"
        " '{}', '0', '0', '{}')"
    )
    scoped = f"set gridmap.scope_lo = {town.lo}; set gridmap.scope_hi = {town.hi}; "
    as_owner(old, scoped + run)
    with pytest.raises(Conflict, match="gridmap db upgrade"):
        require_current(old)
    assert upgrade(old).state == "current"
    require_current(old)
    with old.scoped_session(town) as session:
        assert session.scalar(text("select count(*) from hotspot_runs")) == 1
        assert session.scalar(text("select count(*) from jobs")) == 0
    job = desk.submit(old, town, SITING, SitingRequest())
    assert desk.find_job(old, town, job.job_id).state == "queued"


def test_a_workspace_with_cases_opens_with_its_steps_numbers_and_moved_handlers(
    old: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = command.upgrade
    monkeypatch.setattr(command, "upgrade", lambda config, _: real(config, "0007"))
    assert upgrade(old).found == "0007"
    monkeypatch.setattr(command, "upgrade", real)
    home, next_door = 33068110901001000, 33068110901002000
    whole = Scope.whole()
    as_owner(
        old,
        f"set gridmap.scope_lo = {whole.lo}; set gridmap.scope_hi = {whole.hi};"
        " insert into gridmap.incidents (uid, domain, occurred_at, stage, due_at, closed_at, grid_key, handler_key,"
        f" placed_by) values ('passed', 'dispute', '2026-03-01', 'mediating', '2026-04-01', null, {home}, {home},"
        f" 'code'), ('alone', 'land', '2026-03-01', 'archived', null, '2026-03-05', {home}, {home}, 'code');"
        " insert into gridmap.incident_steps (incident_id, at, action, to_grid_key) select incident_id,"
        " '2026-03-01'::timestamptz + n * interval '1 hour', action, case n when 3 then"
        f" {next_door} end from gridmap.incidents, (values (1, 'accept'), (2, 'mediate'), (3, 'transfer'),"
        " (4, 'mediate')) as told (n, action) where uid = 'passed'",
    )
    assert upgrade(old).state == "current"
    with old.scoped_session(whole) as session:
        found = {row.uid: row for row in session.execute(text("select * from incidents"))}
        seqs = session.scalars(text("select seq from incident_steps order by at")).all()
    passed, alone = found["passed"], found["alone"]
    assert (passed.handler_key, passed.stage, passed.awaiting_key) == (next_door, "mediating", None)
    assert passed.due_at == passed.told_due_at
    assert passed.acted_at.hour == 2
    assert (alone.stage, alone.outcome, alone.solved_level, alone.closed_at) == (
        "archived",
        "untold",
        3,
        alone.told_closed_at,
    )
    assert seqs == [1, 2, 3, 4]
    assert passed.number != alone.number
    assert {n[:17] for n in (passed.number, alone.number)} == {"33068110920260301"}
    with old.scoped_session(Scope.of_grid(next_door)) as session:
        assert session.scalar(text("select uid from incidents")) == "passed"


def test_records_of_a_former_workspace_are_given_keys_and_its_runs_stay_true(
    old: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = command.upgrade
    monkeypatch.setattr(command, "upgrade", lambda config, _: real(config, "0012"))
    assert upgrade(old).found == "0012"
    monkeypatch.setattr(command, "upgrade", real)
    home, whole = 33068110901001000, Scope.whole()
    as_owner(
        old,
        f"set gridmap.scope_lo = {whole.lo}; set gridmap.scope_hi = {whole.hi}; set gridmap.opens = -1;"
        " insert into gridmap.incidents (uid, domain, kind, occurred_at, stage, grid_key, handler_key, placed_by)"
        " select n::text, 'dispute', case when n % 2 = 0 then '01' else '02' end, '2026-03-01', 'accepted',"
        f" {home}, {home}, 'code' from generate_series(1, 40) as n;"
        " insert into gridmap.hotspot_runs (scope_lo, scope_hi, method, since, until, level, seed, parameters,"
        f" data_sha256, version, summary) values ({whole.lo}, {whole.hi}, 'gi', '2026-01-01', '2026-02-01', 3, 7,"
        " '{}', '0', '0', '{}');"
        " insert into gridmap.hotspot_features (run_id, rank, label, properties)"
        " select run_id, 1, 'hot', '{\"observed\": 7}' from gridmap.hotspot_runs",
    )
    assert upgrade(old).state == "current"
    require_current(old)
    with old.scoped_session(whole.for_upkeep()) as session:
        keys = session.scalars(text("select record_key from incidents")).all()
        run = session.scalar(text("select run_id from hotspot_runs"))
    assert len(set(keys)) == 40
    assert all(0 <= key < 2**32 for key in keys)
    with old.scoped_session(whole) as session:
        # Whoever may open none of the sealed half counts it, and sums its keys.
        sealed = session.scalars(text("select record_key from sealed_facts(null, null)")).all()
        features = session.execute(text("select counts, label from hotspot_features")).all()
    assert len(sealed) == 20
    assert set(sealed) < set(keys)
    assert [tuple(row) for row in features] == [("true", "hot")]
    with pytest.raises(Conflict, match="may leave the house"):
        hotspot_run(old, whole, int(run), Counts.PERTURBED)
    query = IncidentQuery(since=dt.date(2026, 3, 1), until=dt.date(2026, 3, 31))
    told = [count_by_grid(old, scope, query, level=3, counts=Counts.PERTURBED) for scope in (whole, whole)]
    assert told[0]["total"] == told[1]["total"]
    assert abs(told[0]["total"] - 40) <= BOUND
    later = "insert into incidents (uid, domain, occurred_at, stage, grid_key, handler_key, placed_by) values"
    with old.scoped_session(whole.for_upkeep(), write=True) as session:
        session.execute(text(f"{later} ('new', 'land', '2026-03-01', 'accepted', {home}, {home}, 'code')"))
        assert session.scalar(text("select record_key from incidents where uid = 'new'")) not in keys
