-- Posts that serve a grid, with an office's telephone, head-counts of its volunteers, and forms that were handed in.

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


-- Official forms that were handed in: every cell's number, and which cases were in it.
CREATE TABLE official_forms (
    form_id UUID DEFAULT gen_random_uuid() NOT NULL,
    grid_key BIGINT NOT NULL,
    form TEXT NOT NULL,
    period TEXT NOT NULL,
    level BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    numbers JSONB NOT NULL,
    cases JSONB NOT NULL,
    CONSTRAINT pk_official_forms PRIMARY KEY (form_id)
);

CREATE INDEX ix_official_forms_grid_key ON official_forms (grid_key, form, period);

-- Profiles of source systems: how their files are read.
CREATE TABLE import_profiles (
    name TEXT NOT NULL,
    noun TEXT NOT NULL,
    options JSONB NOT NULL,
    unknown TEXT NOT NULL,
    owner TEXT,
    CONSTRAINT pk_import_profiles PRIMARY KEY (name),
    CONSTRAINT ck_import_profiles_unknown CHECK (unknown in ('ask', 'refuse', 'other'))
);

do $$
declare
  name text;
  inside constant text :=
    'grid_key between nullif(current_setting(''gridmap.scope_lo'', true), '''')::bigint'
    ' and nullif(current_setting(''gridmap.scope_hi'', true), '''')::bigint';
begin
  foreach name in array array['grid_posts', 'grid_volunteers', 'official_forms']
  loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy scope on %I using (%s) with check (%s)', name, inside, inside);
  end loop;
  alter table import_profiles enable row level security;
  alter table import_profiles force row level security;
  create policy whole on import_profiles using (
    nullif(current_setting('gridmap.scope_lo', true), '')::bigint = 0
    and nullif(current_setting('gridmap.scope_hi', true), '')::bigint = 99999999999999999
  );
end $$;
