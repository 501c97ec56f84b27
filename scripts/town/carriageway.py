"""From links that carry roads to drawn lines: smooth chains, a dual carriageway, one-way streets, clean nodes."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import shapely
from numpy.typing import NDArray
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


def draw_roads(plan: Plan, town: shapely.Polygon, lakes: shapely.Geometry, rng: np.random.Generator) -> list[Road]:
    """Smooth the chains, split the trunk road into two one-way carriageways, clip to the town, node the crossings."""
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
        for part in shapely.get_parts(shapely.intersection(road.line, reach)):
            if part.geom_type == "LineString" and part.length > 3:
                clipped.append(Road(part, road.rank, road.name, road.oneway))
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


def _dual(centre: Floats, route: list[int], lines: list[Road], plan: Plan) -> tuple[list[Road], list[Road]]:
    """Two one-way carriageways beside the trunk's middle line; side roads end on the nearer one, links cross between."""
    middle = shapely.simplify(shapely.LineString(centre), 6)
    middle = shapely.LineString(chaikin(shapely.get_coordinates(middle), 2))
    sides = [shapely.offset_curve(middle, d, quad_segs=3, join_style="round") for d in (-HALF_GAP_M, HALF_GAP_M)]
    strip = shapely.buffer(middle, HALF_GAP_M, cap_style="flat")
    name = plan.names[1]
    right = sides[0]
    left = shapely.reverse(sides[1])
    cuts: dict[int, list[float]] = {0: [], 1: []}
    both = (right, left)
    pair: list[Road] = []
    kept: list[Road] = []
    for node in route[1:-1]:
        spot = shapely.Point(*plan.ground.xy[node])
        spots = []
        for k, side in enumerate(both):
            s = float(shapely.line_locate_point(side, spot))
            cuts[k].append(s)
            spots.append(shapely.get_coordinates(shapely.line_interpolate_point(side, s))[0])
        pair.append(Road(shapely.LineString(snap(np.array(spots))), 1, name))
    for road in lines:
        outside = [p for p in shapely.get_parts(shapely.difference(road.line, strip)) if p.length > 6]
        if len(outside) == 1 and outside[0].equals(road.line):
            kept.append(road)
            continue
        for part in outside:
            xy = shapely.get_coordinates(part)
            for end in (0, -1):
                if shapely.distance(middle, shapely.Point(*xy[end])) > HALF_GAP_M + 0.5:
                    continue
                k = int(np.argmin([shapely.distance(side, shapely.Point(*xy[end])) for side in both]))
                s = float(shapely.line_locate_point(both[k], shapely.Point(*xy[end])))
                near = [c for c in cuts[k] if abs(c - s) < 45]
                if near:
                    s = min(near, key=lambda c: abs(c - s))
                else:
                    cuts[k].append(s)
                xy[end] = shapely.get_coordinates(shapely.line_interpolate_point(both[k], s))[0]
            kept.append(Road(shapely.LineString(snap(xy)), road.rank, road.name))
    for k, side in enumerate(both):
        marks = sorted({0.0, *cuts[k], side.length})
        for a, b in zip(marks, marks[1:], strict=False):
            if b - a > 0.05:
                piece = snap(shapely.get_coordinates(substring(side, a, b)))
                pair.append(Road(shapely.LineString(piece), 0, name, oneway=True))
    return pair, kept


def _one_way_streets(lines: list[Road], rng: np.random.Generator) -> list[Road]:
    """Make a share of short streets in the heart of the centre one-way."""
    found = []
    for road in lines:
        middle = shapely.get_coordinates(shapely.line_interpolate_point(road.line, 0.5, normalized=True))[0]
        heart = road.rank == 3 and np.hypot(*middle) < 850 and road.line.length < 260
        turn = rng.random()
        if heart and turn < 0.16:
            line = shapely.reverse(road.line) if turn < 0.08 else road.line
            road = Road(line, road.rank, road.name, oneway=True)
        found.append(road)
    return found


def node_roads(roads: list[Road]) -> list[Road]:
    """Split roads wherever two touch or cross; where two lie on each other the better one stays.

    Every point is on the 1 cm lattice, so ends that meet are equal.
    """
    ordered = sorted(roads, key=lambda r: (r.rank, not r.oneway))
    pieces = shapely.get_parts(shapely.node(shapely.GeometryCollection([r.line for r in ordered])))
    pieces = shapely.get_parts(shapely.union_all([p for p in pieces], grid_size=0.01))
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
            a, b = (float(shapely.line_locate_point(owner.line, shapely.Point(*c))) for c in (line.coords[0], line.coords[-1]))
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
