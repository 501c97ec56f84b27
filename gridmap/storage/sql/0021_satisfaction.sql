-- Whether the parties of a solved case are satisfied is asked by lot: a task of its own.
set local lock_timeout = '4s';
set local statement_timeout = '5s';

-- squawk-ignore ban-drop-constraint
alter table tasks drop constraint ck_tasks_kind;
alter table tasks add constraint ck_tasks_kind check (
  kind in ('follow_up', 'visit', 'decision', 'household_visit', 'risk_review', 'confirmation', 'satisfaction')
) not valid;
-- squawk-ignore constraint-missing-not-valid
alter table tasks validate constraint ck_tasks_kind;
