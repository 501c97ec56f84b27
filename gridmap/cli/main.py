"""The command's entry: its groups, and errors as one line a person can act on."""

from __future__ import annotations

import logging
import sys
from typing import Any

import click
from rich.console import Console

from gridmap import __version__
from gridmap.cli import db, demo, grids, records, serve
from gridmap.errors import GridmapError


class _Group(click.Group):
    """Prints a `GridmapError` in both languages and ends with 1; everything else is a bug and shows its trace."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except GridmapError as error:
            console = Console(stderr=True, soft_wrap=True)
            console.print(f"[red]错误 / error[/red] ({error.code})", highlight=False)
            console.print(error.zh, markup=False, highlight=False)
            console.print(error.en, markup=False, highlight=False)
            sys.exit(1)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="gridmap")
@click.option("-v", "--verbose", is_flag=True, help="显示日志 / show the log.")
def main(*, verbose: bool) -> None:
    """网格地图：综治中心的网格、事件、队伍与聚居点 / the grid-management map.

    GRIDMAP_HOME names the workspace's folder: one folder, one town.
    """
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )


main.add_command(db.group)
main.add_command(demo.group)
main.add_command(grids.group)
main.add_command(serve.command)
for _group in records.groups():
    main.add_command(_group)
