"""Single records are put right, moved, merged and withdrawn with a reason; each act is listed, shown and undone."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from sqlalchemy import text

from gridmap.domain.accounts import Actor
from gridmap.domain.gridkey import Scope
from gridmap.errors import Conflict, InvalidInput, NotFound
from gridmap.services.cases import project_acts, projects
from gridmap.services.ground.boundaries import BoundaryOptions, import_boundaries
from gridmap.services.ground.corrections import correct_grid
from gridmap.services.house import EXPORT_LAYERS, HISTORY_KINDS, IMPORT_KINDS
from gridmap.services.imports import acts, history
from gridmap.services.imports.records import ImportOptions, ImportResult, import_records
from gridmap.services.workspace.exports import export_layer
from gridmap.storage.database import Database

WHOLE = Scope.whole()
KEEPER = Actor.at_the_machine()
BODIES = IMPORT_KINDS["organisations"]
HEAD = ["code", "name_zh", "kind", "lon", "lat", "opens"]
ROWS = [
    ["O1", "枫源村服务点", "service_point", 120.4176, 29.7894, "周一至周五"],
    ["O2", "枫源服务站", "service_point", 120.4180, 29.7895, ""],
    ["O3", "栎桥村服务点", "service_point", 120.4280, 29.7895, ""],
]


def bring(database: Database, folder: Path, rows: list[list[object]], **options: bool) -> ImportResult:
    file = folder / f"{len(list(folder.iterdir()))}.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows(rows)
    return import_records(database, WHOLE, BODIES, file, ImportOptions(**options), actor=KEEPER)


def listed(database: Database) -> list[str]:
    return [row["code"] for row in acts.list_records(database, KEEPER, BODIES)]


def body(database: Database, code: str) -> dict[str, object]:
    return acts.find_record(database, KEEPER, BODIES, code)


@pytest.fixture
def bodies(town: Database, tmp_path: Path) -> Database:
    assert bring(town, tmp_path, [HEAD, *ROWS]).inserted == 3
    return town


def test_a_dry_run_tells_what_is_new_what_changes_and_what_stays(bodies: Database, tmp_path: Path) -> None:
    rows = [ROWS[0], [*ROWS[1][:5], "全天"], ["O4", *ROWS[2][1:]]]
    done = bring(bodies, tmp_path, [HEAD, *rows], dry_run=True)
    assert (done.committed, done.inserted, done.updated, done.unchanged) == (False, 1, 1, 1)
    told = {row.name: (row.what, [(f.name, f.before, f.after) for f in row.fields]) for row in done.rows}
    assert told == {"O2": ("changed", [("opens", None, "全天")]), "O4": ("new", [])}
    assert listed(bodies) == ["O1", "O2", "O3"]
    assert (
        history.list_imports(bodies, WHOLE)[0].run_id == bring(bodies, tmp_path, [HEAD, *rows]).run_id - 1 - 1
    )


def test_a_blank_cell_changes_nothing_unless_the_file_says_clear(bodies: Database, tmp_path: Path) -> None:
    assert bring(bodies, tmp_path, [["code", "opens"], ["O1", ""]]).updated == 0
    assert body(bodies, "O1")["opens"] == "周一至周五"
    assert bring(bodies, tmp_path, [["code", "opens"], ["O1", "[清空]"]]).updated == 1
    assert body(bodies, "O1")["opens"] is None
    history.undo_import(bodies, KEEPER, HISTORY_KINDS, history.list_imports(bodies, WHOLE)[0].run_id, "误清")
    assert body(bodies, "O1")["opens"] == "周一至周五"
    assert bring(bodies, tmp_path, [["code", "opens"], ["O1", ""]], clear_blank=True).updated == 1
    assert body(bodies, "O1")["opens"] is None
    mixed = [["code", "opens"], ["O1", "全天"], ["O2", "全天"]]
    assert bring(bodies, tmp_path, mixed).updated == 2
    done = bring(
        bodies, tmp_path, [["code", "opens", "name_zh"], ["O1", "[清空]", "甲"], ["O2", "[清空]", ""]]
    )
    assert (done.updated, done.unchanged) == (2, 0)
    done = bring(bodies, tmp_path, [["code", "opens", "name_zh"], ["O1", "[清空]", "乙"], ["O2", "全天", ""]])
    assert (done.updated, done.unchanged) == (2, 0)
    done = bring(bodies, tmp_path, [["code", "opens", "name_zh"], ["O1", "", "丙"], ["O2", "[清空]", ""]])
    assert (done.updated, done.unchanged) == (2, 0)
    refused = bring(bodies, tmp_path, [["code", "name_zh", "opens"], ["O1", "[清空]", "全天"]])
    assert refused.parsed is not None
    assert refused.parsed.refused["code"].tolist() == ["cell-not-cleared"]


def test_a_record_is_changed_and_moved_with_a_reason_and_put_back(bodies: Database) -> None:
    before = body(bodies, "O1")
    acts.change(bodies, KEEPER, BODIES, "O1", {"opens": "", "lon": "120.4280", "lat": "29.7895"}, "搬迁")
    after = body(bodies, "O1")
    assert (after["opens"], round(after["lon"], 4)) == (None, 120.428)
    assert after["grid_key"] == body(bodies, "O3")["grid_key"]
    run = history.list_imports(bodies, WHOLE)[0]
    assert (run.act, run.key, run.reason, run.post) == ("change", "O1", "搬迁", KEEPER.post)
    shown = history.show_import(bodies, WHOLE, HISTORY_KINDS, run.run_id)
    assert {f.name for f in shown.rows[0].fields} >= {"opens", "geom"}
    history.undo_import(bodies, KEEPER, HISTORY_KINDS, run.run_id, "并未搬迁")
    assert body(bodies, "O1") == before


def test_what_is_wrong_says_no_why_or_changes_nothing_is_refused_whole(bodies: Database) -> None:
    before, entered = body(bodies, "O1"), len(history.list_imports(bodies, WHOLE))
    for told, reason, code in (
        ({"kind": "没有这类"}, "改类别", "record-fields-wrong"),
        ({"name_zh": ""}, "清空名称", "record-field-needed"),
        ({"lon": "29.7895", "lat": "120.4280"}, "搬迁", "record-fields-wrong"),
        ({"opens": "全天"}, " ", "act-no-reason"),
        ({"opens": "周一至周五"}, "无变化", "edit-nothing"),
    ):
        with pytest.raises(InvalidInput) as refused:
            acts.change(bodies, KEEPER, BODIES, "O1", told, reason)
        assert refused.value.code == code, told
    with pytest.raises(NotFound):
        acts.change(bodies, KEEPER, BODIES, "无", {"opens": "全天"}, "不存在")
    seen = acts.version_of(before)
    acts.change(bodies, KEEPER, BODIES, "O1", {"opens": "全天"}, "延时", seen=seen)
    with pytest.raises(Conflict) as overtaken:
        acts.change(bodies, KEEPER, BODIES, "O1", {"opens": "周六"}, "延时", seen=seen)
    assert (overtaken.value.code, "全天" in overtaken.value.zh) == ("record-overtaken", True)
    assert len(history.list_imports(bodies, WHOLE)) == entered + 1
    history.undo_import(bodies, KEEPER, HISTORY_KINDS, history.list_imports(bodies, WHOLE)[0].run_id, "误改")
    assert body(bodies, "O1") == before


def test_a_withdrawn_record_is_kept_marked_nowhere_in_force_and_comes_back(
    bodies: Database, tmp_path: Path
) -> None:
    acts.withdraw(bodies, KEEPER, BODIES, "O3", "已撤点")
    assert listed(bodies) == ["O1", "O2"]
    assert export_layer(bodies, WHOLE, EXPORT_LAYERS["organisations"], tmp_path / "o.csv") == 2
    gone = acts.list_withdrawn(bodies, KEEPER, BODIES)
    assert [(row.key, row.why) for row in gone] == [("O3", "已撤点")]
    again = bring(bodies, tmp_path, [HEAD, *ROWS])
    assert again.parsed is not None
    assert again.parsed.refused["code"].tolist() == ["record-withdrawn"]
    with pytest.raises(NotFound):
        acts.withdraw(bodies, KEEPER, BODIES, "O3", "再撤")
    acts.restore(bodies, KEEPER, BODIES, "O3", "恢复服务")
    assert listed(bodies) == ["O1", "O2", "O3"]
    assert acts.list_withdrawn(bodies, KEEPER, BODIES) == []


def test_a_merged_record_gives_what_the_other_lacks_and_both_come_back(bodies: Database) -> None:
    before = {code: body(bodies, code) for code in ("O1", "O2")}
    run = acts.merge(bodies, KEEPER, BODIES, "O2", "O1", "同一处")
    assert listed(bodies) == ["O2", "O3"]
    assert body(bodies, "O2") == before["O2"] | {"opens": "周一至周五"}
    assert "O2" in str(acts.list_withdrawn(bodies, KEEPER, BODIES)[0].why)
    done = history.undo_import(bodies, KEEPER, HISTORY_KINDS, run, "是两处")
    assert (done.restored, done.left) == (2, ())
    assert {code: body(bodies, code) for code in ("O1", "O2")} == before
    with pytest.raises(InvalidInput):
        acts.merge(bodies, KEEPER, BODIES, "O1", "O1", "自身")
    with bodies.scoped_session(WHOLE, write=True) as session:
        session.execute(text("update organisations set geom = null, tile_key = null where code = 'O1'"))
    named = body(bodies, "O1")["grid_key"]
    acts.merge(bodies, KEEPER, BODIES, "O1", "O3", "同一处")
    assert (body(bodies, "O1")["grid_key"], body(bodies, "O1")["lon"]) == (named, None)


def names(database: Database) -> dict[int, tuple[str, int | None]]:
    with database.scoped_session(WHOLE) as session:
        rows = session.execute(
            text(
                "select grid_key, name_zh, households, md5(ST_AsBinary(geom)) from grids where valid_to is null"
            )
        )
        return {int(row[0]): tuple(row[1:]) for row in rows}


def test_a_version_of_the_boundaries_is_listed_shown_and_taken_back(bodies: Database, tmp_path: Path) -> None:
    before = names(bodies)
    key = next(key for key in before if key % 1000 == 0 and key % 1_000_000)
    correct_grid(bodies, KEEPER, key, {"name_zh": "新名村", "households": "321"}, "更名")
    first = history.list_imports(bodies, WHOLE)[0]
    assert (first.noun, first.act, first.key, first.reason) == ("grids", "change", str(key), "更名")
    shown = history.show_import(bodies, WHOLE, HISTORY_KINDS, first.run_id)
    assert [(f.name, f.after) for f in shown.rows[0].fields] == [("name_zh", "新名村"), ("households", "321")]
    correct_grid(bodies, KEEPER, key, {"households": "322"}, "更正")
    done = history.undo_import(bodies, KEEPER, HISTORY_KINDS, first.run_id, "误改")
    assert (done.restored, [name for name, *_ in done.left]) == (0, ["新名村"])
    second = history.list_imports(bodies, WHOLE)[0]
    assert second.reason == "更正"
    history.undo_import(bodies, KEEPER, HISTORY_KINDS, second.run_id, "误改")
    assert names(bodies)[key][:2] == ("新名村", 321)
    with pytest.raises(Conflict):
        history.undo_import(bodies, KEEPER, HISTORY_KINDS, first.run_id, "再撤")


def test_a_split_and_a_moved_outline_are_told_and_an_undo_gives_the_land_back(
    town: Database, tmp_path: Path
) -> None:
    import geopandas as gpd
    import shapely

    before = names(town)
    out = tmp_path / "grids.gpkg"
    export_layer(town, WHOLE, EXPORT_LAYERS["grids"], out)
    grids = gpd.read_file(out)
    villages = grids[grids["level"].astype(int) == 3]
    row = villages.iloc[0]
    west, south, east, north = row.geometry.bounds
    middle = (west + east) / 2
    parts = [
        row.geometry.intersection(shapely.box(west - 1, south - 1, middle, north + 1)),
        row.geometry.intersection(shapely.box(middle, south - 1, east + 1, north + 1)),
    ]
    made = gpd.GeoDataFrame(
        [
            row.to_dict()
            | {
                "geometry": part,
                "name_zh": f"{row['name_zh']}{n}",
                "code": f"33068110999{n}",
                "grid_key": None,
            }
            for n, part in enumerate(parts, 1)
        ],
        geometry="geometry",
        crs=grids.crs,
    )
    import pandas as pd

    changed = gpd.GeoDataFrame(
        pd.concat([grids.drop(index=row.name), made], ignore_index=True), crs=grids.crs
    )
    file = tmp_path / "split.gpkg"
    changed.to_file(file)
    done = import_boundaries(town, WHOLE, [file], BoundaryOptions(dry_run=True), actor=KEEPER)
    assert (done.added, done.ended, done.split) == (2, 1, 1)
    assert names(town) == before
    inside = parts[0].representative_point()
    assert (
        bring(town, tmp_path, [HEAD, ["O9", "旧点", "service_point", inside.x, inside.y, ""]]).inserted == 1
    )
    acts.withdraw(town, KEEPER, BODIES, "O9", "已撤点")
    told = {"code": "P1", "name_zh": "文化礼堂", "kind": "construction"}
    project_acts.save(town, KEEPER, "projects", told, "登记", shape=inside.buffer(0.00005), new=True)
    here = next(key for key, (name, *_) in before.items() if name == row["name_zh"] and key % 1_000_000)
    for code in ("Q1", "Q2"):
        asked = {"code": code, "on_day": "2026-10-05", "question": "谁来量？", "grid_code": str(here)}
        project_acts.save(town, KEEPER, "rulings", asked, "登记", new=True)
    project_acts.withdraw(town, KEEPER, "rulings", "Q1", "误登")
    project_acts.save(town, KEEPER, "rulings", {"code": "Q2", "grid_code": ""}, "全镇适用")
    done = import_boundaries(town, WHOLE, [file], BoundaryOptions(), actor=KEEPER)
    assert done.committed
    # So does a ruling that only names its grid, whether it is put back into force or to where it held before.
    holds = []
    for code in ("Q1", "Q2"):
        project_acts.take_back(town, KEEPER, "rulings", code, "恢复")
        holds.append(projects.find(town, WHOLE, "rulings", code)["grid_key"])
    assert holds[0] == holds[1] != here
    assert names(town)[holds[0]][0] in {f"{row['name_zh']}{n}" for n in (1, 2)}
    # What is withdrawn lies in today's grids too, and so does a project's land.
    acts.restore(town, KEEPER, BODIES, "O9", "恢复")
    lies = projects.find(town, WHOLE, "projects", "P1")["grid_key"]
    assert names(town)[int(body(town, "O9")["grid_key"])][0] == names(town)[lies][0] == f"{row['name_zh']}1"
    run = next(r for r in history.list_imports(town, WHOLE) if r.noun == "grids")
    assert {row.what for row in history.show_import(town, WHOLE, HISTORY_KINDS, run.run_id).rows} == {
        "new",
        "ended",
    }
    correct_grid(town, KEEPER, lies, {"name_zh": "另一个名"}, "更名")
    after = names(town)
    with pytest.raises(Conflict) as refused:
        history.undo_import(town, KEEPER, HISTORY_KINDS, run.run_id, "没有拆分")
    assert refused.value.code == "version-does-not-fit"
    assert names(town) == after
    history.undo_import(town, KEEPER, HISTORY_KINDS, history.list_imports(town, WHOLE)[0].run_id, "未更名")
    undone = history.undo_import(town, KEEPER, HISTORY_KINDS, run.run_id, "没有拆分")
    assert (undone.restored, undone.removed, undone.left) == (1, 2, ())
    assert names(town) == before
