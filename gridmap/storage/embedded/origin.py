"""Where a data folder comes from: it is the one that its server ran in, or a copy of that, torn or whole.

A copy that was made file by file while the server ran looks like a database after a power cut, starts, and is wrong:
some of its files are older than others. So each start leaves the numbers of two files in the folder, which no copy has;
and a copy is believed only where the server had been stopped before, or a person says that nothing ran (the disk of a
dead machine).
"""

from __future__ import annotations

import os
from pathlib import Path

from gridmap.errors import Forbidden, Unavailable
from gridmap.files.packed import sync_folder
from gridmap.storage.embedded.account import ServerAccount, run_as
from gridmap.storage.embedded.layout import Layout
from gridmap.storage.embedded.programs import ServerPrograms

MARK = "gridmap.origin"
_NEVER_REWRITTEN = ("PG_VERSION", "base/1/PG_VERSION")
_LOOKED_AT = (
    ".",
    "PG_VERSION",
    "global",
    "global/pg_control",
    "base",
    "pg_wal",
    "pg_xact",
    "postgresql.conf",
)
_READ_WITHIN_S = 3600


def require_usable(
    layout: Layout, programs: ServerPrograms, data: Path, *, stood_still: bool = False
) -> None:
    """Refuse a data folder of another account, and a copy that is torn.

    Parameters
    ----------
    layout : Layout
    programs : ServerPrograms
    data : Path
        No server runs over it.
    stood_still : bool
        Somebody says that no server ran over it when it was copied.

    Raises
    ------
    Forbidden
        ``database-files-foreign``, with the command that mends it.
    Unavailable
        ``database-folder-copied-live`` or ``database-folder-damaged``, with the way back.
    """
    _require_own(data, layout.account)
    if not is_copy(data):
        return
    if _state(programs, data, layout.account) != "shut down":
        if not stood_still:
            raise _copied_live(data)
        return
    # A copy that ended early has every name and not every block.
    checker = programs.bindir / "pg_checksums"
    if checker.exists():
        told = run_as(
            layout.account, [os.fspath(checker), "--check", "-D", os.fspath(data)], timeout_s=_READ_WITHIN_S
        )
        if told.returncode:
            raise _damaged(data, told.stderr[-2000:])


def keep_origin(layout: Layout, data: Path) -> None:
    """Note that a server runs in this very folder from now on."""
    mark = data / MARK
    told = _numbers(data)
    if not mark.exists() or mark.read_text("utf-8") != told:
        layout.own_file(mark, told)
        # A mark that a power cut emptied would make a copy of a folder that is none.
        with mark.open("rb") as file:
            os.fsync(file.fileno())
        sync_folder(data)


def is_copy(data: Path) -> bool:
    """Tell whether the folder is a copy of the one that its server ran in; of one that never ran nothing is known."""
    try:
        told = (data / MARK).read_text("utf-8")
    except FileNotFoundError:
        return False
    return bool(told.strip()) and told != _numbers(data)


def _numbers(data: Path) -> str:
    # Moved on its disk a file keeps its number; in a copy it has another one. In a container a folder's may change.
    return " ".join(str((data / name).stat().st_ino) for name in _NEVER_REWRITTEN) + "\n"


def _state(programs: ServerPrograms, data: Path, account: ServerAccount) -> str:
    """Return what the control file says of the server: ``shut down``, ``in production`` and so on."""
    told = run_as(account, [os.fspath(programs.bindir / "pg_controldata"), "-D", os.fspath(data)]).stdout
    lines = (line.partition(":") for line in told.splitlines())
    return next((value.strip() for name, _, value in lines if name == "Database cluster state"), "")


def _require_own(data: Path, account: ServerAccount) -> None:
    for name in _LOOKED_AT:
        found = (data / name).stat()
        if found.st_uid != account.uid or found.st_mode & 0o600 != 0o600:
            raise Forbidden(
                "database-files-foreign",
                f"数据库文件不全属于账户 {account.name} 或不可读写。请以 root 执行："
                f"chown -R {account.name}: {data} && chmod -R u+rwX {data}",
                f"The database's files do not all belong to the account {account.name}, or are closed to it. Run as "
                f"root: chown -R {account.name}: {data} && chmod -R u+rwX {data}",
            )
    if data.stat().st_mode & 0o077:
        # The server refuses a folder that others may open; nothing in it is lost by closing it.
        data.chmod(0o700)


def _copied_live(data: Path) -> Unavailable:
    return Unavailable(
        "database-folder-copied-live",
        f"{data} 是数据库运行时复制的，内容不一致，未启动。请停止原服务后重新复制，或用 gridmap db restore 从备份恢复。"
        "若复制时数据库确未运行（如取自故障机器的磁盘），请执行 gridmap db start --stood-still。",
        f"{data} was copied while its database ran, so its files do not fit each other; it was not started. Copy it "
        "again with the service stopped, or bring a backup back with gridmap db restore. If nothing ran when it was "
        "copied (the disk of a dead machine), run gridmap db start --stood-still.",
    )


def _damaged(data: Path, told: str) -> Unavailable:
    error = Unavailable(
        "database-folder-damaged",
        f"{data} 是一份不完整或损坏的复制，未启动。请重新复制，或用 gridmap db restore 从备份恢复。",
        f"{data} is a copy that is cut short or damaged; it was not started. Copy it again, or bring a backup back "
        "with gridmap db restore.",
    )
    error.add_note(told)
    return error
