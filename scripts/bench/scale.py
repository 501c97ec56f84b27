"""What a city costs: python -m scripts.bench.scale [--towns N] [--incidents N] [--province] [--home FOLDER].

A city (100 towns, 16,010 micro-grids, 1,000,000 incidents; with --province 2,800 towns and 12,100,000) is put from a
seed straight into the tables of an embedded database of its own (:mod:`scripts.bench.city`). Printed are the medians
(of --rounds, 5) of what the page, the API and an import ask for, for the whole, a county, a town and a village; with
--out FILE also below what that file has. The database is asked through the same functions as in service, under the
policies. A folder that holds a city is used as it is, once with each --seed: the imported rows stay in it.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import os
import platform
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap import __version__
from gridmap.domain.gridkey import SUBTREE_SIZE, VILLAGE, Scope, level_of
from gridmap.domain.query import IncidentQuery
from gridmap.services.cases import imports
from gridmap.services.cases.overview import workspace_info
from gridmap.services.hotspots.runs import run_hotspots
from gridmap.services.hotspots.spec import HotspotSpec
from gridmap.services.imports.records import ImportOptions, import_records
from gridmap.settings import Settings
from gridmap.storage.cases import counts, incidents
from gridmap.storage.cases.incidents import IncidentFilter
from gridmap.storage.cases.tiles import incident_tile
from gridmap.storage.database import Database
from gridmap.storage.ground.tiles import ground_tile
from gridmap.storage.schema import upgrade
from gridmap.tilekey import ZOOM, tile_key
from scripts.bench.city import (
    CITY_INCIDENTS,
    CITY_TOWNS,
    FIRST_DAY,
    PROVINCE_INCIDENTS,
    PROVINCE_TOWNS,
    TOWNS_OF_COUNTY,
    City,
    found_city,
    make_city,
)
from scripts.bench.policies import median_ms
from scripts.bench.server import processor_s

IMPORTED_ROWS = 1000
_YEAR = (dt.date(2025, 11, 1), dt.date(2026, 10, 31))
NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
_ZONE = "Asia/Shanghai"
_HALF_YEAR = IncidentQuery(None, dt.date(2026, 5, 1), dt.date(2026, 10, 31))
_ALL = IncidentFilter(IncidentQuery(), _ZONE, NOW)
_CHOSEN = IncidentFilter(_HALF_YEAR, _ZONE, NOW)


@dataclass(frozen=True, slots=True)
class View:
    """Whose view is measured.

    Attributes
    ----------
    name : str
    scope : Scope
    at : (float, float)
        Longitude and latitude of a place in it.
    below : int
        Level that its map is shaded by.
    """

    name: str
    scope: Scope
    at: tuple[float, float]
    below: int


def views(database: Database, city: City) -> list[View]:
    """Return views of the whole, the last county's span, its first town, and a village in the middle."""
    town = city.towns[(len(city.towns) - 1) // TOWNS_OF_COUNTY * TOWNS_OF_COUNTY]
    village = int(city.micro[len(city.micro) // 2])
    village -= village % SUBTREE_SIZE[VILLAGE]
    size = SUBTREE_SIZE[level_of(town)] * 1000
    county = Scope(town - town % size, town - town % size + size - 1)
    return [
        View(name, scope, _place_in(database, scope), below)
        for name, scope, below in (
            ("whole", Scope.whole(), VILLAGE),
            ("county", county, VILLAGE),
            ("town", Scope.of_grid(town), VILLAGE),
            ("village", Scope.of_grid(village), VILLAGE),
        )
    ]


def _place_in(database: Database, scope: Scope) -> tuple[float, float]:
    with database.scoped_session(scope) as session:
        row = incidents.list_incidents(session, _ALL, limit=1)[0]
    return float(row["lon"]), float(row["lat"])


def tile_at(lon: float, lat: float, z: int) -> tuple[int, int, int]:
    """Address of the tile that holds a place."""
    key = int(tile_key(lon, lat)[0]) >> 2 * (ZOOM - z)
    x = sum((key >> 2 * bit & 1) << bit for bit in range(z))
    y = sum((key >> 2 * bit + 1 & 1) << bit for bit in range(z))
    return z, x, y


def questions(view: View) -> dict[str, Callable[[Session], Any]]:
    """Return what is asked of the database for a view, by name."""
    asked: dict[str, Callable[[Session], Any]] = {
        "list": lambda s: incidents.list_incidents(s, _CHOSEN, limit=50),
        "counts": lambda s: counts.count_by_grid(s, _CHOSEN, view.below),
        "total": lambda s: counts.total_and_sealed(s, _CHOSEN),
        "timeline": lambda s: counts.series(s, _CHOSEN, "week"),
    }
    for z in (12, 16):
        tile = tile_at(*view.at, z)
        asked[f"incidents z{z}"] = lambda s, tile=tile: incident_tile(s, *tile, _CHOSEN)
        asked[f"grids z{z}"] = lambda s, tile=tile: ground_tile(s, "grids", *tile)
        asked[f"roads z{z}"] = lambda s, tile=tile: ground_tile(s, "roads", *tile)
    return asked


def measure(database: Database, city: City, rounds: int) -> list[tuple[str, str, float]]:
    """Medians in milliseconds: question, view, ms."""
    told = []
    for view in views(database, city):
        for name, ask in questions(view).items():
            with database.scoped_session(view.scope, timeout_s=600) as session:
                told.append((name, view.name, median_ms(lambda: ask(session), rounds)))  # noqa: B023 - asked here
        told.append(
            ("workspace", view.name, median_ms(lambda: workspace_info(database, view.scope), rounds))  # noqa: B023
        )
    return told


def write_rows(path: Path, view: View, seed: int) -> None:
    """Write a file of a thousand incidents around a place, as a source would send them."""
    rng = np.random.default_rng(seed)
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["编号", "领域", "发生时间", "经度", "纬度", "accuracy_m", "阶段"])
        for n in range(IMPORTED_ROWS):
            lon, lat = view.at + rng.uniform(-0.02, 0.02, 2)
            at = FIRST_DAY + dt.timedelta(minutes=int(rng.integers(300 * 24 * 60)))
            out.writerow(
                [
                    f"N{seed}-{n}",
                    "dispute",
                    f"{at:%Y-%m-%d %H:%M}",
                    f"{lon:.6f}",
                    f"{lat:.6f}",
                    20,
                    "accepted",
                ]
            )


def table_sizes(database: Database) -> list[str]:
    """Return rows and size of the cases and of the counts kept beside them, indexes included."""
    with database.scoped_session(Scope.whole()) as session:
        rows = session.execute(
            text(
                "select relname, reltuples, pg_total_relation_size(oid) / 1e6 from pg_class where relname in"
                " ('incidents', 'case_counts') and relkind = 'r' order by 1"
            )
        )
        return [f"{name} {n:,.0f} rows, {mb:.0f} MB" for name, n, mb in rows]


@contextmanager
def memory_of() -> Iterator[list[float]]:
    """Give how many megabytes this process's peak grew within the block."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    grown: list[float] = []
    yield grown
    grown.append((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)


def main() -> None:
    read = argparse.ArgumentParser(description=__doc__)
    read.add_argument("--towns", type=int)
    read.add_argument("--incidents", type=int)
    read.add_argument("--province", action="store_true")
    read.add_argument("--seed", type=int, default=7)
    read.add_argument("--rounds", type=int, default=5)
    read.add_argument("--home", type=Path)
    read.add_argument("--out", type=Path)
    asked = read.parse_args()
    towns = asked.towns or (PROVINCE_TOWNS if asked.province else CITY_TOWNS)
    whole = PROVINCE_INCIDENTS if asked.province else CITY_INCIDENTS
    rows = asked.incidents or whole * towns // (PROVINCE_TOWNS if asked.province else CITY_TOWNS)
    with tempfile.TemporaryDirectory(prefix="gm-scale-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        home = asked.home or Path(folder) / "home"
        with Database(Settings(home=home, threads=2)) as database:
            upgrade(database)
            begin_s = time.perf_counter()
            if asked.home:
                city, made = found_city(database), "made before"
            else:
                city = make_city(database, towns, rows, asked.seed)
                made = f"made in {time.perf_counter() - begin_s:.0f} s"
            sizes = table_sizes(database)
            told = measure(database, city, asked.rounds)
            file = Path(folder) / "new.csv"
            write_rows(file, views(database, city)[2], asked.seed)
            begin_s = time.perf_counter()
            with memory_of() as grown:
                done = import_records(
                    database, Scope.whole(), imports.INCIDENTS, file, ImportOptions(), now=NOW
                )
            import_s = time.perf_counter() - begin_s
            begin_s = time.perf_counter()
            spent = processor_s(home)[1], time.process_time()
            run = run_hotspots(database, Scope.whole(), HotspotSpec("gi", *_YEAR))
            run_s = time.perf_counter() - begin_s
            of_database_s, own_s = processor_s(home)[1] - spent[0], time.process_time() - spent[1]
    assert done.inserted == IMPORTED_ROWS, done.inserted
    head = (
        f"{dt.date.today()}  {len(city.towns)} towns, {len(city.micro):,} micro-grids, "  # noqa: DTZ011
        f"{city.incidents:,} incidents, {made}; median of {asked.rounds}, {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f}, gridmap {__version__}, Python {platform.python_version()}"
    )
    told_run = (
        f"hotspots by Gi* at level 4, published and kept: {len(run.findings):,} units, {run_s:.1f} s, processor "
        f"{own_s:.1f} s, and {of_database_s:.1f} s in the database"
    )
    lines = [
        head,
        *_table(told),
        "tables: " + ", ".join(sizes),
        f"import of {IMPORTED_ROWS:,} rows: {import_s:.1f} s, peak of memory {grown[0]:+.0f} MB",
        told_run,
    ]
    # What was measured before stands above it.
    before = asked.out.read_text("utf-8") + "\n" if asked.out and asked.out.exists() else ""
    shown = before + "\n".join(lines) + "\n"
    print(shown, end="")
    if asked.out:
        asked.out.write_text(shown, "utf-8")


def _table(told: list[tuple[str, str, float]]) -> Iterator[str]:
    names = list(dict.fromkeys(view for _, view, _ in told))
    by = {(question, view): ms for question, view, ms in told}
    yield f"{'ms':14}" + "".join(f"{name:>10}" for name in names)
    for question in dict.fromkeys(q for q, _, _ in told):
        yield f"{question:14}" + "".join(f"{by[question, name]:10.2f}" for name in names)


if __name__ == "__main__":
    main()
