with tile as (select ST_TileEnvelope(:z, :x, :y) as box),
shapes as (
  select r.road_class as class, r.name_zh, r.oneway, r.bridge,
         ST_AsMVTGeom(ST_Transform(r.geom, 3857), tile.box, 4096, 64, true) as geom
  from roads r, tile
  where r.geom && ST_Transform(ST_Expand(tile.box, (ST_XMax(tile.box) - ST_XMin(tile.box)) / 64), 4326)
    and (r.road_class in ('motorway', 'trunk', 'primary', 'secondary')
         or (r.road_class = 'tertiary' and :z >= 11)
         or (r.road_class not in ('path', 'track', 'footway', 'cycleway', 'pedestrian', 'steps') and :z >= 12)
         or :z >= 13)
)
select ST_AsMVT(shapes, 'roads', 4096, 'geom') from shapes where geom is not null
