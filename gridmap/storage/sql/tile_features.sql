-- A theme of the basemap. Cells are ranges of integers: a policy keeps && from using an index, and lets it check again.
with near as materialized (
  select s.*
  from unnest(cast(:lo as bigint[]), cast(:hi as bigint[]), cast(:first as bigint[]), cast(:last as bigint[]))
         as c (lo, hi, first, last)
    -- One search of the index a range: what is estimated of many together would choose to read everything.
    cross join lateral (
      select f.kind, f.name_zh, f.name_en, f.rank, f.width_m, f.geom from basemap_features f
      where f.theme = :theme and f.min_zoom <= :z
        and f.cell_key between c.lo and c.hi and f.cell_zoom between c.first and c.last
      offset 0
    ) s
),
tile as materialized (
  select box, ST_Transform(ST_Expand(box, (ST_XMax(box) - ST_XMin(box)) / 64), 4326) as reach
  from ST_TileEnvelope(:z, :x, :y) as box
),
-- Whether a shape is none is asked of what was made: not materialized, each would be made twice.
shapes as materialized (
  select n.kind, n.name_zh, n.name_en, n.rank, n.width_m,
         ST_AsMVTGeom(ST_Transform(n.geom, 3857), tile.box, 4096, 64, true) as geom
  from near n, tile
  where n.geom && tile.reach
)
select ST_AsMVT(shapes, cast(:theme as text), 4096, 'geom') from shapes where geom is not null
