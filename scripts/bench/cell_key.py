"""Attack the perturbed numbers of a workspace, and print by how much the chance of a count of 1 to 4 rises.

Run with ``GRIDMAP_HOME=... python scripts/bench/cell_key.py [--pairs N] [--kinds] [--out FILE]`` over a workspace with
records, as the demonstration town. The attacker is `tests/attack.py`.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from gridmap import __version__
from gridmap.domain import protection
from gridmap.services.cases.protected import table
from gridmap.settings import load_settings
from gridmap.storage.database import Database
from tests.attack import attack, drawn_pairs
from tests.attack_overlaps import Overlaps, attack_banded_overlaps, attack_overlaps
from tests.attack_sets import Cases, attack_sets, drawn_set_pairs
from tests.attacked import asked_of, attacker_of, published
from tests.attacked_sets import Year, all_told, set_attacker_of

SEED = 2005


def measure(database: Database, pairs: int, *, kinds: bool) -> Iterator[str]:
    """Attack the numbers of a workspace; yield the lines of the table.

    Parameters
    ----------
    database : Database
    pairs : int
        How many pairs are drawn; a tenth of them with the perturbation off.
    kinds : bool
        Whether kinds of disputes are asked for, too.
    """
    yield f"gridmap {__version__}, {dt.datetime.now(dt.UTC):%Y-%m-%d}, {pairs} pairs, seed {SEED}, kinds {kinds}"
    yield (
        f"bound {protection.BOUND}, variance {protection.VARIANCE:g}, least told {protection.LEAST_TOLD}, "
        f"detail {protection.MOST_DETAIL}"
    )
    about = asked_of(database, kinds=kinds)
    for off in (False, True):
        found = published(database, about, off=off)
        begun = time.monotonic()
        drawn = drawn_pairs(found, ("within", "period", "matter"), pairs, np.random.default_rng(SEED))
        drawn = drawn[: max(pairs // 10, 30)] if off else drawn
        raised = attack(attacker_of(found, off=off), drawn)
        taken_s = time.monotonic() - begun
        yield f"{'perturbation off' if off else 'perturbed'}: {len(drawn)} pairs in {taken_s:.0f} s"
        for name, values in sorted(raised.items()):
            yield (
                f"  {name:8} {len(values):5} pairs: greatest raise {values.max():.3f}, 99 % below "
                f"{np.quantile(values, 0.99):.3f}, above 0.1: {(values > 0.1).sum()} ({(values > 0.1).mean():.2%})"
            )


def measure_sets(database: Database, pairs: int) -> Iterator[str]:
    """Attack weeks, states and kept runs together with all others; yield the lines of the table.

    Pairs with a place of a run are attacked by one who knows how much of each matter happens on each ground.

    Parameters
    ----------
    database : Database
    pairs : int
        How many pairs are drawn, a quarter of each kind; a twentieth of them with the perturbation off.
    """
    about = asked_of(database, kinds=False)
    year = Year(database, about.year)
    told = all_told(year)
    yield f"sets: {len(told)} numbers of the calendar, of states, weeks and kept runs, {year.cases.total} cases"
    for off in (False, True):
        attacker, sets = set_attacker_of(year, told, off=off)
        knowing, _ = set_attacker_of(year, told, off=off)
        knowing.know(Cases(year.atoms, year.shape, grounds_known=True))
        for kind in ("calendar", "state", "week", "run"):
            begun = time.monotonic()
            drawn = drawn_set_pairs(
                sets, kind, max(pairs // (80 if off else 4), 12), np.random.default_rng(SEED)
            )
            of_runs = [pair for pair in drawn if "run" in {pair.whole.kind, pair.part.kind}]
            others = [pair for pair in drawn if pair not in of_runs]
            values = np.concatenate([attack_sets(knowing, of_runs), attack_sets(attacker, others)])
            yield (
                f"  {'off ' if off else ''}{kind:8} {len(values):5} pairs in {time.monotonic() - begun:.0f} s: "
                f"greatest raise {values.max():.3f}, 99 % below {np.quantile(values, 0.99):.3f}, "
                f"above 0.1: {(values > 0.1).sum()}"
            )


def measure_overlaps() -> Iterator[str]:
    """Attack overlapping places of the same records, of numbers drawn from the table; yield the lines."""
    about = Overlaps(place=60, grid=3, place_mean=45.0, grid_mean=2.0)
    yield f"overlapping places: {about.place} records, and {about.grid} in the grid between the two grounds"
    for k in (1, 2, 5, 10, 20, 40, 100):
        deviation, raised = attack_overlaps(about, table(), k, 60, SEED)
        yield (
            f"  {k:3} of either ground: deviation of the place's count {deviation:.2f}, raise on average "
            f"{raised.mean():.3f}, greatest {raised.max():.3f}, above 0.1: {(raised > 0.1).mean():.0%}"
        )
    yield "bands of overlapping places of 10 to 135 records, and 3 in the grid between the two grounds"
    for k in (1, 5, 10, 20, 40, 100):
        raised = attack_banded_overlaps(table(), k, 8, SEED)
        yield (
            f"  {k:3} of either ground: raise on average {raised.mean():.3f}, greatest {raised.max():.3f}, above 0.1: "
            f"{(raised > 0.1).mean():.0%}"
        )


def main() -> None:
    """Print the table, and keep it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=2000)
    parser.add_argument("--kinds", action="store_true", help="ask for kinds of disputes, too")
    parser.add_argument("--sets", action="store_true", help="attack weeks, states and kept runs, too")
    parser.add_argument("--out", type=Path, help="keep the table in this file, too")
    asked = parser.parse_args()
    lines = list(measure_overlaps())
    print("\n".join(lines), flush=True)
    with Database(load_settings()) as database:
        for line in measure(database, asked.pairs, kinds=asked.kinds):
            print(line, flush=True)
            lines.append(line)
        for line in measure_sets(database, asked.pairs) if asked.sets else ():
            print(line, flush=True)
            lines.append(line)
    if asked.out:
        asked.out.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
