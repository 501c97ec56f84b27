-- Fold some of the changes into the counts; in one statement, so that everybody sees each change in one place.
with gone as (
  delete from case_count_changes where change_id in (select change_id from case_count_changes limit :most)
  returning scope_lo, timezone(:zone, occurred_at)::date as day, domain, sealed, open, n
), by_day as (
  select w.level, g.scope_lo - g.scope_lo % w.size as lo, g.scope_lo - g.scope_lo % w.size + w.size - 1 as hi,
    extract(year from g.day)::bigint as year, g.domain, g.sealed, g.open, g.day, sum(g.n)::bigint as n
  from gone g cross join (values (3, 1000::bigint), (1, 100000000::bigint)) as w(level, size)
  group by 1, 2, 3, 4, 5, 6, 7, 8 having sum(g.n) <> 0
), folded as (
  insert into case_counts as kept (level, scope_lo, scope_hi, year, domain, sealed, open, first_day, days)
  select level, lo, hi, year, domain, sealed, open, min(day), course_of(array_agg(day), array_agg(n))
  from by_day group by level, lo, hi, year, domain, sealed, open
  on conflict on constraint pk_case_counts do update set
    first_day = least(kept.first_day, excluded.first_day),
    days = courses_added(kept.first_day, kept.days, excluded.first_day, excluded.days)
)
select count(*) from gone
