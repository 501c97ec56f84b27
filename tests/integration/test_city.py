"""A workspace of many towns: what is asked of a part reads that part, and finds the same as a look at everything."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import numpy as np
import pytest
from sqlalchemy import text

from gridmap.domain.cases.number import ORDERS
from gridmap.domain.gridkey import LEVELS, VILLAGE, Scope, ancestor, region_of
from gridmap.domain.query import IncidentQuery
from gridmap.errors import InvalidInput, NotFound
from gridmap.services.cases.counts import count_by_grid, grid_summary
from gridmap.services.cases.overview import workspace_info
from gridmap.services.ground import regions, tiles
from gridmap.services.ground.gridbook import GridBook
from gridmap.services.ground.grids import grid_feature, grid_features
from gridmap.services.ground.places import grid_of
from gridmap.services.ground.tiles import ground_tile
from gridmap.storage.cases.desk import draw_numbers
from gridmap.storage.database import Database
from gridmap.storage.ground import tiles as stored_tiles
from gridmap.storage.ground.cells import cells_of_tile, grids_reaching
from gridmap.storage.ground.grids import keys_of_codes, names_of
from gridmap.storage.workspace import settings
from gridmap.tilekey import ZOOM, Box, cells_reaching
from scripts.bench.city import City, make_city
from scripts.bench.policies import nodes, plans
from scripts.bench.scale import View, questions, tile_at, views
from tests.conftest import MakeDatabase
from tests.doors import new_word

WHOLE = Scope.whole()
TOWNS, INCIDENTS = 12, 24_000
ASKED = (
    "list",
    "counts",
    "total",
    "timeline",
    *(f"{what} z{z}" for what in ("incidents", "grids", "roads") for z in (12, 16)),
)


_GROUND_CHANGES = (
    "update grids set name_zh = '改名' where level = 1",
    "insert into basemap_features (theme, kind, geom) values ('water', 'river', ST_MakeEnvelope(0, 0, 1, 1, 4326))",
    "delete from basemap_features",
    "update roads set oneway = 'yes' where road_id = 'r0-0-0n'",
)


@pytest.fixture(scope="module")
def database(make_database: MakeDatabase) -> Database:
    return make_database("with_schema")


@pytest.fixture(scope="module")
def city(database: Database) -> City:
    return make_city(database, TOWNS, INCIDENTS, seed=11, corners=2)


@pytest.fixture(scope="module")
def view_of(database: Database, city: City) -> dict[str, View]:
    return {view.name: view for view in views(database, city)}


@pytest.mark.parametrize("question", ASKED)
@pytest.mark.parametrize("name", ["town", "village"])
def test_no_question_of_a_small_part_reads_every_incident_grid_or_road(
    database: Database, view_of: dict[str, View], name: str, question: str
) -> None:
    view = view_of[name]
    assert sorted(questions(view)) == sorted(ASKED)
    found = plans(database, view.scope, questions(view)[question])
    read = [node for plan in found for node in nodes(plan) if node[1]]
    assert read
    # What waits to be folded is little, and so are settings.
    small = {"case_count_changes", "workspace_settings"}
    assert {table for kind, table in read if kind == "Seq Scan"} <= small


def test_the_newest_of_everything_are_the_first_of_an_index(
    database: Database, view_of: dict[str, View]
) -> None:
    whole = view_of["whole"]
    (plan,) = plans(database, whole.scope, questions(whole)["list"])
    # Those of the index by time are chosen, and what is told of each is read by its number.
    assert [node for node in nodes(plan) if node[1]] == [("Index Scan", "incidents")] * 2
    assert "Sort" not in {kind for kind, _ in nodes(plan)}


@pytest.mark.usefixtures("city")
def test_what_reaches_a_box_is_found_by_cells_as_by_a_look_at_each(database: Database) -> None:
    rng = np.random.default_rng(3)
    with database.scoped_session(WHOLE) as session:
        extents = np.array(
            session.execute(
                text("select grid_key, ST_XMin(geom), ST_YMin(geom), ST_XMax(geom), ST_YMax(geom) from grids")
            ).all(),
            float,
        )
        keys = session.scalars(text("select grid_key from grids")).all()
        assert len(keys) > 2000
        west, south, east, north = (
            extents[:, 1].min(),
            extents[:, 2].min(),
            extents[:, 3].max(),
            extents[:, 4].max(),
        )
        for size in (0.0, 0.0003, 0.004, 0.05):
            for lon, lat in rng.uniform((west, south), (east, north), (12, 2)).tolist():
                box = (lon, lat, lon + size, lat + size)
                touched = (
                    (extents[:, 1] <= box[2]) & (extents[:, 3] >= box[0])
                    & (extents[:, 2] <= box[3]) & (extents[:, 4] >= box[1])
                )  # fmt: skip
                found = grids_reaching(session, [box])
                assert {keys[i] for i in np.flatnonzero(touched)} <= set(found), box
                assert len(found) == len(set(found))
                assert size > 0.004 or len(found) < len(keys) / 4, box


@pytest.mark.usefixtures("city")
def test_the_database_gives_every_shape_the_smallest_cell_whose_double_holds_it(database: Database) -> None:
    with database.scoped_session(WHOLE) as session:
        rows = session.execute(
            text(
                "select cell_key, cell_zoom, ST_XMin(geom), ST_YMin(geom), ST_XMax(geom), ST_YMax(geom) from grids"
                " union all select cell_key, cell_zoom, ST_XMin(geom), ST_YMin(geom), ST_XMax(geom), ST_YMax(geom)"
                " from (select * from roads limit 500) r"
            )
        ).all()
    assert len(rows) > 500
    for key, zoom, *box in rows:
        size = 1 << (ZOOM - zoom)
        column, row = (int(f"{key:044b}"[start::2], 2) for start in (1, 0))
        west, south, east, north = box
        x0, x1 = ((lon + 180) / 360 * 2**ZOOM for lon in (west, east))
        y0, y1 = (
            (0.5 - np.log(np.tan(np.pi / 4 + np.radians(lat) / 2)) / (2 * np.pi)) * 2**ZOOM
            for lat in (north, south)
        )
        assert column % size == row % size == 0
        assert column - 1e-3 <= x0
        assert x1 <= column + 2 * size + 1e-3
        assert row - 1e-3 <= y0
        assert y1 <= row + 2 * size + 1e-3
        assert size == 1 or max(x1 - x0, y1 - y0) > size / 2 - 1e-3
        told = cells_reaching([(west, south, east, north)])
        assert any(r.lo <= key <= r.hi and r.zoom_lo <= zoom <= r.zoom_hi for r in told)


@pytest.mark.usefixtures("city")
@pytest.mark.parametrize(("table", "most"), [("roads", 2.2), ("grids", 3.5)])
def test_a_crowded_tile_reads_few_shapes_that_it_does_not_draw(
    database: Database, table: str, most: float
) -> None:
    found = text(
        f"select count(*), count(*) filter (where geom && ST_Transform(ST_TileEnvelope(:z, :x, :y), 4326)) from {table}"
        " where exists (select from unnest(cast(:lo as bigint[]), cast(:hi as bigint[]), cast(:first as bigint[]),"
        " cast(:last as bigint[])) c (lo, hi, first, last) where cell_key between c.lo and c.hi"
        " and cell_zoom between c.first and c.last)"
    )
    with database.scoped_session(WHOLE) as session:
        lon, lat = session.execute(
            text("select avg(ST_X(label_point)), avg(ST_Y(label_point)) from grids where level = 1")
        ).one()
        z, x, y = tile_at(lon, lat, 12)
        read, drawn = session.execute(found, {**cells_of_tile(z, x, y), "z": z, "x": x, "y": y}).one()
    assert drawn > 100
    assert read < most * drawn, (read, drawn)


def test_each_record_lies_in_the_grid_that_the_book_gives_its_place(database: Database, city: City) -> None:
    with database.scoped_session(WHOLE) as session:
        rows = session.execute(
            text("select ST_X(geom), ST_Y(geom), grid_key from incidents order by incident_id limit 5000")
        ).all()
    lon, lat, keys = (np.array(column) for column in zip(*rows, strict=True))
    far = np.array([np.nan, 0.0, 119.0])
    found = GridBook.of(database, WHOLE).assign(np.r_[lon, far], np.r_[lat, far])
    assert found.grid_key[:-3].tolist() == keys.tolist()
    assert found.grid_key[-3:].tolist() == [0, 0, 0]
    assert set(keys.tolist()) <= set(city.micro.tolist())


def test_a_village_of_one_name_in_two_towns_is_told_apart_by_its_town(database: Database, city: City) -> None:
    book = GridBook.of(database, WHOLE)
    with database.scoped_session(WHOLE) as session:
        names: dict[str, list[int]] = {}
        for key, name, _ in names_of(session, (VILLAGE,)):
            names.setdefault(name, []).append(key)
        towns = {key: name for key, name, _ in names_of(session, LEVELS[:1])}
    name, keys = next((name, keys) for name, keys in names.items() if len({ancestor(k, 1) for k in keys}) > 1)
    assert book.named(name) == 0
    assert name in book.shared_names
    of_town = {ancestor(key, 1): [k for k in keys if ancestor(k, 1) == ancestor(key, 1)] for key in keys}
    town, (village,) = next((t, found) for t, found in of_town.items() if len(found) == 1)
    for told in (f"{towns[town]}/{name}", f"{towns[town]}{name}", f"{towns[town]} - {name}"):
        assert book.named(told) == village, told
    assert book.named(f"{towns[town]}/{name}/第3网格") == village + 3
    assert f"{new_word()}/{name}" in book.shared_names
    assert len(towns) == len(city.towns)


@pytest.mark.usefixtures("city")
def test_codes_keys_and_former_codes_lead_to_the_grid_that_stands_now(database: Database) -> None:
    with database.scoped_session(WHOLE) as session:
        rows = session.execute(
            text("select grid_key, code from grids where level = 3 order by 1 limit 4")
        ).all()
        (a, code_a), (b, code_b), *_ = rows
        assert keys_of_codes(session, [code_a, str(b), "0", "9" * 40, new_word()]) == {code_a: a, str(b): b}
    assert GridBook.of(database, WHOLE).known_codes([code_b, code_b]) == {code_b: b}


def test_a_box_anywhere_on_earth_has_cells() -> None:
    world: Box = (-180.0, -90.0, 180.0, 90.0)
    assert cells_reaching([world])[0].zoom_lo == 0
    assert cells_reaching([]) == []
    assert len(cells_reaching([world, world])) == len(set(cells_reaching([world])))


def test_a_view_of_a_county_begins_with_its_towns_and_their_counts(database: Database, city: City) -> None:
    county = region_of(city.towns[0], 6)
    of_county = [key for key in city.towns if region_of(key, 6) == county]
    assert 1 < len(of_county) < len(city.towns)
    assert workspace_info(database, WHOLE).root == {
        "grid_key": "3306",
        "name_zh": "地市 3306",
        "name_en": "City 3306",
    }
    post = Scope.of_grid(county)
    names = new_word(), new_word()
    regions.name_region(database, WHOLE, county, *names)
    root = workspace_info(database, post).root
    assert root == {"grid_key": str(county), "name_zh": names[0], "name_en": names[1]}
    told = grid_feature(database, post, county)
    assert (told["properties"]["level"], told["properties"]["towns"]) == (0, len(of_county))
    assert told["properties"]["ancestors"] == []
    of_town = grid_feature(database, WHOLE, of_county[1])
    assert [a["grid_key"] for a in of_town["properties"]["ancestors"]] == ["3306", str(county)]  # type: ignore[attr-defined]
    with database.scoped_session(WHOLE) as session:
        rows = session.execute(
            text("select grid_key / 100000000 * 100000000, count(*) from incidents group by 1")
        ).all()
    counted = {str(key): n for key, n in rows if key in of_county}
    for scope in (WHOLE, post):
        answer = count_by_grid(database, scope, IncidentQuery(grid=county), level=1)
        assert answer["counts"] == counted
        assert answer["total"] == sum(counted.values())
    assert count_by_grid(database, post, IncidentQuery(), level=1)["counts"] == counted
    story = grid_summary(database, post, IncidentQuery(grid=county))
    assert story["incidents"]["total"] == sum(counted.values())
    with pytest.raises(NotFound):
        grid_feature(database, post, 330699)
    with pytest.raises(InvalidInput):
        regions.name_region(database, WHOLE, 12345, names[0], None)


def test_grids_come_in_pages_and_are_found_by_name_or_code(database: Database, city: City) -> None:
    seen: list[str] = []
    after = None
    while True:
        page = grid_features(
            database, WHOLE, level=3, parent_key=3306, geometry=False, after=after, limit=100
        )
        seen += [str(f["id"]) for f in page["features"]]
        if page["next"] is None:
            break
        assert len(page["features"]) == 100
        after = int(page["next"])
    assert seen == [str(k) for k in sorted({int(k) - int(k) % 1000 for k in city.micro})]
    by_code = grid_features(database, WHOLE, level=1, words=str(city.towns[3])[:9], geometry=False)
    assert [f["id"] for f in by_code["features"]] == [str(city.towns[3])]
    name = by_code["features"][0]["properties"]["name_zh"]
    found = grid_features(database, WHOLE, level=1, words=str(name), geometry=False)["features"]
    assert {f["properties"]["name_zh"] for f in found} == {name}
    assert grid_features(database, WHOLE, words=new_word())["features"] == []
    assert grid_of(database, WHOLE, "330601") == 330601


def test_a_tile_is_made_once_a_version_and_is_never_another_scopes(
    database: Database, view_of: dict[str, View], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, town = view_of["whole"], view_of["town"]
    tile = tile_at(*town.at, 12)
    made = [ground_tile(database, view.scope, "grids", *tile) for view in (whole, town)]
    assert len(made[0]) > len(made[1]) > 0
    monkeypatch.setattr(tiles, "_caches", {})
    with monkeypatch.context() as unmade:
        unmade.setattr(stored_tiles, "ground_tile", None)
        assert [ground_tile(database, view.scope, "grids", *tile) for view in (whole, town)] == made
        versions = [workspace_info(database, view.scope).ground_version for view in (whole, town)]
        assert versions[0] != versions[1], (
            "a browser keeps tiles by their version, whoever signs in to it next"
        )
        unmade.setattr(Database, "scoped_session", None)
        again = [
            ground_tile(database, view.scope, "grids", *tile, version=version)
            for view, version in zip((whole, town), versions, strict=True)
        ]
        assert again == made

    def told() -> int:
        return workspace_info(database, whole.scope).ground_version

    before = told()
    with database.scoped_session(WHOLE, write=True) as session:
        settings.touch(session)
        session.execute(text("update incidents set stage = 'resolved' where uid = 'C1'"))
    with monkeypatch.context() as unmade:
        unmade.setattr(stored_tiles, "ground_tile", None)
        assert [ground_tile(database, view.scope, "grids", *tile) for view in (whole, town)] == made
    assert told() == before <= 2**53
    seen = {before}
    for change in _GROUND_CHANGES:
        with database.scoped_session(WHOLE, write=True) as session:
            session.execute(text(change))
        seen.add(told())
        with monkeypatch.context() as unmade:
            unmade.setattr(stored_tiles, "ground_tile", None)
            with pytest.raises(TypeError):
                ground_tile(database, whole.scope, "grids", *tile)
    assert len(seen) == 1 + len(_GROUND_CHANGES)


def test_numbers_for_life_run_over_into_the_next_day_and_never_come_twice(
    database: Database, city: City
) -> None:
    town, day = city.towns[0] // 10**8, dt.date(2031, 2, 3)
    with database.scoped_session(WHOLE, write=True) as session:
        drawn = [draw_numbers(session, town, day, n) for n in (3, ORDERS - 5, 10)]
    numbers = [number for part in drawn for number in part]
    assert [len(part) for part in drawn] == [3, ORDERS - 5, 10]
    assert len(set(numbers)) == len(numbers)
    days = Counter(number[9:17] for number in numbers)
    assert days == {"20310203": ORDERS, "20310204": 8}
