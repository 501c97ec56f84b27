"""The sheet of a village: the desk's own numbers, what the village may see and nothing else."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pypdfium2
import pytest
from sqlalchemy import text

from gridmap.domain.accounts import Actor, Role
from gridmap.domain.gridkey import Scope
from gridmap.domain.query import IncidentQuery
from gridmap.errors import Forbidden, InvalidInput, NotFound
from gridmap.services.cases import figures
from gridmap.services.reports.building import list_reports
from gridmap.services.reports.official_forms import asked_for, dispute_form
from gridmap.services.reports.village import village_sheet, write_village_sheet
from gridmap.storage.database import Database

VILLAGE, AREA, TOWN = 33068110901004000, 33068110901000000, 33068110900000000
WHOLE = Scope.whole()
DESK = Actor("镇值班", Role.TOWN_DESK, WHOLE)
NOW = dt.datetime(2026, 11, 2, 9, 0, tzinfo=dt.UTC)
PERIOD = "2026-10"


def test_the_sheet_tells_what_the_town_page_and_the_forms_tell_of_the_village(
    recorded_town: Database, tmp_path: Path
) -> None:
    tables, html = made = village_sheet(recorded_town, DESK, VILLAGE, PERIOD, now=NOW, languages="both")
    month = IncidentQuery(grid=VILLAGE, since=dt.date(2026, 10, 1), until=dt.date(2026, 10, 31))
    total = figures.by_grid(recorded_town, WHOLE, month, 3, now=NOW).total
    assert total.reported > 0
    told = {line.cells[0].en: line.cells[1].zh for line in tables.parts[0].lines}
    assert told["reported"] == f"{total.reported:,}"
    assert told["solved"] == f"{total.solved:,}"
    assert told["of those reported: still open"] == f"{total.open:,}"
    form = dispute_form(recorded_town, WHOLE, asked_for(PERIOD, 3, VILLAGE), now=NOW)
    assert sum(int(line.cells[1].zh) for line in tables.parts[1].lines) == form.total.counts["found"]
    assert tables.place.zh in html
    number = write_village_sheet(recorded_town, DESK, VILLAGE, PERIOD, made, tmp_path / "sheet.pdf")
    [row] = list_reports(recorded_town, WHOLE)
    assert (row["report_id"], row["kind"]) == (number, "village")
    document = pypdfium2.PdfDocument(tmp_path / "sheet.pdf")
    paper = "".join(leaf.get_textpage().get_text_range() for leaf in document)
    assert f"{total.reported:,}" in paper


def test_a_case_to_which_the_committee_is_a_party_is_not_on_its_village_s_sheet(
    recorded_town: Database,
) -> None:
    tables, _ = village_sheet(recorded_town, DESK, VILLAGE, PERIOD, now=NOW)
    late = [line.cells[0].zh for line in tables.parts[2].lines]
    assert late
    with recorded_town.owner_engine() as engine, engine.begin() as connection:
        done = connection.execute(
            text("update incidents set committee_is_party = true where number = :number"), {"number": late[0]}
        )
        assert done.rowcount == 1
    tables, html = village_sheet(recorded_town, DESK, VILLAGE, PERIOD, now=NOW)
    assert late[0] not in html
    assert [line.cells[0].zh for line in tables.parts[2].lines] == late[1:]


def test_a_desk_above_is_named_by_its_level_where_the_village_does_not_see_it(
    recorded_town: Database,
) -> None:
    village = Actor("陈家社区 村级岗", Role.VILLAGE_DESK, Scope.of_grid(VILLAGE))
    tables, html = village_sheet(recorded_town, village, VILLAGE, PERIOD, now=NOW)
    assert tables.parts[2].lines
    assert str(AREA) not in html
    assert str(TOWN) not in html


@pytest.mark.parametrize(
    ("actor", "key", "period", "refused"),
    [
        (Actor("别村", Role.VILLAGE_DESK, Scope.of_grid(33068110901241000)), VILLAGE, PERIOD, NotFound),
        (Actor("警务联络", Role.LIAISON, WHOLE), VILLAGE, PERIOD, Forbidden),
        (Actor("计划岗", Role.PLANNER, WHOLE), VILLAGE, PERIOD, Forbidden),
        (DESK, TOWN, PERIOD, InvalidInput),
        (DESK, VILLAGE, "2026-13", InvalidInput),
    ],
)
def test_who_may_not_or_what_is_no_village_is_refused(
    recorded_town: Database, actor: Actor, key: int, period: str, refused: type[Exception]
) -> None:
    with pytest.raises(refused):
        village_sheet(recorded_town, actor, key, period, now=NOW)
