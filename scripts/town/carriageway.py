"""From links that carry roads to drawn lines: smooth chains, two carriageways, one-way streets, clean nodes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from shapely.ops import substring

from .plan import snap
from .roads import Plan, Road
from .shapes import chaikin

Floats = NDArray[np.float64]
HALF_GAP_M = 11.0


def chains(plan: Plan) -> list[tuple[list[int], int, int, bool]]:
    """Walk the road links into chains between junctions: (nodes, rank, name index, street)."""
    ground = plan.ground
    used = np.flatnonzero(plan.rank <= 4)
    touching: dict[int, list[int]] = defaultdict(list)
    for k in used.tolist():
        for node in ground.ends[k].tolist():
            touching[node].append(k)
    rank, name = plan.rank.tolist(), plan.name.tolist()
    stop = {n for n, ks in touching.items() if len(ks) != 2 or len({(rank[k], name[k]) for k in ks}) > 1}
    seen: set[int] = set()
    found = []
    ends = ground.ends.tolist()
    for first in [*sorted(stop), *sorted(set(touching) - stop)]:
        for k in touching[first]:
            if k in seen:
                continue
            nodes, link = [first], k
            while True:
                seen.add(link)
                a, b = ends[link]
                nodes.append(b if nodes[-1] == a else a)
                if nodes[-1] in stop or nodes[-1] == first:
                    break
                link = next(j for j in touching[nodes[-1]] if j != link)
            found.append((nodes, rank[k], name[k], bool(ground.street[k])))
    return found


def draw_roads(
    plan: Plan, town: shapely.Polygon, lakes: shapely.Geometry, rng: np.random.Generator
) -> list[Road]:
    """Smooth the chains, split the trunk road into two one-way carriageways, clip to the town."""
    lines: list[Road] = []
    trunk: list[tuple[list[int], Floats]] = []
    shapely.prepare(lakes)
    for nodes, rank, name, street in chains(plan):
        xy = plan.ground.xy[nodes]
        if len(nodes) > 2:
            line = shapely.get_coordinates(shapely.simplify(shapely.LineString(xy), 14 if street else 34))
            smooth = chaikin(line, 2)
            if nodes[0] != nodes[-1] and not shapely.intersects(shapely.LineString(smooth), lakes):
                xy = smooth
        if rank == 0:
            trunk.append((nodes, snap(xy)))
        else:
            lines.append(Road(shapely.LineString(snap(xy)), rank, plan.names[name]))
    centre_line, route = _stitch(trunk)
    pair, lines = _dual(centre_line, route, lines, plan)
    lines = _one_way_streets(lines, rng)
    reach = shapely.buffer(town, 180)
    clipped = []
    for road in [*pair, *lines]:
        clipped.extend(
            Road(part, road.rank, road.name, road.oneway)
            for part in shapely.get_parts(shapely.intersection(road.line, reach))
            if part.geom_type == "LineString" and part.length > 3
        )
    return clipped


def _stitch(trunk: list[tuple[list[int], Floats]]) -> tuple[Floats, list[int]]:
    """Order the trunk's chains end to end: one line, and the junction nodes on it."""
    by_node: dict[int, list[int]] = defaultdict(list)
    for i, (nodes, _) in enumerate(trunk):
        by_node[nodes[0]].append(i)
        by_node[nodes[-1]].append(i)
    ends = sorted((n for n, c in by_node.items() if len(c) == 1), key=lambda n: min(by_node[n]))
    at, seen = ends[0], set[int]()
    xy: list[Floats] = []
    route = [at]
    while True:
        nxt = [i for i in by_node[at] if i not in seen]
        if not nxt:
            break
        seen.add(nxt[0])
        nodes, line = trunk[nxt[0]]
        if nodes[0] != at:
            nodes, line = nodes[::-1], line[::-1]
        xy.append(line if not xy else line[1:])
        at = nodes[-1]
        route.append(at)
    return np.vstack(xy), route


class _Carriageways:
    """The two one-way sides of the trunk road, and where other roads meet them."""

    def __init__(self, centre: Floats) -> None:
        plain = shapely.get_coordinates(shapely.simplify(shapely.LineString(centre), 6))
        self.middle = shapely.LineString(chaikin(plain, 2))
        right, left = (
            shapely.offset_curve(self.middle, d, quad_segs=3, join_style="round")
            for d in (-HALF_GAP_M, HALF_GAP_M)
        )
        self.sides = (right, shapely.reverse(left))
        self.cuts: tuple[list[float], list[float]] = ([], [])

    def cross(self, spot: shapely.Point) -> Floats:
        """Cut both sides abreast of a junction and return the two points, shape (2, 2)."""
        ends = []
        for side, cuts in zip(self.sides, self.cuts, strict=True):
            cuts.append(float(shapely.line_locate_point(side, spot)))
            ends.append(shapely.get_coordinates(shapely.line_interpolate_point(side, cuts[-1]))[0])
        return np.array(ends)

    def meet(self, end: Floats) -> Floats:
        """Where a side road that ends here joins: an existing cut nearby, or a new one."""
        spot = shapely.Point(*end)
        k = int(np.argmin([shapely.distance(side, spot) for side in self.sides]))
        at = float(shapely.line_locate_point(self.sides[k], spot))
        near = [c for c in self.cuts[k] if abs(c - at) < 45]
        if near:
            at = min(near, key=lambda c: abs(c - at))
        else:
            self.cuts[k].append(at)
        return np.asarray(shapely.get_coordinates(shapely.line_interpolate_point(self.sides[k], at))[0])

    def pieces(self, name: str) -> list[Road]:
        """Both sides, cut at every junction, each in its direction of travel (traffic keeps right)."""
        found = []
        for side, cuts in zip(self.sides, self.cuts, strict=True):
            for a, b in pairwise(sorted({0.0, *cuts, side.length})):
                if b - a > 0.05:
                    line = shapely.LineString(snap(shapely.get_coordinates(substring(side, a, b))))
                    found.append(Road(line, 0, name, oneway=True))
        return found


def _dual(centre: Floats, route: list[int], lines: list[Road], plan: Plan) -> tuple[list[Road], list[Road]]:
    """Split the trunk into two carriageways; side roads end on the nearer one, short links cross between."""
    ways = _Carriageways(centre)
    strip = shapely.buffer(ways.middle, HALF_GAP_M, cap_style="flat")
    name = plan.names[1]
    links = []
    for node in route[1:-1]:
        ends = ways.cross(shapely.Point(*plan.ground.xy[node]))
        links.append(Road(shapely.LineString(snap(ends)), 1, name))
    kept: list[Road] = []
    for road in lines:
        outside = [p for p in shapely.get_parts(shapely.difference(road.line, strip)) if p.length > 6]
        if len(outside) == 1 and outside[0].equals(road.line):
            kept.append(road)
            continue
        for part in outside:
            xy = shapely.get_coordinates(part)
            for end in (0, -1):
                if shapely.distance(ways.middle, shapely.Point(*xy[end])) <= HALF_GAP_M + 0.5:
                    xy[end] = ways.meet(xy[end])
            kept.append(Road(shapely.LineString(snap(xy)), road.rank, road.name))
    return [*links, *ways.pieces(name)], kept


def _one_way_streets(lines: list[Road], rng: np.random.Generator) -> list[Road]:
    """Make a share of short streets in the heart of the centre one-way."""
    found = []
    for road in lines:
        middle = shapely.get_coordinates(shapely.line_interpolate_point(road.line, 0.5, normalized=True))[0]
        heart = road.rank == 3 and np.hypot(*middle) < 850 and road.line.length < 260
        turn = rng.random()
        if heart and turn < 0.16:
            line = shapely.reverse(road.line) if turn < 0.08 else road.line
            found.append(Road(line, road.rank, road.name, oneway=True))
        else:
            found.append(road)
    return found


def node_roads(roads: list[Road]) -> list[Road]:
    """Split roads wherever two touch or cross; where two lie on each other the better one stays.

    Every point is on the 1 cm lattice, so ends that meet are equal.
    """
    ordered = sorted(roads, key=lambda r: (r.rank, not r.oneway))
    pieces = shapely.get_parts(shapely.node(shapely.GeometryCollection([r.line for r in ordered])))
    pieces = shapely.get_parts(shapely.union_all(list(pieces), grid_size=0.01))
    tree = shapely.STRtree([r.line for r in ordered])
    found: list[Road] = []
    for piece in pieces:
        if piece.length < 0.02:
            continue
        mid = shapely.line_interpolate_point(piece, 0.5, normalized=True)
        near = tree.query(mid, predicate="dwithin", distance=0.05)
        owner = ordered[int(near.min())] if len(near) else ordered[int(tree.nearest(mid))]
        line = piece
        if owner.oneway:
            a, b = (
                float(shapely.line_locate_point(owner.line, shapely.Point(*c)))
                for c in (line.coords[0], line.coords[-1])
            )
            line = shapely.reverse(line) if a > b else line
        found.append(Road(shapely.transform(line, snap), owner.rank, owner.name, owner.oneway))
    return _merge_short(found)


def _merge_short(roads: list[Road], least_m: float = 4.0) -> list[Road]:
    """Contract segments shorter than a few metres: both ends become one node."""
    moved: dict[tuple[float, float], tuple[float, float]] = {}

    def home(p: tuple[float, float]) -> tuple[float, float]:
        while p in moved:
            p = moved[p]
        return p

    keep: list[Road] = []
    for road in sorted(roads, key=lambda r: r.line.length):
        if road.line.length >= least_m:
            keep.append(road)
            continue
        a, b = home(road.line.coords[0]), home(road.line.coords[-1])
        if a != b:
            moved[max(a, b)] = min(a, b)
    found = []
    seen: set[bytes] = set()
    for road in keep:
        xy = shapely.get_coordinates(road.line)
        xy[0], xy[-1] = home(tuple(xy[0])), home(tuple(xy[-1]))
        line = shapely.LineString(xy)
        key = shapely.normalize(line).wkb
        if line.length > 1 and key not in seen and not (len(xy) == 2 and tuple(xy[0]) == tuple(xy[-1])):
            seen.add(key)
            found.append(Road(line, road.rank, road.name, road.oneway))
    return found


def in_one_piece(roads: list[Road], loose_paths: int) -> list[Road]:
    """Keep the main network and a few loose footpaths; drop other stray pieces."""
    parent: dict[tuple[float, float], tuple[float, float]] = {}

    def root(p: tuple[float, float]) -> tuple[float, float]:
        while parent.setdefault(p, p) != p:
            parent[p] = parent[parent[p]]
            p = parent[p]
        return p

    for road in roads:
        parent[root(road.line.coords[0])] = root(road.line.coords[-1])
    group: dict[tuple[float, float], list[Road]] = defaultdict(list)
    for road in roads:
        group[root(road.line.coords[0])].append(road)
    parts = sorted(group.values(), key=lambda g: -sum(r.line.length for r in g))
    kept = list(parts[0])
    stray = [g for g in parts[1:] if all(r.rank == 4 for r in g) and sum(r.line.length for r in g) > 150]
    for g in stray[:loose_paths]:
        kept.extend(g)
    return sorted(kept, key=lambda r: (r.rank, r.line.coords[0], r.line.coords[-1], r.line.length))


def drivable(roads: list[Road]) -> list[Road]:
    """Make every place reachable by car from every other, and back.

    The carriageways are joined where the trunk road leaves the map, and one-way streets that lead into a trap
    become two-way.
    """
    turned = [*roads, *_turning_links(roads)]
    for _ in range(4):
        number: dict[tuple[float, float], int] = {}
        ends = np.array(
            [[number.setdefault(r.line.coords[k], len(number)) for k in (0, -1)] for r in turned],
            dtype=np.int64,
        )
        both = np.array([not r.oneway for r in turned])
        rows, cols = np.r_[ends[:, 0], ends[both, 1]], np.r_[ends[:, 1], ends[both, 0]]
        graph = csr_array((np.ones(len(rows)), (rows, cols)), shape=(len(number), len(number)))
        _, part = connected_components(graph, directed=True, connection="strong")
        main = np.bincount(part).argmax()
        trapped = (part[ends] != main).any(axis=1) & ~both
        if not trapped.any():
            break
        turned = [
            replace(r, oneway=False) if bad and r.rank > 0 else r
            for r, bad in zip(turned, trapped, strict=True)
        ]
    return turned


def _turning_links(roads: list[Road]) -> list[Road]:
    """Short links between the two carriageways' loose ends at each end of the trunk road."""
    degree: dict[tuple[float, float], int] = defaultdict(int)
    for road in roads:
        for k in (0, -1):
            degree[road.line.coords[k]] += 1
    loose = sorted({r.line.coords[k] for r in roads if r.rank == 0 and r.oneway for k in (0, -1)})
    loose = [p for p in loose if degree[p] == 1]
    links = []
    for i, a in enumerate(loose):
        links.extend(
            Road(shapely.LineString([a, b]), 1, "")
            for b in loose[i + 1 :]
            if np.hypot(a[0] - b[0], a[1] - b[1]) < 8 * HALF_GAP_M
        )
    return links
