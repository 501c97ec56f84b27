"""A file that may mean another record is asked about, and every import can be looked at and taken back."""

from __future__ import annotations

import csv
import json
import uuid
from pathlib import Path

import pytest
from sqlalchemy import text

from gridmap.cli.imports.rows import print_rows
from gridmap.domain.accounts import Actor, Role
from gridmap.domain.cases.actions import Action
from gridmap.domain.cases.asked import StepAsked
from gridmap.domain.gridkey import Scope
from gridmap.errors import Conflict, NotFound
from gridmap.services.cases import desk, withdrawals
from gridmap.services.house import EXPORT_LAYERS, IMPORT_KINDS
from gridmap.services.imports import history
from gridmap.services.imports.records import ImportOptions, ImportResult, import_records
from gridmap.services.workspace.exports import export_layer
from gridmap.storage.database import Database
from gridmap.storage.workspace.settings import write_settings
from tests.integration.test_cli import in_town

WHOLE = Scope.whole()
DATA = Path(__file__).resolve().parents[2] / "data" / "boundaries"
KEEPER = Actor.at_the_machine()
HEAD = ["uid", "domain", "kind", "occurred_at", "lon", "lat", "summary"]
ROWS = [
    [f"KC-{i:03}", "dispute", "02", f"2026-10-{i + 1:02} 08:30", 120.4176 + i / 1000, 29.7894, f"滴水{i}"]
    for i in range(6)
]


def bring(
    database: Database, folder: Path, *rows: list[object], noun: str = "incidents", **options: bool
) -> ImportResult:
    file = folder / f"{len(list(folder.iterdir()))}.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows(rows)
    return import_records(
        database,
        WHOLE,
        IMPORT_KINDS[noun],
        file,
        ImportOptions(**options),
        actor=Actor("数据岗", Role.KEEPER, WHOLE),
    )


def codes(done: ImportResult) -> list[str]:
    assert done.parsed is not None
    return done.parsed.refused["code"].tolist()


def stored(database: Database, number: str) -> dict[str, object]:
    with database.scoped_session(WHOLE) as session:
        query = text("select * from incidents where uid = :v")
        return dict(session.execute(query, {"v": number}).mappings().one())


def exported(database: Database, folder: Path, layer: str) -> bytes:
    file = folder / f"{layer}-{len(list(folder.iterdir()))}.csv"
    export_layer(database, WHOLE, EXPORT_LAYERS[layer], file)
    return file.read_bytes()


@pytest.fixture
def kept(town: Database, tmp_path: Path) -> Database:
    assert bring(town, tmp_path, HEAD, *ROWS).inserted == len(ROWS)
    return town


def newest(database: Database) -> int:
    return history.list_imports(database, WHOLE)[0].run_id


def test_a_file_of_a_number_and_a_stage_updates_that_alone(kept: Database, tmp_path: Path) -> None:
    before = stored(kept, "KC-001")
    done = bring(
        kept, tmp_path, ["事件编号", "阶段"], ["KC-001", "化解"], ["XX-9", "化解"], accept_valid=True
    )
    assert (done.inserted, done.updated, done.refused) == (0, 1, 1)
    assert codes(done) == ["record-unknown"]
    after = stored(kept, "KC-001")
    assert (after["stage"], after["outcome"]) == ("resolved", "untold")
    changed = {c for c in after if after[c] != before[c]}
    assert changed <= {"stage", "told_stage", "outcome", "solved_level", "import_run_id", "revision"}


def test_another_matter_under_a_known_number_is_asked_about(kept: Database, tmp_path: Path) -> None:
    other = ["KC-000", "policing", "theft", "2026-09-01 10:00", 120.43, 29.81, "别的单位同号"]
    done = bring(kept, tmp_path, HEAD, other)
    assert not done.committed
    assert codes(done) == ["another-matter"]
    assert done.parsed is not None
    assert "滴水0" in done.parsed.refused["reason_zh"].iloc[0]
    assert stored(kept, "KC-000")["domain"] == "dispute"
    assert bring(kept, tmp_path, HEAD, other, accept_doubtful=True).updated == 1
    assert stored(kept, "KC-000")["domain"] == "policing"


def test_a_corrected_row_without_a_number_asks_which_record_it_is(town: Database, tmp_path: Path) -> None:
    head, row = HEAD[1:], ["dispute", "02", "2026-10-01 08:30", 120.4176, 29.7894, "无编号滴水"]
    assert bring(town, tmp_path, head, row).inserted == 1
    corrected = [*row[:-1], "无编号改字"]
    done = bring(town, tmp_path, head, corrected)
    assert codes(done) == ["perhaps-known"]
    with town.scoped_session(WHOLE) as session:
        number = session.scalar(text("select uid from incidents"))
    assert done.parsed is not None
    assert str(number) in done.parsed.refused["reason_zh"].iloc[0]
    assert bring(town, tmp_path, HEAD, [number, *corrected]).updated == 1
    assert stored(town, str(number))["summary"] == "无编号改字"


def test_a_record_that_the_next_edition_of_a_file_lacks_is_named_and_stays(
    kept: Database, tmp_path: Path
) -> None:
    corrected = [[*row[:-1], f"{row[-1]}改"] if i < 2 else row for i, row in enumerate(ROWS)]
    assert bring(kept, tmp_path, HEAD, *corrected).updated == 2
    done = bring(kept, tmp_path, HEAD, *corrected[:-1])
    assert done.unchanged == 5
    told = [n for n in done.warnings if n.code == "records-absent"]
    assert "KC-005" in told[0].zh
    assert stored(kept, "KC-005")["withdrawn_at"] is None
    # Another month's file is no next edition.
    other = ["KD-000", "dispute", "02", "2026-11-01 08:30", 120.4176, 29.7894, "另一月"]
    assert not [n for n in bring(kept, tmp_path, HEAD, other).warnings if n.code == "records-absent"]


def test_an_import_is_listed_shown_row_by_row_and_taken_back(kept: Database, tmp_path: Path) -> None:
    before = exported(kept, tmp_path, "incidents")
    bring(
        kept, tmp_path, HEAD, ["KC-000", "dispute", "02", "2026-10-01 08:30", 120.4180, 29.7894, "改正"],
        ["KC-100", "dispute", "02", "2026-10-20 08:30", 120.42, 29.7894, "新的"],
    )  # fmt: skip
    listed = history.list_imports(kept, WHOLE)
    assert (listed[0].inserted, listed[0].updated, listed[0].post) == (1, 1, "数据岗")
    shown = history.show_import(kept, WHOLE, IMPORT_KINDS, listed[0].run_id)
    assert [(r.what, r.name) for r in shown.rows] == [("changed", "KC-000"), ("new", "KC-100")]
    fields = {f.name: (f.before, f.after) for f in shown.rows[0].fields}
    assert fields["summary"] == ("滴水0", "改正")
    done = history.undo_import(kept, KEEPER, IMPORT_KINDS, listed[0].run_id, "导错了文件")
    assert (done.restored, done.removed, done.left) == (1, 1, ())
    assert exported(kept, tmp_path, "incidents") == before
    assert stored(kept, "KC-100")["withdrawn_at"] is not None
    run = history.list_imports(kept, WHOLE)[0]
    assert (run.undone_why, run.undone_by) == ("导错了文件", KEEPER.post)
    with pytest.raises(Conflict):
        history.undo_import(kept, KEEPER, IMPORT_KINDS, run.run_id, "再撤一次")
    with pytest.raises(NotFound):
        history.undo_import(kept, KEEPER, IMPORT_KINDS, 99_999, "没有")


def test_a_first_import_taken_back_leaves_nothing_in_force_and_comes_again_whole(
    town: Database, tmp_path: Path
) -> None:
    empty = exported(town, tmp_path, "incidents")
    bring(town, tmp_path, HEAD, *ROWS)
    whole = exported(town, tmp_path, "incidents")
    assert history.undo_import(town, KEEPER, IMPORT_KINDS, newest(town), "重复").removed == len(ROWS)
    assert exported(town, tmp_path, "incidents") == empty
    assert bring(town, tmp_path, HEAD, *ROWS).committed
    assert exported(town, tmp_path, "incidents") == whole


def test_what_has_changed_since_stays_and_is_named(kept: Database, tmp_path: Path) -> None:
    first = newest(kept)
    bring(kept, tmp_path, HEAD, [*ROWS[0][:-1], "后来改的"])
    later = newest(kept)
    done = history.undo_import(kept, KEEPER, IMPORT_KINDS, first, "导错了")
    assert [left[0] for left in done.left] == ["KC-000"]
    assert done.removed == len(ROWS) - 1
    assert stored(kept, "KC-000")["summary"] == "后来改的"
    assert history.undo_import(kept, KEEPER, IMPORT_KINDS, later, "也导错了").restored == 1
    assert stored(kept, "KC-000")["summary"] == "滴水0"


@pytest.mark.parametrize(
    ("noun", "layer", "head", "old", "new"),
    [
        (
            "teams",
            "teams",
            ["code", "name_zh", "kind", "base_lon", "base_lat"],
            ["Z1", "试验巡防队", "专业巡防队", 120.4176, 29.7894],
            ["Z2", "另一巡防队", "专业巡防队", 120.42, 29.79],
        ),
        (
            "organisations",
            "organisations",
            ["code", "name_zh", "kind", "lon", "lat"],
            ["Z1", "试验调解室", "调解工作室", 120.4176, 29.7894],
            ["Z2", "另一调解室", "调解工作室", 120.42, 29.79],
        ),
        (
            "migrants",
            "migrants",
            ["code", "kind", "head_count", "lon", "lat"],
            ["Z1", "出租房", 20, 120.4176, 29.7894],
            ["Z2", "宿舍", 40, 120.42, 29.79],
        ),
    ],
)
def test_every_kind_of_record_comes_back_as_it_was(
    town: Database,
    tmp_path: Path,
    noun: str,
    layer: str,
    head: list[object],
    old: list[object],
    new: list[object],
) -> None:
    bring(town, tmp_path, head, old, noun=noun)
    before = exported(town, tmp_path, layer)
    bring(town, tmp_path, head, [*old[:-2], 120.43, 29.80], new, noun=noun)
    assert exported(town, tmp_path, layer) != before
    done = history.undo_import(town, KEEPER, IMPORT_KINDS, newest(town), "导错了")
    assert (done.restored, done.removed) == (1, 1)
    assert exported(town, tmp_path, layer) == before
    shown = history.show_import(town, WHOLE, IMPORT_KINDS, newest(town))
    assert [r.what for r in shown.rows] == ["changed", "removed"]


def test_steps_of_a_file_are_taken_back_and_the_state_with_them(kept: Database, tmp_path: Path) -> None:
    before = stored(kept, "KC-002")
    head = ["uid", "at", "action", "outcome", "method"]
    done = bring(
        kept, tmp_path, head, ["KC-002", "2026-10-05 09:00", "调处", "", ""],
        ["KC-002", "2026-10-06 09:00", "化解", "达成协议", "人民调解"], noun="incident_steps",
    )  # fmt: skip
    assert done.committed, done.parsed and done.parsed.refused
    assert stored(kept, "KC-002")["stage"] == "resolved"
    assert history.undo_import(kept, KEEPER, IMPORT_KINDS, newest(kept), "导错了").removed == 2
    after = stored(kept, "KC-002")
    assert {c for c in after if after[c] != before[c]} <= {"revision"}


def test_a_case_is_taken_out_with_a_reason_and_put_back(kept: Database) -> None:
    before = stored(kept, "KC-003")
    seen = desk.find(kept, KEEPER, "KC-003")
    asked = StepAsked(Action.WITHDRAW, note="重复登记")
    desk.act(kept, KEEPER, "KC-003", asked, seen.row.revision, uuid.uuid4())
    assert stored(kept, "KC-003")["withdrawn_at"] is not None
    withdrawals.restore(kept, KEEPER, "KC-003")
    after = stored(kept, "KC-003")
    assert {c for c in after if after[c] != before[c]} <= {"revision"}
    with pytest.raises(Conflict):
        withdrawals.restore(kept, KEEPER, "KC-003")


def test_neither_a_dry_run_nor_an_entry_tells_what_a_sealed_case_says(kept: Database, tmp_path: Path) -> None:
    head = ["uid", "domain", "kind", "occurred_at", "lon", "lat", "summary"]
    sealed = ["KC-900", "dispute", "01", "2026-10-05 09:00", 120.4176, 29.7894, "甲字密语"]
    assert bring(kept, tmp_path, head, sealed).inserted == 1
    with kept.scoped_session(WHOLE.for_upkeep()) as session:
        assert session.scalar(text("select sealed from incidents where uid = 'KC-900'")) is True
    changed = [*sealed[:-1], "乙字密语"]
    shown = bring(kept, tmp_path, head, changed, dry_run=True).rows
    assert [(row.what, row.fields) for row in shown] == [("changed", ())]
    assert "KC-900" not in shown[0].name
    bring(kept, tmp_path, head, changed)
    kept_rows = history.show_import(kept, WHOLE, IMPORT_KINDS, newest(kept)).rows
    assert "密语" not in repr(kept_rows)
    assert "KC-900" not in repr(kept_rows)


def test_an_import_tells_places_kinds_and_states_in_words_with_the_code_in_brackets(
    kept: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "240")
    done = bring(
        kept, tmp_path, [*HEAD, "channel", "stage"],
        ["KC-000", "dispute", "合同纠纷", "2026-10-01 08:30", 120.4186, 29.7894, "滴水0", "visit", "mediating"],
    )  # fmt: skip
    assert done.committed, codes(done)
    shown = history.show_import(kept, WHOLE, IMPORT_KINDS, newest(kept))
    fields = {f.name: (f.before, f.after) for f in shown.rows[0].fields}
    assert fields["geom"] == ("120.417600, 29.789400", "120.418600, 29.789400")
    print_rows("incidents", shown.rows, {})
    printed = "".join(capsys.readouterr().out.split())
    for words in (
        "邻里纠纷/neighbour(02)",
        "合同纠纷/contract(04)",
        "访/visit(visit)",
        "调处/mediating",
    ):
        assert words in printed.replace("│", ""), (words, printed)
    asked = bring(kept, tmp_path, HEAD, ["KC-001", "policing", "", "2026-10-02 08:30", 120.4186, 29.7894, ""])
    assert asked.parsed is not None
    assert "领域 纠纷化解 → 社区警务" in asked.parsed.refused["reason_zh"].iloc[0]


def test_commands_tell_the_town_s_own_kinds_in_words(kept: Database, tmp_path: Path) -> None:
    with kept.scoped_session(WHOLE, write=True) as session:
        write_settings(session, kinds={"policing": [{"code": "x7", "zh": "河边聚集", "en": "riverside"}]})
    rows = [["P-1", "policing", kind, "2026-10-01 08:30", 120.4176, 29.7894, "河埠头"] for kind in ("", "x7")]
    assert bring(kept, tmp_path, HEAD, rows[0]).inserted == 1
    file = tmp_path / "next.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([HEAD, rows[1]])
    for words in (("incidents", "import", str(file), "--dry-run"), ("incidents", "import", str(file))):
        told = in_town(kept, *words)
        assert told.returncode == 0, told.stderr
        if "--dry-run" in words:
            assert "河边聚集 / riverside (x7)" in told.stdout
    shown = in_town(kept, "imports", "show", str(newest(kept)))
    assert "河边聚集 / riverside (x7)" in shown.stdout


def test_outlines_that_lie_where_they_lay_are_not_told_as_moved(kept: Database, tmp_path: Path) -> None:
    place = ("--level", "3", "--town-code", "330681109", "--town-name", "枫桥镇", "--accept-ended")
    told = json.loads((DATA / "villages.geojson").read_text("utf-8"))
    for shift, said in ((0, None), (1e-9, None), (1e-6, "0.1 m"), (5e-5, "7.4 m")):
        moved = json.loads(json.dumps(told), parse_float=lambda text: float(text) + shift)  # noqa: B023
        file = tmp_path / f"moved-{shift}.geojson"
        file.write_text(json.dumps(moved), "utf-8")
        done = in_town(kept, "grids", "import", str(file), *place, *(("--dry-run",) if shift else ()))
        assert done.returncode == 0, done.stderr
        if said is None:
            assert "边界移动" not in done.stdout or not shift, (shift, done.stdout)
        else:
            assert f" {said}" in done.stdout, (shift, done.stdout)
        assert " 0 m" not in done.stdout
