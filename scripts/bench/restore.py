"""How soon a large workspace is back: python scripts/bench/restore.py [--rows 1000000] [--out docs/bench/restore.txt].

A million incidents in forty towns are backed up, the database is lost, and the newest backup is brought
back and compared, table by table. Printed are the sizes and seconds; the aim is 900 s for a database of 600 MB.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import platform
import shutil
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import text

from gridmap.services.backups.making import make_backup
from gridmap.services.backups.restoring import Wanted, restore
from gridmap.settings import Settings
from gridmap.storage.database import Database
from gridmap.storage.schema import upgrade
from scripts.bench.policies import fill

AIM_S, AIM_MB = 900.0, 600.0


def main() -> None:
    """Print the table, and keep it; fail where it took longer than the aim."""
    read = argparse.ArgumentParser(description=__doc__)
    read.add_argument("--rows", type=int, default=1_000_000)
    read.add_argument("--out", type=Path)
    asked = read.parse_args()
    with tempfile.TemporaryDirectory(prefix="gm-restore-", dir="/tmp") as folder:
        place = Path(folder)
        place.chmod(0o755)
        settings = Settings(home=place / "home", backup_folder=place / "there", threads=2)
        with Database(settings) as database:
            upgrade(database)
            fill(database, asked.rows)
            with database.owner_engine() as engine, engine.connect() as connection:
                size_mb = float(connection.scalar(text("select pg_database_size(current_database())"))) / 1e6
            begun_s = time.monotonic()
            backup = make_backup(database)
            made_s = time.monotonic() - begun_s
        packed_mb = sum(f.stat().st_size for f in (place / "there").rglob("*") if f.is_file()) / 1e6
        shutil.rmtree(place / "home")
        lost = Database(settings)
        begun_s = time.monotonic()
        back = restore(lost, Wanted(source=str(place / "there")))
        back_s = time.monotonic() - begun_s
    lines = [
        f"{dt.datetime.now(dt.UTC):%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()}",
        f"database of {size_mb:.0f} MB, {backup.tables['incidents'].rows:,} incidents",
        f"backed up in {made_s:.0f} s to {packed_mb:.0f} MB",
        f"the home lost; brought back and compared in {back_s:.0f} s (aim {AIM_S:.0f} for {AIM_MB:.0f} MB)",
        f"{len(back.tables)} tables, {sum(t.rows for t in back.tables.values()):,} rows",
    ]
    print("\n".join(lines))
    if asked.out:
        asked.out.write_text("\n".join(lines) + "\n", "utf-8")
    if back_s > AIM_S * max(1.0, size_mb / AIM_MB):
        sys.exit("slower than the aim")


if __name__ == "__main__":
    main()
