"""Broken grids are refused by name, and walking in blocks changes no answer."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.analysis.reach import _locate, assign
from gridmap.analysis.reach.assign import PolygonLocator
from gridmap.errors import InvalidInput


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
    }


@pytest.mark.parametrize("name", broken_rings())
def test_a_broken_ring_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput):
        PolygonLocator([shapely.Polygon(broken_rings()[name])])


def test_a_valid_polygon_with_needless_vertices_is_accepted() -> None:
    repeated = shapely.Polygon([(0, 0), (0, 0), (4, 0), (4, 4), (4, 4), (0, 4)])
    straight = shapely.Polygon([(0, 0), (2, 0), (4, 0), (4, 4), (0, 4)])
    for polygon in (repeated, straight):
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
