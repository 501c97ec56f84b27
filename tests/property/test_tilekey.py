"""Tile keys agree with the tile formula of the XYZ scheme, and a tile is one range of them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gridmap.errors import InvalidInput
from gridmap.tilekey import MAX_LAT_DEG, ZOOM, tile_key, tile_range

LONS = st.one_of(st.floats(-180, 180), st.sampled_from([-180.0, 180.0, 0.0, -0.0, 179.99999999999997]))
LATS = st.one_of(st.floats(-90, 90), st.sampled_from([-90.0, 90.0, 0.0, MAX_LAT_DEG, -MAX_LAT_DEG]))


def _fractions(lon: float, lat: float) -> tuple[float, float]:
    """Position in the unit square of Web Mercator by the sine form of the projection."""
    sine = math.sin(math.radians(max(-MAX_LAT_DEG, min(MAX_LAT_DEG, lat))))
    return lon / 360 + 0.5, 0.5 - 0.25 * math.log((1 + sine) / (1 - sine)) / math.pi


def _tile(lon: float, lat: float, z: int) -> tuple[int, int]:
    x, y = _fractions(lon, lat)
    top = 2**z - 1
    return max(0, min(top, math.floor(x * 2**z))), max(0, min(top, math.floor(y * 2**z)))


def _near_an_edge(lon: float, lat: float) -> bool:
    """Two formulas may differ by rounding within a hair of a tile's edge."""
    return any(abs(f * 2**ZOOM - round(f * 2**ZOOM)) < 1e-6 for f in _fractions(lon, lat))


def _interleaved(x: int, y: int, z: int) -> int:
    """Bits of x and y alternate, y's before x's."""
    return int("".join(b + a for a, b in zip(f"{x:0{z}b}", f"{y:0{z}b}", strict=True)), 2)


@given(LONS, LATS)
@example(120.415, 29.79)
def test_a_key_is_the_interleaved_address_of_the_deepest_tile(lon: float, lat: float) -> None:
    key = int(tile_key(lon, lat)[0])
    x, y = (int(f"{key:044b}"[start::2], 2) for start in (1, 0))
    assert _interleaved(x, y, ZOOM) == key
    expected = _tile(lon, lat, ZOOM)
    if _near_an_edge(lon, lat):
        assert abs(x - expected[0]) <= 1
        assert abs(y - expected[1]) <= 1
    else:
        assert (x, y) == expected


@given(st.integers(0, ZOOM), st.data())
def test_the_range_of_a_tile_holds_exactly_the_keys_below_it(z: int, data: st.DataObject) -> None:
    x, y = data.draw(st.integers(0, 2**z - 1)), data.draw(st.integers(0, 2**z - 1))
    lo, hi = tile_range(z, x, y)
    assert hi - lo + 1 == 4 ** (ZOOM - z)
    shift = ZOOM - z
    assert lo == _interleaved(x << shift, y << shift, ZOOM)
    assert hi == _interleaved(((x + 1) << shift) - 1, ((y + 1) << shift) - 1, ZOOM)


@given(LONS, LATS, st.integers(0, 18), st.integers(-1, 1), st.integers(-1, 1))
def test_between_finds_a_point_in_its_tile_and_in_no_neighbour(
    lon: float, lat: float, z: int, dx: int, dy: int
) -> None:
    if _near_an_edge(lon, lat):
        return
    x, y = _tile(lon, lat, z)
    if not (0 <= x + dx < 2**z and 0 <= y + dy < 2**z):
        return
    lo, hi = tile_range(z, x + dx, y + dy)
    assert (lo <= int(tile_key(lon, lat)[0]) <= hi) == (dx == dy == 0)


def test_between_gives_the_same_points_as_a_slow_look_at_each() -> None:
    rng = np.random.default_rng(5)
    lon, lat = rng.uniform(120.3, 120.5, 3000), rng.uniform(29.7, 29.9, 3000)
    keys = tile_key(lon, lat)
    for z in (10, 12, 14, 16):
        x, y = _tile(120.415, 29.79, z)
        lo, hi = tile_range(z, x, y)
        slowly = [_tile(a, b, z) == (x, y) for a, b in zip(lon.tolist(), lat.tolist(), strict=True)]
        assert ((keys >= lo) & (keys <= hi)).tolist() == slowly


@given(st.lists(st.tuples(LONS, LATS), max_size=5))
def test_many_points_get_the_keys_that_each_gets_alone(points: list[tuple[float, float]]) -> None:
    together = tile_key([p[0] for p in points], [p[1] for p in points])
    assert together.tolist() == [int(tile_key(*p)[0]) for p in points]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_coordinate_that_is_not_finite_is_refused(value: float) -> None:
    for lon, lat in ((value, 0.0), (0.0, value)):
        with pytest.raises(InvalidInput, match="finite"):
            tile_key(lon, lat)


@pytest.mark.parametrize(
    "address", [(-1, 0, 0), (23, 0, 0), (0, 1, 0), (0, 0, 1), (3, 8, 0), (3, 0, -1), (22, 2**22, 0)]
)
def test_an_address_outside_the_pyramid_is_refused(address: tuple[int, int, int]) -> None:
    with pytest.raises(InvalidInput, match="no tile"):
        tile_range(*address)
