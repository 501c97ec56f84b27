-- Revisions before this one whose programs may go on using the schema: the upgrade writes them, an older program reads them.
set local lock_timeout = '4s';
set local statement_timeout = '5s';

ALTER TABLE alembic_version ADD COLUMN serves TEXT[] DEFAULT '{}' NOT NULL;
