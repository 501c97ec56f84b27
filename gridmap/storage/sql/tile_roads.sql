-- Roads, which of them by zoom: see tiles.py. Cells are ranges of integers, as for the basemap.
with near as materialized (
  select s.*
  from unnest(cast(:lo as bigint[]), cast(:hi as bigint[]), cast(:first as bigint[]), cast(:last as bigint[]))
         as c (lo, hi, first, last)
    -- One search of the index a range: what is estimated of many together would choose to read everything.
    cross join lateral (
      select r.road_class as class, r.name_zh, r.oneway, r.bridge, r.geom from roads r
      where {shown}
        and r.cell_key between c.lo and c.hi and r.cell_zoom between c.first and c.last
      offset 0
    ) s
),
tile as materialized (
  select box, ST_Transform(ST_Expand(box, (ST_XMax(box) - ST_XMin(box)) / 64), 4326) as reach
  from ST_TileEnvelope(:z, :x, :y) as box
),
-- Whether a shape is none is asked of what was made: not materialized, each would be made twice.
shapes as materialized (
  select n.class, n.name_zh, n.oneway, n.bridge,
         ST_AsMVTGeom(ST_Transform(n.geom, 3857), tile.box, 4096, 64, true) as geom
  from near n, tile
  where n.geom && tile.reach
)
select ST_AsMVT(shapes, 'roads', 4096, 'geom') from shapes where geom is not null
