"""Plan random nights with every rule and count what does not hold.

Run with ``python scripts/bench/nights.py [--nights 500] [--first 0] [--steps 1500]``. Each plan is looked at by the
independent checker (hours, windows, breaks, gaps, intervals, waiting, loads), must lie under its bound and have the
same prize in another order; and the night with more visits, teams, hours, windows or shorter gaps must earn no less.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.random_nights import breaches, losses, random_night


def main() -> int:
    """Print each night that does not hold, and how many there are."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--nights", type=int, default=500)
    asked.add_argument("--first", type=int, default=0)
    asked.add_argument("--steps", type=int, default=1_500)
    given = asked.parse_args()
    broken = poorer = 0
    for seed in range(given.first, given.first + given.nights):
        night = random_night(seed)
        wrong, less = breaches(night, given.steps), losses(night, given.steps)
        broken, poorer = broken + bool(wrong), poorer + bool(less)
        for told in (*wrong, *less):
            sys.stdout.write(f"night {seed}: {told}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{given.nights} nights: {broken} break something, {poorer} earn less with more\n")
    return int(broken > 0)


if __name__ == "__main__":
    raise SystemExit(main())
