"""Where things happen: weighted places inside the town, and which grid a point lies in."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from .build import Land
from .plan import snap

Floats = NDArray[np.float64]


class Where:
    """Draws places of each sort inside the town; local metres."""

    def __init__(self, land: Land) -> None:
        self.land = land
        shapely.prepare(land.outline)
        self._labels = np.array(sorted(land.micro))
        self._tree = shapely.STRtree([land.micro[k] for k in self._labels.tolist()])
        xy, level = land.people_xy, land.level
        people = land.people / land.people.sum()
        works = np.zeros(len(xy))
        for x, y, share in (
            (1150, -1250, 1.0),
            (-1300, -2300, 0.8),
            (980, 520, 0.4),
            (-2900, 1200, 0.4),
            (3300, 200, 0.3),
        ):
            works += share * np.exp(-((xy[:, 0] - x) ** 2 + (xy[:, 1] - y) ** 2) / (2 * 420.0**2))
        centre = people * np.exp(-(xy[:, 0] ** 2 + xy[:, 1] ** 2) / (2 * 1500.0**2))
        river = shapely.STRtree([r.line for r in land.rivers])
        near, far = river.query_nearest(shapely.points(xy), all_matches=False, return_distance=True)
        wet = np.zeros(len(xy))
        wet[near[0]] = np.exp(-far / 110)
        forest = np.zeros(len(xy), dtype=bool)
        for kind, polygon in land.cover:
            if kind == "forest":
                shapely.prepare(polygon)
                forest |= shapely.contains_xy(polygon, *xy.T)
        lived = people * (level > 0)
        self._weight = {
            "people": lived,
            "works": 0.45 * works * lived / (works * lived).sum() + 0.55 * lived / lived.sum(),
            "centre": 0.6 * centre / centre.sum() + 0.4 * lived / lived.sum(),
            "water": wet * (np.sqrt(people) + 0.15 * np.sqrt(people).mean()),
            "field": ((level <= 0) & ~forest).astype(float),
            "forest": forest.astype(float),
        }
        self._weight = {k: w / w.sum() for k, w in self._weight.items()}
        self._roads = [r.line for r in land.roads if r.rank < 4]
        middle = shapely.get_coordinates(shapely.line_interpolate_point(self._roads, 0.5, normalized=True))
        busy = np.array([(9.0, 6.0, 3.0, 0.8)[r.rank] for r in land.roads if r.rank < 4])
        heart = 1 + 5 * np.exp(-(middle[:, 0] ** 2 + middle[:, 1] ** 2) / (2 * 1300.0**2))
        weight = shapely.length(self._roads) * busy * heart
        self._road_weight = weight / weight.sum()

    def inside(self, xy: Floats) -> NDArray[np.bool_]:
        """Tell which points lie in the town."""
        return np.asarray(shapely.contains_xy(self.land.outline, *xy.T))

    def draw(self, sort: str, count: int, rng: np.random.Generator) -> Floats:
        """Places of one sort inside the town, shape (count, 2)."""
        found = np.zeros((0, 2))
        while len(found) < count:
            if sort == "road":
                pick = rng.choice(len(self._roads), count, p=self._road_weight)
                at = shapely.line_interpolate_point(
                    [self._roads[k] for k in pick], rng.random(count), normalized=True
                )
                xy = shapely.get_coordinates(at) + rng.normal(0, 4, (count, 2))
            else:
                cell = rng.choice(len(self.land.people_xy), count, p=self._weight[sort])
                xy = self.land.people_xy[cell] + rng.uniform(-20, 20, (count, 2))
            found = np.vstack([found, xy[self.inside(xy)]])
        return found[:count]

    def disc(self, x: float, y: float, radius_m: float, count: int, rng: np.random.Generator) -> Floats:
        """Places spread evenly over a disc, inside the town, shape (count, 2)."""
        found = np.zeros((0, 2))
        while len(found) < count:
            r, t = radius_m * np.sqrt(rng.random(count)), rng.uniform(0, 2 * np.pi, count)
            xy = np.column_stack([x + r * np.cos(t), y + r * np.sin(t)])
            found = np.vstack([found, xy[self.inside(xy)]])
        return found[:count]

    def just_outside(self, count: int, rng: np.random.Generator) -> Floats:
        """Places 60 to 400 m beyond the edge of the town, shape (count, 2)."""
        ring = self.land.outline.exterior
        found = np.zeros((0, 2))
        while len(found) < count:
            at = shapely.get_coordinates(shapely.line_interpolate_point(ring, rng.random(), normalized=True))
            xy = at * (1 + rng.uniform(80, 400) / np.hypot(*at[0]))
            if shapely.distance(self.land.outline, shapely.Point(*xy[0])) > 40:
                found = np.vstack([found, xy])
        return found

    def micro_label(self, xy: Floats) -> NDArray[np.int64]:
        """Label of the micro-grid of each point of shape (n, 2), -1 outside the town."""
        found = np.full(len(xy), -1, dtype=np.int64)
        point, grid = self._tree.query(shapely.points(snap(xy)), predicate="intersects")
        for p, g in zip(point[::-1].tolist(), grid[::-1].tolist(), strict=True):
            found[p] = self._labels[g]
        return found
