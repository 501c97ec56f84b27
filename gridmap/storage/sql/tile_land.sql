with tile as (select ST_TileEnvelope(:z, :x, :y) as box),
shapes as (
  select f.kind, f.name_zh, f.name_en, f.rank, f.width_m,
         ST_AsMVTGeom(ST_Transform(f.geom, 3857), tile.box, 4096, 64, true) as geom
  from basemap_features f, tile
  where f.theme = 'land'
    and f.min_zoom <= :z
    and f.geom && ST_Transform(ST_Expand(tile.box, (ST_XMax(tile.box) - ST_XMin(tile.box)) / 64), 4326)
)
select ST_AsMVT(shapes, 'land', 4096, 'geom') from shapes where geom is not null
