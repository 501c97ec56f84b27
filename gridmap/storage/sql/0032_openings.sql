-- What a case without steps has of the town: whose desk has it where it lies in no grid, and limits where none were told.
set local lock_timeout = '4s';
set local statement_timeout = '5s';

ALTER TABLE incidents
    ADD COLUMN opened_key BIGINT,
    ADD COLUMN opened_act_due_at TIMESTAMPTZ,
    ADD COLUMN opened_due_at TIMESTAMPTZ;
