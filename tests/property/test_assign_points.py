"""Every point gets the grid that a slow look at each polygon gives it, wherever it lies."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from gridmap.analysis.reach.assign import PolygonLocator, assign_to_grids
from gridmap.domain.gridkey import LEVELS, SUBTREE_SIZE, level_of, make_key
from gridmap.errors import InvalidInput
from tests.strategies import lattice_polygons, moved, transforms

KEYS_OF_LEVEL = {
    1: [make_key(t) for t in (330681109, 330681110, 330681200)],
    2: [make_key(330681109, a) for a in (1, 2, 50)],
    3: [make_key(330681109, 1, v) for v in (1, 2, 999)],
    4: [make_key(330681109, 1, 1, m) for m in (1, 2, 999)],
}


def covers_first(polygons: list[BaseGeometry], point: BaseGeometry) -> int:
    """The oracle: the first polygon that covers the point."""
    return next((i for i, polygon in enumerate(polygons) if polygon.covers(point)), -1)


def awkward_points(polygons: list[BaseGeometry], rng: np.random.Generator) -> np.ndarray[Any, Any]:
    """Corners, points on edges, points a hair off them, points in the open, and points far away."""
    rings = shapely.get_coordinates(polygons)
    lines = shapely.get_parts(shapely.boundary(np.asarray(polygons, dtype=object)))
    along = shapely.get_coordinates(
        shapely.line_interpolate_point(lines, rng.random(len(lines)), normalized=True)
    )
    centres = shapely.get_coordinates(shapely.envelope(polygons))
    at = np.vstack([rings, along, shapely.get_coordinates(shapely.point_on_surface(polygons))])
    # Level and upright with corners, where a ray meets a vertex or runs along an edge.
    crossed = np.column_stack([rng.permutation(at[:, 0]), rng.permutation(at[:, 1])])
    hairs = [np.nextafter(at, at + d) for d in (np.array([1.0, 0]), np.array([-1.0, 0]), np.array([0, 1.0]))]
    low, high = at.min(axis=0), at.max(axis=0)
    span = high - low
    inside = rng.uniform(low - span / 10, high + span / 10, (20, 2))
    far = np.array([low - 1e6 * span, high + 1e6 * span, [low[0], high[1] + span[1]], [1e300, -1e300]])
    return np.vstack([at, crossed, *hairs, inside, far, centres])


@settings(deadline=None, max_examples=150)
@given(st.lists(lattice_polygons(), min_size=1, max_size=6), transforms(), st.integers(0, 2**32 - 1))
def test_a_point_goes_to_the_first_polygon_that_covers_it(
    shapes: list[BaseGeometry], by: tuple[float, float, float], seed: int
) -> None:
    polygons = [p for p in (moved(shape, by) for shape in shapes) if p.is_valid]
    if not polygons:
        return
    points = awkward_points(polygons, np.random.default_rng(seed))
    found = PolygonLocator(polygons).locate(points[:, 0], points[:, 1])
    expected = [covers_first(polygons, point) for point in shapely.points(points)]
    assert found.tolist() == expected


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 2**32 - 1), st.integers(3, 40), st.sampled_from([1.0, 1e-7, 1e9]))
def test_near_misses_of_slanted_edges_are_told_apart(seed: int, corners: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
    radius = rng.uniform(0.3, 1, corners)
    offset = rng.uniform(-100, 100, 2) * scale
    ring = np.column_stack([np.cos(angles), np.sin(angles)]) * radius[:, None] * scale + offset
    polygon = shapely.Polygon(ring)
    if not polygon.is_valid or polygon.area == 0:
        return
    share = rng.random((200, 1))
    edge = rng.integers(0, corners, 200)
    on = ring[edge] + share * (np.roll(ring, -1, axis=0)[edge] - ring[edge])
    points = on.copy()
    for _ in range(3):
        points = np.vstack([points, np.nextafter(points[-200:], rng.choice([-np.inf, np.inf], (200, 2)))])
    found = PolygonLocator([polygon]).locate(points[:, 0], points[:, 1])
    assert found.tolist() == [covers_first([polygon], p) for p in shapely.points(points)]


def frame(levels: list[int], keys: list[int], shapes: list[BaseGeometry]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"grid_key": keys, "level": levels}, geometry=shapes, crs="EPSG:4326")


@st.composite
def grid_frames(draw: st.DrawFn) -> gpd.GeoDataFrame:
    """Grids of any levels, in any order, that may overlap."""
    levels: list[int] = []
    keys: list[int] = []
    for level in LEVELS:
        chosen = draw(st.lists(st.sampled_from(KEYS_OF_LEVEL[level]), unique=True, max_size=3))
        levels += [level] * len(chosen)
        keys += chosen
    order = draw(st.permutations(range(len(keys))))
    shapes = [draw(lattice_polygons()) for _ in keys]
    return frame([levels[i] for i in order], [keys[i] for i in order], [shapes[i] for i in order])


@settings(deadline=None, max_examples=100)
@given(grid_frames(), st.integers(0, 2**32 - 1))
def test_assignment_is_the_lowest_key_of_the_deepest_level(grids: gpd.GeoDataFrame, seed: int) -> None:
    shapes = grids.geometry.tolist()
    rng = np.random.default_rng(seed)
    points = awkward_points(shapes, rng) if shapes else rng.uniform(-1, 1, (10, 2))
    found = assign_to_grids(points, grids)
    for at, key, level in zip(shapely.points(points), found.grid_key, found.level, strict=True):
        held = [
            (-lv, k)
            for lv, k, shape in zip(grids["level"], grids["grid_key"], shapes, strict=True)
            if shape.covers(at)
        ]
        best = min(held, default=(0, 0))
        assert (-level, key) == best
    assert set(found.unmatched.tolist()) == {i for i, key in enumerate(found.grid_key) if key == 0}
    for level in LEVELS:
        for key, deepest, at_level in zip(found.grid_key, found.level, found.at_level(level), strict=True):
            expected = key - key % SUBTREE_SIZE[level] if deepest >= level else 0
            assert at_level == expected


def square(x: float, y: float, size: float = 1.0) -> BaseGeometry:
    return shapely.box(x, y, x + size, y + size)


def quarters() -> gpd.GeoDataFrame:
    """Four villages around a point, the highest key first."""
    keys = [make_key(330681109, 1, v) for v in (4, 3, 2, 1)]
    return frame([3] * 4, keys, [square(0, 0), square(1, 0), square(0, 1), square(1, 1)])


@pytest.mark.parametrize(
    ("at", "village"),
    [
        ((1.0, 1.0), 1),
        ((1.0, 0.5), 3),
        ((0.5, 1.0), 2),
        ((1.0, 1.5), 1),
        ((0.0, 0.0), 4),
        ((2.0, 2.0), 1),
        ((2.0, 0.0), 3),
        ((0.0, 2.0), 2),
        ((0.0, 1.0), 2),
        ((np.nextafter(1.0, 0), np.nextafter(1.0, 0)), 4),
    ],
)
def test_a_point_on_a_shared_edge_goes_to_the_lowest_key(at: tuple[float, float], village: int) -> None:
    assert assign_to_grids([at], quarters()).grid_key.tolist() == [make_key(330681109, 1, village)]


def test_a_hole_belongs_to_its_island_and_its_rim_to_the_lower_key() -> None:
    outer, inner = make_key(330681109, 1, 1), make_key(330681109, 1, 2)
    ring = square(0, 0, 4) - square(1, 1, 2)
    grids = frame([3, 3], [inner, outer], [square(1, 1, 2), ring])
    points = [(0.5, 0.5), (2, 2), (1, 1), (1, 2), (3, 3)]
    assert assign_to_grids(points, grids).grid_key.tolist() == [outer, inner, outer, outer, outer]
    alone = frame([3], [outer], [ring])
    assert assign_to_grids(points, alone).unmatched.tolist() == [1]


def test_a_point_outside_is_returned_and_not_dropped() -> None:
    found = assign_to_grids([(0.5, 0.5), (9, 9), (-1e300, 1e300)], quarters())
    assert found.unmatched.tolist() == [1, 2]
    assert len(found.grid_key) == 3
    assert found.level.tolist() == [3, 0, 0]


def test_a_point_in_a_gap_of_the_deepest_level_gets_the_level_above() -> None:
    town, village = make_key(330681109), make_key(330681109, 1, 1)
    found = assign_to_grids(
        [(0.5, 0.5), (1.5, 0.5)], frame([1, 3], [town, village], [square(0, 0, 2), square(0, 0)])
    )
    assert found.grid_key.tolist() == [village, town]
    assert found.at_level(3).tolist() == [village, 0]
    assert found.at_level(1).tolist() == [town, town]
    assert level_of(int(found.grid_key[0])) == 3


@pytest.mark.parametrize("points", [[], np.empty((0, 2)), gpd.GeoSeries([], crs="EPSG:4326")])
def test_no_points_get_no_grids(points: Any) -> None:
    found = assign_to_grids(points, quarters())
    assert len(found.grid_key) == len(found.level) == len(found.unmatched) == 0


def test_no_grids_leave_every_point_unmatched() -> None:
    assert assign_to_grids([(0, 0), (1, 1)], quarters().iloc[:0]).unmatched.tolist() == [0, 1]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_coordinate_that_is_not_finite_is_refused(value: float) -> None:
    for at in ((value, 0.0), (0.0, value)):
        with pytest.raises(InvalidInput) as refused:
            assign_to_grids([(0.5, 0.5), at], quarters())
        assert refused.value.code == "coordinate-not-finite"


@pytest.mark.parametrize(
    "shape",
    [
        shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]),
        shapely.Polygon(),
        shapely.MultiPolygon([square(0, 0, 2), square(1, 1, 2)]),
        shapely.LineString([(0, 0), (1, 1)]),
        shapely.Point(0, 0),
        None,
    ],
    ids=["bow tie", "empty", "overlapping parts", "line", "point", "missing"],
)
def test_a_grid_that_is_no_valid_polygon_is_refused_by_its_number(shape: BaseGeometry | None) -> None:
    with pytest.raises(InvalidInput) as refused:
        PolygonLocator([square(5, 5), shape])
    assert refused.value.code == "grid-geometry-invalid"
    assert "Grid number 2" in str(refused.value)


def test_a_grid_with_a_corner_that_is_not_finite_is_refused_by_its_number() -> None:
    with np.errstate(invalid="ignore"):
        broken = shapely.from_wkt("POLYGON ((0 0, nan 1, 1 0, 0 0))")
    with pytest.raises(InvalidInput, match="Grid number 2"):
        PolygonLocator([square(5, 5), broken])


@pytest.mark.parametrize(
    ("points", "code"),
    [
        ([(1, 2, 3)], "points-shape"),
        ([1.0, 2.0], "points-shape"),
        (gpd.GeoSeries([shapely.LineString([(0, 0), (1, 1)])]), "not-a-point"),
        (gpd.GeoSeries([shapely.Point()]), "point-empty"),
        (gpd.GeoSeries([shapely.Point(1, 1)], crs="EPSG:3857"), "crs-differs"),
    ],
)
def test_what_is_no_point_of_the_system_is_refused(points: Any, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        assign_to_grids(points, quarters())
    assert refused.value.code == code


def test_arrays_series_and_frames_of_points_are_the_same() -> None:
    at = np.random.default_rng(3).uniform(-0.2, 2.2, (500, 2))
    series = gpd.GeoSeries(shapely.points(at), crs="EPSG:4326")
    expected = assign_to_grids(at, quarters()).grid_key.tolist()
    for points in (series, gpd.GeoDataFrame(geometry=series), at.tolist(), np.asfortranarray(at)):
        assert assign_to_grids(points, quarters()).grid_key.tolist() == expected
