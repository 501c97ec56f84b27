"""A workspace of every schema so far opens with its rows."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, text

from gridmap.domain.gridkey import Scope
from gridmap.domain.query import IncidentQuery
from gridmap.errors import Conflict
from gridmap.services.cases.counts import count_by_grid
from gridmap.services.cases.query import chosen_by
from gridmap.storage import schema
from gridmap.storage.cases.incidents import list_incidents
from gridmap.storage.schema import require_current, upgrade
from tests.conftest import MakeDatabase
from tests.rows import A_ROW_OF_EACH, OTHER, TOWN

pytestmark = pytest.mark.faults

_DERIVED = {"incidents": {"stage", "outcome", "solved_level", "handler_key", "acted_at"}}
"""What an upgrade reads from the steps anew."""


def tables_of(connection: Connection) -> list[str]:
    asked = "select tablename from pg_tables where schemaname = 'gridmap' and tablename <> 'alembic_version'"
    return sorted(connection.scalars(text(asked)))


def rows_of(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table that has any, as the database writes it."""
    return {
        table: [dict(row) for row in connection.scalars(text(f"select to_jsonb(t) from gridmap.{table} t"))]
        for table in tables_of(connection)
    }


def kept(table: str, row: dict[str, Any], columns: set[str]) -> str:
    same = {name: row[name] for name in sorted(columns - _DERIVED.get(table, set()))}
    return json.dumps(same, sort_keys=True)


@pytest.mark.parametrize("revision", schema._known())
def test_a_workspace_of_every_schema_so_far_opens_with_its_rows(
    make_database: MakeDatabase, monkeypatch: pytest.MonkeyPatch, revision: str
) -> None:
    workspace = make_database("without_schema")
    newest = command.upgrade
    with monkeypatch.context() as of_then:
        of_then.setattr(command, "upgrade", lambda config, _: newest(config, revision))
        upgrade(workspace)
    with workspace.owner_engine() as engine, engine.begin() as connection:
        connection.exec_driver_sql("set search_path = gridmap, public")
        then = tables_of(connection)
        for table, statement in A_ROW_OF_EACH.items():
            if table in then:
                connection.exec_driver_sql(statement)
        before = rows_of(connection)
    assert all(before.values())
    if revision != schema._known()[-1]:
        with pytest.raises(Conflict, match="gridmap db upgrade"):
            require_current(workspace)
    assert upgrade(workspace).state == "current"
    require_current(workspace)
    with workspace.owner_engine() as engine, engine.begin() as connection:
        after = rows_of(connection)
    for table, rows in before.items():
        columns = set(rows[0]) & set(after[table][0])
        assert len(columns) > len(rows[0]) / 2
        lost = Counter(kept(table, row, columns) for row in rows) - Counter(
            kept(table, row, columns) for row in after[table]
        )
        assert not lost, table
    whole = Scope.whole()
    chosen = chosen_by(workspace, IncidentQuery())
    with workspace.scoped_session(whole) as session:
        listed = list_incidents(session, chosen, limit=10)
    assert {row["uid"] for row in listed} == {f"i{TOWN}", f"i{OTHER}", "i0"}
    assert count_by_grid(workspace, whole, IncidentQuery(), level=1)["total"] == 3
