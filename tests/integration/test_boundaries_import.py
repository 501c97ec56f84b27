"""Versions of the boundaries: checked, put into force whole, the old one kept."""

from __future__ import annotations

import datetime as dt
import json
import uuid
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from click.testing import CliRunner
from sqlalchemy import event, text

from gridmap import crs
from gridmap.cli import main
from gridmap.domain.accounts import Actor, Role
from gridmap.domain.cases.asked import NewCase
from gridmap.domain.gridkey import VILLAGE, Scope, ancestor
from gridmap.errors import Conflict, Forbidden, InvalidInput, NotFound
from gridmap.services.accounts import desk as accounts
from gridmap.services.cases import desk, intake
from gridmap.services.ground.boundaries import BoundaryOptions, BoundaryResult, import_boundaries
from gridmap.services.ground.grids import grid_features
from gridmap.services.house import EXPORT_LAYERS
from gridmap.services.workspace.exports import export_layer
from gridmap.storage.database import Database
from gridmap.storage.ground.boundaries import close_grids, follow_successors
from gridmap.storage.ground.grids import current_frame

DATA = Path(__file__).resolve().parents[2] / "data" / "boundaries"
WHOLE = Scope.whole()
DAY = dt.date(2026, 6, 1)
LOUJIA, CHENJIA = "330681109005", "330681109004"
LOUJIA_KEY = 33068110901005000
NEW = ("330681109905", "330681109906")
KEPT = ["grid_key", "level", "code", "name_zh", "name_en", "population", "households"]


def read(*names: str) -> gpd.GeoDataFrame:
    parts = []
    for name in names or ("town", "areas", "villages"):
        features = json.loads((DATA / f"{name}.geojson").read_text("utf-8"))["features"]
        parts.append(gpd.GeoDataFrame.from_features(features, crs=4326))
    frame = pd.concat(parts, ignore_index=True)
    return gpd.GeoDataFrame(frame[[*KEPT, "parent_key", "geometry"]], crs=4326)


def save(frame: gpd.GeoDataFrame, path: Path) -> Path:
    frame.to_file(path)
    return path


def bring(database: Database, *paths: Path, scope: Scope = WHOLE, **options: Any) -> BoundaryResult:
    return import_boundaries(database, scope, paths, BoundaryOptions(**options))


def standing(database: Database) -> pd.DataFrame:
    with database.scoped_session(WHOLE) as session:
        rows = session.execute(
            text(
                "select grid_key, level, code, name_zh, name_en, population, households,"
                " round(area_m2) as area_m2 from grids where valid_to is null order by 1"
            )
        ).mappings()
        return pd.DataFrame([dict(r) for r in rows])


def everything(database: Database) -> dict[str, Any]:
    with database.scoped_session(WHOLE) as session:
        return {
            table: session.scalar(text(f"select md5(string_agg(t::text, '|' order by t::text)) from {table} t"))
            for table in ("grids", "grid_predecessors", "boundary_versions", "incidents", "workspace_settings")
        }  # fmt: skip


def split_and_moved() -> gpd.GeoDataFrame:
    """The town with 楼家 split in two, and a strip of a neighbour given to 陈家."""
    frame = read()
    shape = frame.loc[frame["code"] == LOUJIA].geometry.iloc[0]
    west, south, east, north = shape.bounds
    middle = west + 0.6 * (east - west)
    halves = [
        shapely.intersection(shape, shapely.box(*box))
        for box in ((west, south, middle, north), (middle, south, east, north))
    ]
    row = frame[frame["code"] == LOUJIA].iloc[0]
    frame = frame[frame["code"] != LOUJIA]
    more = []
    for code, half, name in zip(NEW, halves, ("楼家西社区", "楼家东社区"), strict=True):
        more.append(
            row.to_dict()
            | {"code": code, "grid_key": None, "name_zh": name, "name_en": name, "geometry": half}
        )
    chenjia = frame.index[frame["code"] == CHENJIA][0]
    mine = frame.geometry[chenjia]
    parent = frame["parent_key"][chenjia]
    same = frame[(frame["level"] == 3) & (frame["parent_key"] == parent) & (frame["code"] != CHENJIA)]
    lengths = same.geometry.map(lambda g: shapely.intersection(g, mine).length)
    other = lengths.idxmax()
    strip = shapely.intersection(mine.buffer(0.002), frame.geometry[other])
    strip = max(shapely.get_parts(strip), key=shapely.area)
    frame.loc[other, "geometry"] = shapely.difference(frame.geometry[other], strip)
    frame.loc[chenjia, "geometry"] = shapely.union(mine, strip)
    return gpd.GeoDataFrame(pd.concat([frame, gpd.GeoDataFrame(more, crs=4326)], ignore_index=True), crs=4326)


@pytest.mark.parametrize("kind", ["gpkg", "geojson", "kml", "shapefile"])
def test_every_format_gives_the_same_town(
    empty_town: Database, town: Database, tmp_path: Path, kind: str
) -> None:
    paths = []
    for name in ("town", "areas", "villages"):
        frame = read(name).drop(columns=["grid_key", "parent_key"])
        if kind == "shapefile":
            folder = tmp_path / name
            folder.mkdir()
            frame.to_file(folder / f"{name}.shp", encoding="utf-8")
            path = tmp_path / f"{name}.zip"
            with zipfile.ZipFile(path, "w") as archive:
                for part in folder.iterdir():
                    archive.write(part, part.name)
        else:
            path = tmp_path / f"{name}.{kind}"
            frame.to_file(path, driver={"kml": "LIBKML", "gpkg": "GPKG", "geojson": "GeoJSON"}[kind])
        paths.append(path)
    result = bring(empty_town, *paths, valid_from=DAY)
    assert result.committed, [f.en for f in result.errors]
    pd.testing.assert_frame_equal(standing(empty_town), standing(town))


def test_one_geopackage_with_a_layer_a_level_is_enough(
    empty_town: Database, town: Database, tmp_path: Path
) -> None:
    path = tmp_path / "all.gpkg"
    for name in ("town", "areas", "villages"):
        pyogrio.write_dataframe(
            read(name).drop(columns=["grid_key", "parent_key"]), path, layer=name, append=path.exists()
        )
    assert bring(empty_town, path).committed
    pd.testing.assert_frame_equal(standing(empty_town), standing(town))


@pytest.mark.parametrize("with_keys_of", ["villages", "their areas"])
def test_villages_alone_leave_the_areas_and_the_town_in_force_their_keys_and_names(
    recorded_town: Database, tmp_path: Path, with_keys_of: str
) -> None:
    before = standing(recorded_town)
    # In another order than the areas have.
    villages = read("villages")[::-1]
    if with_keys_of == "their areas":
        villages = villages.drop(columns="grid_key")
    result = bring(recorded_town, save(villages, tmp_path / "villages.gpkg"), dry_run=True)
    assert (result.added, result.ended) == (0, 0)
    bring(recorded_town, tmp_path / "villages.gpkg")
    after = standing(recorded_town)
    names = ["grid_key", "name_zh", "name_en", "code"]
    pd.testing.assert_frame_equal(after[names], before[names])
    assert (after["area_m2"] - before["area_m2"]).abs().max() <= 1


def test_areas_and_the_town_are_made_from_villages_with_an_area_column(
    empty_town: Database, town: Database, tmp_path: Path
) -> None:
    areas = {str(k): n for k, n in read("areas")[["grid_key", "name_zh"]].to_numpy()}
    villages = read("villages")
    flat = villages.assign(片区=villages["parent_key"].map(areas))[["code", "name_zh", "片区", "geometry"]]
    result = bring(empty_town, save(flat, tmp_path / "villages.gpkg"), town_name="枫桥镇")
    assert result.committed, [f.en for f in result.errors]
    made, real = standing(empty_town), standing(town)
    assert made["level"].value_counts().to_dict() == {3: 28, 2: 3, 1: 1}
    assert made.loc[made["level"] == 1, "name_zh"].item() == "枫桥镇"
    for level in (1, 2, 3):
        a = made[made["level"] == level].set_index("name_zh")["area_m2"]
        b = real[real["level"] == level].set_index("name_zh")["area_m2"]
        assert ((a - b.reindex(a.index)).abs() <= 1).all()


def test_a_dry_run_writes_nothing(empty_town: Database, tmp_path: Path) -> None:
    result = bring(empty_town, save(read(), tmp_path / "all.gpkg"), dry_run=True)
    assert not result.committed
    assert not result.errors
    assert standing(empty_town).empty


def test_an_overlap_stops_the_import_and_names_the_grids(recorded_town: Database, tmp_path: Path) -> None:
    frame = read()
    i = frame.index[frame["code"] == LOUJIA][0]
    frame.loc[i, "geometry"] = frame.geometry[i].buffer(0.001)
    before = everything(recorded_town)
    result = bring(recorded_town, save(frame, tmp_path / "all.gpkg"))
    assert not result.committed
    overlaps = [f for f in result.errors if f.kind == "overlap"]
    assert overlaps
    assert all(LOUJIA in f.codes for f in overlaps)
    assert all(f.area_m2 and f.area_m2 > 1 and f.geometry is not None for f in overlaps)
    assert everything(recorded_town) == before


def test_only_the_whole_workspace_changes_boundaries(town: Database, tmp_path: Path) -> None:
    before = everything(town)
    with pytest.raises(Forbidden):
        bring(town, save(split_and_moved(), tmp_path / "all.gpkg"), scope=Scope.of_grid(33068110901000000))
    assert everything(town) == before


def test_the_boundaries_in_force_imported_again_change_nothing(
    recorded_town: Database, tmp_path: Path
) -> None:
    before = everything(recorded_town)
    for path in (save(read(), tmp_path / "all.gpkg"), save(read(), tmp_path / "all.geojson")):
        result = bring(recorded_town, path)
        assert (result.committed, result.kept, result.changed) == (False, 32, 0)
    assert everything(recorded_town) == before


def command(database: Database, *words: str) -> tuple[int, str]:
    environment = {
        "GRIDMAP_HOME": str(database.settings.home),
        "DATABASE_URL": database.owner_url.render_as_string(hide_password=False),
        "COLUMNS": "200",
        "GRIDMAP_APP_DATABASE_URL": database.app_url.render_as_string(hide_password=False),
    }
    done = CliRunner().invoke(main, [*words], env=environment)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def slivered(path: Path) -> Path:
    """The town with a sliver of about a metre between two villages."""
    frame = read()
    i = frame.index[frame["code"] == LOUJIA][0]
    shape = frame.geometry[i]
    inner = shape.exterior.coords
    corner = next(
        k for k in range(5, len(inner) - 5)
        if sum(shapely.intersects_xy(g, *inner[k]) for g in frame[frame["level"] == 3].geometry) == 2
    )  # fmt: skip
    x, y = inner[corner]
    towards = shapely.Point(x, y).buffer(1.2e-5)
    frame.loc[i, "geometry"] = shapely.difference(shape, towards)
    return save(frame, path)


def test_slivers_are_found_mapped_and_mended_on_request(empty_town: Database, tmp_path: Path) -> None:
    path = slivered(tmp_path / "all.gpkg")
    findings = tmp_path / "look.gpkg"
    code, said = command(empty_town, "grids", "import", str(path), "--findings", str(findings))
    assert code == 1, said
    assert "nothing was written" in said
    assert "枫桥片区" in said
    assert "m2 of it have no grid below" in said
    assert standing(empty_town).empty
    layers = dict(pyogrio.list_layers(findings).tolist())
    assert set(layers) == {"areas", "points"}
    assert layers["areas"] == "MultiPolygon"
    places = gpd.read_file(findings, layer="areas")
    assert set(places["severity"]) == {"error"}
    assert list(places["names"]) == ["枫桥片区"]
    loujia = read().set_index("code").geometry[LOUJIA]
    assert places.geometry.intersects(loujia).all()
    code, said = command(empty_town, "grids", "import", str(path), "--mend")
    assert code == 0, said
    assert "land moved by mending" in said
    moved = float(said.split("land moved by mending: ")[1].split(" m2")[0].replace(",", ""))
    assert 0 < moved < 20
    code, said = command(empty_town, "grids", "list", "--level", "3")
    assert code == 0
    assert said.count("3306811090") >= 28


@pytest.fixture
def changed_town(recorded_town: Database, tmp_path: Path) -> Database:
    """The recorded town with 楼家 split in two, an edge moved, and cases that only name a grid."""
    with recorded_town.scoped_session(WHOLE, write=True) as session:
        session.execute(
            text(
                "update incidents set geom = null, tile_key = null, placed_by = 'village_name' where incident_id in"
                f" (select incident_id from incidents where grid_key = {LOUJIA_KEY} order by 1 limit 5)"
            )
        )
        session.execute(
            text(
                f"update incidents set handler_key = {LOUJIA_KEY} where incident_id in (select incident_id from"
                f" incidents where grid_key <> {LOUJIA_KEY} and grid_key <> 0 order by 1 limit 7)"
            )
        )
    result = bring(recorded_town, save(split_and_moved(), tmp_path / "new.gpkg"), valid_from=DAY)
    assert result.committed, [f.en for f in result.errors]
    assert (result.added, result.ended, result.changed) == (2, 1, 2)
    return recorded_town


def test_a_new_version_keeps_the_old_one_for_its_days(changed_town: Database, tmp_path: Path) -> None:
    def village_codes(on: dt.date | None) -> set[str]:
        features = grid_features(changed_town, WHOLE, level=3, on=on, geometry=False)["features"]
        codes = [f["properties"]["code"] for f in features]
        assert len(codes) == len(set(codes))
        return set(codes)

    last_day, first_day = village_codes(DAY - dt.timedelta(days=1)), village_codes(DAY)
    assert len(last_day) == 28
    assert first_day == last_day - {LOUJIA} | set(NEW)
    assert village_codes(None) == first_day
    with changed_town.scoped_session(WHOLE) as session:
        ended = session.scalar(text(f"select valid_to from grids where grid_key = {LOUJIA_KEY}"))
        links = session.execute(
            text(
                "select g.code, p.predecessor_code, p.share from grid_predecessors p join grids g using"
                " (grid_key, valid_from) where g.valid_from = :day order by 1, 2"
            ),
            {"day": DAY},
        ).all()
        overlapping = session.scalar(
            text(
                "select count(*) from grids a join grids b on a.grid_key = b.grid_key and a.valid_from < b.valid_from"
                " and (a.valid_to is null or a.valid_to > b.valid_from)"
            )
        )
    assert ended == DAY
    assert overlapping == 0
    shares = {(new, old): share for new, old, share in links}
    assert sum(shares[code, LOUJIA] for code in NEW) == pytest.approx(1.0, abs=1e-4)
    assert all(0.1 < shares[code, LOUJIA] < 0.9 for code in NEW)
    assert 0.9 < shares[CHENJIA, CHENJIA] <= 1.0
    gave = [share for (new, old), share in shares.items() if new == CHENJIA and old != CHENJIA]
    assert len(gave) == 1
    assert 0.01 < gave[0] < 0.5
    again = bring(changed_town, save(split_and_moved(), tmp_path / "again.gpkg"), valid_from=DAY)
    assert not again.committed


def test_every_record_follows_its_place_to_the_new_grids(changed_town: Database) -> None:
    tables = {
        "incidents": "geom",
        "migrant_clusters": "geom",
        "organisations": "geom",
        "team_positions": "geom",
    }
    with changed_town.scoped_session(WHOLE.for_upkeep()) as session:
        villages = current_frame(session, level=VILLAGE)
        for table, geom in tables.items():
            rows = session.execute(
                text(f"select ST_X({geom}), ST_Y({geom}), grid_key from {table} where {geom} is not null")
            ).all()
            x, y = (np.array([r[k] for r in rows]) for k in (0, 1))
            keys = np.array([r[2] for r in rows])
            for key, shape in zip(villages["grid_key"], villages.geometry, strict=True):
                inside = shapely.contains_xy(shape, x, y)
                assert (keys[inside] == key).all(), (table, key)
                assert not (keys[~shapely.intersects_xy(shape, x, y)] == key).any(), (table, key)
        for column in ("incidents.grid_key", "incidents.handler_key", "teams.grid_key"):
            table, name = column.split(".")
            left = session.scalar(text(f"select count(*) from {table} where {name} = {LOUJIA_KEY}"))
            assert left == 0, column
        heirs = {
            r[0]: r[1]
            for r in session.execute(text("select code, grid_key from grids where valid_to is null"))
        }
        named = session.scalars(
            text("select grid_key from incidents where geom is null and placed_by = 'village_name'")
        ).all()
        # The larger half takes what only names the village.
        assert set(named) & {heirs[c] for c in NEW} == {heirs[NEW[0]]}
    assert ancestor(heirs[NEW[0]], 2) == ancestor(LOUJIA_KEY, 2)


def test_a_post_keeps_its_village_s_cases_when_the_village_is_split(
    recorded_town: Database, tmp_path: Path
) -> None:
    keeper, name = Actor.at_the_machine(), "楼家 值班岗"
    accounts.add_post(recorded_town, keeper, name, Role.VILLAGE_DESK, LOUJIA_KEY, DAY)
    program = accounts.add_token(
        recorded_town,
        keeper,
        "楼家",
        Role.VILLAGE_DESK,
        LOUJIA_KEY,
        dt.datetime.now(dt.UTC) + dt.timedelta(days=1),
    )[0]
    post = accounts.find_post(recorded_town, name)
    numbers = {}
    for kind in ("01", "02"):
        new = NewCase("dispute", dt.datetime(2026, 3, 1, tzinfo=dt.UTC), "家事", kind, grid_key=LOUJIA_KEY)
        numbers[kind] = intake.record(recorded_town, post.actor, new, uuid.uuid4()).row.number
    bring(recorded_town, save(split_and_moved(), tmp_path / "new.gpkg"), valid_from=DAY)
    kept = accounts.find_post(recorded_town, name)
    with recorded_town.scoped_session(WHOLE) as session:
        heir = session.scalar(
            text(f"select grid_key from grids where code = '{NEW[0]}' and valid_to is null")
        )
        standing = set(session.scalars(text("select grid_key from grids where valid_to is null")))
        assert set(session.scalars(text("select grid_key from posts where grid_key <> 0"))) <= standing
        assert session.scalar(text(f"select grid_key from api_tokens where name = '{program.name}'")) == heir
    assert kept.grid_key == heir
    for number in numbers.values():
        assert desk.open_sealed(recorded_town, kept.actor, number).state.handler_key == heir
    # And it is still sealed from the desk above.
    above = Actor("片区", Role.AREA_DESK, Scope.of_grid(ancestor(LOUJIA_KEY, 2)))
    assert desk.find(recorded_town, above, numbers["02"]).row.number == numbers["02"]
    with pytest.raises(NotFound):
        desk.find(recorded_town, above, numbers["01"])


def test_a_case_handled_by_its_own_grid_is_so_afterwards(recorded_town: Database, tmp_path: Path) -> None:
    query = text("select incident_id from incidents where handler_key = grid_key order by 1")
    with recorded_town.scoped_session(WHOLE.for_upkeep()) as session:
        before = session.scalars(query).all()
    bring(recorded_town, save(split_and_moved(), tmp_path / "new.gpkg"), valid_from=DAY)
    with recorded_town.scoped_session(WHOLE.for_upkeep()) as session:
        # A case that moves to the grid that has it anyway is handled by its own grid from then on.
        assert set(session.scalars(query).all()) >= set(before)


def test_a_version_cannot_begin_before_the_newest_change(changed_town: Database, tmp_path: Path) -> None:
    before = everything(changed_town)
    with pytest.raises(Conflict) as refused:
        bring(changed_town, save(read(), tmp_path / "back.gpkg"), valid_from=DAY - dt.timedelta(days=30))
    assert str(DAY) in refused.value.en
    assert everything(changed_town) == before


def test_a_level_is_given_up_only_when_that_is_meant_and_its_records_fall_to_the_grid_above(
    town: Database, tmp_path: Path
) -> None:
    micro = [DATA / f"{n}.geojson" for n in ("town", "areas", "villages", "micro_grids")]
    assert bring(town, *micro, valid_from=DAY).added > 100
    with town.scoped_session(WHOLE, write=True) as session:
        session.execute(
            text(
                "insert into incidents (uid, domain, occurred_at, stage, grid_key, handler_key, placed_by)"
                f" values ('N1', 'dispute', now(), 'accepted', {LOUJIA_KEY + 1}, {LOUJIA_KEY + 1}, 'grid_code')"
            )
        )
    later, three = DAY + dt.timedelta(days=30), save(read(), tmp_path / "three.gpkg")
    before = standing(town)
    with pytest.raises(Conflict, match=r"4 级 \d+ 个.*--accept-ended"):
        bring(town, three, valid_from=later)
    assert standing(town).equals(before)
    done = bring(town, three, valid_from=later, accept_ended=True)
    assert (set(done.abandoned), len(done.abandoned[4])) == ({4}, done.ended)
    assert done.ended > 100
    with town.scoped_session(WHOLE) as session:
        row = session.execute(text("select grid_key, handler_key from incidents")).one()
    assert tuple(row) == (LOUJIA_KEY, LOUJIA_KEY)


@pytest.mark.parametrize("system", ["GCJ-02", "EPSG:4549"])
def test_boundaries_in_other_systems_come_to_the_same_place(
    empty_town: Database, town: Database, tmp_path: Path, system: str
) -> None:
    frame = read()
    moved = crs.geometries_from_wgs84(frame.geometry.to_numpy(), system)
    frame = gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=moved)
    path = tmp_path / "all.gpkg"
    frame.set_crs(system if system.startswith("EPSG") else 4326, allow_override=True).to_file(path)
    result = bring(empty_town, path, crs=system)
    assert result.committed, [f.en for f in result.errors]
    a, b = standing(empty_town), standing(town)
    assert list(a["grid_key"]) == list(b["grid_key"])
    assert ((a["area_m2"] - b["area_m2"]).abs() < 5).all()


def test_a_town_in_another_part_of_the_country_is_refused_and_writes_nothing(
    town: Database, tmp_path: Path
) -> None:
    before = standing(town)
    frame = read("villages")
    frame.geometry = frame.geometry.translate(-3.0, 1.0)
    path = save(frame, tmp_path / "far.gpkg")
    for dry_run in (True, False):
        with pytest.raises(InvalidInput, match=r"3\d\d km") as told:
            bring(town, path, dry_run=dry_run, accept_shift=True, accept_ended=True)
        assert told.value.code == "boundaries-elsewhere"
    assert standing(town).equals(before)


def test_names_and_counts_are_corrected_in_a_table_and_an_export_comes_back(
    town: Database, tmp_path: Path
) -> None:
    out = tmp_path / "g.xlsx"
    export_layer(town, WHOLE, EXPORT_LAYERS["grids"], out)
    again = import_boundaries(town, WHOLE, [out], BoundaryOptions())
    assert (again.committed, again.changed, again.added, again.ended) == (False, 0, 0, 0)
    with town.scoped_session(WHOLE) as session:
        code, name = session.execute(
            text(
                "select code, name_zh from grids where level = 3 and valid_to is null order by grid_key limit 1"
            )
        ).one()
    table = tmp_path / "names.csv"
    table.write_text(f"网格编码,人口,户数\n{code},1234,\n", "utf-8")
    done = import_boundaries(town, WHOLE, [table], BoundaryOptions())
    assert (done.committed, done.changed, done.ended) == (True, 1, 0)
    with town.scoped_session(WHOLE) as session:
        row = session.execute(
            text("select name_zh, population from grids where code = :c and valid_to is null"), {"c": code}
        ).one()
    assert tuple(row) == (name, 1234)
    table.write_text("网格编码,人口\n999999,1\n", "utf-8")
    with pytest.raises(InvalidInput, match="现行网格中没有"):
        import_boundaries(town, WHOLE, [table], BoundaryOptions())
    table.write_text("甲,乙\n1,2\n", "utf-8")
    with pytest.raises(InvalidInput, match="没有图形"):
        import_boundaries(town, WHOLE, [table], BoundaryOptions())


def test_ground_that_no_system_of_metres_holds_is_refused_by_file_and_never_a_trace(
    empty_town: Database, tmp_path: Path
) -> None:
    file = tmp_path / "world.geojson"
    # A quarter of the way round the equator from the middle there are no metres.
    rings = {
        "a": shapely.box(-90, 0, -89.99, 0.01),
        "b": shapely.box(0, 0, 0.01, 0.01),
        "c": shapely.box(90, 0, 90.01, 0.01),
    }
    told = [
        {"type": "Feature", "properties": {"name": n}, "geometry": shapely.geometry.mapping(ring)}
        for n, ring in rings.items()
    ]
    file.write_text(json.dumps({"type": "FeatureCollection", "features": told}), "utf-8")
    with pytest.raises(InvalidInput) as caught:
        import_boundaries(empty_town, WHOLE, [file], BoundaryOptions(level=3))
    assert caught.value.code == "ground-unmeasured"
    assert "world" in caught.value.zh
    assert "world" in caught.value.en


def test_what_two_grids_leave_to_one_is_added_up_and_the_first_of_two_posts_of_a_title_stays(
    town: Database,
) -> None:
    first, second = (ancestor(LOUJIA_KEY, VILLAGE) + n * 1_000_000 for n in (1, 2))
    heir = LOUJIA_KEY
    with town.scoped_session(WHOLE, write=True) as session:
        for key, duty, n in ((second, "second", 4), (first, "first", 3), (heir, None, 2)):
            if duty:
                session.execute(
                    text("insert into grid_posts (grid_key, title, duty) values (:k, 'mediator', :d)"),
                    {"k": key, "d": duty},
                )
            session.execute(text("insert into grid_volunteers values (:k, 'safety', :n)"), {"k": key, "n": n})
        assert follow_successors(session, {first: heir, second: heir}) > 0
        posts = session.execute(text("select grid_key, title, duty from grid_posts")).all()
        volunteers = session.execute(text("select grid_key, role, n from grid_volunteers")).all()
    assert [tuple(row) for row in posts] == [(heir, "mediator", "first")]
    assert [tuple(row) for row in volunteers] == [(heir, "safety", 9)]


def test_a_thousand_grids_that_end_are_followed_in_as_many_statements_as_one(town: Database) -> None:
    asked = []
    with town.scoped_session(WHOLE, write=True) as session:
        event.listen(session.connection(), "before_cursor_execute", lambda *given: asked.append(given[2]))
        follow_successors(session, {LOUJIA_KEY + 1: LOUJIA_KEY})
        of_one = len(asked)
        follow_successors(session, {LOUJIA_KEY + n: LOUJIA_KEY for n in range(1, 1_001)})
        close_grids(session, range(LOUJIA_KEY + 1, LOUJIA_KEY + 1_001), DAY)
    assert 0 < of_one < 30
    assert len(asked) == 2 * of_one + 2
