"""``gridmap imports``: what was imported, row by row, and the way back."""

from __future__ import annotations

import sys
from zoneinfo import ZoneInfo

import click
from rich.table import Table

from gridmap.cli.common import actor, console, workspace
from gridmap.domain.records import NOUNS
from gridmap.services.house import IMPORT_KINDS
from gridmap.services.imports import history
from gridmap.services.imports.history import FieldChange, RowChange
from gridmap.storage.imports.runs import KeptRun

_WHAT = {"new": "新增 / new", "changed": "更改 / changed", "removed": "已撤出 / withdrawn"}


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
            f"{run.file_name}\n{run.noun}",
            run.post or "",
            "  ".join(str(n) for n in (run.inserted, run.updated, run.unchanged, run.refused)),
            _state(run),
        )
    console.print(table)


def _state(run: KeptRun) -> str:
    return "" if run.undone_at is None else f"已撤销 / taken back: {run.undone_why or ''}"


@group.command("show")
@click.argument("run_id", type=int)
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True)
def _show(run_id: int, limit: int) -> None:
    """逐行查看一次导入 / show an import row by row."""
    with workspace() as database:
        shown = history.show_import(database, actor(database).scope, IMPORT_KINDS, run_id, limit=limit)
    run = shown.run
    console.print(
        f"第 {run.run_id} 次导入 / import {run.run_id}: {run.file_name} ({run.noun}) "
        f"新增 / new {run.inserted}, 更新 / updated {run.updated}, 未变 / unchanged {run.unchanged}, "
        f"退回 / refused {run.refused} {_state(run)}"
    )
    _print_rows(run.noun, shown.rows)
    if shown.can_be_undone:
        console.print(f"撤销 / take it back: gridmap imports undo {run_id} --note …")


def _cells(noun: str, field: FieldChange) -> tuple[str, str, str]:
    known = {f.name: f"{f.zh} / {f.name}" for f in NOUNS[noun].fields}
    return known.get(field.name, field.name), field.before or "", field.after or ""


def _print_rows(noun: str, rows: tuple[RowChange, ...]) -> None:
    table = Table(title="逐行 / row by row")
    for heading in ("记录 / record", "变化 / what", "字段 / field", "之前 / before", "之后 / after"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        first = row.fields[0] if row.fields else None
        cells = ("", "", "") if first is None else _cells(noun, first)
        table.add_row(row.name, _WHAT[row.what], *cells)
        for field in row.fields[1:]:
            table.add_row("", "", *_cells(noun, field))
    if rows:
        console.print(table)


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
        done = history.undo_import(database, who, IMPORT_KINDS, run_id, note)
    console.print(
        f"已撤销第 {run_id} 次导入 / took import {run_id} back: 复原 / restored {done.restored}, "
        f"撤出 / withdrawn {done.removed}, 保留 / left {len(done.left)}"
    )
    for name, zh, en in done.left[:50]:
        console.print(f"  {name}: {zh} / {en}")
