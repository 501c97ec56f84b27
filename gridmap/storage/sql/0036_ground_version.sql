-- Tiles of the ground are good until the ground changes, whatever becomes of cases: grids and the basemap have a mark of
-- their own, as roads have theirs.

set local lock_timeout = '4s';
set local statement_timeout = '5s';

create function ground_touched() returns trigger language plpgsql set search_path = gridmap, pg_catalog as $$
declare
  lo text := current_setting('gridmap.scope_lo', true);
  hi text := current_setting('gridmap.scope_hi', true);
begin
  if not exists (select from touched) then
    return null;
  end if;
  -- Any scope marks, and is itself again after it.
  perform set_config('gridmap.scope_lo', '0', true), set_config('gridmap.scope_hi', '99999999999999999', true);
  insert into workspace_settings (key, value) values ('ground_version', to_jsonb(gen_random_uuid()::text))
  on conflict (key) do update set value = excluded.value;
  perform set_config('gridmap.scope_lo', coalesce(lo, ''), true), set_config('gridmap.scope_hi', coalesce(hi, ''), true);
  return null;
end $$;

do $$
declare
  name text;
begin
  foreach name in array array['grids', 'basemap_features']
  loop
    execute format('create trigger ground_inserted after insert on %I referencing new table as touched'
                   ' for each statement execute function ground_touched()', name);
    execute format('create trigger ground_updated after update on %I referencing old table as touched'
                   ' for each statement execute function ground_touched()', name);
    execute format('create trigger ground_deleted after delete on %I referencing old table as touched'
                   ' for each statement execute function ground_touched()', name);
  end loop;
end $$;
