"""The moment of a backup: no writer pays for it."""

from __future__ import annotations

import threading
import time

from sqlalchemy import Connection, text

from gridmap.storage.backups.figures import Moment, moment
from gridmap.storage.database import Database

WAITS = """
select exists (
  select from pg_locks l
  where l.relation = cast(:name as regclass) and l.mode = :mode and not l.granted
)
"""


def test_who_writes_while_a_backup_takes_its_moment_is_never_refused(town: Database) -> None:
    """Tables are locked by their names' order, and writers take them in others: each may hold what the other wants."""
    found: list[Moment] = []
    wrong: list[Exception] = []

    def take() -> None:
        with town.owner_engine() as engine, moment(engine, "while-somebody-writes") as (_, taken):
            found.append(taken)

    def write(writer: Connection) -> None:
        try:
            writer.execute(text("update gridmap.incidents set revision = revision"))
            writer.commit()
        except Exception as error:
            wrong.append(error)

    with (
        town.owner_engine() as engine,
        engine.connect() as first,
        engine.connect() as second,
        engine.connect() as looker,
    ):
        looks = looker.execution_options(isolation_level="AUTOCOMMIT")

        def waits(name: str, mode: str) -> bool:
            return bool(looks.scalar(text(WAITS), {"name": f"gridmap.{name}", "mode": mode}))

        first.execute(text("update gridmap.teams set code = code"))
        second.execute(text("update gridmap.workspace_settings set value = value"))
        backup = threading.Thread(target=take)
        backup.start()
        while not waits("teams", "ShareLock") and backup.is_alive():
            time.sleep(0.01)
        # The backup holds this one, and waits for the first writer.
        writing = threading.Thread(target=write, args=(second,))
        writing.start()
        # After a second of waiting the server looks once whether two wait for each other, and whoever it looks for
        # pays; by then the backup has come to wait for the second writer, unless it gave way.
        begun_s = time.monotonic()
        while waits("incidents", "RowExclusiveLock") and time.monotonic() - begun_s < 0.6:
            time.sleep(0.01)
        first.commit()
        writing.join()
    backup.join()
    assert wrong == []
    assert len(found) == 1
