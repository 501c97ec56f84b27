"""The pack of the joint meeting: its numbers are the desk's, and decisions come back with what became of them."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import pypdfium2
import pytest
from sqlalchemy import text

from gridmap.domain.accounts import Actor, Role
from gridmap.domain.gridkey import Scope
from gridmap.domain.query import IncidentQuery
from gridmap.errors import Forbidden, InvalidInput
from gridmap.reporting.meeting import MeetingPack
from gridmap.services.cases import figures, tasks
from gridmap.services.hotspots.runs import run_hotspots
from gridmap.services.hotspots.spec import HotspotSpec
from gridmap.services.reports.building import list_reports
from gridmap.services.reports.meeting import meeting_pack, write_meeting_pack
from gridmap.storage.database import Database
from gridmap.storage.reports.meeting import Passing, first_passed_up
from tests.doors import new_word
from tests.towns import environment_of
from tests.warm import GRIDMAP, run

WHOLE = Scope.whole()
DESK = Actor("镇值班", Role.TOWN_DESK, WHOLE)
PERIOD = "2026-10"
NOW = dt.datetime(2026, 11, 2, 9, 0, tzinfo=dt.UTC)
VILLAGE = 33068110901001000


def pack_of(database: Database, now: dt.datetime = NOW) -> MeetingPack:
    return meeting_pack(database, DESK, PERIOD, now=now).pack


def test_the_pack_tells_what_the_desk_tells_and_what_became_of_decisions(
    recorded_town: Database, tmp_path: Path
) -> None:
    told = pack_of(recorded_town)
    month = IncidentQuery(since=dt.date(2026, 10, 1), until=dt.date(2026, 10, 31))
    total = figures.by_grid(recorded_town, WHOLE, month, 1, now=NOW).total
    assert total.reported > 0
    shown = {measure.name.en: measure.now for measure in told.measures}
    assert shown["reported"] == f"{total.reported:,}"
    assert shown["of those reported: still open"] == f"{total.open:,}"
    assert shown["of these in the village"] == f"{total.solved_village:,}"
    september = IncidentQuery(since=dt.date(2026, 9, 1), until=dt.date(2026, 9, 30))
    then = figures.by_grid(recorded_town, WHOLE, september, 1, now=NOW).total
    assert told.measures[0].before == f"{then.reported:,}"

    _, passed, repeats, _, decisions = told.parts
    with recorded_town.scoped_session(WHOLE) as session:
        up = session.scalar(
            text(
                "SELECT count(*) FROM (SELECT min(s.at) AS at FROM incident_steps s "
                "JOIN incidents i USING (incident_id) WHERE s.action = 'transfer' AND s.undone_at IS NULL AND "
                "s.to_grid_key % 1000000 = 0 AND i.grid_key % 1000000 <> 0 GROUP BY s.incident_id) AS first "
                "WHERE at >= '2026-10-01 00:00+08' AND at < '2026-11-01 00:00+08'"
            )
        )
    assert up
    assert sum(int(line.cells[-1].zh) for line in passed.lines) == up
    assert all(int(line.cells[-1].zh) >= 5 for line in repeats.lines)
    assert decisions.lines == ()

    what = new_word()
    task = tasks.make(recorded_town, DESK, "decision", VILLAGE, dt.date(2026, 10, 20), what)
    [line] = pack_of(recorded_town).parts[4].lines
    assert (line.cells[0].zh, line.cells[3].en) == (what, "13 days late")
    tasks.finish(recorded_town, DESK, task.task_id, "已办结", now=NOW)
    [line] = pack_of(recorded_town).parts[4].lines
    assert line.cells[3].zh == "已办：已办结"

    made = meeting_pack(recorded_town, DESK, PERIOD, now=NOW)
    out = tmp_path / "pack.pdf"
    number = write_meeting_pack(recorded_town, DESK, PERIOD, out, made)
    [row] = list_reports(recorded_town, WHOLE)
    assert (row["report_id"], row["kind"]) == (number, "meeting")
    assert row["file_sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    held = pypdfium2.PdfDocument(out)
    said = "".join("".join(held[n].get_textpage().get_text_bounded().split()) for n in range(len(held)))
    assert "联席会议材料" in said
    assert what in said
    assert "仅供到会人员" in said
    with pytest.raises(InvalidInput):
        write_meeting_pack(recorded_town, DESK, PERIOD, tmp_path / "pack.docx", made)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["pack.pdf"]


def test_a_case_is_passed_up_once_and_never_by_whoever_hands_it_down() -> None:
    area, town, beside = VILLAGE // 10**6 * 10**6, VILLAGE // 10**8 * 10**8, (VILLAGE // 10**6 + 1) * 10**6

    def first(*moves: tuple[str, int | None]) -> int | None:
        steps = [
            Passing(1, VILLAGE + 7, action, to, None, NOW + dt.timedelta(hours=n))
            for n, (action, to) in enumerate(moves)
        ]
        found = first_passed_up(steps)
        return None if found is None else steps.index(found)

    assert first(("transfer", area), ("transfer", town)) == 0
    assert first(("transfer", town)) == 0
    assert first(("transfer", VILLAGE + 1000), ("transfer", area)) == 1
    assert first(("route", town), ("transfer", area), ("transfer", VILLAGE)) is None
    assert first(("accept", town), ("transfer", area)) is None
    assert first(("route", town), ("return", None), ("transfer", area)) == 2
    assert first(("transfer", beside)) is None


def test_no_decision_drops_out_behind_many_old_ones(recorded_town: Database) -> None:
    what = new_word()
    tasks.make(recorded_town, DESK, "decision", VILLAGE, dt.date(2026, 10, 20), what)
    with recorded_town.scoped_session(WHOLE, write=True) as session:
        for done, text_ in (("2020-02-01", "旧"), ("2026-10-05", "新")):
            session.execute(
                text(
                    "INSERT INTO tasks (kind, grid_key, due_on, text, made_by, done_at, done_by, result, details)"
                    " SELECT 'decision', :grid, '2020-01-01', :text, '镇值班', cast(:done AS timestamptz), '镇值班',"
                    " '已办', '{}' FROM generate_series(1, 501)"
                ),
                {"grid": VILLAGE, "text": text_, "done": done},
            )
    told = pack_of(recorded_town)
    assert told.parts[4].note is not None
    assert "502" in told.parts[4].note.en
    assert told.agenda[0].en == "decisions of last time: 1 not done yet"


def test_places_are_those_of_the_newest_run_of_whichever_method(recorded_town: Database) -> None:
    asked = HotspotSpec("gi", dt.date(2026, 8, 1), dt.date(2026, 10, 31), level=3)
    run_hotspots(recorded_town, WHOLE, asked)
    with recorded_town.scoped_session(WHOLE, write=True) as session:
        session.execute(text("CREATE TEMP TABLE older ON COMMIT DROP AS SELECT * FROM hotspot_runs"))
        session.execute(
            text("UPDATE older SET run_id = run_id + 1000, method = 'emerging', created_at = '2020-01-01'")
        )
        session.execute(text("INSERT INTO hotspot_runs SELECT * FROM older"))
    said = pack_of(recorded_town).parts[3].note
    assert said is not None
    assert "hotspots by Gi* by count" in said.en


def test_places_that_emerge_or_stay_are_told_by_their_class_and_by_what_they_were_compared(
    recorded_town: Database,
) -> None:
    asked = HotspotSpec(
        "emerging", dt.date(2026, 1, 1), dt.date(2026, 10, 31), level=3, by="count", permutations=0
    )
    run = run_hotspots(recorded_town, WHOLE, asked)
    part = pack_of(recorded_town).parts[3]
    stay = [f for f in run.findings if f.label.endswith("_hot") and not f.label.startswith(("spor", "hist"))]
    assert stay
    assert len(stay) < sum(f.label.endswith("_hot") for f in run.findings)
    assert [line.cells[0].zh for line in part.lines] == [f.evidence["name_zh"] for f in stay]
    assert all("热点；接报" in line.cells[1].zh and "最后一个时段" in line.cells[1].zh for line in part.lines)
    assert part.note is not None
    assert "新兴热点（按件数：人多或事多）" in part.note.zh


def test_a_pack_by_a_template_that_runs_on_ends_in_the_command_with_its_name_and_nothing_written(
    recorded_town: Database, tmp_path: Path
) -> None:
    folder = recorded_town.settings.home / "templates"
    folder.mkdir()
    (folder / "meeting.html.j2").write_text(
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", "utf-8"
    )
    argv = [*GRIDMAP, "reports", "meeting", "--period", PERIOD, "--out", str(tmp_path / "pack.html")]
    done = run(argv, env=environment_of(recorded_town), timeout=300)
    assert done.returncode == 1
    assert "meeting.html.j2" in done.stderr
    assert "停不下来的循环" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("role", [Role.LIAISON, Role.PLANNER])
def test_a_post_that_is_told_perturbed_numbers_or_sees_no_case_gets_no_pack(
    recorded_town: Database, role: Role
) -> None:
    with pytest.raises(Forbidden):
        meeting_pack(recorded_town, Actor("岗", role, WHOLE), PERIOD)
