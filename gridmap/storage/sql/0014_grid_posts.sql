-- Posts that serve a grid, with an office's telephone, and head-counts of its volunteers.

set local lock_timeout = '4s';
set local statement_timeout = '5s';

CREATE TABLE grid_posts (
    grid_key BIGINT NOT NULL,
    title TEXT NOT NULL,
    duty TEXT NOT NULL,
    phone TEXT,
    hours JSONB,
    CONSTRAINT pk_grid_posts PRIMARY KEY (grid_key, title)
);

CREATE TABLE grid_volunteers (
    grid_key BIGINT NOT NULL,
    role TEXT NOT NULL,
    n BIGINT NOT NULL,
    CONSTRAINT pk_grid_volunteers PRIMARY KEY (grid_key, role),
    CONSTRAINT ck_grid_volunteers_n CHECK (n > 0)
);

do $$
declare
  name text;
  inside constant text :=
    'grid_key between nullif(current_setting(''gridmap.scope_lo'', true), '''')::bigint'
    ' and nullif(current_setting(''gridmap.scope_hi'', true), '''')::bigint';
begin
  foreach name in array array['grid_posts', 'grid_volunteers']
  loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy scope on %I using (%s) with check (%s)', name, inside, inside);
  end loop;
end $$;
