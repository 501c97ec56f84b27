"""Space-time cubes: right-open periods, whole ones only, and hexagons without gaps."""

from __future__ import annotations

import h3
import numpy as np
import pytest
import shapely

from gridmap.analysis import cube
from gridmap.errors import InvalidInput


def test_an_event_at_an_edge_belongs_to_the_period_that_begins_there() -> None:
    counts = cube.build([0, 0, 1, 1, 1], [0.0, 1.0, 1.999, 2.0, -0.1], 2, [0, 1, 2])
    assert counts.tolist() == [[1, 1], [0, 1]]


def test_events_in_no_cell_do_not_count() -> None:
    assert cube.build([-1, 0], [0.5, 0.5], 1, [0, 1]).tolist() == [[1]]


def test_dates_are_periods_too() -> None:
    days = np.array(["2024-01-31T23:59", "2024-02-01", "2024-02-29T12:00"], dtype="datetime64[m]")
    edges = np.array(["2024-01-01", "2024-02-01", "2024-03-01"], dtype="datetime64[D]")
    assert cube.build([0, 0, 0], days, 1, edges).tolist() == [[1, 2]]


def test_what_is_left_over_is_never_a_full_period() -> None:
    edges = cube.whole_periods(
        np.datetime64("2024-01-01"), np.datetime64("2024-02-01"), np.timedelta64(7, "D")
    )
    assert edges[-1] == np.datetime64("2024-02-01")
    assert len(edges) == 5
    assert edges[0] == np.datetime64("2024-01-04")
    assert cube.whole_periods(0.0, 1.0, 0.1)[0] == pytest.approx(0)
    with pytest.raises(InvalidInput):
        cube.whole_periods(0.0, 1.0, 1.5)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (([0], [0.0, 1.0], 1, [0, 1]), "cube-shape"),
        (([0.5], [0.0], 1, [0, 1]), "cube-cell-kind"),
        (([1], [0.0], 1, [0, 1]), "cube-cell-range"),
        (([0], [np.nan], 1, [0, 1]), "cube-time-missing"),
        (([0], [0.5], 1, [1, 0]), "cube-edges-order"),
        (([0], np.array(["2024-01-01"], "datetime64[D]"), 1, [0, 1]), "cube-time-kind"),
    ],
)
def test_what_cannot_be_counted_is_refused(arguments: tuple[object, ...], code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        cube.build(*arguments)  # type: ignore[arg-type]
    assert refused.value.code == code


def test_hexagons_fill_the_hull_and_know_their_neighbours() -> None:
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(120.30, 120.36, 300), rng.uniform(29.70, 29.76, 300)
    found = cube.hexagons(lon, lat, 9)
    assert (found.of_point >= 0).all()
    for row in range(0, 300, 37):
        assert int(found.cells[found.of_point[row]]) == h3.str_to_int(
            h3.latlng_to_cell(lat[row], lon[row], 9)
        )
    weights = found.weights
    assert (weights != weights.T).nnz == 0
    assert weights.diagonal().sum() == 0
    for row in (0, len(found.cells) // 2):
        near = {h3.str_to_int(c) for c in h3.grid_ring(h3.int_to_str(int(found.cells[row])), 1)}
        own = set(found.cells[weights.indices[weights.indptr[row] : weights.indptr[row + 1]]].tolist())
        assert own == near & set(found.cells.tolist())
    polygons = found.polygons()
    hull = shapely.MultiPoint(np.column_stack([lon, lat])).convex_hull
    assert shapely.union_all(polygons).intersection(hull.buffer(-0.003)).area == pytest.approx(
        hull.buffer(-0.003).area
    )


def test_points_outside_the_area_are_in_no_hexagon() -> None:
    area = shapely.box(120.30, 29.70, 120.33, 29.73)
    found = cube.hexagons([120.315, 121.0], [29.715, 29.9], 8, area)
    assert found.of_point[0] >= 0
    assert found.of_point[1] == -1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (([500_000.0], [3_290_000.0], 8), "not-longitude-latitude"),
        (([120.0], [29.0], 16), "h3-resolution"),
        (([100.0, 120.0, 110], [20.0, 29.0, 40], 12), "hexagons-too-many"),
    ],
)
def test_what_has_no_hexagons_is_refused(arguments: tuple[object, ...], code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        cube.hexagons(*arguments)  # type: ignore[arg-type]
    assert refused.value.code == code
