"""The quick look at rings never takes a broken one for sound, and walking in blocks changes no answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.analysis import _locate, _simple, assign
from gridmap.analysis.assign import PolygonLocator
from gridmap.errors import InvalidInput
from tests.strategies import transforms

CORNERS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3, max_size=9)


def is_surely_simple(ring: np.ndarray[Any, Any]) -> bool:
    return bool(_simple.surely_simple(ring, np.array([0, len(ring)]))[0])


@settings(deadline=None, max_examples=1000)
@given(CORNERS, transforms())
def test_a_ring_that_is_called_simple_is_valid(
    corners: list[tuple[int, int]], by: tuple[float, float, float]
) -> None:
    ring = np.array([*corners, corners[0]], dtype=float) * by[0] + by[1:]
    if is_surely_simple(ring):
        assert shapely.Polygon(ring).is_valid


@pytest.mark.parametrize("corners", [4, 10, 100, 3000])
def test_an_ordinary_ring_is_known_to_be_simple_without_asking_further(corners: int) -> None:
    rng = np.random.default_rng(corners)
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    radius = rng.uniform(1 - 3 / corners, 1, corners)
    ring = np.column_stack([np.cos(angle), np.sin(angle)]) * radius[:, None] * 0.01 + (120.4, 29.8)
    assert is_surely_simple(np.vstack([ring, ring[:1]]))


def broken_rings() -> dict[str, list[tuple[float, float]]]:
    return {
        "bow tie": [(0, 0), (4, 4), (4, 0), (0, 4)],
        "spike": [(0, 0), (4, 0), (4, 4), (4, 8), (4, 4), (0, 4)],
        "spike back along its edge": [(0, 0), (4, 0), (2, 0), (2, 4)],
        "touches its own corner": [(0, 0), (2, 2), (4, 0), (4, 4), (2, 2), (0, 4)],
        "corner on an edge": [(0, 0), (4, 0), (4, 4), (2, 0), (0, 4)],
        "twice round": [(0, 0), (4, 0), (4, 4), (0, 0), (4, 0), (4, 4)],
        "flat": [(0, 0), (4, 0), (8, 0)],
        "not finite": [(0, 0), (4, float("inf")), (4, 4)],
        "not a number": [(0, 0), (4, float("nan")), (4, 4)],
    }


@pytest.mark.parametrize("name", broken_rings())
def test_a_broken_ring_is_never_called_simple(name: str) -> None:
    corners = broken_rings()[name]
    for turn in range(len(corners)):
        turned = corners[turn:] + corners[:turn]
        for ring in (turned, turned[::-1]):
            assert not is_surely_simple(np.array([*ring, ring[0]], dtype=float))


def test_a_valid_polygon_that_needs_a_second_look_is_accepted() -> None:
    repeated = shapely.Polygon([(0, 0), (0, 0), (4, 0), (4, 4), (4, 4), (0, 4)])
    straight = shapely.Polygon([(0, 0), (2, 0), (4, 0), (4, 4), (0, 4)])
    for polygon in (repeated, straight):
        assert not is_surely_simple(shapely.get_coordinates(polygon))
        assert PolygonLocator([polygon]).locate([2.0, 9.0], [2.0, 9.0]).tolist() == [0, -1]


def test_one_broken_grid_among_many_sound_ones_is_named() -> None:
    sound = [shapely.box(i, 0, i + 1, 1) for i in range(200)]
    bow_tie = shapely.Polygon([(0, 0), (4, 4), (4, 0), (0, 4)])
    with pytest.raises(InvalidInput, match="Grid number 151"):
        PolygonLocator([*sound[:150], bow_tie, *sound[150:]])


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 40))
def test_walking_block_by_block_gives_the_same_answer(seed: int, columns: int, rows: int) -> None:
    rng = np.random.default_rng(seed)
    boxes = [shapely.box(i, j, i + 1, j + 1) for i in range(columns) for j in range(rows)]
    at = rng.uniform((-2, -2), (columns + 2, rows + 2), (2000, 2))
    at[:500] = np.round(at[:500])
    plain = PolygonLocator(boxes).locate(at[:, 0], at[:, 1])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assign, "_CACHE_BYTES", 0)
        patch.setattr(assign, "_MANY_POINTS", 0)
        blocked = PolygonLocator(boxes).locate(at[:, 0], at[:, 1])
    assert blocked.tolist() == plain.tolist()


def test_the_order_of_blocks_names_every_point_once() -> None:
    at = np.random.default_rng(1).uniform(-5, 105, (5000, 2))
    at[0] = 1e300
    order = _locate.by_block(at[:, 0].copy(), at[:, 1].copy(), (0.0, 0.0, 1.0, 1.0), (100, 100))
    assert sorted(order.tolist()) == list(range(5000))
