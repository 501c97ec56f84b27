"""Coordinate systems."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import shapely

from gridmap import crs
from gridmap.errors import InvalidInput

FENGQIAO = (120.415, 29.790)


@pytest.mark.parametrize(("system", "offset_m"), [("GCJ-02", 507), ("BD-09", 1140)])
def test_the_shifted_systems_are_as_far_off_at_fengqiao_as_published(system: str, offset_m: int) -> None:
    shifted = crs.from_wgs84(*FENGQIAO, system)
    assert crs.distance_m(*FENGQIAO, *shifted)[0] == pytest.approx(offset_m, abs=1)


@pytest.mark.parametrize("system", ["GCJ-02", "BD-09", "EPSG:4490"])
def test_the_way_back_is_exact_to_a_millimetre_all_over_the_mainland(system: str) -> None:
    rng = np.random.default_rng(7)
    lon, lat = rng.uniform(73.6, 135.0, 50_000), rng.uniform(18.2, 53.5, 50_000)
    back = crs.to_wgs84(*crs.from_wgs84(lon, lat, system), system)
    assert crs.distance_m(lon, lat, *back).max() < 0.001


def test_gcj02_leaves_places_outside_of_china_where_they_are() -> None:
    assert crs.to_wgs84(-89.97, 35.12, "GCJ-02") == (-89.97, 35.12)
    assert crs.from_wgs84(-89.97, 35.12, "BD-09") == (-89.97, 35.12)


def test_projected_coordinates_come_back() -> None:
    x, y = crs.from_wgs84(*FENGQIAO, 4549)
    assert 500_000 < x[0] < 600_000
    assert 3_200_000 < y[0] < 3_400_000
    lon, lat = crs.to_wgs84(x, y, "EPSG:4549")
    assert crs.distance_m(*FENGQIAO, lon, lat)[0] < 0.001


@pytest.mark.parametrize(
    ("place", "epsg"),
    [
        (FENGQIAO, 4549),
        ((116.4, 39.9), 4548),
        ((87.6, 43.8), 4538),
        ((-89.97, 35.12), 32616),
        ((126.97, 37.5), 32652),
        ((151.2, -33.9), 32756),
        ((180.0, 10.0), 32660),
        ((0.0, 89.0), 32661),
        ((0.0, -89.0), 32761),
    ],
)
def test_a_place_is_measured_in_its_own_zone(place: tuple[float, float], epsg: int) -> None:
    assert crs.projected_crs(*place) == epsg


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("4549", "EPSG:4549"),
        (4490, "EPSG:4490"),
        ("epsg:4490", "EPSG:4490"),
        ("urn:ogc:def:crs:EPSG::4490", "EPSG:4490"),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326"),
        ("gcj02", "GCJ-02"),
        ("BD_09", "BD-09"),
        ("CGCS2000", "EPSG:4490"),
        ("国家2000", "EPSG:4490"),
    ],
)
def test_a_system_is_known_by_any_of_its_names(written: str | int, name: str) -> None:
    assert crs.normalise(written) == name


def test_wkt_of_a_shapefile_is_recognised() -> None:
    import pyproj

    wkt = pyproj.CRS.from_epsg(4549).to_wkt("WKT1_ESRI")
    assert crs.normalise(wkt) == "EPSG:4549"


@pytest.mark.parametrize(
    "written", ["", "EPSG:99999", "nowhere", "+proj=merc +nadgrids=/etc/passwd", "EPSG:5773"]
)
def test_an_unknown_system_is_refused_with_advice(written: str) -> None:
    with pytest.raises(InvalidInput, match="EPSG:4490"):
        crs.normalise(written)


def test_what_cannot_be_converted_is_not_finite() -> None:
    lon, lat = crs.to_wgs84([np.nan, 1e300], [29.0, 1e300], "EPSG:4549")
    assert not np.isfinite(lon).any()
    assert not np.isfinite(lat).any()


def test_swapped_coordinates_are_told_by_place_or_by_impossible_latitude() -> None:
    box = (120.3, 29.7, 120.5, 29.9)
    lon, lat = [120.4, 29.8, 29.8, 0.0], [29.8, 120.4, 60.0, 0.0]
    assert crs.looks_swapped(lon, lat, box).tolist() == [False, True, False, False]
    assert crs.looks_swapped(lon, lat).tolist() == [False, True, False, False]
    europe = (10.0, 50.0, 11.0, 51.0)
    assert crs.looks_swapped([50.5], [10.5], europe).tolist() == [True]
    assert crs.looks_swapped([50.5], [10.5]).tolist() == [False]


def test_areas_are_square_metres_on_the_ground() -> None:
    square = shapely.box(*FENGQIAO, FENGQIAO[0] + 0.01, FENGQIAO[1] + 0.01)
    assert crs.area_m2([square], 4549)[0] == pytest.approx(966.6 * 1108.6, rel=0.002)


def test_ground_is_measured_in_the_system_of_its_middle() -> None:
    assert crs.metric_crs((120.3, 29.7, 120.5, 29.9)) == crs.projected_crs(120.4, 29.8) == 4549
    # Not that of either end.
    assert crs.metric_crs((116.0, 29.0, 122.2, 30.0)) == crs.projected_crs(119.1, 29.5)


def test_nothing_but_the_owner_of_coordinates_chooses_a_system_of_metres() -> None:
    root = Path(__file__).resolve().parents[2] / "gridmap"
    files = [path for path in root.rglob("*.py") if "crs" not in path.relative_to(root).parts]
    assert len(files) > 150
    for path in files:
        text = path.read_text("utf-8")
        assert "crs.projected_crs(" not in text, path
        assert "111_320" not in text, path
        assert not re.search(r"return 4549|= 4549", text), path
