"""Exports, and the way back in."""

from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely

from gridmap import crs
from gridmap.errors import InvalidInput
from gridmap.files.cells import escape_cell
from gridmap.files.layers import write_layer
from gridmap.ingest.boundaries import read_boundaries
from gridmap.ingest.rows import parse_table

NOW = dt.datetime(2026, 2, 1, tzinfo=dt.UTC)
NASTY = [
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\tx",
    "-5",
    "'=quoted",
    "'plain",
    '邻里纠纷, "引号"',
]


def _incidents() -> gpd.GeoDataFrame:
    n = len(NASTY)
    return gpd.GeoDataFrame(
        {
            "uid": [f"A{i}" for i in range(n)],
            "domain": ["land"] * n,
            "occurred_at": pd.date_range("2026-01-05 00:30", periods=n, freq="h", tz="UTC"),
            "severity": pd.array([1, 2, None] * (n // 3), dtype="Int64"),
            "accuracy_m": [-0.0, 5.5, np.nan] * (n // 3),
            "summary": NASTY,
            "grid_key": np.arange(n) + 33068110901219001,
        },
        geometry=shapely.points(120.40 + np.arange(n) * 0.001, np.full(n, 29.79)),
        crs=4326,
    )


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".csv", ".xlsx"])
@pytest.mark.parametrize("system", ["EPSG:4326", "EPSG:4490", "GCJ-02", "BD-09", "EPSG:4549"])
def test_what_is_exported_comes_back_the_same(tmp_path: Path, suffix: str, system: str) -> None:
    frame = _incidents()
    path = tmp_path / f"incidents{suffix}"
    assert write_layer(frame, path, target_crs=system) == len(frame)
    declared = suffix == ".geojson" or (suffix == ".gpkg" and system.startswith("EPSG"))
    parsed = parse_table(path, "incidents", crs=None if declared else system, now=NOW)
    assert parsed.refused.empty
    rows = parsed.rows
    assert rows["uid"].tolist() == frame["uid"].tolist()
    assert rows["summary"].tolist() == [s.strip() for s in NASTY]
    assert rows["severity"].tolist() == frame["severity"].tolist()
    assert rows["occurred_at"].tolist() == frame["occurred_at"].tolist()
    assert crs.distance_m(rows["lon"], rows["lat"], frame.geometry.x, frame.geometry.y).max() < 0.01
    assert parsed.source_crs == system


def test_no_cell_of_a_csv_file_is_a_formula(tmp_path: Path) -> None:
    frame = _incidents()
    frame["=evil"] = -1.5
    path = tmp_path / "a.csv"
    write_layer(frame, path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    for cell in (c for row in rows for c in row):
        try:
            float(cell)
        except ValueError:
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert rows[1][rows[0].index("'=evil")] == "-1.5"
    assert rows[6][rows[0].index("summary")] == "-5"


def test_no_cell_of_a_workbook_is_a_formula_and_long_keys_keep_their_digits(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_layer(_incidents(), path)
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    head = [c.value for c in sheet[1]]
    assert all(c.data_type != "f" for row in sheet for c in row)
    assert sheet.cell(2, head.index("summary") + 1).value == "'=1+1"
    assert sheet.cell(2, head.index("grid_key") + 1).value == "33068110901219001"
    assert sheet.cell(3, head.index("accuracy_m") + 1).value == 5.5


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1", "'=1"),
        ("-5", "-5"),
        ("-5.5e3", "-5.5e3"),
        ("-5a", "'-5a"),
        ("a\0b", "ab"),
        ("\0=1", "'=1"),
        ("'", "'"),
        ("", ""),
        ("＝1", "'＝1"),
    ],
)
def test_cells_are_escaped_but_numbers_stay_numbers(text: str, written: str) -> None:
    assert escape_cell(text) == written


def test_polygons_go_out_and_come_back_as_boundaries(tmp_path: Path) -> None:
    shapes = [shapely.box(120.40, 29.78, 120.41, 29.79), shapely.box(120.41, 29.78, 120.42, 29.79)]
    grids = gpd.GeoDataFrame(
        {"level": [3, 3], "code": ["330681109201", "330681109202"], "name_zh": ["甲", "乙"]},
        geometry=shapes,
        crs=4326,
    )
    for name, system in (("g.geojson", "GCJ-02"), ("g.gpkg", "EPSG:4549")):
        write_layer(grids, tmp_path / name, target_crs=system, layer="grids")
        back = read_boundaries(tmp_path / name).level(3)
        assert back["name_zh"].tolist() == ["甲", "乙"]
        assert shapely.hausdorff_distance(back.geometry.to_numpy(), np.array(shapes)).max() < 1e-7


def test_lines_survive_a_csv_file(tmp_path: Path) -> None:
    roads = gpd.GeoDataFrame(
        {"road_id": ["R1"], "class": ["village"], "oneway": ["no"]},
        geometry=[shapely.LineString([(120.4, 29.8), (120.41, 29.81)])],
        crs=4326,
    )
    for name in ("r.csv", "r.xlsx"):
        write_layer(roads, tmp_path / name)
        parsed = parse_table(tmp_path / name, "roads", now=NOW)
        assert parsed.geometry is not None
        assert shapely.equals_exact(parsed.geometry[0], roads.geometry.iloc[0], 1e-9)


def test_a_table_with_lon_and_lat_is_moved_to_the_target(tmp_path: Path) -> None:
    table = pd.DataFrame({"code": ["a", "b"], "lon": [120.415, np.nan], "lat": [29.79, np.nan]})
    write_layer(table, tmp_path / "a.csv", target_crs="GCJ-02")
    back = pd.read_csv(tmp_path / "a.csv")
    assert crs.distance_m(120.415, 29.79, back["lon"][0], back["lat"][0])[0] == pytest.approx(507, abs=1)
    write_layer(table, tmp_path / "a.geojson")
    features = json.loads((tmp_path / "a.geojson").read_text("utf-8"))["features"]
    assert [f["geometry"] is None for f in features] == [False, True]


def test_an_export_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text("before")
    frame = pd.DataFrame({"v": [object()]})
    frame["v"] = [type("Broken", (), {"__str__": lambda self: 1 / 0})()]
    with pytest.raises(ZeroDivisionError):
        write_layer(frame, path)
    assert path.read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["a.geojson"]


def test_unknown_formats_systems_and_folders_are_refused(tmp_path: Path) -> None:
    frame = _incidents()
    for name, options in (("a.shp", {}), ("a.csv", {"target_crs": "EPSG:1"}), ("no/folder/a.csv", {})):
        with pytest.raises(InvalidInput):
            write_layer(frame, tmp_path / name, **options)


def test_an_empty_layer_is_a_file_with_headings(tmp_path: Path) -> None:
    for suffix in (".geojson", ".csv", ".xlsx", ".gpkg"):
        assert write_layer(_incidents().iloc[:0], tmp_path / f"a{suffix}") == 0
        assert (tmp_path / f"a{suffix}").stat().st_size > 0


@pytest.mark.parametrize("suffix", [".csv", ".geojson"])
def test_an_instant_reads_the_same_whatever_unit_its_column_has(tmp_path: Path, suffix: str) -> None:
    moments = pd.Series(pd.to_datetime(["2026-01-05T00:30:00Z", None, "2026-06-30T16:00:00Z"]))
    written = set()
    for unit in ("s", "ms", "us", "ns"):
        path = tmp_path / f"{unit}{suffix}"
        write_layer(pd.DataFrame({"at": moments.astype(f"datetime64[{unit}, UTC]")}), path)
        written.add(path.read_bytes())
    (told,) = written
    expected = {".csv": "2026-01-05 08:30:00+08:00", ".geojson": "2026-01-05T00:30:00+00:00"}
    assert expected[suffix] in told.decode("utf-8-sig")
