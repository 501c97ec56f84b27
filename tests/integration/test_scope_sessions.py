# ruff: noqa: PT012 - what is expected to fail is a whole transaction
"""Without a scope nothing is seen, and no connection carries a scope to its next user."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from gridmap.domain.gridkey import Scope
from gridmap.errors import Forbidden, GridmapError, NotFound, Unavailable
from gridmap.storage.database import Database
from gridmap.storage.models import Base
from tests.rows import A_ROW_OF_EACH, OTHER, TOWN

TABLES = [str(table) for table in Base.metadata.sorted_tables]


@pytest.fixture
def filled(blank: Database) -> Database:
    """At least one row in every table."""
    with blank.owner_engine() as engine, engine.begin() as connection:
        for statement in A_ROW_OF_EACH.values():
            connection.exec_driver_sql(statement)
        assert all(connection.scalar(text(f"select count(*) from {table}")) for table in TABLES)
    return blank


def counts(connection: Connection | Session) -> dict[str, int]:
    """Rows that are seen in each table that shows any."""
    found = {table: connection.scalar(text(f"select count(*) from {table}")) for table in TABLES}
    return {table: int(n) for table, n in found.items() if n}


def pid(connection: Connection | Session) -> int:
    return int(connection.scalar(text("select pg_backend_pid()")) or 0)


def test_a_session_without_a_scope_sees_nothing_in_any_table(filled: Database) -> None:
    with filled.engine.connect() as connection:
        assert connection.scalar(text("select current_user")) == "gridmap_app"
        assert counts(connection) == {}


@pytest.mark.parametrize("name", ["gridmap.scope_lo", "gridmap.scope_hi"])
def test_a_session_with_half_a_scope_sees_no_row_of_a_grid(filled: Database, name: str) -> None:
    with filled.engine.connect() as connection:
        connection.execute(text("select set_config(:name, '0', true)"), {"name": name})
        shared = {"roads", "basemap_features", "boundary_versions", "workspace_settings", "screening_rounds"}
        assert set(counts(connection)) <= {f"gridmap.{table}" for table in shared}


def test_an_empty_setting_shows_nothing(filled: Database) -> None:
    with filled.engine.connect() as connection:
        connection.execute(
            text("select set_config('gridmap.scope_lo', '', true), set_config('gridmap.scope_hi', '', true)")
        )
        assert counts(connection) == {}


def test_a_session_without_a_scope_writes_nothing(filled: Database) -> None:
    with filled.engine.connect() as connection:
        for table in TABLES:
            if table in {"gridmap.audit", "gridmap.audit_segments"}:
                # The application's role only adds to the one, and the other is the owner's.
                continue
            assert connection.execute(text(f"delete from {table}")).rowcount == 0
        connection.rollback()
    with filled.scoped_session(Scope.whole()) as session:
        assert set(counts(session)) == set(TABLES)


def _ends_well(filled: Database) -> int:
    with filled.scoped_session(Scope.whole(), write=True) as session:
        assert counts(session)
        return pid(session)


def _raises(filled: Database) -> int:
    used = 0
    with pytest.raises(NotFound), filled.scoped_session(Scope.whole()) as session:
        used = pid(session)
        raise NotFound("x", "无", "none")
    return used


def _fails_in_the_database(filled: Database) -> int:
    used = 0
    with pytest.raises(GridmapError), filled.scoped_session(Scope.whole(), write=True) as session:
        used = pid(session)
        session.execute(text("select 1 / 0"))
    return used


def _is_refused(filled: Database) -> int:
    used = 0
    with pytest.raises(Forbidden), filled.scoped_session(Scope.of_grid(TOWN), write=True) as session:
        used = pid(session)
        session.execute(text(f"update incidents set grid_key = {OTHER}"))
    return used


def _takes_too_long(filled: Database) -> int:
    used = 0
    with pytest.raises(Unavailable), filled.scoped_session(Scope.whole(), timeout_s=1) as session:
        used = pid(session)
        session.execute(text("select pg_sleep(30)"))
    return used


def _rolls_back_by_itself(filled: Database) -> int:
    with filled.scoped_session(Scope.whole()) as session:
        used = pid(session)
        session.rollback()
        assert counts(session) == {}
    return used


def _commits_half_way(filled: Database) -> int:
    with filled.scoped_session(Scope.whole(), write=True) as session:
        used = pid(session)
        session.commit()
        assert counts(session) == {}
    return used


@pytest.mark.parametrize(
    "use",
    [
        _ends_well,
        _raises,
        _fails_in_the_database,
        _is_refused,
        _takes_too_long,
        _rolls_back_by_itself,
        _commits_half_way,
    ],
)
def test_a_pooled_connection_shows_nothing_of_the_scope_that_used_it(filled: Database, use: object) -> None:
    filled.engine.dispose()
    used = use(filled)  # type: ignore[operator]
    with filled.engine.connect() as connection:
        assert pid(connection) == used
        assert counts(connection) == {}
        assert connection.scalar(text("show statement_timeout")) == "0"
    with filled.scoped_session(Scope.of_grid(OTHER)) as session:
        assert pid(session) == used
        assert session.scalars(text("select uid from incidents")).all() == [f"i{OTHER}"]


def test_a_write_that_is_refused_leaves_nothing_of_its_transaction(filled: Database) -> None:
    with pytest.raises(Forbidden), filled.scoped_session(Scope.of_grid(TOWN), write=True) as session:
        session.execute(text("update incidents set summary = 'changed'"))
        session.execute(text(f"update incidents set grid_key = {OTHER}"))
    with filled.scoped_session(Scope.whole()) as session:
        assert session.scalar(text("select count(*) from incidents where summary is not null")) == 0


def test_the_application_role_makes_no_table_and_takes_no_other_role(filled: Database) -> None:
    for statement in (
        "create table gridmap.mine (x int)",
        "create table public.mine (x int)",
        "alter table incidents disable row level security",
        "drop policy scope on incidents",
        "truncate incidents",
        "set role gridmap",
        "update alembic_version set version_num = '9999'",
        "copy incidents to program 'true'",
    ):
        with pytest.raises(Forbidden), filled.scoped_session(Scope.whole(), write=True) as session:
            session.execute(text(statement))
