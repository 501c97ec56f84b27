"""Services within reach: medians of people's shortest ways, hours of the directory, who could open longer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from sqlalchemy import text

from gridmap.domain.accounts import Actor, Role
from gridmap.domain.cases.directory import may_take, served, week_of
from gridmap.domain.gridkey import VILLAGE, Scope, ancestor
from gridmap.errors import Forbidden, InvalidInput
from gridmap.services.cases import bodies
from gridmap.services.ground.households import inhabited
from gridmap.services.ground.roads import load_roads
from gridmap.services.reports.building import list_reports
from gridmap.services.reports.service_report import service_report, write_service_report
from gridmap.services.response.access import MOMENTS, PEOPLE, SERVICES, service_access
from gridmap.services.response.coverage import in_metres
from gridmap.storage.database import Database
from tests.conftest import MakeDatabase

WHOLE = Scope.whole()
DESK = Actor("镇值班", Role.TOWN_DESK, WHOLE)


@pytest.fixture(scope="module")
def town(make_database: MakeDatabase) -> Database:
    return make_database("demo")


def test_a_village_s_minutes_are_the_median_of_its_people_s_shortest_ways(town: Database) -> None:
    found = service_access(town, WHOLE, mode="bike")
    weekday, at = MOMENTS["evening"]
    rows, _ = inhabited(town, WHOLE)
    roads = load_roads(town, WHOLE)
    router = roads.router("bike")
    own = [
        b
        for b in bodies.directory(town)
        if b["lon"] is not None
        and may_take(b, "dispute", None, 0)
        and any(a <= at < z for a, z in week_of(b["hours"], b["opens"]).get(weekday, ()))
    ]
    assert own
    village = found.villages[0]
    inside = [r for r in rows if ancestor(int(r["grid_key"]), VILLAGE) == village.grid_key]
    ways = []
    for row in inside:
        begin = router.snap(in_metres(roads, [row["label_lon"]], [row["label_lat"]]))
        best = np.inf
        for body in own:
            if int(row["grid_key"]) not in served(body):
                continue
            end = router.snap(in_metres(roads, [body["lon"] or 0.0], [body["lat"] or 0.0]))
            best = min(best, float(router.cost_matrix(begin, end)[0, 0]))
        ways += [best / 60.0] * int(row["population"] or 0)
    told = village.minutes["mediation", "residents", "evening"]
    assert told is not None
    assert np.sort(ways)[(len(ways) - 1) // 2] == pytest.approx(told, abs=1e-6)
    assert len(ways) == village.people["residents"]


def test_the_farthest_village_comes_first_and_more_open_bodies_are_never_farther(town: Database) -> None:
    found = service_access(town, WHOLE)
    farness = [sum(v.minutes["mediation", "residents", m] or 240.0 for m in MOMENTS) for v in found.villages]
    assert farness == sorted(farness, reverse=True)
    assert len(found.villages) == 28
    shut = min(MOMENTS, key=lambda m: found.bodies["mediation", m])
    full = max(MOMENTS, key=lambda m: found.bodies["mediation", m])
    assert found.bodies["mediation", shut] < found.bodies["mediation", full]
    few, many = (found.town["mediation", "residents", m] for m in (shut, full))
    assert few is not None
    assert many is not None
    assert many <= few


def test_a_body_that_opens_longer_saves_what_the_report_said(own_town: Database) -> None:
    before = service_access(own_town, WHOLE)
    advice = next(one for one in before.open_longer if one.moment == "evening" and one.service == "mediation")
    week = {str(day): [["08:00", "21:00"]] for day in range(1, 8)}
    bodies.change(own_town, DESK, advice.code, hours=week)
    after = service_access(own_town, WHOLE)
    assert after.bodies["mediation", "evening"] == before.bodies["mediation", "evening"] + 1
    assert advice.code not in {o.code for o in after.open_longer if o.moment == "evening"}
    nearer = [
        then.minutes[key] is not None and (now is None or (then.minutes[key] or 0) <= now + 1e-9)
        for then, village in zip(
            sorted(after.villages, key=lambda v: v.grid_key),
            sorted(before.villages, key=lambda v: v.grid_key),
            strict=True,
        )
        for key, now in village.minutes.items()
        if key[0] == "mediation" and village.people[key[1]] and now is not None
    ]
    assert nearer
    assert all(nearer)
    assert advice.people > 0
    assert advice.minutes_saved > 0


@pytest.fixture
def own_town(make_database: MakeDatabase) -> Database:
    """A town of a test's own: its directory is changed."""
    return make_database("demo")


def test_the_document_says_its_numbers_on_paper_and_is_registered(town: Database, tmp_path: Path) -> None:
    made = service_report(town, DESK, languages="both")
    out = tmp_path / "services.pdf"
    number = write_service_report(town, DESK, made, out)
    kept = {row["report_id"]: row["kind"] for row in list_reports(town, WHOLE)}
    assert kept[number] == "services"
    document = pypdfium2.PdfDocument(out)
    paper = "".join(leaf.get_textpage().get_text_range() for leaf in document)
    farthest = made.access.villages[0]
    for said in ("便民服务报告", "Services within reach", farthest.name_zh, farthest.name_en):
        assert said in paper.replace("\r\n", "")
    assert len(made.tables.parts) == len(SERVICES) * len(PEOPLE) + 1
    with pytest.raises(InvalidInput, match="文件写成"):
        write_service_report(town, DESK, made, tmp_path / "services.txt")
    assert not (tmp_path / "services.txt").exists()


def test_without_hours_the_report_says_what_to_enter_and_without_the_right_who_to_ask(
    own_town: Database,
) -> None:
    with pytest.raises(Forbidden, match="流动人口"):
        service_report(own_town, Actor("计划岗", Role.PLANNER, WHOLE))
    with own_town.owner_engine() as engine, engine.begin() as connection:
        connection.execute(text("update organisations set opens = null, hours = null"))
    with pytest.raises(InvalidInput) as refused:
        service_report(own_town, DESK)
    assert refused.value.code == "access-no-hours"


def test_a_body_counts_for_the_ground_that_it_serves_only_and_sites_without_a_place_are_told(
    own_town: Database,
) -> None:
    before = service_access(own_town, WHOLE)
    far = before.villages[0]
    with own_town.owner_engine() as engine, engine.begin() as connection:
        connection.execute(
            text(
                "update organisations set serves_key = :other where kind in ('centre', 'sub_centre', 'service_point')"
            ),
            {"other": 33068110901004000},
        )
        connection.execute(text("update migrant_clusters set geom = null where code = 'M001'"))
    after = service_access(own_town, WHOLE)
    again = next(v for v in after.villages if v.grid_key == far.grid_key)
    assert far.minutes["service_point", "residents", "workday"] is not None
    assert again.minutes["service_point", "residents", "workday"] is None
    assert (before.unplaced, after.unplaced) == (0, 107)
