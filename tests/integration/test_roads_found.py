"""Roads as towns have them: what failed in use comes out right, junctions are those that the source names."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely

from gridmap.domain.gridkey import Scope
from gridmap.errors import InvalidInput
from gridmap.services.ground.road_imports import RoadImport, import_roads
from gridmap.services.ground.roads import find_reach, find_route, forget_roads
from gridmap.services.imports.records import ImportOptions
from gridmap.storage.database import Database

WHOLE = Scope.whole()


@pytest.fixture
def roads(blank: Database, found_in_use: Path) -> tuple[Database, Path]:
    return blank, found_in_use / "roads"


def bring(database: Database, path: Path) -> RoadImport:
    done = import_roads(database, WHOLE, path, ImportOptions())
    assert done.result.committed
    return done


def route(database: Database, mode: str, *, start: tuple[float, float], end: tuple[float, float]) -> float:
    """Kilometres of the way."""
    return find_route(database, WHOLE, start, end, mode).length_m / 1000


def notices(done: RoadImport) -> set[str]:
    return {notice.code for notice in done.result.warnings}


def test_an_extract_with_today_s_numbers_is_read(roads: tuple[Database, Path]) -> None:
    database, folder = roads
    done = bring(database, folder / "Helsinki.osm.pbf")
    assert done.report is not None
    assert done.result.inserted == pytest.approx(4344, abs=40)
    assert done.report.network.length_m / 1000 == pytest.approx(90.6, abs=0.5)


def test_numbers_far_apart_and_unsaved_ones_are_read(roads: tuple[Database, Path]) -> None:
    database, folder = roads
    assert bring(database, folder / "spread_ids.osm").result.inserted == 21
    assert bring(database, folder / "negative_ids.osm").result.inserted == 2


def test_no_road_is_joined_with_one_of_another_layer_but_at_a_node_of_both(
    roads: tuple[Database, Path],
) -> None:
    database, folder = roads
    done = bring(database, folder / "bridge_split_over_vertex.osm")
    assert done.report is not None
    assert done.report.cut == ()
    found = find_route(database, WHOLE, (120.4300, 29.7820), (120.4320, 29.7800), "car")
    assert found.length_m / 1000 == pytest.approx(1.69, abs=0.02)
    assert [s.name for s in found.streets] == ["upper-1", "upper-2", "round", "lower"]


def test_what_is_not_followed_is_counted(roads: tuple[Database, Path]) -> None:
    database, folder = roads
    assert "osm-conditional" in notices(bring(database, folder / "conditional_impassable.osm"))
    for lat in (29.7810, 29.7820):
        with pytest.raises(InvalidInput) as caught:
            route(database, "car", start=(120.6110, lat), end=(120.6150, lat))
        assert caught.value.code == "route-none"
    assert route(database, "foot", start=(120.6110, 29.7810), end=(120.6150, 29.7810)) == pytest.approx(
        0.39, abs=0.02
    )


def test_a_forbidden_turn_is_not_taken_and_nobody_turns_back_on_the_way(roads: tuple[Database, Path]) -> None:
    database, folder = roads
    done = bring(database, folder / "no_left_turn.osm")
    assert "osm-turns" in notices(done)
    assert done.report is not None
    assert (done.report.turns, done.report.lost_turns) == (1, ())
    ends = {"start": (120.4900, 29.7800), "end": (120.4920, 29.7819)}
    assert route(database, "car", **ends) == pytest.approx(0.81, abs=0.01)
    assert route(database, "bike", **ends) == pytest.approx(0.81, abs=0.01)
    assert route(database, "foot", **ends) == pytest.approx(0.40, abs=0.01)
    assert route(database, "car", start=ends["end"], end=ends["start"]) == pytest.approx(0.40, abs=0.01)
    # Read from the workspace's folder in place of the roads.
    forget_roads()
    assert route(database, "car", **ends) == pytest.approx(0.81, abs=0.01)
    near = find_reach(database, WHOLE, ends["start"], 1.2, "car")
    far = find_reach(database, WHOLE, ends["start"], 2.1, "car")
    spot = shapely.Point(120.4920, 29.7810)
    assert not near.outline.buffer(1e-5).contains(spot)
    assert far.outline.buffer(1e-5).contains(spot)
    assert find_reach(database, WHOLE, ends["start"], 1.2, "foot").outline.is_valid


def test_a_lane_against_a_one_way_street_is_ridden(roads: tuple[Database, Path]) -> None:
    database, folder = roads
    bring(database, folder / "cycleway_left_contraflow.osm")
    ends = {"start": (120.5230, 29.7800), "end": (120.5210, 29.7800)}
    assert route(database, "bike", **ends) == pytest.approx(0.19, abs=0.01)
    with pytest.raises(InvalidInput, match="没有可走的路"):
        route(database, "car", **ends)


def test_a_ferry_takes_the_time_that_it_tells(roads: tuple[Database, Path]) -> None:
    database, folder = roads
    bring(database, folder / "ferry.osm")
    found = find_route(database, WHOLE, (120.5510, 29.7800), (120.5570, 29.7800), "foot")
    on_foot_s = 2 * 96.7 / (4.5 / 3.6)
    assert (found.seconds - on_foot_s) / 60 == pytest.approx(10, abs=0.1)


def test_a_locked_gate_lets_no_car_through(roads: tuple[Database, Path]) -> None:
    database, folder = roads
    bring(database, folder / "gate_locked.osm")
    with pytest.raises(InvalidInput, match="没有可走的路"):
        route(database, "car", start=(120.5810, 29.7800), end=(120.5830, 29.7800))


def test_a_place_goes_to_the_nearest_road_from_which_one_can_come_and_go(
    roads: tuple[Database, Path],
) -> None:
    database, folder = roads
    bring(database, folder / "island_yard.osm")
    found = find_route(database, WHOLE, (120.6410, 29.7800), (120.6450, 29.78025), "car")
    assert [s.name for s in found.streets] == ["main"]
    assert found.end_off_m == pytest.approx(28, abs=2)
