"""What leaves the house: the same cell shows the same number by every route, and no attack tells small counts."""

from __future__ import annotations

import datetime as dt
import io
import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import shapely
from sqlalchemy import text

from gridmap.domain.accounts import Actor, Role
from gridmap.domain.gridkey import Scope
from gridmap.domain.hotspots import KeptRun
from gridmap.domain.protection import BOUND, LEAST_TOLD, Counts
from gridmap.domain.query import IncidentQuery
from gridmap.errors import GridmapError
from gridmap.services.cases import counts, figures, incidents
from gridmap.services.cases.overview import workspace_info
from gridmap.services.hotspots.runs import delete_run, run_hotspots
from gridmap.services.hotspots.spec import HotspotSpec
from gridmap.storage.cases.protected import cell_keys
from gridmap.storage.database import Database
from tests.attack import attack, drawn_pairs
from tests.attacked import asked_of, attacker_of, published
from tests.doors import client_of

WHOLE = Scope.whole()
MOST_RAISE = 0.1
PAIRS = 60


def test_keys_of_many_cells_are_those_of_each(demo_database: Database) -> None:
    sums = [0, 1, -7, 2**32, 2**62 + 5, -(2**61), 12345]
    kinds = ["0/all//year", "3/domain/2026", "0/all//year", "ä'{},\"", "x", "3/domain/2026", "x"]
    with demo_database.scoped_session(WHOLE) as session:
        alone = [
            session.scalar(text("select gridmap.cell_key(:s, :k)"), {"s": s, "k": k})
            for s, k in zip(sums, kinds, strict=True)
        ]
        assert cell_keys(session, sums, kinds).tolist() == alone
        assert cell_keys(session, [], []).tolist() == []


@pytest.fixture(scope="module")
def year(demo_database: Database) -> int:
    period = workspace_info(demo_database, WHOLE).period
    assert period is not None
    return int(period["to"][:4])


def test_the_same_cell_shows_the_same_number_by_every_route(demo_database: Database, year: int) -> None:
    compared = 0
    quarters = [(dt.date(year, m, 1), dt.date(year, m + 2, 31 if m in {1, 10} else 30)) for m in (1, 10)]
    year_whole = (dt.date(year, 1, 1), dt.date(year, 12, 31))
    for level, (since, until) in [*((2, period) for period in (*quarters, year_whole)), (3, year_whole)]:
        for domains in ((), ("dispute",)):
            query = IncidentQuery(since=since, until=until, domains=domains)
            shaded = counts.count_by_grid(demo_database, WHOLE, query, level=level, counts=Counts.PERTURBED)
            assert (shaded["class"], shaded["additive"]) == ("perturbed", False)
            table = figures.by_grid(demo_database, WHOLE, query, level, counts=Counts.PERTURBED)
            rows = {str(r.grid_key): r.reported for r in table.rows if "reported" not in r.untold}
            rows.pop("0", None)
            assert rows == shaded["counts"]
            in_all = None if "reported" in table.total.untold else table.total.reported
            assert in_all == shaded["total"]
            for key, number in list(shaded["counts"].items())[:3]:
                within = IncidentQuery(int(key), since, until, domains)
                story = counts.grid_summary(demo_database, WHOLE, within, counts=Counts.PERTURBED)
                assert story["incidents"]["total"] == number
                alone = counts.count_by_grid(
                    demo_database, WHOLE, within, level=level, counts=Counts.PERTURBED
                )
                assert alone["counts"] == {key: number}
                assert alone["total"] == number
                compared += 1
    assert compared > 8


def test_what_is_never_told_of_so_fine_a_cell_is_not_said_to_be_small(
    demo_database: Database, year: int
) -> None:
    liaison = client_of(demo_database, Role.LIAISON)
    small, fine = f">&lt; {LEAST_TOLD}<", "How cases stand is not told of so fine a cell"
    for level, states_of_rows in ((3, False), (2, True), (1, True)):
        page = liaison.get(f"/town?level={level}&period=all&lang=en").text
        cells = re.findall(
            r'data-grid="(\d*)".*?<td class="n" data-c="open">(.*?)</td>\s*<td class="n" data-c="overdue">(.*?)</td>',
            page,
            re.DOTALL,
        )
        assert len(cells) > 1
        for grid, *told in cells:
            known = states_of_rows or not grid
            assert [fine in cell for cell in told] == [not known] * 2
            assert known or not any(small in cell for cell in told)
    june = IncidentQuery(since=dt.date(year, 6, 1), until=dt.date(year, 6, 30))
    month = figures.by_grid(demo_database, WHOLE, june, 1, counts=Counts.PERTURBED)
    assert month.total.reported > 0
    assert {"open", "solved", "on_time"} <= month.total.too_fine
    assert "reported" not in month.total.too_fine
    # A village has more cases that were due and closed than would be told.
    whole = IncidentQuery(since=dt.date(year, 1, 1), until=dt.date(year, 12, 31))
    true = figures.by_grid(demo_database, WHOLE, whole, 3)
    told = figures.by_grid(demo_database, WHOLE, whole, 3, counts=Counts.PERTURBED)
    assert max(row.closed_of_due for row in true.rows) > LEAST_TOLD + BOUND
    assert all("closed_of_due" in row.too_fine and row.closed_of_due == 0 for row in told.rows)
    assert not told.total.too_fine
    assert told.total.closed_of_due > 0


def test_a_day_more_or_less_changes_nothing(demo_database: Database, year: int) -> None:
    def numbers(since: dt.date, until: dt.date) -> dict[str, object]:
        query = IncidentQuery(since=since, until=until)
        told = counts.count_by_grid(demo_database, WHOLE, query, level=1, counts=Counts.PERTURBED)
        days = incidents.timeline(demo_database, WHOLE, query, counts=Counts.PERTURBED)
        return {"counts": told["counts"], "total": told["total"], "points": days["points"]}

    first = numbers(dt.date(year, 2, 3), dt.date(year, 6, 20))
    assert first["counts"]
    for since, until in ((3, 19), (4, 20), (2, 21), (28, 1)):
        assert numbers(dt.date(year, 2, since), dt.date(year, 6, until)) == first


def test_a_month_of_areas_or_of_a_domain_is_answered_by_the_quarter_or_year_that_holds_it(
    demo_database: Database, year: int
) -> None:
    june = IncidentQuery(since=dt.date(year, 6, 1), until=dt.date(year, 6, 30))
    liaison = client_of(demo_database, Role.LIAISON)
    for level, domain, since, until in (
        (2, "", (4, 1), (6, 30)),
        (3, "", (1, 1), (12, 31)),
        (1, "dispute", (1, 1), (12, 31)),
    ):
        wide = IncidentQuery(
            since=dt.date(year, *since), until=dt.date(year, *until), domains=(domain,) if domain else ()
        )
        asked = replace(june, domains=wide.domains)
        told, whole = (
            counts.count_by_grid(demo_database, WHOLE, one, level=level, counts=Counts.PERTURBED)
            for one in (asked, wide)
        )
        assert told["counts"]
        assert (told["from"], told["to"]) == (wide.since.isoformat(), wide.until.isoformat())
        assert {k: told[k] for k in ("counts", "total", "unassigned", "outside")} == {
            k: whole[k] for k in ("counts", "total", "unassigned", "outside")
        }
        table = figures.by_grid(demo_database, WHOLE, asked, level, counts=Counts.PERTURBED)
        assert (table.query.since, table.query.until) == (wide.since, wide.until)
        answer = liaison.get(
            f"/api/v1/counts?level={level}&from={year}-06-01&to={year}-06-30&domain={domain}"
        )
        assert (answer.get_json()["from"], answer.get_json()["to"]) == (told["from"], told["to"])


def test_numbers_are_near_the_true_ones_and_never_small(demo_database: Database, year: int) -> None:
    query = IncidentQuery(since=dt.date(year, 1, 1), until=dt.date(year, 12, 31))
    true = counts.count_by_grid(demo_database, WHOLE, query, level=3)["counts"]
    told = counts.count_by_grid(demo_database, WHOLE, query, level=3, counts=Counts.PERTURBED)["counts"]
    away = np.array([told[key] - true[key] for key in told])
    assert (np.abs(away) <= BOUND).all()
    assert (away != 0).any()
    assert min(told.values()) >= LEAST_TOLD


def test_the_application_cannot_read_the_secret(demo_database: Database) -> None:
    with pytest.raises(GridmapError), demo_database.scoped_session(WHOLE) as session:
        session.execute(text("select secret from gridmap.cell_key_secret")).all()


@pytest.mark.parametrize(
    ("role", "told"), [(Role.TOWN_DESK, "true"), (Role.LIAISON, "perturbed"), (Role.SUPERVISOR, "perturbed")]
)
def test_a_role_is_told_its_class_and_no_record_key(demo_database: Database, role: Role, told: str) -> None:
    client = client_of(demo_database, role)
    for address in ("counts?level=3", "counts?level=1&domain=dispute", "timeline"):
        answer = client.get(f"/api/v1/{address}").get_json()
        assert answer["class"] == told
    if told == "true":
        assert "record_key" not in client.get("/api/v1/incidents?limit=5").text
    assert (client.get("/api/v1/counts?q=a").status_code == 200) == (told == "true")
    page = client.get("/town").text
    assert ('data-class="perturbed"' in page) == (told == "perturbed")


def test_no_attack_raises_the_chance_of_a_small_count(demo_database: Database) -> None:
    """Every number of a year by place, time and domain, beside base rates; the bench draws 2,000 pairs.

    Keys are drawn anew in every workspace; docs/privacy.md has the figures of the longer form.
    """
    found = published(demo_database, asked_of(demo_database, kinds=False))
    pairs = drawn_pairs(found, ("within", "period", "matter"), PAIRS, np.random.default_rng(13))
    raised = attack(attacker_of(found), pairs)
    assert set(raised) == {"within", "period", "matter"}
    every = np.concatenate([*raised.values()])
    assert every.max() <= MOST_RAISE


def test_without_perturbation_the_attack_succeeds(demo_database: Database) -> None:
    found = published(demo_database, asked_of(demo_database, kinds=False), off=True)
    pairs = drawn_pairs(found, ("within", "period", "matter"), 24, np.random.default_rng(13))
    raised = attack(attacker_of(found, off=True), pairs)
    assert max(float(values.max()) for values in raised.values()) > 5 * MOST_RAISE


def test_runs_a_day_apart_are_not_subtracted_outside_the_house(demo_database: Database) -> None:
    """The true runs of three days in a row give single disputes to whoever subtracts them; only one has a twin."""
    ends = [dt.date(2026, 9, 29), dt.date(2026, 9, 30), dt.date(2026, 10, 1)]
    made = []
    try:
        for end in ends:
            spec = HotspotSpec("gi", dt.date(2026, 5, 1), end, level=4, domain="dispute", seed=1)
            made.append(run_hotspots(demo_database, WHOLE, spec))
        told_apart = [
            abs(count - other)
            for first, second in pairwise(made)
            for outline, count in outlines(first).items()
            if (other := outlines(second).get(outline, count)) != count
        ]
        assert 0 < min(told_apart) < 5
        liaison = client_of(demo_database, Role.LIAISON)
        listed = {run["run_id"] for run in liaison.get("/api/v1/hotspot-runs").get_json()["runs"]}
        for run, end in zip(made, ends, strict=True):
            of_whole_months = end.day == 30
            address = f"/api/v1/hotspot-runs/{run.run_id}"
            assert (run.run_id in listed) == of_whole_months
            for way in (address, f"{address}/export?format=csv"):
                assert liaison.get(way).status_code == (200 if of_whole_months else 409)
        told = liaison.get(f"/api/v1/hotspot-runs/{made[1].run_id}").get_json()
        assert all(f["properties"]["observed"] >= LEAST_TOLD for f in told["features"])
        # Inside, and on record, the same runs are true ones; a file for others is not.
        desk = client_of(demo_database, Role.TOWN_DESK)
        for run in made:
            file = desk.get(f"/api/v1/hotspot-runs/{run.run_id}/export?format=csv")
            told_true = pd.read_csv(io.BytesIO(file.data), dtype={"counts": str})
            assert set(told_true["counts"]) == {"true"}
            assert told_true["observed"].tolist() == [f.evidence["observed"] for f in run.findings]
            given = desk.get(f"/api/v1/hotspot-runs/{run.run_id}/export?format=csv&for_others=true")
            assert given.status_code == (200 if run is made[1] else 409)
        spec = HotspotSpec("gi", dt.date(2026, 1, 1), dt.date(2026, 12, 31), level=3, seed=1)
        made.append(run_hotspots(demo_database, WHOLE, spec))
        address = f"/api/v1/hotspot-runs/{made[-1].run_id}"
        about = [f["properties"] for f in liaison.get(address).get_json()["features"]]
        assert about
        assert min(feature["observed"] for feature in about) >= LEAST_TOLD
        assert {feature["z"] for feature in about} == {None}
        given = pd.read_csv(io.BytesIO(desk.get(f"{address}/export?format=csv&for_others=true").data))
        assert given["observed"].tolist() == [feature["observed"] for feature in about]
        assert set(given["counts"]) == {"perturbed"}
        assert given["hint_zh"].str.contains("扰动").all()
    finally:
        for run in made:
            delete_run(demo_database, Actor.at_the_machine(), run.run_id)


def outlines(run: KeptRun) -> dict[bytes, int]:
    return {shapely.to_wkb(f.geometry): f.evidence["observed"] for f in run.findings}


def test_a_day_of_micro_grids_and_family_disputes_stay_inside(demo_database: Database) -> None:
    day = "counts?level=4&from=2026-10-01&to=2026-10-01&domain=dispute"
    liaison = client_of(demo_database, Role.LIAISON)
    told = liaison.get(f"/api/v1/{day}").get_json()
    assert (told["class"], told["from"], told["to"]) == ("perturbed", "2026-09-28", "2026-10-04")
    assert told["counts"] == {}
    assert told["sealed"] is None
    assert told["total"] is None or told["total"] >= LEAST_TOLD
    assert liaison.get("/api/v1/incidents?domain=dispute&kind=01").status_code == 403
    desk = client_of(demo_database, Role.TOWN_DESK)
    true = desk.get(f"/api/v1/{day}").get_json()
    assert (true["class"], true["from"], true["to"]) == ("true", "2026-10-01", "2026-10-01")
    assert 0 < min(true["counts"].values()) < 5
    family = desk.get("/api/v1/incidents?domain=dispute&kind=01").get_json()
    assert family["features"] == []
    assert family["sealed"] == family["total"] > 0
    # In the perturbed class they are in the sums by the village, whoever asks.
    query = IncidentQuery(since=dt.date(2026, 1, 1), until=dt.date(2026, 12, 31), domains=("dispute",))
    with_them = counts.count_by_grid(demo_database, WHOLE, query, level=1, counts=Counts.PERTURBED)
    opening = counts.count_by_grid(
        demo_database, replace(WHOLE, opens=-1), query, level=1, counts=Counts.PERTURBED
    )
    assert with_them["total"] == opening["total"]
    assert (
        abs(with_them["total"] - counts.count_by_grid(demo_database, WHOLE, query, level=1)["total"]) <= BOUND
    )
