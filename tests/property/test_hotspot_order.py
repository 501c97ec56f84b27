"""Densities and emerging hotspots are the same whatever the order of the rows, to the last bit."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.analysis import density, emerging
from gridmap.analysis.emerging._space_time import Compare
from gridmap.analysis.weights import lattice

seeds = st.integers(0, 2**32 - 1)


@settings(max_examples=25, deadline=None)
@given(seed=seeds, n=st.integers(2, 400), masked=st.booleans(), weighted=st.booleans(), far=st.floats(0, 1e7))
def test_a_density_does_not_depend_on_the_order_of_events(
    seed: int, n: int, masked: bool, weighted: bool, far: float
) -> None:
    rng = np.random.default_rng(seed)
    xy = np.round(rng.normal(0, 100, (n, 2)), 1) + far
    weights = rng.uniform(0, 3, n) if weighted else None
    mask = shapely.Point(far, far).buffer(150) if masked else None
    order = rng.permutation(n)
    plain = density.kde(xy, 50.0, 10.0, mask=mask, weights=weights)
    mixed = density.kde(xy[order], 50.0, 10.0, mask=mask, weights=None if weights is None else weights[order])
    assert (plain.values == mixed.values).all()


@settings(max_examples=4, deadline=None)
@given(seed=seeds, masked=st.booleans())
def test_a_binned_density_does_not_depend_on_the_order_of_events(seed: int, masked: bool) -> None:
    rng = np.random.default_rng(seed)
    xy, weights = rng.normal(0, 100, (60_000, 2)), rng.uniform(0, 3, 60_000)
    mask = shapely.Point(0, 0).buffer(150) if masked else None
    order = rng.permutation(len(xy))
    plain = density.kde(xy, 50.0, 2.0, mask=mask, weights=weights)
    mixed = density.kde(xy[order], 50.0, 2.0, mask=mask, weights=weights[order])
    assert plain.conventions["sum"] != "exact"
    assert (plain.values == mixed.values).all()


@settings(max_examples=20, deadline=None)
@given(seed=seeds, n=st.integers(1, 60))
def test_a_density_along_roads_does_not_depend_on_the_order_of_events(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    lines = [shapely.LineString([(x, 0), (x, 100), (x, 250)]) for x in (0, 90, 200)]
    lines += [shapely.LineString([(0, y), (90, y), (200, y)]) for y in (0, 100, 250)]
    graph = density.line_graph(lines)
    xy, weights, order = rng.uniform(0, 250, (n, 2)), rng.uniform(0, 3, n), rng.permutation(n)
    plain = density.network_kde(graph, xy, 130, lixel_m=20, weights=weights)
    mixed = density.network_kde(graph, xy[order], 130, lixel_m=20, weights=weights[order])
    assert (plain.values == mixed.values).all()


@settings(max_examples=15, deadline=None)
@given(
    seed=seeds,
    mean=st.sampled_from([0.05, 0.5, 4.0]),
    permutations=st.sampled_from([0, 19]),
    compare=st.sampled_from(["neighbours", "all", "before"]),
    named=st.booleans(),
)
def test_emerging_hotspots_do_not_depend_on_the_order_of_cells(
    seed: int, mean: float, permutations: int, compare: Compare, named: bool
) -> None:
    rng = np.random.default_rng(seed)
    cube, w, order = rng.poisson(mean, (64, 6)), lattice(8, 8), rng.permutation(64)
    keys = rng.permutation(64) if named else None
    plain = emerging.classify(
        cube, w, 1, compare, permutations=permutations, bootstrap=3, keys=keys, fdr=None, alpha=0.2
    )
    mixed = emerging.classify(
        cube[order],
        w[order][:, order],
        1,
        compare,
        permutations=permutations,
        bootstrap=3,
        keys=None if keys is None else keys[order],
        fdr=None,
        alpha=0.2,
    )
    for name in ("labels", "tau", "z", "p_gi", "q_gi", "side", "stability"):
        assert (getattr(plain, name)[order] == getattr(mixed, name)).all(), name
