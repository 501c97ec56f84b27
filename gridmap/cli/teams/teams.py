"""``gridmap teams|team-positions|migrants|organisations``: import, export, groups of sites."""

from __future__ import annotations

import click
from rich.table import Table

from gridmap.cli.common import actor, console, workspace
from gridmap.cli.imports.records import record_group
from gridmap.services.teams import exports, imports
from gridmap.services.teams.service_points import migrant_groups

teams = record_group(imports.TEAMS, "队伍", exports.TEAMS)
team_positions = record_group(imports.TEAM_POSITIONS, "队伍位置")
migrants = record_group(imports.MIGRANTS, "流动人口聚居点", exports.MIGRANTS)
organisations = record_group(imports.ORGANISATIONS, "机构", exports.ORGANISATIONS)


@migrants.command("groups")
@click.option(
    "--radius", "radius_m", type=float, default=500.0, show_default=True, help="相距（米）/ metres apart."
)
@click.option("--least", type=int, default=100, show_default=True, help="起始人数 / least head-count.")
def _groups(radius_m: float, least: int) -> None:
    """聚居点成片之处，供布设服务点 / where sites lie close together, for placing services."""
    with workspace() as database:
        found = migrant_groups(database, actor(database).scope, radius_m=radius_m, least=least)
    if not found:
        console.print("没有成片的聚居点 / no groups of sites at this distance and head-count.")
        return
    table = Table()
    for heading in ("聚居点 / sites", "人数 / head-count", "经度 / lon", "纬度 / lat"):
        table.add_column(heading, justify="right")
    for row in found:
        table.add_row(str(row["sites"]), f"{row['head_count']:,}", f"{row['lon']:.5f}", f"{row['lat']:.5f}")
    console.print(table)
