"""Packs, sheets and service reports are checked: made again from their own file, and every difference is named."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from gridmap.domain.accounts import Actor, Role
from gridmap.domain.gridkey import Scope
from gridmap.errors import Forbidden, InvalidInput, NotFound
from gridmap.services.reports.meeting import meeting_pack, write_meeting_pack
from gridmap.services.reports.service_report import service_report, write_service_report
from gridmap.services.reports.verifying import Verified, verify_report
from gridmap.services.reports.village import village_sheet, write_village_sheet
from gridmap.storage.database import Database
from tests.conftest import MakeDatabase

VILLAGE, PERIOD = 33068110901004000, "2026-10"
WHOLE = Scope.whole()
DESK = Actor("镇值班", Role.TOWN_DESK, WHOLE)
NOW = dt.datetime(2026, 11, 2, 9, 0, 1, 234567, tzinfo=dt.UTC)


def pack(database: Database, out: Path) -> int:
    made = meeting_pack(database, DESK, PERIOD, now=NOW, languages="both")
    return write_meeting_pack(database, DESK, PERIOD, out, made)


def sheet(database: Database, out: Path) -> int:
    # By a post of the village itself, which does not see the names of those above.
    post = Actor("陈家社区 村级岗", Role.VILLAGE_DESK, Scope.of_grid(VILLAGE))
    return write_village_sheet(
        database, post, VILLAGE, PERIOD, village_sheet(database, post, VILLAGE, PERIOD, now=NOW), out
    )


def services(database: Database, out: Path) -> int:
    made = service_report(database, DESK, mode="foot", languages="en", now=NOW)
    return write_service_report(database, DESK, made, out)


def check(database: Database, file: Path, actor: Actor = DESK) -> Verified:
    return verify_report(database, actor, file, assets=file.parent)


def test_a_service_report_made_again_is_the_same_and_other_hours_change_its_figures(
    make_database: MakeDatabase, tmp_path: Path
) -> None:
    town = make_database("demo")
    file = tmp_path / "services.html"
    number = services(town, file)
    found = check(town, file)
    assert (found.same, found.number, found.data_changed, found.figures) == (True, number, False, ())
    with town.owner_engine() as engine, engine.begin() as connection:
        connection.execute(text("UPDATE organisations SET hours = NULL, opens = NULL WHERE kind = 'centre'"))
    found = check(town, file)
    assert (found.same, found.data_changed) == (False, True)
    assert any("› Saturday" in figure.name or "› evening" in figure.name for figure in found.figures)
    with town.owner_engine() as engine, engine.begin() as connection:
        connection.execute(text("UPDATE organisations SET hours = NULL, opens = NULL"))
    with pytest.raises(InvalidInput):
        check(town, file)


@pytest.mark.parametrize("write", [pack, sheet])
def test_a_document_made_again_is_the_same_to_the_byte_and_what_was_written_into_it_is_named(
    recorded_town: Database, tmp_path: Path, write: Callable[[Database, Path], int]
) -> None:
    page, paper = tmp_path / "made.html", tmp_path / "made.pdf"
    numbers = {file: write(recorded_town, file) for file in (page, paper)}
    for file, number in numbers.items():
        found = check(recorded_town, file)
        assert (found.same, found.number, found.data_changed) == (True, number, False)
        assert not found.figures + found.lines
    forged = tmp_path / "forged.html"
    forged.write_text(page.read_text("utf-8").replace("<h1>", "<h1>9 ", 1), "utf-8")
    found = check(recorded_town, forged)
    assert (found.same, found.number, found.figures) == (False, None, ())
    assert [line.in_file for line in found.lines if line.in_file and line.in_file.startswith("9 ")]


def test_figures_that_came_out_otherwise_are_named_in_page_and_paper(
    recorded_town: Database, tmp_path: Path
) -> None:
    files = [(write, tmp_path / name) for write, name in ((pack, "pack.pdf"), (sheet, "sheet.html"))]
    for write, file in files:
        write(recorded_town, file)
    with recorded_town.owner_engine() as engine, engine.begin() as connection:
        moved = connection.execute(
            text(
                "UPDATE incidents SET occurred_at = occurred_at - interval '3 years' WHERE incident_id = (SELECT"
                " min(incident_id) FROM incidents WHERE grid_key BETWEEN :lo AND :lo + 999 AND occurred_at >="
                " '2026-10-01 00:00+08' AND occurred_at < '2026-11-01 00:00+08' AND NOT sealed)"
            ),
            {"lo": VILLAGE},
        )
        assert moved.rowcount == 1
    for _, file in files:
        found = check(recorded_town, file)
        assert (found.same, found.data_changed) == (False, True)
        reported, _ = (figure for figure in found.figures if "› 接报 ›" in figure.name)
        assert reported.in_file is not None
        assert reported.now is not None
        assert int(reported.in_file.replace(",", "")) == int(reported.now.replace(",", "")) + 1


def test_a_file_that_is_none_or_whose_cases_or_ground_went_is_refused_and_so_is_a_post_that_may_not_see_it(
    recorded_town: Database, tmp_path: Path
) -> None:
    file, own = tmp_path / "pack.html", tmp_path / "sheet.html"
    pack(recorded_town, file)
    sheet(recorded_town, own)
    made = file.read_text("utf-8")
    for name, changed, code in (
        ("bare.html", made[: made.rindex("<script")], "report-file-foreign"),
        ("kind.html", made.replace('"kind": "meeting"', '"kind": ["meeting"]'), "report-file-request"),
        ("period.html", made.replace('"period": "2026-10"', '"period": "2026-13"'), None),
    ):
        assert changed != made
        (tmp_path / name).write_text(changed, "utf-8")
        with pytest.raises(InvalidInput) as refused:
            check(recorded_town, tmp_path / name)
        assert code is None or refused.value.code == code
    with pytest.raises(NotFound) as outside:
        check(recorded_town, file, Actor("村级岗", Role.VILLAGE_DESK, Scope.of_grid(VILLAGE)))
    assert outside.value.code == "report-file-outside"
    with pytest.raises(Forbidden):
        check(recorded_town, file, Actor("计划岗", Role.PLANNER, WHOLE))
    none_there = VILLAGE // 10**6 * 10**6 + 999000
    (tmp_path / "gone.html").write_text(
        own.read_text("utf-8").replace(str(VILLAGE), str(none_there)), "utf-8"
    )
    with pytest.raises(NotFound):
        check(recorded_town, tmp_path / "gone.html")
    with recorded_town.owner_engine() as engine, engine.begin() as connection:
        connection.execute(text("UPDATE incidents SET occurred_at = occurred_at - interval '3 years'"))
    with pytest.raises(InvalidInput) as gone:
        check(recorded_town, file)
    assert gone.value.code == "report-data-gone"
