"""Coordinate systems: what comes in becomes WGS 84 longitude and latitude, what is measured is projected.

Besides every system of the EPSG register two shifted systems of Chinese web maps are known by name:
``GCJ-02`` and ``BD-09``. At Fengqiao their coordinates lie 507 m and 1,140 m off, which puts a point into the
next village.

References
----------
The GCJ-02 and BD-09 shifts are published only as circulating formulas; their inverses have no closed form and
are found here by fixed-point iteration to less than a millimetre.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any

import numpy as np
import pyproj
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj.exceptions import CRSError

from gridmap.crs.shifted import bd_offset, gcj_offset, shift, unshift
from gridmap.errors import InvalidInput

WGS84 = "EPSG:4326"
CGCS2000 = "EPSG:4490"
GCJ02 = "GCJ-02"
BD09 = "BD-09"

Floats = NDArray[np.float64]
BBox = tuple[float, float, float, float]
"""West, south, east, north in degrees."""

M_PER_DEGREE = 111_320.0
"""Metres of a degree along a meridian, for what is near and drawn; measure with :func:`distance_m`."""

_NAMES = {
    "gcj02": GCJ02,
    "mars": GCJ02,
    "火星坐标": GCJ02,
    "bd09": BD09,
    "bd09ll": BD09,
    "百度坐标": BD09,
    "wgs84": WGS84,
    "crs84": WGS84,
    "urnogcdefcrsogc13crs84": WGS84,
    "urnogcdefcrsogccrs84": WGS84,
    "ogccrs84": WGS84,
    "cgcs2000": CGCS2000,
    "国家2000": CGCS2000,
    "国家2000坐标系": CGCS2000,
}
_EPSG = re.compile(r"(?:(?:urn:ogc:def:crs:)?epsg:(?:[\d.]*:)?)?(\d{4,6})", re.IGNORECASE | re.ASCII)

_GEOD = pyproj.Geod(ellps="WGS84")


def normalise(source: str | int) -> str:
    """Canonical name of a coordinate system.

    Parameters
    ----------
    source : str or int
        ``"EPSG:4549"``, ``4549``, ``"GCJ-02"``, ``"bd09"``, ``"CGCS2000"``, an OGC URN, or WKT.

    Returns
    -------
    str
        ``"EPSG:<code>"``, ``"GCJ-02"``, ``"BD-09"``, or the WKT itself where it matches no code.

    Raises
    ------
    InvalidInput
        When no such system is known.
    """
    text = str(source).strip()
    named = _NAMES.get(re.sub(r"[\s:\-_./]", "", text).lower())
    if named:
        return named
    return _register_name(text)


@lru_cache(maxsize=256)
def _register_name(text: str) -> str:
    try:
        crs, name = _look_up(text)
    except CRSError:
        shown = text[:40]
        raise InvalidInput(
            "crs-unknown",
            f"不认识坐标系“{shown}”。请写 EPSG 代码（如 EPSG:4490）、GCJ-02 或 BD-09。",
            f'The coordinate system "{shown}" is not known. '
            "Give an EPSG code (such as EPSG:4490), GCJ-02 or BD-09.",
        ) from None
    if not (crs.is_geographic or crs.is_projected):
        raise InvalidInput(
            "crs-not-horizontal",
            f"{name} 不是平面或经纬度坐标系，请改用 EPSG:4490 一类的坐标系。",
            f"{name} is not a geographic or projected system; use one such as EPSG:4490.",
        )
    return name


def _look_up(text: str) -> tuple[pyproj.CRS, str]:
    match = _EPSG.fullmatch(text)
    if match:
        return pyproj.CRS.from_epsg(int(match[1])), f"EPSG:{int(match[1])}"
    # Only WKT besides codes: a PROJ string could name files of this machine.
    if not (text[:1].isalpha() and "[" in text):
        raise CRSError(text)
    crs = pyproj.CRS.from_wkt(text)
    authority = crs.to_authority("EPSG", min_confidence=70)
    return crs, f"EPSG:{authority[1]}" if authority else text


@lru_cache(maxsize=64)
def _transformer(source: str, target: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(source, target, always_xy=True)


def is_shifted(source: str) -> bool:
    """Tell whether a canonical name is one of the shifted web-map systems."""
    return source in {GCJ02, BD09}


def is_geographic(source: str | int) -> bool:
    """Tell whether coordinates of the system are degrees of longitude and latitude."""
    name = normalise(source)
    return is_shifted(name) or bool(pyproj.CRS.from_user_input(name).is_geographic)


def to_wgs84(x: ArrayLike, y: ArrayLike, source: str | int) -> tuple[Floats, Floats]:
    """Convert coordinates to WGS 84 degrees.

    Parameters
    ----------
    x, y : array_like, shape (n,)
        Longitude and latitude, or easting and northing, in the order x, y whatever the register says.
    source : str or int
        Coordinate system; see :func:`normalise`.

    Returns
    -------
    lon, lat : ndarray of float64, shape (n,)
        Degrees, EPSG:4326. What cannot be converted is not finite.

    Raises
    ------
    InvalidInput
        When the system is not known.
    """
    name = normalise(source)
    xs, ys = _pair(x, y)
    if name == WGS84:
        return xs, ys
    if name == GCJ02:
        return unshift(xs, ys, gcj_offset)
    if name == BD09:
        return unshift(*unshift(xs, ys, bd_offset), gcj_offset)
    lon, lat = _transformer(name, WGS84).transform(xs, ys)
    return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)


def from_wgs84(lon: ArrayLike, lat: ArrayLike, target: str | int) -> tuple[Floats, Floats]:
    """Convert WGS 84 degrees to another system.

    Parameters
    ----------
    lon, lat : array_like, shape (n,)
        Degrees, EPSG:4326.
    target : str or int
        Coordinate system; see :func:`normalise`.

    Returns
    -------
    x, y : ndarray of float64, shape (n,)
        In the units of the target, x first.

    Raises
    ------
    InvalidInput
        When the system is not known.
    """
    name = normalise(target)
    lon_a, lat_a = _pair(lon, lat)
    if name == WGS84:
        return lon_a, lat_a
    if name == GCJ02:
        return shift(lon_a, lat_a, gcj_offset)
    if name == BD09:
        return shift(*shift(lon_a, lat_a, gcj_offset), bd_offset)
    x, y = _transformer(WGS84, name).transform(lon_a, lat_a)
    return np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)


def geometries_to_wgs84(geometries: Any, source: str | int) -> NDArray[np.object_]:
    """Convert shapely geometries to EPSG:4326; see :func:`to_wgs84`."""
    return _each_vertex(geometries, source, to_wgs84)


def geometries_from_wgs84(geometries: Any, target: str | int) -> NDArray[np.object_]:
    """Convert shapely geometries from EPSG:4326; see :func:`from_wgs84`."""
    return _each_vertex(geometries, target, from_wgs84)


def _each_vertex(geometries: Any, system: str | int, convert: Any) -> NDArray[np.object_]:
    array = np.asarray(geometries, dtype=object)
    if normalise(system) == WGS84:
        return array

    def move(xy: Floats) -> Floats:
        return np.column_stack(convert(xy[:, 0], xy[:, 1], system))

    moved: NDArray[np.object_] = np.asarray(shapely.transform(array, move), dtype=object)
    return moved


def projected_crs(lon: float, lat: float) -> int:
    """EPSG code of the system in which a place is measured.

    In China the 3-degree CGCS2000 zone without zone number in its eastings (EPSG:4549 at Fengqiao), by
    the areas of use in the EPSG register; elsewhere the UTM zone, and polar stereographic beyond its ends.

    Parameters
    ----------
    lon, lat : float
        Degrees, EPSG:4326.

    Returns
    -------
    int

    Raises
    ------
    InvalidInput
        When the place is not on Earth.
    """
    if not (-180.0 <= lon <= 180.0 and -90.0 <= lat <= 90.0):
        raise InvalidInput(
            "place-out-of-range", f"坐标 {lon}, {lat} 超出范围。", f"The place {lon}, {lat} is out of range."
        )
    zone = round(lon / 3.0)
    if 25 <= zone <= 45:
        epsg = 4534 + zone - 25
        west, south, east, north = _area_of_use(epsg)
        if west <= lon <= east and south <= lat <= north:
            return epsg
    if lat > 84.0:
        return 32661
    if lat < -80.0:
        return 32761
    utm = min(int((lon + 180.0) // 6.0) + 1, 60)
    return (32600 if lat >= 0 else 32700) + utm


def metric_crs(bounds: ArrayLike) -> int:
    """EPSG code of the system in which ground of some extent is measured: that of its middle.

    Parameters
    ----------
    bounds : array_like, shape (4,)
        West, south, east, north; degrees, EPSG:4326.

    Raises
    ------
    InvalidInput
        When the middle is not on Earth.
    """
    west, south, east, north = np.asarray(bounds, dtype=np.float64).tolist()
    return projected_crs((west + east) / 2, (south + north) / 2)


@cache
def _area_of_use(epsg: int) -> BBox:
    area = pyproj.CRS.from_epsg(epsg).area_of_use
    if area is None:  # pragma: no cover
        return (0.0, 0.0, -1.0, -1.0)
    return (area.west, area.south, area.east, area.north)


def distance_m(lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike) -> Floats:
    """Geodesic distance of pairs of points on the WGS 84 ellipsoid.

    Parameters
    ----------
    lon1, lat1, lon2, lat2 : array_like, shape (n,)
        Degrees, EPSG:4326.

    Returns
    -------
    ndarray of float64, shape (n,)
        Metres.
    """
    a = _pair(lon1, lat1)
    b = _pair(lon2, lat2)
    return np.asarray(_GEOD.inv(*a, *b)[2], dtype=np.float64)


def area_m2(geometries: Any, epsg: int) -> Floats:
    """Area of EPSG:4326 polygons, measured in a projected system.

    Parameters
    ----------
    geometries : array_like of shapely geometries, shape (n,)
    epsg : int
        A metric system such as that of :func:`projected_crs`.

    Returns
    -------
    ndarray of float64, shape (n,)
        Square metres.
    """
    return np.asarray(shapely.area(geometries_from_wgs84(geometries, epsg)), dtype=np.float64)


def looks_swapped(lon: ArrayLike, lat: ArrayLike, bbox: BBox | None = None) -> NDArray[np.bool_]:
    """Tell which points make sense only with longitude and latitude exchanged.

    Parameters
    ----------
    lon, lat : array_like, shape (n,)
        As given, degrees.
    bbox : tuple of float, optional
        Where points are expected. Without it only an impossible latitude tells.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    x, y = _pair(lon, lat)
    with np.errstate(invalid="ignore"):
        impossible: NDArray[np.bool_] = (np.abs(y) > 90.0) & (np.abs(y) <= 180.0) & (np.abs(x) <= 90.0)
    return impossible if bbox is None else ~_is_near(x, y, bbox) & _is_near(y, x, bbox)


def looks_mirrored(lon: ArrayLike, lat: ArrayLike, bbox: BBox | None) -> NDArray[np.bool_]:
    """Tell which points are expected only with another sign of longitude or latitude.

    Parameters
    ----------
    lon, lat : array_like, shape (n,)
        As given, degrees.
    bbox : tuple of float or None
        Where points are expected. Without it nothing tells.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    x, y = _pair(lon, lat)
    if bbox is None:
        return np.zeros(x.shape, dtype=bool)
    other = _is_near(-x, y, bbox) | _is_near(x, -y, bbox) | _is_near(-x, -y, bbox)
    return ~_is_near(x, y, bbox) & other


def _is_near(x: Floats, y: Floats, bbox: BBox) -> NDArray[np.bool_]:
    # A bounding box is only a hint, so its neighbourhood counts as expected too.
    margin = max(0.5, bbox[2] - bbox[0], bbox[3] - bbox[1])
    w, s, e, n = bbox[0] - margin, bbox[1] - margin, bbox[2] + margin, bbox[3] + margin
    with np.errstate(invalid="ignore"):
        near: NDArray[np.bool_] = (x >= w) & (x <= e) & (y >= s) & (y <= n)
    return near


def _pair(x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
    xs = np.atleast_1d(np.asarray(x, dtype=np.float64))
    ys = np.atleast_1d(np.asarray(y, dtype=np.float64))
    return xs, ys
