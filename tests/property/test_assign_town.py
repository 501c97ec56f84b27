"""On the demonstration town assignment gives what geopandas gives, and accuracy circles what distances give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.analysis.reach.assign import assign_to_grids, crosses_edge
from gridmap.domain.gridkey import LEVELS
from tests.strategies import lattice_polygons, moved

BOUNDARIES = Path(__file__).resolve().parents[2] / "data" / "boundaries"
FILES = ("town", "areas", "villages", "micro_grids")


@pytest.fixture(scope="module")
def town() -> gpd.GeoDataFrame:
    """Every grid of the demonstration town."""
    frames = [gpd.read_file(BOUNDARIES / f"{name}.geojson") for name in FILES]
    joined = pd.concat([f[["grid_key", "level", "geometry"]] for f in frames], ignore_index=True)
    return gpd.GeoDataFrame(joined, crs=frames[0].crs).astype({"grid_key": "int64", "level": "int64"})


def by_join(points: np.ndarray[Any, Any], grids: gpd.GeoDataFrame) -> list[int]:
    """Lowest key of the polygons that geopandas finds for each point."""
    frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*points.T), crs=grids.crs)
    # An inner join: a missing key would make floats of the others, which cannot hold 17 digits.
    joined = gpd.sjoin(frame, grids[["grid_key", "geometry"]], how="inner", predicate="intersects")
    lowest = joined["grid_key"].groupby(level=0).min().to_dict()
    return [lowest.get(row, 0) for row in range(len(points))]


def test_random_points_and_the_corners_of_grids_get_what_a_spatial_join_gives(town: gpd.GeoDataFrame) -> None:
    rng = np.random.default_rng(165)
    west, south, east, north = town.total_bounds
    points = rng.uniform((west - 0.01, south - 0.01), (east + 0.01, north + 0.01), (20_000, 2))
    corners = rng.choice(shapely.get_coordinates(town.geometry.to_numpy()), 3000, replace=False)
    points = np.vstack([points, corners])
    found = assign_to_grids(points, town)
    assert 0 < len(found.unmatched) < 12_000
    for level in LEVELS:
        assert found.at_level(level).tolist() == by_join(points, town[town["level"] == level]), level


def circles_cross(
    points: np.ndarray[Any, Any], radius: np.ndarray[Any, Any], polygons: list[Any]
) -> list[bool]:
    """Compare the distance to every boundary."""
    boundaries = [p.boundary for p in polygons]
    return [
        bool(r > 0) and any(b.distance(at) <= r for b in boundaries)
        for at, r in zip(shapely.points(points), radius, strict=True)
    ]


@settings(deadline=None, max_examples=60)
@given(st.lists(lattice_polygons(), min_size=1, max_size=4), st.integers(0, 2**32 - 1))
def test_a_circle_crosses_an_edge_when_the_edge_is_no_further_than_its_radius(
    shapes: list[Any], seed: int
) -> None:
    polygons = [moved(s, (250.0, 540_000.0, 3_296_000.0)) for s in shapes]
    rng = np.random.default_rng(seed)
    points = rng.uniform((539_500, 3_295_500), (542_500, 3_298_500), (60, 2))
    radius = rng.choice([0.0, np.nan, -5.0, 0.001, 20.0, 150.0, 1000.0], 60)
    found = crosses_edge(points, radius, np.asarray(polygons, dtype=object))
    assert found.tolist() == circles_cross(points, radius, polygons)


def test_circles_in_the_town_cross_where_distances_say_so(town: gpd.GeoDataFrame) -> None:
    villages = town[town["level"] == 3].to_crs(4549).geometry.to_numpy()
    rng = np.random.default_rng(28)
    west, south, east, north = shapely.total_bounds(villages)
    points = rng.uniform((west, south), (east, north), (1000, 2))
    radius = rng.choice([5.0, 30.0, 100.0, 600.0, np.nan], 1000)
    found = crosses_edge(points, radius, villages)
    assert 100 < found.sum() < 900
    assert found.tolist() == circles_cross(points, radius, list(villages))


def test_no_circle_crosses_where_there_are_no_grids_or_no_radius() -> None:
    points = np.zeros((2, 2))
    squares = np.array([shapely.box(0, 0, 1, 1)], dtype=object)
    assert crosses_edge(points, np.ones(2), squares[:0]).tolist() == [False, False]
    assert crosses_edge(points, np.array([np.nan, 0.0]), squares).tolist() == [False, False]
    assert crosses_edge(points[:0], np.empty(0), squares).tolist() == []
