-- What a forecast said of a week: kept when it is made and never changed, so that it can be held against what came.
set local lock_timeout = '4s';
set local statement_timeout = '5s';

CREATE TABLE forecasts (
    forecast_id BIGINT NOT NULL,
    scope_lo BIGINT NOT NULL,
    scope_hi BIGINT NOT NULL,
    domain TEXT,
    level BIGINT NOT NULL,
    first_day DATE NOT NULL,
    model TEXT NOT NULL,
    comparator TEXT NOT NULL,
    cells JSONB NOT NULL,
    parameters JSONB NOT NULL,
    data_sha256 TEXT NOT NULL,
    version TEXT NOT NULL,
    owner TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_forecasts PRIMARY KEY (forecast_id),
    CONSTRAINT ck_forecasts_scope CHECK (scope_lo <= scope_hi),
    CONSTRAINT uq_forecasts_first_day UNIQUE NULLS NOT DISTINCT (first_day, scope_lo, scope_hi, level, domain)
);

create sequence forecasts_spread owned by forecasts.forecast_id;
do $$ begin
  execute format('alter table forecasts alter column forecast_id set default spread(nextval(%L), 15, %L)',
                 'gridmap.forecasts_spread', gen_random_uuid());
end $$;

do $$
declare
  inside constant text :=
    'scope_lo >= nullif(current_setting(''gridmap.scope_lo'', true), '''')::bigint'
    ' and scope_hi <= nullif(current_setting(''gridmap.scope_hi'', true), '''')::bigint';
begin
  alter table forecasts enable row level security;
  alter table forecasts force row level security;
  execute format('create policy scope on forecasts using (%s) with check (%s)', inside, inside);
end $$;
