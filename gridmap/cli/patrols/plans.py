"""``gridmap patrols``: plan a shift, change it, see what became of it, compare, list, show, export, delete."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from gridmap.cli.common import actor, asked, console, progress, workspace
from gridmap.cli.patrols import visits as patrol_evidence
from gridmap.cli.patrols.options import Emergency, Lock, NewStop, Shift, codes_of
from gridmap.cli.patrols.tables import tell_comparison, tell_list, tell_plan, tell_route
from gridmap.domain import terms
from gridmap.services.patrols.ask.request import PatrolRequest, locks_of
from gridmap.services.patrols.ask.rules import read_rules
from gridmap.services.patrols.keep import plans as kept_plans
from gridmap.services.patrols.keep.compare import compare_plans
from gridmap.services.patrols.keep.files import export_kept
from gridmap.services.patrols.make import plans
from gridmap.services.patrols.make.changed import Added, Changed, Taken
from gridmap.services.patrols.make.changes import replan_patrol


@click.group("patrols")
def group() -> None:
    """巡防 / patrols: plan, replan, compare, list, show, export, delete, hours.

    跟踪 / follow: issue, orders, visits, check-in, live, week, effect.
    """


@group.command("plan")
@click.option(
    "--shift", type=Shift(), default="tonight", help="班次 / tonight, or the day on which it begins."
)
@click.option(
    "--teams",
    default="all",
    show_default=True,
    help="队伍编号，逗号分隔 / codes with commas, or all; roster: 按班表 / those of the week's roster.",
)
@click.option(
    "--duty",
    help="班次名，如 night / a named shift: its hours are the teams', and of a roster its teams alone.",
)
@click.option(
    "--from-hotspots", "run", default="latest", show_default=True, help="热点分析编号 / run, or latest."
)
@asked(terms.SEED, "--seed", kind=int)
@asked(terms.SEARCH, "--time", "seconds", optional=True)
@asked(terms.STEPS, "--iterations", kind=int, optional=True)
@asked(terms.DWELL, "--dwell", "dwell_s")
@asked(terms.VILLAGE_SHARE, "--village-share")
@asked(terms.VISITS, "--visits", kind=int)
@asked(terms.GAP, "--min-gap", "min_gap_min", per=60)
@asked(terms.INTERVAL, "--max-interval", "max_interval_min", per=60)
@asked(terms.WAIT, "--max-wait", "max_wait_min", per=60)
@asked(terms.BALANCED, "--balance")
@asked(terms.NEAR, "--near", "near_min")
@asked(terms.NEAR_SHARE, "--near-level")
@asked(terms.DOSE, "--dose", "dose_min")
@asked(terms.REVISIT, "--revisit-share")
@click.option("--break", "rest", help="各队休息 / break of every team: 23:00-01:00/30.")
@click.option(
    "--rules",
    "rules_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="规则文件 / rules for stops and teams: .json, .csv, .xlsx.",
)
@click.option(
    "--lock", "locks", type=Lock(), multiple=True, help="停靠点=队伍 / keep a stop for a team, as H3=T05."
)
@click.option("--leave-out", multiple=True, help="不去的停靠点 / a stop that is left out, as H7.")
@click.option(
    "--fixed-points/--no-fixed-points",
    default=True,
    show_default=True,
    help="是否安排必到点 / whether fixed points are visited, too.",
)
@click.option(
    "--by-hour/--no-by-hour",
    default=False,
    show_default=True,
    help="得分是否分时段 / whether prizes change with the hours of incidents.",
)
@click.option(
    "--within-beats/--any-beat",
    default=False,
    show_default=True,
    help="各队只去本巡区的停靠点 / a stop is visited by the team of its beat only, but where it must be visited.",
)
@click.option(
    "--patrol-found/--no-patrol-found",
    default=False,
    show_default=True,
    help="巡防发现的事件是否计入得分 / whether incidents that patrols found count for prizes, too.",
)
@click.option(
    "--vary", is_flag=True, help="从接近最优的方案中按种子抽取 / draw tonight's plan from nearly best ones."
)
@asked(terms.NIGHTS, "--nights", kind=int)
@asked(terms.LOST, "--loss")
@click.option(
    "-o",
    "--out",
    "outputs",
    multiple=True,
    type=click.Path(path_type=Path),
    help=".gpx .html .geojson .gpkg .csv .xlsx",
)
def plan(
    shift: dt.date | None,
    teams: str,
    run: str,
    seconds: float | None,
    iterations: int | None,
    outputs: tuple[Path, ...],
    rules_file: Path | None,
    min_gap_min: float,
    max_wait_min: float,
    max_interval_min: float | None,
    **given: Any,
) -> None:
    """从热点安排今晚的路线 / plan a shift's routes from a hotspot run, on the roads."""
    with workspace() as database:
        request = PatrolRequest(
            on=shift or dt.datetime.now(ZoneInfo(database.settings.timezone)).date(),
            hotspot_run_id=None if run == "latest" else _number(run),
            teams=None if teams in {"all", "roster"} else codes_of(teams),
            roster=teams == "roster",
            seconds=seconds if seconds is not None or iterations is not None else terms.SEARCH_S,
            iterations=iterations,
            rules=read_rules(rules_file) if rules_file is not None else None,
            min_gap_s=min_gap_min * 60.0,
            max_wait_s=max_wait_min * 60.0,
            max_interval_s=None if max_interval_min is None else max_interval_min * 60.0,
            **given,
        )
        with progress() as on_progress:
            made = plans.plan_patrols(
                database,
                actor(database).scope,
                request,
                owner=actor(database).post,
                on_progress=on_progress,
            )
        for path in outputs:
            export_kept(database, actor(database).scope, made["patrol_id"], path)
    tell_plan(made)
    if len(made.get("nights", [])) > 1:
        console.print(
            f"各夜的计划 / plans of the nights: {', '.join(map(str, made['nights']))}", highlight=False
        )
    for path in outputs:
        console.print(f"已写入 / written: {path}")


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} 不是分析编号 / is no run's number (or latest)") from None


@group.command("replan")
@click.argument("patrol_id", type=int)
@click.option(
    "--at",
    help="从何时起（班次中）/ from when on, during the shift: 21:30; 不给则整夜重排 / the whole night without it.",
)
@click.option("--team-out", "teams_out", multiple=True, help="退出的队伍 / a team that drops out.")
@click.option(
    "--emergency",
    "taken",
    type=Emergency(),
    multiple=True,
    help="抽调 / a team that is taken, where to, and until when.",
)
@click.option(
    "--add-stop", "added", type=NewStop(), multiple=True, help="加入的停靠点 / a stop that comes in."
)
@click.option(
    "--lock", "locks", type=Lock(), multiple=True, help="停靠点=队伍 / keep a stop for a team, as H3=T05."
)
@click.option("--leave-out", multiple=True, help="不去的停靠点 / a stop that is left out, as H7.")
@asked(terms.SEED, "--seed", kind=int, optional=True)
@asked(terms.SEARCH, "--time", "seconds", optional=True)
@asked(terms.STEPS, "--iterations", kind=int, optional=True)
def replan(
    patrol_id: int,
    at: str | None,
    teams_out: tuple[str, ...],
    taken: tuple[Taken, ...],
    added: tuple[Added, ...],
    locks: tuple[tuple[str, str], ...],
    leave_out: tuple[str, ...],
    seed: int | None,
    seconds: float | None,
    iterations: int | None,
) -> None:
    """调整一份计划 / change a plan: with wishes before the shift, or from a time on during it."""
    if at is None and (teams_out or taken or added):
        raise click.UsageError("请用 --at 给出时刻 / say from when on, with --at")
    if seconds is not None and iterations is not None:
        raise click.UsageError("请在 --time 与 --iterations 中选一个 / choose either --time or --iterations")
    with workspace() as database, progress() as on_progress:
        whole = actor(database).scope
        if at is None:
            old = kept_plans.patrol_plan(database, whole, patrol_id)["parameters"]
            made = plans.solve_again(
                database,
                whole,
                patrol_id,
                locks=dict(old.get("locks") or {}) | locks_of(locks),
                leave_out=tuple(sorted({*(old.get("leave_out") or []), *leave_out} - locks_of(locks).keys())),
                seed=seed,
                seconds=seconds,
                iterations=iterations,
                owner=actor(database).post,
                on_progress=on_progress,
            )
        else:
            changed = Changed(at, teams_out, taken, added, locks_of(locks), leave_out)
            made = replan_patrol(
                database,
                whole,
                patrol_id,
                changed,
                seed=seed,
                seconds=seconds,
                iterations=iterations,
                owner=actor(database).post,
                on_progress=on_progress,
            )
    tell_plan(made)


@group.command("compare")
@click.argument("first", type=int)
@click.argument("second", type=int)
def compare(first: int, second: int) -> None:
    """比较两份计划 / compare two plans: stops, teams, villages."""
    with workspace() as database:
        found = compare_plans(database, actor(database).scope, first, second)
    tell_comparison(found)


@group.command("list")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
def list_(limit: int) -> None:
    """列出计划 / list the plans, newest first."""
    with workspace() as database:
        kept = kept_plans.list_plans(database, actor(database).scope, limit)
    if not kept:
        console.print("还没有巡防计划。请运行 / no plans yet: gridmap patrols plan")
        return
    tell_list(kept)


@group.command("show")
@click.argument("patrol_id", type=int)
@click.option("--team", help="只看此队 / only this team.")
@click.option(
    "--all", "everything", is_flag=True, help="每个热点为何在或不在 / why each hotspot is in or out."
)
def show(patrol_id: int, team: str | None, *, everything: bool) -> None:
    """查看一份计划：时刻与街道 / show a plan: times and streets."""
    with workspace() as database:
        found = kept_plans.patrol_plan(database, actor(database).scope, patrol_id)
    tell_plan(found)
    for route in found["routes"]:
        if team is None or route["team_code"] == team:
            tell_route(route)
    if everything:
        for reason in found["summary"]["reasons"]:
            console.print(f"{reason['name_zh']}: {reason['zh']} / {reason['en']}", highlight=False)


@group.command("export")
@click.argument("patrol_id", type=int)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--team", help="只导出此队 / only this team.")
@click.option(
    "--url", help="服务器地址，二维码用 / the server as a phone reaches it, for the codes: http://host:port."
)
def export(patrol_id: int, file: Path, team: str | None, url: str | None) -> None:
    """导出计划 / export a plan as .gpx, .geojson, .gpkg, .csv, .xlsx, or .html for print."""
    with workspace() as database:
        rows = export_kept(database, actor(database).scope, patrol_id, file, team=team, url=url)
    console.print(f"已导出 {rows} 行 / exported {rows} rows: {file}")


@group.command("delete")
@click.argument("patrol_id", type=int)
@click.confirmation_option(prompt="删除这份计划？/ Delete this plan?")
def delete(patrol_id: int) -> None:
    """删除一份计划 / delete a plan."""
    with workspace() as database:
        kept_plans.delete_plan(database, actor(database), patrol_id)
    console.print(f"已删除 / deleted: {patrol_id}")


for _command in patrol_evidence.COMMANDS:
    group.add_command(_command)
