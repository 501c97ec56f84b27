"""What became of a plan: visits from positions and check-ins, kept when the positions are deleted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap import crs
from gridmap.domain.accounts import Actor
from gridmap.domain.gridkey import Scope
from gridmap.domain.patrols import KeptPlan
from gridmap.errors import InvalidInput, NotFound
from gridmap.services.hotspots.runs import run_hotspots
from gridmap.services.hotspots.spec import HotspotSpec
from gridmap.services.house import IMPORT_KINDS
from gridmap.services.imports.records import ImportOptions, import_records
from gridmap.services.patrols.ask.request import PatrolRequest
from gridmap.services.patrols.follow import visits as evidence
from gridmap.services.patrols.follow.effects import effect_of_visits
from gridmap.services.patrols.follow.live import live_teams
from gridmap.services.patrols.follow.prune import prune_positions
from gridmap.services.patrols.follow.visits import settle
from gridmap.services.patrols.keep import plans as kept_plans
from gridmap.services.patrols.make import plans
from gridmap.services.teams.features import team_track
from gridmap.storage.database import Database

WHOLE = Scope.whole()
NIGHT = dt.date(2026, 8, 29)


@pytest.fixture(scope="module")
def town(make_database: Any) -> Iterator[Database]:
    made = make_database("demo")
    run_hotspots(made, WHOLE, HotspotSpec("gi", dt.date(2026, 3, 1), dt.date(2026, 8, 28), seed=7))
    return made


def plan_of(town: Database, night: dt.date = NIGHT, **given: Any) -> dict[str, Any]:
    asked = PatrolRequest(on=night, seed=11, seconds=None, iterations=5_000, **given)
    return plans.plan_patrols(town, WHOLE, asked)


def followed(plan: KeptPlan, *, late_s: float = 0.0, skip: str | None = None) -> list[dict[str, Any]]:
    """Positions, one a minute with some scatter, of teams that do what the plan says, except the one to skip."""
    epsg = plan.epsg
    assert epsg is not None
    rng = np.random.default_rng(1)
    rows = []
    for route in plan.routes:
        if route.team_code == skip:
            continue
        legs = route.lines(epsg)
        leave = route.begin
        xs, ys, ts = [], [], []
        for leg, visit in zip(legs, [*route.visits, None], strict=True):
            arrive = visit.arrive if visit else route.end
            steps = max(2, int(leg.length / 10))
            for share in np.linspace(0, 1, steps):
                point = shapely.line_interpolate_point(leg, share, normalized=True)
                xs.append(point.x)
                ys.append(point.y)
                ts.append((leave + share * (arrive - leave)).timestamp())
            leave = visit.leave if visit else arrive
        minutes = np.arange(ts[0], ts[-1] + 60, 60)
        x = np.interp(minutes, ts, xs) + rng.normal(0, 5, len(minutes))
        y = np.interp(minutes, ts, ys) + rng.normal(0, 5, len(minutes))
        lon, lat = crs.to_wgs84(x, y, epsg)
        rows += [
            {
                "team_code": route.team_code,
                "at": dt.datetime.fromtimestamp(t + late_s, dt.UTC).isoformat(),
                "lon": a,
                "lat": b,
                "accuracy_m": 8,
            }
            for t, a, b in zip(minutes, lon, lat, strict=True)
        ]
    return rows


def import_positions(town: Database, rows: list[dict[str, Any]], folder: Path) -> None:
    file = folder / "positions.csv"
    pd.DataFrame(rows).to_csv(file, index=False)
    done = import_records(town, WHOLE, IMPORT_KINDS["team_positions"], file, ImportOptions())
    assert done.committed
    assert done.refused == 0


@pytest.fixture(scope="module")
def plan(town: Database) -> dict[str, Any]:
    return plan_of(town)


@pytest.fixture(scope="module")
def skipped(plan: dict[str, Any]) -> str:
    return str(plan["routes"][0]["team_code"])


@pytest.fixture(scope="module")
def driven_town(
    town: Database, plan: dict[str, Any], skipped: str, tmp_path_factory: pytest.TempPathFactory
) -> Database:
    """The plan's night with the positions of every team but one, two minutes behind the plan."""
    kept = kept_plans.kept_plan(town, WHOLE, plan["patrol_id"])
    import_positions(town, followed(kept, late_s=120, skip=skipped), tmp_path_factory.mktemp("positions"))
    return town


def test_before_any_position_nothing_is_made_and_the_source_says_so(town: Database) -> None:
    later = plan_of(town, NIGHT + dt.timedelta(days=2))
    found = evidence.plan_against_done(town, WHOLE, later["patrol_id"])
    assert (found["source"], found["made"]) == ("none", 0)
    assert found["planned"] == sum(len(r["visits"]) for r in later["routes"])
    kept_plans.delete_plan(town, Actor.at_the_machine(), later["patrol_id"])


def test_every_stop_that_was_come_to_is_made_and_no_other(
    driven_town: Database, plan: dict[str, Any], skipped: str
) -> None:
    found = evidence.plan_against_done(driven_town, WHOLE, plan["patrol_id"])
    assert found["source"] == "positions"
    for team in found["teams"]:
        own = [v for v in team["visits"] if v["by"] == team["team_code"]]
        if team["team_code"] == skipped:
            assert not own
            assert team["driven"] == 0
        else:
            assert len(own) == team["planned"]
            assert all(v["evidence"] == ["position"] for v in own)
            # A stay holds the planned one, which was two minutes late; at a stop close by it may begin long before.
            late = dt.timedelta(seconds=120)
            for visit in own:
                came, left, arrive, leave = (
                    dt.datetime.fromisoformat(visit[k]) for k in ("arrived_at", "left_at", "arrive", "leave")
                )
                assert came <= arrive + late + dt.timedelta(seconds=60)
                assert left >= leave + late - dt.timedelta(seconds=60)
            assert team["driven"] == team["segments"]
            assert team["driven_m"] == pytest.approx(team["length_m"], rel=0.01)


def test_driven_stretches_lie_on_the_planned_route(driven_town: Database, plan: dict[str, Any]) -> None:
    found = evidence.plan_against_done(driven_town, WHOLE, plan["patrol_id"])
    routes = {r["team_code"]: r["geometry"] for r in plan["routes"]}
    assert found["segments"]
    for segment in found["segments"]:
        assert routes[segment["team_code"]].buffer(1e-6).contains(segment["geometry"])
        assert segment["begun_at"] < segment["ended_at"]


def test_a_check_in_is_a_visit_and_can_be_taken_back(
    driven_town: Database, plan: dict[str, Any], skipped: str
) -> None:
    number = plan["patrol_id"]
    done = evidence.plan_against_done(driven_town, WHOLE, number)["teams"][0]["visits"]
    # Another team may have come by: a stop is meant where nobody was.
    alone = next(n for n, told in enumerate(done) if not told["made"])
    visit = plan["routes"][0]["visits"][alone]
    at = dt.datetime.fromisoformat(visit["arrive"]) + dt.timedelta(minutes=3)
    made = evidence.check_in(driven_town, WHOLE, number, visit["stop"], skipped, at, "门已锁")
    again = evidence.check_in(driven_town, WHOLE, number, visit["stop"], skipped, at)
    assert made["visit_id"] is not None
    assert again["visit_id"] is None
    first = evidence.plan_against_done(driven_town, WHOLE, number)["teams"][0]["visits"][alone]
    assert (first["made"], first["evidence"], first["by"]) == (True, ["check-in"], skipped)
    assert first["note"] == "门已锁"
    evidence.undo_check_in(driven_town, WHOLE, number, made["visit_id"])
    assert not evidence.plan_against_done(driven_town, WHOLE, number)["teams"][0]["visits"][alone]["made"]
    with pytest.raises(NotFound):
        evidence.undo_check_in(driven_town, WHOLE, number, made["visit_id"])


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"stop": "H999"}, "check-in-stop"),
        ({"team": "nobody"}, "check-in-team"),
        ({"at": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)}, "check-in-time"),
        ({"note": "打 13812345678"}, "text-personal"),
    ],
)
def test_a_check_in_that_fits_nothing_is_refused(
    driven_town: Database, plan: dict[str, Any], given: dict[str, Any], code: str
) -> None:
    visit = plan["routes"][0]["visits"][0]
    usual = {
        "stop": visit["stop"],
        "team": plan["routes"][0]["team_code"],
        "at": dt.datetime.fromisoformat(visit["arrive"]),
    }
    with pytest.raises(InvalidInput) as refused:
        evidence.check_in(driven_town, WHOLE, plan["patrol_id"], **usual | given)
    assert refused.value.code == code


def test_live_tells_each_team_s_place_beside_the_plan_s(
    driven_town: Database, plan: dict[str, Any], skipped: str
) -> None:
    route = max(plan["routes"], key=lambda r: len(r["visits"]) if r["team_code"] != skipped else 0)
    visit = route["visits"][0]
    at = dt.datetime.fromisoformat(visit["leave"]) - dt.timedelta(minutes=2)
    found = live_teams(driven_town, WHOLE, plan["patrol_id"], at)
    teams = {t["team_code"]: t for t in found["teams"]}
    mine = teams[route["team_code"]]
    assert mine["planned"]["stop"] == visit["stop"]
    assert mine["made"] == 1
    assert mine["position"]["age_s"] <= 120
    away = crs.distance_m(
        [mine["position"]["lon"]],
        [mine["position"]["lat"]],
        [mine["planned"]["lon"]],
        [mine["planned"]["lat"]],
    )
    assert away[0] < 60
    assert mine["state"] in {"on-plan", "done"}
    if at >= dt.datetime.fromisoformat(plan["routes"][0]["begin"]):
        assert teams[skipped]["position"] is None
        assert teams[skipped]["state"] == "no-position"


def test_the_effect_is_measured_where_visits_were_made(driven_town: Database, plan: dict[str, Any]) -> None:
    found = effect_of_visits(driven_town, WHOLE, [plan["patrol_id"]], weeks=8)
    made = evidence.plan_against_done(driven_town, WHOLE, plan["patrol_id"])
    grids = {v["grid_key"] for t in made["teams"] for v in t["visits"] if v["made"]}
    assert set(found["grids"]) == grids
    assert found["on"] == NIGHT.isoformat()
    assert found["verdict_zh"]


def test_the_night_after_only_stops_that_were_come_to_are_worth_less(
    driven_town: Database, plan: dict[str, Any]
) -> None:
    settle(driven_town, dt.datetime.fromisoformat(plan["ends_at"]) + dt.timedelta(hours=1))
    made = {
        v["stop"]
        for t in evidence.plan_against_done(driven_town, WHOLE, plan["patrol_id"])["teams"]
        for v in t["visits"]
        if v["made"]
    }
    planned = {v["stop"] for r in plan["routes"] for v in r["visits"]}
    assert made < planned
    after = plan_of(driven_town, NIGHT + dt.timedelta(days=1))
    since = {r["stop"]: r["terms"]["days_since"] for r in after["summary"]["reasons"]}
    assert all(since[stop] is not None for stop in made)
    # Nobody came within 100 m of these, not even for another stop.
    alone = [stop for stop in planned - made if since[stop] is None]
    assert len(alone) > len(planned - made) / 2
    terms = {r["stop"]: r["terms"] for r in after["summary"]["reasons"]}
    assert all(terms[stop]["delivered_min"] > 5.0 for stop in made)
    assert all(terms[stop]["delivered_min"] == 0.0 for stop in alone)
    for told in terms.values():
        assert told["dose"] == pytest.approx(1.0 - 0.5 * min(1.0, told["delivered_min"] / 105.0), abs=1e-3)
    little = plan_of(driven_town, NIGHT + dt.timedelta(days=1), dose_min=1.0)
    (notice,) = (n for n in little["summary"]["notices"] if n["code"] == "dose-had")
    assert all(stop in notice["zh"] for stop in made)
    assert {r["stop"] for r in little["summary"]["reasons"] if r["terms"]["dose"] == 0.5} >= made
    free = plan_of(driven_town, NIGHT + dt.timedelta(days=1), dose_min=0.0)
    assert all(r["terms"]["dose"] == 1.0 for r in free["summary"]["reasons"])
    for other in (little, free):
        kept_plans.delete_plan(driven_town, Actor.at_the_machine(), other["patrol_id"])
    kept_plans.delete_plan(driven_town, Actor.at_the_machine(), after["patrol_id"])


def test_visits_and_stretches_stay_when_positions_are_deleted_after_thirty_days(
    driven_town: Database, plan: dict[str, Any], skipped: str
) -> None:
    number = plan["patrol_id"]
    before = evidence.plan_against_done(driven_town, WHOLE, number)
    code = next(r["team_code"] for r in plan["routes"] if r["team_code"] != skipped)
    end = dt.datetime.fromisoformat(plan["ends_at"])
    prune_positions(driven_town, end + dt.timedelta(days=31))
    track = team_track(driven_town, WHOLE, code)
    times: Any = track["properties"]["times"]
    assert all(dt.datetime.fromisoformat(t) > end for t in times)
    after = evidence.plan_against_done(driven_town, WHOLE, number)
    assert after["source"] == "kept"
    assert after["teams"] == before["teams"]
    assert len(after["segments"]) == len(before["segments"]) > 0
    # Looked at once more when nothing is left to see, it stays as it is.
    prune_positions(driven_town, end + dt.timedelta(days=40))
    assert evidence.plan_against_done(driven_town, WHOLE, number)["teams"] == before["teams"]
