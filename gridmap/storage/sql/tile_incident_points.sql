with tile as (select ST_TileEnvelope(:z, :x, :y) as box),
shapes as (
  select i.incident_id as id, i.domain, i.stage, 1 as n,
         ST_AsMVTGeom(ST_Transform(i.geom, 3857), tile.box, 4096, 0, true) as geom
  from incidents i, tile
  where i.tile_key between :lo and :hi
    and i.grid_key between :grid_lo and :grid_hi
    and i.occurred_at >= :since and i.occurred_at < :until
    and (cast(:domain as text) is null or i.domain = :domain)
)
select ST_AsMVT(shapes, 'incidents', 4096, 'geom') from shapes where geom is not null
