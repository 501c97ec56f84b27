"""Rows and checksums of every table at one moment, and that moment's name in the log."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from gridmap.domain.backups import TableFigure
from gridmap.domain.gridkey import EVERY_SEALED, Scope
from gridmap.storage.models import SCHEMA

OPTIONS = "-c search_path=gridmap,public -c timezone=UTC -c jit=off"
"""What a row's text depends on, as `Database` connects."""

_TRIES = 8
_BREATHE_S = 1.0
_LOCK_WITHIN_MS = 250
"""Writers wait for no longer than this behind the locks of a backup, all tables together.

It locks one table after another while writers take them in orders of their own, so each may come to wait for the other.
The server ends that after a second, by the error of whoever finds it, which may be the writer: the backup gives way
before.
"""

_TABLES = """
select quote_ident(c.relname) from pg_class c
where c.relnamespace = to_regnamespace(:schema) and c.relkind in ('r', 'p') order by 1
"""
_SCOPE = """
select set_config('gridmap.scope_lo', :lo, true), set_config('gridmap.scope_hi', :hi, true),
       set_config('gridmap.opens', :opens, true), set_config('statement_timeout', '0', true)
"""


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment of the database.

    Attributes
    ----------
    taken_at : datetime
        By the server's clock.
    snapshot : str
        Name by which others see the same.
    is_quiet : bool
        Whether no table was written while the moment got its name in the log.
    """

    taken_at: dt.datetime
    snapshot: str
    is_quiet: bool


@contextmanager
def moment(engine: Engine, point: str | None = None) -> Iterator[tuple[Connection, Moment]]:
    """Hold one moment of the database still for a reader, while others write on.

    With ``point`` the moment gets that name in the log. Snapshot and log agree only while nobody commits between the
    two, so every table is locked against writers, for the time that this takes: some milliseconds.

    Parameters
    ----------
    engine : Engine
        Of the owner.
    point : str, optional
        Needs a superuser, as the owner of an embedded cluster is.
    """
    with engine.connect() as opened:
        reader = opened.execution_options(isolation_level="REPEATABLE READ")
        for left in range(_TRIES, -1, -1):
            with engine.connect() as marker:
                locks = left > 0 and point is not None
                try:
                    found = _mark(marker, point, locks=locks)
                except OperationalError as error:
                    # 57014: somebody holds a table for longer than writers may wait.
                    if not locks or getattr(error.orig, "sqlstate", "") not in {"57014", "40P01"}:
                        raise
                    marker.rollback()
                    time.sleep(_BREATHE_S)
                    continue
                # A snapshot's name is no parameter; the server made it of digits and hyphens.
                reader.execute(text(f"set transaction snapshot '{found.snapshot}'"))
                marker.rollback()
            see_everything(reader)
            # The first name goes with the locks; the reader lends its own for as long as it reads.
            lent = str(reader.scalar(text("select pg_export_snapshot()")))
            yield reader, replace(found, snapshot=lent)
            reader.rollback()
            return


def _mark(connection: Connection, point: str | None, *, locks: bool) -> Moment:
    tables = list_tables(connection)
    connection.rollback()
    connection = connection.execution_options(isolation_level="REPEATABLE READ")
    if locks and tables:
        named = ", ".join(f"{SCHEMA}.{name}" for name in tables)
        # Of a lock's own limit each table would have one.
        connection.execute(text(f"set local statement_timeout = {_LOCK_WITHIN_MS}"))
        connection.execute(text(f"lock table {named} in share mode"))
        connection.execute(text("set local statement_timeout = 0"))
    snapshot, taken_at = connection.execute(text("select pg_export_snapshot(), clock_timestamp()")).one()
    if point is not None:
        connection.execute(text("select pg_create_restore_point(:point)"), {"point": point})
    return Moment(taken_at, str(snapshot), is_quiet=locks)


def see_everything(connection: Connection) -> None:
    """Let the owner see every row in this transaction, also where policies bind it (an external server)."""
    whole = Scope.whole()
    connection.execute(text(_SCOPE), {"lo": str(whole.lo), "hi": str(whole.hi), "opens": str(EVERY_SEALED)})


def list_tables(connection: Connection) -> list[str]:
    """Names of the schema's tables, quoted."""
    return [str(name) for name in connection.scalars(text(_TABLES), {"schema": SCHEMA})]


def figures(connection: Connection) -> Mapping[str, TableFigure]:
    """Count and sum up every table as the connection's transaction sees it.

    The checksum is the sum of a 64-bit hash of each row's text, so the order of rows has no say in it.
    """
    found: dict[str, TableFigure] = {}
    for name in list_tables(connection):
        rows, checksum = connection.execute(
            text(
                "select count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text"  # noqa: S608
                f" from {SCHEMA}.{name} t"
            )
        ).one()
        found[name] = TableFigure(int(rows), str(checksum))
    return found


def revision(connection: Connection) -> str | None:
    """Return the schema's revision."""
    there = connection.scalar(text("select to_regclass(:name)"), {"name": f"{SCHEMA}.alembic_version"})
    if there is None:
        return None
    return str(connection.scalar(text(f"select version_num from {SCHEMA}.alembic_version")))  # noqa: S608


def origin(connection: Connection) -> str | None:
    """Return what only this database and its copies have: a digest of its secret; None where it has none yet.

    The transaction must see everything.
    """
    if connection.scalar(text("select to_regclass(:name)"), {"name": f"{SCHEMA}.cell_key_secret"}) is None:
        return None
    asked = text(
        "select left(encode(sha256(convert_to('backups', 'UTF8') || secret), 'hex'), 32)"  # noqa: S608
        f" from {SCHEMA}.cell_key_secret"
    )
    found = connection.scalar(asked)
    return None if found is None else str(found)
