"""What the database's own catalogue says: every table is guarded, the application owns nothing, models fit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from geoalchemy2 import alembic_helpers
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from gridmap.storage import schema
from gridmap.storage.database import Database
from gridmap.storage.models import SCHEMA, Base

_UNGUARDED = """
select c.relname from pg_class c
where c.relnamespace = 'gridmap'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')
  and not (c.relkind in ('r', 'p') and c.relrowsecurity and c.relforcerowsecurity
           and exists (select from pg_policy p where p.polrelid = c.oid))
order by 1
"""

_OPEN_POLICIES = """
select c.relname || '.' || p.polname from pg_policy p join pg_class c on c.oid = p.polrelid
where c.relnamespace = 'gridmap'::regnamespace and c.relname <> 'alembic_version'
  -- A restrictive policy takes rows away from what the others show.
  and p.polpermissive
  and (coalesce(pg_get_expr(p.polqual, p.polrelid), '') !~ 'gridmap\\.scope_|FROM .*(incidents|hotspot_runs|patrols)'
       or coalesce(pg_get_expr(p.polwithcheck, p.polrelid), 'gridmap.scope_')
          !~ 'gridmap\\.scope_|FROM .*(incidents|hotspot_runs|patrols)')
"""

_OWNED = """
select c.relname from pg_class c join pg_roles r on r.oid = c.relowner where r.rolname = :role
union all select n.nspname from pg_namespace n join pg_roles r on r.oid = n.nspowner where r.rolname = :role
union all select p.proname from pg_proc p join pg_roles r on r.oid = p.proowner where r.rolname = :role
union all select d.datname from pg_database d join pg_roles r on r.oid = d.datdba where r.rolname = :role
"""

_OWNERS_ONLY = {"alembic_version", "cell_key_secret"}
"""Tables that no model reads: the application's role has no right to write them."""

_NEW = "create table gridmap.forgotten (grid_key bigint)"
_ENABLE = "alter table gridmap.forgotten enable row level security"
_FORCE = "alter table gridmap.forgotten force row level security"
_POLICY = "create policy p on gridmap.forgotten using (true)"

_DEFINERS = """
select p.proname from pg_proc p where p.pronamespace = 'gridmap'::regnamespace and p.prosecdef
"""


def unguarded(connection: Connection) -> list[str]:
    """Tables and views of the schema through which a row could be seen without a policy."""
    return list(connection.scalars(text(_UNGUARDED)))


def differences(connection: Connection) -> list[Any]:
    """What alembic would change to make the database what the models say."""
    context = MigrationContext.configure(
        connection,
        opts={
            "compare_type": True,
            "compare_server_default": False,
            "include_schemas": True,
            "include_name": lambda name, kind, _: kind != "schema" or name == SCHEMA,
            "include_object": lambda thing, name, kind, reflected, other: (
                name not in _OWNERS_ONLY
                and alembic_helpers.include_object(thing, name, kind, reflected, other)
            ),
            "version_table_schema": SCHEMA,
        },
    )
    return list(compare_metadata(context, Base.metadata))


def test_every_table_has_forced_row_security_and_a_policy(database: Database) -> None:
    with database.owner_engine() as engine, engine.connect() as connection:
        assert unguarded(connection) == []
        tables = connection.scalar(
            text(
                "select count(*) from pg_class where relnamespace = 'gridmap'::regnamespace and relkind = 'r'"
            )
        )
        assert tables == len(Base.metadata.tables) + len(_OWNERS_ONLY)


def test_the_migrations_are_one_chain() -> None:
    # Numbers are names: whoever comes later stands behind whoever came first.
    files = {file.stem[1:5] for folder in schema._VERSIONS for file in folder.glob("v*.py")}
    assert len(schema._known()) == len(files)
    assert set(schema._known()) == files


def test_every_migration_says_whom_its_schema_serves(database: Database) -> None:
    known = schema._known()
    says = {
        file.stem[1:5]: schema._SERVES_SINCE.search(file.read_text("utf-8"))
        for folder in schema._VERSIONS
        for file in folder.glob("v*.py")
    }
    # Those before say nothing: programs of then refuse whatever is newer.
    later = known[known.index("0038") :]
    assert [one for one in later if not says[one]] == []
    assert [one for one in later if known.index(says[one][1]) > known.index(one)] == []
    with database.owner_engine() as engine, engine.connect() as connection:
        told = connection.scalar(text("select serves from gridmap.alembic_version"))
    assert told == schema._served(known[-1])


def test_every_policy_asks_for_the_scope(database: Database) -> None:
    with database.owner_engine() as engine, engine.connect() as connection:
        assert connection.scalars(text(_OPEN_POLICIES)).all() == []


@pytest.mark.parametrize(
    "change",
    [
        _NEW,
        "create view gridmap.forgotten as select 1 as x",
        "create materialized view gridmap.forgotten as select 1 as x",
        f"{_NEW}; {_ENABLE}; {_FORCE}",
        f"{_NEW}; {_ENABLE}; {_POLICY}",
        f"{_NEW}; {_FORCE}; {_POLICY}",
    ],
)
def test_a_new_table_without_its_policy_is_noticed(database: Database, change: str) -> None:
    with database.owner_engine() as engine, engine.connect() as connection:
        for statement in change.split("; "):
            connection.execute(text(statement))
        assert unguarded(connection) == ["forgotten"]
        connection.rollback()
        assert unguarded(connection) == []


@pytest.mark.parametrize("table", [t.name for t in Base.metadata.sorted_tables])
def test_a_table_that_loses_its_policy_is_noticed(database: Database, table: str) -> None:
    with database.owner_engine() as engine, engine.connect() as connection:
        connection.execute(text(f"alter table gridmap.{table} no force row level security"))
        assert unguarded(connection) == [table]
        connection.rollback()
        connection.execute(text(f"create policy wide on gridmap.{table} using (true)"))
        assert connection.scalars(text(_OPEN_POLICIES)).all() == [f"{table}.wide"]
        connection.rollback()


def test_the_application_role_owns_nothing_and_bypasses_nothing(database: Database) -> None:
    with database.owner_engine() as engine, engine.connect() as connection:
        assert connection.scalars(text(_OWNED), {"role": "gridmap_app"}).all() == []
        assert connection.scalars(text(_OWNED), {"role": "gridmap"}).all() != []
        row = connection.execute(
            text(
                "select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication,"
                " exists (select from pg_auth_members m where m.member = r.oid) as is_member"
                " from pg_roles r where rolname = 'gridmap_app'"
            )
        ).one()
        assert not any(row)
        assert sorted(connection.scalars(text(_DEFINERS))) == ["cell_key", "cell_keys"]


def test_the_application_role_has_only_the_rights_that_it_needs(database: Database) -> None:
    with database.owner_engine() as engine, engine.connect() as connection:
        rights = connection.execute(
            text(
                "select table_name, string_agg(privilege_type, ' ' order by privilege_type)"
                " from information_schema.table_privileges"
                " where grantee = 'gridmap_app' and table_schema = 'gridmap' group by 1"
            )
        )
        found = {str(name): str(which) for name, which in rights}
    every = {table.name: "DELETE INSERT SELECT UPDATE" for table in Base.metadata.sorted_tables}
    assert found == {
        **every,
        "alembic_version": "SELECT",
        "audit": "INSERT SELECT",
        "audit_segments": "SELECT",
    }


@pytest.fixture
def plain(blank: Database) -> Iterator[Connection]:
    """A connection that searches ``public`` alone: the comparison takes the first schema for the default."""
    options = {"options": "-c search_path=public"}
    engine = create_engine(blank.owner_url, poolclass=NullPool, connect_args=options)
    with engine.connect() as connection:
        yield connection
        connection.rollback()


def test_models_and_migrated_schema_are_the_same(plain: Connection) -> None:
    assert differences(plain) == []


@pytest.mark.parametrize(
    "change",
    [
        "alter table gridmap.incidents add column forgotten int",
        "alter table gridmap.incidents drop column summary",
        "alter table gridmap.incidents alter column severity type bigint",
        "alter table gridmap.incidents alter column summary set not null",
        "drop index gridmap.ix_incidents_tile_key",
        "alter table gridmap.teams drop constraint uq_teams_code",
        "create table gridmap.forgotten (x int primary key)",
        "alter table gridmap.team_positions drop constraint fk_team_positions_team_id",
    ],
)
def test_a_schema_that_differs_from_the_models_is_noticed(plain: Connection, change: str) -> None:
    plain.execute(text(change))
    assert len(differences(plain)) == 1
