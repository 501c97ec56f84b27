"""Values that property tests draw: grid keys, scopes, points and polygons."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from gridmap.domain.gridkey import MAX_KEY, SUBTREE_SIZE, Scope, level_of, make_key


@st.composite
def grid_keys(draw: st.DrawFn) -> int:
    """Keys of grids of every level."""
    parts = [draw(st.integers(1, 10**9 - 1))]
    for top in (99, 999, 999):
        if draw(st.booleans()):
            parts.append(draw(st.integers(1, top)))
        else:
            break
    return make_key(*parts)


def scopes(keys: list[int]) -> st.SearchStrategy[Scope]:
    """Scopes of grids in `keys` and of others, the whole workspace, and ranges that belong to no grid."""
    edges = st.sampled_from(
        sorted(
            {0, 1, MAX_KEY - 1, MAX_KEY} | {k + d for k in keys for d in (-1, 0, 1)} | {k + 999 for k in keys}
        )
    )
    odd = st.tuples(edges, edges).map(lambda pair: Scope(min(pair), max(pair)))
    return st.one_of(
        st.sampled_from(keys).map(Scope.of_grid), grid_keys().map(Scope.of_grid), st.just(Scope.whole()), odd
    )


def deeper_key(key: int, ordinal: int) -> int:
    """Key of a grid one level below."""
    return key + ordinal * SUBTREE_SIZE[level_of(key) + 1]


@st.composite
def lattice_polygons(draw: st.DrawFn, size: int = 6) -> BaseGeometry:
    """Valid polygons and multipolygons with corners on a small lattice: level edges, shared corners, holes, islands."""
    corner = st.tuples(st.integers(0, size), st.integers(0, size))

    def box(at: tuple[int, int]) -> BaseGeometry:
        width, height = draw(st.integers(1, 3)), draw(st.integers(1, 3))
        return shapely.box(at[0], at[1], at[0] + width, at[1] + height)

    shape: BaseGeometry = shapely.union_all([box(draw(corner)) for _ in range(draw(st.integers(1, 3)))])
    if draw(st.booleans()):
        triangle = shapely.Polygon([draw(corner) for _ in range(3)])
        if triangle.is_valid and triangle.area > 0:
            shape = shape | triangle
    if draw(st.booleans()):
        at = draw(corner)
        shape = shape - shapely.box(at[0] + 0.25, at[1] + 0.25, at[0] + 0.75, at[1] + 0.75)
    parts = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon"]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def transforms() -> st.SearchStrategy[tuple[float, float, float]]:
    """Scale and offsets that make coordinates huge, tiny, or such as degrees have; none makes a zero.

    The next number after zero is subnormal, where GEOS's own predicates contradict each other.
    """
    return st.sampled_from(
        [
            (1.0, 1.0, -50.0),
            (1e-9, 1e-9, -5e-8),
            (1e12, -5e13, 1e12),
            (0.0137, 120.41, 29.79),
            (1 / 3, 0.1, -0.1),
            (250.0, 540_000.0, 3_296_000.0),
        ]
    )


def moved(geometry: BaseGeometry, by: tuple[float, float, float]) -> BaseGeometry:
    """Scale a geometry and move it."""
    scale, dx, dy = by
    out: BaseGeometry = shapely.transform(geometry, lambda at: at * scale + np.array([dx, dy]))
    return out
