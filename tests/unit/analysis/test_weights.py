"""Neighbours: those of libpysal on clean polygons, of GEOS where corners touch edges, and of geometry everywhere."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import libpysal
import numpy as np
import pytest
import shapely
from scipy import sparse

from gridmap.analysis import weights
from gridmap.errors import InvalidInput

BOUNDARIES = Path(__file__).resolve().parents[3] / "data" / "boundaries"


def same(a: sparse.csr_array, b: sparse.csr_array) -> bool:
    return bool((a != b).nnz == 0)


def well_formed(w: sparse.csr_array) -> bool:
    return (
        isinstance(w, sparse.csr_array)
        and w.dtype == np.float64
        and bool((w.data == 1).all())
        and not w.diagonal().any()
        and all(np.all(np.diff(w.indices[a:b]) > 0) for a, b in zip(w.indptr[:-1], w.indptr[1:], strict=True))
    )


def theirs(kind: str, table: gpd.GeoDataFrame) -> sparse.csr_array:
    found = getattr(libpysal.weights, kind).from_dataframe(table, use_index=False, silence_warnings=True)
    return sparse.csr_array(found.sparse)


@pytest.mark.parametrize("name", ["columbus.shp", "sids2.shp", "stl_hom.shp"])
def test_contiguity_is_that_of_libpysal(name: str) -> None:
    table = gpd.read_file(libpysal.examples.get_path(name))
    for ours, kind in ((weights.queen, "Queen"), (weights.rook, "Rook")):
        found = ours(table)
        assert well_formed(found)
        assert same(found, theirs(kind, table))


@pytest.mark.parametrize("name", ["micro_grids", "villages", "areas"])
def test_contiguity_of_the_town_is_that_of_libpysal(name: str) -> None:
    table = gpd.read_file(BOUNDARIES / f"{name}.geojson")
    assert same(weights.queen(table), theirs("Queen", table))
    assert same(weights.rook(table), theirs("Rook", table))


def test_boxes_of_a_lattice_are_the_lattice() -> None:
    x, y = np.meshgrid(np.arange(9.0), np.arange(7.0))
    boxes = shapely.box(x.ravel(), y.ravel(), x.ravel() + 1, y.ravel() + 1)
    assert same(weights.queen(boxes), weights.lattice(7, 9))
    assert same(weights.rook(boxes), weights.lattice(7, 9, queen=False))
    assert same(weights.lattice(7, 9), sparse.csr_array(libpysal.weights.lat2W(7, 9, rook=False).sparse))


def test_a_corner_inside_an_edge_makes_neighbours() -> None:
    wide = shapely.box(0, 0, 2, 1)
    above = [shapely.box(0, 1, 1, 2), shapely.box(1, 1, 2, 2)]
    tip = shapely.Polygon([(0.5, 0), (0, -1), (1, -1)])
    together = [wide, *above, tip]
    assert weights.queen(together).toarray().tolist() == [
        [0, 1, 1, 1],
        [1, 0, 1, 0],
        [1, 1, 0, 0],
        [1, 0, 0, 0],
    ]
    assert weights.rook(together).toarray().tolist() == [
        [0, 1, 1, 0],
        [1, 0, 1, 0],
        [1, 1, 0, 0],
        [0, 0, 0, 0],
    ]


def test_a_wedge_whose_own_edges_are_shared_still_touches_the_wide_edge() -> None:
    wide = shapely.box(0, 0, 4, 1)
    fan = [
        shapely.Polygon([(2, 1), (0, 1), (0, 3)]),
        shapely.Polygon([(2, 1), (0, 3), (4, 3)]),
        shapely.Polygon([(2, 1), (4, 3), (4, 1)]),
    ]
    assert weights.queen([wide, *fan]).toarray()[0].tolist() == [0, 1, 1, 1]
    assert weights.rook([wide, *fan]).toarray()[0].tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize("turn_deg", [0, 17, 45, 73])
@pytest.mark.parametrize("origin", [(0.0, 0.0), (500_000.0, 3_290_000.0)])
def test_broken_courses_of_bricks_agree_with_geos(turn_deg: float, origin: tuple[float, float]) -> None:
    # Courses shifted by a third: every brick meets edges in their inside.
    bricks = [shapely.box(3 * i + j, j, 3 * i + 3 + j, j + 1) for j in range(6) for i in range(5)]
    turned = [
        shapely.affinity.translate(shapely.affinity.rotate(brick, turn_deg, origin=(0, 0)), *origin)
        for brick in bricks
    ]
    plain = shapely.STRtree(bricks).query(bricks, predicate="intersects").T
    expected = weights.from_pairs(len(bricks), plain[plain[:, 0] != plain[:, 1]])
    assert same(weights.queen(turned), expected)
    length = np.array([shapely.length(shapely.intersection(bricks[a], bricks[b])) for a, b in plain])
    along = plain[(plain[:, 0] != plain[:, 1]) & (length > 0)]
    assert same(weights.rook(turned), weights.from_pairs(len(bricks), along))


def test_holes_and_parts_count() -> None:
    ring = shapely.Polygon(shapely.box(0, 0, 3, 3).exterior, [shapely.box(1, 1, 2, 2).exterior])
    parts = shapely.MultiPolygon([shapely.box(1, 1, 2, 2), shapely.box(10, 10, 11, 11)])
    far = shapely.box(11, 10, 12, 11)
    alone = shapely.box(50, 50, 51, 51)
    found = weights.rook([ring, parts, far, alone])
    assert found.toarray().tolist() == [[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 0]]
    assert weights.islands(found).tolist() == [3]


def test_negative_zero_is_zero() -> None:
    left = shapely.Polygon([(-1, 0), (-0.0, -0.0), (-0.0, 1), (-1, 1)])
    assert weights.rook([left, shapely.box(0, 0, 1, 1)]).nnz == 2


def test_the_order_of_polygons_is_of_no_account() -> None:
    table = gpd.read_file(libpysal.examples.get_path("columbus.shp"))
    order = np.random.default_rng(2).permutation(len(table))
    plain = weights.queen(table)
    assert same(weights.queen(table.iloc[order]), plain[order][:, order])


@pytest.mark.parametrize("k", [1, 4, 9])
def test_nearest_neighbours_are_those_of_libpysal(k: int) -> None:
    xy = np.random.default_rng(k).uniform(size=(200, 2))
    found = weights.knn(xy, k)
    assert well_formed(found)
    assert same(
        found, sparse.csr_array(libpysal.weights.KNN.from_array(xy, k=k, silence_warnings=True).sparse)
    )


@pytest.mark.parametrize("k", [1, 2, 3, 6, 20])
def test_ties_of_distance_go_to_the_smaller_coordinate_whatever_the_order(k: int) -> None:
    xy = np.stack(np.meshgrid(np.arange(8.0), np.arange(8.0)), axis=-1).reshape(-1, 2)
    plain = weights.knn(xy, k)
    assert (plain.sum(axis=1) == k).all()
    for i, at in enumerate(xy):
        away = np.hypot(*(xy - at).T)
        best = np.lexsort((xy[:, 1], xy[:, 0], away))[1 : k + 1]
        assert set(plain.indices[plain.indptr[i] : plain.indptr[i + 1]]) == set(best)
    order = np.random.default_rng(k).permutation(len(xy))
    assert same(weights.knn(xy[order], k), plain[order][:, order])


def test_many_points_at_one_place_still_have_k_neighbours() -> None:
    xy = np.concatenate([np.zeros((40, 2)), np.ones((3, 2))])
    found = weights.knn(xy, 5)
    assert (np.diff(found.indptr) == 5).all()
    assert not found.diagonal().any()


def test_a_distance_band_includes_its_edge() -> None:
    xy = np.array([[0.0, 0.0], [3.0, 4.0], [3.0, 4.1]])
    found = weights.distance_band(xy, 5.0)
    assert well_formed(found)
    assert found.toarray().tolist() == [[0, 1, 0], [1, 0, 1], [0, 1, 0]]


def test_exact_orders_are_shortest_chains() -> None:
    line = weights.lattice(1, 7)
    for order in (1, 2, 3, 6):
        step = weights.higher_order(line, order).toarray()
        away = np.abs(np.subtract.outer(np.arange(7), np.arange(7)))
        assert (step == (away == order)).all()
    assert weights.higher_order(line, 7).nnz == 0


def test_standardised_rows_add_up_to_one_and_islands_to_nothing() -> None:
    w = weights.row_standardised(weights.from_pairs(4, [(0, 1), (0, 2), (1, 0)]))
    assert w.sum(axis=1).tolist() == [1.0, 1.0, 0.0, 0.0]
    assert weights.islands(w).tolist() == [2, 3]


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: weights.queen([shapely.Point(0, 0)]), "geometry-not-polygon"),
        (lambda: weights.queen([None]), "geometry-not-polygon"),
        (lambda: weights.queen([shapely.Polygon()]), "geometry-not-polygon"),
        (lambda: weights.knn(np.zeros((3, 2)), 3), "k-out-of-range"),
        (lambda: weights.knn(np.array([[0, np.nan], [1, 1]]), 1), "coordinate-not-finite"),
        (lambda: weights.distance_band(np.zeros((3, 2)), 0), "radius-not-positive"),
        (lambda: weights.distance_band(np.zeros((3, 3)), 1), "points-shape"),
        (lambda: weights.from_pairs(2, [(0, 2)]), "pairs-range"),
        (lambda: weights.from_pairs(2, [(1, 1)]), "pairs-diagonal"),
        (lambda: weights.from_pairs(2, [0, 1, 1]), "pairs-shape"),
        (lambda: weights.lattice(0, 3), "lattice-empty"),
        (lambda: weights.higher_order(weights.lattice(2, 2), 0), "order-not-positive"),
    ],
)
def test_what_makes_no_neighbours_is_refused(make: object, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        make()  # type: ignore[operator]
    assert refused.value.code == code
