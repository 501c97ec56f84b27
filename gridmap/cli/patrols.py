"""``gridmap patrols``: plan a shift, list, show, export, delete."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.table import Table

from gridmap.cli.common import Day, console, progress, workspace
from gridmap.domain.gridkey import Scope
from gridmap.services.hotspots.publish import CAPTION
from gridmap.services.patrols import plans
from gridmap.services.patrols.files import export_plan
from gridmap.services.patrols.request import PatrolRequest

_MODES = {"car": "车 / car", "bike": "骑行 / bike", "foot": "步行 / foot"}


@click.group("patrols")
def group() -> None:
    """巡防 / patrols: plan, list, show, export, delete."""


class Shift(click.ParamType[dt.date | None]):
    """A day on which the shift begins, or ``tonight``."""

    name = "tonight|YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.date | None:
        """Read the day; None means tonight."""
        return None if value in {None, "tonight"} else Day().convert(value, param, ctx)


@group.command("plan")
@click.option(
    "--shift", type=Shift(), default="tonight", help="班次 / tonight, or the day on which it begins."
)
@click.option(
    "--teams", default="all", show_default=True, help="队伍编号，逗号分隔 / codes with commas, or all."
)
@click.option(
    "--from-hotspots", "run", default="latest", show_default=True, help="热点分析编号 / run, or latest."
)
@click.option("--seed", type=int, default=0, show_default=True, help="随机种子 / seed.")
@click.option("--time", "seconds", type=float, help="搜索秒数 / seconds of search; 默认 10.")
@click.option(
    "--iterations", type=int, help="搜索步数，可重复 / steps of search in place of a time: repeatable."
)
@click.option(
    "--dwell", "dwell_s", type=float, default=720.0, show_default=True, help="停留秒数 / seconds a stop."
)
@click.option(
    "--village-share",
    type=float,
    default=0.0,
    show_default=True,
    help="各村最低份额 / least share a village.",
)
@click.option(
    "-o",
    "--out",
    "outputs",
    multiple=True,
    type=click.Path(path_type=Path),
    help=".gpx .geojson .gpkg .csv .xlsx",
)
def plan(
    shift: dt.date | None,
    teams: str,
    run: str,
    seconds: float | None,
    iterations: int | None,
    outputs: tuple[Path, ...],
    **given: Any,
) -> None:
    """从热点安排今晚的路线 / plan a shift's routes from a hotspot run, on the roads."""
    with workspace() as database:
        asked = PatrolRequest(
            on=shift or dt.datetime.now(ZoneInfo(database.settings.timezone)).date(),
            hotspot_run_id=None if run == "latest" else _number(run),
            teams=None if teams == "all" else tuple(code.strip() for code in teams.split(",")),
            seconds=seconds if seconds is not None or iterations is not None else 10.0,
            iterations=iterations,
            **given,
        )
        with progress() as on_progress:
            made = plans.plan_patrols(database, Scope.whole(), asked, on_progress=on_progress)
        for path in outputs:
            export_plan(made, path, database.settings.timezone)
    tell_plan(made)
    for path in outputs:
        console.print(f"已写入 / written: {path}", markup=False)


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} 不是分析编号 / is no run's number (or latest)") from None


def tell_plan(made: dict[str, Any]) -> None:
    """Print a plan: the load of each team, times and streets, and what was left out and why."""
    about = made["summary"]
    console.print(
        f"第 {made['patrol_id']} 号计划 / plan {made['patrol_id']}: {made['begins_at'][:16]} … {made['ends_at'][:16]}, "
        f"热点分析 / hotspot run {made['hotspot_run_id']}",
        highlight=False,
    )
    console.print(f"[bold]{CAPTION[0]} / {CAPTION[1]}[/bold]", highlight=False)
    table = Table()
    for heading in ("队伍\nteam", "方式\nmode"):
        table.add_column(heading)
    for heading in (
        "出发\nleaves",
        "返回\nback",
        "停靠\nstops",
        "路程\nkm",
        "在途\nmin",
        "负荷\nload",
        "得分\nprize",
    ):
        table.add_column(heading, justify="right")
    for route in made["routes"]:
        table.add_row(
            f"{route['team_code']} {route['name_zh']}",
            _MODES[route["mode"]],
            route["begin"][11:16],
            route["end"][11:16],
            str(len(route["visits"])),
            f"{route['length_m'] / 1000:.1f}",
            f"{route['travel_s'] / 60:.0f}",
            f"{route['load']:.0%}",
            f"{route['prize']:.1f}",
        )
    console.print(table)
    console.print(
        f"停靠 / stops {about['visited']} / {about['stops']}; "
        f"得分 / prize {about['prize']:.1f} / {about['possible']:.1f}, "
        f"上界 / upper bound {about['bound']:.1f}; 公平的代价 / cost of fairness {about['fairness_cost']:.1f}",
        highlight=False,
    )
    if about["idle"]:
        console.print(f"没有任务的队伍 / teams without a stop: {', '.join(about['idle'])}", highlight=False)
    out = [r for r in about["reasons"] if not r["visited"]]
    for reason in out[:5]:
        console.print(
            f"未安排 / left out: {reason['name_zh']}: {reason['zh']} / {reason['en']}", markup=False
        )
    if len(out) > 5:
        console.print(
            f"… 另有 / and {len(out) - 5} 处 / more: gridmap patrols show {made['patrol_id']} --all"
        )
    console.print(
        f"种子 / seed {made['seed']}, 步数 / iterations {made['iterations']}, 数据 / data {made['data_sha256'][:12]}, "
        f"gridmap {made['version']}",
        highlight=False,
    )


@group.command("list")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
def list_(limit: int) -> None:
    """列出计划 / list the plans, newest first."""
    with workspace() as database:
        kept = plans.list_plans(database, Scope.whole(), limit)
    if not kept:
        console.print("还没有巡防计划。请运行 / no plans yet: gridmap patrols plan")
        return
    table = Table()
    for heading in ("#", "班次 / shift", "热点分析 / run", "停靠 / stops", "得分 / prize", "种子 / seed"):
        table.add_column(heading)
    for row in kept:
        about = row["summary"]
        table.add_row(
            str(row["patrol_id"]),
            f"{row['begins_at'][:16]} … {row['ends_at'][11:16]}",
            str(row["hotspot_run_id"] or "-"),
            f"{about['visited']} / {about['stops']}",
            f"{about['prize']:.1f}",
            str(row["seed"]),
        )
    console.print(table)


@group.command("show")
@click.argument("patrol_id", type=int)
@click.option("--team", help="只看此队 / only this team.")
@click.option(
    "--all", "everything", is_flag=True, help="每个热点为何在或不在 / why each hotspot is in or out."
)
def show(patrol_id: int, team: str | None, *, everything: bool) -> None:
    """查看一份计划：时刻与街道 / show a plan: times and streets."""
    with workspace() as database:
        found = plans.patrol_plan(database, Scope.whole(), patrol_id)
    tell_plan(found)
    for route in found["routes"]:
        if team is None or route["team_code"] == team:
            _tell_route(route)
    if everything:
        for reason in found["summary"]["reasons"]:
            console.print(
                f"{reason['name_zh']}: {reason['zh']} / {reason['en']}", markup=False, highlight=False
            )


def _tell_route(route: dict[str, Any]) -> None:
    table = Table(title=f"{route['team_code']} {route['name_zh']} / {route['name_en']}")
    for heading in ("到 / arrive", "离 / leave"):
        table.add_column(heading, justify="right")
    table.add_column("地点 / place", overflow="fold")
    table.add_column("经由 / by way of", overflow="fold")
    for visit in route["visits"]:
        streets = "，".join(
            f"{s['name'] or '无名路'} {s['length_m']:.0f} 米"
            for s in visit["leg"]["streets"]
            if s["length_m"] >= 1
        )
        table.add_row(visit["arrive"][11:16], visit["leave"][11:16], visit["name_zh"], streets)
    console.print(table)


@group.command("export")
@click.argument("patrol_id", type=int)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--team", help="只导出此队 / only this team.")
def export(patrol_id: int, file: Path, team: str | None) -> None:
    """导出计划 / export a plan as .gpx, .geojson, .gpkg, .csv or .xlsx."""
    with workspace() as database:
        found = plans.patrol_plan(database, Scope.whole(), patrol_id)
        rows = export_plan(found, file, database.settings.timezone, team=team)
    console.print(f"已导出 {rows} 行 / exported {rows} rows: {file}", markup=False)


@group.command("delete")
@click.argument("patrol_id", type=int)
@click.confirmation_option(prompt="删除这份计划？/ Delete this plan?")
def delete(patrol_id: int) -> None:
    """删除一份计划 / delete a plan."""
    with workspace() as database:
        plans.delete_plan(database, Scope.whole(), patrol_id)
    console.print(f"已删除 / deleted: {patrol_id}")
