"""The dispute sheet over a town: numbers of the one query, cells that lead to their cases, changes that are told."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import docx
import openpyxl
import pytest
from click.testing import CliRunner

from gridmap.cli import main
from gridmap.domain.accounts import Actor, Role
from gridmap.domain.cases.actions import Action
from gridmap.domain.gridkey import AREA, VILLAGE, Scope, ancestor
from gridmap.domain.official_forms import COLUMNS
from gridmap.errors import Conflict, InvalidInput, NotFound
from gridmap.services.cases import figures
from gridmap.services.house import IMPORT_KINDS
from gridmap.services.imports.records import ImportOptions, import_records
from gridmap.services.reports import form_files, official_forms
from gridmap.storage.database import Database
from tests.conftest import MakeDatabase
from tests.doors import new_word
from tests.integration.test_case_desk import KEEPER, NOW, step, take_in
from tests.towns import environment_of

MONTH = official_forms.asked_for("2026-11")


@pytest.fixture(scope="module")
def town(make_database: MakeDatabase) -> Database:
    return make_database("demo")


def test_the_form_s_numbers_are_those_of_the_table_by_grid(town: Database) -> None:
    for name in ("2026-10", "2026-Q3", "2026"):
        for level in (2, 3):
            asked = official_forms.asked_for(name, level)
            form = official_forms.dispute_form(town, Scope.whole(), asked, now=NOW)
            table = figures.by_grid(town, Scope.whole(), form.query, level, now=NOW)
            mine = {row.name: row.counts for row in form.by_grid if row.counts["found"]}
            assert set(mine) == {f"grid {row.grid_key}" for row in table.rows}
            for row in table.rows:
                counts = mine[f"grid {row.grid_key}"]
                assert (
                    counts["found"],
                    counts["open"],
                    counts["succeeded"],
                    counts["untold"],
                    counts["unsolved"],
                ) == (
                    row.reported,
                    row.open,
                    row.solved,
                    row.outcome_untold,
                    row.unsolved,
                )
                assert (counts["overdue"], counts["reopened"]) == (row.overdue, row.reopened)
                assert (counts["in_village"], counts["in_area"], counts["in_town"]) == (
                    row.solved_village,
                    row.solved_area,
                    row.solved_town,
                )


def test_each_cell_leads_to_its_cases_and_says_how_many_are_sealed(town: Database) -> None:
    asked = official_forms.asked_for("2026-10")
    desk = Actor("镇值班", Role.TOWN_DESK, Scope.of_grid(33068110900000000))
    form = official_forms.dispute_form(town, desk.scope, asked, now=NOW)
    assert form.sealed > 0
    for row in (form.total, *form.by_grid[:4], *form.by_kind[:3]):
        for column in ("found", "succeeded", "open"):
            found = official_forms.cell_cases(town, desk.scope, form, row.name, column)
            assert len(found.rows) + found.sealed == found.total == row.counts[column]
            assert all(line.domain == "dispute" for line in found.rows)
    with pytest.raises(InvalidInput, match="没有这一格"):
        official_forms.cell_cases(town, desk.scope, form, "grid 1", "found")


def test_a_long_cell_is_listed_in_parts_that_together_are_all_of_it(
    town: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = official_forms.dispute_form(town, KEEPER.scope, official_forms.asked_for("2026-10"), now=NOW)
    whole = official_forms.cell_cases(town, KEEPER.scope, form, "total", "found")
    monkeypatch.setattr(official_forms, "MOST_LISTED", 20)
    listed: list[int] = []
    for start in range(0, whole.total, 20):
        part = official_forms.cell_cases(town, KEEPER.scope, form, "total", "found", start=start)
        listed += [line.incident_id for line in part.rows]
    assert len(listed) > 20
    assert sorted(listed) == sorted(line.incident_id for line in whole.rows)


def test_cases_in_no_grid_and_ends_that_a_source_did_not_tell_are_counted_apart(
    town: Database, tmp_path: Path
) -> None:
    before = official_forms.dispute_form(town, KEEPER.scope, MONTH, now=NOW)
    file = tmp_path / "来源.csv"
    word = new_word()
    file.write_text(
        "uid,domain,occurred_at,stage,lon,lat,village_name\n"
        f"{word}-1,dispute,2026-11-05,化解,,,枫源村\n{word}-2,dispute,2026-11-05,受理,121.5,30.2,\n",
        "utf-8",
    )
    done = import_records(town, KEEPER.scope, IMPORT_KINDS["incidents"], file, ImportOptions(), actor=KEEPER)
    assert (done.inserted, done.outside) == (2, 1)
    after = official_forms.dispute_form(town, KEEPER.scope, MONTH, now=NOW)
    more = {column: after.total.counts[column] - n for column, n in before.total.counts.items()}
    assert (more["found"], more["succeeded"], more["untold"]) == (1, 0, 1)
    assert after.outside == before.outside + 1
    village = Actor("村", Role.VILLAGE_DESK, Scope.of_grid(ancestor(take_in(town).row.grid_key, VILLAGE)))
    assert official_forms.dispute_form(town, village.scope, MONTH, now=NOW).outside == 0


def test_what_was_handed_in_is_marked_and_later_changes_are_explained(town: Database) -> None:
    early = take_in(town)
    handed = official_forms.hand_in(town, KEEPER, MONTH, now=NOW)
    assert handed.handed_in is not None
    assert handed.changes == ()
    late = take_in(town, summary="报送后补录的纠纷")
    step(town, KEEPER, early, Action.RESOLVE, outcome="agreed", agreement="written")
    now = official_forms.dispute_form(town, KEEPER.scope, MONTH, now=NOW + dt.timedelta(hours=2))
    told = {change.column: change for change in now.changes}
    assert (told["found"].now - told["found"].before, told["found"].new_records) == (
        1,
        (late.row.incident_id,),
    )
    assert told["succeeded"].added == (early.row.incident_id,)
    assert told["succeeded"].new_records == ()
    cell = official_forms.cell_cases(town, KEEPER.scope, now, "total", "found")
    assert early.row.incident_id in cell.reported
    assert late.row.incident_id not in cell.reported


def test_a_village_fills_its_own_form_and_sees_no_other_s(town: Database) -> None:
    village = ancestor(take_in(town).row.grid_key, VILLAGE)
    of = Actor("村", Role.VILLAGE_DESK, Scope.of_grid(village))
    form = official_forms.dispute_form(town, of.scope, MONTH, now=NOW)
    assert (form.root_key, [row.name for row in form.by_grid]) == (village, [f"grid {village}"])
    with pytest.raises(NotFound):
        official_forms.dispute_form(
            town, of.scope, official_forms.asked_for("2026-11", 3, ancestor(village, AREA)), now=NOW
        )
    official_forms.hand_in(town, KEEPER, MONTH, now=NOW)
    assert official_forms.handed_in(town, of.scope) == []


def test_the_workbook_holds_the_form_s_numbers_and_a_town_s_own_file_too(
    town: Database, tmp_path: Path
) -> None:
    form = official_forms.dispute_form(town, Scope.whole(), official_forms.asked_for("2026-10"), now=NOW)
    form_files.write_form(form, tmp_path / "a.xlsx", zone="Asia/Shanghai")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    head, *lines = list(book["按网格"].iter_rows(min_row=3, values_only=True))
    codes = [code for code, _, _ in form_files.headings()]
    assert list(head[1:]) == [zh for _, zh, _ in form_files.headings()]
    for line, row in zip(lines, (*form.by_grid, form.total), strict=True):
        told = dict(zip(codes, line[1:], strict=True))
        assert line[0] == row.zh
        assert {name: told[name] for name in row.counts} == dict(row.counts)
    own = openpyxl.Workbook()
    own.active["A1"], own.active["A2"], own.active["B2"] = "{{period}}", "{{row.name}}", "{{row.found}}"
    own.save(tmp_path / "own.xlsx")
    form_files.write_form(form, tmp_path / "b.xlsx", zone="Asia/Shanghai", template=tmp_path / "own.xlsx")
    filled = openpyxl.load_workbook(tmp_path / "b.xlsx").active
    assert filled["A1"].value == "2026 年 10 月"
    assert [c.value for c in filled["B"][1:]] == [row.counts["found"] for row in form.by_grid]


def test_the_papers_of_a_mediation_tell_the_case_and_leave_names_blank(
    town: Database, tmp_path: Path
) -> None:
    case = take_in(town)
    form_files.write_mediation_papers(town, KEEPER, case.row.number, tmp_path / "p.docx")
    made = docx.Document(str(tmp_path / "p.docx"))
    text = "\n".join(
        [p.text for p in made.paragraphs] + [c.text for t in made.tables for r in t.rows for c in r.cells]
    )
    assert case.row.number in text
    assert "相邻排水引起争吵" in text
    assert text.count("当事人甲") >= 4
    assert "＿＿＿" in text
    violent = take_in(town, kind=None, domain="policing", summary="打架")
    with pytest.raises(Conflict):
        form_files.write_mediation_papers(town, KEEPER, violent.row.number, tmp_path / "q.docx")
    assert not (tmp_path / "q.docx").exists()


@pytest.mark.parametrize("columns", [80, 200])
def test_the_command_shows_every_heading_and_number_whole_on_any_terminal(
    town: Database, columns: int
) -> None:
    done = CliRunner().invoke(
        main,
        ["forms", "show", "--period", "2026-10", "--level", "2"],
        env=environment_of(town) | {"COLUMNS": str(columns)},
    )
    assert done.exit_code == 0, done.output
    form = official_forms.dispute_form(town, Scope.whole(), official_forms.asked_for("2026-10", 2))
    lines = [re.split("[│┃]", line)[1:-1] for line in done.output.splitlines() if line[:1] in {"│", "┃"}]
    headings = [
        "".join(cell.strip() for cell in column) for column in zip(*_above(lines, form.total.zh), strict=True)
    ]
    assert headings[1:] == [column.zh for column in COLUMNS]
    told = {row[0].strip(): [cell.strip() for cell in row[1:]] for row in lines}
    for row in (form.total, *form.by_grid, *form.by_kind):
        assert told[row.zh] == [str(row.counts[column.code]) for column in COLUMNS]


def _above(lines: list[list[str]], first: str) -> list[list[str]]:
    whole = next(n for n, line in enumerate(lines) if line[0].strip() == first)
    return lines[:whole]
