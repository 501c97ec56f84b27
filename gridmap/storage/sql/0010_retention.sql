-- Retention: closed segments of the audit that were dropped leave their hashes; a case's text may expire.

set local lock_timeout = '4s';
set local statement_timeout = '5s';

CREATE TABLE audit_segments (
    last_seq BIGINT NOT NULL,
    first_seq BIGINT NOT NULL,
    first_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_at TIMESTAMP WITH TIME ZONE NOT NULL,
    hash BYTEA NOT NULL,
    dropped_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_audit_segments PRIMARY KEY (last_seq),
    CONSTRAINT ck_audit_segments_rows CHECK (first_seq <= last_seq)
);

alter table audit_segments enable row level security;
alter table audit_segments force row level security;
create policy whole on audit_segments using (
  nullif(current_setting('gridmap.scope_lo', true), '')::bigint = 0
  and nullif(current_setting('gridmap.scope_hi', true), '')::bigint = 99999999999999999);

alter table incidents add column text_expired_at timestamptz;
