"""``gridmap hotspots rates|hours|effect``: rates on everybody present, shares, and whether a measure helped."""

from __future__ import annotations

import datetime as dt
from typing import Any

import click
from rich.table import Table

from gridmap.cli.common import Day, actor, asked, console, workspace
from gridmap.domain import terms
from gridmap.domain.protection import require_true
from gridmap.domain.query import IncidentQuery
from gridmap.domain.terms import CAPTION
from gridmap.services.cases.figures import by_grid
from gridmap.services.cases.overview import period_and_level
from gridmap.services.cases.shares import SHARE_NAMES, TOLD, ShareName, shares
from gridmap.services.ground.grids import grid_features
from gridmap.services.hotspots.effects import Effect
from gridmap.services.hotspots.effects import effect as measured_effect
from gridmap.services.hotspots.hours import hours_by_kind
from gridmap.services.hotspots.publish import p_text
from gridmap.services.hotspots.rate_table import rate_table
from gridmap.services.hotspots.spec import HotspotSpec
from gridmap.storage.database import Database

_SHOWN = 30


@click.command("hours")
@click.option("--domain", help="领域 / domain; 默认全部 / all.")
@click.option("--from", "since", type=Day(), help="起 / first day.")
@click.option("--to", "until", type=Day(), help="止 / last day.")
@click.option("--within", type=int, help="只看此网格 / only this grid's key.")
@asked(terms.SEED, "--seed", kind=int)
def hours(
    domain: str | None, since: dt.date | None, until: dt.date | None, within: int | None, seed: int
) -> None:
    """各类事件在一天中的时段，循环平滑并给出区间 / hours of the day by kind, smoothed around the clock."""
    with workspace() as database:
        require_true(actor(database))
        first, last, _ = period_and_level(database, actor(database).scope)
        query = IncidentQuery(within, since or first, until or last, (domain,) if domain else ())
        found = hours_by_kind(database, actor(database).scope, query, seed=seed)
    table = Table()
    table.add_column("类别 / kind", overflow="fold")
    for heading in (
        "接报\nreported",
        "高峰\npeak",
        "占比\nshare",
        "90 %",
        "夜间 19–06\nat night",
        "无时刻\nno time",
    ):
        table.add_column(heading, justify="right")
    for row in found[:_SHOWN]:
        profile = row.profile
        peak = int(profile.share.argmax())
        night = float(profile.share[[hour for hour in range(24) if hour >= 19 or hour < 6]].sum())
        told = (
            f"{peak:02d}:00",
            f"{profile.share[peak]:.1%}",
            f"{profile.low[peak]:.1%} … {profile.high[peak]:.1%}",
            f"{night:.0%}",
        )
        table.add_row(
            "全部 / all" if row.kind is None else f"{row.domain} {row.kind}",
            f"{profile.count + row.untimed:,}",
            *(told if profile.count else ("–",) * len(told)),
            f"{row.untimed:,}",
        )
    console.print(table)
    if found[0].untimed:
        console.print(
            f"{found[0].untimed:,} 件只有日期、没有时刻，不计入时段 / {found[0].untimed:,} have a date and no time: "
            "the hours leave them out",
            highlight=False,
        )
    console.print(f"{CAPTION[0]} / {CAPTION[1]}")


@click.command("rates")
@click.option("--domain", help="领域 / domain; 默认全部 / all.")
@click.option("--kind", help="类别 / kind.")
@click.option("--from", "since", type=Day(), help="起 / first day.")
@click.option("--to", "until", type=Day(), help="止 / last day.")
@click.option("--level", type=click.IntRange(1, 4), default=3, show_default=True, help="网格层级 / level.")
@click.option("--within", type=int, help="只看此网格 / only this grid's key.")
@asked(terms.PRESENCE, "--presence")
@click.option(
    "--share",
    type=click.Choice(SHARE_NAMES),
    help="改看办理的比例 / a share of the cases in place of rates: 按期、化解、村级化解、满意.",
)
def rates(
    since: dt.date | None, until: dt.date | None, *, share: ShareName | None, presence: float, **given: Any
) -> None:
    """按在场人口的发生率及名次的差别，或办理的比例 / rates on everybody present, or shares of the cases."""
    with workspace() as database:
        require_true(actor(database))
        first, last, _ = period_and_level(database, actor(database).scope)
        if share is not None:
            domain, kind = given["domain"], given["kind"]
            query = IncidentQuery(
                given["within"],
                since or first,
                until or last,
                (domain,) if domain else (),
                (kind,) if kind else (),
            )
            _tell_shares(database, query, given["level"], share)
            return
        given["presence"] = presence
        spec = HotspotSpec("gi", since or first, until or last, by="rate", **given)
        found = rate_table(database, actor(database).scope, spec)
    table = Table()
    table.add_column("网格 / grid", overflow="fold")
    for heading in (
        "接报\nreported",
        "在场人口\npresent",
        "每千人\nper 1,000",
        "95 %",
        "名次\nrank",
        "仅户籍\nresidents",
    ):
        table.add_column(heading, justify="right")
    for row in found["rows"][:_SHOWN]:
        moved = "" if row["change"] == 0 else f" ({row['change']:+d})"
        table.add_row(
            f"{row['name_zh']} / {row['name_en']}",
            str(row["observed"]),
            f"{row['present']:,}",
            f"{row['rate']:.2f}",
            f"{row['lower']:.2f} … {row['upper']:.2f}",
            f"{row['rank']}{moved}",
            str(row["rank_residents"]),
        )
    console.print(table)
    if found["hidden"]:
        console.print(
            f"{found['hidden']} 个网格不足 5 件，未列出，合计 {found['hidden_observed']} 件 / grids with fewer than 5 "
            f"incidents are not listed; {found['hidden_observed']} in all."
        )
    console.print(f"{CAPTION[0]} / {CAPTION[1]}", highlight=False)


def _tell_shares(database: Database, query: IncidentQuery, level: int, of: ShareName) -> None:
    scope = actor(database).scope
    found = shares(by_grid(database, scope, query, level).rows, of)
    grids = grid_features(database, scope, level=level, geometry=False)["features"]
    names = {str(g["properties"]["grid_key"]): str(g["properties"]["name_zh"]) for g in grids}
    table = Table()
    table.add_column("网格 / grid", overflow="fold")
    for heading in ("件\ncounted", "共\nof", "比例\nshare", "收缩后\ndrawn", "95 %"):
        table.add_column(heading, justify="right")
    for row in found:
        table.add_row(
            names.get(str(row.grid_key), "不在任何网格 / in no grid"),
            f"{row.part:,}",
            f"{row.whole:,}",
            f"{row.part / row.whole:.1%}",
            f"{row.drawn:.1%}",
            f"{row.low:.1%} … {row.high:.1%}",
        )
    console.print(f"{TOLD[of][0]} / {TOLD[of][1]}", highlight=False)
    console.print(table)
    console.print(
        "按网格编码排列，不是名次；区间重叠的不分高低 / by the grids' codes, which is no ranking; where intervals "
        "overlap none is higher.",
        highlight=False,
    )


@click.command("effect")
@click.option(
    "--grid", "grids", type=int, multiple=True, required=True, help="走访或巡防的网格 / grids visited."
)
@click.option("--on", type=Day(), required=True, help="开始日 / first day of the measure.")
@asked(terms.WEEKS, "--weeks", kind=int)
@click.option("--domain", help="领域 / domain.")
@click.option("--kind", help="类别 / kind.")
@click.option("--level", type=click.IntRange(1, 4), help="网格层级 / level; 默认最细 / the finest.")
@asked(terms.SEED, "--seed", kind=int)
def effect(grids: tuple[int, ...], on: dt.date, weeks: int, level: int | None, **given: Any) -> None:
    """走访或巡防是否有效 / did a visit or a patrol help: before and after beside matched grids."""
    with workspace() as database:
        _, _, finest = period_and_level(database, actor(database).scope)
        spec = HotspotSpec("gi", on, on, level=level or finest, **given)
        found = measured_effect(database, actor(database).scope, spec, grids, on, weeks=weeks)
    tell_effect(found)


def tell_effect(found: Effect) -> None:
    """Print a comparison of before and after."""
    change = found["change"]
    table = Table()
    table.add_column("")
    table.add_column(f"{found['since']} …\n前 / before", justify="right")
    table.add_column(f"{found['on']} … {found['until']}\n后 / after", justify="right")
    table.add_row(f"{found['cells']} 个网格 / grids", change["before"], change["after"])
    table.add_row("对照 / matched", str(change["matched_before"]), str(change["matched_after"]))
    console.print(table)
    ratio = (
        "不足 5 件，不显示 / fewer than 5, not shown"
        if change["ratio"] is None
        else f"{change['ratio']} ({change['low']} … {change['high']})"
    )
    console.print(
        f"变化之比 / ratio of changes: {ratio}, p {'-' if change['p'] is None else p_text(change['p'])}",
        highlight=False,
    )
    moved = found["displacement"]
    if moved is not None and moved["wdq"] is not None:
        console.print(
            f"加权转移商 / weighted displacement quotient {moved['wdq']} ({moved['low']} … {moved['high']})",
            highlight=False,
        )
    console.print(f"{found['verdict_zh']} / {found['verdict_en']}", style="bold", highlight=False)
    console.print(f"{CAPTION[0]} / {CAPTION[1]}", highlight=False)
