"""``gridmap demo``: the demonstration town."""

from __future__ import annotations

import click

from gridmap.cli.common import console, progress, workspace
from gridmap.services.demo import load_town


@click.group("demo")
def group() -> None:
    """示范镇（示意边界）/ the demonstration town (illustrative boundaries)."""


@group.command()
@click.option(
    "--edition",
    type=click.Choice(["1", "2"]),
    default="2",
    show_default=True,
    help="1 保持原日期 / keeps its dates; 2 到今天为止 / ends today.",
)
def load(edition: str) -> None:
    """把示范镇载入空的工作区 / load the demonstration town into an empty workspace."""
    with workspace() as database, progress() as on_progress:
        load_town(
            database,
            edition=int(edition),
            on_progress=lambda _file, done, total: on_progress("copy", done, total),
        )
    console.print("示范镇已载入 / the demonstration town is loaded. 下一步 / next: gridmap serve")
