"""Import a file of 20,000 polygons (42 MB) as boundaries, beside ogr2ogr into the same PostGIS where that is installed.

Run with ``python -m scripts.bench.import_boundaries [--rows N]``. It prints wall and CPU seconds of the command (with
its reading process) and of the server, the memory of the largest process, and the ratio to ogr2ogr, which neither
checks shapes nor makes areas, keys and versions.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gridmap.settings import Settings
from gridmap.storage.database import Database
from gridmap.storage.schema import upgrade
from scripts.bench.import_incidents import server_cpu_s

SEED = 1212
BENDS = 20
SIDE_DEG = 0.004
WEST, SOUTH = 120.0, 29.0
AREA_SIDE = 28
"""Cells along an area's side: 784 villages, of the 999 that an area may have."""


def write_file(path: Path, rows: int) -> None:
    """Draw cells whose neighbours share their bends, so that nothing overlaps and no gap is left."""
    rng = np.random.default_rng(SEED)
    wide = math.ceil(math.sqrt(rows))
    high = math.ceil(rows / wide)
    nodes = np.stack(np.meshgrid(np.arange(wide + 1), np.arange(high + 1)), axis=-1).astype(float)
    nodes += rng.uniform(-0.2, 0.2, nodes.shape)

    def edge(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
        at = np.linspace(0, 1, BENDS + 2)[:, None]
        line = a + (b - a) * at
        across = np.array([-(b - a)[1], (b - a)[0]])
        wave = np.sin(at * math.pi * 4) * 0.03 + rng.uniform(-0.004, 0.004, at.shape)
        wave[[0, -1]] = 0
        line = line + across * wave
        line[[0, -1]] = a, b
        return np.round(line * SIDE_DEG + (WEST, SOUTH), 7)

    along = [[edge(nodes[y, x], nodes[y, x + 1]) for x in range(wide)] for y in range(high + 1)]
    up = [[edge(nodes[y, x], nodes[y + 1, x]) for x in range(wide + 1)] for y in range(high)]
    with path.open("w", encoding="utf-8") as out:
        out.write('{"type":"FeatureCollection","features":[\n')
        for n in range(rows):
            y, x = divmod(n, wide)
            ring = [*along[y][x], *up[y][x + 1][1:], *along[y + 1][x][::-1][1:], *up[y][x][::-1][1:]]
            feature = {
                "type": "Feature",
                "properties": {
                    "名称": f"第{n + 1}村",
                    "编码": f"3306811{n + 1:05d}",
                    "片区": f"第{y // AREA_SIDE}-{x // AREA_SIDE}片",
                },
                "geometry": {"type": "Polygon", "coordinates": [[point.tolist() for point in ring]]},
            }
            out.write((",\n" if n else "") + json.dumps(feature, ensure_ascii=False))
        out.write("\n]}\n")


@dataclass(frozen=True)
class Cost:
    """What a command took: wall and CPU seconds of itself, CPU seconds of the server, MB of its largest process."""

    wall_s: float
    cpu_s: float
    server_s: float
    memory_mb: float

    def told(self) -> str:
        """Return one line."""
        return (
            f"wall {self.wall_s:6.1f} s, CPU {self.cpu_s:6.1f} s, server CPU {self.server_s:6.1f} s, "
            f"largest process {self.memory_mb:5.0f} MB"
        )


def run(command: list[str], surroundings: dict[str, str], postmaster: int) -> Cost:
    """Run a command to its end and tell what it took."""
    server, begun = server_cpu_s(postmaster), time.perf_counter()
    process = subprocess.Popen(command, env=os.environ | surroundings, stdout=subprocess.PIPE)
    if process.stdout is not None:
        process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(f"{command[0]} ended with {os.waitstatus_to_exitcode(status)}")
    return Cost(wall, used.ru_utime + used.ru_stime, server_cpu_s(postmaster) - server, used.ru_maxrss / 1024)


def main() -> None:
    """Measure both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    rows = parser.parse_args().rows
    folder = Path(tempfile.mkdtemp(prefix="gridmap-bench-"))
    home = folder / "home"
    home.mkdir()
    file = folder / "villages.geojson"
    write_file(file, rows)
    print(f"{rows} polygons, {file.stat().st_size / 1e6:.1f} MB", flush=True)
    try:
        with Database(Settings(home=home)) as database:
            upgrade(database)
            if database.cluster is None:
                raise SystemExit("an embedded database is measured")
            pid = int(database.cluster.status().pid or 0)
            ours = run(
                [
                    sys.executable,
                    "-c",
                    "from gridmap.cli import main; main()",
                    "grids",
                    "import",
                    str(file),
                    "--town-name",
                    "示意镇",
                ],
                {"GRIDMAP_HOME": str(home)},
                pid,
            )
            print(f"gridmap  {ours.told()}", flush=True)
            url = database.owner_url
            if shutil.which("ogr2ogr") is None:
                print("ogr2ogr is not installed: no ratio")
                return
            told = {"host": url.host, "port": url.port, "dbname": url.database, "user": url.username}
            told |= {name: value for name, value in url.query.items() if name in told}
            target = "PG:" + " ".join(f"{name}={value}" for name, value in told.items() if value)
            theirs = run(
                [
                    "ogr2ogr",
                    "-f",
                    "PostgreSQL",
                    target,
                    str(file),
                    "-nln",
                    "public.peer",
                    "-nlt",
                    "PROMOTE_TO_MULTI",
                ],
                {"PGPASSWORD": url.password or ""},
                pid,
            )
            print(f"ogr2ogr  {theirs.told()}")
            print(
                f"ratio    wall {ours.wall_s / theirs.wall_s:.1f}, "
                f"CPU {(ours.cpu_s + ours.server_s) / (theirs.cpu_s + theirs.server_s):.1f}"
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
