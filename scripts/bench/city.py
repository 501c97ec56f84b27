"""A drawn city, or a whole province, put straight into the tables of a workspace from a seed.

Towns stand side by side in squares, ten to a county, their areas, villages and micro-grids in rows within them; a
smooth bend of the whole plane gives every edge its many corners, as surveyed ones have. Names of villages come again
in other towns. Nothing of it is real.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from gridmap.domain.gridkey import AREA, MICRO, TOWN, VILLAGE, Scope, make_key
from gridmap.services.cases.kept_counts import keep_counts
from gridmap.storage.database import Database
from gridmap.tilekey import tile_key

CITY_TOWNS = 100
CITY_INCIDENTS = 1_000_000
PROVINCE_TOWNS = 2_800
PROVINCE_INCIDENTS = 12_100_000
FIRST_COUNTY = 330601
TOWNS_OF_COUNTY = 10
FIRST_TOWN = 101
AREAS, VILLAGES, MICRO_COLUMNS, MICRO_ROWS = 4, 5, 2, 4
"""Areas of a town, villages of an area, micro-grids of a village: 160 a town, and ten more in one village."""
TOWN_DEG = 0.06
WEST_DEG, SOUTH_DEG = 119.0, 27.2
CORNERS = 24
_SURNAMES, _PLACES = (
    "陈王张李赵钱孙周吴郑",
    ("家村", "家岙村", "宅村", "溪村", "岭村", "桥村", "塘村", "湾村"),
)
_ROADS_OF_TOWN = 24
_ROWS_AT_ONCE = 200_000
FIRST_DAY = dt.datetime(2025, 11, 1, tzinfo=dt.UTC)
DAYS = 365

_INCIDENTS = """
insert into incidents (uid, domain, occurred_at, stage, closed_at, due_at, grid_key, handler_key, geom, tile_key,
  placed_by)
select 'C' || n, (array['dispute', 'policing', 'safety', 'land', 'social_service', 'emergency'])[1 + n % 6], at,
  case when n % 5 = 0 then 'accepted' else 'archived' end, case when n % 5 <> 0 then at + interval '9 days' end,
  at + interval '20 days', key, key, ST_SetSRID(ST_MakePoint(lon, lat), 4326), tile, 'coordinate'
from made
"""
_GRIDS = """
insert into grids (grid_key, valid_from, level, code, name_zh, name_en, population, households, area_m2, version_id,
  illustrative, geom, label_point)
select key, date '2020-01-01', level, code, name_zh, name_en, people, people / 3, ST_Area(shape::geography),
  :version, true, ST_Multi(shape), ST_PointOnSurface(shape)
from (select *, ST_GeomFromWKB(decode(wkb, 'hex'), 4326) as shape from made) made
"""
_ROADS = """
insert into roads (road_id, road_class, oneway, geom)
select id, class, 'no', ST_GeomFromWKB(decode(wkb, 'hex'), 4326) from made
"""


@dataclass(frozen=True, slots=True)
class City:
    """What was made: towns' and micro-grids' keys in order, and how many incidents."""

    towns: tuple[int, ...]
    micro: NDArray[np.int64]
    incidents: int


def town_number(n: int) -> int:
    """Nine digits of the n-th town: its county's six, and its own."""
    return (FIRST_COUNTY + n // TOWNS_OF_COUNTY) * 1000 + FIRST_TOWN + n % TOWNS_OF_COUNTY


def found_city(database: Database) -> City:
    """Tell what a workspace holds that was made before."""
    with database.scoped_session(Scope.whole(), timeout_s=600) as session:
        keys = {
            level: session.scalars(
                text("select grid_key from grids where level = :level and valid_to is null order by 1"),
                {"level": level},
            ).all()
            for level in (TOWN, MICRO)
        }
        count = session.scalar(text("select count(*) from incidents"))
    return City(tuple(keys[TOWN]), np.array(keys[MICRO], dtype=np.int64), int(count or 0))


def make_city(database: Database, towns: int, incidents: int, seed: int, *, corners: int = CORNERS) -> City:
    """Fill a workspace that has its tables and nothing in them.

    Parameters
    ----------
    database : Database
    towns, incidents : int
    seed : int
        Of the places, times and head-counts of the records.
    corners : int
        Of each side of a village.
    """
    rng = np.random.default_rng(seed)
    rows = [row for n in range(towns) for row in _grids_of_town(n, towns, rng)]
    boxes = np.array([row[-1] for row in rows])
    keys, level = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    shapes = bent(shapely.segmentize(shapely.box(*boxes.T), TOWN_DEG / AREAS / corners))
    hexed = shapely.to_wkb(shapes, hex=True)
    with database.owner_engine() as engine, engine.begin() as at:
        _as_whole(at)
        version = at.scalar(
            text(
                "insert into boundary_versions (valid_from, source, illustrative)"
                " values ('2020-01-01', 'drawn', true) returning version_id"
            )
        )
        _copy(
            at,
            "key bigint, level int, code text, name_zh text, name_en text, people int, wkb text",
            ((*row[:-1], wkb) for row, wkb in zip(rows, hexed, strict=True)),
        )
        at.execute(text(_GRIDS), {"version": version})
        _copy(at, "id text, class text, wkb text", _roads(towns))
        at.execute(text(_ROADS))
        micro = level == MICRO
        _add_incidents(at, keys[micro], boxes[micro], incidents, rng)
        at.execute(
            text(
                "insert into workspace_settings (key, value) values ('data_version', '1'),"
                " ('name_zh', '\"示意市\"'), ('name_en', '\"Drawn city\"'), ('illustrative', 'true')"
                " on conflict (key) do update set value = excluded.value"
            )
        )
    keep_counts(database)
    with database.owner_engine() as engine, engine.connect() as at:
        alone = at.execution_options(isolation_level="AUTOCOMMIT")
        for table in ("incidents", "grids", "roads", "case_counts", "case_count_changes"):
            alone.execute(text(f"vacuum analyze gridmap.{table}"))
    return City(tuple(keys[level == TOWN].tolist()), keys[micro], incidents)


def bent(shapes: Any) -> Any:
    """Bend the plane smoothly, so that shared edges stay shared (degrees; any shapely geometries)."""

    def moved(at: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y = at[:, 0], at[:, 1]
        return np.column_stack([x + 0.0008 * np.sin(y * 200), y + 0.0006 * np.sin(x * 160)])

    return shapely.transform(shapes, moved)


def _grids_of_town(n: int, towns: int, rng: np.random.Generator) -> Iterable[tuple[Any, ...]]:
    across = math.ceil(math.sqrt(towns))
    x0, y0 = WEST_DEG + n % across * TOWN_DEG, SOUTH_DEG + n // across * TOWN_DEG
    number = town_number(n)
    name = f"{_SURNAMES[n % 10]}{'东西南北中'[n // 10 % 5]}镇"

    def grid(level: int, key: int, names: tuple[str, str], people: int, box: tuple[float, ...]) -> Any:
        return key, level, str(key)[: (9, 11, 14, 17)[level - 1]], *names, people, box

    yield grid(
        TOWN, make_key(number), (name, f"Town {n + 1}"), 40_000, (x0, y0, x0 + TOWN_DEG, y0 + TOWN_DEG)
    )
    wide, high = TOWN_DEG / AREAS, TOWN_DEG / VILLAGES
    for a in range(AREAS):
        ax = x0 + a * wide
        yield grid(
            AREA, make_key(number, a + 1), (f"{name}第{a + 1}片区", f"Town {n + 1} area {a + 1}"), 10_000,
            (ax, y0, ax + wide, y0 + TOWN_DEG),
        )  # fmt: skip
        for v in range(VILLAGES):
            vy = y0 + v * high
            at = a * VILLAGES + v
            village = f"{_SURNAMES[(at + n // 8) % 10]}{_PLACES[(at + n) % 8]}"
            names = (village, f"Village {at + 1} of town {n + 1}")
            yield grid(VILLAGE, make_key(number, a + 1, at + 1), names, 2_000, (ax, vy, ax + wide, vy + high))
            # One village has ten micro-grids more: a hundred towns have 16,010 of them.
            columns, lines = (3, 6) if n == 0 and at == 0 else (MICRO_COLUMNS, MICRO_ROWS)
            for m in range(columns * lines):
                mx, my = ax + m % columns * wide / columns, vy + m // columns * high / lines
                yield grid(
                    MICRO, make_key(number, a + 1, at + 1, m + 1),
                    (f"{village}第{m + 1}微网格", f"{names[1]} micro-grid {m + 1}"), int(rng.integers(60, 400)),
                    (mx, my, mx + wide / columns, my + high / lines),
                )  # fmt: skip


def _roads(towns: int) -> Iterable[tuple[str, str, str]]:
    across = math.ceil(math.sqrt(towns))
    for n in range(towns):
        x0, y0 = WEST_DEG + n % across * TOWN_DEG, SOUTH_DEG + n // across * TOWN_DEG
        step = TOWN_DEG / _ROADS_OF_TOWN
        for i in range(_ROADS_OF_TOWN):
            kind = "primary" if i == 0 else "tertiary" if i % 8 == 0 else "residential"
            for j in range(_ROADS_OF_TOWN):
                x, y = x0 + i * step, y0 + j * step
                north = [(x, y), (x, y + step)]
                east = [(x0 + j * step, y0 + i * step), (x0 + (j + 1) * step, y0 + i * step)]
                for way, ends in (("n", north), ("e", east)):
                    line = bent(shapely.segmentize(shapely.LineString(ends), step / 4))
                    yield f"r{n}-{i}-{j}{way}", kind, shapely.to_wkb(line, hex=True)


def _add_incidents(
    at: Connection, keys: NDArray[np.int64], boxes: NDArray[np.float64], rows: int, rng: np.random.Generator
) -> None:
    for first in range(0, rows, _ROWS_AT_ONCE):
        count = min(_ROWS_AT_ONCE, rows - first)
        of = rng.integers(len(keys), size=count)
        # The inner half of a box: what the bend moves stays in its micro-grid.
        lon = boxes[of, 0] + (boxes[of, 2] - boxes[of, 0]) * rng.uniform(0.25, 0.75, count)
        lat = boxes[of, 1] + (boxes[of, 3] - boxes[of, 1]) * rng.uniform(0.25, 0.75, count)
        moved = shapely.get_coordinates(bent(shapely.points(lon, lat)))
        lon, lat = moved[:, 0], moved[:, 1]
        minutes = rng.integers(DAYS * 24 * 60, size=count)
        _copy(
            at,
            "n bigint, at timestamptz, key bigint, lon float8, lat float8, tile bigint",
            (
                (first + i, FIRST_DAY + dt.timedelta(minutes=m), *row)
                for i, (m, *row) in enumerate(
                    zip(
                        minutes.tolist(),
                        keys[of].tolist(),
                        lon.tolist(),
                        lat.tolist(),
                        tile_key(lon, lat).tolist(),
                        strict=True,
                    )
                )
            ),
        )
        at.execute(text(_INCIDENTS))


def _copy(at: Connection, columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
    at.execute(text("drop table if exists made"))
    at.execute(text(f"create temporary table made ({columns})"))
    driver: Any = at.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy("copy made from stdin") as copy:
        for row in rows:
            copy.write_row(row)


def _as_whole(at: Connection) -> None:
    scope = Scope.whole()
    at.execute(text("set local search_path = gridmap, public"))
    at.execute(
        text("select set_config('gridmap.scope_lo', :lo, true), set_config('gridmap.scope_hi', :hi, true)"),
        {"lo": str(scope.lo), "hi": str(scope.hi)},
    )
