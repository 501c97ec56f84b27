"""``gridmap patrols visits|check-in|live|effect``: what became of a plan."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.table import Table

from gridmap.cli.common import Day, actor, asked, console, workspace
from gridmap.cli.hotspots.rates import tell_effect
from gridmap.domain import terms
from gridmap.domain.clock import read_moment
from gridmap.services.patrols.follow import orders
from gridmap.services.patrols.follow import visits as evidence
from gridmap.services.patrols.follow.effects import effect_of_visits
from gridmap.services.patrols.follow.hours import plan_hours
from gridmap.services.patrols.follow.live import live_teams
from gridmap.services.patrols.follow.onward import what_next
from gridmap.services.patrols.follow.shown_visits import Done
from gridmap.services.patrols.follow.week import DAYS, patrol_week, write_week
from gridmap.services.patrols.keep.plans import patrol_plan
from gridmap.storage.database import Database

_SOURCES = {
    "positions": "依据队伍位置 / from the teams' positions",
    "kept": "依据已保存的到访记录（位置已按期删除）/ from what was kept; the positions are deleted by now",
    "none": "没有队伍位置，也没有签到 / no positions and no check-ins",
}


@click.command("visits")
@click.argument("patrol_id", type=int)
def visits(patrol_id: int) -> None:
    """计划与完成 / plan against done: visits from positions and check-ins."""
    with workspace() as database:
        found = evidence.plan_against_done(database, actor(database).scope, patrol_id)
    console.print(
        f"第 {patrol_id} 号计划：到访 {found['made']} / {found['planned']} "
        f"plan {patrol_id}: visits made {found['made']} of {found['planned']}; {_SOURCES[found['source']]}",
        highlight=False,
    )
    table = Table()
    table.add_column("队伍\nteam")
    for heading in ("到访\nvisits", "路段\nlegs", "公里\nkm"):
        table.add_column(heading, justify="right")
    for team in found["teams"]:
        table.add_row(
            f"{team['team_code']} {team['name_zh']}",
            f"{team['made']} / {team['planned']}",
            f"{team['driven']} / {team['segments']}",
            f"{team['driven_m'] / 1000:.1f} / {team['length_m'] / 1000:.1f}",
        )
    console.print(table)
    _tell_visits(found)


def _tell_visits(found: Done) -> None:
    table = Table()
    for heading in ("队伍 / team", "地点 / place", "计划 / planned", "到 / came", "离 / left", "依据 / by"):
        table.add_column(heading)
    words = {"position": "位置 / position", "check-in": "签到 / check-in"}
    for team in found["teams"]:
        for visit in team["visits"]:
            by = "，".join(words[e] for e in visit["evidence"])
            by += "（现场扫码 / code on the spot）" if visit["on_spot"] else ""
            other = f" ({visit['by']})" if visit["made"] and visit["by"] != team["team_code"] else ""
            table.add_row(
                team["team_code"],
                f"{visit['stop']} {visit['name_zh']}",
                visit["arrive"][11:16],
                (visit["arrived_at"] or "")[11:16] + other if visit["made"] else "未到 / not made",
                (visit["left_at"] or "")[11:16],
                by,
            )
    console.print(table)
    if found["unplanned"]:
        told = "，".join(f"{v['team_code']} {v['stop']} {v['arrived_at'][11:16]}" for v in found["unplanned"])
        console.print(f"计划之外的到访 / visits beyond the plan: {told}", highlight=False)


def _moment(database: Database, patrol_id: int, text: str | None) -> dt.datetime | None:
    if text is None:
        return None
    plan = patrol_plan(database, actor(database).scope, patrol_id)
    begin, end = (dt.datetime.fromisoformat(plan[k]) for k in ("begins_at", "ends_at"))
    zone = ZoneInfo(database.settings.timezone)
    return read_moment(text, begin.astimezone(zone), end.astimezone(zone))


@click.command("check-in")
@click.argument("patrol_id", type=int)
@click.argument("stop", required=False)
@click.argument("team", required=False)
@click.option("--at", help="时刻 / time, HH:MM or YYYY-MM-DDTHH:MM; 默认现在 / now.")
@click.option("--note", help="备注 / note; 不写人名 / no names.")
@click.option("--left", help="离开时刻 / when the team left, HH:MM or YYYY-MM-DDTHH:MM.")
@click.option("--undo", type=int, metavar="NUMBER", help="撤销签到 / take this check-in back.")
def check_in(
    patrol_id: int,
    stop: str | None,
    team: str | None,
    at: str | None,
    left: str | None,
    note: str | None,
    undo: int | None,
) -> None:
    """签到 / check in: a team is at a stop, as H3 T05."""
    with workspace() as database:
        if undo is not None:
            evidence.undo_check_in(database, actor(database).scope, patrol_id, undo)
            console.print(f"已撤销 / taken back: {undo}", highlight=False)
            return
        if stop is None or team is None:
            raise click.UsageError(
                "请给出停靠点和队伍 / give a stop and a team: gridmap patrols check-in 1 H3 T05"
            )
        if left is not None and at is None:
            raise click.UsageError(
                "请同时给出到达时刻 / give the time of arrival, too: --at 21:05 --left 21:20"
            )
        when = _moment(database, patrol_id, at) or dt.datetime.now(ZoneInfo(database.settings.timezone))
        made = evidence.check_in(
            database, actor(database).scope, patrol_id, stop, team, when, note,
            left_at=_moment(database, patrol_id, left),
        )  # fmt: skip
    if made["visit_id"] is None:
        console.print("此前已签到 / checked in before.", highlight=False)
        return
    console.print(
        f"已签到 / checked in: {stop} {team} {made['arrived_at'][11:16]}（编号 / number {made['visit_id']}）",
        highlight=False,
        markup=False,
    )


@click.command("live")
@click.argument("patrol_id", type=int)
@click.option("--at", help="时刻 / time, HH:MM or YYYY-MM-DDTHH:MM; 默认现在或最新位置 / now or newest.")
def live(patrol_id: int, at: str | None) -> None:
    """队伍与计划 / teams against plan at a moment."""
    with workspace() as database:
        found = live_teams(database, actor(database).scope, patrol_id, _moment(database, patrol_id, at))
    console.print(f"{found['at'][:16]}", highlight=False)
    table = Table()
    for heading in ("队伍 / team", "状态 / state", "下一站 / next", "计划 / planned"):
        table.add_column(heading)
    for heading in ("到访\nvisits", "偏离路线\noff route, m", "位置\nminutes old"):
        table.add_column(heading, justify="right")
    for team in found["teams"]:
        ahead, fix = team["next"], team["position"]
        table.add_row(
            f"{team['team_code']} {team['name_zh']}",
            f"{team['words_zh']} / {team['words_en']}",
            f"{ahead['stop']} {ahead['name_zh']}" if ahead else "",
            ahead["arrive"][11:16] if ahead else "",
            f"{team['made']} / {team['stops']}",
            "" if team["off_route_m"] is None else str(team["off_route_m"]),
            "" if fix is None else f"{fix['age_s'] / 60:.0f}",
        )
    console.print(table)


@click.command("effect")
@click.argument("patrol_ids", type=int, nargs=-1, required=True)
@asked(terms.WEEKS, "--weeks", kind=int)
@click.option("--domain", help="领域 / domain; 默认同热点分析 / that of the hotspot run.")
@asked(terms.SEED, "--seed", kind=int)
def effect(patrol_ids: tuple[int, ...], weeks: int, domain: str | None, seed: int) -> None:
    """巡防是否有效 / did the visits help: before and after where the plans' visits were made."""
    with workspace() as database:
        found = effect_of_visits(
            database, actor(database).scope, patrol_ids, domain=domain, weeks=weeks, seed=seed
        )
    console.print(
        f"到访 {found['visits']} 次，{len(found['grids'])} 个网格 / {found['visits']} visits in "
        f"{len(found['grids'])} grids",
        highlight=False,
    )
    tell_effect(found)


@click.command("issue")
@click.argument("patrol_id", type=int)
@click.option("--recall", is_flag=True, help="收回未收到的 / take back what no team took note of.")
def issue(patrol_id: int, *, recall: bool) -> None:
    """下发计划给各队 / issue a plan to its teams; they open it on their phones at /field/patrols/ID/TEAM."""
    with workspace() as database:
        do = orders.recall_plan if recall else orders.issue_plan
        _tell_orders(do(database, actor(database), patrol_id))


@click.command("orders")
@click.argument("patrol_id", type=int)
def orders_(patrol_id: int) -> None:
    """下发与签收情况 / which teams have a plan, and which took note."""
    with workspace() as database:
        _tell_orders(orders.orders_of_plan(database, actor(database).scope, patrol_id))


@click.command("noted")
@click.argument("patrol_id", type=int)
@click.argument("team")
def noted(patrol_id: int, team: str) -> None:
    """记下某队已收到 / keep that a team took note of its plan, told by radio."""
    with workspace() as database:
        _tell_orders([orders.note_order(database, actor(database), patrol_id, team)])


def _tell_orders(told: list[orders.Order]) -> None:
    table = Table()
    for heading in ("队伍 / team", "停靠点 / stops", "下发 / issued", "收到 / noted"):
        table.add_column(heading)
    for row in told:
        name = f"{row['team_code']} {row['name_zh']}"
        times = [(at or "")[5:16].replace("T", " ") for at in (row["issued_at"], row["noted_at"])]
        table.add_row(name, str(row["stops"]), *times)
    console.print(table)


@click.command("week")
@click.option("--from", "since", type=Day(), help="第一天 / first day; 默认六天前 / six days ago.")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), help="各处的驻留 / dosage by place: .csv, .xlsx."
)
def week(since: dt.date | None, out: Path | None) -> None:
    """一周巡防 / a week of patrols: planned, driven, dosage by place and hour."""
    with workspace() as database:
        zone = database.settings.timezone
        first = since or dt.datetime.now(ZoneInfo(zone)).date() - dt.timedelta(days=DAYS - 1)
        found = patrol_week(database, actor(database).scope, first)
        if out is not None and found["places"]:
            write_week(found, out, zone)
    console.print(f"{found['since']} – {found['until']}", highlight=False)
    if not found["plans"]:
        console.print("没有下发或执行过的计划 / no plan was issued or driven: gridmap patrols issue")
        return
    nights = Table()
    for heading in ("计划\nplan", "班次\nshift", "收到\nnoted", "到访\nvisits", "分钟\nminutes", "公里\nkm"):
        nights.add_column(heading, justify="right")
    for night in found["plans"]:
        nights.add_row(
            str(night["patrol_id"]),
            night["begins_at"][5:16].replace("T", " "),
            f"{night['noted']} / {night['teams']}",
            f"{night['made']} / {night['planned']}",
            f"{night['delivered_min']:.0f} / {night['planned_min']:.0f}",
            f"{night['driven_km']} / {night['planned_km']}",
        )
    console.print(nights)
    doses = Table()
    for heading in ("地点 / place", "到访 / visits", "分钟 / minutes"):
        doses.add_column(heading)
    for place in found["places"]:
        minutes = f"{place['delivered_min']:.0f} / {place['planned_min']:.0f}"
        doses.add_row(place["name_zh"], f"{place['made']} / {place['planned']}", minutes)
    console.print(doses)
    hours = [h for h in found["hours"] if h["planned_min"] or h["delivered_min"]]
    told = "，".join(f"{h['hour']:02d}: {h['delivered_min']:.0f} / {h['planned_min']:.0f}" for h in hours)
    console.print(f"各时段分钟（完成 / 计划）/ minutes by hour, delivered / planned: {told}", highlight=False)


@click.command("hours")
@click.argument("patrol_id", type=int)
def hours(patrol_id: int) -> None:
    """各时段是否到位 / incidents expected at a plan's hotspots by hour, and while a team is there."""
    with workspace() as database:
        found = plan_hours(database, actor(database).scope, patrol_id)
    table = Table()
    for heading in (
        "时段\nhour",
        "占全天\nof the day",
        "90 %",
        "驻留分钟\nminutes",
        "预计事件\nexpected",
        "在场时\nduring visits",
        "只按地点\nby place only",
    ):
        table.add_column(heading, justify="right")
    for row in found["hours"]:
        table.add_row(
            f"{row['hour']:02d}:00",
            f"{row['share']:.1%}",
            f"{row['low']:.1%} … {row['high']:.1%}",
            f"{row['planned_min']:.0f}",
            f"{row['expected']:.3f}",
            f"{row['covered']:.4f}",
            "" if row["covered_by_place"] is None else f"{row['covered_by_place']:.4f}",
        )
    console.print(table)
    console.print(
        f"预计 {found['expected']:.2f} 件，在场时 {found['covered']:.3f} 件；"
        f"若只按地点、各时段相同，为 {found['by_place']:.3f} 件 / "
        f"{found['expected']:.2f} expected, {found['covered']:.3f} during visits; by place only, every hour alike, "
        f"{found['by_place']:.3f}",
        highlight=False,
    )
    if found["covered_by_place"] is not None:
        console.print(
            f"同样的队伍只按地点规划，在场时 {found['covered_by_place']:.3f} 件 / "
            f"the same teams planned by place only: {found['covered_by_place']:.3f} during visits",
            highlight=False,
        )
    if found["untimed"]:
        console.print(
            f"{found['untimed']:,} 件只有日期、没有时刻，不计入 / "
            f"{found['untimed']:,} have a date and no time: not counted",
            highlight=False,
        )


@click.command("next")
@click.argument("patrol_id", type=int)
@click.argument("team")
@click.option(
    "--delay", "delay_min", type=float, required=True, help="耽搁的分钟 / minutes of delay, 60 at most."
)
@click.option(
    "--after",
    type=int,
    help="已离开的站数 / stops that it has left; 不给则按到访记录 / what is known without it.",
)
def next_(patrol_id: int, team: str, delay_min: float, after: int | None) -> None:
    """耽搁之后怎么走 / what next for a team that was held up: at once, without a new search."""
    with workspace() as database:
        found = what_next(database, actor(database).scope, patrol_id, team, delay_min, after)
    console.print(
        f"第 {found['after']} 站之后耽搁，按 {found['reckoned_min']} 分钟计 / held up after stop {found['after']}, "
        f"reckoned for {found['reckoned_min']} min",
        highlight=False,
    )
    for visit in found["dropped"]:
        console.print(
            f"不去 / leave out: {visit['row']}. {visit['name_zh']} / {visit['name_en']}", highlight=False
        )
    for visit in found["visits"]:
        new = "（改时间 / moved）" if visit["moved"] else ""
        console.print(
            f"{visit['row']}. {visit['start'][11:16]}-{visit['leave'][11:16]} {visit['name_zh']} / "
            f"{visit['name_en']}{new}",
            highlight=False,
        )
    console.print(f"返回 / home: {found['home'][11:16]}", highlight=False)


COMMANDS = (visits, check_in, live, effect, issue, orders_, noted, week, hours, next_)
