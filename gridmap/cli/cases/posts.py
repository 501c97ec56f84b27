"""``gridmap cases bodies|posts …|clinics …``: the directory, who serves a grid, and when bodies hold clinics."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import click
from rich.table import Table

from gridmap.cli.common import Day, actor, console, workspace
from gridmap.domain.cases import lists
from gridmap.domain.cases.directory import week_of
from gridmap.domain.cases.hours import read_week, say_week
from gridmap.services.cases import bodies, grid_posts
from gridmap.services.cases.bodies import ClinicAsked
from gridmap.services.cases.grid_posts import GridPost

_DUTIES = click.Choice([c.code for c in lists.choices("grid_duty")])
_CLOCK = click.DateTime(["%H:%M"])
_KINDS = click.Choice([c.code for c in lists.choices("clinic_kind")])


@click.command("bodies")
@click.argument("words", required=False)
def directory(words: str | None) -> None:
    """机构目录：编号、名称、类别、开放时间 / the directory of bodies, or those whose name has the words."""
    with workspace() as database:
        found = bodies.directory(database)
    table = Table()
    table.add_column("编号 / code", no_wrap=True)
    for heading in ("机构 / body", "类别 / kind", "开放 / open"):
        table.add_column(heading)
    for body in found:
        if words is None or words in body["name_zh"] or words.lower() in (body["name_en"] or "").lower():
            kind = lists.find("body_kind", body["kind"])
            hours = say_week(week_of(body["hours"], body["opens"]), english=False)
            table.add_row(body["code"], body["name_zh"], f"{kind.zh} / {kind.en}", hours)
    console.print(table)


@click.group("posts", help="网格岗位 / posts of a grid: show, put, remove, volunteers.")
def posts() -> None:  # noqa: D103 - its help is above
    pass


@posts.command("show")
@click.argument("grid_key", type=int)
def _show(grid_key: int) -> None:
    """网格的岗位、志愿力量和走访 / a grid's posts, volunteers and visits."""
    with workspace() as database:
        today = dt.datetime.now(ZoneInfo(database.settings.timezone)).date()
        card = grid_posts.served(database, actor(database).scope, grid_key, today)
    for post in card.posts:
        duty = lists.find("grid_duty", post.duty)
        hours = say_week(week_of(post.hours, None), english=True)
        console.print(
            f"{post.title}  {duty.zh} / {duty.en}  {post.phone or '–'}  {hours or '–'}", markup=False
        )
    console.print(f"下级网格另有 / at the grids below: {card.posts_below}")
    for role, n in card.volunteers.items():
        named = lists.find("volunteer_role", role)
        console.print(f"{named.zh} / {named.en}: {n}")
    console.print(
        f"近 {grid_posts.VISIT_DAYS} 天走访 / visits: 应 / due {card.visits_due}, 已 / made {card.visits_made}, "
        f"逾期 / late {card.visits_late}"
    )


@posts.command("put")
@click.argument("grid_key", type=int)
@click.argument("title")
@click.option("--duty", type=_DUTIES, required=True, help="职责 / duty.")
@click.option("--phone", help="办公电话 / an office's telephone.")
@click.option("--hours", help="在岗时间，如 周一至周五 08:30-17:00 / hours, as Mo-Fr 08:30-17:00.")
def _put(grid_key: int, title: str, duty: str, phone: str | None, hours: str | None) -> None:
    """登记或修改一个岗位 / enter a post or change one; the title is never a person's name."""
    week = read_week(hours) if hours else None
    with workspace() as database:
        grid_posts.put(database, actor(database), GridPost(grid_key, duty, title, phone, week))
    console.print("已保存 / kept.")


@posts.command("remove")
@click.argument("grid_key", type=int)
@click.argument("title")
def _remove(grid_key: int, title: str) -> None:
    """移除一个岗位 / remove a post."""
    with workspace() as database:
        grid_posts.remove(database, actor(database), grid_key, title)
    console.print("已移除 / removed.")


@posts.command("volunteers")
@click.argument("grid_key", type=int)
@click.option(
    "--count",
    "counts",
    multiple=True,
    type=(click.Choice([c.code for c in lists.choices("volunteer_role")]), click.IntRange(0)),
    help="角色 人数 / role and head-count.",
)
def _volunteers(grid_key: int, counts: tuple[tuple[str, int], ...]) -> None:
    """登记志愿力量人数，替换原数 / head-counts of volunteers, in place of those before."""
    with workspace() as database:
        grid_posts.count_volunteers(database, actor(database), grid_key, dict(counts))
    console.print("已保存 / kept.")


@click.group("clinics", help="门诊、出诊、会诊 / clinics of bodies: list, announce, off.")
def clinics() -> None:  # noqa: D103 - its help is above
    pass


@clinics.command("list")
@click.option("--days", type=click.IntRange(1, 366), default=28, show_default=True)
def _list(days: int) -> None:
    """今后的门诊 / clinics of the next days."""
    with workspace() as database:
        today = dt.datetime.now(ZoneInfo(database.settings.timezone)).date()
        found = bodies.clinics(database, today, today + dt.timedelta(days=days))
    for row in found:
        kind = lists.find("clinic_kind", row["kind"])
        console.print(
            f"{row['clinic_id']}  {row['on_day']} {row['opens']:%H:%M}-{row['closes']:%H:%M}  {kind.zh} / {kind.en}  "
            f"{row['body_code']}  {row['grid_key']}  {row['place'] or ''}",
            markup=False,
        )
    if not found:
        console.print(f"今后 {days} 天没有安排 / none in the next {days} days.")


@clinics.command("announce")
@click.argument("body_code")
@click.option("--kind", type=_KINDS, required=True, help="形式 / kind.")
@click.option("--on", "on_day", type=Day(), required=True, help="日期 / day.")
@click.option("--opens", type=_CLOCK, required=True, help="开始 / opens, HH:MM.")
@click.option("--closes", type=_CLOCK, required=True, help="结束 / closes, HH:MM.")
@click.option("--grid", "grid_key", type=int, help="地点所在网格 / grid; the body's own without.")
@click.option("--place", help="地点 / place.")
@click.option("--text", help="说明 / note.")
def _announce(
    body_code: str,
    kind: str,
    on_day: dt.date,
    opens: dt.datetime,
    closes: dt.datetime,
    grid_key: int | None,
    place: str | None,
    text: str | None,
) -> None:
    """登记一次门诊 / announce a clinic of a body."""
    asked = ClinicAsked(body_code, kind, on_day, opens.time(), closes.time(), grid_key, place, text)
    with workspace() as database:
        console.print(f"已登记 / kept: {bodies.announce(database, actor(database), asked)}")


@clinics.command("off")
@click.argument("clinic_id", type=int)
def _off(clinic_id: int) -> None:
    """取消一次门诊 / call a clinic off."""
    with workspace() as database:
        bodies.call_off(database, actor(database), clinic_id)
    console.print("已取消 / called off.")
