"""``gridmap imports``: what was imported, row by row, and the way back."""

from __future__ import annotations

import sys
from zoneinfo import ZoneInfo

import click
from rich.table import Table

from gridmap.cli.common import actor, console, workspace
from gridmap.cli.imports.rows import print_rows
from gridmap.domain.records import noun_words
from gridmap.services.cases.places import kind_words
from gridmap.services.house import HISTORY_KINDS
from gridmap.services.imports import history
from gridmap.storage.imports.runs import KeptRun


@click.group("imports", help="导入记录 / imports: list, show, undo.")
def group() -> None:
    """Group the commands."""


@group.command("list")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
def _list(limit: int) -> None:
    """列出导入，新的在前 / list imports, the newest first."""
    with workspace() as database:
        found = history.list_imports(database, actor(database).scope, limit=limit)
        zone = ZoneInfo(database.settings.timezone)
    if not found:
        console.print("还没有导入过文件 / nothing has been imported yet.")
        return
    table = Table(title="导入记录 / imports")
    for heading in ("次 / no.", "时间 / at", "文件 / file", "岗位 / post"):
        table.add_column(heading, overflow="fold")
    table.add_column("新增 更新 未变 退回\nnew, updated, same, refused", justify="right")
    table.add_column("状态 / state", overflow="fold")
    for run in found:
        table.add_row(
            str(run.run_id),
            f"{run.at.astimezone(zone):%m-%d %H:%M}",
            f"{told(run)}\n{' / '.join(noun_words(run.noun))}",
            run.post or "",
            "  ".join(str(n) for n in (run.inserted, run.updated, run.unchanged, run.refused)),
            _state(run),
        )
    console.print(table)


_ACTS = {
    "add": "登记 / entered",
    "change": "更改 / changed",
    "withdraw": "撤销 / withdrawn",
    "restore": "恢复 / put back",
    "merge": "合并 / merged",
    "undo": "撤销 / taken back",
}


def told(run: KeptRun) -> str:
    """Return what an import was: the name of its file, or what a person did to which record and why."""
    return run.file_name if run.act is None else f"{_ACTS[run.act]} {run.key or ''}: {run.reason or ''}"


def _state(run: KeptRun) -> str:
    return "" if run.undone_at is None else f"已撤销 / taken back: {run.undone_why or ''}"


@group.command("show")
@click.argument("run_id", type=int)
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True)
def _show(run_id: int, limit: int) -> None:
    """逐行查看一次导入 / show an import row by row."""
    with workspace() as database:
        shown = history.show_import(database, actor(database).scope, HISTORY_KINDS, run_id, limit=limit)
        kinds = kind_words(database, actor(database).scope)
    run = shown.run
    console.print(
        f"第 {run.run_id} 次导入 / import {run.run_id}: {told(run)} ({' / '.join(noun_words(run.noun))}) "
        f"新增 / new {run.inserted}, 更新 / updated {run.updated}, 未变 / unchanged {run.unchanged}, "
        f"退回 / refused {run.refused} {_state(run)}"
    )
    print_rows(run.noun, shown.rows, kinds)
    if shown.can_be_undone:
        console.print(f"撤销 / take it back: gridmap imports undo {run_id} --note …")


@group.command("undo")
@click.argument("run_id", type=int, required=False)
@click.option("--note", required=True, help="原因 / why.")
def _undo(run_id: int | None, note: str) -> None:
    """撤销一次导入（默认最近一次）/ take an import back, the newest by default; nothing is lost."""
    with workspace() as database:
        who = actor(database)
        if run_id is None:
            newest = [r for r in history.list_imports(database, who.scope, limit=1000) if r.undone_at is None]
            if not newest:
                console.print("没有可撤销的导入 / there is no import to take back.")
                sys.exit(1)
            run_id = newest[0].run_id
        done = history.undo_import(database, who, HISTORY_KINDS, run_id, note)
    console.print(
        f"已撤销第 {run_id} 次导入 / took import {run_id} back: 复原 / restored {done.restored}, "
        f"撤出 / withdrawn {done.removed}, 保留 / left {len(done.left)}"
    )
    for name, zh, en in done.left[:50]:
        console.print(f"  {name}: {zh} / {en}")
