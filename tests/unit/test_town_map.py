"""The drawn map keeps its promises: a valid coverage, exact unions, real codes, roads that connect."""

from __future__ import annotations

import csv
import itertools
import json
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import pytest
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from gridmap.domain.gridkey import ancestor, level_of, make_key

DATA = Path(__file__).parents[2] / "data" / "boundaries"
LEVELS = ("town", "areas", "villages", "micro_grids")


@cache
def features(name: str) -> tuple[tuple[dict[str, Any], Any], ...]:
    found = json.loads((DATA / f"{name}.geojson").read_text("utf-8"))["features"]
    return tuple((f["properties"], shapely.from_geojson(json.dumps(f["geometry"]))) for f in found)


@cache
def metric(name: str) -> np.ndarray:
    to_metric = pyproj.Transformer.from_crs(4326, 4549, always_xy=True)

    def convert(xy: np.ndarray) -> np.ndarray:
        return np.column_stack(to_metric.transform(xy[:, 0], xy[:, 1]))

    return shapely.transform(np.array([g for _, g in features(name)]), convert)


@cache
def official() -> tuple[dict[str, str], ...]:
    with (DATA / "village_codes.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


@pytest.mark.parametrize("name", LEVELS)
def test_each_level_is_a_coverage_without_gap_or_overlap_in_degrees_and_in_metres(name: str) -> None:
    for shapes in (np.array([g for _, g in features(name)]), metric(name)):
        assert shapely.coverage_is_valid(shapes)
        assert shapely.is_valid(shapes).all()
        assert {g.geom_type for g in shapes} == {"Polygon"}


@pytest.mark.parametrize("name", LEVELS)
def test_no_level_has_holes_between_its_grids(name: str) -> None:
    whole: Any = shapely.coverage_union_all(metric(name))
    assert whole.geom_type == "Polygon"
    assert not whole.interiors
    assert shapely.area(metric(name)).sum() == pytest.approx(whole.area, abs=1e-3)


@pytest.mark.parametrize(("upper", "lower"), list(itertools.pairwise(LEVELS)))
def test_each_grid_is_the_exact_union_of_its_children(upper: str, lower: str) -> None:
    children: dict[str, list[shapely.Geometry]] = defaultdict(list)
    for properties, shape in features(lower):
        children[properties["parent_key"]].append(shape)
    assert len(children) == len(features(upper))
    for properties, shape in features(upper):
        assert shapely.equals(shapely.coverage_union_all(children[properties["grid_key"]]), shape)


@pytest.mark.parametrize(("upper", "lower"), list(itertools.pairwise(LEVELS)))
def test_areas_people_and_households_add_up(upper: str, lower: str) -> None:
    total: dict[str, np.ndarray] = defaultdict(lambda: np.zeros(3))
    for (p, _), area in zip(features(lower), shapely.area(metric(lower)), strict=True):
        total[p["parent_key"]] += (area, p["population"], p["households"])
    assert total
    for (p, _), area in zip(features(upper), shapely.area(metric(upper)), strict=True):
        assert total[p["grid_key"]][0] == pytest.approx(area, abs=1.0)
        assert tuple(total[p["grid_key"]][1:]) == (p["population"], p["households"])


def test_the_town_has_the_size_and_the_people_that_were_planned() -> None:
    areas = shapely.area(metric("villages")) / 1e6
    assert areas.sum() == pytest.approx(165, abs=0.5)
    assert np.median(areas) == pytest.approx(4.75, abs=0.3)
    assert features("town")[0][0]["population"] == 80_000
    rim = {p["name_zh"]: a for (p, _), a in zip(features("villages"), areas, strict=True)}
    assert max(rim[n] for n in ("枫一社区", "陈家社区", "楼家社区", "海角社区", "钟山社区")) < 3.2


def test_there_are_28_villages_with_the_official_codes_and_names() -> None:
    listed = {(r["code_2023"], r["name_2023"].removesuffix("委会")) for r in official()}
    assert {(p["code"], p["name_zh"]) for p, _ in features("villages")} == listed
    assert len(listed) == 28
    assert len(features("areas")) == 3


def test_every_village_has_20_to_55_micro_grids() -> None:
    count = Counter(p["parent_key"] for p, _ in features("micro_grids"))
    assert len(count) == 28
    assert all(20 <= n <= 55 for n in count.values())
    assert 950 <= sum(count.values()) <= 1100


def test_keys_follow_the_official_digits_and_name_their_parents() -> None:
    for level, name in enumerate(LEVELS, 1):
        keys = [int(p["grid_key"]) for p, _ in features(name)]
        assert len(set(keys)) == len(keys)
        for p, _ in features(name):
            key = int(p["grid_key"])
            assert level_of(key) == p["level"] == level
            assert ancestor(key, 1) == make_key(330681109)
            assert p["parent_key"] == (str(ancestor(key, level - 1)) if level > 1 else None)
            assert p["illustrative"] is True
    for p, _ in features("villages"):
        assert int(p["grid_key"]) // 1000 % 1000 == int(p["code"][-3:])
    for p, _ in features("micro_grids"):
        assert int(p["grid_key"]) % 1000 == int(p["code"][-3:])


def test_micro_grids_are_numbered_west_to_east_and_north_to_south() -> None:
    spots: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for p, shape in features("micro_grids"):
        spots[p["parent_key"]].append((shape.centroid.x, shape.centroid.y))
    assert len(spots) == 28
    for own in spots.values():
        rank = np.arange(len(own))
        x, y = np.array(own).T
        assert np.corrcoef(rank, y)[0, 1] < -0.8
        steps = np.diff(x)
        assert (steps > 0).mean() > 0.6


def test_five_former_villages_give_way_to_five_communities_on_the_same_land() -> None:
    now = {p["code"]: (p, g) for p, g in features("villages")}
    changed = {r["code_2016"]: r["code_2023"] for r in official() if r["changed_to_community"] == "1"}
    assert {p["code"]: p["successor"] for p, _ in features("former_villages")} == changed
    for old, shape in features("former_villages"):
        current, land = now[old["successor"]]
        assert shapely.equals(shape, land)
        assert old["valid_to"] == current["valid_from"] == "2019-01-01"
        assert current["predecessors"] == [old["code"]]
        assert int(old["grid_key"]) // 1000 % 1000 == int(old["code"][-3:])
    assert {p["valid_from"] for p, _ in features("villages") if "predecessors" not in p} == {"2013-01-01"}


def _road_graph(directed: bool) -> tuple[csr_array, np.ndarray, list[dict]]:
    number: dict[tuple[float, ...], int] = {}
    rows, cols, ends, kept = [], [], [], []
    for p, line in features("roads"):
        a, b = (number.setdefault(line.coords[k], len(number)) for k in (0, -1))
        ends.append((a, b))
        kept.append(p)
        rows.append(a)
        cols.append(b)
        if not (directed and p["oneway"]):
            rows.append(b)
            cols.append(a)
    shape = (len(number), len(number))
    return csr_array((np.ones(len(rows)), (rows, cols)), shape=shape), np.array(ends), kept


def test_roads_are_a_few_thousand_segments_of_every_class() -> None:
    count = Counter(p["class"] for p, _ in features("roads"))
    assert 2500 <= sum(count.values()) <= 6000
    assert set(count) == {"trunk", "secondary", "tertiary", "village", "path"}
    assert min(count.values()) > 100
    assert len({p["road_id"] for p, _ in features("roads")}) == sum(count.values())
    assert sum(p["bridge"] for p, _ in features("roads")) > 50


def test_roads_connect_but_for_a_few_footpaths() -> None:
    graph, ends, kept = _road_graph(directed=False)
    _, part = connected_components(graph, directed=False)
    main = np.bincount(part).argmax()
    stray = [p for p, (a, _) in zip(kept, ends, strict=True) if part[a] != main]
    assert len(stray) <= 12
    assert {p["class"] for p in stray} <= {"path"}


def test_every_place_on_the_road_can_be_left_and_reached_by_car() -> None:
    graph, ends, kept = _road_graph(directed=True)
    _, part = connected_components(graph, directed=True, connection="strong")
    main = np.bincount(part).argmax()
    trapped = [p for p, e in zip(kept, ends, strict=True) if (part[e] != main).any() and p["class"] != "path"]
    assert not trapped


def test_roads_meet_at_their_ends_only() -> None:
    lines = np.array([g for _, g in features("roads")])
    tree = shapely.STRtree(lines)
    one, two = tree.query(lines, predicate="crosses")
    crossing = {tuple(sorted(pair)) for pair in zip(one.tolist(), two.tolist(), strict=True)}
    assert not crossing


def test_the_trunk_road_has_two_one_way_carriageways() -> None:
    trunk = [(p, g) for p, g in features("roads") if p["class"] == "trunk"]
    assert all(p["oneway"] for p, _ in trunk)
    east = sum(g.length for _, g in trunk if g.coords[-1][0] > g.coords[0][0])
    west = sum(g.length for _, g in trunk if g.coords[-1][0] < g.coords[0][0])
    assert east == pytest.approx(west, rel=0.1)
    streets = [p for p, _ in features("roads") if p["oneway"] and p["class"] == "village"]
    assert len(streets) >= 10


def test_roads_stay_out_of_lakes_and_cross_rivers_on_bridges() -> None:
    lakes = shapely.union_all([g for p, g in features("water") if p["kind"] != "river"])
    roads = [(p, g) for p, g in features("roads") if p["class"] != "path"]
    sunk = [p["road_id"] for p, g in roads if shapely.intersection(g, lakes).length > 1e-4]
    assert len(sunk) <= 0.005 * len(roads)
    rivers = shapely.STRtree([g for p, g in features("water") if p["kind"] == "river"])
    wet = {int(i) for i in rivers.query([g for _, g in roads], predicate="crosses")[0]}
    dry_shod = [roads[i][0]["road_id"] for i in wet if not roads[i][0]["bridge"]]
    assert len(dry_shod) <= 0.1 * len(wet)


def test_water_land_and_places_lie_in_or_at_the_town() -> None:
    near = shapely.buffer(features("town")[0][1], 0.0025)
    for name in ("water", "land", "places", "roads"):
        assert all(shapely.covers(near, g) for _, g in features(name)), name
    assert {p["kind"] for p, _ in features("water")} == {"river", "reservoir", "pond"}
    assert {p["kind"] for p, _ in features("land")} == {"built", "forest", "farmland"}
    assert sum(p["kind"] == "committee" for p, _ in features("places")) == 28


def test_the_files_stay_small_and_say_that_they_are_illustrative() -> None:
    assert sum(f.stat().st_size for f in DATA.iterdir()) < 12e6
    for file in DATA.glob("*.geojson"):
        head = file.read_text("utf-8").split("\n", 1)[0]
        assert "示意边界" in head
        assert "Illustrative" in head
