"""Kernel densities are exact to a thousandth, keep their mass, and do not depend on units or order."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray
from scipy.stats import gaussian_kde

from gridmap.analysis import density
from gridmap.errors import InvalidInput

KERNELS = ("quartic", "gaussian", "epanechnikov", "triangular", "uniform")
Array = NDArray[np.float64]


def middles(result: density.Density) -> Array:
    rows, columns = result.values.shape
    x = result.x0 + (np.arange(columns) + 0.5) * result.cell_m
    y = result.y0 + (np.arange(rows) + 0.5) * result.cell_m
    return np.stack(np.meshgrid(x, y), axis=-1)


def summed(xy: Array, at: Array, h: float, kernel: str, weights: Array | None = None) -> Array:
    """The density by its definition, written without the product's code."""
    u2 = np.square(at[:, None, :] - xy).sum(axis=2) / h**2
    u = np.sqrt(u2)
    height = {
        "quartic": 3 / math.pi * np.clip(1 - u2, 0, None) ** 2,
        "epanechnikov": 2 / math.pi * np.clip(1 - u2, 0, None),
        "triangular": 3 / math.pi * np.clip(1 - u, 0, None),
        "uniform": (u < 1) / math.pi,
        "gaussian": np.exp(-u2 / 2) / (2 * math.pi),
    }[kernel]
    return height @ (np.ones(len(xy)) if weights is None else weights) / h**2


def clustered(n: int, rng: np.random.Generator) -> Array:
    return np.concatenate(
        [rng.normal([300, 400], 60, (n // 2, 2)), rng.normal([800, 500], [150, 90], (n - n // 2, 2))]
    )


@pytest.mark.parametrize("kernel", KERNELS)
def test_few_events_get_the_exact_sum(kernel: str) -> None:
    rng = np.random.default_rng(1)
    xy, weights = clustered(60, rng), rng.uniform(0.5, 4, 60)
    found = density.kde(xy, 90.0, 10.0, kernel, weights=weights, edge_correction=False)
    assert found.conventions["sum"] == "exact"
    at = middles(found)
    expected = summed(xy, at.reshape(-1, 2), 90.0, kernel, weights).reshape(at.shape[:2])
    assert np.abs(found.values - expected).max() < 5e-6 * expected.max()


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("cells", [7, 12, 30])
def test_many_events_get_the_sum_to_a_thousandth_of_its_greatest(kernel: str, cells: int) -> None:
    rng = np.random.default_rng(2)
    xy = clustered(200_000, rng)
    h = 5.0 * cells / (5 if kernel == "gaussian" else 1)
    found = density.kde(xy, max(h, 5.0), 5.0, kernel, bounds=(0, 0, 1200, 900), edge_correction=False)
    at = middles(found)
    rows = rng.integers(0, at.shape[0], 30), rng.integers(0, at.shape[1], 30)
    peak = np.unravel_index(np.argmax(found.values), found.values.shape)
    rows = np.append(rows[0], peak[0]), np.append(rows[1], peak[1])
    exact = density.density_at(xy, at[rows], max(h, 5.0), kernel)
    assert np.abs(found.values[rows] - exact).max() < 1e-3 * found.values.max()


def test_density_at_any_place_is_the_sum_by_definition() -> None:
    rng = np.random.default_rng(3)
    xy, at = clustered(500, rng), clustered(40, rng)
    for kernel in KERNELS:
        expected = summed(xy, at, 110.0, kernel)
        assert np.allclose(density.density_at(xy, at, 110.0, kernel), expected, rtol=1e-4, atol=1e-9)


def test_a_gaussian_density_equals_that_of_scipy() -> None:
    rng = np.random.default_rng(4)
    xy = rng.normal(0, 100, (300, 2))
    peer = gaussian_kde(xy.T, bw_method=1.0)
    # Its kernel has the covariance of the data; ours is round, so the data are made round first.
    white = xy @ np.linalg.inv(np.linalg.cholesky(peer.covariance)).T
    ours = density.density_at(white, white[:50], 1.0, "gaussian") / 300
    theirs = peer(xy[:50].T) * math.sqrt(np.linalg.det(peer.covariance))
    assert np.allclose(ours, theirs, rtol=1e-3)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("n", [40, 200_000])
def test_the_mass_inside_a_crooked_mask_is_the_number_of_events_inside(kernel: str, n: int) -> None:
    xy = clustered(n, np.random.default_rng(5))
    mask = shapely.Polygon(
        [(100, 100), (700, 250), (1000, 200), (900, 700), (610, 420), (600, 700), (590, 420), (150, 650)],
        [[(350, 300), (450, 330), (400, 420)]],
    )
    inside = shapely.intersects_xy(mask, xy[:, 0], xy[:, 1]).sum()
    found = density.kde(xy, 80.0, 8.0, kernel, mask=mask)
    assert inside == n - found.n_outside
    assert abs(found.mass - inside) < 1e-3 * inside
    assert found.mass == pytest.approx(float(found.values.sum()) * 64, rel=1e-12)
    assert (found.values[~found.inside] == 0).all()
    assert found.values.min() >= 0


@pytest.mark.parametrize("mask", [None, shapely.Point(500, 450).buffer(300)])
@pytest.mark.parametrize("n", [50, 100_000])
def test_the_unit_changes_nothing_but_the_scale(mask: shapely.Polygon | None, n: int) -> None:
    xy = clustered(n, np.random.default_rng(6))
    metres = density.kde(xy, 100.0, 10.0, mask=mask)
    for per_metre in (1e-3, 1 / 111_320):
        scaled = None if mask is None else shapely.transform(mask, lambda c, s=per_metre: c * s)
        other = density.kde(xy * per_metre, 100 * per_metre, 10 * per_metre, mask=scaled)
        assert other.values.shape == metres.values.shape
        assert other.mass == pytest.approx(metres.mass, rel=1e-6)
        assert np.abs(other.values * per_metre**2 - metres.values).max() < 1e-6 * metres.values.max()


def test_the_whole_mass_is_on_the_raster_without_a_mask() -> None:
    for n in (1, 30, 200_000):
        found = density.kde(clustered(n + 1, np.random.default_rng(7))[:n], 40.0, 10.0)
        assert found.mass == pytest.approx(n, rel=1e-3)


def test_edge_correction_gives_back_to_the_edge_what_the_plain_sum_loses_there() -> None:
    xy = np.random.default_rng(8).uniform(0, 1000, (200_000, 2))
    mask = shapely.box(0, 0, 1000, 1000)
    corrected = density.kde(xy, 60.0, 5.0, mask=mask)
    plain = density.kde(xy, 60.0, 5.0, mask=mask, edge_correction=False)
    assert plain.mass < 0.97 * 200_000
    assert plain.values[50:-50, 0].mean() < 0.56 * 0.2
    assert corrected.values[50:-50, 0].mean() > 0.7 * 0.2
    assert np.allclose(corrected.values[40:-40, 40:-40], 0.2, rtol=0.15)


def test_many_events_at_one_place_are_not_interpolated() -> None:
    place = np.array([[503.3, 401.7]])
    rng = np.random.default_rng(9)
    xy = np.concatenate([np.repeat(place, 300_000, axis=0), rng.uniform(0, 1000, (30_000, 2))])
    found = density.kde(xy, 70.0, 10.0, bounds=(0, 0, 1000, 1000), edge_correction=False)
    at = middles(found)[20:60, 30:70].reshape(-1, 2)
    exact = density.density_at(xy, at, 70.0)
    assert np.abs(found.values[20:60, 30:70].ravel() - exact).max() < 1e-3 * exact.max()


def test_bandwidths_may_differ_by_axis() -> None:
    xy = clustered(50, np.random.default_rng(10))
    found = density.kde(xy, (120.0, 60.0), 10.0, edge_correction=False)
    squeezed = density.density_at(xy * [0.5, 1], middles(found).reshape(-1, 2) * [0.5, 1], 60.0).reshape(
        found.values.shape
    )
    assert np.allclose(found.values, squeezed / 2, atol=1e-9 * squeezed.max())


def test_events_beyond_the_bounds_contribute_without_a_mask() -> None:
    xy = np.array([[-30.0, 50.0], [50.0, 50.0], [5000.0, 50.0]])
    found = density.kde(xy, 60.0, 5.0, bounds=(0, 0, 100, 100), edge_correction=False)
    at = middles(found)
    assert np.allclose(found.values, summed(xy, at.reshape(-1, 2), 60.0, "quartic").reshape(20, 20))
    assert found.values[10, 0] > 0


def test_no_events_in_a_mask_give_zeros_there() -> None:
    found = density.kde(np.empty((0, 2)), 60.0, 5.0, mask=shapely.box(0, 0, 100, 100))
    assert found.mass == 0
    assert found.inside.all()


def test_one_dimensional_rules_equal_those_of_r() -> None:
    # quantile(1:10, c(.25, .75)) is 3.25 and 7.75; MASS::bandwidth.nrd(1:10) is 8.122 in R 4.
    xy = np.column_stack([np.arange(1, 11.0), np.arange(1, 11.0)[::-1] * 2])
    wide, high = density.bandwidth(xy, "nrd")
    expected = 4 * 1.06 * min(math.sqrt(55 / 6), 4.5 / 1.34) * 10**-0.2
    assert wide == pytest.approx(expected, rel=1e-12)
    assert high == pytest.approx(2 * expected, rel=1e-12)


def test_the_two_axis_rule_minimises_the_error_for_normal_data() -> None:
    rng = np.random.default_rng(11)
    xy = rng.normal(0, 1, (4000, 2))
    at = rng.normal(0, 1, (400, 2))
    truth = np.exp(-np.square(at).sum(axis=1) / 2) / (2 * math.pi)
    wide, high = density.bandwidth(xy, "nrd2d")
    assert wide == pytest.approx(high, rel=0.1)

    def error(h: float) -> float:
        return float(np.square(density.density_at(xy, at, h) / 4000 - truth).mean())

    assert error(wide) < error(wide / 1.6)
    assert error(wide) < error(wide * 1.6)


def test_cross_validation_sees_two_sharp_clusters_that_the_rules_smear() -> None:
    rng = np.random.default_rng(12)
    xy = np.concatenate([rng.normal([0, 0], 20, (1500, 2)), rng.normal([2000, 1500], 20, (1500, 2))])
    chosen = density.bandwidth(xy, "cv")[0]
    assert chosen < 0.25 * min(density.bandwidth(xy, "nrd2d"))
    assert 20 < chosen < 150


def test_repeated_addresses_do_not_pull_the_cross_validated_bandwidth_to_zero() -> None:
    rng = np.random.default_rng(13)
    places = rng.normal(0, 500, (150, 2))
    xy = places[rng.integers(0, 150, 1500)]
    assert density.bandwidth(xy, "cv")[0] > 0.3 * min(density.bandwidth(places, "nrd2d"))


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"xy": [[0, 0, 0]]}, "points-shape"),
        ({"xy": [[0, np.nan], [1, 1]]}, "coordinate-not-finite"),
        ({"bandwidth_m": 0}, "bandwidth-not-positive"),
        ({"bandwidth_m": 5}, "bandwidth-below-cell"),
        ({"bandwidth_m": (1, 2, 3)}, "bandwidth-shape"),
        ({"cell_m": -1}, "cell-not-positive"),
        ({"cell_m": 1e-3}, "raster-too-large"),
        ({"kernel": "box"}, "kernel-unknown"),
        ({"weights": [1.0]}, "weights-shape"),
        ({"weights": [1.0, -1.0]}, "weights-not-positive"),
        ({"xy": np.empty((0, 2))}, "extent-empty"),
        ({"bounds": (10, 0, 0, 10)}, "extent-empty"),
        ({"mask": shapely.box(0, 0, 1e-6, 10)}, "mask-holds-no-cell"),
    ],
)
def test_what_cannot_be_computed_is_refused(arguments: dict[str, object], code: str) -> None:
    given = {"xy": [[0, 0], [100, 50]], "bandwidth_m": 50, "cell_m": 10} | arguments
    with pytest.raises(InvalidInput) as refused:
        density.kde(**given)  # type: ignore[arg-type]
    assert refused.value.code == code


def test_events_on_one_line_have_no_bandwidth() -> None:
    with pytest.raises(InvalidInput, match="bandwidth"):
        density.bandwidth([[0, 0], [1, 0], [2, 0]])
