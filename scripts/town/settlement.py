"""Where people live: the built-up centre, hamlets in the valleys, and the land cover around them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from .mesh import Mesh
from .plan import Village, snap
from .shapes import chaikin_ring, dissolve
from .terrain import fractal_noise

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BUILT, FOREST, FARMLAND = 0, 1, 2
LAND_KINDS = ("built", "forest", "farmland")


@dataclass(frozen=True, slots=True)
class Hamlet:
    """A cluster of houses (自然村); the first of each village holds its committee.

    Attributes
    ----------
    village : int
        Index of its village.
    xy : ndarray of shape (2,)
        Local metres.
    people : float
    radius_m : float
    urban : bool
        Part of the built-up centre.
    """

    village: int
    xy: Floats
    people: float
    radius_m: float
    urban: bool


def steepness(mesh: Mesh) -> Floats:
    """Mean slope (rise over run) from each cell to its neighbours, shape (n,)."""
    slope = np.abs(mesh.height_m[mesh.left] - mesh.height_m[mesh.right]) / mesh.step_m
    total, count = np.zeros(len(mesh.xy)), np.zeros(len(mesh.xy))
    for side in (mesh.left, mesh.right):
        np.add.at(total, side, slope)
        np.add.at(count, side, 1)
    return np.round(total / np.maximum(count, 1), 9)


def place_hamlets(
    mesh: Mesh, villages: tuple[Village, ...], village_of: Ints, dry: Floats, rng: np.random.Generator
) -> list[Hamlet]:
    """Choose flat land near, but not in, the water; ``dry`` is each cell's distance to water in metres."""
    slope = steepness(mesh)
    worth = (
        -14 * slope - np.abs(dry - 160) / 420 - mesh.height_m / 170 + 0.12 * rng.standard_normal(len(mesh.xy))
    )
    worth = np.where(dry < 45, -99, worth)
    rim = village_of[mesh.left] != village_of[mesh.right]
    edge = cKDTree(mesh.xy[np.unique(np.r_[mesh.left[rim], mesh.right[rim]])]).query(mesh.xy)[0]
    found: list[Hamlet] = []
    for index, village in enumerate(villages):
        cells = np.flatnonzero((village_of == index) & (edge > 110))
        xy = mesh.xy[cells]
        near = np.hypot(xy[:, 0] - village.x_m, xy[:, 1] - village.y_m)
        score = worth[cells].copy()
        head = int(np.argmax(score - near / 260))
        chosen = [head]
        count = 6 if village.community else int(np.clip(round(2.5 + village.size_km2 * 0.62), 4, 9))
        spacing = 520 if village.community else 560
        while len(chosen) < count:
            away = np.min([np.hypot(*(xy - xy[c]).T) for c in chosen], axis=0)
            options = np.where(away > spacing, score - 0.12 * np.abs(away - 800) / 400, -np.inf)
            best = int(np.argmax(options))
            if not np.isfinite(options[best]):
                break
            chosen.append(best)
        share = rng.lognormal(0, 0.45, len(chosen))
        share[0] *= 2.3
        share /= share.sum()
        for k, c in enumerate(chosen):
            folk = float(village.population * share[k])
            radius = float(np.sqrt(folk * (62 if village.community else 115) / np.pi))
            found.append(Hamlet(index, xy[c], folk, max(70.0, radius), village.community))
    return found


def built_up(mesh: Mesh, hamlets: list[Hamlet], dry: Floats, rng: np.random.Generator) -> Floats:
    """How built-up each cell is: above 0 inside a hamlet or the centre, 1 at its heart, shape (n,)."""
    side = 420
    noise = fractal_noise(rng, side, (60, 120, 240), 0.8)
    at = np.clip((mesh.xy / 18_600 + 0.5) * side, 0, side - 1).astype(np.int64)
    ragged = 1 + 0.22 * noise[at[:, 1], at[:, 0]]
    level = np.full(len(mesh.xy), -9.0)
    for hamlet in hamlets:
        radius = hamlet.radius_m * (1.32 if hamlet.urban else 1.0)
        far = np.hypot(mesh.xy[:, 0] - hamlet.xy[0], mesh.xy[:, 1] - hamlet.xy[1])
        level = np.maximum(level, 1 - far * ragged / radius)
    level = np.maximum(level, 1 - np.hypot(mesh.xy[:, 0], mesh.xy[:, 1] * 1.25) * ragged / 1350)
    return np.where(dry < 16, -9.0, level)


def residents(mesh: Mesh, villages: tuple[Village, ...], village_of: Ints, level: Floats) -> Floats:
    """Residents of each cell, shape (n,); sums to each village's population."""
    weight = mesh.area_m2 * (np.clip(level, 0, None) ** 0.7 + np.where(level > 0, 0.15, 0.0008))
    people = np.zeros(len(mesh.xy))
    for index, village in enumerate(villages):
        cells = village_of == index
        people[cells] = village.population * weight[cells] / weight[cells].sum()
    return people


def land_cover(mesh: Mesh, village_of: Ints, level: Floats, dry: Floats, rng: np.random.Generator) -> Ints:
    """Class of each cell (``BUILT``, ``FOREST``, ``FARMLAND``) or -1 outside the town."""
    side = 300
    noise = fractal_noise(rng, side, (30, 60, 120), 0.7)
    at = np.clip((mesh.xy / 18_600 + 0.5) * side, 0, side - 1).astype(np.int64)
    wild = (
        steepness(mesh) / 0.13
        + (mesh.height_m - 24) / 110
        - 1.5 * np.exp(-dry / 130)
        + 0.4 * noise[at[:, 1], at[:, 0]]
    )
    cover = np.where(wild > 0.95, FOREST, FARMLAND)
    cover = np.where(level > 0, BUILT, cover)
    return np.where(village_of >= 0, cover, -1)


def land_polygons(mesh: Mesh, cover: Ints, town: shapely.Polygon) -> list[tuple[str, shapely.Polygon]]:
    """Smooth polygons of the land cover, farmland first as the ground, built-up land last on top."""
    found: list[tuple[str, shapely.Polygon]] = [("farmland", town)]
    for kind, least_m2, tolerance in ((FOREST, 60_000, 26.0), (BUILT, 9_000, 16.0)):
        faces, labels = dissolve(mesh, np.where(cover == kind, 1, np.where(cover >= 0, 0, -1)))
        for face in faces[labels == 1]:
            if face.area < least_m2:
                continue
            holes = [h for h in face.interiors if shapely.Polygon(h).area > least_m2]
            rings = [_round(r, tolerance) for r in (face.exterior, *holes)]
            smooth = shapely.make_valid(shapely.Polygon(rings[0], rings[1:]))
            smooth = shapely.intersection(smooth, town, grid_size=0.01)
            found.extend((LAND_KINDS[kind], p) for p in shapely.get_parts(smooth) if p.geom_type == "Polygon")
    return found


def _round(ring: shapely.LinearRing, tolerance_m: float) -> Floats:
    plain = shapely.get_coordinates(shapely.simplify(ring, tolerance_m))[:-1]
    return snap(chaikin_ring(plain, 1)) if len(plain) > 3 else plain
