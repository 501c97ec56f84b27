"""All checks, in the order in which a person would mend things."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import text

from gridmap.errors import GridmapError
from gridmap.services.backups.schedule import log_gap, standing
from gridmap.services.backups.second import is_on_same_disk
from gridmap.services.doctor import machine
from gridmap.services.doctor.finding import Finding, bad, good, note
from gridmap.settings import Settings
from gridmap.storage import schema
from gridmap.storage.database import Database
from gridmap.storage.faults import translated

_APART_S = 5.0


def examine(settings: Settings, now: dt.datetime) -> list[Finding]:
    """Run every check; a database that is there is started for it, one that is not is not made.

    Parameters
    ----------
    settings : Settings
    now : datetime
        By this machine's clock, in UTC.
    """
    found = [
        machine.check_version(settings),
        machine.check_account(),
        machine.check_folder(settings),
        machine.check_disk(settings),
        machine.check_clock(settings, now),
        machine.check_shared_memory(),
        machine.check_locale(),
        machine.check_fonts(),
        machine.check_port(settings),
    ]
    return [*found, *_check_database(settings), _check_backups(settings, now)]


def _check_database(settings: Settings) -> list[Finding]:
    try:
        database = Database(settings)
        if database.cluster is not None and database.cluster.status().state == "absent":
            return [
                note(
                    "database",
                    "还没有数据库，首次启动时创建。",
                    "There is no database yet; the first start makes it.",
                )
            ]
        with database:
            return [_check_schema(database), _check_extension(database), _check_clocks(database)]
    except GridmapError as error:
        return [bad("database", error.zh, error.en)]


def _check_schema(database: Database) -> Finding:
    version = schema.schema_version(database)
    if version.state == "older" and database.settings.embedded:
        return note("database", "结构将在下次启动时升级。", "The schema will be upgraded at the next start.")
    schema.require_current(database)
    if version.state == "ahead":
        return note(
            "database",
            f"结构版本 {version.found} 比本程序新（{version.needed}），仍可使用。请尽快安装新版。",
            f"The schema {version.found} is newer than this program ({version.needed}) and still serves it. "
            "Install the newer version soon.",
        )
    return good("database", f"结构版本 {version.found}", f"schema {version.found}")


def _check_extension(database: Database) -> Finding:
    with translated(), database.engine.connect() as connection:
        server, postgis = connection.execute(
            text(
                "select current_setting('server_version'),"
                " (select extversion from pg_extension where extname = 'postgis')"
            )
        ).one()
    if postgis is None:
        return bad(
            "extension",
            "数据库没有启用 PostGIS。请管理员执行：CREATE EXTENSION postgis;",
            "The database has no PostGIS. Have the administrator run: CREATE EXTENSION postgis;",
        )
    return good(
        "extension", f"PostgreSQL {server}, PostGIS {postgis}", f"PostgreSQL {server}, PostGIS {postgis}"
    )


def _check_clocks(database: Database) -> Finding:
    with translated(), database.engine.connect() as connection:
        theirs = connection.scalar(text("select clock_timestamp()"))
    apart_s = (
        abs((dt.datetime.now(dt.UTC) - theirs).total_seconds()) if isinstance(theirs, dt.datetime) else 0.0
    )
    if apart_s > _APART_S:
        return bad(
            "clocks",
            f"数据库与本机时钟相差 {apart_s:.0f} 秒。请两边校时（timedatectl set-ntp true）。",
            f"The clocks of database and machine are {apart_s:.0f} s apart. Set both (timedatectl set-ntp true).",
        )
    return good("clocks", f"相差 {apart_s:.1f} 秒", f"{apart_s:.1f} s apart")


def _check_backups(settings: Settings, now: dt.datetime) -> Finding:
    found = standing(settings, now)
    if found.last is None:
        return bad(
            "backups",
            f"{settings.backups} 中还没有完好的备份。请运行：gridmap db backup",
            f"There is no good backup in {settings.backups}. Run: gridmap db backup",
        )
    at = found.last.taken_at.isoformat(timespec="minutes")
    if found.trouble is not None:
        return bad(
            "backups",
            f"最近一次备份失败：{found.trouble['message_zh']}（上次完好：{at}）",
            f"The last backup failed: {found.trouble['message_en']} (last good one: {at})",
        )
    if found.is_old:
        return bad(
            "backups",
            f"最近一次完好备份是 {at}。请检查服务是否运行、GRIDMAP_BACKUP_AT 是否为 off，或运行 gridmap db backup",
            f"The last good backup is of {at}. See whether the service runs and GRIDMAP_BACKUP_AT is not off, or run: "
            "gridmap db backup",
        )
    if (gap := log_gap(settings, now)) is not None:
        return bad(
            "backups",
            f"备份日志缺少 {gap}，其后的内容无法恢复。请立即运行：gridmap db backup（上次完好：{at}）",
            f"The log of the backups lacks {gap}: nothing after it comes back. Run at once: gridmap db backup (last "
            f"good one: {at})",
        )
    if is_on_same_disk(settings):
        return note(
            "backups",
            f"{at}。第二存放处与第一处在同一块磁盘上，磁盘损坏会一并丢失。"
            "请把 GRIDMAP_BACKUP_COPY 设到另一块磁盘或机器。",
            f"{at}. The second place is on the disk of the first and lost with it. Name another disk or machine in "
            "GRIDMAP_BACKUP_COPY.",
        )
    if found.drill is None:
        return note(
            "backups",
            f"{at}，从未演练。请运行：gridmap db drill",
            f"{at}, never tried. Run: gridmap db drill",
        )
    return good("backups", at, at)
