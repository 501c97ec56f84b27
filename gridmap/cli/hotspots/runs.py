"""``gridmap hotspots``: run a method, list the runs, show, compare, export, delete; rates and effects."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from gridmap.cli.common import Day, actor, asked, console, progress, workspace
from gridmap.cli.hotspots.options import HoursOfDay, Numbers, Weekdays
from gridmap.cli.hotspots.rates import effect, hours, rates
from gridmap.domain import terms
from gridmap.domain.hotspots import Finding, KeptRun, PairsBand, RunSummary
from gridmap.domain.protection import Counts, Purpose, counts_for
from gridmap.services.cases.overview import period_and_level
from gridmap.services.hotspots import comparison, runs
from gridmap.services.hotspots.basis import Basis, usual_basis
from gridmap.services.hotspots.publish import p_text, told_text
from gridmap.services.hotspots.spec import METHODS, HotspotSpec

_SHOWN = 15


_FOR_OTHERS = click.option(
    "--for-others", is_flag=True, help="文件给外单位：扰动数 / the file is for others: perturbed numbers."
)


@click.group("hotspots")
def group() -> None:
    """热点分析 / hotspots: run, list, show, compare, export, delete, rates, effect."""


@group.command("run")
@click.option("--method", type=click.Choice(METHODS), default="gi", show_default=True, help="方法 / method.")
@click.option("--domain", help="领域 / domain; 默认全部 / all.")
@click.option("--kind", help="类别 / kind.")
@click.option("--from", "since", type=Day(), help="起 / first day; 默认最早一天 / the first there is.")
@click.option("--to", "until", type=Day(), help="止 / last day; 默认最近一天 / the last there is.")
@click.option(
    "--level", type=click.IntRange(1, 4), help="网格层级 / level of the grids; 默认最细 / the finest."
)
@asked(terms.HEXAGONS, "--hexagons", kind=int)
@click.option(
    "--by",
    type=click.Choice(["count", "rate"]),
    help="件数或发生率；默认：知道人口就按发生率 / counts or rates; default: rates where people are known.",
)
@click.option("--within", type=int, help="只看此网格 / only this grid's key.")
@asked(terms.SEED, "--seed", kind=int)
@asked(terms.ALPHA, "--alpha")
@asked(terms.PERMUTATIONS, "--permutations", kind=int, optional=True)
@asked(terms.PRESENCE, "--presence")
@asked(terms.BANDWIDTH, "--bandwidth", "bandwidth_m")
@asked(terms.CELL, "--cell", "cell_m")
@click.option(
    "--step",
    type=click.Choice(["day", "week", "month"]),
    default="month",
    show_default=True,
    help="时间片 / slice of time.",
)
@click.option(
    "--prospective", is_flag=True, help="只找仍在持续的 / only clusters still going on (space-time-scan)."
)
@asked(terms.MAX_POPULATION, "--max-population")
@asked(terms.MAX_RADIUS, "--max-radius", "max_radius_m")
@asked(terms.MAX_DURATION, "--max-duration", kind=int)
@asked(terms.BASELINE, "--baseline", kind=int)
@click.option(
    "--ellipses", is_flag=True, help="空间扫描也看椭圆 / the spatial scan looks through ellipses, too."
)
@click.option(
    "--space-bands",
    "space_bands_m",
    type=Numbers(),
    help="近重复的距离分段，米 / near repeats: bands of distance, m: 0,100,200.",
)
@click.option(
    "--time-bands",
    "time_bands_days",
    type=Numbers(),
    help="近重复的间隔分段，天 / near repeats: bands of days: 0,7,14.",
)
@asked(terms.SEASON, "--season-days", kind=int)
@click.option("--hours", type=HoursOfDay(), help="只看一天中的时段 / only these hours of the day: 22-6.")
@click.option(
    "--weekdays", type=Weekdays(), help="只看这些星期 / only these weekdays, 1 = 周一 / Monday: 6,7."
)
@click.option(
    "-o", "--out", "outputs", multiple=True, type=click.Path(path_type=Path), help=".geojson .gpkg .csv .xlsx"
)
@_FOR_OTHERS
def run(
    outputs: tuple[Path, ...],
    since: dt.date | None,
    until: dt.date | None,
    level: int | None,
    *,
    by: Basis | None,
    for_others: bool,
    **given: Any,
) -> None:
    """分析热点并保存 / find hotspots and keep the run."""
    with workspace() as database:
        scope = actor(database).scope
        first, last, finest = period_and_level(database, scope)
        level = level or finest
        basis = by or usual_basis(
            database,
            scope,
            level,
            method=given["method"],
            hexagons=given["hexagons"],
            within=given["within"],
        )
        given = {name: value for name, value in given.items() if value is not None}
        spec = HotspotSpec(since=since or first, until=until or last, level=level, by=basis, **given)
        with progress() as on_progress:
            made = runs.run_hotspots(
                database, scope, spec, owner=actor(database).post, on_progress=on_progress
            )
        counts = counts_for(actor(database), Purpose.SHARE if for_others else Purpose.EXPORT)
        for path in outputs:
            leaves = runs.hotspot_run(database, scope, made.run_id or 0, counts)
            runs.export_run(leaves, path, database.settings.timezone)
    tell_run(made)
    for path in outputs:
        console.print(f"已写入 / written: {path}")


def tell_run(run: KeptRun) -> None:
    """Print a run: what it was, what it found, how sure."""
    about = run.summary
    number = "-" if run.run_id is None else run.run_id
    console.print(
        f"第 {number} 次 / run {number}: {about['method_zh']} / {about['method_en']}, {run.since} … {run.until}, "
        f"{_subject(run)}, 层级 / level {run.level}",
        highlight=False,
    )
    console.print(f"{about['caption_zh']} / {about['caption_en']}", style="bold", highlight=False)
    if "table" in about:
        _tell_table(about["table"])
    else:
        _tell_features([f for f in run.findings if f.label != "none"], about)
    for text in _notes(run):
        console.print(text, highlight=False)


def _subject(run: KeptRun) -> str:
    if run.domain is None:
        return "全部领域 / all domains"
    return run.domain if run.kind is None else f"{run.domain}/{run.kind}"


def _tell_table(rows: list[PairsBand]) -> None:
    table = Table()
    for heading in (
        "距离 / m",
        "间隔 / days",
        "成对 / pairs",
        "预期 / expected",
        "比值 / ratio",
        "p",
        "校正 p / for all",
        "q",
    ):
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(
            f"[{row['from_m']:g}, {row['to_m']:g})",
            f"[{row['from_days']:g}, {row['to_days']:g})",
            *(
                _cell(v)
                for v in (
                    row["observed"],
                    row["expected"],
                    row["ratio"],
                    row["p"],
                    row.get("p_family"),
                    row.get("q"),
                )
            ),
        )
    console.print(table)


def _tell_features(found: list[Finding], about: RunSummary) -> None:
    if not found and about.get("withheld"):
        console.print("没有可以显示的结果 / there is no result that may be shown.")
        return
    if not found and about.get("permutations_few"):
        console.print("无法判断 / this cannot be told.")
        return
    if not found:
        console.print("没有发现热点：差异未超过偶然 / no hotspots: nothing beyond chance.")
        return
    table = Table()
    table.add_column("#", justify="right")
    table.add_column("标记\nlabel")
    table.add_column("地点\nplace", overflow="fold", min_width=24)
    table.add_column("领域\ndomain")
    for heading in ("接报\nreported", "预期\nexpected", "z"):
        table.add_column(heading, justify="right")
    for heading in ("p", "q"):
        table.add_column(heading, justify="right", no_wrap=True)
    for feature in found[:_SHOWN]:
        told = feature.evidence
        table.add_row(
            str(feature.rank),
            feature.label,
            f"{told['name_zh']}\n{told['name_en']}",
            told.get("domain") or "",
            *(_cell(v) for v in (told.get("observed"), told.get("expected"), told.get("z"))),
            *("" if p is None else p_text(p) for p in (told.get("p"), told.get("q"))),
        )
    console.print(table)
    if len(found) > _SHOWN:
        console.print(f"… 另有 / and {len(found) - _SHOWN} 处 / more: gridmap hotspots show --all")


def _cell(value: Any) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _notes(run: KeptRun) -> list[str]:
    about = run.summary
    notes = [f"事件 / incidents: {about['incidents']}; 网格 / grids: {about['cells']}"]
    perturbed = about.get("counts") == Counts.PERTURBED
    # Of perturbed numbers it is not told how many are outside or sealed; the run's own notes say what is in them.
    if not perturbed and about.get("outside", 0) != 0:
        notes.append(f"{told_text(about['outside'])} 件不在这一层级的网格内 / lie in no grid of this level.")
    if not perturbed and about.get("left_out_sealed", 0) != 0:
        notes.append(
            f"{told_text(about['left_out_sealed'])} 件保密事件只在村级计数，未计入 / sealed cases, counted at "
            "village level only, are left out."
        )
    if about.get("permutations_few"):
        notes.append(
            "置换次数太少，校正后难以显著：这不等于没有热点，请去掉 --permutations / too few permutations for "
            "so many grids: this does not mean that there is no hotspot; leave out --permutations."
        )
    if about.get("withheld"):
        notes.append(
            f"{about['withheld']} 处不足 5 件，未显示 / results with fewer than 5 incidents are not shown."
        )
    notes += [f"{zh} / {en}" for zh, en in about.get("notes", [])]
    convention = ", ".join(f"{k} = {v}" for k, v in about["conventions"].items())
    notes += [
        f"约定 / conventions: {convention}",
        f"种子 / seed {run.seed}, 数据 / data {run.data_sha256[:12]}, gridmap {run.version}",
    ]
    return notes


@group.command("list")
@click.option("--method", type=click.Choice(METHODS), help="方法 / method.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
def list_(method: str | None, limit: int) -> None:
    """列出分析 / list the runs, newest first."""
    with workspace() as database:
        kept = runs.list_runs(
            database,
            (who := actor(database)).scope,
            method=method,
            limit=limit,
            counts=counts_for(who, Purpose.SCREEN),
        )
    if not kept:
        console.print("还没有热点分析。请运行 / no runs yet: gridmap hotspots run --method gi")
        return
    table = Table()
    for heading in (
        "#",
        "方法 / method",
        "领域 / domain",
        "时段 / period",
        "层级 / level",
        "结果 / result",
        "种子 / seed",
        "时间 / made",
    ):
        table.add_column(heading)
    for row in kept:
        found = ", ".join(f"{k} {v}" for k, v in row.summary.get("labels", {}).items() if k != "none")
        table.add_row(
            str(row.run_id), row.method, _subject(row), f"{row.since} … {row.until}",
            str(row.level), found, str(row.seed), row.created_at.isoformat()[:16] if row.created_at else "",
        )  # fmt: skip
    console.print(table)


@group.command("show")
@click.argument("run_id", type=int)
@click.option("--all", "everything", is_flag=True, help="全部区域 / every area in words.")
def show(run_id: int, *, everything: bool) -> None:
    """查看一次分析 / show one run."""
    with workspace() as database:
        who = actor(database)
        found = runs.hotspot_run(database, who.scope, run_id, counts_for(who, Purpose.SCREEN))
    tell_run(found)
    if everything:
        for feature in found.findings:
            told = feature.evidence
            console.print(
                f"{feature.rank:>4} {feature.label}: {told['name_zh']} / {told['name_en']}: "
                f"{told['words_zh']} / {told['words_en']}",
                markup=False,
                highlight=False,
            )


@group.command("compare")
@click.argument("first", type=int)
@click.argument("second", type=int)
def compare(first: int, second: int) -> None:
    """比较两次分析 / what was kept, is new, or is gone between two runs."""
    with workspace() as database:
        who = actor(database)
        counts = counts_for(who, Purpose.SCREEN)
        old, new = (runs.hotspot_run(database, who.scope, n, counts) for n in (first, second))
    changes = comparison.compare_runs(old, new)
    if changes.empty:
        console.print("两次分析都没有发现热点 / neither run found a hotspot.")
        return
    words = {"kept": "持续 / kept", "new": "新增 / new", "gone": "消失 / gone"}
    table = Table()
    for heading in ("变化 / change", "地点 / place", "标记 / label", "接报 / reported", "重叠 / overlap"):
        table.add_column(heading, overflow="fold")
    for row in changes.itertuples():
        table.add_row(
            words[str(row.change)],
            f"{row.name_zh} / {row.name_en}",
            " → ".join(v for v in (row.label_before, row.label_after) if isinstance(v, str)),
            f"{_count(row.observed_before)} → {_count(row.observed_after)}",
            f"{row.overlap:.2f}",
        )
    console.print(table)


def _count(value: Any) -> str:
    return "-" if value is None or value != value else f"{value:.0f}"  # noqa: PLR0124 - NaN differs from itself


@group.command("export")
@click.argument("run_id", type=int)
@click.argument("file", type=click.Path(path_type=Path))
@_FOR_OTHERS
def export(run_id: int, file: Path, *, for_others: bool) -> None:
    """导出一次分析 / export one run as .geojson, .gpkg, .csv or .xlsx."""
    with workspace() as database:
        who = actor(database)
        counts = counts_for(who, Purpose.SHARE if for_others else Purpose.EXPORT)
        found = runs.hotspot_run(database, who.scope, run_id, counts)
        rows = runs.export_run(found, file, database.settings.timezone)
    console.print(f"已导出 {rows} 行 / exported {rows} rows: {file}")


@group.command("delete")
@click.argument("run_id", type=int)
@click.confirmation_option(prompt="删除这次分析？/ Delete this run?")
def delete(run_id: int) -> None:
    """删除一次分析 / delete one run."""
    with workspace() as database:
        runs.delete_run(database, actor(database), run_id)
    console.print(f"已删除 / deleted: {run_id}")


group.add_command(rates)
group.add_command(hours)
group.add_command(effect)
