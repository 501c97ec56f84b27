"""Boundaries: reading, keys, findings and mending."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely

from gridmap import crs
from gridmap.errors import InvalidInput
from gridmap.ingest.boundaries import (
    BoundaryDraft,
    Finding,
    check_boundaries,
    mend_slivers,
    read_boundaries,
    write_findings_gpkg,
)

WEST, SOUTH, STEP = 120.40, 29.78, 0.01
EPSG = 4549
CHECKOUT = Path(__file__).resolve().parents[2]
MEMPHIS = CHECKOUT.parent / "shared/reference/hotspot/memphis/memphis_precincts.geojson"
TOWN = CHECKOUT / "data" / "boundaries"


def _cell(column: int, row: int) -> Any:
    """Square, columns from the west, rows from the south."""
    x, y = WEST + column * STEP, SOUTH + row * STEP
    return shapely.segmentize(shapely.box(x, y, x + STEP, y + STEP), STEP / 4)


CELLS = [_cell(c, r) for r in (1, 0) for c in (0, 1)]
"""Four villages: north-west, north-east, south-west, south-east."""


def _file(path: Path, geometry: Sequence[Any], **columns: Any) -> Path:
    frame = gpd.GeoDataFrame(columns, geometry=list(geometry), crs=4326)
    if path.suffix == ".zip":
        folder = path.parent / "shape"
        folder.mkdir()
        frame.to_file(folder / "grids.shp", encoding="gb18030")
        with zipfile.ZipFile(path, "w") as archive:
            for part in folder.iterdir():
                if part.suffix != ".cpg":
                    archive.write(part, f"data/{part.name}")
    elif path.suffix == ".kml":
        frame.to_file(path, driver="LIBKML")
    else:
        frame.to_file(path)
    return path


def _villages(tmp_path: Path, geometry: Sequence[Any] = CELLS, **columns: Any) -> BoundaryDraft:
    columns.setdefault("name_zh", [f"村{i}" for i in range(len(geometry))])
    return read_boundaries(_file(tmp_path / "villages.geojson", geometry, **columns))


def _kinds(findings: Sequence[Finding]) -> list[str]:
    return [f.kind for f in findings]


@pytest.mark.parametrize("name", ["v.geojson", "v.gpkg", "v.zip", "v.kml"])
def test_villages_are_read_from_every_format(tmp_path: Path, name: str) -> None:
    codes = [f"33068110920{i}" for i in range(1, 5)]
    path = _file(tmp_path / name, CELLS, code=codes, name_zh=["甲村", "乙村", "丙村", "丁村"])
    draft = read_boundaries(path, level=3)
    villages = draft.level(3)
    assert villages["name_zh"].tolist() == ["甲村", "乙村", "丙村", "丁村"]
    assert villages["code"].tolist() == codes
    assert villages["grid_key"].tolist() == [330681109_01_201_000 + i * 1000 for i in range(4)]
    drawn, given = shapely.normalize(villages.geometry.to_numpy()), shapely.normalize(np.array(CELLS))
    assert shapely.equals_exact(drawn, given, 1e-9).all()
    assert check_boundaries(draft, EPSG) == []


def test_areas_and_the_town_are_made_by_union(tmp_path: Path) -> None:
    draft = _villages(tmp_path, 片区=["东片", "西片", "东片", "西片"])
    areas, town = draft.level(2), draft.level(1)
    assert sorted(areas["name_zh"]) == ["东片", "西片"]
    assert areas["made"].all()
    villages = draft.level(3).geometry.to_numpy()
    assert shapely.equals(town.geometry.iloc[0], shapely.union_all(villages))
    for key, shape in zip(areas["grid_key"], areas.geometry, strict=True):
        children = villages[(draft.level(3)["parent_key"] == key).to_numpy()]
        assert len(children) == 2
        assert shapely.equals(shape, shapely.union_all(children))
    assert [n.code for n in draft.notices].count("grids-made") == 2


def test_without_a_parent_column_there_is_one_area_and_one_town(tmp_path: Path) -> None:
    path = _file(tmp_path / "flat.geojson", CELLS, precinct=list("ABCD"))
    draft = read_boundaries(path, mapping={"precinct": "name_zh"}, town_name="Bluff", town_code="7")
    assert draft.levels == (1, 2, 3)
    assert draft.level(1)["name_zh"].tolist() == ["Bluff"]
    assert draft.level(2)["grid_key"].tolist() == [7_01_000_000]
    assert draft.level(3)["name_zh"].tolist() == list("ABCD")
    assert draft.level(3)["grid_key"].tolist() == [7_01_000_000 + i * 1000 for i in (1, 2, 3, 4)]
    assert "level-assumed" in [n.code for n in draft.notices]


def test_ordinals_run_west_to_east_and_north_to_south(tmp_path: Path) -> None:
    order = [2, 0, 3, 1]
    draft = _villages(tmp_path, [CELLS[i] for i in order], name_zh=[str(i) for i in order])
    assert draft.level(3)["name_zh"].tolist() == ["0", "1", "2", "3"]


def test_official_digits_stay_and_others_fill_the_free_numbers(tmp_path: Path) -> None:
    draft = _villages(tmp_path, code=["330681109002", "odd", None, "330681109001"])
    villages = draft.level(3).set_index("name_zh")
    assert (villages["grid_key"] // 1000 % 1000).to_dict() == {"村0": 2, "村1": 3, "村2": 4, "村3": 1}
    unfit = [f for f in check_boundaries(draft, EPSG) if f.kind == "code-unfit"]
    assert [f.codes for f in unfit] == [("odd",)]


def test_one_file_with_all_levels_is_read(tmp_path: Path) -> None:
    whole = shapely.union_all(CELLS)
    halves = [shapely.union_all(CELLS[:2]), shapely.union_all(CELLS[2:])]
    path = _file(
        tmp_path / "all.gpkg",
        [whole, *halves, *CELLS],
        级别=["镇", "片区", "片区", *["村"] * 4],
        编码=["330681109", "33068110901", "33068110902", *[f"33068110920{i}" for i in range(4)]],
        名称=["枫桥镇", "北片", "南片", "甲", "乙", "丙", "丁"],
    )
    draft = read_boundaries(path)
    assert draft.levels == (1, 2, 3)
    assert not draft.grids["made"].any()
    assert draft.level(3).set_index("name_zh")["parent_key"].to_dict() == {
        "甲": 330681109_01_000_000,
        "乙": 330681109_01_000_000,
        "丙": 330681109_02_000_000,
        "丁": 330681109_02_000_000,
    }
    assert check_boundaries(draft, EPSG) == []


def test_a_layer_or_a_file_a_level_is_read(tmp_path: Path) -> None:
    layers = tmp_path / "layers.gpkg"
    town = _file(tmp_path / "town.geojson", [shapely.union_all(CELLS)], name=["枫桥镇"])
    villages = _file(tmp_path / "village.geojson", CELLS, name=list("甲乙丙丁"))
    gpd.read_file(town).to_file(layers, layer="town")
    gpd.read_file(villages).to_file(layers, layer="village", mode="a")
    for paths in (layers, [town, villages]):
        draft = read_boundaries(paths)
        assert draft.level(1)["name_zh"].tolist() == ["枫桥镇"]
        assert len(draft.level(3)) == 4
        assert draft.level(2)["made"].all()


def test_a_parent_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    areas = _file(
        tmp_path / "areas.geojson",
        [shapely.union_all(CELLS[:2]), shapely.union_all(CELLS[2:])],
        name=["北", "南"],
    )
    villages = _file(
        tmp_path / "villages.geojson", CELLS, name=list("甲乙丙丁"), parent=["北", "北", "南", "西"]
    )
    with pytest.raises(InvalidInput, match="西") as caught:
        read_boundaries([areas, villages])
    assert caught.value.code == "parent-unknown"


def test_micro_grids_alone_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_boundaries(_file(tmp_path / "micro.geojson", CELLS, name=list("甲乙丙丁")))
    assert caught.value.code == "grids-without-villages"


@pytest.mark.parametrize("system", ["GCJ-02", "BD-09", "EPSG:4549"])
def test_other_systems_are_converted(tmp_path: Path, system: str) -> None:
    moved = crs.geometries_from_wgs84(CELLS, system)
    path = tmp_path / "villages.geojson"
    features = [
        {"type": "Feature", "properties": {"name": str(i)}, "geometry": json.loads(shapely.to_geojson(g))}
        for i, g in enumerate(moved)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    draft = read_boundaries(path, crs=system)
    villages = draft.level(3).set_index("name_zh")
    for i, cell in enumerate(CELLS):
        assert shapely.hausdorff_distance(villages.geometry[str(i)], cell) < 1e-7
    assert draft.source_crs == system


def test_swapped_and_unprojected_boundaries_are_told(tmp_path: Path) -> None:
    swapped = shapely.transform(CELLS, lambda xy: xy[:, ::-1])
    with pytest.raises(InvalidInput) as caught:
        _villages(tmp_path, swapped)
    assert caught.value.code == "coordinate-swapped"
    path = tmp_path / "m.geojson"
    metres = json.loads(shapely.to_geojson(crs.geometries_from_wgs84(CELLS, EPSG)[0]))
    path.write_text(json.dumps({"type": "Feature", "properties": {"name": "a"}, "geometry": metres}))
    with pytest.raises(InvalidInput) as caught:
        read_boundaries(path)
    assert caught.value.code == "coordinate-out-of-range"


def test_personal_columns_and_telephones_refuse_the_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="网格员"):
        _villages(tmp_path, 网格员=list("甲乙丙丁"))
    with pytest.raises(InvalidInput, match="个要素") as caught:
        _villages(tmp_path, name_zh=["甲", "乙 13812345678", "丙", "丁"])
    assert "13812345678" not in str(caught.value)


def test_an_overlap_is_measured_and_shown(tmp_path: Path) -> None:
    wide = shapely.box(WEST, SOUTH + STEP, WEST + STEP * 1.1, SOUTH + 2 * STEP)
    findings = check_boundaries(_villages(tmp_path, [wide, *CELLS[1:]]), EPSG)
    overlap = next(f for f in findings if f.kind == "overlap")
    expected = crs.area_m2([shapely.intersection(wide, CELLS[1])], EPSG)[0]
    assert overlap.area_m2 == pytest.approx(expected, rel=1e-3)
    assert overlap.names == ("村0", "村1")
    assert shapely.within(shapely.centroid(overlap.geometry), CELLS[1])
    assert overlap.severity == "error"


def test_a_gap_between_neighbours_is_measured(tmp_path: Path) -> None:
    hole = shapely.box(WEST + 0.98 * STEP, SOUTH + 0.5 * STEP, WEST + 1.02 * STEP, SOUTH + 1.5 * STEP)
    findings = check_boundaries(_villages(tmp_path, list(shapely.difference(CELLS, hole))), EPSG)
    assert _kinds(findings) == ["gap"]
    assert findings[0].area_m2 == pytest.approx(crs.area_m2([hole], EPSG)[0], rel=1e-3)
    assert len(findings[0].names) == 4


def test_land_outside_of_the_parent_and_land_without_children_are_measured(tmp_path: Path) -> None:
    town = _file(
        tmp_path / "town.geojson",
        [shapely.box(WEST, SOUTH, WEST + 2.2 * STEP, SOUTH + 1.9 * STEP)],
        name=["镇"],
    )
    villages = _file(tmp_path / "villages.geojson", CELLS, name=list("甲乙丙丁"), parent=["x"] * 4)
    areas = _file(
        tmp_path / "areas.geojson",
        [shapely.box(WEST, SOUTH, WEST + 2.2 * STEP, SOUTH + 1.9 * STEP)],
        name=["x"],
    )
    findings = check_boundaries(read_boundaries([town, areas, villages]), EPSG)
    findings = [f for f in findings if f.severity == "error"]
    assert sorted(_kinds(findings)) == ["outside-parent", "outside-parent", "uncovered"]
    outside = shapely.box(WEST, SOUTH + 1.9 * STEP, WEST + STEP, SOUTH + 2 * STEP)
    sizes = [f.area_m2 for f in findings if f.kind == "outside-parent"]
    assert sizes == pytest.approx([crs.area_m2([outside], EPSG)[0]] * 2, rel=1e-2)


def test_a_border_that_crosses_itself_is_shown_where_it_does(tmp_path: Path) -> None:
    x, y = WEST + 3 * STEP, SOUTH
    bow = shapely.Polygon([(x, y), (x + STEP, y + STEP), (x + STEP, y), (x, y + STEP)])
    findings = check_boundaries(_villages(tmp_path, [*CELLS, bow]), EPSG)
    assert _kinds(findings) == ["invalid"]
    centre = shapely.Point(x + STEP / 2, y + STEP / 2)
    assert shapely.distance(findings[0].geometry, centre) < 1e-4


def test_names_codes_and_twins_are_found(tmp_path: Path) -> None:
    draft = _villages(
        tmp_path,
        [*CELLS, shapely.reverse(CELLS[0])],
        name_zh=["同名", "同名", None, "丁", "戊"],
        code=["330681109201", "330681109202", "330681109203", "330681109203", "330681109205"],
    )
    findings = check_boundaries(draft, EPSG)
    assert {"duplicate-geometry", "duplicate-code", "duplicate-name", "name-missing"} <= set(_kinds(findings))
    assert "overlap" not in _kinds(findings)
    twins = next(f for f in findings if f.kind == "duplicate-geometry")
    assert set(twins.names) == {"同名", "戊"}


def test_a_feature_without_a_shape_is_found(tmp_path: Path) -> None:
    findings = check_boundaries(_villages(tmp_path, [*CELLS, None]), EPSG)
    assert _kinds(findings) == ["missing"]


def test_findings_are_drawn_in_a_geopackage(tmp_path: Path) -> None:
    wide = shapely.box(WEST, SOUTH + STEP, WEST + STEP * 1.1, SOUTH + 2 * STEP)
    findings = check_boundaries(
        _villages(tmp_path, [wide, *CELLS[1:]], name_zh=[None, "乙", "丙", "丁"]), EPSG
    )
    path = tmp_path / "findings.gpkg"
    drawn = write_findings_gpkg(findings, path)
    assert 0 < drawn < len(findings)
    layers = [name for name, _ in pyogrio.list_layers(path)]
    assert layers == ["areas", "points"]
    assert gpd.read_file(path, layer="areas")["area_m2"].max() > 0
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_slivers_are_mended_and_the_land_moved_is_said(tmp_path: Path) -> None:
    narrow = 1e-5
    gap = shapely.box(WEST + STEP, SOUTH + STEP, WEST + STEP + narrow, SOUTH + 2 * STEP)
    lap = shapely.box(WEST, SOUTH - narrow, WEST + STEP, SOUTH + narrow)
    shapes = [CELLS[0], shapely.difference(CELLS[1], gap), CELLS[2], CELLS[3]]
    shapes[0] = shapely.union(shapes[0], shapely.transform(lap, lambda xy: xy + np.array([0, STEP])))
    draft = _villages(tmp_path, shapes)
    assert [f.kind for f in check_boundaries(draft, EPSG) if f.severity == "error"]
    mended, report = mend_slivers(draft, EPSG, max_width_m=2.0)
    assert check_boundaries(mended, EPSG) == []
    assert shapely.coverage_is_valid(mended.level(3).geometry.to_numpy())
    assert 500 < report.moved_m2 < 4000
    assert {m.name for m in report.moved if m.level == 3} <= {"村0", "村1", "村2", "村3"}
    assert report.left == 0
    assert check_boundaries(draft, EPSG) != []


def test_a_large_overlap_is_left_for_a_person(tmp_path: Path) -> None:
    wide = shapely.box(WEST, SOUTH + STEP, WEST + STEP * 1.1, SOUTH + 2 * STEP)
    draft = _villages(tmp_path, [wide, *CELLS[1:]])
    mended, report = mend_slivers(draft, EPSG)
    assert report.left == 2
    assert "overlap" in _kinds(check_boundaries(mended, EPSG))


def test_a_thousand_grids_have_each_flaw_found_once(tmp_path: Path) -> None:
    shapes = [_cell(c, r) for r in range(32) for c in range(32)]
    shapes[100] = shapely.buffer(shapes[100], STEP / 50, join_style="mitre")
    parents = [f"p{i // 512}" for i in range(1024)]
    findings = check_boundaries(_villages(tmp_path, shapes, parent=parents), EPSG)
    assert _kinds(findings) == ["overlap"] * 8
    assert all("村100" in f.names for f in findings)


def test_the_demonstration_town_has_no_findings() -> None:
    draft = read_boundaries([TOWN / f"{n}.geojson" for n in ("town", "areas", "villages", "micro_grids")])
    assert draft.levels == (1, 2, 3, 4)
    assert len(draft.level(3)) == 28
    given = {
        int(f["properties"]["grid_key"])
        for n in ("town", "areas", "villages", "micro_grids")
        for f in json.loads((TOWN / f"{n}.geojson").read_text("utf-8"))["features"]
    }
    assert set(draft.grids["grid_key"]) == given
    assert [f for f in check_boundaries(draft, EPSG) if f.severity == "error"] == []


@pytest.mark.reference
def test_memphis_precincts_are_a_flat_file_of_level_three() -> None:
    if not MEMPHIS.is_file():
        pytest.skip("the reference data is not here")
    draft = read_boundaries(MEMPHIS, mapping={"precinct": "name_zh"}, town_name="Memphis")
    assert sorted(draft.level(3)["name_zh"])[:2] == ["Airways", "Appling Farms"]
    assert len(draft.level(3)) == 9
    assert draft.level(1)["name_zh"].tolist() == ["Memphis"]
    assert check_boundaries(draft, 32616) == []


def test_borders_that_share_no_vertices_are_a_warning_only(tmp_path: Path) -> None:
    plain = shapely.box(WEST, SOUTH + STEP, WEST + STEP, SOUTH + 2 * STEP)
    findings = check_boundaries(_villages(tmp_path, [plain, *CELLS[1:]]), EPSG)
    assert [f for f in findings if f.severity == "error"] == []


def test_more_villages_than_digits_are_refused_with_advice(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="999"):
        _villages(tmp_path, [_cell(c, r) for r in range(32) for c in range(32)])
