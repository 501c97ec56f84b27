"""Files and commands that failed in use, one after another as a person types them: each ends as it was tabled."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import text

from gridmap.domain.accounts import Role
from gridmap.domain.gridkey import Scope
from gridmap.storage.database import Database
from tests.conftest import MakeDatabase
from tests.doors import client_of
from tests.integration.test_cli import in_town

TOWN = ("--level", "3", "--town-code", "330681109", "--town-name", "枫桥镇")
Done = subprocess.CompletedProcess[str]


@pytest.fixture
def files(found_in_use: Path, tmp_path: Path) -> Path:
    """A copy of the inputs: imports write what they refused beside a file."""
    return Path(shutil.copytree(found_in_use, tmp_path / "found"))


@pytest.fixture(scope="module")
def demo(make_database: MakeDatabase) -> Database:
    return make_database("demo")


@pytest.fixture(scope="module")
def villages(make_database: MakeDatabase) -> Database:
    return make_database("villages")


def told(done: Done) -> str:
    """All that a command said, without the lines of its tables and the breaks that a narrow screen makes."""
    return re.sub(r"[\s│┃]+", " ", done.stdout + done.stderr)


def typed(database: Database, *words: object, code: int = 0) -> str:
    done = in_town(database, *map(str, words))
    said = told(done)
    assert "Traceback" not in said
    assert done.returncode == code, said
    return said


def stored(database: Database, sql: str) -> list[tuple[object, ...]]:
    with database.scoped_session(Scope.whole()) as session:
        return [tuple(row) for row in session.execute(text(sql))]


def has(said: str, *wanted: str) -> None:
    for words in wanted:
        assert words in said, (words, said)


# 1. Boundaries


def test_coordinates_that_do_not_fit_their_prj_are_named_and_come_with_the_right_system(
    villages: Database, files: Path
) -> None:
    file = files / "files" / "zone40_prj_plain_coords.zip"
    has(typed(villages, "grids", "import", file, *TOWN, "--dry-run", code=1), "EPSG:4549", "--crs", file.stem)
    has(typed(villages, "grids", "import", file, *TOWN, "--crs", "EPSG:4549", "--dry-run"), "28 个 3 级")


@pytest.mark.parametrize(
    "name",
    [
        "utf8_long_heading_nocpg.zip",
        "utf8_long_heading_cpg.zip",
        "gbk_cpg_says_utf8.zip",
        "kml_untyped.kml",
        "landsurvey_names.zip",
        "gbk_nocpg.zip",
        "zone39_esri.zip",
        "gbk_member_names.zip",
        "kml_schema_folders.kml",
        "mapinfo_tab.zip",
        "villages.kmz",
    ],
)
def test_boundaries_as_others_write_them_are_the_28_villages_in_force(
    villages: Database, files: Path, name: str
) -> None:
    said = typed(villages, "grids", "import", files / "files" / name, *TOWN, "--dry-run")
    has(said, "28 个 3 级", "检查完毕")
    assert "平移约" not in said


def test_the_places_of_files_in_other_systems_and_encodings_are_the_same(town: Database, files: Path) -> None:
    typed(town, "grids", "import", files / "files" / "ref28.geojson", *TOWN, "--accept-ended")
    for name in ("gbk_nocpg.zip", "zone39_esri.zip", "gbk_member_names.zip", "kml_schema_folders.kml"):
        said = typed(town, "grids", "import", files / "files" / name, *TOWN, "--dry-run", "--accept-ended")
        assert "边界移动" not in said, (name, said)


def test_esri_json_is_told_as_that(villages: Database, files: Path) -> None:
    said = typed(villages, "grids", "import", files / "files" / "esri_json.json", *TOWN, "--dry-run", code=1)
    has(said, "Esri JSON", "esri_json.json")


def test_layers_with_and_without_outlines_are_told_apart(villages: Database, files: Path) -> None:
    file = files / "files" / "polygons_and_points.gpkg"
    has(typed(villages, "grids", "import", file, *TOWN, "--dry-run", "--accept-ended"), "centre")


def test_degrees_without_a_system_are_said_to_be_taken_as_such(villages: Database, files: Path) -> None:
    has(
        typed(villages, "grids", "import", files / "files" / "noprj_degrees.zip", *TOWN, "--dry-run"),
        "EPSG:4326",
    )


def test_a_town_in_gcj_02_is_noticed_asked_about_and_is_the_same_once_named(
    town: Database, files: Path
) -> None:
    plain, shifted = (files / "files" / name for name in ("ref28.geojson", "gcj02_said_nothing.geojson"))
    typed(town, "grids", "import", plain, *TOWN, "--accept-ended")
    said = typed(town, "grids", "import", shifted, *TOWN, "--dry-run")
    has(said, "变更 / changed 32", "50", "GCJ-02")
    typed(town, "grids", "import", shifted, *TOWN, code=1)
    named = typed(town, "grids", "import", shifted, *TOWN, "--crs", "GCJ-02", "--dry-run")
    moved = re.findall(r"(\d+(?:\.\d+)?) m[,)]", named)
    assert all(float(metres) < 1 for metres in moved), named


def test_a_dry_run_of_boundaries_tells_what_they_do_to_those_in_force_and_the_import_does_that(
    town: Database, files: Path
) -> None:
    plain, split = (files / "files" / name for name in ("ref28.geojson", "split_rename.geojson"))
    typed(town, "grids", "import", plain, *TOWN, "--accept-ended")
    typed(town, "incidents", "import", files / "files" / "three_places.csv")
    has(typed(town, "grids", "import", plain, *TOWN, "--dry-run"), "不变 / same 32", "变更 / changed 0")
    said = typed(town, "grids", "import", split, *TOWN, "--dry-run")
    has(said, "新增 / new 1", "变更 / changed 3", "不变 / same 29", "终止 / ended 0", "another grid: 1")
    assert re.search(r"\b0 m\b", said) is None, "what did not move is not told as moved"
    done = typed(town, "grids", "import", split, *TOWN)
    has(done, "新增 / new 1", "变更 / changed 3", "不变 / same 29", "终止 / ended 0", "1 条记录改归")
    rows = stored(
        town,
        "select g.code from incidents i join grids g on g.grid_key = i.grid_key"
        " where uid = 'V-3' and g.valid_to is null",
    )
    assert [code for (code,) in rows] == ["330681109999"]


def test_a_column_of_sizes_is_no_column_of_areas(villages: Database, files: Path) -> None:
    said = typed(villages, "grids", "import", files / "files" / "area_is_a_size.geojson", *TOWN, "--dry-run")
    has(said, "AREA", "1 个 2 级")


def test_a_village_in_two_rows_is_told_how_to_join_and_joins(villages: Database, files: Path) -> None:
    file = files / "files" / "enclave_two_rows.geojson"
    has(typed(villages, "grids", "import", file, *TOWN, "--dry-run", code=1), "飞地", "--join")
    has(typed(villages, "grids", "import", file, *TOWN, "--join", "--dry-run"), "28 个 3 级")


def test_one_mistake_in_every_row_is_said_once_with_the_way_out(villages: Database, files: Path) -> None:
    file = files / "files" / "level_word.geojson"
    said = typed(villages, "grids", "import", file, *TOWN, "--dry-run", code=1)
    has(said, "28", '{"level": ""}')
    assert said.count('{"level": ""}') <= 2, "once in each language"
    mapping = files / "files" / "level_word_mapping.json"
    typed(villages, "grids", "import", file, *TOWN, "--mapping", mapping, "--dry-run")


def test_an_earlier_day_does_not_replace_a_later_version(town: Database, files: Path) -> None:
    plain, split = (files / "files" / name for name in ("ref28.geojson", "split_rename.geojson"))
    typed(town, "grids", "import", plain, *TOWN, "--accept-ended")
    typed(town, "grids", "import", split, *TOWN)
    before = stored(town, "select code, name_zh from grids where valid_to is null order by code")
    has(
        typed(town, "grids", "import", plain, *TOWN, "--valid-from", "2020-01-01", code=1),
        "version-too-early",
    )
    assert stored(town, "select code, name_zh from grids where valid_to is null order by code") == before


def test_a_shapefile_without_its_parts_is_told_what_to_pack(villages: Database, files: Path) -> None:
    said = typed(villages, "grids", "import", files / "files" / "bare.shp", *TOWN, "--dry-run", code=1)
    has(said, ".shx", ".dbf", ".prj")


# 2. Tables


@pytest.mark.parametrize(
    ("name", "valid", "refused", "words"),
    [
        ("utf16_tab.csv", 3, 0, ()),
        ("sep_line.csv", 3, 0, ()),
        ("title_rows.xlsx", 3, 0, ("合计", "3")),
        ("notes_first_sheet.xlsx", 3, 0, ("台账",)),
        ("month_sheets.xlsx", 3, 0, ("9月", "10月")),
        ("hidden_row.xlsx", 4, 0, ("隐藏", "hidden")),
        ("merged_cells.xlsx", 4, 0, ("合并", "merged")),
        ("one_column_place.xlsx", 2, 0, ()),
        ("headings_blanks.xlsx", 1, 0, ()),
        ("dates.csv", 11, 8, ()),
        ("error_cells.xlsx", 0, 2, ("#N/A", "#REF!")),
        ("codes_as_numbers.xlsx", 2, 2, ("文本",)),
        ("semicolon_decimal_comma.csv", 0, 3, ()),
        ("old_excel.xls", 3, 0, ()),
        ("old_excel_renamed.xlsx", 3, 0, ()),
    ],
)
def test_tables_as_offices_write_them_are_read_or_refused_row_by_row(
    demo: Database, files: Path, name: str, valid: int, refused: int, words: tuple[str, ...]
) -> None:
    file = files / "files" / name
    said = typed(demo, "incidents", "import", file, "--dry-run", code=1 if refused else 0)
    has(said, f"{valid} 行合格", f"{refused} 行有误", *words)


def test_big5_is_noticed_and_read_when_it_is_named(town: Database, files: Path, tmp_path: Path) -> None:
    file = files / "files" / "big5.csv"
    has(typed(town, "incidents", "import", file, code=1), "big5", "--encoding")
    typed(town, "incidents", "import", file, "--encoding", "big5")
    typed(town, "incidents", "export", tmp_path / "o.csv")
    has((tmp_path / "o.csv").read_text("utf-8-sig"), "鄰里糾紛")


def test_days_of_a_workbook_that_counts_from_1904_are_those_that_it_shows(
    town: Database, files: Path, tmp_path: Path
) -> None:
    typed(town, "incidents", "import", files / "files" / "year1904_number.xlsx")
    at = dict(
        stored(
            town,
            "select uid, to_char(occurred_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI') from incidents",
        )
    )
    assert at == {"Y1904N-000": "2026-09-30 08:30", "Y1904D-000": "2026-10-05 08:30"}


def test_coordinates_as_people_write_them_are_read_or_refused(
    town: Database, files: Path, tmp_path: Path
) -> None:
    file = files / "files" / "coordinates.csv"
    typed(town, "incidents", "import", file, "--accept-valid")
    came = {
        str(uid): (float(str(lon)), float(str(lat)))
        for uid, lon, lat in stored(town, "select uid, st_x(geom), st_y(geom) from incidents")
    }
    with file.open(encoding="utf-8-sig") as rows:
        right = {row["事件编号"]: row["right"] for row in csv.DictReader(rows)}
    assert set(came) == {uid for uid, place in right.items() if place != "refuse"}
    for uid, place in came.items():
        lon, lat = (float(part) for part in right[uid].split())
        assert place == (pytest.approx(lon, abs=1e-6), pytest.approx(lat, abs=1e-6)), uid


def test_every_heading_that_was_found_in_use_is_known(demo: Database, files: Path, tmp_path: Path) -> None:
    usual = {
        "uid": "事件编号",
        "domain": "领域",
        "kind": "类型",
        "occurred_at": "发生时间",
        "lon": "经度",
        "lat": "纬度",
    }
    cells = {"uid": "H-1", "domain": "纠纷", "kind": "02", "occurred_at": "2026-10-01", "lon": "120.4176"}
    cells["lat"] = "29.7894"
    with (files / "files" / "headings.csv").open(encoding="utf-8-sig") as rows:
        found = [(row["field"], row["heading"]) for row in csv.DictReader(rows)]
    assert len(found) > 8
    wrong = []
    for n, (field, heading) in enumerate(found):
        names = [heading if name == field else zh for name, zh in usual.items()]
        path = tmp_path / f"{n}.csv"
        with path.open("w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows([names, [cells[name] for name in usual]])
        done = in_town(demo, "incidents", "import", str(path), "--dry-run")
        if done.returncode or "1 行合格" not in told(done):
            wrong.append((field, heading))
    assert wrong == []


def test_a_web_page_named_xls_is_told_as_that(demo: Database, files: Path) -> None:
    file = files / "files" / "html_table.xls"
    has(typed(demo, "incidents", "import", file, "--dry-run", code=1), "网页", "xlsx")


def test_northing_before_easting_is_told_as_an_exchange(demo: Database, files: Path) -> None:
    file = files / "files" / "surveyors_xy.csv"
    said = typed(demo, "incidents", "import", file, "--crs", "EPSG:4549", "--dry-run", code=1)
    assert re.search("对调|互换|颠倒|写反|调换", said), said


# 3. Corrections, one after another


@pytest.fixture
def kept(town: Database, files: Path) -> Database:
    typed(town, "incidents", "import", files / "files" / "seq_base.csv")
    return town


def case(database: Database, uid: str) -> tuple[object, ...]:
    [row] = stored(
        database,
        f"select domain, kind, summary, stage, round(st_x(geom)::numeric, 4)::text from incidents where uid = '{uid}'",
    )
    return row


def test_a_file_that_leaves_columns_out_changes_the_others_alone_and_says_so_first(
    kept: Database, files: Path
) -> None:
    file, before = files / "files" / "seq_place_only.csv", case(kept, "KC-001")
    said = typed(kept, "incidents", "import", file, "--dry-run")
    has(said, "更新 / changed 1", "120.418600", "120.418700", "moved")
    assert case(kept, "KC-001") == before
    has(typed(kept, "incidents", "import", file), "更新 / updated 1")
    assert case(kept, "KC-001") == (*before[:4], "120.4187")


def test_blank_cells_leave_what_is_stored_and_empty_it_only_when_that_is_said(
    kept: Database, files: Path
) -> None:
    file, before = files / "files" / "seq_blank_cells.csv", case(kept, "KC-000")
    has(typed(kept, "incidents", "import", file), "未变 / unchanged 1")
    assert case(kept, "KC-000") == before
    has(typed(kept, "incidents", "import", file, "--clear-blank", "--dry-run"), "更新 / changed 1", "摘要")


def test_a_team_of_three_columns_keeps_its_other_fields(recorded_town: Database, files: Path) -> None:
    team = "select * from teams where code = 'T01'"
    before = stored(recorded_town, team)
    file = files / "files" / "seq_team_three_columns.csv"
    has(typed(recorded_town, "teams", "import", file), "未变 / unchanged 1")
    assert stored(recorded_town, team) == before


def test_a_number_and_a_stage_are_a_good_update(kept: Database, files: Path, tmp_path: Path) -> None:
    before = case(kept, "KC-001")
    has(typed(kept, "incidents", "import", files / "files" / "seq_stage_only.csv"), "更新 / updated 1")
    assert case(kept, "KC-001") == (*before[:3], "resolved", before[4])
    unknown = tmp_path / "unknown.csv"
    unknown.write_text("事件编号,阶段\nKC-777,化解\n", "utf-8")
    has(typed(kept, "incidents", "import", unknown, code=1), "KC-777")


def test_another_matter_under_a_stored_number_is_asked_about_and_not_done(
    kept: Database, files: Path
) -> None:
    before = case(kept, "KC-000")
    said = typed(kept, "incidents", "import", files / "files" / "seq_same_number.csv", code=1)
    has(said, "KC-000", "纠纷化解", "社区警务", "--accept-doubtful")
    assert case(kept, "KC-000") == before


def test_a_corrected_file_without_numbers_asks_which_record_it_is(town: Database, files: Path) -> None:
    typed(town, "incidents", "import", files / "files" / "seq_no_number.csv")
    corrected = files / "files" / "seq_no_number_corrected.csv"
    has(typed(town, "incidents", "import", corrected, code=1), "1 行有误")
    assert stored(town, "select count(*) from incidents") == [(3,)]


def test_a_record_that_the_corrected_file_leaves_out_is_named_and_stays(kept: Database, files: Path) -> None:
    folder = files / "files"
    has(typed(kept, "incidents", "import", folder / "seq_three_corrected.csv"), "更新 / updated 3")
    said = typed(kept, "incidents", "import", folder / "seq_row_deleted.csv")
    has(said, "未变 / unchanged 9", "KC-005")
    assert case(kept, "KC-005")[0] == "dispute"


def test_imports_are_listed_looked_at_and_undone_and_a_case_is_taken_out_and_put_back(
    kept: Database, files: Path
) -> None:
    before = case(kept, "KC-001")
    typed(kept, "incidents", "import", files / "files" / "seq_place_only.csv")
    [(number,)] = stored(kept, "select max(import_run_id) from import_runs")
    has(typed(kept, "imports", "list"), "seq_place_only.csv", "seq_base.csv")
    has(typed(kept, "imports", "show", number), "120.418600", "120.418700")
    has(typed(kept, "imports", "undo", number, "--note", "导错了"), "复原 / restored 1")
    assert case(kept, "KC-001") == before
    has(typed(kept, "imports", "list"), "导错了")
    typed(kept, "cases", "withdraw", "KC-005", "--note", "重复登记")
    gone = typed(kept, "incidents", "export", files / "o.csv")
    has(gone, "9 行")
    typed(kept, "cases", "restore", "KC-005")
    has(typed(kept, "incidents", "export", files / "p.csv"), "10 行")


def test_an_export_of_the_grids_as_a_sheet_comes_back_and_corrects_names(
    town: Database, tmp_path: Path
) -> None:
    sheet = tmp_path / "g.xlsx"
    typed(town, "grids", "export", sheet)
    has(typed(town, "grids", "import", sheet, "--dry-run"), "变更 / changed 0")


@pytest.mark.parametrize("ending", ["csv", "xlsx", "geojson", "gpkg"])
@pytest.mark.parametrize("noun", ["teams", "organisations", "migrants"])
def test_every_layer_comes_back_unchanged_in_every_format(
    demo: Database, tmp_path: Path, noun: str, ending: str
) -> None:
    file = tmp_path / f"{noun}.{ending}"
    has(typed(demo, noun, "export", file), "已导出")
    has(typed(demo, noun, "import", file, "--dry-run"), "新增 / new 0", "更新 / changed 0", "0 行有误")


# 4. Hostile files (the others: tests/faults/test_hostile_files.py)


def test_signs_that_steer_a_terminal_or_look_alike_do_not_come_in(demo: Database, files: Path) -> None:
    folder = files / "hostile"
    before = stored(demo, "select code, name_zh from teams order by code")
    has(typed(demo, "teams", "import", folder / "lookalike.geojson", "--dry-run", code=1), "T01")
    done = in_town(demo, "teams", "import", str(folder / "control_characters.csv"), "--dry-run")
    assert done.returncode == 1
    assert "\x1b[31m红" not in done.stdout + done.stderr
    assert stored(demo, "select code, name_zh from teams order by code") == before


def test_markup_in_a_cell_and_in_a_name_of_a_file_is_shown_as_it_is_written(
    town: Database, files: Path
) -> None:
    said = typed(town, "teams", "import", files / "hostile" / "markup_in_cells.csv", "--accept-valid")
    has(said, "新增 / new 1", "退回 / refused 1", "bad [/x]")
    named = files / "hostile" / "[red]name[nope].csv"
    has(typed(town, "teams", "import", named, "--dry-run", code=1), "[red]name[nope].csv")


def test_no_element_of_a_page_arises_from_a_team_s_name(town: Database, files: Path) -> None:
    done = in_town(town, "teams", "import", str(files / "hostile" / "html_team.csv"))
    shown = client_of(town, Role.KEEPER).get("/records?noun=teams").get_data(as_text=True)
    assert "<img" not in shown
    assert (done.returncode == 1) or "&lt;img" in shown


def test_a_formula_after_any_separator_is_escaped_and_comes_back(
    town: Database, files: Path, tmp_path: Path
) -> None:
    typed(town, "teams", "import", files / "hostile" / "formula_list_separator.csv")
    out = tmp_path / "t.csv"
    typed(town, "teams", "export", out)
    assert re.search(r'(^|[;,\t\n"])[=+@-]', out.read_text("utf-8-sig")) is None
    has(typed(town, "teams", "import", out, "--dry-run"), "更新 / changed 0", "新增 / new 0")


def test_a_number_with_a_slash_is_an_ordinary_one(town: Database, files: Path) -> None:
    typed(town, "incidents", "import", files / "hostile" / "number_with_slash.csv")
    client = client_of(town, Role.TOWN_DESK)
    assert client.get("/api/v1/incidents/2026%2F0012/teams").status_code == 200
    assert client.get("/api/v1/incidents/2026%2F0013/teams").status_code == 404
    # A server hands the address on with the sign already read.
    assert client.get("/api/v1/incidents/2026/0012/teams").status_code == 200


@pytest.mark.parametrize(
    "name",
    [
        "trigger.gpkg",
        "deep_properties.geojson",
        "kml_outside_references.kml",
        "kml_deep_folders.kml",
        "shared_string_bomb.xlsx",
        "entities.xlsx",
        "lone_surrogate.geojson",
        "unlisted_view.gpkg",
        "endless_view.gpkg",
        "wal_left_behind.gpkg",
    ],
)
def test_a_hostile_file_changes_nothing_and_ends_in_words(demo: Database, files: Path, name: str) -> None:
    before = stored(demo, "select code, name_zh, xmin from teams order by code")
    done = in_town(demo, "teams", "import", str(files / "hostile" / name), "--dry-run")
    assert done.returncode in {0, 1}
    assert "Traceback" not in told(done)
    assert stored(demo, "select code, name_zh, xmin from teams order by code") == before


@pytest.mark.parametrize("name", ["pbf_empty_blobs.osm.pbf", "pbf_header_length.osm.pbf"])
def test_a_forged_extract_is_refused(blank: Database, files: Path, name: str) -> None:
    typed(blank, "roads", "import", files / "hostile" / name, "--dry-run", code=1)


# 8. Codes


def test_a_bare_code_that_two_lists_have_is_refused_until_its_list_is_told(
    town: Database, files: Path
) -> None:
    file = files / "codes" / "k.csv"
    has(typed(town, "incidents", "import", file, "--dry-run", code=1), "4 行合格", "--code-system")
    typed(town, "incidents", "import", file, "--code-system", "gbt31000-2015", "--accept-valid")
    kinds = dict(stored(town, "select uid, source_kind from incidents where uid in ('K1', 'K2', 'K3')"))
    assert kinds == {"K1": "gbt31000-2015:09", "K2": "gbt31000-2015:07", "K3": "gbt31000-2015:0902"}


def test_a_platform_s_words_and_paths_to_grids_come_in_once_they_are_mapped(
    demo: Database, files: Path
) -> None:
    file, mapping = files / "codes" / "e.csv", files / "codes" / "e_mapping.json"
    has(typed(demo, "incidents", "import", file, "--mapping", mapping, "--dry-run"), "2 行合格")


def test_the_national_template_is_read_as_disputes_and_columns_of_persons_are_named(
    demo: Database, files: Path
) -> None:
    folder = files / "codes"
    has(
        typed(demo, "incidents", "import", folder / "gbt31000.csv", "--dry-run", code=1),
        "化解责任人姓名",
        "化解责任人联系方式",
    )
    has(typed(demo, "incidents", "import", folder / "gbt31000_no_persons.csv", "--dry-run"), "1 行合格")


def test_kinds_of_bodies_are_known_by_their_names(demo: Database, files: Path) -> None:
    has(typed(demo, "organisations", "import", files / "codes" / "o.csv", "--dry-run"), "3 行合格")


def test_values_with_a_code_and_a_name_are_read_and_others_are_refused_in_words(
    demo: Database, files: Path
) -> None:
    file = files / "codes" / "values.csv"
    with file.open(encoding="utf-8-sig") as rows:
        right = [row["right"] for row in csv.DictReader(rows)]
    said = typed(demo, "incidents", "import", file, "--dry-run", code=1)
    has(said, f"{right.count('dispute 02')} 行合格", "婚姻家庭纠纷")
