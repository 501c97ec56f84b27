"""Boundary files as they are handed in: what they hold is found, what they do not say is said."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely

from gridmap import crs
from gridmap.domain.records import GRIDS
from gridmap.errors import InvalidInput
from gridmap.ingest.boundaries import read_boundaries
from gridmap.ingest.boundaries.draft import BoundaryDraft
from gridmap.ingest.boundaries.shapes import is_size
from gridmap.ingest.isolated.geojson import read_geojson
from gridmap.ingest.rows.headers import match_headings
from gridmap.services.ground.comparison import find_shift

TOWN: dict[str, Any] = {"level": 3, "town_code": "330681109", "town_name": "枫桥镇"}


def villages(n: int = 4) -> gpd.GeoDataFrame:
    """Villages side by side, with codes, names and areas."""
    boxes = [shapely.box(120.40 + 0.01 * i, 29.78, 120.41 + 0.01 * i, 29.79) for i in range(n)]
    data = {
        "网格编码": [f"330681109{201 + i}" for i in range(n)],
        "名称": [f"村{i}" for i in range(n)],
        "片区": "东片区",
    }
    return gpd.GeoDataFrame(data, geometry=boxes, crs="EPSG:4326")


def zipped(folder: Path, *names: str) -> Path:
    target = folder / "packed.zip"
    with zipfile.ZipFile(target, "w") as archive:
        for file in sorted(folder.iterdir()):
            if file.suffix in names:
                archive.write(file, file.name)
    return target


def read(path: Path, **options: Any) -> BoundaryDraft:
    return read_boundaries(path, **(TOWN | options))


def said(draft: BoundaryDraft) -> set[str]:
    return {notice.code for notice in draft.notices}


def test_a_shapefile_with_a_wrong_cpg_and_headings_cut_in_a_character_is_read(tmp_path: Path) -> None:
    villages().to_file(tmp_path / "a.shp", encoding="GB18030")
    (tmp_path / "a.cpg").write_text("UTF-8")
    draft = read(zipped(tmp_path, ".shp", ".shx", ".dbf", ".prj", ".cpg"))
    assert draft.level(3)["name_zh"].tolist() == ["村0", "村1", "村2", "村3"]
    assert "cpg-wrong" in said(draft)


def test_a_heading_that_a_shapefile_cut_is_known_where_one_field_alone_begins_so() -> None:
    headings = match_headings(["网格编", "名称"], GRIDS, None, "a.shp", with_place=False)
    assert headings.columns == {"code": "网格编", "name_zh": "名称"}


def test_degrees_under_a_system_of_metres_are_refused(tmp_path: Path) -> None:
    villages().set_crs("EPSG:4549", allow_override=True).to_file(tmp_path / "a.gpkg", layer="a")
    with pytest.raises(InvalidInput, match="EPSG:4490") as caught:
        read(tmp_path / "a.gpkg")
    assert caught.value.code == "crs-contradicts-shapes"
    assert len(read(tmp_path / "a.gpkg", crs="EPSG:4490").level(3)) == 4


def test_a_system_whose_zone_contradicts_the_coordinates_is_named_with_the_one_that_fits(
    tmp_path: Path,
) -> None:
    plain = villages().to_crs("EPSG:4549").set_crs("EPSG:4528", allow_override=True)
    plain.to_file(tmp_path / "a.gpkg", layer="a")
    with pytest.raises(InvalidInput, match="EPSG:4549") as caught:
        read(tmp_path / "a.gpkg")
    assert caught.value.code == "crs-contradicts-shapes"
    draft = read(tmp_path / "a.gpkg", crs="EPSG:4549")
    assert (
        shapely.hausdorff_distance(draft.level(3).geometry.to_numpy(), villages().geometry.to_numpy()).max()
        < 1e-6
    )


def test_a_file_without_a_system_says_which_was_taken(tmp_path: Path) -> None:
    frame = villages().rename(columns={"网格编码": "code", "名称": "name"}).drop(columns="片区")
    frame.to_file(tmp_path / "a.shp", encoding="UTF-8")
    (tmp_path / "a.prj").unlink()
    assert "crs-assumed" in said(read(zipped(tmp_path, ".shp", ".shx", ".dbf")))


def test_points_beside_polygons_are_left_out_and_said_and_points_alone_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    villages().to_file(path, layer="cunjie")
    centres = villages().set_geometry(shapely.centroid(villages().geometry.to_numpy()), crs="EPSG:4326")
    centres.to_file(path, layer="centre")
    draft = read(path)
    assert len(draft.level(3)) == 4
    assert "layer-left-out" in said(draft)
    with pytest.raises(InvalidInput) as caught:
        read(path, layer="centre")
    assert caught.value.code == "grids-no-polygons"


@pytest.mark.parametrize("listed", [True, False])
def test_tables_that_a_gis_keeps_beside_what_is_drawn_are_no_layers(tmp_path: Path, *, listed: bool) -> None:
    path = tmp_path / "a.gpkg"
    villages().to_file(path, layer="villages")
    with closing(sqlite3.connect(path)) as file:
        file.execute("create table layer_styles (id integer primary key, f_table_name text, styleqml text)")
        file.execute("insert into layer_styles values (1, 'villages', '<qgis/>')")
        if listed:
            file.execute(
                "insert into gpkg_contents (table_name, data_type, identifier)"
                " values ('layer_styles', 'attributes', 'styles')"
            )
        file.commit()
    assert len(read(path).level(3)) == 4


def test_sizes_are_no_names_of_areas(tmp_path: Path) -> None:
    frame = villages().drop(columns="片区").assign(AREA=[1041234.5, 1041235.25, 1041236.0, 13812345.678])
    frame.to_file(tmp_path / "a.geojson")
    draft = read(tmp_path / "a.geojson")
    assert len(draft.level(2)) == 1
    assert "area-is-size" in said(draft)
    assert not is_size(["330681109001", "330681109001", "330681109002"])
    assert not is_size(["东片区", "西片区"])
    for unit in ("km²", "平方公里", " 亩", "ha", "M2"):
        assert is_size([f"1.2{unit}", f"3.4{unit}"]), unit


@pytest.mark.parametrize(
    ("code", "name"), [("XZQDM", "XZQMC"), ("ZLDWDM", "ZLDWMC"), ("行政区划代码", "行政区名称")]
)
def test_the_headings_of_land_surveys_are_known(tmp_path: Path, code: str, name: str) -> None:
    frame = villages()
    named = frame.rename(columns={"网格编码": code, "名称": name})
    assert list(named.columns) != list(frame.columns)
    named.to_file(tmp_path / "a.gpkg")
    draft = read(tmp_path / "a.gpkg")
    assert draft.level(3)["name_zh"].tolist() == frame["名称"].tolist()


def test_a_mapping_of_the_administrative_area_goes_before_where_a_parcel_lies(tmp_path: Path) -> None:
    frame = villages()
    named = frame.rename(columns={"网格编码": "XZQDM"}).assign(ZLDWDM="330681109999")
    named.to_file(tmp_path / "a.gpkg")
    draft = read(tmp_path / "a.gpkg", mapping={"xzqdm": "code"})
    assert draft.level(3)["code"].tolist() == frame["网格编码"].tolist()


def test_shapes_without_a_code_or_a_name_are_refused_with_the_columns_found(tmp_path: Path) -> None:
    villages()[["片区", "geometry"]].to_file(tmp_path / "a.gpkg")
    with pytest.raises(InvalidInput, match="片区") as caught:
        read(tmp_path / "a.gpkg")
    assert caught.value.code == "grids-nameless"


def test_parts_of_one_village_are_joined_when_asked(tmp_path: Path) -> None:
    frame = villages()
    enclave = frame.iloc[[0]].set_geometry([shapely.box(120.45, 29.78, 120.46, 29.79)], crs="EPSG:4326")
    gpd.GeoDataFrame(np.vstack([frame, enclave]), columns=frame.columns, crs="EPSG:4326").to_file(
        tmp_path / "a.geojson"
    )
    draft = read(tmp_path / "a.geojson", join=True)
    assert len(draft.level(3)) == 4
    assert draft.level(3).geometry.iloc[0].geom_type == "MultiPolygon"
    assert "parts-joined" in said(draft)


def test_one_fault_of_many_rows_is_said_once_with_the_way_out(tmp_path: Path) -> None:
    villages(8).assign(level="村级网格界").to_file(tmp_path / "a.geojson")
    with pytest.raises(InvalidInput) as caught:
        read(tmp_path / "a.geojson", level=None)
    assert caught.value.zh.count("没有这个取值") == 1
    assert "8 个要素" in caught.value.zh
    assert '{"level": ""}' in caught.value.en
    assert len(read(tmp_path / "a.geojson", mapping={"level": ""}).level(3)) == 8


def test_values_without_a_schema_and_a_kmz_are_read(tmp_path: Path) -> None:
    marks = "".join(
        f"<Placemark><name>{row.名称}</name><ExtendedData><Data name='网格编码'><value>{row.网格编码}</value></Data>"
        f"<Data name='片区'><value>东片区</value></Data></ExtendedData>{_kml(row.geometry)}</Placemark>"
        for row in villages().itertuples()
    )
    text = f"<?xml version='1.0' encoding='UTF-8'?><kml xmlns='http://www.opengis.net/kml/2.2'><Document>{marks}</Document></kml>"
    (tmp_path / "a.kml").write_text(text, "utf-8")
    with zipfile.ZipFile(tmp_path / "b.kmz", "w") as archive:
        archive.writestr("doc.kml", text)
    for name in ("a.kml", "b.kmz"):
        draft = read(tmp_path / name)
        assert draft.level(3)["code"].tolist() == villages()["网格编码"].tolist()
        assert draft.level(2)["name_zh"].tolist() == ["东片区"]


def _kml(shape: shapely.Polygon) -> str:
    ring = " ".join(f"{x},{y},0" for x, y in shape.exterior.coords)
    outer = f"<LinearRing><coordinates>{ring}</coordinates></LinearRing>"
    return f"<Polygon><outerBoundaryIs>{outer}</outerBoundaryIs></Polygon>"


@pytest.mark.parametrize(("driver", "name"), [("MapInfo File", "a.tab"), ("FlatGeobuf", "a.fgb")])
def test_mapinfo_and_flatgeobuf_are_read(tmp_path: Path, driver: str, name: str) -> None:
    frame = (
        villages()
        .rename(columns={"网格编码": "code", "名称": "name", "片区": "area"})
        .replace("东片区", "East")
    )
    pyogrio.write_dataframe(frame, tmp_path / name, driver=driver)
    path = zipped(tmp_path, ".tab", ".dat", ".map", ".id") if driver.startswith("Map") else tmp_path / name
    assert read(path).level(3)["code"].tolist() == villages()["网格编码"].tolist()


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"geometryType": "esriGeometryPolygon", "features": [{"geometry": {"rings": []}}]}, "esri-json"),
        ({"type": "Topology", "objects": {}, "arcs": []}, "topojson-broken"),
        (
            {"type": "Topology", "objects": {"a": {"type": "Polygon", "arcs": [[7]]}}, "arcs": []},
            "topojson-broken",
        ),
        ({"type": "Topology", "objects": {"a": {}, "b": {}}, "arcs": []}, "topojson-objects"),
    ],
)
def test_other_kinds_of_json_are_named(tmp_path: Path, document: dict[str, Any], code: str) -> None:
    (tmp_path / "a.json").write_text(json.dumps(document))
    with pytest.raises(InvalidInput) as caught:
        read(tmp_path / "a.json")
    assert caught.value.code == code


def topology() -> dict[str, Any]:
    """Two neighbours that share an arc; the second walks it backwards. Coordinates are steps of a ten-thousandth."""
    arcs = [
        [[0, 0], [0, 100]],
        [[0, 100], [-100, 0], [0, -100], [100, 0]],
        [[0, 0], [100, 0], [0, 100], [-100, 0]],
    ]
    shapes = [
        {"type": "Polygon", "arcs": [[0, 1]], "properties": {"名称": "甲村", "编码": "330681109201"}},
        {"type": "Polygon", "arcs": [[2, -1]], "properties": {"名称": "乙村", "编码": "330681109202"}},
    ]
    return {
        "type": "Topology",
        "transform": {"scale": [0.0001, 0.0001], "translate": [120.4, 29.78]},
        "objects": {"villages": {"type": "GeometryCollection", "geometries": shapes}},
        "arcs": arcs,
    }


def test_arcs_that_neighbours_share_are_followed_in_both_directions(tmp_path: Path) -> None:
    (tmp_path / "a.topojson").write_text(json.dumps(topology()), "utf-8")
    found = read(tmp_path / "a.topojson").level(3)
    assert sorted(found["name_zh"]) == ["乙村", "甲村"]
    boxes = {row.name_zh: tuple(round(v, 4) for v in row.geometry.bounds) for row in found.itertuples()}
    assert boxes == {"甲村": (120.39, 29.78, 120.4, 29.79), "乙村": (120.4, 29.78, 120.41, 29.79)}


def test_a_table_of_features_by_line_by_wkt_and_as_parquet_is_read_as_the_layer_is(tmp_path: Path) -> None:
    frame = villages(4)
    wanted = sorted(frame["网格编码"])
    lines = json.loads(frame.to_json())["features"]
    (tmp_path / "a.geojsonl").write_text("\n".join(json.dumps(f) for f in lines), "utf-8")
    frame.to_parquet(tmp_path / "a.parquet")
    frame.drop(columns="geometry").assign(wkt=frame.geometry.to_wkt()).to_csv(tmp_path / "a.csv", index=False)
    for name in ("a.geojsonl", "a.parquet", "a.csv"):
        found = read(tmp_path / name).level(3)
        assert sorted(found["code"]) == wanted, name
        land = shapely.area(found.geometry.to_numpy()).sum()
        assert land == pytest.approx(shapely.area(frame.geometry.to_numpy()).sum(), rel=1e-6)
    (tmp_path / "b.parquet").write_bytes(b"PAR1 and nothing more")
    with pytest.raises(InvalidInput) as caught:
        read(tmp_path / "b.parquet")
    assert caught.value.code == "not-parquet"


def test_a_file_geodatabase_in_an_archive_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "v.gdb"
    villages(4).to_file(folder, driver="OpenFileGDB")
    file = tmp_path / "v.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for part in folder.iterdir():
            archive.write(part, f"资料/v.gdb/{part.name}")
    assert sorted(read(file).level(3)["code"]) == sorted(villages(4)["网格编码"])
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("资料/w.gdb/a00000001.gdbtable", b"")
    with pytest.raises(InvalidInput) as caught:
        read(file)
    assert caught.value.code == "filegdb-several"


def test_arcs_of_circles_become_lines_and_the_edge_of_the_world_is_no_error(tmp_path: Path) -> None:
    import importlib.util

    found = importlib.util.find_spec("pyogrio")
    assert found is not None
    assert found.origin is not None
    curved = Path(found.origin).parent / "tests" / "fixtures" / "multisurface.gpkg"
    draft = read(curved)
    assert "curves-straightened" in {notice.code for notice in draft.notices}
    assert draft.level(3).geometry.is_valid.all()
    world = gpd.GeoDataFrame(
        {"name": ["甲"], "code": ["1"]},
        geometry=[shapely.box(-180, -90.0000000000003, 180, 90)],
        crs="EPSG:4326",
    )
    world.to_file(tmp_path / "w.gpkg")
    assert len(read(tmp_path / "w.gpkg").level(3)) == 1


def test_a_town_that_moved_as_a_whole_is_recognised_with_the_system_it_was_in() -> None:
    old = villages(9).assign(grid_key=range(9))

    def moved(system: str | None, east: float = 0.0) -> gpd.GeoDataFrame:
        def each(xy: np.ndarray) -> np.ndarray:
            lon, lat = crs.from_wgs84(xy[:, 0], xy[:, 1], system) if system else (xy[:, 0] + east, xy[:, 1])
            return np.column_stack((lon, lat))

        return old.set_geometry(shapely.transform(old.geometry.to_numpy(), each), crs="EPSG:4326")

    for system, about_m in ((crs.GCJ02, 507), (crs.BD09, 1140)):
        shift = find_shift(old, moved(system), 4549)
        assert shift is not None
        assert (shift.like, shift.metres) == (system, pytest.approx(about_m, rel=0.05))
    plain = find_shift(old, moved(None, 0.001), 4549)
    assert plain is not None
    assert plain.like is None
    assert find_shift(old, old, 4549) is None
    one = old.copy()
    one.loc[0, "geometry"] = shapely.box(121, 30, 121.01, 30.01)
    assert find_shift(old, one, 4549) is None


def test_the_boundaries_found_in_use_come_out_right(found_in_use: Path) -> None:
    files = found_in_use / "files"
    reference = read(files / "ref28.geojson").level(3)
    for name in (
        "utf8_long_heading_nocpg.zip",
        "utf8_long_heading_cpg.zip",
        "gbk_cpg_says_utf8.zip",
        "kml_untyped.kml",
        "kml_schema_folders.kml",
        "gbk_nocpg.zip",
        "mapinfo_tab.zip",
        "villages.kmz",
    ):
        came = read(files / name).level(3)
        assert (name, sorted(came["code"])) == (name, sorted(reference["code"]))
    assert len(read(files / "polygons_and_points.gpkg").level(3)) == 12
    assert len(read(files / "enclave_two_rows.geojson", join=True).level(3)) == 28
    assert read(files / "landsurvey_names.zip").level(3)["name_zh"].notna().all()


def test_points_of_a_topology_keep_their_place_and_their_properties(tmp_path: Path) -> None:
    points = [
        {"type": "Point", "coordinates": [100, 50], "properties": {"code": "P1"}},
        {"type": "Point", "coordinates": [0, 0], "id": "P2"},
        {"type": "MultiPoint", "coordinates": [[1, 2], [3, 4]]},
    ]
    whole = {
        "type": "Topology",
        "transform": {"scale": [0.0001, 0.0001], "translate": [120.4, 29.78]},
        "objects": {"places": {"type": "GeometryCollection", "geometries": points}},
        "arcs": [],
    }
    (tmp_path / "p.json").write_text(json.dumps(whole), "utf-8")
    limits = {"features": 10, "columns": 10, "vertices": 100}
    table, shapes, _, notices = read_geojson(tmp_path / "p.json", limits)
    assert notices == []
    assert [shape.geom_type for shape in shapes] == ["Point", "Point", "MultiPoint"]
    assert (round(shapes[0].x, 4), round(shapes[0].y, 4)) == (120.41, 29.785)
    assert (table["code"].to_pylist()[0], table["id"].to_pylist()[1]) == ("P1", "P2")


def test_a_column_that_is_called_a_name_and_tells_the_grids_apart_is_taken_for_their_names(
    tmp_path: Path,
) -> None:
    def file(**columns: list[object]) -> Path:
        shapes = [shapely.box(120.4 + n / 100, 29.7, 120.41 + n / 100, 29.71) for n in range(3)]
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.gpkg"
        gpd.GeoDataFrame(columns, geometry=shapes, crs=4326).to_file(path)
        return path

    draft = read(file(STATE_ID=[1, 2, 3], STATE_NAME=["甲", "乙", "丙"]))
    assert list(draft.level(3)["name_zh"]) == ["甲", "乙", "丙"]
    assert "name-column-taken" in [notice.code for notice in draft.notices]
    for columns in (
        {"STATE_NAME": ["甲", "乙", "丙"], "AREANAME": ["子", "丑", "寅"]},
        {"STATE_NAME": ["甲", "甲", "丙"]},
        {"STATE_NAME": ["1", "2", "3"]},
    ):
        with pytest.raises(InvalidInput) as caught:
            read(file(**columns))
        assert caught.value.code == "grids-nameless"


def test_a_map_packed_for_echarts_is_told_as_that(tmp_path: Path) -> None:
    packed = {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"name": "杭州市"},
                "geometry": {
                    "type": "Polygon",
                    "coordinates": ["@@XBFBF@DG"],
                    "encodeOffsets": [[121360, 30856]],
                },
            }
        ],
        "UTF8Encoding": True,
    }
    (tmp_path / "浙江.json").write_text(json.dumps(packed), "utf-8")
    with pytest.raises(InvalidInput) as caught:
        read(tmp_path / "浙江.json")
    assert caught.value.code == "echarts-packed"
    assert "ECharts" in caught.value.zh
