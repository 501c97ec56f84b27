"""``gridmap fixed-points``: places that patrols must come to, imported, exported, listed."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table

from gridmap.cli.common import actor, console, workspace
from gridmap.cli.imports.records import record_group
from gridmap.services.patrols.ask.fixed_points import (
    FIXED_POINTS,
    LAYER,
    length_m,
    list_points,
    write_template,
)

group = record_group(FIXED_POINTS, "必到点", LAYER)


@group.command("template")
@click.argument("file", type=click.Path(path_type=Path))
def _template(file: Path) -> None:
    """写出空白模板 / write an empty table to fill in: .csv or .xlsx, Chinese headings."""
    with workspace() as database:
        write_template(file, database.settings.timezone)
    console.print(f"模板已写入 / template written: {file}")


@group.command("list")
def list_() -> None:
    """列出必到点 / list the places that patrols must come to, with times, hours and minutes."""
    with workspace() as database:
        rows = list_points(database, actor(database).scope)
    if not rows:
        console.print(
            "还没有必到点。请导入 / no fixed points yet; import some: gridmap fixed-points import FILE"
        )
        return
    table = Table()
    headings = ("编号 / code", "名称 / name", "类型 / kind", "每晚次数 / times", "时段 / hours", "分钟 / min")
    for heading in (*headings, "间隔 / gap", "路段 / line, m", "步行 / on foot", "启用 / in use"):
        table.add_column(heading)
    for row in rows:
        table.add_row(
            row["code"],
            row["name_zh"],
            row["kind"],
            str(row["times"]),
            row["hours"] or "全天 / any",
            "—" if row["minutes"] is None else f"{row['minutes']:g}",
            "—" if row["gap_min"] is None else f"{row['gap_min']:g}",
            "—" if row["line"] is None else f"{length_m(row['line']):.0f}",
            "是 / yes" if row["on_foot"] else "—",
            "是 / yes" if row["in_use"] else "否 / no",
        )
    console.print(table)
