# ruff: noqa: PT012 - what is expected to fail is a whole transaction
"""Without a scope nothing is seen, and no connection carries a scope to its next user."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from gridmap.domain.gridkey import Scope, make_key
from gridmap.errors import Forbidden, GridmapError, NotFound, Unavailable
from gridmap.storage.database import Database
from gridmap.storage.models import Base

TOWN = make_key(330681109)
OTHER = make_key(330681110)
TABLES = [str(table) for table in Base.metadata.sorted_tables]

_ROWS = f"""
insert into boundary_versions (version_id, valid_from, source) values (1, '2024-01-01', 'drawn');
insert into grids (grid_key, valid_from, level, code, name_zh, name_en, area_m2, version_id, geom, label_point)
  select k, '2024-01-01', 1, k::text, '镇', 'town', 1, 1,
    'SRID=4326;MULTIPOLYGON(((0 0,1 0,1 1,0 0)))', 'SRID=4326;POINT(0 0)' from unnest(array[{TOWN}, {OTHER}]) k;
insert into grid_predecessors values ({TOWN}, '2024-01-01', 1, 'former', 1);
insert into incidents (uid, domain, occurred_at, stage, grid_key, handler_key, placed_by)
  select 'i' || k, 'dispute', now(), 'accepted', k, k, 'coordinate' from unnest(array[{TOWN}, {OTHER}, 0]) k;
insert into incident_steps (incident_id, at, action) select incident_id, now(), 'accept' from incidents;
insert into teams (code, name_zh, kind, grid_key, mode) values ('t', '队', 'patrol', {TOWN}, 'foot');
insert into team_positions select team_id, now(), {TOWN}, 0, 5, 'SRID=4326;POINT(0 0)' from teams;
insert into migrant_clusters (code, kind, head_count, grid_key, placed_by)
  values ('m', 'housing', 12, {TOWN}, 'coordinate');
insert into organisations (code, name_zh, kind, grid_key, placed_by)
  values ('o', '站', 'centre', {TOWN}, 'coordinate');
insert into roads (road_id, road_class, oneway, geom)
  values ('r', 'path', 'no', 'SRID=4326;LINESTRING(0 0,1 1)');
insert into basemap_features (theme, kind, geom) values ('water', 'river', 'SRID=4326;POINT(0 0)');
insert into workspace_settings values ('name', '"town"');
insert into import_runs (noun, file_name, file_sha256, parameters, rows_total, rows_inserted, rows_updated,
  rows_unchanged, rows_refused) values ('roads', 'f', 'h', '{{}}', 1, 1, 0, 0, 0);
insert into import_mappings values ('roads', 'm', '{{}}');
insert into hotspot_runs (scope_lo, scope_hi, method, since, until, level, seed, parameters, data_sha256, version,
  summary)
  values ({TOWN}, {TOWN}, 'gi', '2026-01-01', '2026-02-01', 3, 0, '{{}}', 'h', '0', '{{}}');
insert into hotspot_features (run_id, rank, label, properties) select run_id, 1, 'hot', '{{}}' from hotspot_runs;
insert into report_runs (kind, scope_lo, scope_hi, since, until, seed, purpose, parameters, data_sha256, file_sha256,
  version) values ('hotspots', {TOWN}, {TOWN}, '2026-01-01', '2026-02-01', 0, 'p', '{{}}', 'h', 'h', '0');
insert into patrols (scope_lo, scope_hi, begins_at, ends_at, seed, iterations, parameters, data_sha256, version,
  summary)
  values ({TOWN}, {TOWN}, '2026-01-01', '2026-01-02', 0, 1, '{{}}', 'h', '0', '{{}}');
insert into patrol_routes (patrol_id, team_code, properties) select patrol_id, 't', '{{}}' from patrols;
insert into patrol_orders (patrol_id, team_code, issued_at) select patrol_id, 't', '2026-01-01' from patrols;
insert into fixed_points (code, name_zh, kind, times, in_use, grid_key, placed_by)
  values ('p', '点', 'school', 1, true, {TOWN}, 'coordinate');
insert into patrol_visits (patrol_id, team_code, stop, arrived_at, evidence)
  select patrol_id, 't', 'H1', '2026-01-01', 'position' from patrols;
insert into patrol_segments select patrol_id, 't', 1, '2026-01-01', '2026-01-01', 1,
  'SRID=4326;LINESTRING(0 0,1 1)' from patrols;
insert into dispatches (incident_id, team_code, mode, road_s, road_m, sent_at)
  select incident_id, 't', 'foot', 1, 1, now() from incidents;
insert into jobs (owner, scope_lo, scope_hi, kind, parameters) values ('keeper', {TOWN}, {TOWN}, 'export', '{{}}');
insert into clinics (grid_key, body_code, kind, on_day, opens, closes)
  values ({TOWN}, 'o', 'outpatient', '2026-01-01', '08:00', '09:00');
insert into projects (code, name_zh, kind, grid_key, geom)
  values ('x', '项目', 'land', {TOWN}, 'SRID=4326;MULTIPOLYGON(((0 0,1 0,1 1,0 0)))');
insert into rulings (code, on_day, question, grid_key) values ('q', '2026-01-01', '问题', {TOWN});
insert into grid_posts (grid_key, title, duty) values ({TOWN}, '网格岗', 'grid_post');
insert into grid_volunteers values ({TOWN}, 'safety', 3);
insert into import_profiles values ('省平台', 'incidents', '{{}}', 'ask', 'keeper');
insert into official_forms (grid_key, form, period, level, made_by, numbers, cases)
  values ({TOWN}, 'disputes', '2026-01', 3, 'keeper', '{{}}', '{{}}');
insert into import_changes (import_run_id, before) select min(import_run_id), '{{}}' from import_runs;
insert into tasks (kind, grid_key, due_on, text, made_by) values ('visit', {TOWN}, '2026-01-01', '走访', 'keeper');
insert into screening_rounds (name, level, root_key, begins_on, ends_on, made_by)
  values ('排查', 3, {TOWN}, '2026-01-01', '2026-01-02', 'keeper');
insert into screening_answers (round_id, grid_key, answer, post, at)
  select round_id, {TOWN}, 'nothing', 'keeper', now() from screening_rounds;
insert into case_days values ({TOWN}, '2026-01-01', 1, 7);
insert into posts (name, role, grid_key) values ('岗', 'auditor', {TOWN});
insert into post_terms select post_id, '2026-01-01' from posts;
insert into sign_in_links select 'l'::bytea, post_id, now(), now() from posts;
insert into sessions (secret_hash, post_id, kind, device) select 's'::bytea, post_id, 'wall', 'd' from posts;
insert into api_tokens (secret_hash, name, role, grid_key, made_by, ends_at)
  values ('t'::bytea, 't', 'auditor', {TOWN}, 'keeper', now());
insert into sign_in_attempts (pair_hash) values ('p'::bytea);
insert into audit (post, role, action, object, outcome, details) values ('岗', 'auditor', 'a', 'o', 'done', '{{}}');
insert into audit_segments (first_seq, last_seq, first_at, last_at, hash) values (1, 1, now(), now(), 'h'::bytea);
"""


@pytest.fixture
def filled(blank: Database) -> Database:
    """At least one row in every table."""
    with blank.owner_engine() as engine, engine.begin() as connection:
        for statement in _ROWS.split(";\n"):
            if statement.strip():
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
