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

-- Runs keep what a person with the scope sees and what leaves the house side by side.
alter table hotspot_features add column counts text default 'true' not null;
-- squawk-ignore constraint-missing-not-valid
alter table hotspot_features add constraint ck_hotspot_features_counts check (counts in ('true', 'perturbed'));
-- squawk-ignore ban-drop-constraint
alter table hotspot_features drop constraint pk_hotspot_features;
-- squawk-ignore constraint-missing-not-valid, adding-serial-primary-key-field
alter table hotspot_features add constraint pk_hotspot_features primary key (run_id, counts, rank);
