"""A minute of the soak: every role at work while a backup, an import, a hotspot run and a plan come."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from sqlalchemy import text

from gridmap.services.backups.shelf import Shelf
from gridmap.settings import Settings
from gridmap.storage.database import Database
from scripts.bench.soak import Soak, served

pytestmark = pytest.mark.faults


def test_a_minute_of_mixed_use_has_no_error_but_those_asked_for_and_loses_no_connection(
    demonstration: Path, place: Path
) -> None:
    home = place / "home"
    subprocess.run(["cp", "-a", "--reflink=auto", str(demonstration), str(home)], check=True)
    with Database(Settings(home=home)) as database, served(home) as (address, pid):
        done = Soak(database, address, pid, place, pause_s=4.0).run(60)
        with database.owner_engine() as engine, engine.connect() as connection:
            kept = set(
                connection.scalars(
                    text("select number from incidents where number = any(:n)"), {"n": done.recorded}
                )
            )
    assert (done.unexpected, done.connections_lost) == ([], [])
    assert dict(done.events) == {"back up": 1, "import": 1, "find hotspots": 1, "plan": 1}
    assert len(done.recorded) > 10
    assert set(done.recorded) == kept
    # What must be refused was asked for and refused: rights, addresses, what is out of date, what is not valid.
    assert set(done.asked_for) == {403, 404, 409, 422}
    assert Shelf(home / "backups").newest() is not None
    assert all(
        sample.server_mb > 0 and sample.workers_mb > 0 and sample.database_mb > 0 for sample in done.samples
    )
