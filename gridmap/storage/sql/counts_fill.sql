-- Count every case anew: by village, and by town.
insert into case_counts (level, scope_lo, scope_hi, year, domain, sealed, open, first_day, days)
select level, lo, hi, year, domain, sealed, open, min(day), course_of(array_agg(day), array_agg(n))
from (
  select w.level, c.grid_key - c.grid_key % w.size as lo, c.grid_key - c.grid_key % w.size + w.size - 1 as hi,
    extract(year from c.day)::bigint as year, c.domain, c.sealed, c.open, c.day, sum(c.n)::bigint as n
  from (
    select grid_key - grid_key % 1000 as grid_key, timezone(:zone, occurred_at)::date as day, domain, sealed,
      stage not in ('resolved', 'unsolved', 'archived') as open, count(*) as n
    from incidents where withdrawn_at is null group by 1, 2, 3, 4, 5
  ) c cross join (values (3, 1000::bigint), (1, 100000000::bigint)) as w(level, size)
  group by 1, 2, 3, 4, 5, 6, 7, 8
) by_day
group by level, lo, hi, year, domain, sealed, open
