"""The write-ahead log as SQL sees it."""

from __future__ import annotations

import time

from sqlalchemy import Connection, text

from gridmap.errors import Conflict, Unavailable

_LOOK_EVERY_S = 0.05


def require_log(connection: Connection) -> None:
    """Refuse a server that was started before it handed over its log.

    Raises
    ------
    Conflict
    """
    level, mode = connection.execute(
        text("select current_setting('wal_level'), current_setting('archive_mode')")
    ).one()
    if level == "minimal" or mode == "off":
        raise Conflict(
            "database-restart-needed",
            "数据库由旧版本启动，还不能备份。请停止服务和数据库（gridmap db stop）后重新启动，再备份。",
            "The database was started by an older version and cannot be copied yet. Stop the service and the database "
            "(gridmap db stop), start them again, then make the backup.",
        )


def system_identifier(connection: Connection) -> str:
    """Return the identifier of the cluster, which its copies share."""
    return str(connection.scalar(text("select system_identifier from pg_control_system()")))


def segment_now(connection: Connection) -> str:
    """Return the name of the segment that is written now."""
    return str(connection.scalar(text("select pg_walfile_name(pg_current_wal_insert_lsn())")))


def switch(connection: Connection) -> None:
    """Have the segment that is written now handed over."""
    connection.execute(text("select pg_switch_wal()"))


def wait_for(connection: Connection, segment: str, within_s: float) -> None:
    """Wait until a segment was handed over.

    Raises
    ------
    Unavailable
        When that takes longer.
    """
    end_s = time.monotonic() + within_s
    while True:
        done = connection.scalar(
            text("select last_archived_wal from pg_stat_archiver where last_archived_wal !~ 'history'")
        )
        connection.rollback()
        # The timeline comes first in a name, and only grows.
        if done is not None and str(done)[:24] >= segment:
            return
        if time.monotonic() > end_s:
            raise Unavailable(
                "log-not-handed-over",
                "数据库没有按时交出日志。请检查数据库所在磁盘是否已满（gridmap doctor），然后再备份。",
                "The database does not hand over its log in time. See whether its disk is full (gridmap doctor), then "
                "make the backup again.",
            )
        time.sleep(_LOOK_EVERY_S)
