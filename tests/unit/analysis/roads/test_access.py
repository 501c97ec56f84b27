"""Who may use a road decides where a mode goes: said of the road, or else by its class."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely

from gridmap.analysis.roads import MODES, SPEED_KMH, Mode, Router, Snapper, build_graph, isochrone
from gridmap.analysis.roads.modes import speeds
from gridmap.analysis.roads.noding import node_lines
from gridmap.domain.road_access import BARRIERS, stopped_by
from gridmap.domain.spellings import BARRIERS as BARRIER_SPELLINGS
from gridmap.domain.spellings import ROAD_CLASSES


def kmh(road_class: str, mode: Mode, said: str | None = None) -> float:
    return float(speeds([road_class], [np.nan], [None], mode, [said])[0] * 3.6)


def test_every_class_that_can_be_imported_has_speeds_and_every_barrier_a_rule() -> None:
    assert set(ROAD_CLASSES.values()) == set(SPEED_KMH)
    assert set(BARRIER_SPELLINGS.values()) == set(BARRIERS)


@pytest.mark.parametrize(
    ("road_class", "said", "expected"),
    [
        ("motorway", None, (0.0, 0.0, 90.0)),
        ("steps", None, (2.0, 0.0, 0.0)),
        ("steps", "yes", (2.0, 0.0, 0.0)),
        ("footway", None, (4.5, 4.0, 0.0)),
        ("footway", "yes", (4.5, 8.0, 10.0)),
        ("footway", "dismount", (4.5, 4.0, 0.0)),
        ("tertiary", "dismount", (4.5, 4.0, 35.0)),
        ("cycleway", None, (4.5, 14.0, 0.0)),
        ("tertiary", "yes", (4.5, 14.0, 35.0)),
        ("tertiary", "destination", (4.5, 14.0, 35.0)),
        ("tertiary", "no", (0.0, 0.0, 0.0)),
    ],
)
def test_what_is_said_of_a_road_goes_before_its_class(
    road_class: str, said: str | None, expected: tuple[float, float, float]
) -> None:
    assert tuple(kmh(road_class, mode, said) for mode in MODES) == pytest.approx(expected)


def test_a_bollard_turns_cars_back_and_lets_bikes_through() -> None:
    xs = [0, 499, 500, 501, 1000]
    lines = [shapely.LineString([(a, 0), (b, 0)]) for a, b in itertools.pairwise(xs)]
    lines.append(shapely.LineString([(0, 0), (0, 300), (1000, 300), (1000, 0)]))
    n = len(lines)
    closed = [None, "no", "no", None, None]
    graph = build_graph(
        lines, road_class=["village"] * n, oneway=["no"] * n, speed_kmh=[36.0] * n, surface=[None] * n,
        names=[None] * n, permission={"car": closed},
    )  # fmt: skip
    metres = {}
    for mode in MODES:
        router = Router(graph, mode)
        metres[mode] = router.path(router.snap([400, 0]), router.snap([600, 0])).length_m
    assert metres == pytest.approx({"foot": 200.0, "bike": 200.0, "car": 400.0 + 1600.0 + 400.0})


def test_bikes_go_against_a_one_way_street_that_is_open_to_them() -> None:
    lines = [shapely.LineString([(0, 0), (100, 0)]), shapely.LineString([(100, 0), (200, 0)])]

    def back(mode: Mode, of_bikes: list[str | None] | None) -> float:
        graph = build_graph(
            lines, road_class=["village"] * 2, oneway=["yes", "yes"], speed_kmh=[36.0] * 2, surface=[None] * 2,
            names=[None] * 2, oneway_bike=of_bikes,
        )  # fmt: skip
        router, snapper = Router(graph, mode), Snapper(graph, mode)
        return float(router.cost_matrix(snapper.snap([150, 0]), snapper.snap([50, 0]))[0, 0])

    assert np.isinf(back("bike", None))
    assert np.isinf(back("bike", [None, "no"]))
    assert np.isfinite(back("bike", ["no", "no"]))
    assert np.isinf(back("car", ["no", "no"]))


def test_the_area_from_which_a_place_is_reached_lies_the_other_way_on_one_way_streets() -> None:
    lines = [shapely.LineString([(x, y), (x + 100, y)]) for x in range(0, 1000, 100) for y in (0, 1)]
    n = len(lines)
    graph = build_graph(
        lines, road_class=["village"] * n, oneway=["yes"] * n, speed_kmh=[36.0] * n, surface=[None] * n,
        names=[None] * n,
    )  # fmt: skip
    router = Router(graph, "car")
    ahead, behind = (isochrone(router, [500, 0], 20.0, arriving=arriving) for arriving in (False, True))
    # What is beside the road is reached on foot: the outline of ways in a line is wider than the line.
    assert (round(ahead.bounds[0], -2), round(ahead.bounds[2], -2)) == (500, 700)
    assert (round(behind.bounds[0], -2), round(behind.bounds[2], -2)) == (300, 500)


def test_an_area_within_reach_holds_a_long_street_of_which_no_end_is_met_in_time() -> None:
    graph = build_graph(
        np.array([shapely.LineString([(0, 0), (10_000, 0)])], dtype=object), road_class=["village"], oneway=["no"],
        speed_kmh=[36.0], surface=[None], names=[None],
    )  # fmt: skip
    outline = isochrone(Router(graph, "car"), [5000, 0], 100.0)
    assert outline.covers(shapely.LineString([(4001, 0), (5999, 0)]))


def test_a_place_at_the_junction_of_one_way_streets_is_reached_from_all_that_lead_there() -> None:
    lines = [
        shapely.LineString(ends)
        for ends in ([(0, 0), (100, 0)], [(100, -77), (100, 0)], [(100, 0), (200, 0)])
    ]
    graph = build_graph(
        np.array(lines, dtype=object), road_class=["village"] * 3, oneway=["yes"] * 3, speed_kmh=[36.0] * 3,
        surface=[None] * 3, names=[None] * 3,
    )  # fmt: skip
    router = Router(graph, "car")
    for x in (100 - 1e-7, 100, 100 + 1e-7):
        found = router.cost_matrix(router.snap([[50, 0], [100, -50]]), router.snap([x, 0]))
        assert found[:, 0] == pytest.approx([5.0, 5.0])


def test_roads_drawn_twice_are_kept_where_different_people_may_use_them() -> None:
    line = shapely.LineString([(0, 0), (100, 0)])
    kept = node_lines([line, line, line], bridge=[False] * 3, permission=["a", "b", "a"])
    assert kept.source.tolist() == [0, 1]
    assert kept.duplicate.tolist() == [2]


@pytest.mark.parametrize(
    ("barrier", "said", "stopped"),
    [
        (None, {}, set()),
        ("gate", {}, set()),
        ("bollard", {}, {"car"}),
        ("bollard", {"access": "no"}, {"foot", "bike", "car"}),
        ("bollard", {"access": "yes"}, {"car"}),
        ("bollard", {"motor_vehicle": "destination"}, set()),
        ("stile", {"bicycle": "yes"}, {"car"}),
    ],
)
def test_whom_a_barrier_stops(barrier: str | None, said: dict[str, str | None], stopped: set[str]) -> None:
    assert stopped_by(barrier, said) == stopped
