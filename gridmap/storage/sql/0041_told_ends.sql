-- How a source says that a case ended, and the headings of a source's own files in their order.
set local lock_timeout = '4s';
set local statement_timeout = '5s';

ALTER TABLE incidents
    ADD COLUMN told_method TEXT,
    ADD COLUMN told_body TEXT,
    ADD COLUMN told_result TEXT,
    ADD COLUMN evaluated_on DATE,
    ADD COLUMN evaluation TEXT;

ALTER TABLE import_profiles ADD COLUMN headings TEXT [];
