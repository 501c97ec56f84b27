"""Many people on a city: python -m scripts.bench.clients [--clients N] [--seconds N] [--processes N] [--home FOLDER].

Over a drawn city (:mod:`scripts.bench.city`; a folder that holds one is used as it is), served by the map's own server
on 127.0.0.1 only. Each client looks at one view after another (most at a village or a town, some at a county or
everything) and asks for what the page asks for then: workspace, counts, days, the list, tiles of the ground and of
incidents; then it reads for some seconds. Count and time are bounded. Printed are the answers, those refused with
Retry-After, failures, and how long they took from the click to the last byte.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import http.client
import os
import random
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import text

from gridmap.domain.gridkey import VILLAGE, Scope
from gridmap.services.cases.overview import workspace_info
from gridmap.settings import Settings
from gridmap.storage.database import Database
from gridmap.storage.schema import upgrade
from scripts.bench.city import CITY_INCIDENTS, CITY_TOWNS, make_city
from scripts.bench.scale import tile_at
from scripts.bench.server import SHOWN, processor_s, running

WITHIN_S = 30
READS_S = (4.0, 10.0)
_PERIOD = "from=2026-05-01&to=2026-10-31"
_SHARES = {"village": 30, "town": 50, "county": 15, "whole": 5}


@dataclass
class Told:
    """What came of the requests: seconds by what was asked, refusals and failures."""

    took_s: dict[str, list[float]] = field(default_factory=dict)
    refused: int = 0
    failed: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, name: str, status: int, seconds: float) -> None:
        """Enter one answer; status 0 where none came."""
        with self.lock:
            if status in {200, 204}:
                self.took_s.setdefault(name, []).append(seconds)
            elif status == 503:
                self.refused += 1
            else:
                self.failed += 1


@dataclass(frozen=True)
class Ground:
    """Places that are looked at: a village's key with a point in it, and the tiles' versions."""

    villages: list[tuple[int, float, float]]
    ground_version: int
    data_version: int


def ground_of(home: Path) -> Ground:
    with Database(Settings(home=home)) as database:
        info = workspace_info(database, Scope.whole())
        with database.scoped_session(Scope.whole()) as session:
            rows = session.execute(
                text(
                    "select grid_key, ST_X(label_point), ST_Y(label_point) from grids"
                    " where level = 3 and valid_to is null order by 1"
                )
            )
            villages = [(int(key), float(lon), float(lat)) for key, lon, lat in rows]
    return Ground(villages, info.ground_version, info.data_version)


def asked_by(ground: Ground, draw: random.Random) -> Iterator[tuple[str, str]]:
    """Name and address of what the page asks for at a view."""
    key, lon, lat = draw.choice(ground.villages)
    town = key - key % 10**8
    view = draw.choices(list(_SHARES), list(_SHARES.values()))[0]
    grid = {"village": key, "town": town, "county": int(str(town)[:6]), "whole": None}[view]
    level = VILLAGE + 1 if view == "village" else VILLAGE
    where = _PERIOD if grid is None else f"grid={grid}&{_PERIOD}"
    zoom = {"village": 14, "town": 12, "county": 11, "whole": 10}[view]
    z, x, y = tile_at(lon, lat, zoom)
    yield "workspace", "/api/v1/workspace"
    yield "counts", f"/api/v1/counts?level={level}&{where}"
    yield "days", f"/api/v1/timeline?step=week&{where}"
    yield "list", f"/api/v1/incidents?limit=50&{where}"
    for right in (0, 1):
        yield "ground", f"/tiles/{ground.ground_version}/ground/{z}/{x + right}/{y}.mvt"
    yield "incidents", f"/tiles/{ground.data_version}/incidents/{z}/{x}-{x + 1}/{y}-{y}.mvts?{where}"


def client(port: int, ground: Ground, told: Told, number: int, end_s: float) -> None:
    draw = random.Random(number)
    time.sleep(draw.uniform(0, READS_S[1]))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WITHIN_S)
    while time.monotonic() < end_s:
        for name, address in asked_by(ground, draw):
            begun_s = time.perf_counter()
            try:
                connection.request("GET", address, headers=SHOWN)
                answer = connection.getresponse()
                answer.read()
                status = answer.status
            except (OSError, http.client.HTTPException):
                connection.close()
                status = 0
            told.add(name, status, time.perf_counter() - begun_s)
        time.sleep(draw.uniform(*READS_S))
    connection.close()


def memory_of(home: Path) -> list[float]:
    """Memory (PSS) in MiB of the processes of this user whose workspace the folder is, the largest first."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if f"GRIDMAP_HOME={home}\0".encode() in (entry / "environ").read_bytes():
                told = (entry / "smaps_rollup").read_text()
                found.append(int(told.partition("\nPss:")[2].split()[0]) / 1024)
    return sorted(found, reverse=True)


@contextlib.contextmanager
def city_home(given: Path | None) -> Iterator[Path]:
    if given is not None:
        yield given
        return
    home = Path(tempfile.mkdtemp(prefix="gm-", dir="/tmp")).resolve()
    home.chmod(0o755)
    try:
        with Database(Settings(home=home)) as database:
            upgrade(database)
            make_city(database, CITY_TOWNS, CITY_INCIDENTS, 7)
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def main() -> None:
    read = argparse.ArgumentParser(description=__doc__)
    read.add_argument("--clients", type=int, default=200)
    read.add_argument("--seconds", type=float, default=30.0)
    read.add_argument("--processes", type=int, default=1)
    read.add_argument("--home", type=Path)
    read.add_argument("--out", type=Path)
    asked = read.parse_args()
    told = Told()
    with city_home(asked.home) as home:
        ground = ground_of(home)
        with running("own", home, asked.processes) as port:
            end_s = time.monotonic() + asked.seconds
            threads = [
                threading.Thread(target=client, args=(port, ground, told, n, end_s))
                for n in range(asked.clients)
            ]
            begun = processor_s(home)
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            spent_s = [after - before for before, after in zip(begun, processor_s(home), strict=True)]
            memory_mib = memory_of(home)
    every = [s for times in told.took_s.values() for s in times]
    day = dt.date.today()  # noqa: DTZ011
    head = (
        f"{day}  {asked.clients} clients for {asked.seconds:.0f} s, {len(ground.villages):,} villages, "
        f"{asked.processes} processes, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; "
        f"{len(every)} answers, {told.refused} refused, {told.failed} failed"
    )
    lines = [
        head,
        f"{'ms':10}{'median':>9}{'p95':>9}{'p99':>9}{'longest':>9}",
    ]
    for name, times in {**told.took_s, "all": every}.items():
        cut = statistics.quantiles(times, n=100)
        lines.append(
            f"{name:10}" + "".join(f"{1000 * s:9.0f}" for s in (cut[49], cut[94], cut[98], max(times)))
        )
    lines.append(
        f"processor for each answer: {1000 * spent_s[0] / len(every):.1f} ms in the server, "
        f"{1000 * spent_s[1] / len(every):.1f} ms in the database"
    )
    lines.append(
        "memory of each process that serves, its share of what is shared: "
        + ", ".join(f"{mib:.0f}" for mib in memory_mib)
        + " MiB"
    )
    print("\n".join(lines))
    if asked.out:
        asked.out.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
