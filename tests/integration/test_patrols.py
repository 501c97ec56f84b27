"""Plans for a shift on the demonstration town: on the roads, within the hours, the same again for the same seed."""

from __future__ import annotations

import datetime as dt
import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import geopandas as gpd
import gpxpy
import pandas as pd
import pytest
import shapely

from gridmap import crs
from gridmap.domain.accounts import Actor
from gridmap.domain.gridkey import Scope
from gridmap.errors import InvalidInput, NotFound
from gridmap.services.patrols.ask.request import PatrolRequest
from gridmap.services.patrols.keep import plans as kept_plans
from gridmap.services.patrols.keep.files import export_plan
from gridmap.services.patrols.make import plans
from gridmap.storage.database import Database

WHOLE = Scope.whole()
NIGHT = dt.date(2026, 11, 1)
ZONE = "Asia/Shanghai"


@pytest.fixture(scope="module")
def planned_town(hot_town: Database) -> Database:
    return hot_town


@pytest.fixture(scope="module")
def made(planned_town: Database) -> dict[str, Any]:
    return plans.plan_patrols(
        planned_town, WHOLE, PatrolRequest(on=NIGHT, seed=7, seconds=None, iterations=20_000)
    )


def test_every_route_keeps_its_team_s_hours_and_comes_home(made: dict[str, Any]) -> None:
    assert made["routes"]
    for route in made["routes"]:
        begin, end = (dt.datetime.fromisoformat(route[k]) for k in ("begin", "end"))
        assert dt.datetime.fromisoformat(made["begins_at"]) <= begin < end
        assert end <= dt.datetime.fromisoformat(made["ends_at"])
        assert begin.tzinfo is not None
        at = begin
        for visit in route["visits"]:
            arrive, leave = (dt.datetime.fromisoformat(visit[k]) for k in ("arrive", "leave"))
            assert at <= arrive < leave
            assert (leave - arrive).total_seconds() >= 719
            at = leave
        assert at < end


def test_every_leg_lies_on_the_roads_and_is_as_long_as_it_is_told(
    planned_town: Database, made: dict[str, Any]
) -> None:
    roads = gpd.read_file(Path(__file__).resolve().parents[2] / "data" / "boundaries" / "roads.geojson")
    ground = crs.geometries_from_wgs84(roads.geometry.to_numpy(), 4549)
    nearby = shapely.STRtree(ground)
    assert made["summary"]["visited"] > 0
    for route in made["routes"]:
        line = crs.geometries_from_wgs84([route["geometry"]], 4549)[0]
        near = ground[nearby.query(line, predicate="dwithin", distance=1.0)]
        assert shapely.union_all(shapely.buffer(near, 0.5)).contains(line)
        told = sum(v["leg"]["length_m"] for v in route["visits"]) + route["home"]["length_m"]
        assert told == pytest.approx(route["length_m"], abs=1.0)
        assert line.length == pytest.approx(route["length_m"], abs=1.0)
        for visit in route["visits"]:
            streets = visit["leg"]["streets"]
            assert sum(s["length_m"] for s in streets) == pytest.approx(visit["leg"]["length_m"], abs=1.0)


def test_the_same_seed_and_steps_give_the_same_plan_again(
    planned_town: Database, made: dict[str, Any]
) -> None:
    asked = PatrolRequest(on=NIGHT, seed=made["seed"], seconds=None, iterations=20_000)
    again = plans.plan_patrols(planned_town, WHOLE, asked)
    assert again["routes"] == made["routes"]
    assert again["summary"] == made["summary"]
    assert again["data_sha256"] == made["data_sha256"]


def test_no_hotspot_is_visited_twice_and_each_has_a_reason(made: dict[str, Any]) -> None:
    visited = [v["stop"] for route in made["routes"] for v in route["visits"]]
    assert len(visited) == len(set(visited)) == made["summary"]["visited"]
    reasons = {r["stop"]: r for r in made["summary"]["reasons"]}
    assert len(reasons) == made["summary"]["stops"]
    assert {stop for stop, r in reasons.items() if r["visited"]} == set(visited)
    assert all(r["zh"] and r["en"] for r in reasons.values())
    assert made["summary"]["prize"] <= made["summary"]["bound"] <= made["summary"]["possible"] + 1e-6


def test_a_phone_reads_the_gpx_and_it_holds_every_stop_in_order(made: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "tonight.gpx"
    assert export_plan(made, path, ZONE) == len(made["routes"])
    ET.parse(path)
    with path.open(encoding="utf-8") as text:
        gpx = gpxpy.parse(text)
    assert len(gpx.tracks) == len(made["routes"])
    assert len(gpx.waypoints) == made["summary"]["visited"]
    for track, route in zip(gpx.tracks, made["routes"], strict=True):
        assert track.length_2d() == pytest.approx(route["length_m"], rel=0.01)


@pytest.mark.parametrize("ending", ["geojson", "gpkg", "csv", "xlsx"])
def test_a_plan_is_written_in_every_format_and_by_team(
    made: dict[str, Any], tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"plan.{ending}"
    rows = export_plan(made, path, ZONE, team=made["routes"][0]["team_code"])
    assert rows == (1 if ending in {"geojson", "gpkg"} else len(made["routes"][0]["visits"]))
    if ending == "csv":
        assert list(pd.read_csv(path)["number"]) == list(range(1, rows + 1))
    with pytest.raises(InvalidInput, match="no route"):
        export_plan(made, path, ZONE, team="nobody")


def test_a_plan_is_seen_by_its_own_scope_and_by_those_above(
    planned_town: Database, made: dict[str, Any]
) -> None:
    assert json.dumps(kept_plans.patrol_plan(planned_town, WHOLE, made["patrol_id"]), default=str)
    with pytest.raises(NotFound):
        kept_plans.patrol_plan(planned_town, Scope.of_grid(33068110901000000), made["patrol_id"])
    assert kept_plans.list_plans(planned_town, Scope.of_grid(33068110901000000)) == []


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"teams": ("T99",)}, "team-not-found"),
        ({"hotspot_run_id": 999}, "hotspot-run-not-found"),
    ],
)
def test_what_is_not_there_is_named(planned_town: Database, given: dict[str, Any], code: str) -> None:
    with pytest.raises(NotFound) as refused:
        plans.plan_patrols(planned_town, WHOLE, PatrolRequest(on=NIGHT, seconds=0.5, **given))
    assert refused.value.code == code


def test_without_a_hotspot_run_the_refusal_names_the_command(recorded_town: Database) -> None:
    with pytest.raises(InvalidInput, match="gridmap hotspots run"):
        plans.plan_patrols(recorded_town, WHOLE, PatrolRequest(on=NIGHT, seconds=0.5))


def test_a_deleted_plan_is_gone(planned_town: Database) -> None:
    asked = PatrolRequest(on=NIGHT, teams=("T02",), seconds=None, iterations=500)
    number = plans.plan_patrols(planned_town, WHOLE, asked)["patrol_id"]
    kept_plans.delete_plan(planned_town, Actor.at_the_machine(), number)
    with pytest.raises(NotFound):
        kept_plans.patrol_plan(planned_town, WHOLE, number)
