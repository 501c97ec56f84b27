"""Draw the land of the town, step by step, each step from its own seeded generator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from . import carriageway, coverage, network, roads, settlement, water
from .mesh import Mesh, make_mesh
from .plan import Village
from .settlement import Hamlet
from .terrain import MIDDLE, raise_relief
from .water import Lake, River

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Land:
    """The drawn town, local metres.

    Attributes
    ----------
    villages : tuple of Village
    micro : dict
        Polygon of each micro-grid, keyed by ``village index * 100 + number`` (both from 0).
    micro_people : dict
        Residents of each micro-grid.
    outline : Polygon
    rivers, lakes, cover, hamlets, roads : list
    people_xy, people, level : ndarray
        Residents of each land cell inside the town, and how built-up it is.
    """

    villages: tuple[Village, ...]
    micro: dict[int, shapely.Polygon]
    micro_people: dict[int, int]
    outline: shapely.Polygon
    rivers: list[River]
    lakes: list[Lake]
    cover: list[tuple[str, shapely.Polygon]]
    hamlets: list[Hamlet]
    roads: list[roads.Road]
    people_xy: Floats
    people: Floats
    level: Floats


def _distance_to(mesh: Mesh, area: shapely.Geometry) -> Floats:
    rim = shapely.get_coordinates(shapely.segmentize(area.boundary, 20))
    far = np.asarray(cKDTree(rim).query(mesh.xy)[0])
    shapely.prepare(area)
    return np.where(shapely.contains_xy(area, *mesh.xy.T), 0.0, far)


def _whole_numbers(share: Floats, total: int) -> Ints:
    """Round parts so that they add up to the total: the largest remainders are rounded up."""
    exact = share / share.sum() * total
    whole = np.floor(exact).astype(np.int64)
    order = np.lexsort((np.arange(len(exact)), -(exact - whole)))
    whole[order[: total - whole.sum()]] += 1
    return whole


def draw_land(seed: int, villages: tuple[Village, ...], say: Progress) -> Land:
    """Draw relief, water, villages, settlements, roads and micro-grids.

    Parameters
    ----------
    seed : int
    villages : tuple of Village
    say : callable
        Told each step.
    """

    def dice(step: int) -> np.random.Generator:
        return np.random.default_rng([seed, step])

    say("relief and drainage")
    relief = raise_relief(dice(1))
    mesh = make_mesh(relief, dice(2))
    rivers = water.draw_rivers(relief, dice(3), shapely.Point(*MIDDLE).buffer(8600))
    wet = coverage.crossing(mesh, [r.line for r in rivers])
    say("villages")
    village_of = coverage.draw_villages(mesh, villages, wet, dice(4))
    outline = shapely.coverage_union_all(list(coverage.polygons_of(mesh, village_of, 30.0).values()))
    lakes = water.draw_reservoirs(mesh, relief, outline)
    lakes += water.draw_ponds(mesh, dice(5), outline)
    dry = _distance_to(
        mesh,
        shapely.union_all([lake.polygon for lake in lakes] + [r.line.buffer(r.width_m / 2) for r in rivers]),
    )
    say("settlements")
    hamlets = settlement.place_hamlets(mesh, villages, village_of, dry, dice(6))
    level = settlement.built_up(mesh, hamlets, dry, dice(7))
    people = settlement.residents(mesh, villages, village_of, level)
    cover = settlement.land_cover(mesh, village_of, level, dry, dice(8))
    say("roads")
    shore = shapely.union_all([lake.polygon.buffer(6) for lake in lakes])
    near = shapely.contains_xy(outline.buffer(250), *mesh.xy.T)
    ground = network.make_ground(
        mesh, hamlets, level, water=shore, rivers=[r.line for r in rivers], allowed=near, rng=dice(9)
    )
    plan = roads.plan_roads(ground, villages, hamlets, dice(10))
    drawn = carriageway.draw_roads(plan, outline, shore, dice(11))
    drawn = carriageway.drivable(carriageway.in_one_piece(carriageway.node_roads(drawn), 3))
    drawn = roads.with_bridges(drawn, [(r.line, r.width_m) for r in rivers])
    say("micro-grids")
    street = coverage.crossing(mesh, [r.line for r in drawn if r.rank < 4])
    barrier = 140.0 * wet + 45.0 * street
    label = coverage.draw_micro_grids(mesh, villages, village_of, people, barrier=barrier, rng=dice(12))
    micro = coverage.polygons_of(mesh, label, 20.0)
    outline = shapely.coverage_union_all(list(micro.values()))
    inside = np.flatnonzero(label >= 0)
    total = np.bincount(label[inside], people[inside])
    counts: dict[int, int] = {}
    for index, village in enumerate(villages):
        keys = [k for k in micro if k // 100 == index]
        # Nobody represents fewer than a handful of households.
        parts = _whole_numbers(np.maximum(total[keys], 14.0), village.population)
        counts.update(zip(keys, parts.tolist(), strict=True))
    return Land(
        villages,
        micro,
        counts,
        outline,
        _clip_rivers(rivers, outline),
        lakes,
        settlement.land_polygons(mesh, cover, outline),
        hamlets,
        drawn,
        mesh.xy[inside],
        people[inside],
        level[inside],
    )


def _clip_rivers(rivers: list[River], outline: shapely.Polygon) -> list[River]:
    reach = shapely.buffer(outline, 180)
    found = []
    for river in rivers:
        found.extend(
            River(part, river.name_zh, river.name_en, river.drained_km2)
            for part in shapely.get_parts(shapely.intersection(river.line, reach))
            if part.geom_type == "LineString" and part.length > 20 and shapely.intersects(part, outline)
        )
    return found
