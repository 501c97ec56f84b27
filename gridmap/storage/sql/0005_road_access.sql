-- Who may use a road, as it was said; null where the class of the road decides.
ALTER TABLE roads
    ADD COLUMN access TEXT,
    ADD COLUMN foot TEXT,
    ADD COLUMN bicycle TEXT,
    ADD COLUMN motor_vehicle TEXT,
    ADD COLUMN oneway_bicycle TEXT,
    ADD COLUMN barrier TEXT;

-- Every statement that changes roads gives them a new mark, whoever runs it: a graph that was made under the mark of
-- now is the graph of now. A random one, because a number could come again after a restored backup.
CREATE FUNCTION roads_changed() RETURNS trigger LANGUAGE plpgsql
  SET search_path FROM CURRENT
AS $$
declare
  lo text := current_setting('gridmap.scope_lo', true);
  hi text := current_setting('gridmap.scope_hi', true);
begin
  -- Emptying the table asks no policy, and its mark must change all the same. What the transaction had is put back; where
  -- this fails, it fails with it. A SET clause of the function would need a superuser.
  perform set_config('gridmap.scope_lo', '0', true), set_config('gridmap.scope_hi', '99999999999999999', true);
  insert into workspace_settings (key, value) values ('roads_version', to_jsonb(gen_random_uuid()::text))
  on conflict (key) do update set value = excluded.value;
  perform set_config('gridmap.scope_lo', coalesce(lo, ''), true), set_config('gridmap.scope_hi', coalesce(hi, ''), true);
  return null;
end
$$;

CREATE TRIGGER roads_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON roads
  FOR EACH STATEMENT EXECUTE FUNCTION roads_changed();

-- A statement without rows is one too: roads that are there already get their first mark.
UPDATE roads SET road_id = road_id WHERE false;
