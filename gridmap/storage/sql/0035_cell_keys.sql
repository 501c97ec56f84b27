-- Keys of many cells at once: as cell_key gives them one by one, which reads the secret for each.

set local lock_timeout = '4s';
set local statement_timeout = '5s';

-- It runs as the owner, names everything by its schema, and gives back one number a cell, as cell_key does. A cell's
-- kind is told by its place among the kinds.
create function cell_keys(totals bigint[], kinds text[], which int[]) returns double precision[]
language sql stable strict security definer set search_path = pg_catalog as $$
  select array_agg(
    (('x' || encode(substr(sha256(int8send(mod(t.total, 4294967296)) || secret || convert_to(kinds[t.kind], 'UTF8')),
      1, 6), 'hex'))::bit(48)::bigint / 281474976710656.0)::double precision order by t.n)
  from gridmap.cell_key_secret, unnest(totals, which) with ordinality as t(total, kind, n)
$$;
