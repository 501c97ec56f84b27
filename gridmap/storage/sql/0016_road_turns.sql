-- Turns that wheels may not take at the ends of a road, as its source says them.
set local lock_timeout = '4s';
set local statement_timeout = '5s';

alter table roads add column no_turns text;
