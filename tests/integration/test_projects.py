"""Projects go through the five steps of their assessment, say what they touch, and come back; so do rulings."""

from __future__ import annotations

import datetime as dt
import json
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import shapely
from sqlalchemy import text

from gridmap.domain.accounts import Actor, Role
from gridmap.domain.gridkey import Scope, ancestor
from gridmap.errors import Conflict, Forbidden, InvalidInput, NotFound
from gridmap.services.cases import project_acts, projects
from gridmap.services.house import EXPORT_LAYERS, HISTORY_KINDS, IMPORT_KINDS
from gridmap.services.imports import history
from gridmap.services.imports.records import ImportOptions, import_records
from gridmap.services.reports import project_files
from gridmap.services.workspace.exports import export_layer
from gridmap.storage.database import Database
from tests.towns import Towns

WHOLE = Scope.whole()
KEEPER = Actor.at_the_machine()
NOW = dt.datetime(2026, 10, 20, 12, tzinfo=dt.UTC)
STEPS = {
    "plan_on": "2026-06-01",
    "consult_on": "2026-06-10",
    "analyse_on": "2026-06-20",
    "report_on": "2026-07-01",
    "decide_on": "2026-07-15",
}
ANSWERS = {"asked": "120", "in_favour": "90", "against": "20", "unsure": "10"}


def village(database: Database) -> tuple[int, Any]:
    with database.scoped_session(WHOLE) as session:
        row = session.execute(
            text(
                "select g.grid_key, ST_AsBinary(g.geom) from grids g where g.level = 3 and g.valid_to is null order by"
                " (select count(*) from incidents i where i.grid_key between g.grid_key and g.grid_key + 999) desc,"
                " g.grid_key limit 1"
            )
        ).one()
    return int(row[0]), shapely.from_wkb(bytes(row[1]))


def land(database: Database) -> Any:
    """Nearly all of the village with most cases."""
    return village(database)[1].buffer(-0.0002).simplify(0.0001)


def enter(database: Database, code: str = "P1", **fields: str) -> str:
    told = {"code": code, "name_zh": "枫桥镇道路拓宽工程", "kind": "construction", **fields}
    return project_acts.save(database, KEEPER, "projects", told, "登记", shape=land(database), new=True)


def test_a_project_says_its_steps_answers_and_what_its_land_holds(
    recorded_town: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(recorded_town, **STEPS, **ANSWERS, decision="issue", begins_on="2026-07-20")
    seen = projects.seen(recorded_town, WHOLE, "P1", now=NOW)
    key, _ = village(recorded_town)
    assert ancestor(int(seen.row["grid_key"]), 3) == key
    assert (seen.row["asked"], seen.row["in_favour"], seen.row["decide_on"]) == (
        120,
        90,
        dt.date(2026, 7, 15),
    )
    with recorded_town.scoped_session(WHOLE) as session:
        inside = (
            "select count(*) from incidents i, projects p where ST_Covers(p.geom, i.geom) and not i.sealed"
            " and not i.reporter_hidden and i.withdrawn_at is null and i.occurred_at >= :a and i.occurred_at < :b"
        )
        turn = dt.datetime(2026, 7, 19, 16, tzinfo=dt.UTC)
        span = dt.timedelta(days=180)
        before = session.scalar(text(inside), {"a": turn - span, "b": turn})
        after = session.scalar(text(inside), {"a": turn, "b": dt.datetime(2026, 10, 20, 16, tzinfo=dt.UTC)})
    assert before > 0
    assert (seen.before.total, seen.after.total) == (before, after)
    listed = projects.cases_of(recorded_town, WHOLE, "P1", "before", now=NOW)
    assert len(listed) == min(before, projects.MOST_LISTED)
    monkeypatch.setattr(projects, "MOST_LISTED", 3)
    parts = [
        projects.cases_of(recorded_town, WHOLE, "P1", "before", now=NOW, start=start)
        for start in range(0, before, 3)
    ]
    numbers = [case["number"] for part in parts for case in part]
    assert len(set(numbers)) == before
    assert numbers[: len(listed)] == [case["number"] for case in listed]
    assert seen.households is not None
    assert seen.households > 0
    assert all(0 < g["share"] <= 1 for g in seen.grids)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"consult_on": "2026-06-10", "analyse_on": "2026-06-01"}, "project-step-order"),
        ({"asked": "10", "in_favour": "8", "against": "3"}, "project-answers"),
        ({"follow_up_on": "2026-08-01"}, "project-follow-up-before"),
        ({"decide_on": "2026-08-01", "follow_up_on": "2026-07-31"}, "project-follow-up-before"),
        ({"in_favour": "8"}, "project-answers"),
        ({"decision": "issue"}, "project-decision-no-day"),
        ({"follow_up": "无异常"}, "project-follow-up-early"),
        ({"decision": "maybe", "decide_on": "2026-07-15"}, "record-fields-wrong"),
        ({"asked": "-3"}, "record-fields-wrong"),
        ({"lead": "张三 13812345678"}, "record-fields-wrong"),
        ({"name_zh": ""}, "record-field-needed"),
    ],
)
def test_what_does_not_agree_is_refused_whole(town: Database, fields: dict[str, str], code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        enter(town, **fields)
    assert refused.value.code == code
    assert projects.list_projects(town, WHOLE) == []


def test_a_change_is_kept_with_its_reason_and_taken_back(town: Database) -> None:
    enter(town, plan_on="2026-06-01")
    project_acts.save(
        town, KEEPER, "projects", {"code": "P1", "consult_on": "2026-06-10", **ANSWERS}, "征求意见"
    )
    project_acts.save(town, KEEPER, "projects", {"code": "P1", "plan_on": ""}, "日期不明")
    row = projects.find(town, WHOLE, "projects", "P1")
    assert (row["plan_on"], row["consult_on"], row["unsure"]) == (None, dt.date(2026, 6, 10), 10)
    assert [e["why"] for e in row["history"]] == ["登记", "征求意见", "日期不明"]
    project_acts.take_back(town, KEEPER, "projects", "P1", "日期查到了")
    project_acts.take_back(town, KEEPER, "projects", "P1", "重新征求")
    row = projects.find(town, WHOLE, "projects", "P1")
    assert (row["plan_on"], row["consult_on"], row["asked"]) == (dt.date(2026, 6, 1), None, None)
    with pytest.raises(Conflict):
        project_acts.take_back(town, KEEPER, "projects", "P1", "再撤")
    with pytest.raises(InvalidInput):
        project_acts.save(town, KEEPER, "projects", {"code": "P1", "plan_on": "2026-06-01"}, "没有变化")
    with pytest.raises(Conflict):
        enter(town)


def test_an_outline_that_touches_the_old_one_is_stored_and_no_import_is_lost_by_taking_a_change_back(
    town: Database, tmp_path: Path
) -> None:
    enter(town)
    whole = land(town)
    west, south, east, north = whole.bounds
    half = whole.intersection(shapely.box(west, south, (west + east) / 2, north))
    half = max(shapely.get_parts(half), key=shapely.area)
    project_acts.save(town, KEEPER, "projects", {"code": "P1"}, "缩小", shape=half)

    def area() -> float:
        return shapely.from_geojson(projects.find(town, WHOLE, "projects", "P1")["shape"]).area

    assert area() == pytest.approx(half.area, rel=1e-4)
    file = tmp_path / "p.geojson"
    told = {"项目编号": "P1", "项目名称": "枫桥镇道路拓宽工程", "类型": "construction"}
    feature = {"type": "Feature", "properties": told, "geometry": shapely.geometry.mapping(whole)}
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), "utf-8")
    done = import_records(town, WHOLE, IMPORT_KINDS["projects"], file, ImportOptions(), actor=KEEPER)
    assert done.parsed is not None
    assert (done.updated, done.refused) == (1, 0), done.parsed.refused.to_dict("records")
    assert area() == pytest.approx(whole.area, rel=1e-4)
    with pytest.raises(Conflict) as refused:
        project_acts.take_back(town, KEEPER, "projects", "P1", "不缩小")
    assert refused.value.code == "record-changed-since"
    undone = history.undo_import(town, KEEPER, HISTORY_KINDS, done.run_id or 0, "误导入")
    assert (undone.restored, undone.left) == (1, ())
    assert area() == pytest.approx(half.area, rel=1e-4)
    project_acts.take_back(town, KEEPER, "projects", "P1", "不缩小")
    assert area() == pytest.approx(whole.area, rel=1e-4)
    entries = projects.find(town, WHOLE, "projects", "P1")["history"]
    assert all("history" not in (e["before"] or {}) and "history" not in e["after"] for e in entries)


def test_what_a_desk_changed_of_an_imported_ruling_stays_and_an_unnamed_grid_widens_nothing(
    town: Database, tmp_path: Path
) -> None:
    key, _ = village(town)
    file = tmp_path / "q.csv"
    file.write_text(
        f"编号,日期,问题,网格编码\nQ1,2026-10-05,谁来量？,{key}\nQ2,2026-10-05,谁来修？,\n", "utf-8"
    )
    brought = import_records(town, WHOLE, IMPORT_KINDS["rulings"], file, ImportOptions(), actor=KEEPER)
    assert brought.parsed is not None
    assert brought.inserted == 2, brought.parsed.refused.to_dict("records")

    def holds() -> dict[str, int]:
        return {row["code"]: row["grid_key"] for row in projects.list_rulings(town, WHOLE)}

    assert holds() == {"Q1": key, "Q2": ancestor(key, 1)}
    file.write_text("编号,日期,问题\nQ1,2026-10-05,由谁来量？\n", "utf-8")
    assert import_records(town, WHOLE, IMPORT_KINDS["rulings"], file, ImportOptions()).updated == 1
    assert holds()["Q1"] == key
    project_acts.save(town, KEEPER, "rulings", {"code": "Q2", "ruling": "村里"}, "答复")
    undone = history.undo_import(town, KEEPER, HISTORY_KINDS, brought.run_id or 0, "误导入")
    assert {name for name, *_ in undone.left} == {"Q1", "Q2"}
    project_acts.save(town, KEEPER, "rulings", {"code": "Q1", "grid_code": ""}, "全镇适用")
    assert holds()["Q1"] == ancestor(key, 1)


def test_the_second_of_two_who_write_is_told_what_stands_and_a_code_elsewhere_is_taken(
    town: Database,
) -> None:
    enter(town, plan_on="2026-06-01")
    seen = project_acts.version(town, KEEPER, "projects", "P1")
    project_acts.save(town, KEEPER, "projects", {"code": "P1", "lead": "住建办"}, "牵头", seen=seen)
    with pytest.raises(Conflict) as refused:
        project_acts.save(town, KEEPER, "projects", {"code": "P1", "lead": "水利站"}, "牵头", seen=seen)
    assert refused.value.code == "record-overtaken"
    assert "住建办" in refused.value.zh
    assert projects.find(town, WHOLE, "projects", "P1")["lead"] == "住建办"
    key, _ = village(town)
    with town.scoped_session(WHOLE) as session:
        other, wkb = session.execute(
            text(
                "select grid_key, ST_AsBinary(ST_Buffer(label_point, 0.0005)) from grids where level = 3"
                " and valid_to is null and grid_key <> :key order by grid_key limit 1"
            ),
            {"key": key},
        ).one()
    mine = Actor("别村", Role.VILLAGE_DESK, Scope.of_grid(int(other)))
    told = {"code": "P1", "name_zh": "礼堂", "kind": "construction"}
    with pytest.raises(Conflict) as refused:
        project_acts.save(town, mine, "projects", told, "登记", shape=shapely.from_wkb(bytes(wkb)), new=True)
    assert refused.value.code == "record-code-taken"


def test_a_withdrawn_project_is_kept_and_comes_back(town: Database) -> None:
    enter(town)
    project_acts.withdraw(town, KEEPER, "projects", "P1", "不建了")
    assert projects.list_projects(town, WHOLE) == []
    assert projects.find(town, WHOLE, "projects", "P1")["withdrawn_why"] == "不建了"
    with pytest.raises(NotFound):
        project_acts.save(town, KEEPER, "projects", {"code": "P1", "asked": "5"}, "改")
    project_acts.take_back(town, KEEPER, "projects", "P1", "还是要建")
    assert [row["code"] for row in projects.list_projects(town, WHOLE)] == ["P1"]


def test_a_village_keeps_projects_on_its_land_and_sees_no_other_s(town: Database) -> None:
    key, _ = village(town)
    mine = Actor("枫源村 村级值班岗", Role.VILLAGE_DESK, Scope.of_grid(key))
    elsewhere = next(g for g in (key + 1000, key - 1000, key + 2000) if ancestor(g, 2) == ancestor(key, 2))
    told = {"code": "P2", "name_zh": "村文化礼堂", "kind": "construction"}
    project_acts.save(town, mine, "projects", told, "登记", shape=land(town), new=True)
    other = Actor("别村", Role.VILLAGE_DESK, Scope.of_grid(elsewhere))
    assert projects.list_projects(town, other.scope) == []
    with pytest.raises(NotFound):
        projects.seen(town, other.scope, "P2")
    with pytest.raises(NotFound):
        project_acts.withdraw(town, other, "projects", "P2", "不是我的")
    with pytest.raises(Forbidden):
        project_acts.save(town, other, "projects", told | {"code": "P3"}, "登记", shape=land(town), new=True)


@pytest.mark.parametrize("ending", ["geojson", "gpkg", "csv", "xlsx"])
def test_an_export_comes_back_unchanged_and_fills_an_empty_workspace(
    town: Database, towns: Towns, tmp_path: Path, ending: str
) -> None:
    enter(town, **STEPS, **ANSWERS, decision="put_off", decision_note="先修排水", follow_up="已告知")
    project_acts.save(
        town,
        KEEPER,
        "rulings",
        {
            "code": "Q1",
            "on_day": "2026-10-05",
            "question": "宅基地边界谁来量？",
            "ruling": "国土所",
            "kind": "02",
        },
        "登记",
        new=True,
    )
    other = towns.make("villages")
    try:
        for layer in ("projects", "rulings"):
            file = tmp_path / f"{layer}.{ending}"
            assert export_layer(town, WHOLE, EXPORT_LAYERS[layer], file) == 1
            again = import_records(town, WHOLE, IMPORT_KINDS[layer], file, ImportOptions(dry_run=True))
            assert again.parsed is not None
            assert (again.unchanged, again.refused) == (1, 0), again.parsed.refused.to_dict("records")
            fresh = import_records(other, WHOLE, IMPORT_KINDS[layer], file, ImportOptions())
            assert (fresh.inserted, fresh.refused) == (1, 0)
            back = tmp_path / f"back-{layer}.{ending}"
            export_layer(other, WHOLE, EXPORT_LAYERS[layer], back)
            if ending in {"geojson", "csv"}:
                assert back.read_bytes() == file.read_bytes()
    finally:
        towns.drop(other)


def test_works_that_begin_before_the_decision_lets_them_are_kept_and_told(
    town: Database, tmp_path: Path
) -> None:
    enter(town, "P7", **STEPS, begins_on="2026-01-02")
    warned = projects.seen(town, WHOLE, "P7").warning
    assert warned is not None
    assert "尚未确定意见" in warned.zh
    file = tmp_path / "p.csv"
    told = []
    for day, decision in (("2026-01-02", "准予实施"), ("2027-06-01", "暂缓"), ("2027-06-01", "准予实施")):
        file.write_text(f"项目编号,实施日期,决定\nP7,{day},{decision}\n", "utf-8")
        done = import_records(town, WHOLE, IMPORT_KINDS["projects"], file, ImportOptions(), actor=KEEPER)
        assert (done.updated, done.refused, done.parsed is not None) == (1, 0, True)
        notices = done.parsed.warnings if done.parsed else ()
        told.append("".join(notice.zh for notice in notices if notice.code == "project-begun-early"))
    assert ["早于确定意见" in told[0], "暂缓或不予实施" in told[1], told[2]] == [True, True, ""]
    assert "第 2 行" in told[0]
    assert projects.seen(town, WHOLE, "P7").warning is None


def test_an_import_of_projects_is_judged_by_what_is_stored_and_taken_back(
    town: Database, tmp_path: Path
) -> None:
    enter(town, **STEPS, **ANSWERS)
    file = tmp_path / "p.csv"
    file.write_text("项目编号,反对人数\nP1,100\n", "utf-8")
    refused = import_records(town, WHOLE, IMPORT_KINDS["projects"], file, ImportOptions())
    assert refused.parsed is not None
    assert refused.parsed.refused["code"].tolist() == ["project-answers"]
    file.write_text("项目编号,征求人数\nP1,[清空]\n", "utf-8")
    refused = import_records(town, WHOLE, IMPORT_KINDS["projects"], file, ImportOptions())
    assert refused.parsed is not None
    assert refused.parsed.refused["code"].tolist() == ["project-answers"]
    file.write_text("项目编号,反对人数,决定\nP1,15,缓出台\n", "utf-8")
    done = import_records(town, WHOLE, IMPORT_KINDS["projects"], file, ImportOptions(), actor=KEEPER)
    assert done.updated == 1
    assert done.run_id is not None
    row = projects.find(town, WHOLE, "projects", "P1")
    assert (row["against"], row["decision"], row["unsure"]) == (15, "put_off", 10)
    history.undo_import(town, KEEPER, HISTORY_KINDS, done.run_id, "误导入")
    row = projects.find(town, WHOLE, "projects", "P1")
    assert (row["against"], row["decision"]) == (20, None)


def test_the_file_of_an_assessment_tells_what_is_known_and_leaves_blanks(
    town: Database, tmp_path: Path
) -> None:
    enter(town, plan_on="2026-06-01", **ANSWERS)
    target = tmp_path / "p.docx"
    project_files.write_assessment(town, KEEPER, "P1", target)
    planner = Actor("规划岗", Role.PLANNER, WHOLE)
    for write in (
        lambda: project_files.write_assessment(town, planner, "P1", tmp_path / "no.docx"),
        lambda: project_files.write_book(
            town, planner, dt.date(2026, 10, 5), dt.date(2026, 10, 11), tmp_path / "no.docx"
        ),
    ):
        with pytest.raises(Forbidden):
            write()
    assert not (tmp_path / "no.docx").exists()
    words = zipfile.ZipFile(target).read("word/document.xml").decode()
    for told in (
        "枫桥镇道路拓宽工程",
        "2026-06-01",
        "征求人数",
        "120",
        "之前用地内事件",
        "跟踪情况",
        "＿＿＿",
    ):
        assert told in words, told


def test_an_assessment_fills_the_town_s_own_file(town: Database, tmp_path: Path) -> None:
    enter(town, plan_on="2026-06-01", **ANSWERS)
    places = project_files.assessment_places(town, KEEPER, "P1")
    own = openpyxl.Workbook()
    own.active.append(["{{name_zh}}（{{kind}}）", "{{asked}}", "{{plan_on}}", "{{before.total}}"])
    own.active.append(["{{row.name}}", "{{row.share}}", None, None])
    own.save(tmp_path / "own.xlsx")
    project_files.write_assessment(town, KEEPER, "P1", tmp_path / "o.xlsx", template=tmp_path / "own.xlsx")
    head, *grids = openpyxl.load_workbook(tmp_path / "o.xlsx").active.iter_rows(values_only=True)
    assert head == ("枫桥镇道路拓宽工程（工程建设）", 120, "2026-06-01", places["before.total"])
    assert "、".join(f"{name}（{share}）" for name, share, *_ in grids) == places["grids"]
    own.active["A1"] = "{{name}}"
    own.save(tmp_path / "own.xlsx")
    with pytest.raises(InvalidInput, match="Sheet!A1"):
        project_files.write_assessment(
            town, KEEPER, "P1", tmp_path / "no.xlsx", template=tmp_path / "own.xlsx"
        )
    assert not (tmp_path / "no.xlsx").exists()


def test_a_ruling_is_read_wherever_it_holds_and_leads_to_the_cases_like_it(recorded_town: Database) -> None:
    key, _ = village(recorded_town)
    area = ancestor(key, 2)
    told = {"code": "Q1", "on_day": "2026-10-05", "question": "邻里排水怎么处理？", "kind": "02"}
    desk = Actor("片区值班岗", Role.AREA_DESK, Scope.of_grid(area))
    project_acts.save(recorded_town, desk, "rulings", told | {"grid_code": str(area)}, "登记", new=True)
    project_acts.save(
        recorded_town,
        desk,
        "rulings",
        {"code": "Q1", "ruling": "先看现场，再请村调委会", "ruled_by": "司法所"},
        "答复",
    )
    below = Scope.of_grid(key)
    found = projects.list_rulings(recorded_town, below)
    assert [(row["code"], row["ruling"]) for row in found] == [("Q1", "先看现场，再请村调委会")]
    with recorded_town.scoped_session(WHOLE) as session:
        like = session.scalar(
            text(
                "select count(*) from incidents where domain = 'dispute' and kind = '02' and withdrawn_at is null"
                " and grid_key between :lo and :hi"
            ),
            {"lo": Scope.of_grid(area).lo, "hi": Scope.of_grid(area).hi},
        )
    assert projects.list_rulings(recorded_town, WHOLE)[0]["like"] == like > 0
    here = projects.rulings_for(recorded_town, below, key, "dispute", "02")
    assert [row["code"] for row in here] == ["Q1"]
    assert projects.rulings_for(recorded_town, below, key, "dispute", "05") == []
    assert projects.rulings_for(recorded_town, below, key, "safety", None) == []
    post = Actor("村级值班岗", Role.VILLAGE_DESK, below)
    with pytest.raises((Forbidden, NotFound)):
        project_acts.withdraw(recorded_town, post, "rulings", "Q1", "不适用")
    assert projects.list_rulings(recorded_town, WHOLE, dt.date(2026, 10, 12), dt.date(2026, 10, 18)) == []
    with pytest.raises(InvalidInput):
        project_acts.save(recorded_town, desk, "rulings", {"code": "Q1", "ruling": ""}, "去掉答复")


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        '{"a":' * 100_000,
        '{"type": "Feature", "geometry": ' + "[" * 50_000 + "]" * 50_000 + "}",
        "120.4,29.7 120.5,29.7",
        "120.4,29.7 120.5,29.8 120.5,29.7 120.4,29.8",
        "abc",
    ],
)
def test_an_outline_is_read_or_refused(wrong: str) -> None:
    drawn = project_acts.read_shape("120.40,29.70 120.41,29.70；120.41,29.71".replace("；", ";"))
    assert drawn.area > 0
    with pytest.raises(InvalidInput):
        project_acts.read_shape(wrong)
