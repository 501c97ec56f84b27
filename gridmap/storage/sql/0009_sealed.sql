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
-- village. hidden tells that the transaction may not open the case. Scopes below the village count what they may open.
create function sealed_facts(since timestamptz, before timestamptz) returns table (
  hidden boolean, grid_key bigint, domain text, kind text, stage text, risk text, occurred_at timestamptz,
  reported_at timestamptz, accepted_at timestamptz, due_at timestamptz, closed_at timestamptz, outcome text,
  solved_level bigint, deferred boolean, paused_s bigint, paused_until timestamptz, reopened bigint, found_by text,
  needs_confirmation boolean, followed_up boolean, repeated boolean
) language sql stable security definer rows 100
set search_path = gridmap, pg_catalog set gridmap.counting = 'on' as $$
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
    exists (select from incident_steps t where t.incident_id = s.incident_id and t.action = 'follow_up'
            and t.undone_at is null),
    exists (select from incidents e where e.grid_key = s.grid_key and e.domain = s.domain and e.kind = s.kind
            and e.withdrawn_at is null and e.occurred_at < s.occurred_at
            and e.occurred_at >= s.occurred_at - interval '90 days')
  from seen s where not s.hidden or s.hi - s.lo >= 999
$$;
