"""Files of records into the workspace: all of it, or nothing and the reasons."""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from sqlalchemy import text

from gridmap import crs
from gridmap.domain.accounts import Actor
from gridmap.domain.cases.actions import Action as CaseAction
from gridmap.domain.cases.asked import StepAsked
from gridmap.domain.gridkey import Scope, make_key
from gridmap.domain.query import IncidentQuery
from gridmap.errors import Conflict, Forbidden, InvalidInput, NotFound
from gridmap.services.cases import desk
from gridmap.services.cases.incidents import incident_features
from gridmap.services.house import IMPORT_KINDS
from gridmap.services.imports import history
from gridmap.services.imports.records import ImportOptions, ImportResult, import_records
from gridmap.services.imports.sheets import import_sheets
from gridmap.storage.database import Database

WHOLE = Scope.whole()
NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
REPOSITORY = Path(__file__).resolve().parents[2]
HEAD = ("uid", "domain", "kind", "occurred_at", "lon", "lat", "summary")
INSIDE = (120.4171, 29.7908)
CHENJIA = 33068110901004000
"""陈家社区; before 2019 the village 330681109286."""
LOUJIA = 33068110901005000


def load(
    database: Database, path: Path, noun: str = "incidents", scope: Scope = WHOLE, **options: Any
) -> ImportResult:
    return import_records(database, scope, IMPORT_KINDS[noun], path, ImportOptions(**options), now=NOW)


OF_RECORDS = "import_runs where noun <> 'grids'"
"""Imports of records: the boundaries of the town are listed, too."""


def rows(database: Database, columns: str = "*", table: str = "incidents") -> list[dict[str, Any]]:
    with database.scoped_session(WHOLE) as session:
        found = session.execute(text(f"select {columns} from {table} order by 1")).mappings()
        return [dict(row) for row in found]


def count(database: Database, table: str) -> int:
    with database.scoped_session(WHOLE) as session:
        return int(session.scalar(text(f"select count(*) from {table}")) or 0)


def records(n: int = 6) -> pd.DataFrame:
    lon, lat = INSIDE
    return pd.DataFrame(
        {
            "uid": [f"A{i}" for i in range(n)],
            "domain": ["dispute", "safety", "policing"] * (n // 3),
            "kind": ["邻里纠纷", "fire", "theft"] * (n // 3),
            "occurred_at": [f"2026-0{1 + i % 6}-1{i % 9} 08:30" for i in range(n)],
            "lon": [round(lon + 0.0003 * i, 6) for i in range(n)],
            "lat": [round(lat + 0.0003 * i, 6) for i in range(n)],
            "summary": ["排水沟纠纷，已到现场"] * n,
        }
    )


def written(frame: pd.DataFrame, path: Path) -> Path:
    if path.suffix == ".csv":
        frame.to_csv(path, index=False, encoding="gb18030" if "gb" in path.stem else "utf-8")
    elif path.suffix == ".xlsx":
        frame.to_excel(path, index=False)
    else:
        places = gpd.points_from_xy(frame["lon"], frame["lat"])
        points = gpd.GeoDataFrame(frame.drop(columns=["lon", "lat"]), geometry=places, crs=4326)
        points.to_file(path)
    return path


def table(path: Path, *lines: tuple[Any, ...], head: tuple[str, ...] = HEAD) -> Path:
    with path.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([head, *lines])
    return path


def row(uid: str, lon: Any = INSIDE[0], lat: Any = INSIDE[1], **other: Any) -> tuple[Any, ...]:
    full = {"domain": "dispute", "kind": "02", "occurred_at": "2026-01-05 08:30", "summary": ""} | other
    return (uid, full["domain"], full["kind"], full["occurred_at"], lon, lat, full["summary"])


_SEEN = "uid, domain, kind, occurred_at, stage, summary, grid_key, round(ST_X(geom)::numeric, 6) as x"


def test_one_table_in_five_formats_gives_the_same_incidents(town: Database, tmp_path: Path) -> None:
    found = []
    for name in ("a.csv", "a-gb.csv", "a.xlsx", "a.geojson", "a.gpkg"):
        result = load(town, written(records(), tmp_path / name))
        assert result.committed, name
        found.append((result.inserted, result.updated, result.refused))
    assert found[0] == (6, 0, 0)
    # Whatever the format, the rows are those that are there already.
    assert found[1:] == [(0, 0, 0)] * 4, found
    there = rows(town, _SEEN)
    assert [r["uid"] for r in there] == [f"A{i}" for i in range(6)]
    assert {r["kind"] for r in there} == {"02", "fire", "theft"}
    assert all(r["grid_key"] for r in there)


def test_one_wrong_row_and_nothing_is_written(town: Database, tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", row("A1"), row("A2", domain="nonsense"), row("A3"))
    result = load(town, path, refused_file=tmp_path / "refused.xlsx")
    assert (result.committed, result.total, result.refused) == (False, 3, 1)
    assert count(town, "incidents") == 0
    assert count(town, OF_RECORDS) == 0
    assert result.parsed is not None
    said = result.parsed.refused.iloc[0]
    assert (said["row"], said["field"], said["value"]) == (3, "domain", "nonsense")
    assert (tmp_path / "refused.xlsx").is_file()


def test_valid_rows_are_taken_on_request_and_the_others_come_back_corrected(
    town: Database, tmp_path: Path
) -> None:
    path = table(tmp_path / "a.csv", row("A1"), row("A2", domain="nonsense"), row("A3", occurred_at="x"))
    refused = tmp_path / "refused.xlsx"
    result = load(town, path, refused_file=refused, accept_valid=True)
    assert (result.committed, result.inserted, result.refused) == (True, 1, 2)
    assert rows(town, "rows_total, rows_inserted, rows_refused", OF_RECORDS) == [
        {"rows_total": 3, "rows_inserted": 1, "rows_refused": 2}
    ]
    book = openpyxl.load_workbook(refused)
    sheet = book.active
    heads = [cell.value for cell in sheet[1]]
    for line in sheet.iter_rows(min_row=2):
        cells = dict(zip(heads, line, strict=True))
        if cells["uid"].value == "A2":
            cells["domain"].value = "安全生产"
        else:
            cells["occurred_at"].value = "2026年1月7日"
    book.save(refused)
    again = load(town, refused)
    assert (again.committed, again.inserted, again.refused) == (True, 2, 0)
    assert [r["uid"] for r in rows(town, "uid")] == ["A1", "A2", "A3"]
    assert rows(town, "uid, domain")[1]["domain"] == "safety"


def test_sheets_of_the_months_are_imported_together_or_not_at_all_and_taken_back_one_by_one(
    town: Database, tmp_path: Path
) -> None:
    whole = records()

    def book(second: pd.DataFrame) -> Path:
        with pd.ExcelWriter(tmp_path / "年度.xlsx") as out:
            whole[:2].to_excel(out, sheet_name="1月", index=False)
            second.to_excel(out, sheet_name="2月", index=False)
            pd.DataFrame({"说明": ["请如实填写"]}).to_excel(out, sheet_name="填表说明", index=False)
        return tmp_path / "年度.xlsx"

    def bring(path: Path, **options: Any) -> dict[str, ImportResult]:
        refused_file = tmp_path / "refused.xlsx"
        asked = ImportOptions(refused_file=refused_file, **options)
        return import_sheets(town, Actor.at_the_machine(), IMPORT_KINDS["incidents"], path, asked)

    wrong = bring(book(whole[2:].assign(domain="nonsense")))
    assert [one.refused for one in wrong.values()] == [0, 4]
    assert count(town, "incidents") == count(town, OF_RECORDS) == 0
    assert (tmp_path / "refused-2月.xlsx").is_file()
    assert not (tmp_path / "refused-1月.xlsx").exists()

    checked = bring(book(whole[2:]), dry_run=True)
    assert {name: one.inserted for name, one in checked.items()} == {"1月": 2, "2月": 4}
    assert count(town, "incidents") == 0
    done = bring(book(whole[2:]))
    assert {name: one.inserted for name, one in done.items()} == {"1月": 2, "2月": 4}
    assert len({one.run_id for one in done.values()}) == 2
    again = bring(tmp_path / "年度.xlsx").values()
    assert {(one.inserted, one.updated) for one in again} == {(0, 0)}


def test_sheets_whose_names_differ_by_a_sign_have_a_file_of_refused_rows_each(
    town: Database, tmp_path: Path
) -> None:
    path, asked = tmp_path / "年度.xlsx", ImportOptions(refused_file=tmp_path / "refused.xlsx")
    with pd.ExcelWriter(path) as out:
        for sheet, part in (("一月(上)", records()[:2]), ("一月（上）", records()[2:5])):
            part.assign(domain="nonsense").to_excel(out, sheet_name=sheet, index=False)
    wrong = import_sheets(town, Actor.at_the_machine(), IMPORT_KINDS["incidents"], path, asked)
    files = [one.refused_file for one in wrong.values()]
    assert [len(pd.read_excel(file, engine="openpyxl")) for file in files if file is not None] == [2, 3]
    assert len({*files}) == 2


def test_two_sheets_that_tell_of_two_matters_under_one_number_are_both_left_out(
    town: Database, tmp_path: Path
) -> None:
    first, path = records()[:3], tmp_path / "年度.xlsx"

    def bring(second: pd.DataFrame, **options: Any) -> dict[str, ImportResult]:
        with pd.ExcelWriter(path) as out:
            first.to_excel(out, sheet_name="1月", index=False)
            second.to_excel(out, sheet_name="2月", index=False)
        kind = IMPORT_KINDS["incidents"]
        return import_sheets(town, Actor.at_the_machine(), kind, path, ImportOptions(**options))

    with pytest.raises(InvalidInput, match=r"2月.*1月.*另一件事"):
        bring(first.assign(domain="safety", kind="fire"))
    nameless = first.drop(columns="uid")
    first = nameless
    with pytest.raises(InvalidInput, match=r"2月.*1月.*只有文字不同"):
        bring(nameless.assign(summary="改过的文字"))
    assert count(town, "incidents") == count(town, OF_RECORDS) == 0
    first = records()[:3]
    later = bring(pd.concat([first[:1].assign(summary="已办结"), records()[3:]]))
    assert {name: (one.inserted, one.updated) for name, one in later.items()} == {
        "1月": (3, 0),
        "2月": (3, 1),
    }
    # That records are old and have no stage is another matter.
    told = {notice.code for one in later.values() for notice in one.warnings}
    assert told <= {"history-without-stage"}, "the other sheet's are not gone"


def test_a_dry_run_writes_nothing(town: Database, tmp_path: Path) -> None:
    result = load(town, table(tmp_path / "a.csv", row("A1")), dry_run=True)
    assert (result.committed, result.total, result.refused) == (False, 1, 0)
    assert count(town, "incidents") == count(town, OF_RECORDS) == 0


def test_the_same_file_twice_changes_nothing_and_says_so(town: Database, tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", row("A1"), row("A2"))
    first = load(town, path)
    before = rows(town, "uid, import_run_id, xmin::text as version")
    again = load(town, path)
    assert first.committed
    assert not again.committed
    assert again.same_as_run == before[0]["import_run_id"]
    assert rows(town, "uid, import_run_id, xmin::text as version") == before
    assert count(town, OF_RECORDS) == 1


def test_an_old_file_counts_again_when_another_came_in_between(town: Database, tmp_path: Path) -> None:
    old = table(tmp_path / "old.csv", row("A1", summary="first"))
    load(town, old)
    load(town, table(tmp_path / "new.csv", row("A1", summary="second")))
    result = load(town, old)
    assert (result.committed, result.updated) == (True, 1)
    assert rows(town, "summary") == [{"summary": "first"}]


def test_a_changed_row_updates_that_row_alone(town: Database, tmp_path: Path) -> None:
    load(town, table(tmp_path / "a.csv", row("A1"), row("A2"), row("A3")))
    before = {r["uid"]: r["version"] for r in rows(town, "uid, xmin::text as version")}
    result = load(town, table(tmp_path / "b.csv", row("A1"), row("A2", summary="转交"), row("A3")))
    assert (result.inserted, result.updated, result.unchanged) == (0, 1, 2)
    after = {r["uid"]: r["version"] for r in rows(town, "uid, xmin::text as version")}
    assert [uid for uid in after if after[uid] != before[uid]] == ["A2"]


def test_a_mapping_is_remembered_by_its_name(town: Database, tmp_path: Path) -> None:
    head = ("nr", "what", "when", "east", "north")
    mapping = {
        "nr": "uid",
        "what": "kind",
        "when": "occurred_at",
        "east": "lon",
        "north": "lat",
        "domain": "=land",
    }
    one = table(tmp_path / "a.csv", ("B1", "违建", "2026-01-02", *INSIDE), head=head)
    two = table(tmp_path / "b.csv", ("B2", "违建", "2026-01-03", *INSIDE), head=head)
    assert load(town, one, mapping=mapping, mapping_name="land office").committed
    assert load(town, two, mapping_name="land office").inserted == 1
    assert rows(town, "uid, domain") == [{"uid": "B1", "domain": "land"}, {"uid": "B2", "domain": "land"}]
    with pytest.raises(NotFound) as unknown:
        load(town, two, mapping_name="another")
    assert "--save-as" in unknown.value.en


@pytest.mark.parametrize(
    ("column", "value", "key"),
    [
        ("grid_code", "330681109004", CHENJIA),
        ("grid_code", "330681109286", CHENJIA),
        ("grid_code", "330681109285", LOUJIA),
        ("grid_code", str(CHENJIA), CHENJIA),
        ("village_name", "楼家社区", LOUJIA),
        ("village_name", "楼家", LOUJIA),
        ("village_name", "楼家村委会", LOUJIA),
        ("village_name", "Loujia village", LOUJIA),
    ],
)
def test_a_record_without_a_coordinate_is_placed_by_code_or_name(
    town: Database, tmp_path: Path, column: str, value: str, key: int
) -> None:
    head = ("uid", "domain", "occurred_at", column)
    result = load(town, table(tmp_path / "a.csv", ("A1", "dispute", "2026-01-05", value), head=head))
    assert result.committed
    assert rows(town, "uid, grid_key, placed_by, geom is null as nowhere, tile_key") == [
        {"uid": "A1", "grid_key": key, "placed_by": column, "nowhere": True, "tile_key": None}
    ]


def test_unknown_codes_and_names_are_refused_with_their_row_and_field(town: Database, tmp_path: Path) -> None:
    head = ("uid", "domain", "occurred_at", "grid_code", "village_name")
    lines = [
        ("A1", "dispute", "2026-01-05", "330681109999", ""),
        ("A2", "dispute", "2026-01-05", "", "不存在村"),
        ("A3", "dispute", "2026-01-05", "", "枫源村"),
    ]
    result = load(town, table(tmp_path / "a.csv", *lines, head=head))
    assert result.parsed is not None
    said = result.parsed.refused
    assert [tuple(r) for r in said[["row", "field", "value", "code"]].to_numpy()] == [
        (2, "grid_code", "330681109999", "grid-unknown"),
        (3, "village_name", "不存在村", "grid-unknown"),
    ]
    assert count(town, "incidents") == 0


@pytest.mark.parametrize("system", ["GCJ-02", "BD-09", "EPSG:4490", "EPSG:4549"])
def test_other_systems_land_on_the_same_spot_and_keep_what_was_given(
    town: Database, tmp_path: Path, system: str
) -> None:
    frame = records()
    x, y = crs.from_wgs84(frame["lon"].to_numpy(), frame["lat"].to_numpy(), system)
    given = frame.assign(uid=[f"G{i}" for i in range(6)], lon=x, lat=y)
    given.to_csv(tmp_path / "given.csv", index=False)
    load(town, written(frame, tmp_path / "a.csv"))
    load(town, tmp_path / "given.csv", crs=system)
    kept = rows(town, "uid, ST_X(geom) as lon, ST_Y(geom) as lat, raw_x, raw_y, source_crs, grid_key")
    twins = dict(zip([r["uid"] for r in kept], kept, strict=True))
    for i in range(6):
        plain, moved = twins[f"A{i}"], twins[f"G{i}"]
        off_m = crs.distance_m([plain["lon"]], [plain["lat"]], [moved["lon"]], [moved["lat"]])[0]
        assert off_m < 1.0
        assert moved["grid_key"] == plain["grid_key"]
        assert (moved["raw_x"], moved["raw_y"]) == pytest.approx((x[i], y[i]), abs=1e-9)
        assert (plain["source_crs"], moved["source_crs"]) == ("EPSG:4326", system)


def test_a_point_whose_accuracy_crosses_an_edge_is_flagged_and_assigned(
    town: Database, tmp_path: Path
) -> None:
    with town.scoped_session(WHOLE) as session:
        shape = shapely.from_wkb(
            bytes(session.scalar(text(f"select ST_AsBinary(geom) from grids where grid_key = {LOUJIA}")))
        )
    deep = shapely.maximum_inscribed_circle(shape).coords[0]
    edge = shapely.get_coordinates(shape)[0]
    near = edge + (np.array(deep) - edge) * 1e-3
    head = (*HEAD, "accuracy_m")
    path = table(
        tmp_path / "a.csv", (*row("deep", *deep), 20), (*row("near", *near), 60), (*row("none", *near), ""),
        head=head,
    )  # fmt: skip
    result = load(town, path)
    assert result.to_confirm == 1
    flags = {r["uid"]: r for r in rows(town, "uid, needs_confirmation, grid_key")}
    assert [flags[u]["needs_confirmation"] for u in ("deep", "near", "none")] == [False, True, False]
    assert all(r["grid_key"] for r in flags.values())


def test_rows_outside_every_grid_are_kept(town: Database, tmp_path: Path) -> None:
    result = load(town, table(tmp_path / "a.csv", row("in"), row("out", 120.60, 29.95)))
    assert (result.committed, result.outside) == (True, 1)
    assert rows(town, "uid, grid_key") == [
        {"uid": "in", "grid_key": rows(town, "uid, grid_key")[0]["grid_key"]},
        {"uid": "out", "grid_key": 0},
    ]


@pytest.mark.parametrize("level", [2, 3])
def test_a_scope_imports_nothing_outside_itself(town: Database, tmp_path: Path, level: int) -> None:
    key = make_key(330681109, 1) if level == 2 else LOUJIA
    with pytest.raises(Forbidden):
        load(town, table(tmp_path / "a.csv", row("A1"), row("out", 120.60, 29.95)), scope=Scope.of_grid(key))
    assert count(town, "incidents") == count(town, OF_RECORDS) == 0


def test_without_grids_the_command_that_brings_them_is_named(empty_town: Database, tmp_path: Path) -> None:
    with pytest.raises(Conflict) as refused:
        load(empty_town, table(tmp_path / "a.csv", row("A1")))
    assert "gridmap grids import" in refused.value.en
    assert "gridmap grids import" in refused.value.zh


def test_steps_of_unknown_incidents_are_refused_and_named(town: Database, tmp_path: Path) -> None:
    load(town, table(tmp_path / "a.csv", row("A1")))
    head = ("uid", "at", "action", "stage_to", "to_grid_code")
    lines = [
        ("A1", "2026-01-06", "accept", "accepted", ""),
        ("A9", "2026-01-06", "accept", "accepted", ""),
        ("A1", "2026-01-07", "transfer", "transferred", "330681109999"),
    ]
    result = load(town, table(tmp_path / "steps.csv", *lines, head=head), "incident_steps")
    assert result.parsed is not None
    said = [tuple(r) for r in result.parsed.refused[["row", "field", "value", "code"]].to_numpy()]
    assert said == [(3, "uid", "A9", "record-unknown"), (4, "to_grid_code", "330681109999", "grid-unknown")]
    assert count(town, "incident_steps") == 0
    result = load(town, table(tmp_path / "one.csv", lines[0], head=head), "incident_steps")
    assert (result.inserted, count(town, "incident_steps")) == (1, 1)


def test_steps_that_break_the_rules_are_refused_row_by_row_and_the_others_move_the_case(
    town: Database, tmp_path: Path
) -> None:
    load(town, table(tmp_path / "a.csv", row("A1"), row("A2")))
    head = ("uid", "at", "action", "to_grid_code", "outcome", "stage_to")
    lines = [
        ("A1", "2026-01-06 12:00", "受理", "", "", ""),
        ("A1", "2026-01-07", "归档", "", "", ""),
        ("A1", "2026-01-08", "化解", "", "谈得很好", ""),
        ("A1", "2026-01-09", "化解", "", "达成协议", "已化解"),
        ("A2", "2026-01-06 12:00", "受理", "", "", ""),
        ("A2", "2026-01-07", "签收", "", "", ""),
        ("A2", "2026-01-08", "喝茶", "", "", ""),
        ("A2", "2026-01-09", "调处", "", "", "已化解"),
    ]
    result = load(town, table(tmp_path / "steps.csv", *lines, head=head), "incident_steps")
    assert result.parsed is not None
    said = [tuple(r) for r in result.parsed.refused[["row", "field", "code"]].to_numpy()]
    assert said == [
        (3, "action", "step-unlawful"),
        (4, "outcome", "step-code-unknown"),
        (7, "action", "step-unlawful"),
        (8, "action", "step-unknown"),
        (9, "stage_to", "stage-differs"),
    ]
    assert list(result.parsed.originals["action"]) == ["归档", "化解", "签收", "喝茶", "调处"]
    assert count(town, "incident_steps") == 0
    options = ImportOptions(accept_valid=True)
    path = tmp_path / "steps.csv"
    done = import_records(town, WHOLE, IMPORT_KINDS["incident_steps"], path, options)
    assert (done.inserted, done.refused) == (3, 5)
    found = rows(town, "uid, stage, outcome, solved_level, revision")
    assert found[0] == {
        "uid": "A1",
        "stage": "resolved",
        "outcome": "agreed",
        "solved_level": 3,
        "revision": 2,
    }
    assert (found[1]["uid"], found[1]["stage"]) == ("A2", "accepted")


def test_an_import_is_taken_back_its_cases_are_kept_and_marked_and_the_desk_s_work_stays(
    town: Database, tmp_path: Path
) -> None:
    load(town, table(tmp_path / "a.csv", row("A1"), row("A2"), row("A3")))
    keeper = Actor.at_the_machine()
    seen = desk.find(town, keeper, "A2")
    noted = StepAsked(CaseAction.NOTE, note="已电话联系")
    desk.act(town, keeper, "A2", noted, seen.row.revision, uuid.uuid4())
    with town.scoped_session(WHOLE) as session:
        run = session.scalar(text("select max(import_run_id) from import_runs"))
    done = history.undo_import(town, keeper, IMPORT_KINDS, run, "误导入")
    assert (done.removed, [left[0] for left in done.left]) == (2, ["A2"])
    assert count(town, "incidents") == 3
    assert incident_features(town, WHOLE, IncidentQuery())["total"] == 1
    assert desk.find(town, keeper, "A1").lawful == ()
    with pytest.raises(Conflict):
        history.undo_import(town, keeper, IMPORT_KINDS, run, "误导入")


def test_positions_of_unknown_teams_are_refused_and_named(town: Database, tmp_path: Path) -> None:
    head = ("team_code", "at", "lon", "lat")
    path = table(tmp_path / "p.csv", ("T99", "2026-01-06 20:00", *INSIDE), head=head)
    result = load(town, path, "team_positions")
    assert result.parsed is not None
    assert list(result.parsed.refused["field"]) == ["team_code"]
    assert result.refused == 1
    assert count(town, "team_positions") == 0


@pytest.mark.parametrize("heading", ["身份证号", "联系电话", "民族", "籍贯", "当事人姓名"])
def test_a_file_with_columns_about_persons_is_refused_whole(
    town: Database, tmp_path: Path, heading: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        load(town, table(tmp_path / "a.csv", (*row("A1"), "x"), head=(*HEAD, heading)))
    assert heading in refused.value.zh
    assert count(town, "incidents") == 0


def test_the_case_that_somebody_handles_stays_with_them_when_the_file_comes_again(
    town: Database, tmp_path: Path
) -> None:
    load(town, table(tmp_path / "a.csv", row("A1")))
    head = ("uid", "at", "action", "to_grid_code")
    steps = (
        ("A1", "2026-01-06 12:00", "受理", ""),
        ("A1", "2026-01-07", "移送", "330681109"),
        ("A1", "2026-01-08", "调处", ""),
    )
    load(town, table(tmp_path / "steps.csv", *steps, head=head), "incident_steps")
    assert load(town, table(tmp_path / "b.csv", row("A1", summary="新"))).updated == 1
    assert rows(town, "handler_key") == [{"handler_key": make_key(330681109)}]


def test_a_merge_of_points_without_uid_is_repeatable(town: Database, tmp_path: Path) -> None:
    path = written(records().drop(columns="uid"), tmp_path / "a.csv")
    assert load(town, path).inserted == 6
    path = written(records().drop(columns="uid").iloc[::-1], tmp_path / "b.csv")
    again = load(town, path)
    assert (again.inserted, again.unchanged) == (0, 6)


_IMPORT = """
import sys
from pathlib import Path
from gridmap.domain.gridkey import Scope
from gridmap.services.house import IMPORT_KINDS
from gridmap.services.imports import history
from gridmap.services.imports.records import ImportOptions, import_records
from gridmap.services.imports.sheets import import_sheets
from gridmap.settings import Settings
from gridmap.storage.database import Database
home, owner, app, file = sys.argv[1:]
def say(step, done, total):
    print(step, done, total, flush=True)
with Database(Settings(home=Path(home), DATABASE_URL=owner, app_database_url=app)) as database:
    import_records(database, Scope.whole(), IMPORT_KINDS["incidents"], Path(file), ImportOptions(), on_progress=say)
"""


@pytest.mark.faults
def test_a_killed_import_leaves_nothing_half_written(town: Database, tmp_path: Path) -> None:
    n = 150_000
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "uid": [f"K{i}" for i in range(n)],
            "domain": "safety",
            "occurred_at": "2026-01-05T08:30:00+08:00",
            "lon": np.round(INSIDE[0] + rng.normal(0, 0.02, n), 6),
            "lat": np.round(INSIDE[1] + rng.normal(0, 0.02, n), 6),
        }
    )
    path = tmp_path / "many.csv"
    frame.to_csv(path, index=False)
    addresses = [
        url.render_as_string(hide_password=False)
        for url in (town.owner_url, town.app_url)
    ]  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-c", _IMPORT, str(tmp_path), *addresses, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        start_new_session=True,
    )
    assert process.stdout is not None
    with process:
        for line in process.stdout:
            if line.startswith("copy") and not line.startswith("copy 0 "):
                process.send_signal(signal.SIGKILL)
                break
        assert process.wait(60) == -signal.SIGKILL
    # The server notices that its client has gone before it lets anybody see that nothing happened.
    end_s = time.monotonic() + 60
    while rows(town, "pid, query", "pg_stat_activity where state <> 'idle' and pid <> pg_backend_pid()"):
        assert time.monotonic() < end_s
        time.sleep(0.2)
    assert count(town, "incidents") == count(town, OF_RECORDS) == 0
    result = load(town, path)
    assert (result.committed, result.inserted) == (True, n)


def test_every_layer_that_was_refused_says_why_in_both_languages(town: Database, tmp_path: Path) -> None:
    lines = [
        ("M1", "housing", 9, *INSIDE),
        ("M2", "castle", 20, *INSIDE),
        ("M3", "housing", "many", *INSIDE),
        ("M4", "housing", 12, 29.79, 120.41),
    ]
    path = table(tmp_path / "m.csv", *lines, head=("code", "kind", "head_count", "lon", "lat"))
    result = load(town, path, "migrants")
    assert result.parsed is not None
    assert sorted(set(result.parsed.refused["row"])) == [2, 3, 4, 5]
    assert result.parsed.refused["reason_zh"].str.len().min() > 3
    assert result.parsed.refused["reason_en"].str.len().min() > 3
    assert count(town, "migrant_clusters") == 0


def test_roads_come_from_lines_and_from_wkt(town: Database, tmp_path: Path) -> None:
    line = [[120.41, 29.78], [120.42, 29.79]]
    feature = {
        "type": "Feature",
        "properties": {"id": "R1", "highway": "tertiary", "name": "枫桥路"},
        "geometry": {"type": "LineString", "coordinates": line},
    }
    path = tmp_path / "roads.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), "utf-8")
    assert load(town, path, "roads").inserted == 1
    wkt = table(
        tmp_path / "r.csv", ("R1", "tertiary", "枫桥路", "LINESTRING (120.41 29.78, 120.42 29.79)"),
        head=("road_id", "class", "name_zh", "wkt"),
    )  # fmt: skip
    again = load(town, wkt, "roads")
    assert (again.inserted, again.updated, again.unchanged) == (0, 0, 1)


def test_the_planner_knows_at_once_what_a_large_file_brought(town: Database, tmp_path: Path) -> None:
    # Otherwise whoever looks at a new town in its first minute waits for joins that ask one row by row.
    def known() -> float:
        with town.scoped_session(WHOLE) as session:
            told = session.scalar(
                text("select reltuples from pg_class where oid = 'gridmap.organisations'::regclass")
            )
        return float(told)

    path = tmp_path / "organisations.csv"
    lines = [f"P{n},调解室 {n},centre,120.4171,29.7908" for n in range(500)]
    path.write_text("\n".join(["code,name_zh,kind,lon,lat", *lines]), "utf-8")
    before = known()
    assert load(town, path, "organisations").committed
    assert (before < 1, known()) == (True, 500)
