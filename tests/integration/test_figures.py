"""Figures: sums that are known, the levels that add up, and the same cases behind the number and the list."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from importlib import resources
from zoneinfo import ZoneInfo

import pytest

from gridmap.domain.cases.figures import ADDED, COUNTED, GLANCE_NAMES
from gridmap.domain.cases.worklists import LIST_NAMES, Wanted
from gridmap.domain.gridkey import AREA, TOWN, VILLAGE, Scope, ancestor
from gridmap.domain.query import IncidentQuery
from gridmap.services.cases import figures, worklists
from gridmap.services.cases.shares import SHARE_NAMES, shares
from gridmap.storage.cases import figures as stored_figures
from gridmap.storage.database import Database
from gridmap.storage.models import Incident, IncidentStep
from tests.conftest import MakeDatabase
from tests.doors import client_of

NOW = dt.datetime(2026, 11, 3, 2, 0, tzinfo=dt.UTC)
WHOLE = Scope.whole()
A_VILLAGE = 33068111502001000
DAY = dt.timedelta(days=1)


@pytest.fixture(scope="module")
def bulletin(make_database: MakeDatabase) -> Database:
    """A town whose month has the sums of the published bulletin, and a case that is not due yet."""
    town = make_database("villages")
    known = json.loads(resources.files("gridmap.domain").joinpath("codes.json").read_text("utf-8"))[
        "kpi_fixture"
    ]
    late = known["closed"] - known["on_time"]
    assert (known["due"], known["closed"], known["on_time"]) == (972, 911, 737)
    with town.scoped_session(WHOLE) as session:
        from gridmap.storage.ground import grids

        villages = [int(g["grid_key"]) for g in grids.list_grids(session, level=VILLAGE, geometry=False)]
    with town.scoped_session(WHOLE, write=True) as session:
        for n in range(known["due"] + 1):
            begun = NOW - 30 * DAY + n * dt.timedelta(minutes=20)
            due = begun + 7 * DAY if n < known["due"] else NOW + 5 * DAY
            closed = None
            if n < known["on_time"]:
                closed = begun + 4 * DAY
            elif n < known["closed"]:
                closed = begun + 9 * DAY
            session.add(
                Incident(
                    uid=f"K{n:04d}",
                    domain="dispute",
                    kind="02",
                    occurred_at=begun,
                    reported_at=begun,
                    accepted_at=begun,
                    due_at=due,
                    closed_at=closed,
                    stage="resolved" if closed else "mediating",
                    outcome="agreed" if closed else None,
                    solved_level=3 if closed and n % 10 < 7 else 1,
                    grid_key=villages[n % len(villages)],
                    handler_key=villages[n % len(villages)],
                    placed_by="person",
                    found_by="villager",
                )
            )
    assert late == 174
    return town


def test_the_sums_of_the_bulletin_come_out_as_published(bulletin: Database) -> None:
    found = figures.by_grid(bulletin, WHOLE, IncidentQuery(), TOWN, now=NOW).total
    assert (found.due, found.closed_of_due, found.on_time) == (972, 911, 737)
    assert round(100 * found.closed_of_due / found.due, 2) == 93.72
    assert round(100 * found.on_time / found.due, 2) == 75.82
    assert (found.reported, found.open, found.overdue) == (973, 62, 61)
    assert found.solved == found.solved_village + found.solved_area + found.solved_town == 911
    assert found.median_days == 4.0
    assert found.by_villager == 973


def test_grids_of_every_level_add_up_to_the_same_town(bulletin: Database) -> None:
    by_level = {
        level: figures.by_grid(bulletin, WHOLE, IncidentQuery(), level, now=NOW)
        for level in (TOWN, AREA, VILLAGE)
    }
    assert len(by_level[VILLAGE].rows) == 28
    for name in ADDED:
        assert len({getattr(found.total, name) for found in by_level.values()}) == 1, name
    one = by_level[VILLAGE].rows[0]
    inside = figures.by_grid(bulletin, Scope.of_grid(one.grid_key), IncidentQuery(), VILLAGE, now=NOW)
    assert inside.rows == (one,)


def test_a_share_of_few_has_a_wide_interval_and_none_of_nothing() -> None:
    low, high = figures.interval(7, 10) or (0, 0)
    assert (round(low, 3), round(high, 3)) == (0.397, 0.892)  # Wilson's formula by hand
    narrow = figures.interval(700, 1000) or (0, 0)
    assert narrow[1] - narrow[0] < (high - low) / 5
    assert figures.interval(0, 0) is None


def test_every_figure_counts_the_cases_of_its_list(bulletin: Database) -> None:
    glance = {f.name: f for f in figures.glance(bulletin, WHOLE, NOW).figures}
    counts = worklists.totals(bulletin, WHOLE, Wanted(), now=NOW)
    assert [glance[n].now for n in ("open", "due_today", "overdue")] == [
        counts[n] for n in ("open", "due_today", "overdue")
    ]
    for name in LIST_NAMES:
        found = worklists.work_list(bulletin, WHOLE, Wanted(name), limit=2000, now=NOW)
        assert found.total == counts[name] == len(found.rows), name
    grid = ancestor(
        worklists.work_list(bulletin, WHOLE, Wanted(), limit=1, now=NOW).rows[0].grid_key, VILLAGE
    )
    row = next(
        r
        for r in figures.by_grid(bulletin, WHOLE, IncidentQuery(), VILLAGE, now=NOW).rows
        if r.grid_key == grid
    )
    narrowed = worklists.totals(bulletin, WHOLE, Wanted(query=IncidentQuery(grid=grid)), now=NOW)
    assert (narrowed["all"], narrowed["open"], narrowed["overdue"]) == (row.reported, row.open, row.overdue)
    # A day before, the figure was what the list would have shown then.
    then = worklists.totals(bulletin, WHOLE, Wanted(), now=NOW - DAY)
    assert glance["overdue"].before == then["overdue"]


def test_every_number_of_the_table_counts_exactly_the_cases_of_its_list(bulletin: Database) -> None:
    month = IncidentQuery(since=NOW.date() - 20 * DAY, until=NOW.date() - 10 * DAY, domains=("dispute",))
    tried = 0
    for query, level, whole in ((month, VILLAGE, True), (month, AREA, False), (IncidentQuery(), 4, False)):
        table = figures.by_grid(bulletin, WHOLE, query, level, now=NOW)
        row = table.total if whole else table.rows[-1]
        asked = query if whole else replace(query, grid=row.grid_key)
        for name in COUNTED:
            wanted = Wanted("all", asked, counted=name, level=level)
            found = worklists.work_list(bulletin, WHOLE, wanted, limit=1, now=NOW)
            assert found.total + found.held_back == getattr(row, name), (level, row.grid_key, name)
            tried += bool(found.total)
    assert tried > 20


def test_the_longest_overdue_leads_and_what_was_touched_is_not_taken_up_again(bulletin: Database) -> None:
    found = worklists.work_list(bulletin, WHOLE, Wanted("overdue"), limit=100, now=NOW)
    dues = [row.due_at for row in found.rows]
    assert len(dues) == 61
    assert dues == sorted(dues)
    with bulletin.scoped_session(WHOLE, write=True) as session:
        waiting = Incident(
            uid="W1",
            domain="land",
            occurred_at=NOW,
            stage="accepted",
            grid_key=0,
            handler_key=0,
            placed_by="person",
        )
        session.add(waiting)
        session.flush()
        number = waiting.incident_id
    assert worklists.totals(bulletin, WHOLE, Wanted(), now=NOW)["to_accept"] == 1
    with bulletin.scoped_session(WHOLE, write=True) as session:
        session.add(IncidentStep(incident_id=number, at=NOW, action="handle", told_by="desk"))
    assert worklists.totals(bulletin, WHOLE, Wanted(), now=NOW)["to_accept"] == 0


@pytest.mark.parametrize(
    "now", [dt.datetime(2026, 11, 20, 2, 30, tzinfo=dt.UTC), dt.datetime(2027, 3, 5, 15, 0, tzinfo=dt.UTC)]
)
def test_the_same_month_a_year_before_is_the_mean_of_its_days(
    demo_database: Database, now: dt.datetime
) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    here = now.astimezone(zone)
    first = here.replace(year=here.year - 1, day=1)
    days = [first + dt.timedelta(days=n) for n in range(31)]
    days = [day for day in days if day.month == first.month]
    with demo_database.scoped_session(Scope.whole()) as session:
        told = stored_figures.month_means(session, first, len(days), zone.key)
        each = [moment.counts for moment in stored_figures.at_moments(session, days, zone.key)]
    for name in GLANCE_NAMES:
        assert told[name] == pytest.approx(sum(one[name] for one in each) / len(days)), name
    assert told["open"] > 0
    shown = {f.name: f.month_mean for f in figures.glance(demo_database, Scope.whole(), now).figures}
    assert shown == told


def test_of_a_time_before_the_oldest_record_nothing_is_known(demo_database: Database) -> None:
    with demo_database.scoped_session(Scope.whole()) as session:
        oldest = stored_figures.earliest(session)
    assert oldest is not None
    glance = figures.glance(demo_database, Scope.whole(), oldest + dt.timedelta(days=30))
    assert glance.knows(oldest)
    assert not glance.knows(oldest - dt.timedelta(seconds=1))


def test_a_town_without_records_says_of_no_time_before_that_there_was_nothing(town: Database) -> None:
    client = client_of(town)
    for path, told in (("/town", "去年同期尚无记录"), ("/wall", "")):
        page = client.get(f"{path}?lang=zh", headers={"Accept": "text/html"}).text
        assert ("昨日尚无记录" in page, told in page) == (True, True), path
        assert "昨日此时" not in page, path
        assert "去年今日" not in page, path


def test_the_town_says_that_nothing_is_known_of_a_year_before_its_records(demo_database: Database) -> None:
    page = client_of(demo_database).get("/town", headers={"Accept": "text/html"})
    with demo_database.scoped_session(Scope.whole()) as session:
        oldest = stored_figures.earliest(session)
    assert oldest is not None
    is_known = oldest <= dt.datetime.now(dt.UTC) - dt.timedelta(days=365)
    assert ("去年同期尚无记录" in page.text) is not is_known
    assert ("去年今日" in page.text) is is_known


def test_shares_of_few_cases_are_drawn_towards_that_of_all_grids_and_many_stay(
    demo_database: Database,
) -> None:
    rows = figures.by_grid(demo_database, Scope.whole(), IncidentQuery(), 4).rows
    for name in SHARE_NAMES:
        found = shares(rows, name)
        # The older edition of the town tells no outcomes, so nothing of it is solved.
        assert found or name in {"satisfied", "solved", "in-village"}
        together = sum(s.part for s in found) / max(sum(s.whole for s in found), 1)
        assert all(0 <= s.low <= s.drawn <= s.high <= 1 and 0 <= s.part <= s.whole for s in found)
        # Between the grid's own share and that of all: a grid of nothing but late cases is not told 0 %.
        for s in found:
            low, high = sorted((s.part / s.whole, together))
            assert low - 1e-9 <= s.drawn <= high + 1e-9
    assert shares([], "on-time") == ()
