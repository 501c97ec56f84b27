"""Which workers are there: each holds a lock that the server drops with its connection, and listens for new jobs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import Connection, text

from gridmap.storage.database import Database
from gridmap.storage.faults import translated, unreachable

LOCK_CLASS = 0x6A6F6273  # "jobs" in ASCII
CHANNEL = "gridmap_jobs"


class Presence:
    """A worker that is there."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def wait(self, timeout_s: float) -> None:
        """Wait until a job was put into the queue, at most some seconds.

        Raises
        ------
        Unavailable
            When the database went away: the worker is not there any more.
        """
        driver = self._connection.connection.driver_connection
        try:
            if driver is not None:
                for _ in driver.notifies(timeout=timeout_s, stop_after=1):
                    return
        except psycopg.Error:
            raise unreachable() from None


@contextmanager
def present(database: Database, worker_key: int) -> Iterator[Presence]:
    """Be there as a worker, from the block's begin to its end.

    Raises
    ------
    Unavailable
        When the database does not answer.
    """
    with translated(), database.engine.connect() as opened:
        connection = opened.execution_options(isolation_level="AUTOCOMMIT")
        connection.execute(
            text("select pg_advisory_lock(:c, cast(:k as integer))"),
            {"c": LOCK_CLASS, "k": worker_key},
        )
        connection.execute(text(f"listen {CHANNEL}"))
        try:
            yield Presence(connection)
        finally:
            # The lock and the channel must not go back to the pool with the connection.
            connection.invalidate()
