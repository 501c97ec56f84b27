"""A cell that holds a line: well-known text or its places in order, in the file's own system."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely

from gridmap import crs
from gridmap.ingest.model import ParsedTable
from gridmap.ingest.rows.parse import parse_table

STREET = "120.41641,29.7871; 120.41619,29.78831"
WKT = "LINESTRING (120.41641 29.7871, 120.41619 29.78831)"


def read(tmp_path: Path, cells: str, heading: str = "路线", system: str | None = None) -> ParsedTable:
    path = tmp_path / "segments.csv"
    path.write_text(f"必到点编号,名称,{heading}\nL01,大溪路,{cells}\n", "utf-8")
    return parse_table(path, "fixed_points", crs=system)


@pytest.mark.parametrize(
    ("heading", "cell"),
    [
        ("路线", f'"{STREET}"'),
        ("路段", "120.41641 29.7871；120.41619 29.78831"),
        ("line", f'"{WKT}"'),
        (
            "wkt",
            '"MULTILINESTRING ((120.41641 29.7871, 120.4163 29.7877), (120.4163 29.7877, 120.41619 29.78831))"',
        ),
    ],
)
def test_a_line_is_read_as_people_and_programs_write_it(tmp_path: Path, heading: str, cell: str) -> None:
    parsed = read(tmp_path, cell, heading)
    assert parsed.refused.empty, parsed.refused
    row = parsed.table.to_pylist()[0]
    line = shapely.from_wkt(row["line"].split(";")[1])
    at = shapely.get_coordinates(line)
    assert at[0].tolist() == [120.41641, 29.7871]
    assert at[-1].tolist() == [120.41619, 29.78831]
    # Its place is its middle, to which it belongs in every list and count.
    assert line.distance(shapely.Point(row["lon"], row["lat"])) < 1e-7
    assert (row["direction"], row["on_foot"], row["placed_by"]) == ("either", False, "coordinate")


def test_a_line_in_another_system_is_moved_like_every_point(tmp_path: Path) -> None:
    lon, lat = crs.from_wgs84([120.41641, 120.41619], [29.7871, 29.78831], "GCJ-02")
    parsed = read(tmp_path, f'"{lon[0]:.9f},{lat[0]:.9f}; {lon[1]:.9f},{lat[1]:.9f}"', system="GCJ-02")
    line = shapely.from_wkt(parsed.table.to_pylist()[0]["line"].split(";")[1])
    assert line.hausdorff_distance(shapely.from_wkt(WKT)) < 1e-6


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("大溪路", "line-unreadable"),
        ("120.41641", "line-unreadable"),
        ('"120.41641,29.7871; 120.41619"', "line-unreadable"),
        ('"29.7871,120.41641; 29.78831,120.41619"', "line-unreadable"),
        ('"POLYGON ((120.4 29.7, 120.5 29.7, 120.5 29.8, 120.4 29.7))"', "line-unreadable"),
        ('"MULTILINESTRING ((120.41 29.78, 120.42 29.78), (120.43 29.78, 120.44 29.78))"', "line-in-pieces"),
        ('"120.41641,29.7871; 120.41642,29.7871"', "line-length"),
        ('"120.1,29.7; 120.9,29.7"', "line-length"),
        ('"' + "; ".join(f"{120.4 + n * 1e-5:.5f},29.78" for n in range(501)) + '"', "line-too-detailed"),
    ],
)
def test_a_line_that_cannot_be_meant_is_refused_with_its_row_and_field(
    tmp_path: Path, cell: str, code: str
) -> None:
    parsed = read(tmp_path, cell)
    assert parsed.accepted_rows == 0
    assert code in set(parsed.refused["code"])
    told = parsed.refused[parsed.refused["code"] == code].iloc[0]
    assert (told["row"], told["field"]) == (2, "路线")


def test_a_point_in_the_geometrys_column_is_the_place_and_no_line(tmp_path: Path) -> None:
    row = read(tmp_path, '"POINT (120.4 29.79)"', "wkt").table.to_pylist()[0]
    assert (row["lon"], row["lat"], row["line"]) == (120.4, 29.79, None)


def test_lines_and_points_of_one_map_file_are_segments_and_points(tmp_path: Path) -> None:
    path = tmp_path / "drawn.geojson"
    path.write_text(
        '{"type":"FeatureCollection","features":['
        '{"type":"Feature","properties":{"code":"L1","name_zh":"街"},"geometry":{"type":"LineString",'
        '"coordinates":[[120.41641,29.7871],[120.41619,29.78831]]}},'
        '{"type":"Feature","properties":{"code":"B1","name_zh":"门"},"geometry":{"type":"Point",'
        '"coordinates":[120.41,29.78]}}]}',
        "utf-8",
    )
    parsed = parse_table(path, "fixed_points")
    assert parsed.refused.empty
    assert [row["line"] is None for row in parsed.table.to_pylist()] == [False, True]
    assert "geometry-not-point" not in {notice.code for notice in parsed.warnings}
