-- Streets and banks that patrols walk as lines, and points to which people go on foot.
set local lock_timeout = '4s';
set local statement_timeout = '5s';

ALTER TABLE fixed_points
    ADD COLUMN line geometry(LINESTRING,4326),
    ADD COLUMN direction TEXT DEFAULT 'either' NOT NULL,
    ADD COLUMN on_foot BOOLEAN DEFAULT false NOT NULL;
