-- Outlines, and one label point a grid in a layer of its own. A level is drawn from the zoom on where it can be read.
with tile as (select ST_TileEnvelope(:z, :x, :y) as box),
shapes as (
  select g.grid_key, g.level, g.code, g.name_zh, g.name_en, g.geom, g.label_point
  from grids g
  where g.valid_to is null
    and g.level between :coarsest and :finest
    and (g.level <= 3 or :z >= 11)
),
outlines as (
  select s.grid_key::text as key, s.level, s.name_zh, s.name_en,
         ST_AsMVTGeom(ST_Transform(s.geom, 3857), tile.box, 4096, 64, true) as geom
  from shapes s, tile
  where s.geom && ST_Transform(ST_Expand(tile.box, (ST_XMax(tile.box) - ST_XMin(tile.box)) / 64), 4326)
),
labels as (
  select s.grid_key::text as key, s.level, s.name_zh, s.name_en,
         ST_AsMVTGeom(ST_Transform(s.label_point, 3857), tile.box, 4096, 0, false) as geom
  from shapes s, tile
  where s.label_point && ST_Transform(tile.box, 4326)
)
select coalesce((select ST_AsMVT(outlines, 'grids', 4096, 'geom') from outlines where geom is not null), ''::bytea)
    || coalesce((select ST_AsMVT(labels, 'grid_labels', 4096, 'geom') from labels where geom is not null), ''::bytea)
