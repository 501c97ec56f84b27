"""The command's entry: its groups, and errors as one line a person can act on."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from typing import Any

import click

from gridmap import __version__
from gridmap.cli.logs import begin_log
from gridmap.domain.legible import legible
from gridmap.errors import GridmapError
from gridmap.files.disk import disk_error

# Name: module, attribute, one line of help. A command's modules are imported when it is used: they bring the
# geospatial libraries, which take a second that `gridmap --help` need not wait for.
_COMMANDS = {
    "db": (
        "gridmap.cli.db",
        "group",
        "数据库 / the database: start, stop, status, upgrade, backup, backups, restore, drill.",
    ),
    "demo": ("gridmap.cli.demo", "group", "示范镇 / the demonstration town (illustrative boundaries)."),
    "grids": ("gridmap.cli.ground.grids", "group", "网格 / grids: import, export, list."),
    "incidents": ("gridmap.cli.cases.incidents", "incidents", "事件 / incidents: import, export."),
    "incident-steps": (
        "gridmap.cli.cases.incidents",
        "incident_steps",
        "事件步骤 / steps of incidents: import.",
    ),
    "cases": (
        "gridmap.cli.cases.desk",
        "group",
        "事件办理 / cases: record, find, show, accept … archive, edit, merge, tasks, screening, handover.",
    ),
    "imports": ("gridmap.cli.imports.history", "group", "导入记录 / imports: list, show, undo."),
    "limits": ("gridmap.cli.cases.limits", "group", "办理期限 / limits: show, load, save."),
    "photos": ("gridmap.cli.cases.photos", "group", "事件照片 / photos of cases: on, off, show."),
    "teams": ("gridmap.cli.teams.teams", "teams", "队伍 / teams: import, export."),
    "team-positions": (
        "gridmap.cli.teams.teams",
        "team_positions",
        "队伍位置 / positions of teams: import.",
    ),
    "migrants": (
        "gridmap.cli.teams.teams",
        "migrants",
        "流动人口聚居点 / migrant clusters: import, export.",
    ),
    "organisations": (
        "gridmap.cli.teams.teams",
        "organisations",
        "机构 / organisations: import, export.",
    ),
    "fixed-points": (
        "gridmap.cli.patrols.fixed_points",
        "group",
        "必到点 / fixed points of patrols: import, export, list.",
    ),
    "beats": ("gridmap.cli.patrols.beats", "group", "巡区 / beats of teams: make, show, undo, export."),
    "shifts": ("gridmap.cli.patrols.rosters", "shifts", "班次 / the town's named shifts: show, load, save."),
    "rosters": (
        "gridmap.cli.patrols.rosters",
        "rosters",
        "班表 / rosters of weeks: make, show, set, undo, export, delete.",
    ),
    "projects": (
        "gridmap.cli.cases.projects",
        "group",
        "项目与稳评 / projects and their assessment: add, change, show, papers, import, export.",
    ),
    "rulings": (
        "gridmap.cli.cases.projects",
        "rulings",
        "问题答复 / questions and rulings: add, change, list, book, import, export.",
    ),
    "roads": ("gridmap.cli.ground.roads", "group", "道路 / roads: import, export, check, route, isochrone."),
    "lake": (
        "gridmap.cli.lake",
        "lake_group",
        "数据湖 / a lake of GeoParquet by county and month: write, share, check.",
    ),
    "hotspots": (
        "gridmap.cli.hotspots.runs",
        "group",
        "热点 / hotspots: run, list, show, compare, export, delete, rates, hours, effect.",
    ),
    "forecast": ("gridmap.cli.hotspots.forecast", "group", "预测 / forecast: score, next, keep, weeks, end."),
    "patrols": (
        "gridmap.cli.patrols.plans",
        "group",
        "巡防 / patrols: plan, replan, compare, show, visits, live, week, effect, hours.",
    ),
    "dispatch": (
        "gridmap.cli.response.dispatch",
        "group",
        "派队 / dispatch: nearest, send, arrived, finish, cancel, list, times.",
    ),
    "coverage": ("gridmap.cli.response.coverage", "group", "覆盖 / coverage: show, site."),
    "reports": ("gridmap.cli.reports.build", "group", "报告 / reports: build, meeting, verify, list."),
    "profiles": (
        "gridmap.cli.imports.profiles",
        "group",
        "来源配置 / profiles of source systems: list, show, propose, save, import, remove.",
    ),
    "incoming": (
        "gridmap.cli.imports.profiles",
        "incoming_group",
        "收件夹 / the incoming folder: list, run.",
    ),
    "forms": (
        "gridmap.cli.reports.forms",
        "group",
        "报表 / official forms: show, make, hand-in, list, places, papers.",
    ),
    "jobs": ("gridmap.cli.jobs.queue", "group", "任务 / jobs: list, show, cancel, work."),
    "users": (
        "gridmap.cli.users",
        "group",
        "岗位账户 / posts: add, list, role, scope, lock, reset, handover, link.",
    ),
    "tokens": ("gridmap.cli.users", "tokens", "程序令牌 / programs' tokens: add, list, revoke."),
    "audit": ("gridmap.cli.audit", "group", "审计 / audit: list, verify, head, export, trim."),
    "doctor": ("gridmap.cli.doctor", "command", "体检 / what is not in order, and what to do."),
    "serve": ("gridmap.cli.serve", "command", "启动地图服务 / serve the map."),
}


# Collections while twelve hundred modules are imported find next to nothing and take a tenth of a start.
_OBJECTS_BETWEEN_COLLECTIONS = 50_000


class _Group(click.Group):
    """Imports a command when it is used; prints a `GridmapError` in both languages and ends with 1.

    Everything else is a bug and shows its trace.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - likewise
        if cmd_name not in _COMMANDS:
            return None
        module, attribute, _ = _COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - likewise
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in _COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except GridmapError as error:
            _tell(error)
        except OSError as error:
            # A disk that is full or read-only is no bug, wherever it is noticed.
            of_disk = disk_error(error)
            if of_disk is None:
                raise
            _tell(of_disk)
        sys.exit(1)


def _tell(error: GridmapError) -> None:
    click.secho(f"错误 / error ({error.code})", fg="red", err=True)
    click.echo(legible(error.zh), err=True)
    click.echo(legible(error.en), err=True)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="gridmap")
@click.option("-v", "--verbose", is_flag=True, help="显示日志 / show the log.")
@click.option(
    "--as", "as_post", envvar="GRIDMAP_AS", metavar="POST", help="以某岗位的权限运行 / act as a post."
)
def main(*, verbose: bool, as_post: str | None) -> None:  # noqa: ARG001 - read by `common.actor`
    """网格地图：综治中心的网格、事件、队伍与聚居点 / the grid-management map.

    GRIDMAP_HOME names the workspace's folder: one folder, one town.
    """
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, *gc.get_threshold()[1:])
    # Asked of the environment itself: settings that cannot be used are told by the command, not here.
    begin_log(verbose=verbose, as_json=os.environ.get("GRIDMAP_LOG") == "json")
