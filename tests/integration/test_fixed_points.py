"""Fixed points are brought in by a file as people write it, and every night's plan comes to them."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import numpy as np
import openpyxl
import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlalchemy import text

from gridmap import crs
from gridmap.analysis.hours import hourly_profile
from gridmap.cli.main import main
from gridmap.cli.patrols.tables import tell_plan
from gridmap.domain.accounts import Actor, Role
from gridmap.domain.duties import slowness
from gridmap.domain.gridkey import Scope
from gridmap.domain.shown_plans import WholePlan
from gridmap.errors import Conflict, InvalidInput, NotFound
from gridmap.services.ground.roads import load_roads
from gridmap.services.hotspots.runs import hotspot_run
from gridmap.services.house import IMPORT_KINDS
from gridmap.services.imports import history
from gridmap.services.imports.records import ImportOptions, ImportResult, import_records
from gridmap.services.patrols.ask.fixed_points import list_points
from gridmap.services.patrols.ask.request import PatrolRequest
from gridmap.services.patrols.follow import orders
from gridmap.services.patrols.follow.hours import plan_hours
from gridmap.services.patrols.follow.visits import check_in, plan_against_done
from gridmap.services.patrols.follow.week import minutes_by_hour
from gridmap.services.patrols.keep.files import export_plan
from gridmap.services.patrols.make.plans import plan_patrols, solve_again
from gridmap.services.response.coverage import CoverageRequest, coverage
from gridmap.services.response.near import near_at
from gridmap.storage.database import Database
from gridmap.storage.ground.grids import list_grids
from gridmap.storage.teams.teams import list_teams
from tests.conftest import MakeDatabase
from tests.doors import client_of, new_word
from web.app import create_app

WHOLE = Scope.whole()
KEEPER = Actor.at_the_machine()
NIGHT = dt.datetime.now(ZoneInfo("Asia/Shanghai")).date() + dt.timedelta(days=7)
HEADINGS = "必到点编号,名称,类型,经度,纬度,每晚次数,时段,停留分钟,间隔分钟,启用\n"
ROWS = (
    "B01,镇中心小学校门,学校,120.4180,29.7880,1,20:00-21:00,5,,是\n"
    "B02,农商银行网点,银行,120.4120,29.7900,2,,10,60,是\n"
    "B03,早市,农贸市场,120.4150,29.7850,1,06:00-08:00,,,是\n"
    "B04,旧粮站,其他,120.4150,29.7850,1,,,,否\n"
)


def bring(database: Database, path: Path, words: str = HEADINGS + ROWS) -> ImportResult:
    path.write_text(words, "utf-8")
    return import_records(database, WHOLE, IMPORT_KINDS["fixed_points"], path, ImportOptions())


@pytest.fixture(scope="module")
def town(hot_town: Database, tmp_path_factory: pytest.TempPathFactory) -> Database:
    done = bring(hot_town, tmp_path_factory.mktemp("points") / "points.csv")
    assert (done.inserted, done.refused) == (4, 0)
    return hot_town


def planned(town: Database, **given: Any) -> WholePlan:
    asked: dict[str, Any] = {
        "on": NIGHT,
        "seed": 5,
        "seconds": None,
        "iterations": 2_000,
        "teams": ("T02", "T03"),
    }
    return plan_patrols(town, WHOLE, PatrolRequest(**asked | given))


@pytest.fixture(scope="module")
def tonight(town: Database) -> WholePlan:
    return planned(town)


def visits_to(plan: WholePlan, stop: str) -> list[Any]:
    return [v for route in plan["routes"] for v in route["visits"] if v["stop"] == stop]


def test_a_plan_comes_to_each_fixed_point_in_its_hours_and_as_often_as_it_asks(tonight: WholePlan) -> None:
    (school,) = visits_to(tonight, "B01")
    assert school["start"][11:16] >= "20:00"
    assert school["leave"][11:16] <= "21:00"
    assert dt.datetime.fromisoformat(school["leave"]) - dt.datetime.fromisoformat(
        school["start"]
    ) == dt.timedelta(minutes=5)
    first, second = sorted(dt.datetime.fromisoformat(v["start"]) for v in visits_to(tonight, "B02"))
    assert second - first >= dt.timedelta(minutes=60)
    assert any(v["stop"].startswith("H") for route in tonight["routes"] for v in route["visits"])
    told = {(n["code"], n["stop"]) for n in tonight["summary"]["notices"]}
    assert ("fixed-point-other-hours", "B03") in told
    assert not {"must-missed", "fixed-point-short"} & {code for code, _ in told}
    assert {r["stop"] for r in tonight["summary"]["reasons"]} >= {"B01", "B02"}
    assert not {"B03", "B04"} & {r["stop"] for r in tonight["summary"]["reasons"]}


def test_a_point_that_cannot_be_visited_as_often_as_it_asks_is_named(town: Database, tmp_path: Path) -> None:
    assert bring(town, tmp_path / "more.csv", "code,times,gap_min\nB02,6,180\n").updated == 1
    made = planned(town, teams=("T02",))
    done = len(visits_to(made, "B02"))
    assert 0 < done < 6
    (notice,) = [n for n in made["summary"]["notices"] if n["code"] == "fixed-point-short"]
    assert str(done) in notice["en"]
    assert bring(town, tmp_path / "back.csv", "code,times,gap_min\nB02,2,60\n").updated == 1


def test_a_plan_without_fixed_points_is_that_of_before(town: Database, tonight: WholePlan) -> None:
    made = planned(town, fixed_points=False)
    assert not any(v["stop"].startswith("B") for route in made["routes"] for v in route["visits"])
    assert made["summary"]["stops"] == tonight["summary"]["stops"] - 2
    assert made["parameters"]["fixed_points"] is False


def test_a_kept_plan_is_solved_again_with_its_fixed_points(town: Database, tonight: WholePlan) -> None:
    again = solve_again(town, WHOLE, tonight["patrol_id"], locks={"B01": "T03"}, iterations=500)
    assert [r["team_code"] for r in again["routes"] for v in r["visits"] if v["stop"] == "B01"] == ["T03"]


def test_files_of_a_plan_name_its_fixed_points(town: Database, tonight: WholePlan, tmp_path: Path) -> None:
    for ending in ("gpx", "csv", "html"):
        path = tmp_path / f"plan.{ending}"
        export_plan(tonight, path, town.settings.timezone)
        assert "镇中心小学校门" in path.read_text("utf-8")
    assert "必到点" in (tmp_path / "plan.gpx").read_text("utf-8")


@pytest.fixture(scope="module")
def client(town: Database) -> FlaskClient:
    return client_of(town)


def test_an_issued_plan_is_taken_note_of_once_and_taken_back_only_before(
    town: Database, client: FlaskClient
) -> None:
    own = planned(town, on=NIGHT + dt.timedelta(days=14), iterations=1)
    number = own["patrol_id"]
    first, *others = [route["team_code"] for route in own["routes"]]
    page = f"/field/patrols/{number}/{first}"
    address = f"/api/v1/patrol-plans/{number}/orders"
    assert "还没有下发" in client.get(page).get_data(as_text=True)
    with pytest.raises(NotFound):
        orders.note_order(town, KEEPER, number, first)
    issued = client.post(address).get_json()["orders"]
    assert [row["team_code"] for row in issued] == [first, *others]
    assert all(row["issued_at"] and row["noted_at"] is None for row in issued)
    assert "data-note" in client.get(page).get_data(as_text=True)
    # Who may only look is shown no button, and whoever is on the team gets the page's worker.
    for role, shown in ((Role.KEEPER, 0), (Role.TEAM, 1)):
        other = client_of(town, role)
        told = other.get(page).get_data(as_text=True)
        assert ("data-note" in told) == ("data-come" in told) == bool(shown), role
        assert other.get("/field/worker.js").status_code == 200
    noted = client.post(f"{address}/{first}/note").get_json()
    assert client.post(f"{address}/{first}/note").get_json()["noted_at"] == noted["noted_at"]
    assert client.post(address).get_json()["orders"][0]["issued_at"] == issued[0]["issued_at"]
    left = client.delete(address).get_json()["orders"]
    assert [bool(row["issued_at"]) for row in left] == [True, *[False] * len(others)]
    assert client.delete(address).get_json()["code"] == "patrol-not-recalled"
    over = dt.datetime.fromisoformat(own["ends_at"]) + dt.timedelta(hours=2)
    with pytest.raises(Conflict) as refused:
        orders.issue_plan(town, KEEPER, number, over)
    assert refused.value.code == "patrol-over"


def test_the_code_at_a_fixed_point_leads_to_the_plans_of_the_hour_and_a_stay_is_kept_once(
    town: Database, tonight: WholePlan, client: FlaskClient
) -> None:
    number = tonight["patrol_id"]
    (visit,) = visits_to(tonight, "B01")
    team = next(r["team_code"] for r in tonight["routes"] if visit in r["visits"])
    came = dt.datetime.fromisoformat(visit["start"])
    orders.issue_plan(town, KEEPER, number)
    assert orders.plans_at(town, WHOLE, "B01", came) == [
        {"patrol_id": number, "visits": [{"number": 1, "team": team, "time": visit["arrive"][11:16]}]}
    ]
    (twice,) = orders.plans_at(town, WHOLE, "B02", came)
    assert sorted(v["number"] for v in twice["visits"]) == [1, 2]
    assert orders.plans_at(town, WHOLE, "B01", came - dt.timedelta(days=1)) == []
    told = client.get("/field/points/B01").get_data(as_text=True)
    assert "没有已下发的计划" in told
    assert "镇中心小学校门" in told
    assert client.get("/field/points/B01/qr.svg").mimetype == "image/svg+xml"
    for host, printed in (("10.0.0.5:8010", 1), ("127.0.0.1:8010", 0)):
        reached = create_app(town, names=("10.0.0.5",)).test_client(use_cookies=False)
        reached.environ_base["HTTP_AUTHORIZATION"] = client.environ_base["HTTP_AUTHORIZATION"]
        page = reached.get("/field/points/B01", headers={"Host": host}).get_data(as_text=True)
        assert (page.count("/qr.svg"), page.count("手机打不开")) == (printed, 1 - printed)
    led = create_app(town).test_client().get("/field/points/B01", headers={"Accept": "text/html"})
    assert (led.status_code, led.headers["Location"]) == (303, "/sign-in?next=%2Ffield%2Fpoints%2FB01")
    assert client.get(f"/field/points/{new_word()}").status_code == 404
    body = {"stop": "B01", "team": team, "at": came.isoformat(), "on_spot": True}
    address = f"/api/v1/patrol-plans/{number}/check-ins"
    assert client.post(address, json=body).get_json()["visit_id"] is not None
    order = f"/field/patrols/{number}/{team}"
    # Opened again, the page knows when the team came, and lets it leave.
    (item,) = re.findall(r'<li data-stop="B01".*?</li>', client.get(order).get_data(as_text=True), re.DOTALL)
    assert f'data-at="{came.isoformat()}"' in item
    assert "data-come" in item
    left = (came + dt.timedelta(minutes=7)).isoformat()
    # A phone without a network tells the same stay again when it has one.
    for _ in range(2):
        assert client.post(address, json=body | {"left_at": left}).get_json()["visit_id"] is None
    assert (
        client.post(address, json=body | {"left_at": visit["arrive"][:11] + "00:00:00+08:00"}).status_code
        == 422
    )
    done = plan_against_done(town, WHOLE, number)
    (own,) = [v for t in done["teams"] for v in t["visits"] if v["stop"] == "B01"]
    assert (own["arrived_at"], own["left_at"], own["evidence"]) == (came.isoformat(), left, ["check-in"])
    assert own["on_spot"] is True
    assert f"{left[11:16]} 离" in client.get(order).get_data(as_text=True)


def test_a_replaced_plan_is_offered_no_more_and_what_was_done_by_it_counts(
    town: Database, client: FlaskClient
) -> None:
    night = NIGHT + dt.timedelta(days=28)
    old = planned(town, on=night)
    orders.issue_plan(town, KEEPER, old["patrol_id"])
    (visit,) = visits_to(old, "B01")
    team = next(r["team_code"] for r in old["routes"] if visit in r["visits"])
    came = dt.datetime.fromisoformat(visit["start"])
    check_in(town, WHOLE, old["patrol_id"], "B01", team, came, left_at=came + dt.timedelta(minutes=9))
    between = solve_again(town, WHOLE, old["patrol_id"], iterations=1)
    new = solve_again(town, WHOLE, between["patrol_id"], iterations=500)
    assert [p["patrol_id"] for p in orders.plans_at(town, WHOLE, "B01", came)] == [old["patrol_id"]]
    orders.issue_plan(town, KEEPER, new["patrol_id"])
    assert [p["patrol_id"] for p in orders.plans_at(town, WHOLE, "B01", came)] == [new["patrol_id"]]
    week = client.get(f"/api/v1/patrol-weeks?since={night}").get_json()
    assert {p["patrol_id"]: (p["replaced"], p["made"], p["planned"] > 0) for p in week["plans"]} == {
        old["patrol_id"]: (True, 1, False),
        new["patrol_id"]: (False, 0, True),
    }
    assert week["left_out"] == 1
    (school,) = [place for place in week["places"] if place["name_zh"] == "镇中心小学校门"]
    assert (school["planned"], school["made"], school["delivered_min"]) == (1, 1, 9.0)
    # The same stay told under both plans is one.
    check_in(town, WHOLE, new["patrol_id"], "B01", team, came, left_at=came + dt.timedelta(minutes=9))
    week = client.get(f"/api/v1/patrol-weeks?since={night}").get_json()
    assert [(p["patrol_id"], p["made"]) for p in week["plans"]] == [(new["patrol_id"], 1)]


def test_a_point_whose_code_has_a_stroke_has_its_page(
    town: Database, client: FlaskClient, tmp_path: Path
) -> None:
    code = f"校/{new_word()}"
    one = f"{code},校门,学校,120.4180,29.7880,1,,,,否\n"
    assert bring(town, tmp_path / "stroke.csv", HEADINGS + one).inserted == 1
    for more in ("", "/qr.svg"):
        assert client.get(f"/field/points/{quote(code)}{more}").status_code == 200
    newest = history.list_imports(town, WHOLE)[0].run_id
    assert history.undo_import(town, KEEPER, IMPORT_KINDS, newest, "导错了").removed == 1


def test_a_week_tells_the_dose_that_was_planned_and_delivered(
    town: Database, tonight: WholePlan, client: FlaskClient
) -> None:
    number = tonight["patrol_id"]
    orders.issue_plan(town, KEEPER, number)
    # Another plan of the night that nobody issued is left out.
    planned(town, iterations=1)
    visit = min(visits_to(tonight, "B02"), key=lambda v: str(v["start"]))
    team = next(r["team_code"] for r in tonight["routes"] if visit in r["visits"])
    came = dt.datetime.fromisoformat(visit["start"])
    check_in(town, WHOLE, number, "B02", team, came, left_at=came + dt.timedelta(minutes=9))
    week = client.get(f"/api/v1/patrol-weeks?since={NIGHT}").get_json()
    (night,) = week["plans"]
    planned_min = sum(
        (dt.datetime.fromisoformat(v["leave"]) - dt.datetime.fromisoformat(v["start"])).total_seconds() / 60
        for route in tonight["routes"]
        for v in route["visits"]
    )
    assert night["patrol_id"] == number
    assert night["planned_min"] == pytest.approx(planned_min, abs=0.1)
    (bank,) = [place for place in week["places"] if place["name_zh"] == "农商银行网点"]
    assert (bank["planned"], bank["made"], bank["planned_min"], bank["delivered_min"]) == (2, 1, 20.0, 9.0)
    for part in ("hours", "places"):
        assert sum(row["planned_min"] for row in week[part]) == pytest.approx(planned_min, abs=1.0)
        assert sum(row["delivered_min"] for row in week[part]) == pytest.approx(
            night["delivered_min"], abs=0.5
        )
    by_hour = {row["hour"]: row["delivered_min"] for row in week["hours"]}
    for hour, minutes in minutes_by_hour(came, came + dt.timedelta(minutes=9)):
        assert by_hour[hour] >= round(minutes, 1)
    assert week["left_out"] > 0
    assert "农商银行网点" in client.get(f"/patrols/week?since={NIGHT}").get_data(as_text=True)
    empty = client.get(f"/patrols/week?since={NIGHT + dt.timedelta(days=30)}").get_data(as_text=True)
    assert "没有下发" in empty


def test_staying_near_is_the_coverage_of_each_quarter_and_grows_with_the_minutes(
    town: Database, tonight: WholePlan, client: FlaskClient
) -> None:
    number = tonight["patrol_id"]
    near = client.get(f"/api/v1/patrol-plans/{number}/near").get_json()
    begins, ends = (dt.datetime.fromisoformat(tonight[k]) for k in ("begins_at", "ends_at"))
    assert len(near["quarters"]) == -((begins - ends) // dt.timedelta(minutes=15))
    for quarter in near["quarters"]:
        assert quarter["shares"] == sorted(quarter["shares"])
        assert all(0 <= share <= 1 for share in quarter["shares"])
    for name, of in (("least", min), ("mean", lambda shares: sum(shares) / len(shares))):
        by_limit = [of([q["shares"][k] for q in near["quarters"]]) for k in range(3)]
        assert near[name] == pytest.approx(by_limit, abs=1e-3)
    # Asked for by itself, one moment says the same of the teams that the plan has a way for.
    quarter = near["quarters"][4]
    at = dt.datetime.fromisoformat(quarter["at"])
    asked = CoverageRequest(at.time(), (1.0, 3.0, 5.0), live=False, patrol_id=number, domain=None)
    alone = coverage(town, WHOLE, asked, now=at)
    ours = {"T02", "T03"}
    seconds = nearest_of(town, [team for team in alone["teams"] if team["code"] in ours], alone)
    households = [grid["households"] for grid in alone["grids"]]
    for k, minutes in enumerate((60.0, 180.0, 300.0)):
        share = sum(n for n, s in zip(households, seconds, strict=True) if s <= minutes) / sum(households)
        assert quarter["shares"][k] == pytest.approx(share, abs=1e-3)
    page = client.get(f"/patrols/{number}/near?quarter=4").get_data(as_text=True)
    assert "%" in page
    # The map of a moment is drawn from the same seconds as its row of the table.
    drawn = near_at(town, WHOLE, number, 4)
    assert {team["code"] for team in drawn["teams"]} >= ours
    total = sum(home["households"] for home in drawn["homes"])
    for k, minutes in enumerate((1.0, 3.0, 5.0)):
        near_homes = [h for h in drawn["homes"] if h["minutes"] is not None and h["minutes"] <= minutes]
        share = sum(h["households"] for h in near_homes) / total
        assert quarter["shares"][k] == pytest.approx(share, abs=0.01)
    assert page.count('<circle class="home') == len(drawn["homes"]) + 4
    assert page.count('class="near-team"') == len(drawn["teams"])
    least = min(range(len(near["quarters"])), key=lambda n: near["quarters"][n]["shares"][-1])
    plain = client.get(f"/patrols/{number}/near").get_data(as_text=True)
    assert (
        f'aria-current="true"><th scope="row"><a href="/patrols/{number}/near?quarter={least}#near-map"'
        in plain
    )
    for wrong in ("999", "-1", "abc", "4.5"):
        assert client.get(f"/patrols/{number}/near?quarter={wrong}").status_code == 422, wrong


def test_incidents_expected_by_hour_are_those_of_the_run_and_fall_on_the_visits_as_counted(
    town: Database, tonight: WholePlan, client: FlaskClient
) -> None:
    number = tonight["patrol_id"]
    run = hotspot_run(town, WHOLE, tonight["hotspot_run_id"])
    with town.scoped_session(WHOLE.for_upkeep(), write=True) as session:
        dated = (
            "update incidents set occurred_at = date_trunc('day', occurred_at at time zone 'Asia/Shanghai') at time"
            " zone 'Asia/Shanghai' where incident_id in (select incident_id from incidents where not sealed and"
            " occurred_at > cast(:since as date) + 1 and occurred_at < :until"
            " and (cast(:domain as text) is null or domain = :domain) order by incident_id limit 300)"
        )
        session.execute(text(dated), {"domain": run.domain, "since": run.since, "until": run.until})
    told = client.get(f"/api/v1/patrol-plans/{number}/hours").get_json()
    with town.scoped_session(WHOLE.for_upkeep()) as session:
        counts = dict(
            session.execute(
                text(
                    "select extract(hour from occurred_at at time zone 'Asia/Shanghai')::int, count(*) from incidents"
                    " where (cast(:domain as text) is null or domain = :domain) and withdrawn_at is null and"
                    " (occurred_at at time zone 'Asia/Shanghai')::date between :since and :until"
                    " and (occurred_at at time zone 'Asia/Shanghai')::time <> '00:00' group by 1"
                ),
                {"domain": run.domain, "since": run.since, "until": run.until},
            ).all()
        )
    assert told["incidents"] == sum(counts.values())
    assert told["untimed"] == 300
    share = hourly_profile([counts.get(hour, 0) for hour in range(24)], seed=tonight["seed"]).share
    by_hour = {row["hour"]: row for row in told["hours"]}
    assert told["hours"][0]["hour"] == dt.datetime.fromisoformat(tonight["begins_at"]).hour
    days = (run.until - run.since).days + 1
    observed = {r["stop"]: r["observed"] or 0 for r in tonight["summary"]["reasons"]}
    covered = 0.0
    for visit in (v for route in tonight["routes"] for v in route["visits"]):
        at, end = (dt.datetime.fromisoformat(visit[k]) for k in ("start", "leave"))
        while at < end:
            covered += observed[visit["stop"]] / days * share[at.hour] / 3600
            at += dt.timedelta(seconds=1)
    assert told["covered"] == pytest.approx(covered, rel=0.01)
    assert sum(row["expected"] for row in by_hour.values()) == pytest.approx(told["expected"], abs=0.01)
    assert 0 < told["covered"] < told["expected"]
    for row in told["hours"]:
        assert row["low"] <= row["share"] <= row["high"]
        assert row["share"] == pytest.approx(share[row["hour"]], abs=1e-4)
    page = client.get(f"/patrols/{number}/near").get_data(as_text=True)
    assert "预计" in page
    assert "300 件只有日期" in page

    # A run of one area tells of that area to whoever asks.
    here = Scope.of_grid(33068110901000000)
    moved = text("update hotspot_runs set scope_lo = :lo, scope_hi = :hi where run_id = :run")
    for scope in (here, run.scope):
        with town.scoped_session(WHOLE, write=True) as session:
            session.execute(moved, {"lo": scope.lo, "hi": scope.hi, "run": run.run_id})
        if scope == here:
            own = plan_hours(town, WHOLE, number)
    assert 0 < own["incidents"] + own["untimed"] < told["incidents"] + told["untimed"]


def nearest_of(town: Database, teams: list[Any], told: Any) -> list[float]:
    """Seconds of the first of some teams at each micro-grid, asked for one by one."""
    roads = load_roads(town, WHOLE)
    with town.scoped_session(WHOLE) as session:
        rows = {str(row["grid_key"]): row for row in list_grids(session, level=told["level"], geometry=False)}
        crews = {row["code"]: row for row in list_teams(session)}
    best = [float("inf")] * len(told["grids"])
    for team in teams:
        router = roads.router(team["mode"])
        start = router.snap(np.column_stack(crs.from_wgs84([team["lon"]], [team["lat"]], roads.epsg)))
        slow = slowness(team["mode"], crews[team["code"]]["speed_kmh"])
        for n, grid in enumerate(told["grids"]):
            row = rows[grid["grid_key"]]
            place = np.column_stack(crs.from_wgs84([row["label_lon"]], [row["label_lat"]], roads.epsg))
            best[n] = min(best[n], float(router.cost_matrix(start, router.snap(place))[0, 0]) * slow)
    return best


@pytest.mark.parametrize(
    ("row", "field", "code"),
    [
        ("B09,门口,学校,120.41,29.79,1,早上,,,是", "时段", "clock-span"),
        ("H1,门口,学校,120.41,29.79,1,,,,是", "必到点编号", "fixed-point-code"),
        ("B09,门口,学校,120.41,29.79,9,,,,是", "每晚次数", "number-out-of-range"),
        ("B09,门口,城堡,120.41,29.79,1,,,,是", "类型", "code-unknown"),
    ],
)
def test_a_row_that_cannot_be_meant_is_refused_with_its_field(
    town: Database, tmp_path: Path, row: str, field: str, code: str
) -> None:
    done = bring(town, tmp_path / "bad.csv", HEADINGS + row + "\n")
    assert not done.committed
    assert done.parsed is not None
    told = done.parsed.refused.iloc[0]
    assert (told["row"], told["field"], told["code"]) == (2, field, code)
    assert {p["code"] for p in list_points(town, WHOLE)} == {"B01", "B02", "B03", "B04"}


def test_points_are_listed_exported_and_brought_back_unchanged(town: Database, tmp_path: Path) -> None:
    own = {
        "GRIDMAP_HOME": str(town.settings.home),
        "DATABASE_URL": town.owner_url.render_as_string(hide_password=False),
        "GRIDMAP_APP_DATABASE_URL": town.app_url.render_as_string(hide_password=False),
    }
    out = tmp_path / "points.xlsx"
    empty = tmp_path / "empty.xlsx"
    for words in (["list"], ["export", str(out)], ["template", str(empty)]):
        said = CliRunner().invoke(main, ["fixed-points", *words], env=own)
        assert said.exit_code == 0, said.output
    (head,) = openpyxl.load_workbook(empty).active.iter_rows(values_only=True)
    assert head[:2] == ("必到点编号", "名称")
    again = import_records(town, WHOLE, IMPORT_KINDS["fixed_points"], out, ImportOptions())
    assert (again.inserted, again.updated, again.unchanged) == (0, 0, 4)


def test_fixed_points_alone_make_a_plan_and_an_import_of_them_is_taken_back(
    make_database: MakeDatabase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    town = make_database("demo")
    bring(town, tmp_path / "points.csv")
    made = planned(town)
    tell_plan(made)
    said = capsys.readouterr().out
    assert "no hotspot run" in said
    assert "None" not in said
    assert {v["stop"] for route in made["routes"] for v in route["visits"]} == {"B01", "B02"}
    more = bring(town, tmp_path / "one.csv", HEADINGS + "B05,水库大坝,水库,120.4160,29.7860,1,,,,是\n")
    assert more.inserted == 1
    newest = history.list_imports(town, WHOLE)[0].run_id
    assert history.undo_import(town, KEEPER, IMPORT_KINDS, newest, "导错了").removed == 1
    assert "B05" not in {p["code"] for p in list_points(town, WHOLE)}
    with town.scoped_session(WHOLE, write=True) as session:
        session.execute(text("delete from fixed_points"))
    with pytest.raises(InvalidInput, match="必到点"):
        planned(town)
