"""Draw the demonstration town: boundaries, water, roads, a year of records; same seed, same bytes.

Usage: ``python scripts/make_town.py --seed 20130909 --out data/boundaries``
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from town import town_files  # noqa: E402 - the package lies beside this script

DEFAULT_SEED = 20130909


def main(argv: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--out", type=Path, default=HERE.parent / "data" / "boundaries")
    parser.add_argument(
        "--codes", type=Path, default=HERE.parent / "data" / "boundaries" / "village_codes.csv"
    )
    given = parser.parse_args(argv)
    given.out.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()

    def say(step: str) -> None:
        sys.stderr.write(f"{time.monotonic() - start:6.1f} s  {step}\n")

    town_files.make(given.seed, given.codes, given.out, say)
    say("done")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
