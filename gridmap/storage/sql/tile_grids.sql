-- Outlines, and one label point a grid in a layer of its own. A level is drawn from the zoom on where it can be read.
-- Cells are ranges of integers: a policy keeps && from using an index, and lets it check again.
with tile as materialized (
  select box, ST_Transform(box, 4326) as inside,
    ST_Transform(ST_Expand(box, (ST_XMax(box) - ST_XMin(box)) / 64), 4326) as reach
  from ST_TileEnvelope(:z, :x, :y) as box
),
shapes as materialized (
  select s.*
  from unnest(cast(:levels as smallint[])) as l (level),
       unnest(cast(:lo as bigint[]), cast(:hi as bigint[]), cast(:first as bigint[]), cast(:last as bigint[]))
         as c (lo, hi, first, last),
       -- One search of the index a range: what is estimated of many together would choose to read everything.
       lateral (
         select g.grid_key, g.level, g.name_zh, g.name_en, g.geom, g.label_point from grids g
         where g.level = l.level and g.valid_to is null
           and g.cell_key between c.lo and c.hi and g.cell_zoom between c.first and c.last
         offset 0
       ) s
),
-- Whether a shape is none is asked of what was made: not materialized, each would be made twice.
outlines as materialized (
  select s.grid_key::text as key, s.level, s.name_zh, s.name_en,
         ST_AsMVTGeom(ST_Transform(s.geom, 3857), tile.box, 4096, 64, true) as geom
  from shapes s, tile
  where s.geom && tile.reach
),
labels as materialized (
  select s.grid_key::text as key, s.level, s.name_zh, s.name_en,
         ST_AsMVTGeom(ST_Transform(s.label_point, 3857), tile.box, 4096, 0, false) as geom
  from shapes s, tile
  where s.label_point && tile.inside
)
select coalesce((select ST_AsMVT(outlines, 'grids', 4096, 'geom') from outlines where geom is not null), ''::bytea)
    || coalesce((select ST_AsMVT(labels, 'grid_labels', 4096, 'geom') from labels where geom is not null), ''::bytea)
