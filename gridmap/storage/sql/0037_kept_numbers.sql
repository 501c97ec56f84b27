-- Digits of a town's day that cases brought with them from another workspace, and that are drawn no more.
set local lock_timeout = '4s';
set local statement_timeout = '5s';

ALTER TABLE case_days ADD COLUMN kept BIGINT[] DEFAULT '{}' NOT NULL;
