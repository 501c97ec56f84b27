-- Record keys for the cell-key method, and the workspace's secret that turns their sum into a cell's key.

set local lock_timeout = '4s';
set local statement_timeout = '5s';

-- Drawn from the system's source of randomness; 32 bits that are wholly random in a version 4 UUID.
create function new_record_key() returns bigint language sql volatile set search_path = pg_catalog as $$
  select ('x' || left(replace(gen_random_uuid()::text, '-', ''), 8))::bit(32)::bigint
$$;

alter table incidents add column record_key bigint;
alter table incidents alter column record_key set default new_record_key();

create table cell_key_secret (
  secret_id bigint not null,
  secret bytea not null,
  constraint pk_cell_key_secret primary key (secret_id),
  constraint ck_cell_key_secret_secret_id check (secret_id = 1)
);
insert into cell_key_secret values (
  1, decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex')
);
alter table cell_key_secret enable row level security;
alter table cell_key_secret force row level security;
-- Nobody but the owner has any right on the table; the owner is bound by policies, too, and reads it for a scope.
create policy scope on cell_key_secret for select
  using (nullif(current_setting('gridmap.scope_lo', true), '') is not null);

-- The sum of record keys modulo one, mixed with the secret and the kind of the cell: who learns the record keys cannot
-- tell the noise, and two cells of different kinds do not tell by equal noise that they hold the same records. It runs as
-- the owner, names everything by its schema, and gives back one number.
create function cell_key(total numeric, kind text) returns double precision
language sql stable strict security definer set search_path = pg_catalog as $$
  select ('x' || encode(substr(sha256(int8send(mod(total, 4294967296)::bigint) || secret || convert_to(kind, 'UTF8')),
    1, 6), 'hex'))::bit(48)::bigint / 281474976710656.0
  from gridmap.cell_key_secret
$$;

-- What counts know of sealed cases is their key, too: perturbed sums by the village hold them as true ones do.
-- squawk-ignore ban-drop-function
drop function sealed_facts(timestamptz, timestamptz, boolean);
create function sealed_facts(since timestamptz, before timestamptz, more boolean default false) returns table (
  hidden boolean, grid_key bigint, domain text, kind text, stage text, risk text, occurred_at timestamptz,
  reported_at timestamptz, accepted_at timestamptz, due_at timestamptz, closed_at timestamptz, outcome text,
  solved_level bigint, deferred boolean, paused_s bigint, paused_until timestamptz, reopened bigint, found_by text,
  needs_confirmation boolean, record_key bigint, followed_up boolean, repeated boolean
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
    s.paused_until, s.reopened, s.found_by, s.needs_confirmation, s.record_key,
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

-- Runs keep what a person with the scope sees and what leaves the house side by side.
alter table hotspot_features add column counts text default 'true' not null;
-- squawk-ignore constraint-missing-not-valid
alter table hotspot_features add constraint ck_hotspot_features_counts check (counts in ('true', 'perturbed'));
-- squawk-ignore ban-drop-constraint
alter table hotspot_features drop constraint pk_hotspot_features;
-- squawk-ignore constraint-missing-not-valid, adding-serial-primary-key-field
alter table hotspot_features add constraint pk_hotspot_features primary key (run_id, counts, rank);
