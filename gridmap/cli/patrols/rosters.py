"""``gridmap shifts`` and ``gridmap rosters``: the town's named shifts, and who has which of them in a week."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.table import Table

from gridmap.cli.common import Day, actor, asked, console, progress, workspace
from gridmap.cli.patrols.options import DayOff, codes_of
from gridmap.domain import terms
from gridmap.domain.rosters import NO_SHIFT, NamedShift, RosterRules
from gridmap.services.patrols.ask.rosters import load_shifts, save_shifts, town_shifts
from gridmap.services.patrols.keep.rosters import (
    ShownRoster,
    delete_roster,
    set_duty,
    show_week,
    undo_duty,
    write_roster,
)
from gridmap.services.patrols.make.rosters import RosterRequest, make_week
from gridmap.storage.database import Database

_WEEK = click.option("--week", type=Day(), help="该周任一天 / any day of the week; 默认本周 / this one.")


@click.group("shifts", help="班次 / the town's named shifts: show, load, save.")
def shifts() -> None:
    """Group the commands."""


@shifts.command("show")
def show_shifts() -> None:
    """现行班次 / the shifts in force."""
    with workspace() as database:
        _tell_shifts(town_shifts(database, actor(database).scope))


@shifts.command("load")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def load(file: Path) -> None:
    """载入班次文件 / put the shifts of a file in force: JSON, as `save` writes it."""
    with workspace() as database:
        _tell_shifts(load_shifts(database, actor(database), file))


@shifts.command("save")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def save(file: Path) -> None:
    """写成文件，改后再载入 / write the shifts to a file, to be changed and loaded."""
    with workspace() as database:
        save_shifts(database, actor(database).scope, file)
    console.print(f"已写入 / written: {file}")


def _tell_shifts(found: tuple[NamedShift, ...]) -> None:
    table = Table()
    for heading in ("代码 / code", "名称 / name", "时间 / hours", "夜班 / night"):
        table.add_column(heading)
    for shift in found:
        table.add_row(
            shift.code,
            f"{shift.zh} / {shift.en}",
            f"{shift.begin}-{shift.end}",
            "是 / yes" if shift.night else "否 / no",
        )
    console.print(table)


@click.group("rosters", help="班表 / rosters of weeks: make, show, set, undo, export, delete.")
def rosters() -> None:
    """Group the commands."""


@rosters.command("make")
@_WEEK
@click.option(
    "--teams", default="all", show_default=True, help="队伍编号 / codes; all: 专业队伍 / professional ones."
)
@asked(terms.REST_HOURS, "--rest-hours", "rest_h")
@asked(terms.NIGHTS_IN_ROW, "--nights-in-row", kind=int)
@asked(terms.SHIFTS_A_WEEK, "--shifts-a-week", "most", kind=int)
@asked(terms.LEAST_TEAMS, "--least-teams", "least", kind=int)
@click.option("--off", type=DayOff(), multiple=True, help="休假 / a team's day off: T02=2026-12-03.")
@click.option(
    "--domain", default="policing", show_default=True, help="按哪个领域的事件 / incidents of a domain; all."
)
@asked(terms.ROSTERING, "--time", "seconds")
def make(
    week: dt.date | None,
    teams: str,
    rest_h: float,
    nights_in_row: int,
    most: int,
    least: int,
    off: tuple[tuple[str, dt.date], ...],
    domain: str,
    seconds: float,
) -> None:
    """排一周的班 / make a week's roster, by what is expected of each shift, within the rules of rest."""
    with workspace() as database, progress() as on_progress:
        request = RosterRequest(
            week or _today(database),
            None if teams == "all" else codes_of(teams),
            RosterRules(rest_h, nights_in_row, most, least),
            off,
            None if domain == "all" else domain,
            seconds,
        )
        made = make_week(
            database,
            actor(database).scope,
            request,
            owner=actor(database).post,
            on_progress=on_progress,
        )
    _tell(made)


@rosters.command("show")
@_WEEK
def show(week: dt.date | None) -> None:
    """查看一周的班表 / show a week's roster: who has which shift, what it breaks."""
    with workspace() as database:
        found = show_week(database, actor(database).scope, week or _today(database))
    if found is None:
        console.print("这一周还没有班表。请运行 / no roster of this week yet: gridmap rosters make")
        return
    _tell(found)


@rosters.command("set")
@click.argument("roster_id", type=int)
@click.argument("team")
@click.argument("day", type=Day())
@click.argument("shift")
def set_(roster_id: int, team: str, day: dt.date, shift: str) -> None:
    """改一格 / change one day of a team by hand: a shift's code or name, or off 休."""
    with workspace() as database:
        wanted = None if shift in NO_SHIFT else shift
        _tell(set_duty(database, actor(database), roster_id, team, day, wanted))


@rosters.command("undo")
@click.argument("roster_id", type=int)
def undo(roster_id: int) -> None:
    """撤销上一次手工改动 / take the last change by hand back."""
    with workspace() as database:
        _tell(undo_duty(database, actor(database), roster_id))


@rosters.command("export")
@_WEEK
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export(week: dt.date | None, file: Path) -> None:
    """导出班表 / export a week's roster as a table: .csv, .xlsx."""
    with workspace() as database:
        rows = write_roster(database, actor(database).scope, week or _today(database), file)
    console.print(f"已导出 {rows} 行 / exported {rows} rows: {file}")


@rosters.command("delete")
@click.argument("roster_id", type=int)
@click.confirmation_option(prompt="删除这份班表？/ Delete this roster?")
def delete(roster_id: int) -> None:
    """删除一份班表，较早的一份重新生效 / delete a roster; an older one of the week holds again."""
    with workspace() as database:
        delete_roster(database, actor(database), roster_id)
    console.print(f"已删除 / deleted: {roster_id}")


def _today(database: Database) -> dt.date:
    return dt.datetime.now(ZoneInfo(database.settings.timezone)).date()


def _tell(found: ShownRoster) -> None:
    names = {str(shift["code"]): str(shift["zh"]) for shift in found["shifts"]}
    table = Table(title=f"第 {found['roster_id']} 号班表 / roster {found['roster_id']}")
    table.add_column("队伍 / team")
    for on in found["days"]:
        table.add_column(on[5:])
    for heading in ("班\nshifts", "夜\nnights", "周末\nweekend"):
        table.add_column(heading, justify="right")
    for team in found["teams"]:
        duties = [names.get(code, code) if code else "·" for code in team["duties"]]
        counts = (team["shifts"], team["nights"], team["weekend_days"])
        table.add_row(f"{team['code']} {team['name_zh']}", *duties, *map(str, counts))
    for n, code in enumerate(names):
        cells = [f"{have[n]} / {want[n]}" for have, want in zip(found["there"], found["wanted"], strict=True)]
        table.add_row(f"{names[code]}：在 / 需", *cells, "", "", "")
    console.print(table)
    console.print(
        f"缺员 / missing {found['short']:g}（下界 / bound {found['short_bound']:g}，差距 / gap {found['gap']:.1%}）；"
        f"夜班、周末与班数之差 / spread of nights, weekends and shifts {found['spread']:g}"
        f"（下界 / bound {found['spread_bound']:g}）",
        highlight=False,
    )
    for breach in found["breaches"]:
        console.print(f"{breach['zh']} / {breach['en']}", style="red", highlight=False)
    if found["edits"]:
        n = len(found["edits"])
        console.print(
            f"手工改动 {n} 处，可用 undo 撤销 / {n} changes by hand: rosters undo takes back", highlight=False
        )
