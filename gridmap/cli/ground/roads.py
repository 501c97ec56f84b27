"""``gridmap roads …``: import, export, check; ways and areas within reach."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from gridmap.analysis.roads import MODES, Mode
from gridmap.cli.common import actor, console, progress, workspace
from gridmap.cli.imports.records import export_command, import_options, read_options, tell_import
from gridmap.domain.clock import read_time
from gridmap.errors import InvalidInput
from gridmap.services.ground.exports import ROADS
from gridmap.services.ground.road_files import write_reach, write_route
from gridmap.services.ground.road_imports import import_roads
from gridmap.services.ground.road_reports import RoadReport, check_roads
from gridmap.services.ground.roads import Route, find_reach, find_route, leave_at

_SHOWN = 8
_MODES_ZH = {"foot": "步行", "bike": "骑行", "car": "驾车"}


class Place(click.ParamType[tuple[float, float]]):
    """A place, LON,LAT in degrees (EPSG:4326)."""

    name = "LON,LAT"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float]:
        """Read the place."""
        if isinstance(value, tuple):
            return value
        parts = str(value).replace("，", ",").split(",")
        try:
            lon, lat = (float(part) for part in parts)
        except ValueError:
            self.fail(f"{value!r} 不是“经度,纬度” / is no LON,LAT, such as 120.41,29.78", param, ctx)
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            self.fail(
                f"{value!r} 超出范围，应为“经度,纬度” / is out of range; longitude comes first", param, ctx
            )
        return lon, lat


class Clock(click.ParamType[dt.time]):
    """A time of day, HH:MM."""

    name = "HH:MM"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.time:
        """Read the time."""
        if isinstance(value, dt.time):
            return value
        try:
            return read_time(str(value).replace("：", ":"))
        except InvalidInput as error:
            self.fail(f"{error.zh} / {error.en}", param, ctx)


_mode = click.option(
    "--mode",
    type=click.Choice(MODES),
    default="car",
    show_default=True,
    help="出行方式 / car 驾车, bike 骑行, foot 步行.",
)


@click.group(help="道路 / roads.")
def group() -> None:  # noqa: D103 - its help is above
    pass


@group.command("import")
@import_options
@click.option(
    "--no-noding", is_flag=True, help="照原样导入，不打断、不裁剪 / as it is: neither cut nor trimmed."
)
@click.option("--findings", type=click.Path(path_type=Path), help="问题图层 .gpkg / map of what is odd.")
def _import(file: Path, *, no_noding: bool, findings: Path | None, **given: Any) -> None:
    """导入道路 / import roads from .osm.pbf, .osm, GeoPackage, Shapefile, GeoJSON, KML, CSV (docs/roads.md).

    相交处打断，裁剪到镇界外 2 公里 / roads are cut where they meet and trimmed to the town and 2 km around it.
    """
    options = read_options(file, **given)
    with workspace() as database, progress() as on_progress:
        done = import_roads(
            database,
            actor(database).scope,
            file,
            options,
            noding=not no_noding,
            findings=findings,
            on_progress=on_progress,
        )
    if done.report is not None and done.result.same_as_run is None:
        _tell(done.report, noding=not no_noding)
    if findings is not None and done.report is not None:
        console.print(f"问题图层已写入 / map of findings written: {findings}")
    tell_import(done.result, options, {})


group.add_command(export_command(ROADS, "道路"))


@group.command("check")
@click.option("--findings", type=click.Path(path_type=Path), help="问题图层 .gpkg / map of what is odd.")
def _check(findings: Path | None) -> None:
    """检查已导入的道路 / look at the stored roads: pieces apart, crossings without a node, dead ends."""
    with workspace() as database:
        report = check_roads(database, actor(database).scope, findings=findings)
    _tell(report, noding=False)
    if findings is not None:
        console.print(f"问题图层已写入 / map of findings written: {findings}")


@group.command("route")
@click.option("--from", "start", type=Place(), required=True, help="起点 / where it begins.")
@click.option("--to", "end", type=Place(), required=True, help="终点 / where it ends.")
@_mode
@click.option("--arrive-by", type=Clock(), help="最迟到达时刻 / latest time of arrival, as 21:30.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="写入 / .geojson, .gpx, .gpkg, .csv.")
def _route(
    start: tuple[float, float],
    end: tuple[float, float],
    mode: Mode,
    arrive_by: dt.time | None,
    output: Path | None,
) -> None:
    """两地之间最快的路 / the fastest way between two places, street by street."""
    with workspace() as database:
        route = find_route(database, actor(database).scope, start, end, mode)
    console.print(
        f"{_MODES_ZH[mode]} / {mode}: {_minutes(route.seconds)} 分钟 / min, {route.length_m / 1000:.2f} 公里 / km"
    )
    if arrive_by is not None:
        leave, midnights = leave_at(arrive_by, route.seconds)
        before = "（前一天 / the day before）" if midnights else ""
        console.print(f"最迟出发 / leave at the latest: {leave:%H:%M}{before}")
    console.print(_streets(route))
    if max(route.start_off_m, route.end_off_m) >= 1:
        console.print(
            f"起点、终点离道路 / from the places to the road: {route.start_off_m:.0f}, {route.end_off_m:.0f} 米 / m"
        )
    if output is not None:
        write_route(route, output, ("起点 / start", "终点 / end"))
        console.print(f"已写入 / written: {output}")


@group.command("isochrone")
@click.option("--at", "at", type=Place(), required=True, help="出发地 / the place.")
@click.option("--minutes", type=float, default=5.0, show_default=True, help="分钟 / minutes.")
@_mode
@click.option(
    "--arrive", is_flag=True, help="何处可在此时间内赶到此地 / from where the place is reached in time."
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="写入 / .geojson, .gpkg, .csv.")
def _isochrone(
    at: tuple[float, float], minutes: float, mode: Mode, arrive: bool, output: Path | None
) -> None:
    """若干分钟内可达的范围 / the area within reach of a place."""
    with workspace() as database:
        reach = find_reach(database, actor(database).scope, at, minutes, mode, arriving=arrive)
    zh, en = ("分钟可赶到", "at the place within") if arrive else ("分钟可达", "within")
    console.print(
        f"{_MODES_ZH[mode]} {minutes:g} {zh} / {en} {minutes:g} min by {mode}: "
        f"{reach.area_km2:.2f} 平方公里 / km²"
    )
    if output is not None:
        write_reach(reach, output)
        console.print(f"已写入 / written: {output}")


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.1f}"


def _streets(route: Route) -> Table:
    table = Table()
    for heading in ("街路 / street", "米 / m", "分钟 / min", "累计 / elapsed"):
        table.add_column(heading, justify="left" if heading.startswith("街") else "right")
    elapsed = 0.0
    for stretch in route.streets:
        elapsed += stretch.seconds
        table.add_row(
            stretch.name or "无名路 / unnamed",
            f"{stretch.length_m:,.0f}",
            _minutes(stretch.seconds),
            _minutes(elapsed),
        )
    return table


def _tell(report: RoadReport, *, noding: bool) -> None:
    network = report.network
    table = Table(title="道路检查 / report on the roads")
    table.add_column("项目 / what")
    table.add_column("数量 / count", justify="right")
    table.add_column("说明 / detail", overflow="fold")
    length_km = network.length_m / 1000
    table.add_row(
        "路段 / segments",
        f"{len(report.lines):,}",
        f"{length_km:,.1f} 公里 / km, {network.nodes:,} 节点 / nodes",
    )
    if report.left_out:
        table.add_row(
            "镇外未导入 / beyond the town",
            f"{report.left_out:,}",
            "镇界 2 公里以外 / beyond its outline and 2 km",
        )
    words = "相交处打断 / cut where they meet" if noding else "相交而未打断 / meet without a node"
    table.add_row(words, f"{len(report.cut):,}", _some(report.cut))
    if report.joined_ends:
        words = "端点合并 / ends joined" if noding else "端点未接 / ends a little apart"
        table.add_row(words, f"{report.joined_ends:,}", "相距 2 厘米以内 / within 2 cm")
    table.add_row("重复 / drawn twice", f"{len(report.duplicates):,}", _some(report.duplicates))
    if report.empty:
        table.add_row("没有长度 / without length", f"{len(report.empty):,}", _some(report.empty))
    apart = network.components[1:]
    detail = ", ".join(f"{c.segments} ({c.length_m / 1000:.2f} km)" for c in apart[:_SHOWN])
    table.add_row(
        "与主网不连 / pieces apart", f"{len(apart):,}", detail + (" …" if len(apart) > _SHOWN else "")
    )
    table.add_row(
        "断头 / dead ends",
        f"{len(network.dead_ends):,}",
        "镇界 50 米内的不计 / not within 50 m of the outline",
    )
    if report.turns:
        lost = f"所指道路不存在 / name no road: {_some(report.lost_turns)}" if report.lost_turns else ""
        table.add_row("禁止转向 / forbidden turns", f"{report.turns:,}", lost)
    console.print(table)


def _some(ids: tuple[str, ...]) -> str:
    return ", ".join(ids[:_SHOWN]) + (" …" if len(ids) > _SHOWN else "")
