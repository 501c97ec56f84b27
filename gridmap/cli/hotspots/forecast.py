"""``gridmap forecast``: next week's expected counts, and whether a model beats counting."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import click
from rich.table import Table

from gridmap.analysis.forecast.scoring import FEWEST_JUDGED, WORDS, Score
from gridmap.cli.common import Day, actor, console, progress, workspace
from gridmap.domain.forecasts import Standing
from gridmap.domain.protection import require_true
from gridmap.domain.terms import CAPTION
from gridmap.errors import Broken, InvalidInput
from gridmap.services.cases.overview import period_and_level
from gridmap.services.hotspots import standing
from gridmap.services.hotspots.forecasts import next_week, score_forecast
from gridmap.services.hotspots.kept_forecasts import Track, WeekAsked, keep_forecast
from gridmap.services.hotspots.spec import HotspotSpec
from gridmap.storage.database import Database

_NAMES = {
    "count": "简单计数 / plain count",
    "recent": "近重远轻计数 / recency-weighted count",
    "kernel": "核密度计数 / kernel count",
    "regression": "正则化回归 / regression",
    "blend": "混合 / blend",
}
_SHOWN = 20


@click.group("forecast")
def group() -> None:
    """预测 / forecast: score, next, keep, weeks, end."""


def _chosen(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--seed", type=int, default=0, show_default=True, help="随机种子 / seed."),
        click.option("--within", type=int, help="只看此网格 / only this grid's key."),
        click.option(
            "--level", type=click.IntRange(1, 4), help="网格层级 / level of the grids; 默认最细 / the finest."
        ),
        click.option("--to", "until", type=Day(), help="止 / last day."),
        click.option("--from", "since", type=Day(), help="起 / first day."),
        click.option("--kind", help="类别 / kind."),
        click.option("--domain", help="领域 / domain; 默认全部 / all."),
        click.option(
            "--patrol-found/--no-patrol-found",
            default=False,
            show_default=True,
            help="巡防发现的事件是否计入 / whether incidents that patrols found count, too.",
        ),
    ):
        command = option(command)
    return command


def _spec(
    database: Database, since: dt.date | None, until: dt.date | None, level: int | None, **given: Any
) -> HotspotSpec:
    require_true(actor(database))
    first, last, finest = period_and_level(database, actor(database).scope)
    return HotspotSpec("gi", since=since or first, until=until or last, level=level or finest, **given)


@group.command("score")
@_chosen
@click.option(
    "--weeks", type=click.IntRange(2, 52), default=12, show_default=True, help="检验周数 / held-out weeks."
)
@click.option(
    "--area", type=float, default=0.05, show_default=True, help="标记面积比例 / share of the area flagged."
)
def score(weeks: int, area: float, *, patrol_found: bool, **given: Any) -> None:
    """用未见过的周检验预测 / score forecasts on weeks they have not seen, beside counting."""
    with workspace() as database:
        spec = _spec(database, **given)
        with progress() as on_progress:
            found = score_forecast(
                database,
                actor(database).scope,
                spec,
                weeks=weeks,
                area_share=area,
                patrol_found=patrol_found,
                on_progress=on_progress,
            )
    table = Table(
        title=f"检验 {found['weeks']} 周，{found['incidents']} 件，标记 {area:.0%} 面积 / held-out weeks"
    )
    table.add_column("模型 / model")
    for heading in ("命中率 / hit rate", "PAI", "PEI", "较对照 / against the comparator"):
        table.add_column(heading, justify="right")
    for row in found["scores"]:
        table.add_row(_NAMES[row.model], *_row(row))
    console.print(table)
    shares = ", ".join(f"{name} {share:.0%}" for name, share in found["shares"].items() if share > 0.005)
    console.print(
        f"对照 / comparator: {_NAMES[found['comparator']]}; 混合 / blend: {shares}", highlight=False
    )
    console.print(
        f"结论 / verdict: {found['verdict_zh']} / {found['verdict_en']}", style="bold", highlight=False
    )
    console.print(f"{CAPTION[0]} / {CAPTION[1]}; 数据 / data {found['data_sha256'][:12]}", highlight=False)


def _row(row: Score) -> list[str]:
    gain = "" if row.verdict is None else f"{row.gain:+.1%} ({row.gain_low:+.1%} … {row.gain_high:+.1%})"
    return [
        f"{row.hit_rate:.1%} ({row.hit_low:.1%} … {row.hit_high:.1%})",
        f"{row.pai:.2f} ({row.pai_low:.2f} … {row.pai_high:.2f})",
        f"{row.pei:.2f} ({row.pei_low:.2f} … {row.pei_high:.2f})",
        gain,
    ]


@group.command("next")
@_chosen
@click.option(
    "--model", type=click.Choice([*_NAMES]), default="blend", show_default=True, help="模型 / model."
)
def next_(model: str, *, patrol_found: bool, **given: Any) -> None:
    """下一周的预期件数 / expected counts of the next week."""
    with workspace() as database:
        found = next_week(
            database,
            actor(database).scope,
            _spec(database, **given),
            model=model,
            patrol_found=patrol_found,
        )
    table = Table(
        title=f"{found['first_day']} 起一周的预期件数 / expected in the week from {found['first_day']}"
    )
    table.add_column("网格 / grid")
    table.add_column("预期 / expected", justify="right")
    for cell in found["cells"][:_SHOWN]:
        table.add_row(f"{cell['name_zh']} / {cell['name_en']}", f"{cell['expected']:.2f}")
    others = sum(cell["expected"] for cell in found["cells"][_SHOWN:]) + found["rest"]
    table.add_row("其余 / all others", f"{others:.2f}")
    console.print(table)
    console.print(f"{CAPTION[0]} / {CAPTION[1]}", highlight=False)


@group.command("keep")
@click.option("--domain", help="领域 / domain; 默认全部 / all.")
@click.option(
    "--level", type=click.IntRange(1, 4), help="网格层级 / level of the grids; 默认最细 / the finest."
)
@click.option("--within", type=int, help="只看此网格 / only this grid's key.")
def keep(domain: str | None, level: int | None, within: int | None) -> None:
    """启用每周预测，并记下本周的 / make a forecast each week, and keep that of the present week."""
    with workspace() as database:
        who = actor(database)
        finest = period_and_level(database, who.scope)[2]
        made = standing.add_standing(database, who, level=level or finest, domain=domain, within=within)
        if made.made_for is None:
            raise Broken(
                "forecast-not-asked",
                "每周预测已启用，但本周的没有排上队。请稍后用 gridmap forecast weeks 查看。",
                "The weekly forecast is begun, but this week's was not put into the queue. Look later with gridmap "
                "forecast weeks.",
            )
        told = keep_forecast(
            database,
            who.scope,
            WeekAsked(made.domain, made.level, made.within, made.made_for),
            owner=who.post,
        )
    console.print(
        f"已启用 / begun: {made.number}; {told.first_day} 起一周预计 / expected in the week from {told.first_day}: "
        f"{sum(told.cells.said):.1f}",
        highlight=False,
    )


@group.command("weeks")
@click.option(
    "--area", type=float, default=0.05, show_default=True, help="标记面积比例 / share of the area flagged."
)
def weeks_(area: float) -> None:
    """每周预测说了什么、来了什么 / what weekly forecasts said, and what came."""
    if not 0 < area < 1:
        raise InvalidInput(
            "forecast-share",
            "标记面积比例应在 0 与 1 之间，检验周数至少为 2。",
            "The flagged share of the area must lie between 0 and 1, and two weeks at least must be held out.",
        )
    with workspace() as database:
        who = actor(database)
        every = standing.list_standing(database, who)
        if not every:
            console.print("还没有每周预测 / none is made each week: gridmap forecast keep")
        for one in every:
            _show_track(one, standing.track_of(database, who, one, area_share=area))


def _show_track(one: Standing, found: Track) -> None:
    about = one.domain or "全部领域 / all domains"
    ground = f"层级 / level {one.level}" + ("" if one.within is None else f", {one.within}")
    table = Table(title=f"{one.number}: {about}, {ground}, 标记 {found.area_share:.0%} 面积 / flagged")
    table.add_column("周一 / Monday")
    for heading in ("预计 / expected", "实际 / came", "命中 / hits", "对照 / comparator"):
        table.add_column(heading, justify="right")
    for week in found.weeks:
        came = ("–", "–", "–")
        if week.came is not None:
            came = (str(week.came), f"{week.hits:.1f}", f"{week.counted:.1f}")
        table.add_row(week.told.first_day.isoformat(), f"{week.expected:.1f}", *came)
    console.print(table)
    if found.judged is not None and found.judged.verdict is not None:
        zh, en = ("不足 6 周，不下结论", "fewer than six weeks: no verdict yet")
        if found.over >= FEWEST_JUDGED:
            zh, en = WORDS[found.judged.verdict]
        gain, low, high = (
            f"{value:+.1%}" for value in (found.judged.gain, found.judged.low, found.judged.high)
        )
        console.print(f"命中率之差 / difference: {gain} ({low} … {high}); {zh} / {en}", highlight=False)


@group.command("end")
@click.argument("number", type=int)
def end(number: int) -> None:
    """停用一项每周预测；说过的保留 / end a weekly forecast; what it said stays."""
    with workspace() as database:
        standing.remove_standing(database, actor(database), number)
    console.print(f"已停用 / ended: {number}")
