"""``gridmap beats``: the town's grids divided among teams."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.table import Table

from gridmap.cli.common import actor, asked, console, progress, workspace
from gridmap.cli.patrols.options import codes_of
from gridmap.domain import terms
from gridmap.files.atomic import replacing
from gridmap.services.cases.limits import require_whole
from gridmap.services.patrols.make.beats import (
    BeatsRequest,
    ShownBeats,
    beat_features,
    make_beats,
    show_beats,
    undo_beats,
)


@click.group("beats", help="巡区 / beats: make, show, undo, export.")
def group() -> None:
    """Group the commands."""


@group.command("make")
@click.option(
    "--teams", default="all", show_default=True, help="队伍编号 / codes; all: 专业队伍 / professional ones."
)
@click.option(
    "--level", type=click.IntRange(2, 4), default=3, show_default=True, help="网格层级 / level of the grids."
)
@click.option(
    "--domain", default="policing", show_default=True, help="按哪个领域的事件 / incidents of a domain; all."
)
@asked(terms.EACH_CASE, "--minutes-a-case", "case_min")
@asked(terms.EACH_KM, "--minutes-a-km", "km_min")
@asked(terms.DIVIDING, "--time", "seconds")
def make(teams: str, level: int, domain: str, case_min: float, km_min: float, seconds: float) -> None:
    """把网格划给各队 / divide the grids among teams: contiguous, even in work; today's beats count."""
    with workspace() as database, progress() as on_progress:
        request = BeatsRequest(
            None if teams == "all" else codes_of(teams),
            level,
            None if domain == "all" else domain,
            case_min,
            km_min,
            seconds,
        )
        require_whole(actor(database))
        made = make_beats(database, request, owner=actor(database).post, on_progress=on_progress)
    _tell(made)


@group.command("show")
def show() -> None:
    """现行巡区 / the beats in force."""
    with workspace() as database:
        found = show_beats(database, actor(database).scope)
    if found is None:
        console.print("还没有划过巡区。请运行 / no beats yet: gridmap beats make")
        return
    _tell(found)


@group.command("undo")
def undo() -> None:
    """恢复此前的巡区 / put the beats back that were in force before."""
    with workspace() as database:
        found = undo_beats(database, actor(database))
    if found is None:
        console.print("已撤销，没有更早的巡区 / taken back; there were none before.")
        return
    _tell(found)


@group.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export(file: Path) -> None:
    """导出巡区 / export each team's beat as an area: .geojson."""
    with workspace() as database:
        found = beat_features(database, actor(database).scope)
    with replacing(file) as temporary:
        temporary.write_text(json.dumps(found, ensure_ascii=False) + "\n", "utf-8")
    console.print(f"已导出 {len(found['features'])} 个巡区 / exported {len(found['features'])} beats: {file}")


def _tell(found: ShownBeats) -> None:
    table = Table()
    for heading in (
        "队伍 / team",
        "网格 / grids",
        "件/周\nincidents",
        "公里\nkm",
        "分钟/周\nminutes",
        "对平均\nof mean",
    ):
        table.add_column(heading, justify="left" if "team" in heading else "right")
    for beat in found["beats"]:
        table.add_row(
            f"{beat['team']} {beat['name_zh']}",
            str(len(beat["grids"])),
            f"{beat['incidents']:.1f}",
            f"{beat['road_km']:.0f}",
            f"{beat['minutes']:.0f}",
            f"{beat['minutes'] / max(found['mean'], 1e-9):.2f}",
        )
    console.print(table)
    mean = max(found["mean"], 1e-9)
    if found["bound"] is None:
        return
    console.print(
        f"最大为平均的 / largest to mean {found['largest'] / mean:.2f}，"
        f"任何相连的划法不低于 / no contiguous division is below {found['bound'] / mean:.2f}；"
        f"换队的网格 / grids that change hands {len(found['changed'])}",
        highlight=False,
    )
