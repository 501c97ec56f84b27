"""``gridmap dispatch …``: who can be there first, who was sent, when they came."""

from __future__ import annotations

import datetime as dt

import click
from rich.table import Table

from gridmap.cli.common import Day, Moment, actor, console, instant, workspace
from gridmap.services.response import dispatch, ranking
from gridmap.services.response.ranking import RankedTeam
from gridmap.services.response.response_times import BY, Times, response_times

_FROM = {"position": "现在位置 / position", "base": "驻地 / base", "stale": "旧位置 / old position"}
_STATE = {
    "sent": "在路上 / on the way",
    "arrived": "已到达 / there",
    "finished": "已完成 / finished",
    "cancelled": "已撤销 / cancelled",
}


_OFF_SHIFT = click.option(
    "--off-shift", is_flag=True, help="不在班也呼叫 / call teams out all the same that are not on shift."
)


@click.group(help="派队 / dispatch: nearest, send, arrived, finish, cancel, list, times.")
def group() -> None:  # noqa: D103 - its help is above
    pass


@group.command("nearest")
@click.argument("incident")
@click.option("--at", type=Moment(), help="时刻 / instant; now where absent.")
@click.option("-k", "k", type=click.IntRange(1, 100), default=3, show_default=True, help="队伍数 / teams.")
@click.option("--streets", is_flag=True, help="列出第一队的街路 / the first team's streets.")
@_OFF_SHIFT
def _nearest(incident: str, at: dt.datetime | None, k: int, *, streets: bool, off_shift: bool) -> None:
    """最快能到的队伍 / the teams that can be at an incident first, by road."""
    with workspace() as database:
        found = ranking.rank_for_incident(
            database, actor(database), incident, at=instant(database, at), k=k, off_shift=off_shift
        )
    if not found["teams"]:
        console.print("没有可派的队伍 / no team can be sent.")
        if any(team["code_why"] in {"off-shift", "no-hours"} for team in found["left_out"]):
            console.print("不在班的队伍可以照样呼叫：--off-shift / call teams out all the same: --off-shift")
    else:
        console.print(_ranking(found["teams"]))
    if streets and found["teams"]:
        for stretch in found["teams"][0]["streets"]:
            name = stretch["name"] or "无名路 / unnamed"
            console.print(f"  {name}  {stretch['length_m']:,.0f} m  {stretch['seconds'] / 60:.1f} min")
    for team in found["left_out"]:
        console.print(f"未列入 / left out: {team['code']} {team['name_zh']}: {team['zh']} / {team['en']}")


def _ranking(teams: list[RankedTeam]) -> Table:
    table = Table()
    for heading, right in (
        ("队伍 / team", False),
        ("分钟 / min", True),
        ("公里 / km", True),
        ("从 / from", False),
        ("离路 / off, m", True),
    ):
        table.add_column(heading, justify="right" if right else "left", no_wrap=heading.startswith("队"))
    for team in teams:
        place = _FROM[team["from"]]
        age_s = team["position_age_s"]
        if age_s is not None and team["from"] in {"position", "stale"}:
            place += f" −{age_s // 60} min"
        elif age_s is not None:
            place += " (位置已过时 / old position)"
        table.add_row(
            f"{team['code']} {team['name_zh']}" + ("" if team["on_shift"] else "（不在班 / off shift）"),
            f"{team['seconds'] / 60:.1f}",
            f"{team['length_m'] / 1000:.2f}",
            place,
            f"{team['start_off_m']:.0f} + {team['end_off_m']:.0f}",
        )
    return table


@group.command("send")
@click.argument("incident")
@click.argument("team")
@click.option("--at", type=Moment(), help="派出时刻 / instant; now where absent.")
@_OFF_SHIFT
def _send(incident: str, team: str, at: dt.datetime | None, *, off_shift: bool) -> None:
    """派出一队 / send a team to an incident."""
    with workspace() as database:
        done = dispatch.send_team(
            database, actor(database), incident, team, now=instant(database, at), off_shift=off_shift
        )
    console.print(
        f"第 {done['dispatch_id']} 次出动 / dispatch {done['dispatch_id']}: {team} → {done['uid']}, "
        f"{done['road_s'] / 60:.1f} 分钟 / min, {done['road_m'] / 1000:.2f} 公里 / km"
    )


@group.command("arrived")
@click.argument("number", type=int)
@click.option("--at", type=Moment(), help="到达时刻 / instant; now where absent.")
def _arrived(number: int, at: dt.datetime | None) -> None:
    """记录到达 / note that the team is there."""
    with workspace() as database:
        done = dispatch.mark_arrived(database, actor(database).scope, number, at=instant(database, at))
    console.print(f"第 {number} 次出动已到达 / dispatch {number} is there: {done['arrived_at']}")


@group.command("finish")
@click.argument("number", type=int)
@click.option("--at", type=Moment(), help="完成时刻 / instant; now where absent.")
def _finish(number: int, at: dt.datetime | None) -> None:
    """完成，队伍可再派 / the work is done, and the team free again."""
    with workspace() as database:
        dispatch.end_dispatch(database, actor(database).scope, number, at=instant(database, at))
    console.print(f"第 {number} 次出动已完成 / dispatch {number} is finished.")


@group.command("cancel")
@click.argument("number", type=int)
def _cancel(number: int) -> None:
    """撤销 / call a team back that has not arrived."""
    with workspace() as database:
        dispatch.end_dispatch(
            database, actor(database).scope, number, at=dt.datetime.now(dt.UTC), cancel=True
        )
    console.print(f"第 {number} 次出动已撤销 / dispatch {number} is cancelled.")


@group.command("list")
@click.option("--incident", help="只列此事件 / only this incident.")
@click.option("--open", "only_open", is_flag=True, help="只列未结束的 / only those that are not over.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
def _list(incident: str | None, limit: int, *, only_open: bool) -> None:
    """出动记录 / dispatches, newest first."""
    with workspace() as database:
        rows = dispatch.list_dispatches(
            database, actor(database).scope, incident=incident, only_open=only_open, limit=limit
        )
    table = Table()
    for heading in (
        "号 / no.",
        "事件 / incident",
        "队伍 / team",
        "派出 / sent",
        "到达 / arrived",
        "状态 / state",
    ):
        table.add_column(heading, no_wrap=True)
    for row in rows:
        table.add_row(
            str(row["dispatch_id"]),
            row["uid"],
            row["team_code"],
            row["sent_at"][:16],
            (row["arrived_at"] or "–")[:16],
            _STATE[row["state"]],
        )
    console.print(table)


@group.command("times")
@click.option("--by", type=click.Choice(BY), default="domain", show_default=True, help="分组 / grouping.")
@click.option("--since", type=Day(), help="从此日 / first day.")
@click.option("--until", type=Day(), help="到此日 / last day.")
def _times(by: str, since: dt.date | None, until: dt.date | None) -> None:
    """首到用时 / from the report to the first team's arrival; groups with fewer than five are withheld."""
    with workspace() as database:
        found = response_times(database, actor(database).scope, by=by, since=since, until=until)
    table = Table()
    for heading in ("分组 / group", "件 / n", "中位数 / median, min", "90% / 90th, min"):
        table.add_column(heading, justify="left" if heading.startswith("分") else "right")
    rows: list[tuple[str, Times]] = [(f"{g['name_zh']} / {g['name_en']}", g) for g in found["groups"]]
    if found["total"]:
        rows.append(("合计 / total", found["total"]))
    for name, told in rows:
        table.add_row(name, str(told["count"]), f"{told['median_s'] / 60:.1f}", f"{told['p90_s'] / 60:.1f}")
    console.print(table)
    if found["withheld_groups"]:
        n = found["withheld_groups"]
        console.print(f"{n} 组不足 5 件，未列出，也不计入合计。")
        console.print(f"Groups with fewer than 5, withheld from the total too: {n}.")
    if found["odd"]:
        console.print(f"{found['odd']} 件到达早于接报，未计 / arrivals before the report are left out.")
