"""Whether a data folder is whole: what is missing is told with the way back, before a server chokes on it."""

from __future__ import annotations

from pathlib import Path

from gridmap.errors import Unavailable

_NEEDED = (
    "PG_VERSION",
    "global/pg_control",
    "global/pg_filenode.map",
    "base",
    "pg_wal",
    "pg_xact",
    "pg_multixact",
    "pg_tblspc",
    "postgresql.conf",
)
"""Without these no server starts."""


def missing(data: Path) -> list[str]:
    """Return the parts that a data folder lacks."""
    return [name for name in _NEEDED if not (data / name).exists()]


def require_whole(data: Path) -> None:
    """Refuse a data folder that lacks a part.

    Raises
    ------
    Unavailable
        Naming what is missing and the way back.
    """
    lacking = missing(data)
    if lacking:
        named = ", ".join(lacking)
        raise Unavailable(
            "database-folder-torn",
            f"数据库文件夹不完整，缺少 {named}（{data}）。请运行 gridmap db restore 从备份恢复；原文件夹会保留。",
            f"The database's folder is not whole: {named} is missing in {data}. Run gridmap db restore to bring back a "
            "backup; the folder as it is will be kept.",
        )
