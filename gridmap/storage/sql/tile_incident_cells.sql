with tile as (select ST_TileEnvelope(:z, :x, :y) as box),
cells as (
  select count(*) as n,
         min(i.incident_id) as id,
         mode() within group (order by i.domain) as domain,
         ST_SetSRID(ST_MakePoint(avg(ST_X(i.geom)), avg(ST_Y(i.geom))), 4326) as at
  from incidents i
  where i.tile_key between :lo and :hi
    and i.grid_key between :grid_lo and :grid_hi
    and i.occurred_at >= :since and i.occurred_at < :until
    and (cast(:domain as text) is null or i.domain = :domain)
  group by i.tile_key >> :shift
),
shapes as (
  select c.n, c.id, c.domain, ST_AsMVTGeom(ST_Transform(c.at, 3857), tile.box, 4096, 0, true) as geom
  from cells c, tile
)
select ST_AsMVT(shapes, 'incidents', 4096, 'geom') from shapes where geom is not null
