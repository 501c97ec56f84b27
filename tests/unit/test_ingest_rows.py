"""Tables of records: what is taken, what is refused, and what is said."""

from __future__ import annotations

import datetime as dt
import json
import tracemalloc
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely

from gridmap import crs
from gridmap.errors import InvalidInput
from gridmap.ingest.model import ParsedTable
from gridmap.ingest.reading.quotes import row_of_open_quote
from gridmap.ingest.rows import parse_table, write_refused

NOW = dt.datetime(2026, 2, 1, tzinfo=dt.UTC)
BOUNDS = (120.3, 29.7, 120.5, 29.9)
HEAD = "uid,domain,kind,occurred_at,lon,lat,summary"


def _parse(path: Path, noun: str = "incidents", **options: Any) -> ParsedTable:
    return parse_table(path, noun, **{"now": NOW, "bounds": BOUNDS, **options})


def _csv(tmp_path: Path, *lines: str, head: str = HEAD, encoding: str = "utf-8", name: str = "a.csv") -> Path:
    path = tmp_path / name
    path.write_bytes("\n".join([head, *lines, ""]).encode(encoding))
    return path


def _codes(parsed: ParsedTable) -> list[tuple[int, str]]:
    return list(zip(parsed.refused["row"], parsed.refused["code"], strict=True))


GOOD = "A1,dispute,02,2026-01-05 08:30,120.415,29.79,排水沟纠纷"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_file_is_read_in_the_encodings_that_people_have(tmp_path: Path, encoding: str) -> None:
    parsed = _parse(_csv(tmp_path, GOOD, encoding=encoding))
    row = parsed.rows.iloc[0]
    assert (row["uid"], row["kind"], row["summary"], row["stage"]) == ("A1", "02", "排水沟纠纷", "accepted")
    assert row["occurred_at"] == pd.Timestamp("2026-01-05 00:30", tz="UTC")
    assert (row["lon"], row["lat"], row["placed_by"], row["row"]) == (120.415, 29.79, "coordinate", 2)
    assert parsed.refused.empty


def test_chinese_headings_and_values_are_understood(tmp_path: Path) -> None:
    parsed = _parse(
        _csv(
            tmp_path,
            "A1,矛盾纠纷,邻里纠纷,2026年1月5日 下午3点20分,29.79,120.415,来电,化解,一般群体性事件,3",
            "A2,土地管理,违建,2026.1.5,29.79,120.415,网,受理,,",
            head="事件编号,事件领域,纠纷类型,发生时间,纬度,经度,来源,阶段,规模,严重程度",
        )
    )
    first, second = parsed.rows.to_dict("records")
    assert (first["domain"], first["kind"], first["channel"], first["stage"]) == (
        "dispute",
        "02",
        "phone",
        "resolved",
    )
    assert (first["scale"], first["severity"]) == ("02", 3)
    assert (second["domain"], second["kind"], second["channel"]) == ("land", "违建", "online")


def test_every_problem_of_a_row_is_said_with_its_place(tmp_path: Path) -> None:
    parsed = _parse(_csv(tmp_path, GOOD, "A2,nothing,02,01/02/2026,,,打电话13812345678"))
    assert parsed.accepted_rows == 1
    assert parsed.refused_rows == 1
    assert set(parsed.refused["row"]) == {3}
    assert dict(zip(parsed.refused["field"], parsed.refused["code"], strict=True)) == {
        "domain": "code-unknown",
        "occurred_at": "date-ambiguous",
        "summary": "personal-phone-number",
        "lon, lat": "place-missing",
    }
    assert set(parsed.refused["file"]) == {"a.csv"}
    assert not parsed.refused["value"].str.contains("13812345678").any()
    assert "nothing" in set(parsed.refused["value"])


@pytest.mark.parametrize(
    ("lon", "lat", "code"),
    [
        ("29.79", "120.415", "coordinate-swapped"),
        ("NaN", "29.79", "coordinate-not-finite"),
        ("inf", "29.79", "coordinate-not-finite"),
        ("1e400", "29.79", "coordinate-not-finite"),
        ("181", "29.79", "coordinate-out-of-range"),
        ("120.4", "-91", "coordinate-out-of-range"),
        ("0", "0", "coordinate-zero"),
        ("-120.415", "29.79", "coordinate-sign"),
        ("W120.415", "S29.79", "coordinate-sign"),
        ("120.415", "29.79°S", "coordinate-sign"),
        ("120.4", "", "coordinate-half"),
        ("here", "29.79", "coordinate-unreadable"),
    ],
)
def test_a_place_that_cannot_be_is_refused_once_and_by_its_name(
    tmp_path: Path, lon: str, lat: str, code: str
) -> None:
    parsed = _parse(_csv(tmp_path, GOOD, f"A2,land,x,2026-01-05,{lon},{lat},"))
    assert _codes(parsed) == [(3, code)]


def test_a_file_with_exchanged_headings_is_told_so(tmp_path: Path) -> None:
    parsed = _parse(_csv(tmp_path, *[f"A{i},land,x,2026-01-05,29.79,120.4{i}," for i in range(5)]))
    assert parsed.accepted_rows == 0
    assert "columns-swapped" in [n.code for n in parsed.warnings]


def test_places_outside_are_kept_and_said(tmp_path: Path) -> None:
    parsed = _parse(_csv(tmp_path, GOOD, "A2,land,x,2026-01-05,121.5,31.2,"))
    assert parsed.accepted_rows == 2
    assert "places-outside" in [n.code for n in parsed.warnings]


@pytest.mark.parametrize("system", ["GCJ-02", "BD-09", "EPSG:4549", "EPSG:4490"])
def test_other_systems_are_converted_and_the_raw_coordinate_kept(tmp_path: Path, system: str) -> None:
    x, y = crs.from_wgs84(120.415, 29.79, system)
    parsed = _parse(_csv(tmp_path, f"A1,land,x,2026-01-05,{float(x[0])!r},{float(y[0])!r},"), crs=system)
    row = parsed.rows.iloc[0]
    assert crs.distance_m(row["lon"], row["lat"], 120.415, 29.79)[0] < 0.01
    assert (row["raw_x"], row["raw_y"], row["source_crs"]) == (x[0], y[0], system)


def test_degrees_minutes_and_seconds_are_a_coordinate_too(tmp_path: Path) -> None:
    parsed = _parse(_csv(tmp_path, "A1,land,x,2026-01-05,120°24′54″E,北纬29度47分24秒,"))
    row = parsed.rows.iloc[0]
    assert (row["lon"], row["lat"]) == (pytest.approx(120.415), pytest.approx(29.79))


def test_a_grid_code_or_a_village_name_stands_in_for_a_coordinate(tmp_path: Path) -> None:
    parsed = _parse(
        _csv(
            tmp_path,
            "A1,land,2026-01-05,,,330681109219.0,枫源村",
            "A2,land,2026-01-05,,,,枫源村",
            "A3,land,2026-01-05,120.4,29.8,330681109219,枫源村",
            head="uid,domain,occurred_at,lon,lat,网格编码,所属村",
        )
    )
    rows = parsed.rows
    assert rows["placed_by"].tolist() == ["grid_code", "village_name", "coordinate"]
    assert rows["grid_code"].iloc[0] == "330681109219"
    assert rows["lon"].isna().tolist() == [True, True, False]
    assert rows["source_crs"].isna().tolist() == [True, True, False]


def test_rows_are_numbered_as_a_spreadsheet_numbers_them(tmp_path: Path) -> None:
    parsed = _parse(
        _csv(tmp_path, 'A1,land,x,2026-01-05,120.4,29.8,"two\nlines"', "", "A2,land,x,never,120.4,29.8,")
    )
    assert parsed.rows["row"].tolist() == [2]
    assert _codes(parsed) == [(4, "date-unreadable")]


def test_mixed_line_ends_make_no_difference(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(f"{HEAD}\r\n{GOOD}\n{GOOD.replace('A1', 'A2')}\r{GOOD.replace('A1', 'A3')}\r\n".encode())
    assert _parse(path).rows["uid"].tolist() == ["A1", "A2", "A3"]


@pytest.mark.parametrize(
    ("rows", "row"),
    [
        ((GOOD, 'A2,land,"x,2026-01-05,120.4,29.7,', GOOD), 3),
        (
            (
                GOOD,
                'A2,land,"one\ntwo",2026-01-05,120.4,29.7,',
                'A3,land,x,2026-01-05,120.4,29.7,"said "no"',
                "A4",
            ),
            4,
        ),
        (('A2,land,x,2026-01-05,120.4,29.7,"', *[GOOD] * 3), 2),
    ],
)
def test_a_quote_that_is_not_closed_is_pointed_at(tmp_path: Path, rows: tuple[str, ...], row: int) -> None:
    with pytest.raises(InvalidInput) as told:
        _parse(_csv(tmp_path, *rows))
    assert told.value.code == "csv-quote-open"
    assert f"第 {row} 行" in str(told.value)
    assert f"row {row} " in str(told.value)


def test_an_open_quote_is_looked_for_in_little_more_memory_than_the_text() -> None:
    text = 'a,b\n1,"open\n' + "1,22222\n" * 100_000
    tracemalloc.start()
    try:
        assert row_of_open_quote(text, ",") == 2
        assert tracemalloc.get_traced_memory()[1] < 8 * len(text)
    finally:
        tracemalloc.stop()


def test_a_line_that_names_another_separator_than_the_table_s_is_told(tmp_path: Path) -> None:
    path = _csv(tmp_path, GOOD)
    path.write_text("sep=;\n" + path.read_text("utf-8"), "utf-8")
    with pytest.raises(InvalidInput, match="sep=;") as told:
        _parse(path)
    assert told.value.code == "csv-separator-line"


def test_uneven_rows_are_pointed_at(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="第 3 行"):
        _parse(_csv(tmp_path, GOOD, "A2,land"))


def test_a_mapping_renames_sets_and_drops_columns(tmp_path: Path) -> None:
    path = _csv(
        tmp_path,
        '15213800,"personal robbery","2019-01-01T01:30:00",-89.942,35.149,x',
        head='"uid","offense_type","date","lon","lat","status"',
    )
    parsed = _parse(path, bounds=None, zone="America/Chicago", mapping={"domain": "=policing", "status": ""})
    row = parsed.rows.iloc[0]
    assert (row["domain"], row["kind"], row["stage"]) == ("policing", "personal robbery", "accepted")
    assert row["occurred_at"] == pd.Timestamp("2019-01-01 07:30", tz="UTC")
    assert parsed.ignored == ("status",)
    assert parsed.headers["offense_type"] == "kind"


@pytest.mark.parametrize(
    ("mapping", "code"),
    [
        ({"kind": "colour"}, "mapping-field-unknown"),
        ({"absent": "kind"}, "mapping-heading-missing"),
        ({"summary": "kind", "kind": "kind"}, "field-twice"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(tmp_path: Path, mapping: dict[str, str], code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        _parse(_csv(tmp_path, GOOD), mapping=mapping)
    assert caught.value.code == code


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="occurred_at") as caught:
        _parse(_csv(tmp_path, "A1,land,120.4,29.8", head="uid,domain,lon,lat"))
    assert caught.value.code == "column-missing"


@pytest.mark.parametrize("heading", ["当事人", "身份证号", "phone", "name", "民族"])
def test_a_file_with_a_personal_column_is_refused_whole(tmp_path: Path, heading: str) -> None:
    path = _csv(tmp_path, GOOD + ",x", head=f"{HEAD},{heading}")
    for mapping in (None, {"summary": "", heading: "summary"} if heading != "name" else None):
        with pytest.raises(InvalidInput, match=heading) as caught:
            _parse(path, mapping=mapping)
        assert caught.value.code == "personal-data-column"


def test_an_innocent_heading_over_many_numbers_is_refused_too(tmp_path: Path) -> None:
    lines = [f"A{i},land,x,2026-01-05,120.4,29.8,,1381234{i:04d}" for i in range(20)]
    with pytest.raises(InvalidInput, match="misc") as caught:
        _parse(_csv(tmp_path, *lines, head=f"{HEAD},misc"))
    assert caught.value.code == "personal-data-column"


def test_keys_that_stand_twice_name_the_first(tmp_path: Path) -> None:
    parsed = _parse(_csv(tmp_path, GOOD, GOOD.replace("A1", "A2"), GOOD))
    assert _codes(parsed) == [(4, "key-twice")]
    assert "第 2 行" in parsed.refused["reason_zh"].iloc[0]


def test_derived_keys_are_stable_and_tell_identical_rows_apart(tmp_path: Path) -> None:
    line = ",land,x,2026-01-05,120.4,29.8,same"
    other = ",land,x,2026-01-05,120.4,29.8,other"
    first = _parse(_csv(tmp_path, line, line, other)).rows["uid"].tolist()
    again = _parse(_csv(tmp_path, other, line, line, name="b.csv")).rows["uid"].tolist()
    assert len(set(first)) == 3
    assert sorted(first) == sorted(again)
    staged = _csv(tmp_path, ",land,x,2026-01-05,120.4,29.8,same,archived", head=HEAD + ",stage", name="c.csv")
    assert _parse(staged).rows["uid"].tolist() == first[:1]


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ("2027-01-01,,", "date-in-future"),
        ("1900-01-01,,", "date-too-early"),
        ("2026-01-05,2026-01-04,", "date-before-occurrence"),
        ("2026-01-05,,2026-01-01", "date-before-occurrence"),
        (",,", "value-missing"),
    ],
)
def test_dates_that_contradict_each_other_are_refused(tmp_path: Path, cells: str, code: str) -> None:
    path = _csv(tmp_path, f"land,120.4,29.8,{cells}", head="domain,lon,lat,occurred_at,reported_at,closed_at")
    assert _codes(_parse(path)) == [(2, code)]


def test_refused_rows_come_back_as_a_workbook_that_can_be_corrected_and_imported(tmp_path: Path) -> None:
    source = _csv(
        tmp_path,
        GOOD,
        "A2,land,x,01/02/2026,120.4,29.8,=1+1",
        "A3,land,x,2026-01-05,29.8,120.4,call 13812345678",
    )
    parsed = _parse(source)
    path = tmp_path / "refused.xlsx"
    assert write_refused(path, parsed) == 2
    book = openpyxl.load_workbook(path)
    sheet = book["refused"]
    assert [c.value for c in sheet[1]][:7] == HEAD.split(",")
    assert [sheet.cell(2, 8).value, sheet.cell(3, 8).value] == [3, 4]
    assert "13812345678" not in str([c.value for c in sheet[3]])
    assert all(cell.data_type != "f" for row in sheet for cell in row)
    sheet.cell(2, 4).value = "2026-02-01"
    sheet.cell(3, 5).value, sheet.cell(3, 6).value, sheet.cell(3, 7).value = "120.4", "29.8", ""
    corrected = tmp_path / "corrected.xlsx"
    book.save(corrected)
    again = _parse(corrected)
    assert again.refused.empty
    assert again.ignored == ()
    assert again.rows["uid"].tolist() == ["A2", "A3"]
    assert again.rows["summary"].iloc[0] == "=1+1"


def test_a_workbook_has_dates_numbers_and_codes(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    pd.DataFrame(
        {
            "uid": [1001, 1002],
            "domain": ["policing", "纠纷化解"],
            "kind": ["theft", 2],
            "occurred_at": [dt.datetime(2026, 1, 5, 8, 30), dt.datetime(2026, 1, 6)],  # noqa: DTZ001
            "lon": [120.4, 120.41],
            "lat": [29.8, 29.81],
        }
    ).to_excel(path, index=False)
    parsed = _parse(path)
    assert parsed.refused.empty
    assert parsed.rows["uid"].tolist() == ["1001", "1002"]
    assert parsed.rows["kind"].tolist() == ["theft", "02"]
    assert parsed.rows["occurred_at"].iloc[0] == pd.Timestamp("2026-01-05 00:30", tz="UTC")


def test_points_come_from_geojson_and_geopackage_too(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"uid": ["A1", "A2"], "domain": ["land", "safety"], "occurred_at": ["2026-01-05", "2026-01-06"]},
        geometry=shapely.points([[120.4, 29.8], [120.41, 29.81]]),
        crs=4326,
    )
    frame.to_file(tmp_path / "a.geojson")
    frame.to_crs(4549).to_file(tmp_path / "a.gpkg", layer="i")
    for name in ("a.geojson", "a.gpkg"):
        parsed = _parse(tmp_path / name)
        assert parsed.refused.empty
        np.testing.assert_allclose(parsed.rows[["lon", "lat"]], [[120.4, 29.8], [120.41, 29.81]], atol=1e-9)
        assert parsed.rows["placed_by"].tolist() == ["coordinate"] * 2


def test_teams_positions_and_steps_are_read(tmp_path: Path) -> None:
    teams = _parse(
        _csv(
            tmp_path,
            "T1,一队,专业巡防队,是,120.4,29.8,20:00,24:00,汽车,30,6",
            "T2,二队,治安巡防队,否,,,8点,0.75,步行,,",
            head="队伍编号,名称,类型,是否专业,经度,纬度,上班时间,下班时间,出行方式,速度,人数",
        ),
        "teams",
    )
    assert teams.refused.empty
    first, second = teams.rows.to_dict("records")
    assert (first["name_zh"], first["professional"], first["mode"], first["size"]) == ("一队", True, "car", 6)
    assert (first["base_lon"], first["shift_end"]) == (120.4, dt.time(0, 0))
    assert (second["shift_start"], second["shift_end"], second["mode"]) == (dt.time(8), dt.time(18), "foot")
    positions = _csv(
        tmp_path, "T1,2026-01-05 20:01,120.4,29.8,5", head="team_code,at,lon,lat,accuracy_m", name="p.csv"
    )
    assert _parse(positions, "team_positions").rows["accuracy_m"].tolist() == [5.0]
    steps = _csv(
        tmp_path,
        "A1,2026-01-05,移送,受理,移送,330681109219,",
        head="uid,at,action,stage_from,stage_to,to_grid_code,note",
        name="s.csv",
    )
    assert _parse(steps, "incident_steps").rows["stage_to"].tolist() == ["transferred"]


def test_a_site_of_fewer_than_ten_people_is_refused(tmp_path: Path) -> None:
    path = _csv(
        tmp_path,
        "M1,出租房,9,120.4,29.8,2026-01-01",
        "M2,工地,10,120.4,29.8,2026-01-01",
        "M3,工地,十,120.4,29.8,2026-01-01",
        "M4,工地,10.5,120.4,29.8,2026-01-01",
        head="code,kind,head_count,lon,lat,as_of",
    )
    parsed = _parse(path, "migrants")
    assert _codes(parsed) == [(2, "head-count-small"), (4, "number-unreadable"), (5, "number-not-whole")]
    assert parsed.rows["head_count"].tolist() == [10]
    assert parsed.rows["kind"].tolist() == ["work_site"]


def test_roads_are_lines_with_a_class(tmp_path: Path) -> None:
    path = tmp_path / "roads.geojson"
    line = {"type": "LineString", "coordinates": [[120.4, 29.8], [120.41, 29.81]]}
    features = [
        {
            "type": "Feature",
            "properties": {"road_id": "R1", "class": "trunk", "oneway": True, "bridge": False},
            "geometry": line,
        },
        {
            "type": "Feature",
            "properties": {"road_id": "R2", "class": "村道"},
            "geometry": {"type": "Point", "coordinates": [120.4, 29.8]},
        },
        {"type": "Feature", "properties": {"class": "path"}, "geometry": line},
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    parsed = _parse(path, "roads")
    assert _codes(parsed) == [(2, "geometry-not-line")]
    rows = parsed.rows
    assert isinstance(rows, gpd.GeoDataFrame)
    assert rows["class"].tolist() == ["trunk", "path"]
    assert rows["oneway"].tolist() == ["yes", "no"]
    assert rows["road_id"].iloc[1].startswith("h")
    assert rows.geometry.iloc[0].equals(shapely.LineString([[120.4, 29.8], [120.41, 29.81]]))


def test_progress_runs_to_its_end(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    _parse(_csv(tmp_path, GOOD), on_progress=lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1][0] <= seen[-1][1]
    assert seen[-1][0] >= seen[-1][1] - 1


def test_an_unknown_noun_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="incidents"):
        _parse(_csv(tmp_path, GOOD), "persons")
