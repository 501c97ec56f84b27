-- Counts of cases by village and town, day, domain, seal and whether they are open: kept beside the cases, so that what
-- asks for everything reads some thousand rows and not a million. Every statement that writes cases adds what it changed
-- as new rows, so that writers never wait for each other; these are folded into the counts later. Both together are true.

set local lock_timeout = '4s';
set local statement_timeout = '5s';

-- days[n] is how many cases of the year happened from first_day to its n-th day on, so a period is two look-ups.
CREATE TABLE case_counts (
    level BIGINT NOT NULL,
    scope_lo BIGINT NOT NULL,
    scope_hi BIGINT NOT NULL,
    year BIGINT NOT NULL,
    domain TEXT NOT NULL,
    sealed BOOLEAN NOT NULL,
    open BOOLEAN NOT NULL,
    first_day DATE NOT NULL,
    -- A village has fewer than two thousand million cases a year; half the room keeps a row within a page's fifth.
    -- squawk-ignore prefer-bigint-over-int
    days INTEGER[] NOT NULL,
    CONSTRAINT pk_case_counts PRIMARY KEY (level, scope_lo, year, domain, sealed, open),
    CONSTRAINT ck_case_counts_level CHECK (level in (1, 3))
);

CREATE TABLE case_count_changes (
    change_id UUID DEFAULT gen_random_uuid() NOT NULL,
    scope_lo BIGINT NOT NULL,
    scope_hi BIGINT NOT NULL,
    occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
    domain TEXT NOT NULL,
    sealed BOOLEAN NOT NULL,
    open BOOLEAN NOT NULL,
    n BIGINT NOT NULL,
    CONSTRAINT pk_case_count_changes PRIMARY KEY (change_id)
);

-- Seen by scopes that hold the whole of a count and more than one village: a village's own counts leave out cases that
-- these have. Whoever writes a case in a part of a village adds a change to the village.
do $$
declare
  name text;
  lo constant text := 'nullif(current_setting(''gridmap.scope_lo'', true), '''')::bigint';
  hi constant text := 'nullif(current_setting(''gridmap.scope_hi'', true), '''')::bigint';
  inside constant text := format('scope_lo >= %1$s and scope_hi <= %2$s and %2$s - %1$s > 999', lo, hi);
  of_village constant text := format('scope_lo >= %1$s - %1$s %% 1000 and scope_hi <= %2$s - %2$s %% 1000 + 999', lo, hi);
begin
  foreach name in array array['case_counts', 'case_count_changes']
  loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
  end loop;
  execute format('create policy scope on case_counts using (%s) with check (%s)', inside, inside);
  execute format('create policy scope on case_count_changes using (%s) with check (%s)', inside, of_village);
end $$;

-- One statement's changes. What did not move from one count to another leaves nothing.
create function count_cases() returns trigger language plpgsql set search_path = gridmap, pg_catalog as $$
begin
  if tg_op = 'INSERT' then
    insert into case_count_changes (scope_lo, scope_hi, occurred_at, domain, sealed, open, n)
    select grid_key - grid_key % 1000, grid_key - grid_key % 1000 + 999, occurred_at, domain, sealed,
      stage not in ('resolved', 'unsolved', 'archived'), count(*)
    from after where withdrawn_at is null group by 1, 2, 3, 4, 5, 6;
  elsif tg_op = 'DELETE' then
    insert into case_count_changes (scope_lo, scope_hi, occurred_at, domain, sealed, open, n)
    select grid_key - grid_key % 1000, grid_key - grid_key % 1000 + 999, occurred_at, domain, sealed,
      stage not in ('resolved', 'unsolved', 'archived'), -count(*)
    from before where withdrawn_at is null group by 1, 2, 3, 4, 5, 6;
  else
    insert into case_count_changes (scope_lo, scope_hi, occurred_at, domain, sealed, open, n)
    select grid_key - grid_key % 1000, grid_key - grid_key % 1000 + 999, occurred_at, domain, sealed,
      stage not in ('resolved', 'unsolved', 'archived'), sum(n)
    from (
      select grid_key, occurred_at, domain, sealed, stage, 1 as n from after where withdrawn_at is null
      union all
      select grid_key, occurred_at, domain, sealed, stage, -1 from before where withdrawn_at is null
    ) moved group by 1, 2, 3, 4, 5, 6 having sum(n) <> 0;
  end if;
  return null;
end $$;
create trigger count_added after insert on incidents referencing new table as after
  for each statement execute function count_cases();
create trigger count_changed after update on incidents referencing old table as before new table as after
  for each statement execute function count_cases();
create trigger count_deleted after delete on incidents referencing old table as before
  for each statement execute function count_cases();

-- The course of a year from its counts by day: how many up to each day, from the first of them to the last.
create function course_of(on_days date[], counts bigint[]) returns int[] language sql immutable parallel safe
set search_path = pg_catalog as $$
  with told as materialized (select day, n from unnest(on_days, counts) as t(day, n)),
  ends as (select min(day) as first, max(day) - min(day) as width from told)
  select array_agg(upto order by i) from (
    select i, (sum(coalesce(n, 0)) over (order by i))::int as upto
    from ends cross join lateral generate_series(0, width) i left join told on told.day = first + i
  ) c
$$;

create function courses_added(first_a date, a int[], first_b date, b int[]) returns int[]
language sql immutable parallel safe set search_path = pg_catalog as $$
  select array_agg(coalesce(a[least(d - first_a + 1, cardinality(a))], 0)
                 + coalesce(b[least(d - first_b + 1, cardinality(b))], 0) order by d)
  from (
    select least(first_a, first_b) + i as d
    from generate_series(0, greatest(first_a + cardinality(a), first_b + cardinality(b)) - least(first_a, first_b) - 1) i
  ) days
$$;
