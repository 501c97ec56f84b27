-- Jobs: work that costs more than an answer may take, done by workers beside the server.

set local lock_timeout = '4s';
set local statement_timeout = '5s';

CREATE TABLE jobs (
    job_id UUID DEFAULT gen_random_uuid() NOT NULL,
    owner TEXT NOT NULL,
    scope_lo BIGINT NOT NULL,
    scope_hi BIGINT NOT NULL,
    kind TEXT NOT NULL,
    parameters JSONB NOT NULL,
    state TEXT DEFAULT 'queued' NOT NULL,
    step TEXT DEFAULT 'wait' NOT NULL,
    done BIGINT DEFAULT 0 NOT NULL,
    total BIGINT DEFAULT 1 NOT NULL,
    so_far JSONB,
    result JSONB,
    error JSONB,
    file_name TEXT,
    attempts BIGINT DEFAULT 0 NOT NULL,
    worker_key BIGINT,
    worker TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE,
    heartbeat_at TIMESTAMP WITH TIME ZONE,
    cancel_asked_at TIMESTAMP WITH TIME ZONE,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_jobs PRIMARY KEY (job_id),
    CONSTRAINT ck_jobs_scope CHECK (scope_lo <= scope_hi),
    CONSTRAINT ck_jobs_state CHECK (state in ('queued', 'running', 'done', 'failed', 'cancelled')),
    CONSTRAINT ck_jobs_worker CHECK ((state = 'running') = (worker_key is not null)),
    CONSTRAINT ck_jobs_end CHECK ((state in ('done', 'failed', 'cancelled')) = (ended_at is not null))
);

CREATE INDEX ix_jobs_state_created_at ON jobs (state, created_at);
CREATE INDEX ix_jobs_owner_created_at ON jobs (owner, created_at);

-- A job tells of the whole subtree that it works on, so it is shown only to a scope that holds all of that subtree.
alter table jobs enable row level security;
alter table jobs force row level security;
create policy scope on jobs
  using (scope_lo >= nullif(current_setting('gridmap.scope_lo', true), '')::bigint
         and scope_hi <= nullif(current_setting('gridmap.scope_hi', true), '')::bigint)
  with check (scope_lo >= nullif(current_setting('gridmap.scope_lo', true), '')::bigint
              and scope_hi <= nullif(current_setting('gridmap.scope_hi', true), '')::bigint);
