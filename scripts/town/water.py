"""Rivers where the relief gathers water, reservoirs behind dams in the valleys, ponds in the plain."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from .mesh import Mesh
from .plan import snap
from .shapes import blob, chaikin, chaikin_ring, dissolve
from .terrain import SIDE, Relief, fractal_noise

RIVER_FROM_KM2 = 1.4
_TRIBUTARIES = (
    "枫溪",
    "栎溪",
    "干溪",
    "白水溪",
    "黄檀溪",
    "东坞溪",
    "马岭溪",
    "乐山溪",
    "永宁溪",
    "杜黄溪",
    "四联溪",
    "孝泉溪",
)
_TRIBUTARIES_EN = (
    "Fengxi",
    "Lixi",
    "Ganxi",
    "Baishuixi",
    "Huangtanxi",
    "Dongwuxi",
    "Malingxi",
    "Leshanxi",
    "Yongningxi",
    "Duhuangxi",
    "Silianxi",
    "Xiaoquanxi",
)
_RESERVOIRS = (
    ("征天水库", "Zhengtian reservoir"),
    ("大溪水库", "Daxi reservoir"),
    ("东坞水库", "Dongwu reservoir"),
    ("杜黄水库", "Duhuang reservoir"),
    ("乐山水库", "Leshan reservoir"),
    ("马岭水库", "Maling reservoir"),
)


@dataclass(frozen=True, slots=True)
class River:
    """One stretch of river from a confluence down to the next, local metres."""

    line: shapely.LineString
    name_zh: str
    name_en: str
    drained_km2: float

    @property
    def width_m(self) -> float:
        """Width that grows with the land upstream."""
        return round(float(3 + 3.4 * self.drained_km2**0.5), 1)


@dataclass(frozen=True, slots=True)
class Lake:
    """A reservoir or pond, local metres."""

    kind: str
    polygon: shapely.Polygon
    name_zh: str
    name_en: str


def draw_rivers(relief: Relief, rng: np.random.Generator, reach: shapely.Polygon) -> list[River]:
    """Trace the drainage as smooth lines; the stem that drains most is 枫桥江, the largest branches have names."""
    big = np.flatnonzero(relief.drained_km2 >= RIVER_FROM_KM2)
    xy = relief.cell_xy(np.arange(SIDE * SIDE))
    wander = rng.uniform(-1, 1, xy.shape)
    flat = np.exp(-np.maximum(relief.height_m.ravel() - 24, 0) / 18)[:, None]
    # One smooth field moves every river, so confluences stay where they meet while the plain gets its meanders.
    bend = np.column_stack([fractal_noise(rng, SIDE, (14, 30, 60), 0.7).ravel() for _ in range(2)])
    xy = xy + wander * (30 + 10 * flat) + bend * (25 + 125 * flat)
    inside = shapely.contains_xy(reach, *xy.T)
    upstream: dict[int, list[int]] = {}
    for i in big.tolist():
        if relief.receiver[i] != i:
            upstream.setdefault(int(relief.receiver[i]), []).append(i)
    mouths = [int(i) for i in big if inside[i] and not inside[relief.receiver[i]]]
    if not mouths:
        return []
    named: list[tuple[float, list[int]]] = []
    starts = list(mouths)
    stems: list[list[int]] = []
    while starts:
        at = starts.pop()
        path = [int(relief.receiver[at]), at]
        while upstream.get(at):
            branches = sorted(upstream[at], key=lambda j: (-relief.drained_km2[j], j))
            starts.extend(branches[1:])
            at = branches[0]
            path.append(at)
        stems.append(path)
        named.append((float(relief.drained_km2[path[1]]), path))
    named.sort(key=lambda item: (-item[0], item[1]))
    rivers = []
    branch = 0
    for rank, (_, path) in enumerate(named):
        if not inside[path].any():
            continue
        if rank == 0:
            zh, en = "枫桥江", "Fengqiao river"
        elif branch < len(_TRIBUTARIES) and len(path) > 14:
            zh, en = _TRIBUTARIES[branch], f"{_TRIBUTARIES_EN[branch]} stream"
            branch += 1
        else:
            zh, en = "", ""
        rivers.extend(_stretches(path[::-1], xy, relief, upstream, zh=zh, en=en))
    return rivers


def _stretches(
    path: list[int],
    xy: NDArray[np.float64],
    relief: Relief,
    upstream: dict[int, list[int]],
    *,
    zh: str,
    en: str,
) -> list[River]:
    """Cut a stem, source to mouth, at its confluences after smoothing it in one piece between them."""
    cuts = [0] + [k for k in range(1, len(path) - 1) if len(upstream.get(path[k], ())) > 1] + [len(path) - 1]
    found = []
    for a, b in itertools.pairwise(cuts):
        line = snap(chaikin(xy[path[a : b + 1]], 3))
        found.append(River(shapely.LineString(line), zh, en, float(relief.drained_km2[path[max(a, b - 1)]])))
    return found


def _flooded(mesh: Mesh, dam: int, rise_m: float, area_max_m2: float) -> NDArray[np.int64]:
    """Cells that fill behind a dam: connected, and below its crest."""
    crest = mesh.height_m[dam] + rise_m
    low = mesh.height_m < crest
    label = np.zeros(len(mesh.xy), dtype=np.int64)
    label[dam] = 1
    ok = low[mesh.left] & low[mesh.right] & (mesh.height_m[mesh.left] >= mesh.height_m[dam] - 0.5)
    ok &= mesh.height_m[mesh.right] >= mesh.height_m[dam] - 0.5
    left, right = mesh.left[ok], mesh.right[ok]
    while True:
        grow = label[left] != label[right]
        if not grow.any() or mesh.area_m2[label > 0].sum() > area_max_m2:
            return label
        label[left[grow]] = 1
        label[right[grow]] = 1


def draw_reservoirs(mesh: Mesh, relief: Relief, reach: shapely.Polygon) -> list[Lake]:
    """Dam valleys that drain enough land, well apart from each other and above the plain."""
    height = relief.height_m.ravel()
    cells = np.flatnonzero(
        (relief.drained_km2 > 1.3) & (relief.drained_km2 < 9) & (height > 45) & (height < 190)
    )
    xy = relief.cell_xy(cells)
    core = shapely.buffer(reach, -500)
    keep = shapely.contains_xy(core, *xy.T)
    cells, xy = cells[keep], xy[keep]
    order = np.lexsort((cells, -relief.drained_km2[cells]))
    lakes: list[Lake] = []
    taken: list[NDArray[np.float64]] = []
    for k in order.tolist():
        if len(lakes) == len(_RESERVOIRS):
            break
        if any(np.hypot(*(xy[k] - t)) < 2600 for t in taken):
            continue
        near = mesh.nearest(
            xy[k : k + 1] + np.array([[dx, dy] for dx in (-60, 0, 60) for dy in (-60, 0, 60)])
        )
        dam = int(near[np.argmin(mesh.height_m[near])])
        limit = 330_000 if not lakes else 190_000
        label = _flooded(mesh, dam, 17.0, limit)
        polygons, _ = dissolve(mesh, np.where(label > 0, 1, -1))
        if len(polygons) == 0:
            continue
        largest = max(polygons, key=lambda p: p.area)
        if not 45_000 < largest.area < 600_000:
            continue
        ring = shapely.get_coordinates(shapely.simplify(largest.exterior, 22))[:-1]
        polygon = shapely.buffer(shapely.Polygon(snap(chaikin_ring(ring, 2))), 0)
        if polygon.geom_type != "Polygon":
            continue
        zh, en = _RESERVOIRS[len(lakes)]
        lakes.append(Lake("reservoir", shapely.transform(polygon, snap), zh, en))
        taken.append(xy[k])
    return lakes


def draw_ponds(mesh: Mesh, rng: np.random.Generator, reach: shapely.Polygon, count: int = 170) -> list[Lake]:
    """Scatter fish and village ponds over the lowest land, in loose clusters."""
    core = shapely.buffer(reach, -120)
    low = np.flatnonzero((mesh.height_m < 32) & shapely.contains_xy(core, *mesh.xy.T))
    ponds: list[Lake] = []
    hubs = mesh.xy[rng.choice(low, 34)]
    while len(ponds) < count:
        at = hubs[rng.integers(len(hubs))] + rng.normal(0, 260, 2)
        cell = mesh.nearest(at[None])[0]
        if mesh.height_m[cell] > 36 or not shapely.contains_xy(core, *at):
            continue
        shape = shapely.Polygon(
            snap(blob(rng, at, float(rng.gamma(5, 6.0)) + 12, 0.18, float(rng.uniform(0.9, 1.35))))
        )
        if shape.is_valid and not any(shapely.dwithin(shape, p.polygon, 14) for p in ponds):
            ponds.append(Lake("pond", shape, "", ""))
    return ponds
