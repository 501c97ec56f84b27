"""What row-level security costs: python scripts/bench/policies.py [--rows 1000000] [--rounds 7] [--out FILE].

A million incidents in forty towns, put straight into the tables of an embedded database of its own. The page's
questions (list, counts, timeline, tile) are asked by the application's role, bound by the policies, and by the schema's
owner, which bypasses them and asks for the scope's grid by a plain range. Printed are medians and their ratio; above 3
the script fails.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session

from gridmap.domain.gridkey import Scope, make_key
from gridmap.domain.query import IncidentQuery
from gridmap.settings import Settings
from gridmap.storage.cases import counts, incidents
from gridmap.storage.cases.incidents import IncidentFilter
from gridmap.storage.cases.tiles import incident_tile
from gridmap.storage.database import Database
from gridmap.storage.schema import upgrade
from gridmap.tilekey import tile_key

MOST = 3.0
TOWNS, AREAS, VILLAGES = 40, 3, 10
FIRST_TOWN = 330681101
VILLAGE = make_key(FIRST_TOWN + 7, 2, 5)
GRIDS = {"root": None, "town": make_key(FIRST_TOWN + 7), "village": VILLAGE}
SCOPES = {name: Scope.whole() if grid is None else Scope.of_grid(grid) for name, grid in GRIDS.items()}
NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
_HALF_YEAR = IncidentQuery(None, dt.date(2026, 5, 1), dt.date(2026, 10, 31))
_TILE = (12, 3421, 1694)
"""A town's view, with the village in it."""

_ASKED: dict[str, Callable[[Session, IncidentFilter, IncidentFilter], Any]] = {
    "list": lambda s, chosen, _: incidents.list_incidents(s, chosen, limit=50),
    "counts": lambda s, chosen, _: counts.count_by_grid(s, chosen, 3),
    "totals": lambda s, _, whole: counts.totals(s, whole),
    "timeline": lambda s, chosen, _: counts.series(s, chosen, "week"),
    "tile": lambda s, chosen, _: incident_tile(s, *_TILE, chosen),
}


def _question(ask: Callable[[Session, IncidentFilter, IncidentFilter], Any]) -> Callable[..., Any]:
    def asked(session: Session, grid: int | None = None) -> Any:
        chosen, whole = (
            IncidentFilter(replace(query, grid=grid), "Asia/Shanghai", NOW)
            for query in (_HALF_YEAR, IncidentQuery())
        )
        return ask(session, chosen, whole)

    return asked


QUESTIONS: dict[str, Callable[..., Any]] = {name: _question(ask) for name, ask in _ASKED.items()}

_FILL = """
insert into incidents (uid, domain, occurred_at, stage, closed_at, due_at, grid_key, handler_key, geom, tile_key,
  placed_by)
select 'B' || n, (array['dispute', 'policing', 'safety', 'land'])[1 + n % 4], at,
  case when n % 5 = 0 then 'accepted' else 'archived' end, case when n % 5 <> 0 then at + interval '9 days' end,
  at + interval '20 days', key, key, ST_SetSRID(ST_MakePoint(lon, lat), 4326), tile, 'coordinate'
from (select *, timestamptz '2025-11-01' + (n * 7919 % 525600) * interval '1 minute' as at from made) made
"""


def fill(database: Database, rows: int) -> None:
    """Put so many incidents into the tables."""
    n = np.arange(rows)
    town, area, village = n % TOWNS, n // TOWNS % AREAS, n // (TOWNS * AREAS) % VILLAGES
    keys = (FIRST_TOWN + town) * 10**8 + (1 + area) * 10**6 + (1 + village) * 10**3
    lons = 120.35 + (town % 8) * 0.05 + area * 0.016 + (n * 7919 % 1000) * 0.000016
    lats = 29.60 + (town // 8) * 0.05 + village * 0.005 + (n * 104729 % 1000) * 0.000005
    made = zip(
        n.tolist(), keys.tolist(), lons.tolist(), lats.tolist(), tile_key(lons, lats).tolist(), strict=True
    )
    with database.owner_engine() as engine, engine.begin() as at:
        _bind(at, Scope.whole())
        at.execute(text("set local search_path = gridmap, public"))
        at.execute(
            text("create temporary table made (n bigint, key bigint, lon float8, lat float8, tile bigint)")
        )
        driver: Any = at.connection.driver_connection
        with driver.cursor() as cursor, cursor.copy("copy made from stdin") as copy:
            for row in made:
                copy.write_row(row)
        at.execute(text(_FILL))
    with database.owner_engine() as engine, engine.connect() as at:
        at.execution_options(isolation_level="AUTOCOMMIT").execute(text("vacuum analyze gridmap.incidents"))


def _bind(at: Any, scope: Scope) -> None:
    at.execute(
        text("select set_config('gridmap.scope_lo', :lo, true), set_config('gridmap.scope_hi', :hi, true)"),
        {"lo": str(scope.lo), "hi": str(scope.hi)},
    )


@contextmanager
def unpoliced(engine: Engine, scope: Scope) -> Iterator[Session]:
    """Open a session as the schema's owner, which bypasses the policies, with the settings of a scope."""
    with Session(engine) as session:
        session.execute(text("set local search_path = gridmap, public"))
        _bind(session, scope)
        yield session


def median_ms(ask: Callable[[], Any], rounds: int) -> float:
    """Ask so often; give the median."""
    ask()
    took = []
    for _ in range(rounds):
        begin_s = time.perf_counter()
        ask()
        took.append((time.perf_counter() - begin_s) * 1000)
    return statistics.median(took)


def measure(database: Database, rounds: int) -> list[dict[str, Any]]:
    """Medians of every question in every scope, policed and not."""
    told = []
    with database.owner_engine() as engine:
        for name, scope in SCOPES.items():
            for question, ask in QUESTIONS.items():
                with database.scoped_session(scope) as session:
                    found, policed = ask(session), median_ms(lambda: ask(session), rounds)  # noqa: B023 - asked here
                with unpoliced(engine, scope) as session:
                    grid = GRIDS[name]
                    same = ask(session, grid)
                    bare = median_ms(lambda: ask(session, grid), rounds)  # noqa: B023 - likewise
                assert found == same, (name, question)
                told.append(
                    {"scope": name, "question": question, "policed_ms": round(policed, 2),
                     "unpoliced_ms": round(bare, 2), "ratio": round(policed / bare, 2)}
                )  # fmt: skip
    return told


def plans(database: Database, scope: Scope, ask: Callable[[Session], Any]) -> list[dict[str, Any]]:
    """Plans of the statements of a question, as the application's role runs them."""
    asked: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        asked.append((statement, parameters))

    with database.scoped_session(scope) as session:
        event.listen(database.engine, "before_cursor_execute", note)
        try:
            ask(session)
        finally:
            event.remove(database.engine, "before_cursor_execute", note)
        found = []
        for statement, parameters in asked:
            row = (
                session.connection()
                .exec_driver_sql(f"explain (format json) {statement}", parameters)
                .scalar_one()
            )
            found.append(row[0]["Plan"])
    return found


def nodes(plan: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Kinds of a plan's nodes, with the table of each that reads one."""
    yield plan["Node Type"], plan.get("Relation Name", "")
    for below in plan.get("Plans", []):
        yield from nodes(below)


def main() -> None:
    read = argparse.ArgumentParser(description=__doc__)
    read.add_argument("--rows", type=int, default=1_000_000)
    read.add_argument("--rounds", type=int, default=7)
    read.add_argument("--out", type=Path)
    asked = read.parse_args()
    with tempfile.TemporaryDirectory(prefix="gm-policies-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        with Database(Settings(home=Path(folder) / "home", threads=2)) as database:
            upgrade(database)
            fill(database, asked.rows)
            told = measure(database, asked.rounds)
    head = (
        f"{dt.date.today()}  {asked.rows:,} incidents, median of {asked.rounds}, {os.cpu_count()} cores, "  # noqa: DTZ011
        f"Python {platform.python_version()}"
    )
    lines = [
        head,
        f"{'scope':8} {'question':9} {'policed ms':>11} {'unpoliced ms':>13} {'ratio':>6}",
        *(
            f"{t['scope']:8} {t['question']:9} {t['policed_ms']:11.2f} {t['unpoliced_ms']:13.2f} {t['ratio']:6.2f}"
            for t in told
        ),
    ]
    print("\n".join(lines))
    if asked.out:
        asked.out.write_text("\n".join(lines) + "\n", "utf-8")
    worst = max(told, key=lambda t: t["ratio"])
    if worst["ratio"] > MOST:
        sys.exit(f"above {MOST}: {json.dumps(worst)}")


if __name__ == "__main__":
    main()
