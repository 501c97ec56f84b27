"""Cases whose source says that they ended, and neither when nor how: ended everywhere, solved nowhere."""

from __future__ import annotations

import ast
import datetime as dt
from pathlib import Path

import pytest
from sqlalchemy import text

import gridmap
from gridmap.domain.cases.figures import ADDED
from gridmap.domain.cases.worklists import Wanted
from gridmap.domain.gridkey import TOWN, VILLAGE, Scope
from gridmap.domain.official_forms import share
from gridmap.domain.protection import Counts
from gridmap.domain.query import IncidentQuery
from gridmap.services.cases import counts, figures, worklists
from gridmap.services.cases.expiry import expire_texts
from gridmap.services.cases.incidents import incident_features
from gridmap.services.cases.shares import shares
from gridmap.services.house import IMPORT_KINDS
from gridmap.services.imports.records import ImportOptions, import_records
from gridmap.services.reports import official_forms
from gridmap.services.reports.case_parts import measures
from gridmap.storage.cases import projects
from gridmap.storage.database import Database
from tests.integration.test_case_desk import KEEPER
from web.desk.small_map import urgency

WHOLE = Scope.whole()
NOW = dt.datetime(2026, 11, 20, 4, tzinfo=dt.UTC)
ROWS = """uid,domain,occurred_at,reported_at,due_at,closed_at,stage,village_name
甲1,dispute,2026-10-05,2026-10-05,2026-10-20,,化解,枫源村
甲2,dispute,2026-10-05,2026-10-05,2026-10-20,,归档,枫源村
甲3,dispute,2026-10-05,2026-10-05,2026-10-20,,未化解,枫源村
甲4,dispute,2026-10-05,2026-10-05,2026-10-20,,受理,枫源村
甲5,dispute,2026-10-05,2026-10-05,2026-10-20,2026-10-09,化解,枫源村
甲6,dispute,2026-10-05,2026-10-05,2026-10-20,2026-10-29,未化解,枫源村
甲7,dispute,2026-10-05,2026-10-05,,,化解,枫源村
"""


@pytest.fixture
def told(town: Database, tmp_path: Path) -> Database:
    file = tmp_path / "台账.csv"
    file.write_text(ROWS, "utf-8")
    done = import_records(town, WHOLE, IMPORT_KINDS["incidents"], file, ImportOptions(), actor=KEEPER)
    assert (done.inserted, done.refused) == (7, 0)
    return town


def test_a_case_that_ended_nobody_knows_when_is_open_in_no_list_figure_form_map_or_export(
    told: Database,
) -> None:
    table = figures.by_grid(told, WHOLE, IncidentQuery(), VILLAGE, now=NOW).total
    assert (table.reported, table.open, table.overdue) == (7, 1, 1)
    glance = {f.name: f for f in figures.glance(told, WHOLE, NOW).figures}
    assert (glance["open"].now, glance["open"].before, glance["overdue"].now) == (1, 1, 1)
    listed = worklists.work_list(told, WHOLE, Wanted("open"), now=NOW)
    assert [row.uid for row in listed.rows] == ["甲4"]
    lists = worklists.totals(told, WHOLE, Wanted(), now=NOW)
    assert (lists["open"], lists["overdue"], lists["to_accept"]) == (1, 1, 1)
    query = IncidentQuery(flags=frozenset({"open"}))
    page = incident_features(told, WHOLE, query, now=NOW)
    assert [f["properties"]["uid"] for f in page["features"]] == ["甲4"]
    assert page["total"] == counts.count_by_grid(told, WHOLE, query, level=VILLAGE, now=NOW)["total"] == 1
    form = official_forms.dispute_form(told, WHOLE, official_forms.asked_for("2026-10"), now=NOW)
    assert (form.total.counts["found"], form.total.counts["open"], form.total.counts["overdue"]) == (7, 1, 1)
    with told.scoped_session(WHOLE) as session:
        assert projects.counted_like(session, "dispute", None, None, 0) == (7, 1)
    every = worklists.work_list(told, WHOLE, Wanted("all"), now=NOW).rows
    marks = {row.uid: urgency(row, NOW) for row in every}
    assert [uid for uid, mark in sorted(marks.items()) if mark != "ended"] == ["甲4"]


def test_what_ended_nobody_knows_when_kept_no_time_broke_none_and_is_in_no_median(told: Database) -> None:
    total = figures.by_grid(told, WHOLE, IncidentQuery(), VILLAGE, now=NOW).total
    # Due: the open one and the two whose end is told; what has no end is in no share of those on time.
    assert (total.due, total.closed_of_due, total.on_time) == (3, 2, 1)
    assert total.median_days == 14.0  # of 4 and 24 days
    table = figures.by_grid(told, WHOLE, IncidentQuery(), VILLAGE, now=NOW, counts=Counts.PERTURBED)
    assert table.counts is Counts.PERTURBED


def test_an_open_case_a_month_back_is_counted_as_it_was_and_an_end_is_not_made_up(told: Database) -> None:
    then = dt.datetime(2026, 10, 7, 4, tzinfo=dt.UTC)
    found = {f.name: f.now for f in figures.glance(told, WHOLE, then).figures}
    # 甲4 is open to this day, 甲5 and 甲6 were open then; of the others nobody knows.
    assert found["open"] == 3
    ahead = figures.glance(told, WHOLE, dt.datetime(2027, 10, 7, 4, tzinfo=dt.UTC)).figures
    means = {f.name: f.month_mean for f in ahead}
    # October by noon: 甲4 on 27 days, 甲5 on 4 (to the 8th), 甲6 on 24 (to the 28th).
    assert means["open"] == pytest.approx((27 + 4 + 24) / 31)


def test_the_cases_behind_each_number_are_those_that_it_counts_also_where_no_end_is_told(
    told: Database,
) -> None:
    total = figures.by_grid(told, WHOLE, IncidentQuery(), TOWN, now=NOW).total
    behind = {
        name: len(worklists.work_list(told, WHOLE, Wanted("all", counted=name, level=TOWN), now=NOW).rows)
        for name in ADDED
    }
    assert behind == {name: getattr(total, name) for name in ADDED}


def test_an_end_without_an_outcome_is_neither_solved_nor_unsolved_in_figures_forms_packs_and_shares(
    told: Database, tmp_path: Path
) -> None:
    steps = tmp_path / "步骤.csv"
    steps.write_text("uid,at,action,outcome\n甲4,2026-10-19,化解,达成协议\n甲5,2026-10-09,化解,\n", "utf-8")
    done = import_records(
        told, WHOLE, IMPORT_KINDS["incident_steps"], steps, ImportOptions(accept_valid=True), actor=KEEPER
    )
    assert (done.inserted, done.refused) == (2, 0)
    # What ended unsolved stays that when it is archived: it has no outcome.
    with told.scoped_session(WHOLE, write=True) as session:
        session.execute(text("update incidents set stage = 'archived' where uid = '甲6' and outcome is null"))
    table = figures.by_grid(told, WHOLE, IncidentQuery(), VILLAGE, now=NOW)
    for one in (table.total, table.rows[0]):
        ended = (one.solved, one.outcome_untold, one.unsolved, one.open)
        assert ended == (1, 4, 2, 0), (
            "of 7: 甲4 by its step; 甲1, 甲2, 甲5 and 甲7 untold; 甲3 and 甲6 unsolved"
        )
        assert one.solved_village + one.solved_area + one.solved_town == 1
        assert one.asked + one.not_asked == 1
    form = official_forms.dispute_form(told, WHOLE, official_forms.asked_for("2026-10"), now=NOW)
    sheet = form.total.counts
    assert (sheet["succeeded"], sheet["untold"], sheet["unsolved"], sheet["open"]) == ended
    assert sheet["in_village"] + sheet["in_area"] + sheet["in_town"] == 1
    assert share(sheet, "succeeded_share") == pytest.approx(1 / 3), "of those whose outcome is told"
    pack = {one.name.en: one.now for one in measures(table.total, table.total)}
    assert [pack[name] for name in ("solved", "closed, outcome not told", "closed without a solution")] == [
        "1",
        "4",
        "2",
    ]
    (drawn,) = shares(table.rows, "solved")
    assert (drawn.part, drawn.whole) == (1, 3)


def test_words_of_a_case_that_ended_nobody_knows_when_expire_after_the_day_that_told_of_it(
    told: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(told, "settings", told.settings.model_copy(update={"case_text_days": 30}))
    today = dt.datetime.now(dt.UTC)
    assert expire_texts(told, KEEPER, now=today + dt.timedelta(days=29), dry_run=True).cases == 2
    assert expire_texts(told, KEEPER, now=today + dt.timedelta(days=31), dry_run=True).cases == 6


def test_whether_a_case_is_open_is_asked_of_one_owner() -> None:
    asked = []
    for path in sorted((Path(gridmap.__file__).parent / "storage").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                said = ast.unparse(node)
                if "closed_at.is_(None)" in said or ".stage.not_in(" in said:
                    asked.append(path.name)
    # Expiry asks for an end that is told or not, once the owner has said that there is one.
    assert set(asked) == {"incidents.py", "expiry.py"}
