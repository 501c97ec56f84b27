"""A row of every table, in words that every schema so far takes which has the table."""

from __future__ import annotations

from gridmap.domain.gridkey import make_key

TOWN = make_key(330681109)
OTHER = make_key(330681110)

_ROWS = f"""
insert into boundary_versions (version_id, valid_from, source) values (1, '2024-01-01', 'drawn');
insert into grids (grid_key, valid_from, level, code, name_zh, name_en, area_m2, version_id, geom, label_point)
  select k, '2024-01-01', 1, k::text, '镇', 'town', 1, 1,
    'SRID=4326;MULTIPOLYGON(((0 0,1 0,1 1,0 0)))', 'SRID=4326;POINT(0 0)' from unnest(array[{TOWN}, {OTHER}]) k;
insert into grid_predecessors values ({TOWN}, '2024-01-01', 1, 'former', 1);
insert into incidents (uid, domain, occurred_at, stage, grid_key, handler_key, placed_by)
  select 'i' || k, 'dispute', now(), 'accepted', k, k, 'coordinate' from unnest(array[{TOWN}, {OTHER}, 0]) k;
insert into incident_steps (incident_id, at, action) select incident_id, now(), 'accept' from incidents;
insert into case_photos (incident_id, uid, picture, width, height, post)
  select incident_id, gen_random_uuid(), 'p', 1, 1, 'desk' from incidents;
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
insert into forecasts (scope_lo, scope_hi, level, first_day, model, comparator, cells, parameters, data_sha256, version)
  values ({TOWN}, {TOWN}, 3, '2026-01-05', 'blend', 'count', '{{}}', '{{}}', 'h', '0');
insert into report_runs (kind, scope_lo, scope_hi, since, until, seed, purpose, parameters, data_sha256, file_sha256,
  version) values ('hotspots', {TOWN}, {TOWN}, '2026-01-01', '2026-02-01', 0, 'p', '{{}}', 'h', 'h', '0');
insert into patrols (scope_lo, scope_hi, begins_at, ends_at, seed, iterations, parameters, data_sha256, version,
  summary)
  values ({TOWN}, {TOWN}, '2026-01-01', '2026-01-02', 0, 1, '{{}}', 'h', '0', '{{}}');
insert into rosters (scope_lo, scope_hi, first_day, duties, edits, seed, parameters, data_sha256, version, summary)
  values ({TOWN}, {TOWN}, '2026-01-05', '{{}}', '[]', 0, '{{}}', 'h', '0', '{{}}');
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
insert into case_counts values (1, {TOWN}, {TOWN} + 99999999, 2026, 'dispute', false, true, '2026-01-01', '{{1}}');
insert into case_count_changes (scope_lo, scope_hi, occurred_at, domain, sealed, open, n)
  values ({TOWN}, {TOWN} + 999, now(), 'dispute', false, true, 1);
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

A_ROW_OF_EACH = {
    statement.split()[2]: statement for statement in map(str.strip, _ROWS.split(";\n")) if statement
}
"""Statement that fills a table, by its name, parents first."""
