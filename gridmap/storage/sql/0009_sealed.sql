-- Sealed cases: hidden by the database from whoever may not open them, counted by the village only.

set local lock_timeout = '4s';
set local statement_timeout = '5s';

-- The database computes the seal itself, so that no import and no bulk work can leave it out. The upgrade has the
-- workspace to itself, and its own limit of time while the table is written again.
set local statement_timeout = '30min';
alter table incidents
  add column sealed_by_risk boolean default false not null,
  add column reporter_hidden boolean default false not null;
-- squawk-ignore adding-field-with-default
alter table incidents add column sealed boolean generated always as (
  sealed_by_risk or domain || '.' || coalesce(kind, '') in ('dispute.01', 'dispute.13', 'emergency.search', 'policing.child_abuse', 'policing.domestic_violence',
    'policing.fight', 'policing.lost', 'social_service.elder_care', 'social_service.schooling')
) stored not null;
set local statement_timeout = '5s';

-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_incidents_sealed ON incidents (grid_key, occurred_at) WHERE sealed;

-- At most two posts of the workspace open every sealed case in their grids.
alter table posts add column opens_sealed boolean default false not null;

create function two_open_sealed() returns trigger language plpgsql set search_path = gridmap, pg_catalog as $$
begin
  perform pg_advisory_xact_lock(1635083370);
  if (select count(*) from posts where opens_sealed) > 2 then
    raise check_violation using constraint = 'ck_posts_two_open_sealed';
  end if;
  return null;
end $$;
create trigger two_open_sealed after insert or update of opens_sealed on posts
  for each statement execute function two_open_sealed();

-- gridmap.opens names what the transaction may open: -1 all, a grid's key its own, nothing where it is not set.
-- gridmap.counting is set by the function below alone, for as long as it runs.
create policy sealed on incidents as restrictive using (
  not sealed
  or nullif(current_setting('gridmap.opens', true), '')::bigint = -1
  or handler_key = nullif(current_setting('gridmap.opens', true), '')::bigint
  or awaiting_key = nullif(current_setting('gridmap.opens', true), '')::bigint
  or current_setting('gridmap.counting', true) = 'on'
);

-- A case in which the village's committee is a party is hidden from every post of that village, and not counted there.
create policy committee on incidents as restrictive using (
  not committee_is_party
  or grid_key % 1000000 = 0
  or nullif(current_setting('gridmap.scope_lo', true), '')::bigint < grid_key - grid_key % 1000
  or nullif(current_setting('gridmap.scope_hi', true), '')::bigint >= grid_key - grid_key % 1000 + 1000
);

-- Whoever sees a case sees what is to be done in it, and nobody else does.
create policy of_case on tasks as restrictive using (
  incident_id is null or exists (select from incidents i where i.incident_id = tasks.incident_id)
);
create policy handling on tasks for select using (
  incident_id is not null and exists (select from incidents i where i.incident_id = tasks.incident_id)
);

-- What counts know of sealed cases: the village, the kind, times and state. No number, no text, no place below the
-- village; what else was done in them (followed_up, repeated) only where more is asked for, since it costs. hidden tells that the transaction may not open the case. Scopes below the village count what they may open.
create function sealed_facts(since timestamptz, before timestamptz, more boolean default false) returns table (
  hidden boolean, grid_key bigint, domain text, kind text, stage text, risk text, occurred_at timestamptz,
  reported_at timestamptz, accepted_at timestamptz, due_at timestamptz, closed_at timestamptz, outcome text,
  solved_level bigint, deferred boolean, paused_s bigint, paused_until timestamptz, reopened bigint, found_by text,
  needs_confirmation boolean, followed_up boolean, repeated boolean
) language plpgsql stable rows 100
set search_path = gridmap, pg_catalog as $$
#variable_conflict use_column
begin
  -- A function's own SET of a setting like this one is for superusers alone.
  perform set_config('gridmap.counting', 'on', true);
  return query
  with asker as materialized (
    select nullif(current_setting('gridmap.scope_lo', true), '')::bigint as lo,
      nullif(current_setting('gridmap.scope_hi', true), '')::bigint as hi,
      nullif(current_setting('gridmap.opens', true), '')::bigint as opens
  ), seen as (
    select i.*, not coalesce(a.opens = -1 or i.handler_key = a.opens or i.awaiting_key = a.opens, false) as hidden, a.lo, a.hi
    from asker a join incidents i on i.grid_key between a.lo and a.hi
    where i.sealed and i.withdrawn_at is null
      and i.occurred_at >= coalesce(since, '-infinity') and i.occurred_at < coalesce(before, 'infinity')
  )
  select s.hidden, greatest(s.grid_key - s.grid_key % 1000, s.lo), s.domain, s.kind, s.stage, s.risk, s.occurred_at,
    s.reported_at, s.accepted_at, s.due_at, s.closed_at, s.outcome, s.solved_level, s.deferred, s.paused_s,
    s.paused_until, s.reopened, s.found_by, s.needs_confirmation,
    case when more then exists (
      select from incident_steps t where t.incident_id = s.incident_id and t.action = 'follow_up' and t.undone_at is null)
    end,
    case when more then exists (
      select from incidents e where e.grid_key = s.grid_key and e.domain = s.domain and e.kind = s.kind
        and e.withdrawn_at is null and e.occurred_at < s.occurred_at
        and e.occurred_at >= s.occurred_at - interval '90 days')
    end
  from seen s where not s.hidden or s.hi - s.lo >= 999;
  perform set_config('gridmap.counting', '', true);
end $$;

-- Numbers that do not count. A sequence told whoever saw two of its numbers how much there was between them, in other
-- scopes too. New numbers are those of the sequence, spread by a cipher with a key that is the workspace's own: four
-- rounds of Feistel's network over 2 * half bits, so none comes twice. They begin above 2 ^ (2 * half), where no older
-- number is, so older addresses stay.
create function spread(n bigint, half int, key text) returns bigint language plpgsql immutable strict parallel safe
set search_path = pg_catalog as $$
declare
  mask constant bigint := (1::bigint << half) - 1;
  l bigint := n >> half & mask;
  r bigint := n & mask;
  mixed bigint;
begin
  for round in 1..4 loop
    mixed := l # (('x' || encode(substr(sha256(convert_to(key || round || ':' || r, 'UTF8')), 1, 5), 'hex'))::bit(40)::bigint
                  & mask);
    l := r;
    r := mixed;
  end loop;
  return (l << half | r) + (1::bigint << 2 * half);
end $$;

do $$
declare
  told record;
begin
  for told in
    select * from (values
      ('incidents', 'incident_id', 20), ('incident_steps', 'step_id', 20), ('tasks', 'task_id', 15),
      ('dispatches', 'dispatch_id', 15), ('hotspot_runs', 'run_id', 15), ('patrols', 'patrol_id', 15),
      ('patrol_visits', 'visit_id', 15), ('report_runs', 'report_id', 15), ('clinics', 'clinic_id', 15)
    ) as t(name, id, half)
  loop
    execute format('alter table %I alter column %I drop identity', told.name, told.id);
    execute format('create sequence %I owned by %I.%I', told.name || '_spread', told.name, told.id);
    execute format('alter table %I alter column %I set default spread(nextval(%L), %s, %L)', told.name, told.id,
                   'gridmap.' || told.name || '_spread', told.half, gen_random_uuid());
  end loop;
end $$;

-- Whose a run, plan, report or mapping is: a post's name, as jobs have it; unknown for older ones.
alter table hotspot_runs add column owner text;
alter table patrols add column owner text;
alter table report_runs add column owner text;
alter table import_mappings add column owner text;

-- A run that a plan names is not deleted under it; the plans of one's own scope give it up first.
-- squawk-ignore ban-drop-constraint
alter table patrols drop constraint fk_patrols_hotspot_run_id;
alter table patrols add constraint fk_patrols_hotspot_run_id
  foreign key (hotspot_run_id) references hotspot_runs (run_id) on delete restrict not valid;
-- squawk-ignore constraint-missing-not-valid
alter table patrols validate constraint fk_patrols_hotspot_run_id;

-- The number that a source gave to a case, where the same one is another case's in a scope that was not seen: kept with
-- the case's own number behind it, so that nobody is told of the other.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX ix_incidents_uid_given ON incidents (left(uid, -25)) WHERE right(uid, 25) = ' (' || number || ')';
