-- Plans that were issued to their teams, and whether these took note; check-ins by the code at the place.
set local lock_timeout = '4s';
set local statement_timeout = '5s';

CREATE TABLE patrol_orders (
    patrol_id BIGINT NOT NULL,
    team_code TEXT NOT NULL,
    issued_at TIMESTAMP WITH TIME ZONE NOT NULL,
    issued_by TEXT,
    noted_at TIMESTAMP WITH TIME ZONE,
    noted_by TEXT,
    CONSTRAINT pk_patrol_orders PRIMARY KEY (patrol_id, team_code),
    CONSTRAINT fk_patrol_orders_patrol_id FOREIGN KEY(patrol_id) REFERENCES patrols (patrol_id) ON DELETE CASCADE
);

alter table patrol_orders enable row level security;
alter table patrol_orders force row level security;
create policy scope on patrol_orders
  using (exists (select from patrols p where p.patrol_id = patrol_orders.patrol_id))
  with check (exists (select from patrols p where p.patrol_id = patrol_orders.patrol_id));

alter table patrol_visits add column on_spot boolean not null default false;
