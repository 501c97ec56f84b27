"""Streets and banks are brought in as lines, walked in a plan, and left at their other end."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from flask.testing import FlaskClient
from sqlalchemy import text

from gridmap import crs
from gridmap.analysis.patrol import Stop, Team
from gridmap.analysis.patrol.build import may_visit
from gridmap.domain.accounts import Actor
from gridmap.domain.gridkey import Scope
from gridmap.domain.patrols import KeptVisit
from gridmap.domain.shown_plans import WholePlan
from gridmap.services import single_records
from gridmap.services.house import IMPORT_KINDS
from gridmap.services.imports import history
from gridmap.services.imports.records import ImportOptions, ImportResult, import_records
from gridmap.services.patrols.ask.fixed_points import LAYER, list_points, stop_of
from gridmap.services.patrols.ask.request import PatrolRequest
from gridmap.services.patrols.follow.tracks import Track, found_in
from gridmap.services.patrols.keep.codec import load_kept
from gridmap.services.patrols.keep.files import export_plan
from gridmap.services.patrols.keep.plans import kept_plan
from gridmap.services.patrols.make.changed import Changed
from gridmap.services.patrols.make.changes import replan_patrol
from gridmap.services.patrols.make.plans import plan_patrols
from gridmap.services.workspace.exports import export_layer
from gridmap.storage.database import Database
from tests.doors import client_of

WHOLE = Scope.whole()
KEEPER = Actor.at_the_machine()
NIGHT = dt.date(2026, 11, 20)
HEADINGS = "必到点编号,名称,路线,经度,纬度,走向要求,下车步行,停留分钟\n"
STREET = "120.41641,29.7871; 120.41619,29.78831; 120.41589,29.78943"
BANK = "120.4130,29.7840; 120.4150,29.7836; 120.4175,29.7838"
ROWS = (
    f'L01,大溪路商业街,"{STREET}",,,,,\n'
    f'L02,枫溪江岸,"LINESTRING ({BANK.replace(",", " ").replace(";", ",")})",,,单向,是,\n'
    "B21,山塘,,120.41901598,29.78303598,,是,6\n"
)


def bring(database: Database, path: Path, words: str = HEADINGS + ROWS) -> ImportResult:
    path.write_text(words, "utf-8")
    return import_records(database, WHOLE, IMPORT_KINDS["fixed_points"], path, ImportOptions())


@pytest.fixture(scope="module")
def town(hot_town: Database, tmp_path_factory: pytest.TempPathFactory) -> Database:
    done = bring(hot_town, tmp_path_factory.mktemp("segments") / "segments.csv")
    assert (done.inserted, done.refused) == (3, 0)
    return hot_town


@pytest.fixture(scope="module")
def tonight(town: Database) -> WholePlan:
    asked = PatrolRequest(on=NIGHT, seed=5, seconds=None, iterations=1_500, teams=("T02", "T06"))
    return plan_patrols(town, WHOLE, asked)


@pytest.fixture(scope="module")
def client(town: Database) -> FlaskClient:
    return client_of(town)


def visit_to(plan: WholePlan, stop: str) -> tuple[Any, Any]:
    return next((r, v) for r in plan["routes"] for v in r["visits"] if v["stop"] == stop)


def seconds(visit: Any) -> float:
    begin, end = (dt.datetime.fromisoformat(visit[k]) for k in ("start", "leave"))
    return (end - begin).total_seconds()


def seconds_of(visit: KeptVisit) -> float:
    return (visit.leave - visit.start).total_seconds()


def test_a_segment_is_kept_as_a_line_whose_middle_is_its_place(town: Database) -> None:
    rows = {row["code"]: row for row in list_points(town, WHOLE)}
    line = shapely.from_wkt(rows["L01"]["line"])
    assert len(line.coords) == 3
    assert line.distance(shapely.Point(rows["L01"]["lon"], rows["L01"]["lat"])) < 1e-7
    assert (rows["L02"]["direction"], rows["L02"]["on_foot"]) == ("forward", True)
    assert rows["B21"]["line"] is None
    with town.scoped_session(WHOLE) as session:
        told = session.execute(
            text("select ST_GeometryType(line), ST_SRID(line) from fixed_points where code = 'L01'")
        )
        assert tuple(told.one()) == ("ST_LineString", 4326)


def test_a_segment_is_gone_along_and_left_at_its_other_end(town: Database, tonight: WholePlan) -> None:
    route, visit = visit_to(tonight, "L01")
    along = visit["along"]
    assert along is not None
    assert "left" not in along
    # The street of 264 m is a road: the way along it is its length.
    assert along["length_m"] == pytest.approx(264, rel=0.05)
    assert seconds(visit) == pytest.approx(along["seconds"], abs=1)
    inputs, made, _ = load_kept(town, WHOLE, tonight["patrol_id"])
    kept = next(v for r in made.routes for v in r.visits if v.stop == "L01")
    assert kept.onward != kept.place
    mine = next(r for r in made.routes if kept in r.visits)
    after = mine.visits[mine.visits.index(kept) + 1] if mine.visits[-1] is not kept else None
    team = next(t for t in made.teams if t.id == mine.team)
    matrix = inputs.roads.travel_s[team.mode] / team.speed
    if after is not None:
        assert after.travel_s == pytest.approx(matrix[kept.onward, after.place], abs=1e-6)
    assert "另一端" in visit["stand_zh"]
    assert "other end" in visit["stand_en"]
    assert route["team_code"] in {"T02", "T06"}


def test_nobody_rushes_along_a_segment_and_the_pace_is_told(town: Database, tonight: WholePlan) -> None:
    route, visit = visit_to(tonight, "L01")
    kmh = {"foot": 4.0, "bike": 8.0, "car": 10.0}[route["mode"]]
    assert seconds(visit) >= visit["along"]["length_m"] / (kmh / 3.6) - 1
    assert f"时速不超过 {kmh:g} 公里" in visit["stand_zh"]
    assert f"at {kmh:g} km/h at most" in visit["stand_en"]
    # A car could pass it in 40 seconds.
    inputs, _, _ = load_kept(town, WHOLE, tonight["patrol_id"])
    (street,) = [stop for stop in inputs.stops if stop.id == "L01"]
    for way in street.ways:
        assert way.lasts_s(street.dwell_s, 5.0) >= 264 * 0.95 / ({"bike": 8.0, "car": 10.0}[way.mode] / 3.6)


def test_a_vehicle_is_left_for_a_bank_and_come_back_to_and_the_walk_takes_its_time(
    town: Database, tonight: WholePlan
) -> None:
    _, visit = visit_to(tonight, "L02")
    along = visit["along"]
    lon, lat = along["left"]
    assert (visit["lon"], visit["lat"]) == pytest.approx((lon, lat), abs=2e-5)
    assert (visit["spot_lon"], visit["spot_lat"]) == pytest.approx((lon, lat), abs=2e-5)
    assert along["length_m"] > along["aside_m"] > 0
    # 4.5 km/h is the fastest that anybody walks here, and 4 km/h along what is looked at.
    slowly = (along["length_m"] - along["aside_m"]) / (4.0 / 3.6)
    assert seconds(visit) >= slowly + along["aside_m"] / (4.5 / 3.6) - 1
    assert "停在" in visit["stand_zh"]
    assert "回到" in visit["stand_zh"]
    assert visit["stand_en"].startswith("Leave the ")


def test_a_point_on_foot_is_walked_to_from_the_vehicle_and_back(tonight: WholePlan) -> None:
    _, visit = visit_to(tonight, "B21")
    assert visit["along"]["left"]
    assert visit["along"]["aside_m"] == pytest.approx(visit["along"]["length_m"])
    assert seconds(visit) == pytest.approx(360 + visit["along"]["length_m"] / (4.4 / 3.6), rel=0.1)


def test_a_line_told_in_one_direction_is_gone_in_that_direction(town: Database, tonight: WholePlan) -> None:
    inputs, _, _ = load_kept(town, WHOLE, tonight["patrol_id"])
    drawn = np.array([[float(x) for x in at.split(",")] for at in BANK.split(";")])
    for way in inputs.about["L02"]["ways"]:
        at = np.array(way["coordinates"])
        first, last = (int(np.hypot(*(at - end).T).argmin()) for end in (drawn[0], drawn[-1]))
        assert first < last
    assert len(inputs.stops) == len({stop.id for stop in inputs.stops})
    (bank,) = [stop for stop in inputs.stops if stop.id == "L02"]
    assert {way.on_foot for way in bank.ways} == {True}
    (street,) = [stop for stop in inputs.stops if stop.id == "L01"]
    assert {(way.begins < way.ends) for way in street.ways if way.mode == "car"} == {True, False}


def test_what_nobody_has_a_way_along_is_no_stop_at_its_middle(town: Database) -> None:
    rows = {row["code"]: row for row in list_points(town, WHOLE)}
    usual = Stop("", 1, 5.0, 600.0)
    crew = [Team(mode, 0, 0, mode, 0.0, 10_000.0) for mode in ("car", "bike", "foot")]
    for code in ("L01", "L02", "B21"):
        lost = stop_of(rows[code], usual, None, rows[code]["grid_key"])
        assert not any(may_visit(team, lost) for team in crew), code
    staid = {**rows["B21"], "on_foot": False}
    stay = stop_of(staid, usual, None, staid["grid_key"])  # type: ignore[arg-type]
    assert all(may_visit(team, stay) for team in crew)


def test_the_routes_line_goes_along_what_is_walked_and_is_cut_where_each_leg_ends(
    town: Database, tonight: WholePlan
) -> None:
    kept = kept_plan(town, WHOLE, tonight["patrol_id"])
    assert kept.epsg is not None
    walked = 0
    for route in kept.routes:
        for way, line in zip(route.ways(), route.lines(kept.epsg), strict=True):
            assert line.length == pytest.approx(way.leg.length_m, abs=0.5)
            if way.along is not None and way.along.stop == "L01":
                (street,) = crs.geometries_from_wgs84(
                    [shapely.LineString([[float(x) for x in at.split(",")] for at in STREET.split(";")])],
                    kept.epsg,
                )
                assert line.hausdorff_distance(street) < 20
                walked += 1
    assert walked == 1


def test_a_team_is_on_the_line_while_it_goes_along_it(town: Database, tonight: WholePlan) -> None:
    kept = kept_plan(town, WHOLE, tonight["patrol_id"])
    route, visit = next((r, v) for r in kept.routes for v in r.visits if v.stop == "L02")
    places = [route.place_at(visit.start + (visit.leave - visit.start) * share) for share in (0.0, 0.5, 0.9)]
    assert {place.stop for place in places} == {"L02"}
    assert len({(place.lon, place.lat) for place in places}) == 3


def test_who_walks_along_a_line_has_been_there_for_all_of_its_time(
    town: Database, tonight: WholePlan
) -> None:
    kept = kept_plan(town, WHOLE, tonight["patrol_id"])
    assert kept.epsg is not None
    route, visit = next((r, v) for r in kept.routes for v in r.visits if v.stop == "L02")
    moments = [visit.start + dt.timedelta(seconds=s) for s in range(0, int(seconds_of(visit)), 20)]
    at = [route.place_at(moment) for moment in moments]
    xy = np.column_stack(crs.from_wgs84([p.lon for p in at], [p.lat for p in at], kept.epsg))
    times = np.array([(moment - kept.begins_at).total_seconds() for moment in moments])
    visits, driven = found_in(kept, {route.team_code: Track(times, xy)})
    (seen,) = [v for v in visits if v["stop"] == "L02"]
    assert abs((seen["arrived_at"] - visit.start).total_seconds()) <= 60
    assert abs((seen["left_at"] - visit.leave).total_seconds()) <= 60
    # What was walked is told in metres, too.
    assert visit.along is not None
    assert any(d["length_m"] == pytest.approx(visit.along.length_m, abs=1) for d in driven)


def test_files_of_a_plan_tell_both_ends_and_the_walk(
    town: Database, tonight: WholePlan, tmp_path: Path
) -> None:
    export_plan(tonight, tmp_path / "plan.gpx", town.settings.timezone)
    gpx = (tmp_path / "plan.gpx").read_text("utf-8")
    assert re.search("<name>T0[26]-[0-9]+ 大溪路商业街 起 start</name>", gpx)
    assert re.search("<name>T0[26]-[0-9]+ 大溪路商业街 终 end</name>", gpx)
    export_plan(tonight, tmp_path / "plan.html", town.settings.timezone)
    page = (tmp_path / "plan.html").read_text("utf-8")
    assert "从另一端离开" in page
    assert "步行" in page
    assert re.search("<figcaption>[0-9]+ 起 start</figcaption>", page)
    assert re.search("<figcaption>[0-9]+ 终 end</figcaption>", page)
    export_plan(tonight, tmp_path / "plan.csv", town.settings.timezone)
    assert "metres_along" in (tmp_path / "plan.csv").read_text("utf-8")


def test_a_plan_with_a_segment_is_changed_on_its_way_and_goes_on_from_the_far_end(
    town: Database, tonight: WholePlan
) -> None:
    _, visit = visit_to(tonight, "L01")
    at = dt.datetime.fromisoformat(visit["leave"]).strftime("%Y-%m-%d %H:%M")
    again = replan_patrol(town, WHOLE, tonight["patrol_id"], Changed(at), seed=5, iterations=300)
    assert visit_to(again, "L01")[1]["along"] == visit["along"]
    _, before, _ = load_kept(town, WHOLE, tonight["patrol_id"])
    _, after, _ = load_kept(town, WHOLE, again["patrol_id"])
    kept = [next(v for r in p.routes for v in r.visits if v.stop == "L01") for p in (before, after)]
    assert kept[0] == kept[1]


def test_segments_are_exported_as_lines_and_come_back_unchanged(town: Database, tmp_path: Path) -> None:
    for name, system in (
        ("a.geojson", "EPSG:4326"),
        ("b.gpkg", "EPSG:4490"),
        ("c.csv", "GCJ-02"),
        ("d.xlsx", "EPSG:4326"),
    ):
        path = tmp_path / name
        export_layer(town, WHOLE, LAYER, path, target_crs=system)
        options = ImportOptions(crs=system)
        done = import_records(town, WHOLE, IMPORT_KINDS["fixed_points"], path, options)
        assert (done.inserted, done.updated, done.refused) == (0, 0, 0), name


def test_a_place_beside_a_blank_line_leaves_a_segment_where_it_is_and_says_so(
    town: Database, tmp_path: Path
) -> None:
    before = {row["code"]: row for row in list_points(town, WHOLE)}
    for n, words in enumerate(
        (
            "必到点编号,名称,路线,经度,纬度\nL01,大溪路商业街,,120.4200,29.7871\nB21,山塘,,120.41901598,29.78303598\n",
            "必到点编号,经度,纬度\nL01,120.4200,29.7871\n",
        )
    ):
        done = bring(town, tmp_path / f"{n}.csv", words)
        assert (done.inserted, done.updated, done.refused) == (0, 0, 0)
        told = next(w for w in done.warnings if w.code == "segment-stays")
        assert ("L01" in told.zh, "L01" in told.en, "B21" in told.en) == (True, True, False)
    assert {row["code"]: row for row in list_points(town, WHOLE)} == before


def test_a_segment_becomes_a_point_where_its_line_is_emptied_or_a_point_stands_in_its_stead(
    town: Database, tmp_path: Path
) -> None:
    before = {row["code"]: row for row in list_points(town, WHOLE)}
    for name, words in (
        ("emptied.csv", "必到点编号,名称,路线,经度,纬度\nL01,大溪路商业街,[清空],120.42,29.7871\n"),
        ("few.csv", "必到点编号,路线,经度,纬度\nL01,[clear],120.42,29.7871\n"),
        ("point.csv", "必到点编号,名称,路线\nL01,大溪路商业街,POINT (120.42 29.7871)\n"),
    ):
        done = bring(town, tmp_path / name, words)
        assert (done.inserted, done.updated, done.unchanged, done.refused) == (0, 1, 0, 0), name
        assert not [w for w in done.warnings if w.code == "segment-stays"]
        now = next(row for row in list_points(town, WHOLE) if row["code"] == "L01")
        assert (now["line"], now["lon"], now["lat"]) == (None, 120.42, 29.7871), name
        assert done.run_id is not None
        assert not history.undo_import(town, KEEPER, IMPORT_KINDS, done.run_id, "试").left
        assert {row["code"]: row for row in list_points(town, WHOLE)} == before, name


def test_a_line_that_is_put_right_by_hand_moves_its_place_and_is_taken_back(town: Database) -> None:
    before = next(row for row in list_points(town, WHOLE) if row["code"] == "L01")
    act = single_records.change(
        town, KEEPER, "fixed_points", "L01", {"line": "120.4200,29.7871; 120.4200,29.7890"}, "重画"
    )
    moved = next(row for row in list_points(town, WHOLE) if row["code"] == "L01")
    assert (moved["lon"], moved["lat"]) == pytest.approx((120.42, 29.78805), abs=1e-5)
    assert not history.undo_import(town, KEEPER, IMPORT_KINDS, act, "画错").left
    assert next(row for row in list_points(town, WHOLE) if row["code"] == "L01") == before


def test_the_api_gives_segments_as_lines_with_their_length(client: FlaskClient) -> None:
    features = client.get("/api/v1/fixed-points").get_json()["features"]
    segment = next(f for f in features if f["properties"]["code"] == "L01")
    assert segment["geometry"]["type"] == "LineString"
    assert segment["properties"]["length_m"] == pytest.approx(264, abs=5)
    assert {"lon", "lat", "direction", "on_foot"} <= segment["properties"].keys()


def test_a_segment_drawn_on_the_map_begins_its_record_and_is_kept(
    client: FlaskClient, town: Database
) -> None:
    page = client.get("/records/fixed_points?line=120.4150,29.7880;120.4160,29.7885").get_data(as_text=True)
    assert "120.415000,29.788000; 120.416000,29.788500" in page
    for wrong in ("120.4150,29.7880", "a,b;c,d", "29.7,120.4;29.8,120.4", ";".join(["120.4,29.7"] * 501)):
        assert client.get(f"/records/fixed_points?line={wrong}").status_code == 422
    fields = {"name_zh": "新街", "kind": "market", "line": "120.4150,29.7880; 120.4160,29.7885"}
    added = client.post(
        "/api/v1/records/fixed_points", json={"code": "L77", "fields": fields, "reason": "新划"}
    ).get_json()
    assert next(row for row in list_points(town, WHOLE) if row["code"] == "L77")["line"] is not None
    undone = client.post(f"/api/v1/imports/{added['import_id']}/undo", json={"reason": "试画"})
    assert undone.get_json()["left"] == []
