"""The schema's version: what it is, whether the program fits it, and the upgrade."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sqlalchemy import ARRAY, Connection, Text, column, func, literal_column, select, table, text, update

from gridmap.errors import Conflict
from gridmap.storage import app_role, postgis
from gridmap.storage.database import Database
from gridmap.storage.embedded import APP_ROLE
from gridmap.storage.faults import translated
from gridmap.storage.models import SCHEMA

_LOCK = 0x67726964  # "grid" in ASCII: one upgrade at a time on one server

_VERSIONS = (Path(__file__).parent / "migrations" / "versions",)

_BEFORE = re.compile(r'^down_revision\b[^"\n]*"(\d+)"', re.MULTILINE)
_SERVES_SINCE = re.compile(r'^serves_since\b[^"\n]*"(\d+)"', re.MULTILINE)

State = Literal["absent", "older", "current", "ahead", "newer"]


@dataclass(frozen=True, slots=True)
class SchemaVersion:
    """The version of the database's schema beside the one that this program needs.

    Attributes
    ----------
    found : str or None
        Revision in the database.
    needed : str
        Newest revision that this program knows.
    state : {'absent', 'older', 'current', 'ahead', 'newer'}
        ``ahead`` is newer than this program, which may go on using it; ``newer`` is one that it may not use.
    """

    found: str | None
    needed: str
    state: State


def _chain() -> dict[str, str]:
    """Revisions that this program can make, oldest first, each with the oldest program that it serves.

    Each file names its own, the one before it and, in ``serves_since``, the newest revision of the oldest program that
    may go on using the schema once the file has run; one that says nothing serves its own program alone.
    """
    after: dict[str, tuple[str, str]] = {}
    for file in (file for folder in _VERSIONS for file in folder.glob("v[0-9][0-9][0-9][0-9]_*.py")):
        own, written = file.stem[1:5], file.read_text("utf-8")
        before, since = _BEFORE.search(written), _SERVES_SINCE.search(written)
        after[before[1] if before else ""] = own, since[1] if since else own
    chain, last = {}, ""
    while last in after:
        last, since_ = after[last]
        chain[last] = since_
    return chain


def _known() -> list[str]:
    return list(_chain())


def _served(found: str) -> list[str]:
    """Revisions before this one whose programs may go on using it: every migration since then must serve them."""
    chain = _chain()
    known = list(chain)
    since = [known.index(oldest) for oldest in chain.values()]
    last = known.index(found)
    return [known[place] for place in range(last) if max(since[place + 1 : last + 1]) <= place]


def _version(connection: Connection) -> SchemaVersion:
    known = _known()
    # An application role without rights finds no schema: absent. Looking up a name in a closed schema would fail.
    readable = connection.scalar(
        text(
            "select case when has_schema_privilege(to_regnamespace(:s)::oid, 'usage')"
            " then has_table_privilege(to_regclass(:t), 'select') end"
        ),
        {"s": SCHEMA, "t": f"{SCHEMA}.alembic_version"},
    )
    if not readable:
        return SchemaVersion(None, known[-1], "absent")
    versions = table("alembic_version", schema=SCHEMA)
    # As a whole: a schema of before does not say whom it serves.
    row = connection.scalar(select(func.to_jsonb(literal_column("alembic_version"))).select_from(versions))
    if row is None:
        return SchemaVersion(None, known[-1], "absent")
    found = row["version_num"]
    state: State
    if found in known:
        state = "current" if found == known[-1] else "older"
    else:
        state = "ahead" if known[-1] in (row.get("serves", ())) else "newer"
    return SchemaVersion(found, known[-1], state)


def schema_version(database: Database) -> SchemaVersion:
    """Compare the database's schema with this program's.

    Raises
    ------
    Unavailable
        When the database does not answer.
    """
    with translated(), database.engine.connect() as connection:
        return _version(connection)


def require_current(database: Database) -> None:
    """Refuse to work on a schema that this program does not fit; a newer one that says that it serves it fits.

    Raises
    ------
    Conflict
        When the schema is absent, older or newer, naming the command that mends it, or when the role that serves
        people would bypass the policies.
    """
    with translated(), database.engine.connect() as connection:
        version = _version(connection)
        if version.found is not None:
            app_role.require_bound(connection, f"{SCHEMA}.alembic_version")
    if version.state in {"absent", "older"}:
        raise Conflict(
            "schema-older",
            f"数据库结构版本为 {version.found or '无'}，本程序需要 {version.needed}。请运行：gridmap db upgrade",
            f"The database's schema is {version.found or 'absent'}, this program needs {version.needed}. "
            "Run: gridmap db upgrade",
        )
    if version.state == "newer":
        raise _newer(version)


def _newer(version: SchemaVersion) -> Conflict:
    return Conflict(
        "schema-newer",
        f"数据库结构版本 {version.found} 比本程序新（{version.needed}），本程序不能再使用它。请安装新版"
        "（pip install -U gridmap），或恢复升级前的备份。",
        f"The database's schema {version.found} is newer than this program ({version.needed}) and serves it no more. "
        "Install a newer gridmap (pip install -U gridmap), or restore the backup that was made before the upgrade.",
    )


def upgrade(database: Database, *, lock_timeout_s: int = 15) -> SchemaVersion:
    """Bring the schema to this program's version, all or nothing, one upgrade at a time.

    A newer one that still serves this program is left as it is.

    Parameters
    ----------
    database : Database
    lock_timeout_s : int
        How long to wait for another upgrade, or for somebody who uses a table that is to change.

    Raises
    ------
    Conflict
        When the schema is newer than the program, or the application role cannot be set up.
    Unavailable
        When PostGIS is missing and may not be created, or a lock is not to be had.
    """
    with translated(), database.owner_engine() as engine, engine.begin() as connection:
        connection.execute(text(f"set local lock_timeout = '{int(lock_timeout_s)}s'"))
        connection.execute(text("set local statement_timeout = '10min'"))
        connection.execute(text("select pg_advisory_xact_lock(:k)"), {"k": _LOCK})
        postgis.ensure(connection)
        role = APP_ROLE
        if not database.settings.embedded:
            role = app_role.ensure(
                connection, database.settings.home, database.owner_url, database.settings.app_database_url
            )
        connection.execute(text(f"create schema if not exists {SCHEMA}"))
        version = _version(connection)
        if version.state == "newer":
            raise _newer(version)
        if version.state == "ahead":
            # What the newer program closed to the role this one does not know, and so it gives it nothing.
            may = text("select has_schema_privilege(:role, :schema, 'usage')")
            if not connection.scalar(may, {"role": role, "schema": SCHEMA}):
                raise _newer(version)
            return version
        _migrate(connection)
        _tell_served(connection)
        _grant(connection, role)
        return _version(connection)


def _migrate(connection: Connection) -> None:
    # Loaded here alone: only an upgrade needs it, and every command would wait for it.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "gridmap.storage:migrations")
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(str(folder) for folder in _VERSIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _tell_served(connection: Connection) -> None:
    found = _version(connection).found
    is_told = text(
        "select exists (select from information_schema.columns where table_schema = :s"
        " and table_name = 'alembic_version' and column_name = 'serves')"
    )
    if found is not None and connection.scalar(is_told, {"s": SCHEMA}):
        versions = table("alembic_version", column("serves", ARRAY(Text)), schema=SCHEMA)
        connection.execute(update(versions).values(serves=_served(found)))


def _grant(connection: Connection, role: str) -> None:
    name = connection.dialect.identifier_preparer.quote(role)
    for statement in (
        f"grant usage on schema {SCHEMA} to {name}",
        f"grant select, insert, update, delete on all tables in schema {SCHEMA} to {name}",
        f"grant usage, select on all sequences in schema {SCHEMA} to {name}",
        f"revoke insert, update, delete on {SCHEMA}.alembic_version from {name}",
        f"grant temporary on database {_database(connection)} to {name}",
    ):
        connection.execute(text(statement))
    # A schema of before has no such tables.
    if connection.scalar(text("select to_regclass(:t)"), {"t": f"{SCHEMA}.cell_key_secret"}) is not None:
        connection.execute(text(f"revoke all on {SCHEMA}.cell_key_secret from {name}"))
    if connection.scalar(text("select to_regclass(:t)"), {"t": f"{SCHEMA}.audit"}) is not None:
        connection.execute(text(f"revoke update, delete, truncate on {SCHEMA}.audit from {name}"))
    if connection.scalar(text("select to_regclass(:t)"), {"t": f"{SCHEMA}.audit_segments"}) is not None:
        connection.execute(
            text(f"revoke insert, update, delete, truncate on {SCHEMA}.audit_segments from {name}")
        )
    postgis.grant(connection, role)


def _database(connection: Connection) -> str:
    return connection.dialect.identifier_preparer.quote(
        str(connection.scalar(text("select current_database()")))
    )
