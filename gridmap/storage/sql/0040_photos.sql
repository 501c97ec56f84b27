-- Photos of a case: made anew without what the camera wrote beside them.
set local lock_timeout = '4s';
set local statement_timeout = '5s';

CREATE TABLE case_photos (
    photo_id BIGINT NOT NULL,
    incident_id BIGINT NOT NULL,
    uid UUID NOT NULL,
    picture BYTEA NOT NULL,
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    post TEXT NOT NULL,
    added_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_case_photos PRIMARY KEY (photo_id),
    CONSTRAINT fk_case_photos_incident_id FOREIGN KEY(incident_id) REFERENCES incidents (incident_id) ON DELETE CASCADE
);

CREATE INDEX ix_case_photos_incident_id ON case_photos (incident_id);
CREATE UNIQUE INDEX uq_case_photos_uid ON case_photos (uid);

create sequence case_photos_spread owned by case_photos.photo_id;
do $$ begin
  execute format('alter table case_photos alter column photo_id set default spread(nextval(%L), 15, %L)',
                 'gridmap.case_photos_spread', gen_random_uuid());
end $$;

alter table case_photos enable row level security;
alter table case_photos force row level security;
create policy scope on case_photos
  using (exists (select from incidents i where i.incident_id = case_photos.incident_id))
  with check (exists (select from incidents i where i.incident_id = case_photos.incident_id));
