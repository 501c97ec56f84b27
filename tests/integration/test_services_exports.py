"""Layers as files: each opens again, and says what the workspace says."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
from sqlalchemy import text

from gridmap import crs
from gridmap.domain.gridkey import Scope
from gridmap.domain.query import IncidentQuery
from gridmap.errors import InvalidInput, NotFound
from gridmap.services.house import EXPORT_LAYERS, IMPORT_KINDS, find_layer
from gridmap.services.imports.records import ImportOptions, import_records
from gridmap.services.workspace.exports import FORMATS, export_layer
from gridmap.storage.database import Database

WHOLE = Scope.whole()
AREA = 33068110901000000
TABLES = {
    "grids": "grids where valid_to is null",
    "incidents": "incidents",
    "teams": "teams",
    "migrants": "migrant_clusters",
    "organisations": "organisations",
    "roads": "roads",
    "fixed_points": "fixed_points",
    "projects": "projects",
    "rulings": "rulings",
}


def count(database: Database, table: str) -> int:
    with database.scoped_session(WHOLE) as session:
        return int(session.scalar(text(f"select count(*) from {table}")) or 0)


def opened(path: Path) -> pd.DataFrame:
    if path.suffix == ".csv":
        return pd.read_csv(path, dtype=str)
    if path.suffix == ".xlsx":
        return pd.read_excel(path, dtype=str, engine="openpyxl")
    return gpd.read_file(path)


@pytest.fixture(scope="module")
def fixed_point(demo_database: Database) -> Iterator[None]:
    """Two fixed points, projects and rulings for a while: the demonstration has none."""
    with demo_database.scoped_session(WHOLE, write=True) as session:
        session.execute(
            text(
                "insert into fixed_points (code, name_zh, kind, times, in_use, grid_key, placed_by, geom)"
                " select 'X-' || grid_key, '学校门口', 'school', 2, true, grid_key, 'point', st_pointonsurface(geom)"
                " from grids where level = 4 and valid_to is null order by grid_key limit 2"
            )
        )
        session.execute(
            text(
                "insert into projects (code, name_zh, kind, grid_key, geom)"
                " select 'X-' || grid_key, '道路拓宽', 'land', grid_key, geom"
                " from grids where level = 4 and valid_to is null order by grid_key limit 2"
            )
        )
        session.execute(
            text(
                "insert into rulings (code, on_day, question, grid_key)"
                " select 'X-' || grid_key, '2026-10-05', '谁来办', grid_key"
                " from grids where level = 2 and valid_to is null order by grid_key limit 2"
            )
        )
    yield
    with demo_database.scoped_session(WHOLE, write=True) as session:
        for table in ("fixed_points", "projects", "rulings"):
            session.execute(text(f"delete from {table} where code like 'X-%'"))


@pytest.mark.usefixtures("fixed_point")
@pytest.mark.parametrize("layer", list(EXPORT_LAYERS))
@pytest.mark.parametrize("kind", FORMATS)
def test_every_layer_opens_again_in_every_format(
    demo_database: Database, tmp_path: Path, layer: str, kind: str
) -> None:
    path = tmp_path / f"{layer}.{kind}"
    written = export_layer(demo_database, WHOLE, find_layer(layer), path)
    frame = opened(path)
    assert written == len(frame) == count(demo_database, TABLES[layer]) > 0
    for column in (c for c in frame.columns if c.endswith("_key")):
        assert all(isinstance(v, str) and v.isdecimal() for v in frame[column]), column
    assert not {"incident_id", "team_id", "cluster_id", "organisation_id", "import_run_id"} & set(
        frame.columns
    )
    if kind in {"geojson", "gpkg"}:
        assert isinstance(frame, gpd.GeoDataFrame)
        assert frame.crs == "EPSG:4326"
        placed = frame.geometry[frame.geometry.notna()]
        assert placed.is_valid.all()
        assert placed.empty == (layer == "rulings")
        if layer == "rulings":
            return
        west, south, east, north = placed.total_bounds
        assert 120 < west < east < 121
        assert 29 < south < north < 30.5


@pytest.mark.parametrize("layer", list(EXPORT_LAYERS))
@pytest.mark.parametrize("kind", FORMATS)
def test_an_empty_layer_is_a_file_without_rows(
    empty_town: Database, tmp_path: Path, layer: str, kind: str
) -> None:
    path = tmp_path / f"{layer}.{kind}"
    assert export_layer(empty_town, WHOLE, find_layer(layer), path) == 0
    assert path.stat().st_size > 0


_NOUNS = {
    "incidents": "incidents",
    "teams": "teams",
    "migrants": "migrants",
    "organisations": "organisations",
    "roads": "roads",
}
_SAME = {
    "incidents": "uid, domain, kind, scale, channel, occurred_at, reported_at, due_at, stage, closed_at, severity,"
    " summary, grid_key, round(ST_X(geom)::numeric, 6), round(ST_Y(geom)::numeric, 6), accuracy_m, needs_confirmation",
    "teams": "code, name_zh, name_en, kind, professional, round(ST_X(base)::numeric, 6), shift_start, shift_end, mode,"
    " speed_kmh, size",
    "migrants": "code, name_zh, kind, head_count, as_of, grid_key, round(ST_X(geom)::numeric, 6)",
    "organisations": "code, name_zh, name_en, kind, opens, grid_key, round(ST_X(geom)::numeric, 6)",
    "roads": "road_id, name_zh, road_class, oneway, speed_kmh, surface, bridge, round(ST_Length(geom)::numeric, 6)",
}


def same(database: Database, layer: str) -> list[tuple[Any, ...]]:
    query = text(f"select {_SAME[layer]} from {TABLES[layer]} order by 1")
    with database.scoped_session(WHOLE) as session:
        return [tuple(row) for row in session.execute(query)]


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("layer", _NOUNS)
def test_what_was_exported_can_be_imported_elsewhere(
    recorded_town: Database, town: Database, tmp_path: Path, layer: str, kind: str
) -> None:
    path = tmp_path / f"{layer}.{kind}"
    source = recorded_town
    if layer == "roads":
        data = Path(__file__).resolve().parents[2] / "data" / "boundaries" / "roads.geojson"
        import_records(source, WHOLE, IMPORT_KINDS["roads"], data, ImportOptions())
    export_layer(source, WHOLE, find_layer(layer), path)
    done = import_records(town, WHOLE, IMPORT_KINDS[_NOUNS[layer]], path, ImportOptions())
    assert done.parsed is not None
    assert done.refused == 0, done.parsed.refused.head(3).to_dict("records")
    assert done.committed
    assert same(town, layer) == same(source, layer)


_OUTSIDE = {
    "teams": "code,name_zh,kind\nW1,无驻地队,专业巡防队\n",
    "migrants": "code,name_zh,kind,head_count,lon,lat\nW2,镇外工地,housing,40,120.7,29.79\n",
    "organisations": "code,name_zh,kind,lon,lat\nW3,镇外服务点,service_point,120.7,29.79\n",
    "fixed_points": "code,name_zh,kind,lon,lat\nW4,镇外学校,school,120.7,29.79\n",
    "incidents": "uid,domain,occurred_at,lon,lat\nW5,dispute,2026-01-05,120.7,29.79\n",
    "rulings": "code,on_day,question,ruling\nW6,2026-09-01,如何分流,由镇处理\n",
}


@pytest.mark.parametrize("kind", FORMATS)
def test_a_record_that_lies_in_no_grid_comes_back_unchanged(
    town: Database, tmp_path: Path, kind: str
) -> None:
    for layer, rows in _OUTSIDE.items():
        if (layer, kind) in {("rulings", "geojson"), ("rulings", "gpkg")}:
            continue
        file, out = tmp_path / f"{layer}.csv", tmp_path / f"{layer}-out.{kind}"
        file.write_text(rows, "utf-8")
        assert import_records(town, WHOLE, IMPORT_KINDS[layer], file, ImportOptions()).inserted == 1, layer
        with town.scoped_session(WHOLE, write=True) as session:
            session.execute(text("update rulings set grid_key = 0"))
            told = session.scalar(text(f"select grid_key from {TABLES[layer]}"))
        assert told == 0, layer
        export_layer(town, WHOLE, find_layer(layer), out)
        for clear_blank in (False, True):
            asked = ImportOptions(dry_run=True, clear_blank=clear_blank)
            back = import_records(town, WHOLE, IMPORT_KINDS[layer], out, asked)
            counted = (back.inserted, back.updated, back.unchanged, back.refused)
            assert counted == (0, 0, 1, 0), (layer, back.rows, clear_blank)


def test_cells_that_look_like_formulas_are_escaped_and_come_back(town: Database, tmp_path: Path) -> None:
    summaries = ["=1+1", "+cmd|' /C calc'!A0", "@SUM(A1)", "-2+3", "\t=1", "普通"]
    lines = ["uid,domain,occurred_at,village_name,summary"]
    lines += [f'A{i},dispute,2026-01-05,楼家,"{s}"' for i, s in enumerate(summaries)]
    source = tmp_path / "a.csv"
    source.write_text("\n".join(lines), "utf-8")
    assert import_records(town, WHOLE, IMPORT_KINDS["incidents"], source, ImportOptions()).inserted == 6
    with town.scoped_session(WHOLE) as session:
        before = session.scalars(text("select summary from incidents order by uid")).all()
    for kind in ("csv", "xlsx"):
        path = tmp_path / f"out.{kind}"
        export_layer(town, WHOLE, find_layer("incidents"), path)
        cells = opened(path)["summary"].tolist()
        assert not any(str(c).startswith(("=", "+", "@", "-", "\t")) for c in cells), cells
        if kind == "xlsx":
            for line in openpyxl.load_workbook(path).active.iter_rows():
                assert all(cell.data_type != "f" for cell in line)
        back = import_records(town, WHOLE, IMPORT_KINDS["incidents"], path, ImportOptions())
        # A place that was known by its village is known by its grid code in the file.
        assert (back.inserted, back.refused) == (0, 0)
    with town.scoped_session(WHOLE) as session:
        assert session.scalars(text("select summary from incidents order by uid")).all() == before


@pytest.mark.parametrize("system", ["EPSG:4490", "EPSG:4549", "GCJ-02", "BD-09"])
@pytest.mark.parametrize("kind", FORMATS)
def test_other_coordinate_systems_are_written_as_they_are(
    demo_database: Database, tmp_path: Path, system: str, kind: str
) -> None:
    path = tmp_path / f"o.{kind}"
    export_layer(demo_database, WHOLE, find_layer("organisations"), path, target_crs=system)
    frame = opened(path).set_index("code").sort_index()
    with demo_database.scoped_session(WHOLE) as session:
        rows = session.execute(
            text(
                "select code, ST_X(geom), ST_Y(geom) from organisations where geom is not null order by code"
            )
        ).all()
    x, y = crs.from_wgs84(np.array([r[1] for r in rows]), np.array([r[2] for r in rows]), system)
    if isinstance(frame, gpd.GeoDataFrame):
        points = frame.geometry.loc[[r[0] for r in rows]]
        given = np.column_stack([points.x, points.y])
    else:
        names = ["lon", "lat"] if crs.is_geographic(system) else ["x", "y"]
        given = frame.loc[[r[0] for r in rows], names].astype(float).to_numpy()
    tolerance = 1e-7 if crs.is_geographic(system) else 1e-3
    np.testing.assert_allclose(given, np.column_stack([x, y]), atol=tolerance, rtol=0)


def test_an_export_can_be_of_one_grid_one_domain_and_some_days(
    demo_database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    export_layer(
        demo_database, WHOLE, find_layer("incidents"), path,
        query=IncidentQuery(AREA, dt.date(2026, 1, 1), dt.date(2026, 1, 31), ("dispute",)),
    )  # fmt: skip
    frame = opened(path)
    with demo_database.scoped_session(WHOLE) as session:
        uids = session.scalars(
            text(
                "select uid from incidents where domain = 'dispute' and grid_key between :lo and :hi"
                " and (occurred_at at time zone 'Asia/Shanghai')::date between '2026-01-01' and '2026-01-31'"
            ),
            {"lo": AREA, "hi": AREA + 10**6 - 1},
        ).all()
    assert sorted(frame["uid"]) == sorted(uids)
    assert len(frame) > 10
    assert frame["occurred_at"].str.endswith("+08:00").all()


def test_a_scope_exports_only_what_it_may_see(demo_database: Database, tmp_path: Path) -> None:
    inside = Scope.of_grid(AREA)
    path = tmp_path / "a.geojson"
    export_layer(demo_database, inside, find_layer("incidents"), path)
    keys = [int(f["properties"]["grid_key"]) for f in json.loads(path.read_text("utf-8"))["features"]]
    assert keys
    assert all(k in inside for k in keys)


def test_what_cannot_be_exported_leaves_no_file(demo_database: Database, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        export_layer(demo_database, WHOLE, find_layer("people"), tmp_path / "a.csv")
    with pytest.raises(InvalidInput):
        export_layer(demo_database, WHOLE, find_layer("teams"), tmp_path / "a.docx")
    with pytest.raises(InvalidInput):
        export_layer(demo_database, WHOLE, find_layer("teams"), tmp_path / "a.csv", target_crs="EPSG:1")
    assert not list(tmp_path.iterdir())
