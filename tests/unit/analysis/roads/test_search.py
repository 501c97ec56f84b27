"""The search with buckets gives the very times of the textbook's, whatever the lengths."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from gridmap.analysis.roads import Router, build_graph
from gridmap.analysis.roads._search import bucket_width, times


def drawn(seed: int, spread: float) -> sparse.csr_array:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 300))
    rows, columns = rng.integers(0, n, (2, 4 * n))
    kept = np.unique(np.column_stack([rows, columns])[rows != columns], axis=0)
    seconds = rng.lognormal(2.0, spread, len(kept))
    return sparse.csr_array((seconds, (kept[:, 0], kept[:, 1])), shape=(n, n))


def ours(
    matrix: sparse.csr_array, starts: np.ndarray, targets: np.ndarray, limit_s: float = np.inf
) -> np.ndarray:
    out = np.empty((len(starts), len(targets)))
    times(
        matrix.indptr.astype(np.int32), matrix.indices.astype(np.int32), matrix.data, starts[:, None].astype(np.int32),
        np.zeros((len(starts), 1)), targets.astype(np.int32), limit_s, *bucket_width(matrix.data), out,
    )  # fmt: skip
    return out


@pytest.mark.parametrize("spread", [0.0, 0.5, 3.0, 8.0])
def test_every_time_is_that_of_scipy_to_the_last_bit(spread: float) -> None:
    for seed in range(25):
        matrix = drawn(seed, spread)
        n = matrix.shape[0]
        starts = np.random.default_rng(seed).integers(0, n, 5)
        expected = dijkstra(matrix, indices=starts)
        np.testing.assert_array_equal(ours(matrix, starts, np.arange(n)), expected)
        few = np.unique(starts)
        np.testing.assert_array_equal(ours(matrix, starts, few), expected[:, few])
        limit_s = float(np.median(expected[np.isfinite(expected)]))
        np.testing.assert_array_equal(
            ours(matrix, starts, np.arange(n), limit_s), np.where(expected <= limit_s, expected, np.inf)
        )


def test_places_on_loops_and_on_slow_parallel_roads_are_searched_from_as_well() -> None:
    loop = shapely.LineString([(0, 0), (0, 90_000), (90_000, 90_000), (0, 0)])
    slow = shapely.LineString([(0, 0), (50, 80_000), (100, 0)])
    lines = [loop, slow, *(shapely.LineString([(x, 0), (x + 1, 0)]) for x in range(100))]
    n = len(lines)
    graph = build_graph(
        lines, road_class=["village"] * n, oneway=["no"] * n, speed_kmh=[3.6] * n, surface=[None] * n, names=[None] * n
    )  # fmt: skip
    router = Router(graph, "car")
    places = router.snap([[0, 60_000], [50, 80_000], [100, 0], [0, 0]])
    seconds = router.cost_matrix(places, places)
    assert seconds[0, 3] == pytest.approx(60_000)
    assert seconds[0, 2] == pytest.approx(60_100)
    assert seconds[1, 2] == pytest.approx(slow.length / 2)
    np.testing.assert_allclose(seconds, seconds.T)


def test_a_path_to_the_place_where_one_stands_has_no_length() -> None:
    graph = build_graph(
        [shapely.LineString([(0, 0), (10, 0)]), shapely.LineString([(10, 0), (20, 0)])],
        road_class=["village"] * 2, oneway=["no"] * 2, speed_kmh=[np.nan] * 2, surface=[None] * 2, names=[None] * 2,
    )  # fmt: skip
    router = Router(graph, "car")
    here = router.snap([10, 0])
    assert router.path(here, here).length_m == 0.0
    assert router.path(router.snap([0, 0]), router.snap([20, 0])).length_m == pytest.approx(20.0)
