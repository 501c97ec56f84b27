"""``gridmap coverage …``: who lives how far from a team, and where another base would help most."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from gridmap.analysis.roads import MODES, Mode
from gridmap.cli.common import actor, asked, console, workspace
from gridmap.domain import terms
from gridmap.domain.codes import codes
from gridmap.services.response.coverage import CoverageRequest, coverage, write_coverage
from gridmap.services.response.near import staying_near
from gridmap.services.response.siting import EXISTING, OBJECTIVES, site

_BASIS = {"base": "驻地 / bases", "position": "现在位置 / live positions", "plan": "计划 / plan"}


class Clock(click.ParamType[dt.time]):
    """A time of day, HH:MM."""

    name = "HH:MM"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.time:
        """Read the time."""
        if isinstance(value, dt.time):
            return value
        try:
            return dt.datetime.strptime(value, "%H:%M").time()  # noqa: DTZ007 - a time of day has no zone
        except ValueError:
            self.fail(f"{value!r} 不是时刻 / is not a time of day (HH:MM)", param, ctx)


class Minutes(click.ParamType[tuple[float, ...]]):
    """Limits in minutes, as 5,10,15."""

    name = "M,M,…"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, ...]:
        """Read the limits."""
        if isinstance(value, tuple):
            return value
        try:
            return tuple(float(part) for part in str(value).replace("，", ",").split(","))
        except ValueError:
            self.fail(f"{value!r} 不是分钟数 / are no minutes (5,10,15)", param, ctx)


@click.group(help="覆盖 / coverage: show, near, site.")
def group() -> None:  # noqa: D103 - its help is above
    pass


@group.command("show")
@click.option("--at", "clock", type=Clock(), help="时刻 / time of day; now where absent.")
@click.option("--minutes", type=Minutes(), default="5,10,15", show_default=True, help="分钟 / limits.")
@click.option("--live", is_flag=True, help="按现在位置 / live positions in place of bases.")
@click.option("--plan", "patrol_id", type=int, help="按此巡防计划 / where a kept plan puts its teams.")
@click.option(
    "--domain", type=click.Choice(sorted(codes("domain"))), help="只算管此领域的队伍 / teams of a domain."
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="写入 / .geojson, .gpkg, .csv.")
def _show(clock: dt.time | None, minutes: tuple[float, ...], output: Path | None, **given: Any) -> None:
    """各村住户离最近的在班队伍几分钟 / households by the minutes to the nearest team on shift."""
    asked = CoverageRequest(clock, minutes, **given)
    with workspace() as database:
        found = coverage(database, actor(database).scope, asked, now=dt.datetime.now(dt.UTC))
        if output is not None:
            write_coverage(database, actor(database).scope, found, output)
    names = ", ".join(t["code"] for t in found["teams"]) or "无 / none"
    console.print(
        f"{found['at']} {_BASIS[found['basis']]}: {len(found['teams'])} 队在班 / teams on shift ({names})"
    )
    table = Table()
    table.add_column("村 / village")
    for heading in ("户 / households", *(f"≤ {m:g} min" for m in minutes), f"> {minutes[-1]:g} min"):
        table.add_column(heading, justify="right")
    rows = [(v["name_zh"], v) for v in found["villages"]]
    for name, told in [*rows, ("合计 / total", found["total"])]:
        cells = [told["households"], *told["within"], told["beyond"]]
        table.add_row(name, *(f"{n:,}" for n in cells))
    console.print(table)
    if found["total"]["unreached"]:
        n = found["total"]["unreached"]
        console.print(f"其中 {n:,} 户没有队伍可到 / {n:,} of them no team can reach.")
    console.print(
        "户数在微网格代表点；只计路上时间 / households at micro-grids' points; time on the road only."
    )
    if output is not None:
        console.print(f"已写入 / written: {output}")


@group.command("site")
@asked(terms.SITES, "--add", kind=int)
@click.option(
    "--objective", type=click.Choice(OBJECTIVES), default="covering", show_default=True, help="目标 / aim."
)
@asked(terms.SITE_LIMIT, "--minutes")
@click.option("--mode", type=click.Choice(MODES), default="car", show_default=True, help="出行方式 / mode.")
@click.option(
    "--existing", type=click.Choice(EXISTING), default="bases", show_default=True, help="已有 / there is."
)
@asked(terms.SITING, "--time", "time_limit_s")
def _site(mode: Mode, **given: Any) -> None:
    """新驻地或服务点放在哪里最有用 / where another base or service point would help most."""
    with workspace() as database:
        found = site(database, actor(database).scope, mode=mode, **given)
    table = Table()
    for heading in ("地点 / place", "经度,纬度 / lon,lat"):
        table.add_column(heading, no_wrap=True)
    limit = f"{found['minutes']:g} min"
    for heading in ("最近户数 / nearest to", f"新进 {limit} / newly within"):
        table.add_column(heading, justify="right")
    for place in found["sites"]:
        at = f"{place['lon']:.4f},{place['lat']:.4f}"
        table.add_row(place["name_zh"], at, f"{place['nearest']:,}", f"{place['gained']:,}")
    console.print(table)
    if found["objective"] == "covering":
        before, value, bound = (f"{found[n]:,.0f}" for n in ("before", "value", "bound"))
        what = f"{limit} 内户数 / households within"
    else:
        before, value, bound = (f"{found[n] / 60:.2f}" for n in ("before", "value", "bound"))
        what = "平均分钟 / mean minutes"
    console.print(f"{what}: {before} → {value}（共 {found['households']:,} 户 / households in all）")
    if found["optimal"]:
        console.print(f"已证明最优 / proven best of {found['candidates']:,} 个候选点 / candidates.")
    else:
        console.print(
            f"到时未证明最优：界 / not proven best in time: bound {bound}, 差 / gap {100 * found['gap']:.2f} %"
        )


@group.command("near")
@click.argument("patrol_id", type=int)
def _near(patrol_id: int) -> None:
    """班次中各刻钟有队伍在近处的户数 / households near to some team of a plan, by quarter of an hour."""
    with workspace() as database:
        found = staying_near(database, actor(database).scope, patrol_id)
    table = Table()
    table.add_column("时刻 / time")
    table.add_column("队伍 / teams", justify="right")
    for minutes in found["minutes"]:
        table.add_column(f"{minutes:g} 分钟内 / min", justify="right")
    for quarter in found["quarters"]:
        table.add_row(quarter["at"][11:16], str(quarter["teams"]), *(f"{s:.0%}" for s in quarter["shares"]))
    table.add_section()
    for words, shares in (("最低 / least", found["least"]), ("平均 / mean", found["mean"])):
        table.add_row(words, "", *(f"{s:.0%}" for s in shares))
    console.print(table)
    if (asked := found["asked"]) is not None:
        console.print(
            f"要求 / asked: 各刻钟 {asked['level']:.0%} 的户数在 {asked['minutes']:g} 分钟内 / of households within "
            f"{asked['minutes']:g} min in every quarter; 未达到 / lacking {asked['lacking']} / {len(asked['shares'])}",
            highlight=False,
        )
    console.print(f"{found['households']:,} 户 / households", highlight=False)
