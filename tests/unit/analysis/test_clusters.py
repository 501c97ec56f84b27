"""Clusters of points: those of the library, weighted, and numbered the same whatever the order of rows."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.cluster import DBSCAN, HDBSCAN
from sklearn.metrics import adjusted_rand_score

from gridmap.analysis import clusters
from gridmap.errors import InvalidInput


def sites(rng: np.random.Generator) -> NDArray[np.float64]:
    blobs = [
        rng.normal(c, s, (n, 2)) for c, s, n in (((0, 0), 50, 80), ((700, 0), 40, 60), ((300, 600), 90, 90))
    ]
    return np.concatenate([*blobs, rng.uniform(-300, 1000, (60, 2))]) + np.array([500_000, 3_290_000])


def test_dbscan_finds_the_cores_and_clusters_of_the_library() -> None:
    xy = sites(np.random.default_rng(1))
    peer = DBSCAN(eps=55, min_samples=6).fit(xy)
    found = clusters.dbscan(xy, 55, 6)
    assert ((found.labels == clusters.NOISE) == (peer.labels_ == -1)).all()
    core = peer.core_sample_indices_
    assert adjusted_rand_score(found.labels[core], peer.labels_[core]) == 1
    assert found.n_points.sum() == (found.labels >= 0).sum()
    assert (np.diff(found.sizes) <= 0).all()


def test_a_site_of_many_heads_is_as_many_points() -> None:
    rng = np.random.default_rng(2)
    xy, heads = sites(rng), rng.integers(1, 12, 290)
    weighted = clusters.dbscan(xy, 55, 40, heads)
    repeated = clusters.dbscan(np.repeat(xy, heads, axis=0), 55, 40)
    first = np.cumsum(heads) - heads
    assert (weighted.labels == repeated.labels[first]).all()
    assert weighted.sizes == pytest.approx(repeated.sizes)
    assert weighted.centres == pytest.approx(repeated.centres)
    dense = clusters.hdbscan(xy, 60, heads)
    assert (dense.labels == clusters.hdbscan(np.repeat(xy, heads, axis=0), 60).labels[first]).all()
    assert (dense.sizes >= 60).all()


def test_hdbscan_finds_the_clusters_of_the_library() -> None:
    xy = sites(np.random.default_rng(3))
    found = clusters.hdbscan(xy, 15)
    ordered = np.lexsort((xy[:, 1], xy[:, 0]))
    peer = HDBSCAN(min_cluster_size=15, copy=True).fit(xy[ordered]).labels_
    assert adjusted_rand_score(found.labels[ordered], peer) == 1


def test_a_border_point_belongs_to_the_nearest_core() -> None:
    left, right = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[9, 0], [9, 1], [10, 0], [10, 1]])
    found = clusters.dbscan(np.concatenate([left, right, [[5.2, 0.5]]]), 4.3, 4)
    assert found.labels[-1] == found.labels[4]
    middle = clusters.dbscan(np.concatenate([left, right, [[5.0, 0.5]]]), 4.3, 4)
    assert middle.labels[-1] == middle.labels[0]


@pytest.mark.parametrize("method", ["dbscan", "hdbscan"])
def test_the_order_of_rows_changes_nothing(method: str) -> None:
    rng = np.random.default_rng(4)
    xy, heads = np.round(sites(rng), -1), rng.integers(0, 20, 290)
    order = rng.permutation(290)

    def run(rows: NDArray[np.intp]) -> clusters.Clusters:
        if method == "dbscan":
            return clusters.dbscan(xy[rows], 60, 50, heads[rows])
        return clusters.hdbscan(xy[rows], 60, heads[rows])

    plain, mixed = run(np.arange(290)), run(order)
    assert (plain.labels[order] == mixed.labels).all()
    assert (plain.centres == mixed.centres).all()
    assert (plain.sizes == mixed.sizes).all()


def test_heavy_weights_are_counted_in_larger_units() -> None:
    rng = np.random.default_rng(5)
    xy, heads = sites(rng), rng.integers(500, 2000, 290)
    found = clusters.hdbscan(xy, 20_000, heads)
    assert float(found.conventions["unit_of_weight"]) > 10
    assert len(found.sizes) == 3


def test_no_points_are_no_clusters() -> None:
    for found in (clusters.dbscan(np.empty((0, 2)), 10, 3), clusters.hdbscan(np.empty((0, 2)), 3)):
        assert len(found.labels) == len(found.sizes) == len(found.centres) == 0


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: clusters.dbscan([[0, 0]], 0, 3), "radius-not-positive"),
        (lambda: clusters.dbscan([[0, 0]], 1, 0), "min-points-not-positive"),
        (lambda: clusters.dbscan([[0, 0]], 1, 1, [-1]), "weights-not-positive"),
        (lambda: clusters.dbscan([0, 0], 1, 1), "points-shape"),
        (lambda: clusters.hdbscan([[0, 0]], 1), "min-size-small"),
    ],
)
def test_what_cannot_be_clustered_is_refused(call: object, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        call()  # type: ignore[operator]
    assert refused.value.code == code
