"""Compare the import of incidents from CSV (checked, assigned, committed) with a bare COPY of the same rows.

Run with ``python scripts/bench/import_incidents.py [--rows N]``. The database is a cluster in a temporary folder.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.csv as pacsv

from gridmap.domain.gridkey import Scope
from gridmap.services.cases.imports import INCIDENTS
from gridmap.services.demo import GRIDS
from gridmap.services.ground.boundaries import BoundaryOptions, import_boundaries
from gridmap.services.imports.records import ImportOptions, import_records
from gridmap.settings import Settings
from gridmap.storage.database import Database
from gridmap.storage.schema import upgrade

BOUNDARIES = Path(__file__).resolve().parents[2] / "data" / "boundaries"
SEED = 168
SPREAD_DEG = 0.002
CHUNK_BYTES = 1 << 20
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def write_csv(path: Path, rows: int) -> None:
    """Draw incidents after those of the demonstration town: other places and numbers, the same habits."""
    rng = np.random.default_rng(SEED)
    texts = pacsv.ConvertOptions(strings_can_be_null=False)
    with (BOUNDARIES / "incidents.csv").open("rb") as file:
        header = file.readline().decode().strip().split(",")
    texts.column_types = dict.fromkeys(header, pa.string())
    model = pacsv.read_csv(BOUNDARIES / "incidents.csv", convert_options=texts)
    drawn = model.take(rng.integers(0, model.num_rows, rows))
    drawn = drawn.set_column(0, "uid", pa.array([f"B{i:08d}" for i in range(rows)]))
    for name in ("lon", "lat"):
        at = drawn.column_names.index(name)
        known = drawn[name].combine_chunks().to_pylist()
        moved = rng.normal(0, SPREAD_DEG, rows)
        values = [f"{float(v) + d:.6f}" if v else "" for v, d in zip(known, moved, strict=True)]
        drawn = drawn.set_column(at, name, pa.array(values))
    pacsv.write_csv(drawn, path)


def server_cpu_s(postmaster: int) -> float:
    """CPU seconds of a database server: the postmaster, children that ended, and children that live."""
    ticks = 0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(entry.name) == postmaster:
            ticks += sum(int(stat[i]) for i in (11, 12, 13, 14))
        elif int(stat[1]) == postmaster:
            ticks += int(stat[11]) + int(stat[12])
    return ticks / _TICKS_PER_S


@dataclass
class Stopwatch:
    """Wall and CPU seconds by step."""

    postmaster: int
    steps: dict[str, tuple[float, float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.last = self.now()

    def now(self) -> tuple[float, float, float]:
        """Wall seconds, CPU seconds of this process and its children, and of the server."""
        children = os.times()
        own = time.process_time() + children.children_user + children.children_system
        return time.perf_counter(), own, server_cpu_s(self.postmaster)

    def end(self, step: str) -> None:
        """Put what passed since the last call down to a step."""
        now = self.now()
        before = self.steps.get(step, (0.0, 0.0, 0.0))
        self.steps[step] = tuple(b + n - a for b, n, a in zip(before, now, self.last, strict=True))
        self.last = now

    def total(self) -> tuple[float, float]:
        """Wall seconds, and CPU seconds of this process and the server."""
        return sum(s[0] for s in self.steps.values()), sum(s[1] + s[2] for s in self.steps.values())

    def show(self, heading: str) -> None:
        """Print the steps."""
        wall, cpu = self.total()
        print(f"{heading}: {wall:.2f} s, CPU {cpu:.2f} s")
        for step, (w, own, server) in self.steps.items():
            print(f"  {step:<16} {w:7.2f} s   CPU here {own:6.2f}, server {server:6.2f}")


def imported(database: Database, path: Path, rows: int, postmaster: int) -> Stopwatch:
    """Import the file; seconds by step."""
    watch = Stopwatch(postmaster)

    def on_progress(step: str, done: int, total: int) -> None:
        if step == "assign":
            watch.end("assign" if done else "read and check")
        elif step == "copy" and done == total:
            watch.end("copy")
        elif step == "commit":
            watch.end("commit" if done else "merge")

    options = ImportOptions()
    result = import_records(database, Scope.whole(), INCIDENTS, path, options, on_progress=on_progress)
    watch.end("end")
    assert result.committed
    assert (result.inserted, result.refused) == (rows, 0)
    print(
        f"{result.inserted:,} inserted, {result.outside:,} in no grid, {result.to_confirm:,} to be confirmed"
    )
    return watch


def copied(url: str, rows: Path, postmaster: int, like: str) -> Stopwatch:
    """COPY the rows into a new table; seconds by step."""
    with psycopg.connect(url) as connection:
        connection.execute("drop table if exists public.bare")
        connection.execute(f"create table public.bare (like gridmap.incidents {like})")
        connection.commit()
        watch = Stopwatch(postmaster)
        with rows.open("rb") as file, connection.cursor().copy("copy public.bare from stdin") as copy:
            while chunk := file.read(CHUNK_BYTES):
                copy.write(chunk)
        watch.end("copy")
        connection.commit()
        watch.end("commit")
    return watch


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    home = Path(tempfile.mkdtemp(prefix="gm-bench-", dir="/tmp")).resolve()
    home.chmod(0o755)
    try:
        with Database(Settings(home=home)) as database:
            upgrade(database)
            whole = Scope.whole()
            import_boundaries(database, whole, [BOUNDARIES / name for name in GRIDS], BoundaryOptions())
            write_csv(home / "incidents.csv", rows)
            assert database.cluster is not None
            postmaster = database.cluster.status().pid
            assert postmaster is not None
            url = database.owner_url.set(drivername="postgresql").render_as_string(hide_password=False)
            ours = imported(database, home / "incidents.csv", rows, postmaster)
            final = home / "rows"
            with psycopg.connect(url) as connection, final.open("wb") as out:
                connection.execute("checkpoint")
                with connection.cursor().copy("copy gridmap.incidents to stdout") as copy:
                    for chunk in copy:
                        out.write(chunk)
            same = copied(url, final, postmaster, "including all")
            plain = copied(url, final, postmaster, "")
    finally:
        shutil.rmtree(home, ignore_errors=True)
    ours.show("import")
    same.show("bare COPY, the same indexes and constraints")
    plain.show("bare COPY, no index and no constraint")
    for name, other in (("the same indexes and constraints", same), ("no index and no constraint", plain)):
        wall, cpu = (a / b for a, b in zip(ours.total(), other.total(), strict=True))
        print(f"ratio to a bare COPY with {name}: {wall:.2f} by the clock, {cpu:.2f} by CPU")


if __name__ == "__main__":
    main()
