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
from gridmap.services.reports.building import list_reports
from gridmap.services.reports.meeting import meeting_pack, write_meeting_pack
from gridmap.storage.database import Database
from tests.doors import new_word

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
    assert shown["still open"] == f"{total.open:,}"
    assert shown["of these in the village"] == f"{total.solved_village:,}"
    september = IncidentQuery(since=dt.date(2026, 9, 1), until=dt.date(2026, 9, 30))
    then = figures.by_grid(recorded_town, WHOLE, september, 1, now=NOW).total
    assert told.measures[0].before == f"{then.reported:,}"

    _, passed, repeats, _, decisions = told.parts
    with recorded_town.scoped_session(WHOLE) as session:
        up = session.scalar(
            text(
                "SELECT count(DISTINCT (s.incident_id, coalesce(s.ground, 'untold'))) FROM incident_steps s "
                "JOIN incidents i USING (incident_id) WHERE s.action = 'transfer' AND s.undone_at IS NULL AND "
                "s.to_grid_key % 1000000 = 0 AND i.grid_key <> 0 AND s.at >= '2026-10-01 00:00+08' "
                "AND s.at < '2026-11-01 00:00+08'"
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


def test_a_post_that_is_told_perturbed_numbers_gets_no_pack(recorded_town: Database) -> None:
    with pytest.raises(Forbidden):
        meeting_pack(recorded_town, Actor("联络", Role.LIAISON, WHOLE), PERIOD)
