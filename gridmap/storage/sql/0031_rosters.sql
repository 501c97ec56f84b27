-- A week's roster of teams over named shifts: as it was made, and as it was changed by hand.
set local lock_timeout = '4s';
set local statement_timeout = '5s';

CREATE TABLE rosters (
    roster_id BIGINT NOT NULL,
    scope_lo BIGINT NOT NULL,
    scope_hi BIGINT NOT NULL,
    first_day DATE NOT NULL,
    duties JSONB NOT NULL,
    edits JSONB NOT NULL,
    seed BIGINT NOT NULL,
    parameters JSONB NOT NULL,
    data_sha256 TEXT NOT NULL,
    version TEXT NOT NULL,
    summary JSONB NOT NULL,
    owner TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_rosters PRIMARY KEY (roster_id),
    CONSTRAINT ck_rosters_scope CHECK (scope_lo <= scope_hi)
);

CREATE INDEX ix_rosters_first_day ON rosters (first_day);

create sequence rosters_spread owned by rosters.roster_id;
do $$ begin
  execute format('alter table rosters alter column roster_id set default spread(nextval(%L), 15, %L)',
                 'gridmap.rosters_spread', gen_random_uuid());
end $$;

do $$
declare
  inside constant text :=
    'scope_lo >= nullif(current_setting(''gridmap.scope_lo'', true), '''')::bigint'
    ' and scope_hi <= nullif(current_setting(''gridmap.scope_hi'', true), '''')::bigint';
begin
  alter table rosters enable row level security;
  alter table rosters force row level security;
  execute format('create policy scope on rosters using (%s) with check (%s)', inside, inside);
end $$;
