"""Small geometry: smoothing lines, and turning labelled cells into polygons that share every vertex."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from .mesh import Mesh
from .plan import snap

Floats = NDArray[np.float64]


def chaikin(xy: Floats, rounds: int = 2) -> Floats:
    """Round the corners of an open line (n, 2) and keep its ends."""
    for _ in range(rounds):
        if len(xy) < 3:
            return xy
        cut = np.empty((2 * len(xy) - 2, 2))
        cut[0::2] = 0.75 * xy[:-1] + 0.25 * xy[1:]
        cut[1::2] = 0.25 * xy[:-1] + 0.75 * xy[1:]
        cut[0], cut[-1] = xy[0], xy[-1]
        xy = cut
    return xy


def chaikin_ring(xy: Floats, rounds: int = 2) -> Floats:
    """Round the corners of a closed ring (n, 2), first point not repeated."""
    for _ in range(rounds):
        after = np.roll(xy, -1, axis=0)
        cut = np.empty((2 * len(xy), 2))
        cut[0::2] = 0.75 * xy + 0.25 * after
        cut[1::2] = 0.25 * xy + 0.75 * after
        xy = cut
    return xy


def smooth_line(xy: Floats, tolerance_m: float, rounds: int = 2) -> Floats:
    """Straighten a zigzag line within a tolerance, then round its corners; ends stay."""
    plain = shapely.get_coordinates(shapely.simplify(shapely.LineString(xy), tolerance_m))
    return chaikin(plain, rounds)


def blob(
    rng: np.random.Generator, xy: Floats, radius_m: float, rough: float = 0.25, stretch: float = 1.0
) -> Floats:
    """Draw a rounded irregular ring of about the given radius around a point, shape (n, 2)."""
    angle = np.linspace(0, 2 * np.pi, 11, endpoint=False)
    radius = radius_m * (1 + rough * rng.standard_normal(11)).clip(0.45, 1.7)
    ring = np.column_stack([radius * np.cos(angle) * stretch, radius * np.sin(angle) / stretch])
    turn = rng.uniform(0, np.pi)
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    out = np.empty_like(ring)
    out[:, 0] = ring[:, 0] * spin[0, 0] + ring[:, 1] * spin[0, 1]
    out[:, 1] = ring[:, 0] * spin[1, 0] + ring[:, 1] * spin[1, 1]
    return chaikin_ring(out, 1) + xy


def dissolve(mesh: Mesh, label: NDArray[np.int64]) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Polygons of connected cells that share a label; cells labelled -1 are left out.

    Returns
    -------
    polygons : ndarray of shapely polygons, shape (p,)
    labels : ndarray of int, shape (p,)
        The label of each polygon; one label may have several polygons.
    """
    edge = label[mesh.left] != label[mesh.right]
    ends = mesh.corner_xy[mesh.border[edge]]
    ends = ends[(ends[:, 0] != ends[:, 1]).any(axis=1)]
    faces = shapely.get_parts(shapely.polygonize(shapely.linestrings(ends)))
    inside = shapely.get_coordinates(shapely.point_on_surface(faces))
    found = label[mesh.nearest(inside)]
    return faces[found >= 0], found[found >= 0]


def simplify_coverage(polygons: NDArray[np.object_], tolerance_m: float) -> NDArray[np.object_]:
    """Thin the shared borders of a coverage and put every vertex on the 1 cm lattice; neighbours stay glued."""
    thin = shapely.coverage_simplify(polygons, tolerance_m)
    return shapely.transform(thin, snap)
