# ruff: noqa: PT012 - what is expected to fail is a whole transaction
"""What a scope sees and writes is what plain Python says, in every table and for every range."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Table, delete, func, insert, select, text, update
from sqlalchemy.orm import Session

from gridmap.domain.gridkey import MAX_KEY, UNASSIGNED, Scope, level_of, make_key
from gridmap.errors import Conflict, Forbidden
from gridmap.storage.database import Database
from gridmap.storage.models import Base
from tests.strategies import scopes

OWNER_ONLY = {"audit_segments"}
"""Written by the schema's owner alone: tests/integration/test_retention.py."""
KEPT = {"case_counts", "case_count_changes"}
"""Written by the database where cases are written: tests/property/test_kept_counts.py."""
TABLES = {table.name: table for table in Base.metadata.sorted_tables if table.name not in OWNER_ONLY | KEPT}
SHARED = {"boundary_versions", "roads", "basemap_features", "screening_rounds", "workspace_settings"}
ACCOUNTS = {"posts", "post_terms", "sign_in_links", "sessions", "api_tokens", "sign_in_attempts"}
WHOLE = {
    "case_days",
    "import_runs",
    "import_changes",
    "import_mappings",
    "import_profiles",
    "audit",
} | ACCOUNTS
SUBTREES = {name for name, table in TABLES.items() if "scope_lo" in table.columns}
CHILDREN = {
    "case_photos": "incidents",
    "dispatches": "incidents",
    "hotspot_features": "hotspot_runs",
    "incident_steps": "incidents",
    "patrol_routes": "patrols",
    "patrol_orders": "patrols",
    "patrol_segments": "patrols",
    "patrol_visits": "patrols",
}
KEYED = {name for name, table in TABLES.items() if "grid_key" in table.columns} - set(CHILDREN) - ACCOUNTS
READ_BELOW = {"rulings"}
"""Read in the whole of their grid, written by whoever has the grid."""
OF_TEAM_1 = {"team_positions", "dispatches"}
"""Rows here name the first team, which whoever adds one has to see."""
FOR_GOOD = {"boundary_versions", "posts", "audit", "teams", "import_runs"}
"""Rows that others refer to, and those that are only ever added."""

KEYS = [
    make_key(town, *deeper)
    for town in (330681109, 330681110, 110101001)
    for area in (1, 2, 99)
    for deeper in [(), (area,), *((area, v, *m) for v in (1, 999) for m in ((), (1,), (2,), (999,)))]
]
KEYS = sorted(set(KEYS))
MOMENT = dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC)
DAY = dt.date(2024, 1, 1)
POINT = "SRID=4326;POINT(120.4 29.8)"
LINE = "SRID=4326;LINESTRING(120.4 29.8,120.5 29.8)"
SQUARE = "SRID=4326;MULTIPOLYGON(((120 29,121 29,121 30,120 29)))"


def subtree(key: int) -> Scope:
    """What a run looked at: a grid's subtree, or the whole workspace."""
    return Scope.of_grid(key) if key else Scope.whole()


class World:
    """The rows that were put in: by table, primary key to the grid key that decides."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.rows: dict[str, dict[tuple[Any, ...], int]] = {}

    def visible(self, table: str, scope: Scope) -> set[tuple[Any, ...]]:
        """The oracle."""
        if table in SHARED:
            return set(self.rows[table])
        if table in WHOLE:
            return set(self.rows[table]) if (scope.lo, scope.hi) == (0, MAX_KEY) else set()
        if table in SUBTREES or CHILDREN.get(table) in SUBTREES:
            return {pk for pk, key in self.rows[table].items() if _holds(scope, subtree(key))}
        return {
            pk
            for pk, key in self.rows[table].items()
            if scope.lo <= key <= scope.hi or (table in READ_BELOW and key in _above(scope))
        }

    def may_write(self, table: str, key: int, scope: Scope) -> bool:
        if table in SHARED | WHOLE:
            return (scope.lo, scope.hi) == (0, MAX_KEY)
        if table in SUBTREES or CHILDREN.get(table) in SUBTREES:
            return _holds(scope, subtree(key))
        return scope.lo <= key <= scope.hi


def _above(scope: Scope) -> set[int]:
    """The grids in whose whole land a scope begins."""
    return {scope.lo - scope.lo % size for size in (10**8, 10**6, 10**3)} - {UNASSIGNED}


def _holds(scope: Scope, part: Scope) -> bool:
    return scope.lo <= part.lo and part.hi <= scope.hi


def seen(session: Session, table: Table) -> set[tuple[Any, ...]]:
    return {tuple(row) for row in session.execute(select(*table.primary_key.columns))}


def a_row(name: str, key: int, number: int, parent: int = 0) -> dict[str, Any]:
    """A valid row of a table that belongs to a grid, with a number that no other row has."""
    code = f"n{number}"
    rows: dict[str, dict[str, Any]] = {
        "boundary_versions": {"version_id": number, "valid_from": DAY, "source": code},
        "roads": {"road_key": number, "road_id": code, "road_class": "path", "oneway": "no", "geom": LINE},
        "basemap_features": {"feature_id": number, "theme": "water", "kind": "river", "geom": LINE},
        "workspace_settings": {"key": code, "value": number},
        "import_runs": {
            "import_run_id": number,
            "noun": "incidents",
            "file_name": code,
            "file_sha256": code,
            "parameters": {},
            **dict.fromkeys(
                ("rows_total", "rows_inserted", "rows_updated", "rows_unchanged", "rows_refused"), 0
            ),
        },
        "import_changes": {"change_id": number, "import_run_id": 1, "before": {"code": code}},
        "posts": {"post_id": number, "name": code, "role": "auditor", "grid_key": 0},
        "post_terms": {"post_id": 1, "valid_from": DAY + dt.timedelta(days=number % 90_000)},
        "sign_in_links": {"secret_hash": code.encode(), "post_id": 1, "ends_at": MOMENT},
        "sessions": {
            "session_id": uuid.UUID(int=number % 2**64),
            "secret_hash": code.encode(),
            "post_id": 1,
            "kind": "person",
            "device": code,
            "ends_at": MOMENT,
        },
        "api_tokens": {
            "token_id": uuid.UUID(int=number % 2**64),
            "secret_hash": code.encode(),
            "name": code,
            "role": "auditor",
            "grid_key": 0,
            "made_by": code,
            "ends_at": MOMENT,
        },
        "sign_in_attempts": {"attempt_id": number, "pair_hash": code.encode()},
        "audit": {**dict.fromkeys(("post", "role", "action", "object", "outcome", "details"), code)},
        "import_profiles": {"name": code, "noun": "incidents", "options": {}, "unknown": "ask"},
        "import_mappings": {"noun": "incidents", "name": code, "columns": {}},
        "incidents": {
            "incident_id": number,
            "uid": code,
            "domain": "dispute",
            "occurred_at": MOMENT,
            "stage": "accepted",
            "handler_key": key,
            "placed_by": "coordinate",
        },
        "case_photos": {
            "photo_id": number,
            "incident_id": parent,
            "uid": uuid.UUID(int=number % 2**64),
            "picture": b"",
            "width": 1,
            "height": 1,
            "post": "desk",
        },
        "incident_steps": {"step_id": number, "incident_id": parent, "at": MOMENT, "action": code},
        "teams": {"team_id": number, "code": code, "name_zh": "队", "kind": "patrol", "mode": "foot"},
        "team_positions": {
            "team_id": 1,
            "at": MOMENT + dt.timedelta(seconds=number),
            "tile_key": 0,
            "geom": POINT,
        },
        "migrant_clusters": {
            "cluster_id": number,
            "code": code,
            "kind": "housing",
            "head_count": 10,
            "placed_by": "coordinate",
        },
        "organisations": {
            "organisation_id": number,
            "code": code,
            "name_zh": "站",
            "kind": "centre",
            "placed_by": "coordinate",
        },
        "grids": {
            "valid_from": DAY + dt.timedelta(days=number % 9000),
            "valid_to": DAY + dt.timedelta(days=number % 9000 + 1),
            "level": level_of(key) if key else 1,
            "code": code,
            "name_zh": "网格",
            "name_en": "grid",
            "area_m2": 1.0,
            "version_id": 1,
            "geom": SQUARE,
            "label_point": POINT,
        },
        "hotspot_runs": {
            "run_id": number,
            "method": "gi",
            "level": 3,
            "summary": {},
            **_made(key),
        },
        "forecasts": {
            "forecast_id": number,
            "level": 3,
            "first_day": DAY + dt.timedelta(days=7 * (number % 9_000)),
            "model": "blend",
            "comparator": "count",
            "cells": {},
            **{k: v for k, v in _made(key).items() if k not in {"since", "until", "seed"}},
        },
        "hotspot_features": {
            "run_id": parent,
            "counts": "true",
            "rank": number,
            "label": code,
            "properties": {},
        },
        "patrols": {
            "patrol_id": number,
            "begins_at": MOMENT,
            "ends_at": MOMENT + dt.timedelta(hours=6),
            "iterations": 1,
            "summary": {},
            **{k: v for k, v in _made(key).items() if k not in {"since", "until"}},
        },
        "rosters": {
            "roster_id": number,
            "first_day": MOMENT.date(),
            "duties": {},
            "edits": [],
            "summary": {},
            **{k: v for k, v in _made(key).items() if k not in {"since", "until"}},
        },
        "patrol_routes": {"patrol_id": parent, "team_code": code, "properties": {}},
        "patrol_orders": {"patrol_id": parent, "team_code": code, "issued_at": MOMENT},
        "fixed_points": {
            "point_id": number,
            "code": code,
            "name_zh": "点",
            "kind": "school",
            "times": 1,
            "in_use": True,
            "placed_by": "coordinate",
        },
        "patrol_visits": {
            "visit_id": number,
            "patrol_id": parent,
            "team_code": code,
            "stop": code,
            "arrived_at": MOMENT,
            "evidence": "check-in",
        },
        "patrol_segments": {
            "patrol_id": parent,
            "team_code": code,
            "number": 1,
            "begun_at": MOMENT,
            "ended_at": MOMENT,
            "length_m": 1.0,
            "geom": LINE,
        },
        "dispatches": {
            "dispatch_id": number,
            "incident_id": parent,
            "team_code": "n1",
            "mode": "foot",
            "road_s": 1.0,
            "road_m": 1.0,
            "sent_at": MOMENT,
        },
        "report_runs": {
            "report_id": number,
            "kind": "hotspots",
            "purpose": code,
            "file_sha256": code,
            **_made(key),
        },
        "jobs": {
            "job_id": uuid.UUID(int=number % 2**64),
            "owner": "keeper",
            "kind": code,
            "parameters": {},
            "scope_lo": subtree(key).lo,
            "scope_hi": subtree(key).hi,
        },
        "screening_rounds": {
            "round_id": number,
            "name": code,
            "level": 3,
            "root_key": 0,
            "begins_on": DAY,
            "ends_on": DAY,
            "made_by": code,
        },
        "screening_answers": {
            "round_id": 1 + number % 7,
            "answer": "nothing",
            "n": 0,
            "post": code,
            "at": MOMENT,
        },
        "tasks": {"task_id": number, "kind": "visit", "due_on": DAY, "text": code, "made_by": code},
        "clinics": {
            "clinic_id": number,
            "body_code": code,
            "kind": "outreach",
            "on_day": DAY,
            "opens": dt.time(9),
            "closes": dt.time(11),
        },
        "official_forms": {
            "form_id": uuid.UUID(int=number + 2**64),
            "form": "disputes",
            "period": "2026-01",
            "level": 3,
            "made_by": code,
            "numbers": {},
            "cases": {},
        },
        "projects": {"project_id": number, "code": code, "name_zh": "项目", "kind": "land", "geom": SQUARE},
        "rulings": {"ruling_id": number, "code": code, "on_day": DAY, "question": "问题"},
        "grid_posts": {"title": code, "duty": "committee"},
        "grid_volunteers": {"role": code, "n": 1},
        "case_days": {"town": number, "day": DAY, "drawn": 1, "seed": number},
        "grid_predecessors": {
            "valid_from": DAY,
            "predecessor_key": number,
            "predecessor_code": code,
            "share": 1.0,
        },
    }
    return rows[name] | ({"grid_key": key} if name in KEYED else {})


def _made(key: int) -> dict[str, Any]:
    """Columns that runs of every kind have."""
    inside = subtree(key)
    return {
        "scope_lo": inside.lo,
        "scope_hi": inside.hi,
        "since": DAY,
        "until": DAY,
        "seed": 0,
        "parameters": {},
        "data_sha256": "0",
        "version": "0",
    }


def name_of(row: dict[str, Any], table: Table) -> tuple[Any, ...]:
    return tuple(row[column.name] for column in table.primary_key.columns)


def name_in(session: Session, row: dict[str, Any], table: Table) -> tuple[Any, ...]:
    """Name a row that was just put in; the audit's number is the database's own."""
    if table.name == "audit":
        return (session.scalar(select(func.max(table.c.seq))),)
    return name_of(row, table)


@pytest.fixture(scope="module")
def world(make_database: Any) -> World:
    """Random rows of several towns in every table; some lie in no grid."""
    rng = random.Random(20)
    made = World(make_database("with_schema"))
    everything: dict[str, list[tuple[int, dict[str, Any]]]] = {name: [] for name in TABLES}
    for name in sorted(SHARED | WHOLE):
        everything[name] = [(UNASSIGNED, a_row(name, UNASSIGNED, n)) for n in range(1, 8)]
    standing = {"valid_from": DAY, "valid_to": None}
    everything["grids"] = [(k, a_row("grids", k, 1) | standing) for k in KEYS]
    everything["grids"] += [(k, a_row("grids", k, rng.randint(-900, -1))) for k in KEYS[::3]]
    everything["grid_predecessors"] = [(k, a_row("grid_predecessors", k, 7)) for k in KEYS]
    everything["official_forms"] = [(k, a_row("official_forms", k, n)) for n, k in enumerate(KEYS)]
    everything["grid_posts"] = [(k, a_row("grid_posts", k, 1)) for k in KEYS]
    everything["grid_volunteers"] = [(k, a_row("grid_volunteers", k, 1)) for k in KEYS]
    everything["screening_answers"] = [(k, a_row("screening_answers", k, 1)) for k in KEYS]
    for name in (
        "incidents",
        "teams",
        "team_positions",
        "migrant_clusters",
        "organisations",
        "fixed_points",
        "tasks",
        "clinics",
        "projects",
        "rulings",
        *sorted(SUBTREES),
    ):
        for number in range(1, 151):
            key = rng.choice([*KEYS, UNASSIGNED, UNASSIGNED])
            everything[name].append((key, a_row(name, key, number)))
    for name, above in CHILDREN.items():
        for number in range(1, 301):
            parent = rng.randint(1, 150)
            key = everything[above][parent - 1][0]
            everything[name].append((key, a_row(name, key, number, parent)))
    with made.database.scoped_session(Scope.whole(), write=True) as session:
        for name, table in TABLES.items():
            session.execute(insert(table), [row for _, row in everything[name]])
    numbered = [(key, row | {"seq": n}) for n, (key, row) in enumerate(everything["audit"], 1)]
    everything["audit"] = numbered
    made.rows = {n: {name_of(row, TABLES[n]): key for key, row in rows} for n, rows in everything.items()}
    # The database itself marks that roads, grids and the basemap were put in.
    made.rows["workspace_settings"] |= dict.fromkeys([("roads_version",), ("ground_version",)], UNASSIGNED)
    return made


class _TakeBack(Exception):
    pass


def rows_of(done: Any) -> int:
    return int(done.rowcount)


whole_world = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def test_the_oracle_knows_every_table(world: World) -> None:
    assert set(TABLES) == SHARED | WHOLE | KEYED | SUBTREES | set(CHILDREN)
    assert all(len(rows) >= 7 for rows in world.rows.values())


@whole_world
@given(scope=scopes(KEYS))
def test_a_scope_sees_exactly_its_rows_in_every_table(world: World, scope: Scope) -> None:
    with world.database.scoped_session(scope) as session:
        assert len(TABLES) > 20
        for name, table in TABLES.items():
            assert seen(session, table) == world.visible(name, scope), name


@whole_world
@given(scope=scopes(KEYS), name=st.sampled_from(sorted(TABLES)), data=st.data())
def test_a_scope_changes_and_deletes_only_rows_inside(
    world: World, scope: Scope, name: str, data: st.DataObject
) -> None:
    table = TABLES[name]
    pk = data.draw(st.sampled_from(sorted(world.rows[name], key=str)))
    this_row = [column == value for column, value in zip(table.primary_key.columns, pk, strict=True)]
    same = next(c for c in table.columns if not c.primary_key and c.name not in {"grid_key", "geom"})
    expected = int(world.may_write(name, world.rows[name][pk], scope))
    with pytest.raises(_TakeBack), world.database.scoped_session(scope, write=True) as session:
        if name != "audit":
            assert rows_of(session.execute(update(table).where(*this_row).values({same: same}))) == expected
        if name not in FOR_GOOD:
            assert rows_of(session.execute(delete(table).where(*this_row))) == expected
        raise _TakeBack


@whole_world
@given(scope=scopes(KEYS), data=st.data())
def test_what_is_written_beside_a_row_must_be_seen_too(
    world: World, scope: Scope, data: st.DataObject
) -> None:
    key = data.draw(st.sampled_from(KEYS))
    inside = key in scope

    def tried(table: str, row: dict[str, Any], allowed: bool) -> None:
        with (
            pytest.raises(_TakeBack if allowed else Forbidden),
            world.database.scoped_session(scope, write=True) as session,
        ):
            session.execute(insert(TABLES[table]).values(row))
            raise _TakeBack

    run = data.draw(st.integers(1, 150))
    sees_run = _holds(scope, subtree(world.rows["hotspot_runs"][(run,)]))
    feature = a_row("hotspot_features", 0, 600_000_000, run)
    tried("hotspot_features", feature | {"grid_key": key}, sees_run and inside)
    plan = a_row("patrols", key, 600_000_000)
    sees_plan = _holds(scope, subtree(key))
    tried("patrols", plan | {"hotspot_run_id": run}, sees_plan and sees_run)
    team = data.draw(st.integers(1, 150))
    position = a_row("team_positions", key, 600_000_000) | {"team_id": team}
    tried("team_positions", position, inside and world.rows["teams"][(team,)] in scope)


@whole_world
@given(scope=scopes(KEYS), team=st.integers(1, 150))
def test_deleting_a_team_takes_no_position_that_is_not_seen(world: World, scope: Scope, team: int) -> None:
    teams, positions = TABLES["teams"], TABLES["team_positions"]
    this = teams.c.team_id == team
    seen_team = world.rows["teams"][(team,)] in scope
    refused = seen_team and team == 1  # only the first one has positions, all over
    with (
        pytest.raises(Conflict if refused else _TakeBack),
        world.database.scoped_session(scope, write=True) as session,
    ):
        assert rows_of(session.execute(delete(teams).where(this))) == int(seen_team)
        raise _TakeBack
    with world.database.scoped_session(Scope.whole()) as session:
        assert seen(session, positions) == set(world.rows["team_positions"])


@whole_world
@given(scope=scopes(KEYS))
def test_a_statement_on_roads_leaves_the_scope_as_it_was(world: World, scope: Scope) -> None:
    roads = TABLES["roads"]
    mark = text("select value from workspace_settings where key = 'roads_version'")
    with pytest.raises(_TakeBack), world.database.scoped_session(scope, write=True) as session:
        before = session.scalar(mark)
        session.execute(delete(roads).where(roads.c.road_id == "no such road"))
        session.execute(delete(roads).where(roads.c.road_id == "n1"))
        assert (session.scalar(mark) == before) == ((scope.lo, scope.hi) != (0, MAX_KEY))
        for name in ("incidents", "teams", "patrols"):
            assert seen(session, TABLES[name]) == world.visible(name, scope)
        raise _TakeBack


@whole_world
@given(
    scope=scopes(KEYS),
    name=st.sampled_from(sorted(TABLES)),
    key=st.sampled_from(KEYS),
    parent=st.integers(1, 150),
)
def test_a_row_outside_is_never_inserted(
    world: World, scope: Scope, name: str, key: int, parent: int
) -> None:
    table = TABLES[name]
    if name in CHILDREN:
        key = world.rows[CHILDREN[name]][(parent,)]
    row = a_row(name, key, 500_000_000, parent)
    allowed = world.may_write(name, key, scope)
    if name in OF_TEAM_1:
        allowed = allowed and world.rows["teams"][(1,)] in scope
    with (
        pytest.raises(_TakeBack if allowed else Forbidden),
        world.database.scoped_session(scope, write=True) as session,
    ):
        session.execute(insert(table).values(row))
        assert seen(session, table) == world.visible(name, scope) | {name_in(session, row, table)}
        raise _TakeBack
    with world.database.scoped_session(Scope.whole()) as session:
        assert seen(session, table) == set(world.rows[name])


@whole_world
@given(scope=scopes(KEYS), name=st.sampled_from(sorted(KEYED - {"grids"})), data=st.data())
def test_a_row_inside_is_never_moved_outside(
    world: World, scope: Scope, name: str, data: st.DataObject
) -> None:
    inside = sorted((pk for pk in world.visible(name, scope) if world.rows[name][pk] in scope), key=str)
    outside = [key for key in [*KEYS, UNASSIGNED] if key not in scope]
    if not inside or not outside or name == "grid_predecessors":
        return
    table, pk = TABLES[name], data.draw(st.sampled_from(inside))
    this_row = [column == value for column, value in zip(table.primary_key.columns, pk, strict=True)]
    with pytest.raises(Forbidden), world.database.scoped_session(scope, write=True) as session:
        session.execute(update(table).where(*this_row).values(grid_key=data.draw(st.sampled_from(outside))))
    with world.database.scoped_session(Scope.whole()) as session:
        found = session.scalar(select(table.c.grid_key).where(*this_row))
    assert found == world.rows[name][pk]


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_reading_session_writes_nothing_even_inside(world: World, name: str) -> None:
    for statement in (
        insert(TABLES[name]).values(a_row(name, KEYS[5], 600_000_000, 1)),
        update(TABLES[name]).values({c: c for c in list(TABLES[name].columns)[-1:]}),
        delete(TABLES[name]),
    ):
        with pytest.raises(Forbidden), world.database.scoped_session(Scope.whole()) as session:
            session.execute(statement)
    with world.database.scoped_session(Scope.whole()) as session:
        assert seen(session, TABLES[name]) == set(world.rows[name])
