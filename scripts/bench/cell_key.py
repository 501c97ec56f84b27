"""Attack the perturbed numbers of a workspace, and print by how much the chance of a count of 1 to 4 rises.

Run with ``GRIDMAP_HOME=... python scripts/bench/cell_key.py [--pairs N] [--kinds]`` over a workspace with records, as
the demonstration town. The attacker is `tests/attack.py`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from gridmap.domain import protection
from gridmap.settings import load_settings
from gridmap.storage.database import Database
from tests.attack import attack, drawn_pairs
from tests.attacked import asked_of, attacker_of, published

SEED = 2005
PRIORS = {"base rates alone": 0, "and rates that larger told cells show": 1}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=2000)
    parser.add_argument("--kinds", action="store_true", help="ask for kinds of disputes, too")
    asked = parser.parse_args()
    print(
        f"bound {protection.BOUND}, variance {protection.VARIANCE:g}, least told {protection.LEAST_TOLD}, "
        f"detail {protection.MOST_DETAIL}"
    )
    with Database(load_settings()) as database:
        about = asked_of(database, kinds=asked.kinds)
        for off in (False, True):
            found = published(database, about, off=off)
            pairs = drawn_pairs(
                found, ("within", "period", "matter"), asked.pairs, np.random.default_rng(SEED)
            )
            raised = attack(attacker_of(found, off=off), pairs if not off else pairs[: asked.pairs // 10])
            print("perturbation off" if off else "perturbed")
            for prior, column in PRIORS.items():
                print(f"  prior: {prior}")
                for name, values in sorted(raised.items()):
                    of = values[:, column]
                    print(
                        f"    {name:8} {len(of):5} pairs: greatest raise {of.max():.3f}, 99 % below "
                        f"{np.quantile(of, 0.99):.3f}, above 0.1: {(of > 0.1).mean():.2%}"
                    )


if __name__ == "__main__":
    main()
