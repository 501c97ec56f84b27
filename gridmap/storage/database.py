"""The workspace's database: embedded or external, opened once, closed once.

People are served through the application role, which owns nothing and is bound by the policies. The owner's role is
for migrations, backups and what the planner knows of the tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

from sqlalchemy import URL, Engine, create_engine, make_url, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from gridmap.domain.gridkey import Scope
from gridmap.errors import GridmapError
from gridmap.settings import Settings
from gridmap.storage import app_role, postgis
from gridmap.storage.embedded import EmbeddedCluster, Step
from gridmap.storage.embedded.bootstrap import ignore_libpq_environment
from gridmap.storage.faults import translated

# Plans are made for the very days and scope that are asked for: one plan for all of them, which the server keeps after
# ten times, reads ten times as much. Starting a worker takes longer than a list of fifty, for which the planner, who
# knows no scope, starts one else.
_OPTIONS = (
    "-c search_path=gridmap,public -c timezone=UTC -c jit=off -c plan_cache_mode=force_custom_plan"
    " -c parallel_setup_cost=20000 -c default_transaction_read_only=off"
)

_MANY_ROWS = 500
_BESIDE_THREADS = 10
_MOST_CONNECTIONS = 44
"""Of the 60 that the embedded server takes; workers, commands and backups have the others."""


class Database:
    """A workspace's database.

    Parameters
    ----------
    settings : Settings
    on_step : callable, optional
        Is given a `Step` before each thing that takes a while (embedded database only).

    Examples
    --------
    >>> with Database(load_settings()) as db, db.scoped_session(Scope.whole()) as session:
    ...     session.scalar(select(func.count()).select_from(Incident))
    """

    def __init__(self, settings: Settings, *, on_step: Callable[[Step], None] | None = None) -> None:
        self.settings = settings
        self.cluster = (
            EmbeddedCluster(settings.home / "database", on_progress=on_step) if settings.embedded else None
        )
        self._engine: Engine | None = None
        self.share = 1

    def become_one_of(self, count: int) -> None:
        """In a forked process: leave the connections of the one that forked it alone, and take no more than a share.

        Parameters
        ----------
        count : int
            Processes among which connections, and what is kept in memory, are shared out.
        """
        if self._engine is not None:
            self._engine.dispose(close=False)
            self._engine = None
        self.share = count

    @property
    def threads(self) -> int:
        """Threads for usual requests in this process: two at least, that one does not wait for the other."""
        return self.settings.threads if self.share == 1 else max(2, -(-self.settings.threads // self.share))

    def open(self) -> Self:
        """Start the embedded cluster, or reach the external server.

        Raises
        ------
        Unavailable
            When it cannot be started or reached; the message says what to do.
        """
        if self.cluster:
            self.cluster.start()
        else:
            ignore_libpq_environment()
        return self

    def close(self) -> None:
        """Give every connection back, and leave the embedded cluster (the last one out stops it)."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None
        if self.cluster:
            self.cluster.stop()

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def owner_url(self) -> URL:
        """Address with the role that owns the schema."""
        if self.cluster:
            return make_url(self.cluster.url("gridmap"))
        return normalised(self.settings.database_url or "")

    @property
    def app_url(self) -> URL:
        """Address with the role that serves people.

        Raises
        ------
        Unavailable
            On an external server for which no such role is known yet.
        """
        if self.cluster:
            return make_url(self.cluster.url("gridmap_app"))
        if self.settings.app_database_url:
            return normalised(self.settings.app_database_url)
        return app_role.stored_url(self.settings.home, self.owner_url)

    @property
    def engine(self) -> Engine:
        """Pooled engine of the application role."""
        if self._engine is None:
            # The server's threads of all weights, and what looks after the database and the workers; over all
            # processes of a service no more than the server takes.
            most = min(self.threads + _BESIDE_THREADS, _MOST_CONNECTIONS // self.share)
            self._engine = create_engine(
                self.app_url,
                pool_size=most,
                max_overflow=0,
                pool_timeout=10,
                pool_pre_ping=True,
                connect_args={
                    "options": _OPTIONS,
                    # Whoever asks is told within five seconds that the server is away, also where it answers nothing.
                    "connect_timeout": 4,
                    "tcp_user_timeout": 4000,
                    "application_name": "gridmap",
                },
            )
            if not self.cluster:
                postgis.find_on_connect(self._engine)
        return self._engine

    @contextmanager
    def owner_engine(self) -> Iterator[Engine]:
        """Engine of the owner's role, without a pool: for migrations, backups and what the planner knows."""
        engine = create_engine(
            self.owner_url,
            poolclass=NullPool,
            connect_args={"options": _OPTIONS, "connect_timeout": 10, "application_name": "gridmap-migrate"},
        )
        if not self.cluster:
            postgis.find_on_connect(engine)
        try:
            yield engine
        finally:
            engine.dispose()

    @contextmanager
    def scoped_session(
        self, scope: Scope, *, write: bool = False, timeout_s: int = 60, one_moment: bool = False
    ) -> Iterator[Session]:
        """One transaction that sees the rows of a scope and nothing else.

        Committed when the block ends, rolled back when it raises. The scope is local to the transaction, so a
        pooled connection carries nothing over to its next user.

        Parameters
        ----------
        scope : Scope
            Grid keys that the transaction may see and write, and the sealed cases that it may open.
        write : bool
            Whether it may write; a reading transaction is READ ONLY to the server.
        timeout_s : int
            The server ends a statement that takes longer.
        one_moment : bool
            Whether all its statements look at the same moment, its beginning.

        Raises
        ------
        GridmapError
            In place of every error of the database.
        """
        with translated(), Session(self.engine, autoflush=False, expire_on_commit=False) as session:
            if one_moment:
                # This has to be said before anything else is asked.
                session.execute(text("set transaction isolation level repeatable read"))
            session.execute(
                text(
                    "select set_config('gridmap.scope_lo', :lo, true), set_config('gridmap.scope_hi', :hi, true),"
                    " set_config('gridmap.opens', :opens, true), set_config('statement_timeout', :ms, true)"
                    + ("" if write else ", set_config('transaction_read_only', 'on', true)")
                ),
                {
                    "lo": str(scope.lo),
                    "hi": str(scope.hi),
                    "opens": "" if scope.opens is None else str(scope.opens),
                    "ms": str(timeout_s * 1000),
                },
            )
            yield session
            session.commit()

    def recount(self, table: str, written: int) -> None:
        """Tell the planner what a table holds, once many rows were written and committed.

        The server does so itself within a minute. Until then it takes a town for a handful of rows, and what joins two
        tables asks one row by row: an export of seven thousand cases took six seconds in place of a twentieth of one.

        Parameters
        ----------
        table : str
        written : int
            Rows; few change no plan.
        """
        if written < _MANY_ROWS:
            return
        # Nothing rests on it, and nobody waits for it.
        with (
            suppress(GridmapError),
            translated(),
            self.owner_engine() as engine,
            engine.begin() as connection,
        ):
            connection.execute(text("set local lock_timeout = '1s'"))
            connection.execute(text(f"analyze (skip_locked) {table}"))

    @contextmanager
    def exclusive(self, lock: int) -> Iterator[None]:
        """Let one process at a time into the block, over all programs that use this database.

        Parameters
        ----------
        lock : int
            Number of the advisory lock.
        """
        with translated(), self.engine.connect() as connection:
            connection.execute(text("select pg_advisory_lock(:k)"), {"k": lock})
            connection.commit()
            try:
                yield
            finally:
                connection.execute(text("select pg_advisory_unlock(:k)"), {"k": lock})
                connection.commit()

    def revive(self) -> None:
        """Start the embedded server again after it died; nothing happens when it runs, or is external.

        Raises
        ------
        Unavailable
            When it does not start.
        """
        if self.cluster:
            self.cluster.start()
            if self._engine is not None:
                # Connections of the pool end with the server that they belonged to.
                self._engine.dispose()

    def is_answering(self) -> bool:
        """Tell whether the database answers a query now."""
        try:
            with translated(), self.engine.connect() as connection:
                return bool(connection.scalar(text("select 1")))
        except GridmapError:
            return False


def normalised(url: str) -> URL:
    """Parse an address of PostgreSQL, whatever its scheme is called, for psycopg 3.

    ``postgres://``, ``postgresql://`` and ``postgresql+psycopg://`` are the same.

    Raises
    ------
    InvalidInput
        When it is no address of PostgreSQL.
    """
    return app_role.parse_url(url)
