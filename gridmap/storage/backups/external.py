"""The schema of an external database is set aside for a backup that comes back, or put back."""

from __future__ import annotations

from sqlalchemy import Engine, text

from gridmap.errors import Conflict
from gridmap.storage.models import SCHEMA

_OTHERS = """
select count(*) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and application_name = 'gridmap'
"""


def set_aside(engine: Engine, stamp: str, *, may: bool) -> str | None:
    """Rename the schema that is there.

    Parameters
    ----------
    engine : Engine
        Of the owner.
    stamp : str
        Of the new name.
    may : bool
        Whether it may be renamed; otherwise it is only looked for.

    Returns
    -------
    str or None
        Its new name; None when there is none.

    Raises
    ------
    Conflict
        When programs use it.
    """
    with engine.begin() as connection:
        if connection.scalar(text("select to_regnamespace(:s)"), {"s": SCHEMA}) is None:
            return None
        aside = f"{SCHEMA}_before_{stamp.lower()}"
        if not may:
            return aside
        if connection.scalar(text(_OTHERS)):
            raise Conflict(
                "database-runs",
                "还有程序在使用此数据库，不能替换。请先停止服务（systemctl stop gridmap）。",
                "Programs use this database; it is not exchanged. Stop the service (systemctl stop gridmap) first.",
            )
        connection.execute(text(f"alter schema {SCHEMA} rename to {aside}"))
        return aside


def put_back(engine: Engine, aside: str | None) -> None:
    """Give a schema that was set aside its name again."""
    if aside is None:
        return
    with engine.begin() as connection:
        if connection.scalar(text("select to_regnamespace(:s)"), {"s": aside}) is not None:
            connection.execute(text(f"drop schema if exists {SCHEMA} cascade"))
            connection.execute(text(f"alter schema {aside} rename to {SCHEMA}"))
