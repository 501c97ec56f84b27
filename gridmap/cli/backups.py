"""``gridmap db backup|backups|restore|drill|backup-key``: nothing is lost."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.table import Table

from gridmap.cli.common import Moment, console, errors, instant, known_settings, progress
from gridmap.domain.backups import Backup
from gridmap.files.packed import make_key
from gridmap.services.backups import drill as drills
from gridmap.services.backups import making, restoring
from gridmap.services.backups.second import look_at
from gridmap.settings import load_settings
from gridmap.storage.database import Database

_FROM = click.option(
    "--from",
    "source",
    metavar="PLACE",
    help="备份存放处 / folder of the backups, or sftp://account@host/path; 默认 / default GRIDMAP_BACKUP_FOLDER.",
)
_KEY = click.option(
    "--key",
    "key_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="密钥文件 / file with the secret key; 默认 / default GRIDMAP_BACKUP_KEY_FILE.",
)


def _database() -> Database:
    return Database(known_settings(), on_step=lambda step: errors.print(f"{step} …", highlight=False))


@click.command("backup")
def backup_command() -> None:
    """备份数据库和工作区文件 / back up the database and the workspace's files.

    People may go on working meanwhile.
    """
    with _database() as database, progress() as on_progress:
        backup = making.make_backup(database, on_progress=on_progress)
    console.print(f"备份完成 / backed up: {_told(backup, database)}", highlight=False)
    if not backup.tables:
        console.print(
            "一直有程序写入，没有核对数；演练只检查能否恢复 / somebody wrote all the time, so it has no figures: "
            "a drill sees only whether it comes back."
        )


@click.command("backups")
@_FROM
def list_command(*, source: str | None) -> None:
    """列出备份 / list the backups, and whether each is whole.

    Of a place that is reached by SFTP only the sizes are compared.
    """
    settings = load_settings()
    listed = look_at(source, settings)
    if not listed:
        console.print("还没有备份 / no backups yet. gridmap db backup")
        return
    table = Table()
    for heading in ("备份 / backup", "时间 / taken at", "大小 / MB", "加密 / encrypted", "完整 / whole"):
        table.add_column(heading, overflow="fold")
    for name, found in listed:
        if found is None:
            table.add_row(name, "", "", "", "否 / torn")
            continue
        at = found.taken_at.astimezone(ZoneInfo(settings.timezone))
        table.add_row(
            name,
            at.isoformat(timespec="seconds")[:19],
            f"{found.size_bytes / 1e6:.1f}",
            "是 / yes" if found.encrypted else "否 / no",
            "是 / yes",
        )
    console.print(table)


@click.command("restore")
@click.argument("name", metavar="[BACKUP]", required=False)
@click.option("--to", type=Moment(), help="恢复到此刻 / go back to this moment (embedded database).")
@click.option("--replace", is_flag=True, help="替换现有数据库，旧的改名保留 / set aside what is there.")
@_FROM
@_KEY
def restore_command(
    *, name: str | None, to: dt.datetime | None, replace: bool, source: str | None, key_file: Path | None
) -> None:
    """从备份恢复 / bring a backup back.

    Without anything: the newest backup with all that was written since. With a name: as it was then.
    With --to: as it was at that moment. The database must not run. What is there is kept.
    """
    database = _database()
    moment = None if to is None else instant(database, to)
    wanted = restoring.Wanted(name, moment, source, key_file, replace)
    with progress() as on_progress:
        done = restoring.restore(database, wanted, on_progress=on_progress)
    rows = sum(figure.rows for figure in done.tables.values())
    console.print(f"已恢复 / restored: {_told(done.backup, database)}", highlight=False)
    console.print(
        f"{len(done.tables)} 张表 / tables, {rows} 行 / rows, {done.seconds:.1f} 秒 / s", highlight=False
    )
    for aside in done.set_aside:
        console.print(f"原有内容保留在 / what was there is kept: {aside}", highlight=False)
    console.print(
        "请检查后启动服务，并立即再做一次备份 / look at it, start the service, and make a backup now."
    )


@click.command("drill")
@click.argument("name", metavar="[BACKUP]", required=False)
@_FROM
@_KEY
def drill_command(*, name: str | None, source: str | None, key_file: Path | None) -> None:
    """演练恢复 / restore the newest backup in a place apart and compare every table."""
    database = _database()
    with progress() as on_progress:
        done = drills.drill(database, name=name, source=source, key_file=key_file, on_progress=on_progress)
    rows = sum(figure.rows for figure in done.tables.values())
    console.print(f"演练成功 / the drill went well: {_told(done.backup, database)}", highlight=False)
    same = (
        "与备份时逐表一致 / every table equal"
        if done.is_compared
        else "备份没有核对数 / nothing to compare with"
    )
    console.print(
        f"{len(done.tables)} 张表 / tables, {rows} 行 / rows, {same}, {done.seconds:.1f} 秒 / s",
        highlight=False,
    )


@click.command("backup-key")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def key_command(*, file: Path) -> None:
    """生成备份密钥 / make a key for encrypted backups.

    Keep the file away from this machine: without it no encrypted backup opens.
    """
    public = make_key(file)
    console.print(f"GRIDMAP_BACKUP_RECIPIENTS={public}", highlight=False)
    console.print(
        f"密钥在 {file.name}；请另行保管，丢失即无法恢复 / the secret key is in {file.name}: keep it elsewhere, too; "
        "without it nothing comes back.",
        highlight=False,
    )


def _told(backup: Backup, database: Database) -> str:
    at = backup.taken_at.astimezone(ZoneInfo(database.settings.timezone)).isoformat(timespec="seconds")[:19]
    return f"{backup.name} ({at}, {backup.size_bytes / 1e6:.1f} MB, {backup.seconds:.1f} s)"
