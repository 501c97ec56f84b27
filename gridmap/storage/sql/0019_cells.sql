-- Shapes carry a cell, as points carry a tile key: a tile asks for ranges of integers, which a policy lets an index answer.
-- And lists that begin with the newest case begin with an index.

set local lock_timeout = '4s';
set local statement_timeout = '5s';

-- The smallest square of the tile pyramid, doubled to the east and the south, that holds a box: the tile at the box's
-- north-west corner, at the deepest zoom at which a tile is as wide and as high as the box (XZ-ordering, Böhm, Klump and
-- Kriegel 1999). cell_key is the first tile key of that tile.
create function shape_cell(west float8, south float8, east float8, north float8, out cell_key bigint, out cell_zoom bigint)
language plpgsql immutable strict parallel safe set search_path = pg_catalog as $$
declare
  n constant float8 := 4194304;
  top constant float8 := 4194303;
  x0 float8 := least(greatest((west + 180) / 360 * n, 0), top);
  x1 float8 := least(greatest((east + 180) / 360 * n, 0), top);
  y0 float8 := least(greatest((1 - asinh(tan(radians(least(north, 85.0511287798066)))) / pi()) / 2 * n, 0), top);
  y1 float8 := least(greatest((1 - asinh(tan(radians(greatest(south, -85.0511287798066)))) / pi()) / 2 * n, 0), top);
  shift int := least(22, ceil(ln(greatest(x1 - x0, y1 - y0, 1)) / ln(2)))::int;
  spread bigint[] := array[floor(x0)::bigint >> shift, floor(y0)::bigint >> shift];
begin
  for axis in 1..2 loop
    spread[axis] := (spread[axis] | (spread[axis] << 16)) & 281470681808895;
    spread[axis] := (spread[axis] | (spread[axis] << 8)) & 71777214294589695;
    spread[axis] := (spread[axis] | (spread[axis] << 4)) & 1085102592571150095;
    spread[axis] := (spread[axis] | (spread[axis] << 2)) & 3689348814741910323;
    spread[axis] := (spread[axis] | (spread[axis] << 1)) & 6148914691236517205;
  end loop;
  cell_key := (spread[1] | (spread[2] << 1)) << (2 * shift);
  cell_zoom := 22 - shift;
end $$;

-- Whatever writes a shape, the database says in which cell it lies. PostGIS is wherever the session finds it.
create function place_shape() returns trigger language plpgsql as $$
begin
  select c.cell_key, c.cell_zoom into new.cell_key, new.cell_zoom
  from gridmap.shape_cell(ST_XMin(new.geom), ST_YMin(new.geom), ST_XMax(new.geom), ST_YMax(new.geom)) c;
  return new;
end $$;

alter table grids add column cell_key bigint, add column cell_zoom bigint;
alter table roads add column cell_key bigint, add column cell_zoom bigint;
alter table basemap_features add column cell_key bigint, add column cell_zoom bigint;
