"""What a new cluster needs before migrations can run: the database, PostGIS, the application's role."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql
from psycopg.pq import Conninfo

from gridmap.storage.embedded.config import APP_ROLE, OWNER_ROLE
from gridmap.storage.embedded.layout import PORT

if TYPE_CHECKING:
    from psycopg import Connection

DATABASE = "gridmap"
_LIBPQ_FILES = ("PGSERVICEFILE", "PGSYSCONFDIR", "PGLOCALEDIR")

_ROLE_IS_BOUND = """
select rolcanlogin and not (rolsuper or rolbypassrls or rolcreatedb or rolcreaterole or rolreplication)
from pg_roles where rolname = %s
"""
_BOUND = sql.SQL("login nosuperuser nobypassrls nocreatedb nocreaterole noreplication")


def ignore_libpq_environment() -> None:
    """Remove from this process's environment all that libpq would read: PGSERVICE, PGOPTIONS and so on.

    They speak of another server, and several of them (PGOPTIONS, PGTARGETSESSIONATTRS) also change or break
    connections that name everything else.
    """
    names = [option.envvar.decode() for option in Conninfo.get_defaults() if option.envvar]
    for name in (*names, *_LIBPQ_FILES):
        os.environ.pop(name, None)


def bootstrap(socket_dir: Path) -> None:
    """Make the database, its extension and the application's role where they are missing."""
    with _connect(socket_dir, "postgres") as connection:
        if not _exists(connection, "select 1 from pg_database where datname = %s", DATABASE):
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
        role = connection.execute(_ROLE_IS_BOUND, [APP_ROLE]).fetchone()
        if role is None:
            connection.execute(sql.SQL("create role {} {}").format(sql.Identifier(APP_ROLE), _BOUND))
        elif not role[0]:
            connection.execute(sql.SQL("alter role {} {}").format(sql.Identifier(APP_ROLE), _BOUND))
    with _connect(socket_dir, DATABASE) as connection:
        if not _exists(connection, "select 1 from pg_extension where extname = %s", "postgis"):
            connection.execute("create extension postgis")
            # Before PostgreSQL 15 everybody could make tables there.
            connection.execute("revoke create on schema public from public")


def reload(socket_dir: Path) -> None:
    """Have the server read its settings again."""
    with _connect(socket_dir, "postgres") as connection:
        connection.execute("select pg_reload_conf()")


def _connect(socket_dir: Path, database: str) -> Connection[tuple[object, ...]]:
    return psycopg.connect(
        host=os.fspath(socket_dir), port=PORT, user=OWNER_ROLE, dbname=database, autocommit=True
    )


def _exists(connection: Connection[tuple[object, ...]], query: str, name: str) -> bool:
    return connection.execute(query.encode(), [name]).fetchone() is not None
