"""``gridmap reports``: build a report, check one, list the register."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, Literal

import click
from rich.table import Table

from gridmap.analysis.roads import Mode
from gridmap.cli.common import Day, actor, console, progress, workspace
from gridmap.domain import terms
from gridmap.domain.schedules import EVERY, Every
from gridmap.services.hotspots.basis import Basis
from gridmap.services.reports.building import build_hotspot_report, list_reports
from gridmap.services.reports.meeting import meeting_pack, write_meeting_pack
from gridmap.services.reports.ordering import WantedReport, request_of
from gridmap.services.reports.registering import write_templates
from gridmap.services.reports.request import LEAST_REPLICATIONS, PURPOSE, REPLICATIONS
from gridmap.services.reports.schedules import add_schedule, list_schedules, remove_schedule
from gridmap.services.reports.service_report import MODES, service_report, write_service_report
from gridmap.services.reports.verifying import verify_report
from gridmap.services.reports.village import village_sheet, write_village_sheet
from web.assets import vendor_folder

_MOST_TOLD = 20
_LANGUAGE = click.option(
    "--lang",
    "languages",
    type=click.Choice(["zh", "en", "both"]),
    default="zh",
    show_default=True,
    help="语言 / languages.",
)
_OUT = click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="FILE.pdf / FILE.html."
)


@click.group("reports")
def group() -> None:
    """报告 / reports: build, schedule, meeting, village, services, verify, list."""


@group.command("build")
@click.argument("noun", metavar="hotspots", type=click.Choice(["hotspots"]), expose_value=False)
@click.option("--scope", "within", type=int, help="网格编码 / key of a grid; 默认全部 / default: all.")
@click.option("--from", "since", type=Day(), help="起 / first day; 默认最早一天 / the first there is.")
@click.option("--to", "until", type=Day(), help="止 / last day; 默认最近一天 / the last there is.")
@click.option("--domain", help="领域 / domain; 默认各领域分别判断 / each by itself.")
@click.option("--kind", help="类别 / kind.")
@click.option(
    "--level", type=click.IntRange(1, 4), help="网格层级 / level of the grids; 默认最细 / the finest."
)
@click.option(
    "--by",
    type=click.Choice(["count", "rate"]),
    help="件数或发生率；默认：知道人口就按发生率 / counts or rates; default: rates where people are known.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="随机种子 / seed.")
@click.option(
    "--permutations",
    type=click.IntRange(LEAST_REPLICATIONS, int(terms.PERMUTATIONS.high)),
    default=REPLICATIONS,
    show_default=True,
    help="时空扫描的随机重复 / replications of the scan.",
)
@click.option(
    "--lang",
    "languages",
    type=click.Choice(["zh", "en", "both"]),
    default="both",
    show_default=True,
    help="语言 / languages.",
)
@click.option(
    "--purpose", default=PURPOSE, show_default=True, help="用途，将登记 / what for; kept in the register."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="FILE.html，PDF、表格在旁 / PDF and tables beside.",
)
@click.option("--pdf/--no-pdf", default=True, show_default=True, help="同时生成 PDF / write a PDF, too.")
def build(
    out: Path,
    since: dt.date | None,
    until: dt.date | None,
    level: int | None,
    by: Basis | None,
    pdf: bool,
    **given: Any,
) -> None:
    """生成可独立打开的报告 / write a report that opens without a network: build hotspots."""
    with workspace() as database:
        scope = actor(database).scope
        wanted = WantedReport(since=since, until=until, level=level, by=by, **given)
        request = request_of(database, actor(database), wanted)
        with progress() as on_progress:
            made = build_hotspot_report(
                database,
                scope,
                request,
                out,
                assets=vendor_folder(),
                pdf=pdf,
                owner=actor(database).post,
                on_progress=on_progress,
            )
    console.print(
        f"已写入 / written: {out} ({made['bytes'] / 1e6:.1f} MB), 表格和图层 / tables and layers: {made['tables']}",
        markup=False,
    )
    if made["pdf"]:
        console.print(f"PDF: {made['pdf']} ({Path(made['pdf']).stat().st_size / 1e6:.1f} MB)", markup=False)
    console.print(
        f"热点 / hotspots: {made['hotspots']}; 时空聚集 / clusters: {made['clusters']}; "
        f"登记号 / register: {made['report_id']}; SHA-256 {made['file_sha256'][:12]}",
        highlight=False,
    )
    for part in made["refused"]:
        console.print(f"未能完成 / could not be done: {part.zh} / {part.en}")
    console.print(f"重做 / again: {request.command}", highlight=False)


@group.command("meeting")
@click.option("--period", required=True, help="周期 / period: 2026-10, 2026-Q4, 2026-H2, 2026.")
@_LANGUAGE
@_OUT
def meeting(period: str, languages: Literal["zh", "en", "both"], out: Path) -> None:
    """联席会议材料（真实数，仅供到会人员）/ the pack of the joint meeting: true numbers, for those who meet."""
    with workspace() as database:
        who = actor(database)
        made = meeting_pack(database, who, period, languages=languages)
        number = write_meeting_pack(database, who, period, out, made)
    console.print(f"已写入 / written: {out}; 登记号 / register: {number}", markup=False, highlight=False)
    for item in made.pack.agenda:
        console.print(f"· {item.zh} / {item.en}", markup=False, highlight=False)


@group.command("schedule")
@click.option(
    "--every",
    type=click.Choice(list(EVERY)),
    required=True,
    help="每周（四周）、每月、每季 / how often it is made.",
)
@click.option("--scope", "within", type=int, help="网格编码 / key of a grid; 默认全部 / default: all.")
@click.option(
    "--lang", "languages", type=click.Choice(["zh", "en", "both"]), default="both", show_default=True
)
@click.option("--purpose", default=PURPOSE, show_default=True, help="用途 / what for.")
def schedule(every: Every, **given: Any) -> None:
    """每期结束由服务自动制作热点报告 / have the service make a hotspot report whenever a span has ended."""
    with workspace() as database:
        made = add_schedule(database, actor(database), every, **given)
    console.print(
        f"定期报告 / schedule {made.number}: {made.every}, {made.made_until} 之后的第一期起 / the first after that day"
    )


@group.command("schedules")
def schedules_() -> None:
    """定期报告一览 / the schedules."""
    with workspace() as database:
        kept = list_schedules(database, actor(database))
    if not kept:
        console.print("没有定期报告 / no schedules: gridmap reports schedule --every month")
    for one in kept:
        console.print(
            f"{one.number}  {one.every}  {one.within or '-'}  {one.post}  {one.made_until}  {one.purpose}",
            markup=False,
        )


@group.command("unschedule")
@click.argument("number", type=int)
def unschedule(number: int) -> None:
    """停用一项定期报告 / end a schedule; what it made stays."""
    with workspace() as database:
        remove_schedule(database, actor(database), number)
    console.print(f"已停用 / ended: {number}")


@group.command("templates")
def templates() -> None:
    """写出可修改的文档模板 / write the templates of documents into the workspace, to be changed."""
    with workspace() as database:
        actor(database)
        folder = database.settings.home / "templates"
        written = write_templates(folder)
    console.print(f"模板文件夹 / folder: {folder}", markup=False, highlight=False)
    for path in written:
        console.print(f"已写出 / written: {path.name}", markup=False, highlight=False)
    console.print("不再需要的文件移走即恢复原样 / a file that is taken away is the package's own again")


@group.command("village")
@click.argument("grid", type=int)
@click.option("--period", required=True, help="周期 / period: 2026-10, 2026-Q4, 2026-H2, 2026.")
@_LANGUAGE
@_OUT
def village(grid: int, period: str, languages: Literal["zh", "en", "both"], out: Path) -> None:
    """村情单：一个村（片区）的情况，真实数 / how a village or area stands: true numbers, for its own meeting."""
    with workspace() as database:
        who = actor(database)
        made = village_sheet(database, who, grid, period, languages=languages)
        number = write_village_sheet(database, who, grid, period, made, out)
    console.print(f"已写入 / written: {out}; 登记号 / register: {number}", markup=False, highlight=False)


@group.command("services")
@click.option(
    "--mode", type=click.Choice(list(MODES)), default="bike", show_default=True, help="方式 / how people go."
)
@_LANGUAGE
@_OUT
def services(mode: Mode, languages: Literal["zh", "en", "both"], out: Path) -> None:
    """便民服务报告：到最近开放机构要几分钟 / minutes to the nearest open body, and who could open longer."""
    with workspace() as database:
        who = actor(database)
        made = service_report(database, who, mode=mode, languages=languages)
        number = write_service_report(database, who, made, out)
    console.print(f"已写入 / written: {out}; 登记号 / register: {number}", markup=False, highlight=False)
    for sentence in made.tables.first:
        console.print(f"{sentence.zh} / {sentence.en}", markup=False, highlight=False)


@group.command("verify")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def verify(file: Path) -> None:
    """按文件中的参数重做报告并逐项核对 / build a report again and tell which figures differ; 1 where any does."""
    with workspace() as database, progress() as on_progress:
        found = verify_report(
            database, actor(database), file, assets=vendor_folder(), on_progress=on_progress
        )
    if found.number is not None:
        console.print(f"登记号 / in the register: {found.number}", highlight=False)
    else:
        console.print("登记簿中没有这个文件 / the register does not know this file", highlight=False)
    if found.same:
        console.print("相同，逐字节一致 / the same, byte for byte", highlight=False)
        return
    if found.data_changed:
        console.print("制作之后数据有变化 / the data have changed since it was made", highlight=False)
    if found.version != found.version_now:
        console.print(
            f"程序版本 / version: {found.version} → {found.version_now}", highlight=False, markup=False
        )
    for kind, differences in (("数字 / figure", found.figures), ("文字 / line", found.lines)):
        for one in differences[:_MOST_TOLD]:
            named = f"{kind} {one.name}" if one.name else kind
            console.print(
                f"{named}: 文件 / file {_or_dash(one.in_file)} ≠ 现在 / now {_or_dash(one.now)}",
                highlight=False,
                markup=False,
            )
        if len(differences) > _MOST_TOLD:
            console.print(f"… 另有 / and {len(differences) - _MOST_TOLD} more", highlight=False)
    console.print(
        f"不同 / not the same: {len(found.figures)} 个数字 / figures, {len(found.lines)} 行文字 / lines; "
        "只有字体或程序库不同时两者为 0 / none of either where only fonts or libraries are others",
        highlight=False,
    )
    raise SystemExit(1)


def _or_dash(text: str | None) -> str:
    return "–" if text is None else text


@group.command("list")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
def list_(limit: int) -> None:
    """报告登记簿 / the register of reports, newest first."""
    with workspace() as database:
        kept = list_reports(database, actor(database).scope, limit=limit)
    if not kept:
        console.print("还没有报告 / no reports yet: gridmap reports build hotspots --out FILE.html")
        return
    table = Table()
    for heading in (
        "#",
        "报告 / report",
        "时段 / period",
        "用途 / purpose",
        "种子 / seed",
        "SHA-256",
        "时间 / made",
    ):
        table.add_column(heading, overflow="fold")
    for row in kept:
        table.add_row(
            str(row["report_id"]),
            row["kind"],
            f"{row['since']} … {row['until']}",
            row["purpose"],
            str(row["seed"]),
            row["file_sha256"][:12],
            row["created_at"].isoformat()[:16],
        )
    console.print(table)
