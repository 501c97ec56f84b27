"""Compare assignment with a spatial join of geopandas: CPU seconds, and the same answer on every point.

Run with ``python scripts/bench/assign.py [--points N]``.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.analysis.reach.assign import assign_to_grids
from gridmap.domain.gridkey import make_key

CORNERS = 100
SEED = 165
RUNS = 3


def coverage(n: int, rng: np.random.Generator) -> NDArray[np.object_]:
    """About n polygons of about 100 corners without gaps: a lattice whose shared edges are crooked."""
    columns = max(1, round(np.sqrt(n * 1.25)))
    rows = max(1, round(n / columns))
    size = np.array([0.15 / columns, 0.13 / rows])
    origin = np.array([120.34, 29.72])
    nodes = np.stack(np.meshgrid(np.arange(columns + 1), np.arange(rows + 1), indexing="ij"), axis=-1).astype(
        float
    )
    nodes[1:-1, 1:-1] += rng.uniform(-0.2, 0.2, nodes[1:-1, 1:-1].shape)
    steps = CORNERS // 4
    along = np.linspace(0, 1, steps, endpoint=False)[:, None]

    def crooked(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
        line = a + along * (b - a)
        across = np.array([a[1] - b[1], b[0] - a[0]])
        # Less towards the ends, so that edges that meet in a corner never cross.
        line += across * rng.uniform(-0.04, 0.04, (steps, 1)) * np.sin(np.pi * along)
        return line

    level = {(i, j): crooked(nodes[i, j], nodes[i + 1, j]) for i in range(columns) for j in range(rows + 1)}
    upright = {(i, j): crooked(nodes[i, j], nodes[i, j + 1]) for i in range(columns + 1) for j in range(rows)}

    def back(line: NDArray[np.float64], start: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.vstack([start, line[:0:-1]])

    rings = [
        np.vstack(
            [
                level[i, j],
                upright[i + 1, j],
                back(level[i, j + 1], nodes[i + 1, j + 1]),
                back(upright[i, j], nodes[i, j + 1]),
            ]
        )
        for j in range(rows)
        for i in range(columns)
    ]
    return np.array([shapely.Polygon(origin + ring * size) for ring in rings], dtype=object)


def by_join(points: NDArray[np.float64], grids: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """Lowest key of the polygons that a spatial join finds; 0 where there is none."""
    frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy(points[:, 0], points[:, 1]), crs=grids.crs)
    joined = gpd.sjoin(frame, grids[["grid_key", "geometry"]], how="inner", predicate="intersects")
    lowest = joined["grid_key"].groupby(level=0).min()
    out = np.zeros(len(points), np.int64)
    out[lowest.index.to_numpy()] = lowest.to_numpy()
    return out


def timed(work: Callable[[], Any]) -> tuple[list[float], Any]:
    """CPU seconds of each run, and the last answer."""
    taken, answer = [], None
    for _ in range(RUNS):
        begin = time.process_time()
        answer = work()
        taken.append(time.process_time() - begin)
    return taken, answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--polygons", type=int, nargs="+", default=[30, 1_000, 20_000])
    chosen = parser.parse_args()
    rng = np.random.default_rng(SEED)
    print(
        f"{chosen.points:,} points, CPU seconds, median of {RUNS} (least - most); geopandas {gpd.__version__}"
    )
    first = True
    for n in chosen.polygons:
        shapes = coverage(n, rng)
        keys = [make_key(330681109, 1 + i // 999, 1 + i % 999) for i in range(len(shapes))]
        # Rows in no order, as an import may bring them; neighbours in number are neighbours on the ground.
        order = rng.permutation(len(shapes))
        columns = {"grid_key": np.array(keys)[order], "level": 3}
        grids = gpd.GeoDataFrame(columns, geometry=shapes[order], crs="EPSG:4326")
        west, south, east, north = grids.total_bounds
        points = rng.uniform((west - 0.002, south - 0.002), (east + 0.002, north + 0.002), (chosen.points, 2))
        # Some points exactly on corners, which several polygons share.
        corners = shapely.get_coordinates(shapes)
        points[: len(points) // 100] = corners[rng.integers(0, len(corners), len(points) // 100)]
        if first:
            begin = time.process_time()
            assign_to_grids(points[:1000], grids)
            print(f"first call, with loading or compiling the kernels: {time.process_time() - begin:.2f} s")
            first = False
        ours, found = timed(lambda points=points, grids=grids: assign_to_grids(points, grids))
        theirs, expected = timed(lambda points=points, grids=grids: by_join(points, grids))
        assert np.array_equal(found.grid_key, expected), "assignment and join differ"
        a, b = statistics.median(ours), statistics.median(theirs)
        corners_each = shapely.get_num_coordinates(shapes).mean() - 1
        print(
            f"{len(shapes):>6} polygons of {corners_each:.0f} corners: assign {a:.3f} ({min(ours):.3f} - "
            f"{max(ours):.3f}), join {b:.3f} ({min(theirs):.3f} - {max(theirs):.3f}), ratio {b / a:.1f}, "
            f"same answer on all points, {len(found.unmatched):,} in none"
        )


if __name__ == "__main__":
    main()
