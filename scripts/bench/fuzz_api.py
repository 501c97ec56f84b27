"""Requests drawn from the API's document as every role: python scripts/bench/fuzz_api.py [--examples 50] [--out FILE].

The long form of tests/api/test_fuzzing.py, over the demonstration town in an embedded database of its own. Fails at an
answer outside the document, at a 5xx other than 503, and where an answer takes more than five seconds.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from gridmap.domain.accounts import Role
from gridmap.services.demo import load_town
from gridmap.settings import Settings
from gridmap.storage.database import Database
from gridmap.storage.schema import upgrade
from tests.doors import client_of
from tests.fuzzing import draw

MOST_S = 5.0
VILLAGE = 33068110901004000


def main() -> None:
    read = argparse.ArgumentParser(description=__doc__)
    read.add_argument("--examples", type=int, default=50)
    read.add_argument("--seed", type=int, default=1)
    read.add_argument("--out", type=Path)
    asked = read.parse_args()
    lines = [f"{dt.date.today()}  {asked.examples} requests of each operation and role"]  # noqa: DTZ011
    slow = []
    with tempfile.TemporaryDirectory(prefix="gm-fuzz-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        with Database(Settings(home=Path(folder) / "home", threads=4)) as database:
            upgrade(database)
            load_town(database, edition=1)
            for role in Role:
                for place in (0, VILLAGE):
                    drawn = draw(client_of(database, role, place), asked.examples, asked.seed)
                    statuses = ", ".join(f"{status}: {n}" for status, n in sorted(drawn.statuses.items()))
                    lines.append(
                        f"{role:14} {'whole' if not place else 'village':8} {len(drawn.operations)} operations; "
                        f"{statuses}; slowest {drawn.slowest_s:.2f} s ({drawn.slowest[:60]})"
                    )
                    print(lines[-1], flush=True)
                    slow += [lines[-1]] if drawn.slowest_s > MOST_S else []
    if asked.out:
        asked.out.write_text("\n".join(lines) + "\n", "utf-8")
    if slow:
        sys.exit(f"more than {MOST_S} s: {slow}")


if __name__ == "__main__":
    main()
