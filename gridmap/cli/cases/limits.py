"""``gridmap limits …``: by when a case is to be signed for, acted upon and closed."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table

from gridmap.cli.common import actor, console, workspace
from gridmap.domain.cases.limits import LimitTable, presets
from gridmap.services.cases import limits


@click.group(help="办理期限 / limits: show, load, undo, save.")
def group() -> None:  # noqa: D103 - its help is above
    pass


@group.command("show")
def _show() -> None:
    """现行期限 / the limits in force."""
    with workspace() as database:
        table = limits.show(database)
    _print(table)
    console.print(f"预设 / presets: {', '.join(presets())}")


@group.command("load")
@click.argument("source")
def _load(source: str) -> None:
    """载入期限文件或预设 / put a file's or a preset's limits in force; cases keep those that they have."""
    with workspace() as database:
        wanted = source if source in presets() else Path(source)
        _print(limits.load(database, actor(database), wanted))


@group.command("undo")
def _undo() -> None:
    """撤回上一次更改 / put the limits from before the last change in force again."""
    with workspace() as database:
        _print(limits.take_back(database, actor(database)))


@group.command("save")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def _save(file: Path) -> None:
    """写成文件，供他镇载入 / write the limits to a file that another town can load."""
    with workspace() as database:
        limits.save(database, file)
    console.print(f"已写入 / written: {file}")


def _print(table: LimitTable) -> None:
    console.print(f"{table.name_zh} / {table.name_en}")
    console.print(f"来源 / source: {table.source}")
    shown = Table()
    for heading in (
        "领域 / domain",
        "类型 / kind",
        "规模 / scale",
        "风险 / risk",
        "级别 / level",
        "签收 / sign",
        "介入 / act",
        "办结 / close",
        "单位 / body",
    ):
        shown.add_column(heading)
    for rule in table.rules:
        told = (rule.domain, rule.kind, rule.scale, rule.risk, rule.level)
        bodies = ", ".join(filter(None, (rule.body, *rule.co_bodies)))
        shown.add_row(*("*" if v is None else str(v) for v in told), rule.sign, rule.act, rule.close, bodies)
    console.print(shown)
