"""``gridmap db``: the workspace's database."""

from __future__ import annotations

import click
from rich.table import Table

from gridmap.cli import backups
from gridmap.cli.common import console, errors, known_settings
from gridmap.errors import Unavailable
from gridmap.services.cases.kept_counts import keep_counts
from gridmap.storage import schema
from gridmap.storage.database import Database


@click.group("db")
def group() -> None:
    """数据库 / the database: start, stop, status, url, upgrade, check, backup, backups, restore, drill."""


for _command in (
    backups.backup_command,
    backups.list_command,
    backups.restore_command,
    backups.drill_command,
    backups.key_command,
):
    group.add_command(_command)


def _database() -> Database:
    return Database(known_settings(), on_step=lambda step: errors.print(f"{step} …", highlight=False))


def _not_ours() -> Unavailable:
    return Unavailable(
        "database-external",
        "已设置 DATABASE_URL：外部数据库由其管理员启停。",
        "DATABASE_URL is set: an external database is started and stopped by its administrator.",
    )


@group.command()
@click.option(
    "--stood-still",
    is_flag=True,
    help="复制来的数据库，复制时并未运行 / a copied database: nothing ran when it was copied.",
)
def start(*, stood_still: bool) -> None:
    """启动内置数据库并让它继续运行 / start the embedded database and leave it running."""
    database = _database()
    if database.cluster is None:
        raise _not_ours()
    database.cluster.start(detached=True, stood_still=stood_still)
    console.print("数据库已启动 / the database is running.")


@group.command()
@click.option("--force", is_flag=True, help="即使还有程序在用 / although programs use it.")
def stop(*, force: bool) -> None:
    """停止内置数据库 / stop the embedded database."""
    database = _database()
    if database.cluster is None:
        raise _not_ours()
    stopped = database.cluster.shut_down(force=force)
    console.print("数据库已停止 / stopped." if stopped else "数据库没有在运行 / it was not running.")


@group.command()
def status() -> None:
    """显示数据库状态 / show what is known of the database."""
    database = _database()
    table = Table(show_header=False, box=None)
    table.add_row("工作区 / workspace", str(database.settings.home))
    if database.cluster is not None:
        state = database.cluster.status()
        table.add_row("状态 / state", state.state)
        table.add_row("PostgreSQL", str(state.major or "-"))
        table.add_row("进程 / pid", str(state.pid or "-"))
        table.add_row("数据 / data", str(state.data_dir or "-"))
        table.add_row("使用者 / users", str(state.users))
        table.add_row("常驻 / detached", "是 / yes" if state.detached else "否 / no")
        if state.state != "running":
            console.print(table)
            return
    with database:
        version = schema.schema_version(database)
    table.add_row(
        "结构版本 / schema", f"{version.found or '-'} ({version.state}), 需要 / needed {version.needed}"
    )
    console.print(table)


@group.command()
@click.option("--owner", is_flag=True, help="所有者角色（仅供迁移）/ the owner's role (for migrations).")
def url(*, owner: bool) -> None:
    """显示连接地址（不含密码）/ print the address, without its password."""
    database = _database()
    address = database.owner_url if owner else database.app_url
    click.echo(address.render_as_string(hide_password=True))


@group.command("upgrade")
def upgrade_command() -> None:
    """把数据库结构升级到本程序的版本 / bring the schema to this program's version."""
    with _database() as database:
        version = schema.upgrade(database)
        keep_counts(database)
    console.print(f"结构版本 / schema {version.found} ({version.state})")


@group.command()
def check() -> None:
    """检查数据库可用且结构合适 / check that the database answers and its schema fits."""
    with _database() as database:
        schema.require_current(database)
    console.print("数据库正常 / the database answers and its schema fits.")
