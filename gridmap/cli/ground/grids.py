"""``gridmap grids``: boundaries in, out and on the screen."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import click
from rich.table import Table

from gridmap.cli.common import Day, actor, console, errors, progress, read_mapping, workspace
from gridmap.cli.imports.records import export_command
from gridmap.domain.told_fields import metres_told
from gridmap.ingest.boundaries import MendReport, write_findings_gpkg
from gridmap.services.ground import corrections, regions
from gridmap.services.ground.boundaries import BoundaryOptions, BoundaryResult, import_boundaries
from gridmap.services.ground.exports import GRIDS
from gridmap.services.ground.grids import grid_features

_SHOWN = 40
_SHOWN_NAMES = 8


@click.group("grids")
def group() -> None:
    """网格 / grids: import, export, list."""


@group.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--mapping", type=click.Path(path_type=Path), help="列对应表 JSON / mapping of headings.")
@click.option("--crs", help="坐标系 / EPSG:xxxx, GCJ-02, BD-09.")
@click.option("--level", type=click.IntRange(1, 4), help="文件中网格的层级 / level of the file's grids.")
@click.option("--layer", help="图层 / layer.")
@click.option("--town-code", help="镇代码（9 位）/ the town's code, where the file has none.")
@click.option("--town-name", help="镇名 / the town's name.")
@click.option("--valid-from", type=Day(), help="生效日 / first day of this version; 默认今天 / today.")
@click.option("--dry-run", is_flag=True, help="只检查 / check and write nothing.")
@click.option("--join", is_flag=True, help="合并同一编码的几块 / join parts with one code (enclaves).")
@click.option("--accept-shift", is_flag=True, help="整体平移也照样生效 / although the whole town moved.")
@click.option(
    "--accept-ended", is_flag=True, help="文件里没有的网格随之终止 / let grids end that are left out."
)
@click.option("--mend", is_flag=True, help="修补细碎缝隙 / mend small slivers.")
@click.option("--max-width", "max_width_m", default=2.0, show_default=True, help="缝宽上限（米）/ metres.")
@click.option("--max-area", "max_area_m2", default=2000.0, show_default=True, help="重叠上限（平方米）/ m2.")
@click.option(
    "--findings", type=click.Path(path_type=Path), help="问题位置 / GeoPackage of places to look at."
)
def import_command(
    files: tuple[Path, ...],
    mapping: Path | None,
    crs: str | None,
    level: int | None,
    layer: str | None,
    town_code: str | None,
    town_name: str | None,
    valid_from: dt.date | None,
    *,
    dry_run: bool,
    join: bool,
    accept_shift: bool,
    accept_ended: bool,
    mend: bool,
    max_width_m: float,
    max_area_m2: float,
    findings: Path | None,
) -> None:
    """导入边界 / import boundaries: GeoPackage, zipped Shapefile, GeoJSON, KML (docs/import.md)."""
    options = BoundaryOptions(
        crs=crs,
        mapping=read_mapping(mapping),
        level=level,
        layer=layer,
        town_code=town_code,
        town_name=town_name,
        valid_from=valid_from,
        join=join,
        accept_shift=accept_shift,
        accept_ended=accept_ended,
        mend=mend,
        max_width_m=max_width_m,
        max_area_m2=max_area_m2,
        dry_run=dry_run,
    )
    with workspace() as database, progress() as on_progress:
        acting = actor(database)
        result = import_boundaries(
            database, acting.scope, files, options, actor=acting, on_progress=on_progress
        )
    _tell(result, files[0], findings, dry_run=dry_run)
    if result.errors:
        sys.exit(1)


def _tell(result: BoundaryResult, first: Path, findings: Path | None, *, dry_run: bool) -> None:
    for notice in result.draft.notices:
        errors.print(f"注意 / note: {notice.zh} / {notice.en}", highlight=False)
    if result.mended is not None:
        _tell_mending(result.mended)
    if result.findings:
        _findings_table(result)
        path = findings or first.with_name(f"{first.stem}-findings.gpkg")
        if write_findings_gpkg(result.findings, path):
            console.print(f"问题位置 / places to look at: {path}")
    levels = result.draft.grids["level"].value_counts().sort_index()
    counts = ", ".join(f"{n} 个 {level} 级 / level {level}" for level, n in levels.items())
    console.print(f"读到 / read: {counts}")
    if result.errors:
        console.print(
            f"没有写入任何内容：有 {len(result.errors)} 处错误。细小缝隙可加 --mend / nothing was written: "
            f"{len(result.errors)} errors. Small slivers: add --mend."
        )
    elif dry_run:
        _tell_comparison(result)
        console.print("检查完毕，未写入 / checked, nothing written.")
    elif not result.committed:
        console.print(
            "与现行边界相同，没有改变任何内容 / the same as the boundaries in force; nothing was changed."
        )
    else:
        console.print(
            f"新版边界已生效 / in force: 新增 / new {result.added}, 变更 / changed {result.changed}, "
            f"不变 / same {result.kept}, 终止 / ended {result.ended}"
        )
        moved = sum(result.reassigned.values())
        if moved:
            console.print(f"{moved} 条记录改归其他网格 / records were assigned to another grid.")


def _tell_comparison(result: BoundaryResult) -> None:
    """Say what the import would do to the boundaries in force."""
    console.print(
        f"与现行边界相比 / against those in force: 新增 / new {result.added}, 变更 / changed {result.changed}"
        f"（其中改名 / renamed {result.renamed}）, 不变 / same {result.kept}, 终止 / ended {result.ended}"
    )
    if result.shift is not None:
        like = (
            f"；像是把 {result.shift.like} 当作 WGS-84 / as {result.shift.like} read as WGS 84"
            if result.shift.like
            else ""
        )
        console.print(f"全部网格平移约 / all grids moved by about {result.shift.metres:.0f} m{like}")
    if result.moved:
        farthest = sorted(result.moved.items(), key=lambda item: -item[1])
        told = ", ".join(f"{name} {metres_told(metres)}" for name, metres in farthest[:_SHOWN])
        console.print(f"边界移动 / outlines moved: {len(result.moved)} ({told})", markup=False)
    for level, names in sorted(result.abandoned.items()):
        told = "、".join(names[:_SHOWN_NAMES])
        console.print(
            f"将终止、无人接管 / would end without an heir: {len(names)} 个 {level} 级 / level {level} ({told}) "
            "--accept-ended",
            markup=False,
        )
    if result.split:
        console.print(f"拆分 / split: {result.split}")
    moved = sum(result.reassigned.values())
    console.print(f"将改归其他网格的记录 / records that would get another grid: {moved}")


def _tell_mending(report: MendReport) -> None:
    console.print(
        f"修补移动土地 / land moved by mending: {report.moved_m2:,.2f} m2; 修复图形 / shapes repaired: "
        f"{report.repaired}; 未动 / left alone: {report.left}"
    )
    for moved in report.moved[:_SHOWN]:
        console.print(
            f"  {moved.name or moved.grid_key}: +{moved.gained_m2:,.2f} m2, -{moved.lost_m2:,.2f} m2",
            markup=False,
        )


def _findings_table(result: BoundaryResult) -> None:
    table = Table(title="边界检查 / boundary findings")
    for heading in ("", "级 / level", "问题 / finding", "网格 / grids", "面积 / m2"):
        table.add_column(heading, overflow="fold", justify="right" if heading.endswith("m2") else "left")
    ordered = sorted(result.findings, key=lambda f: (f.severity != "error", -(f.area_m2 or 0)))
    for f in ordered[:_SHOWN]:
        mark = "错误 / error" if f.severity == "error" else "提醒 / warning"
        area = "" if f.area_m2 is None else f"{f.area_m2:,.2f}"
        table.add_row(mark, str(f.level), f"{f.zh}\n{f.en}", ", ".join(f.names or f.codes), area)
    console.print(table)
    if len(ordered) > _SHOWN:
        console.print(f"… 另有 / and {len(ordered) - _SHOWN} 处 / more.")


@group.command("list")
@click.option("--level", type=click.IntRange(1, 4), help="层级 / level.")
@click.option("--on", type=Day(), help="某日的边界 / as they stood on that day.")
def list_command(level: int | None, on: dt.date | None) -> None:
    """列出网格 / list grids."""
    with workspace() as database:
        features = grid_features(database, actor(database).scope, level=level, on=on, geometry=False)[
            "features"
        ]
    if not features:
        console.print("还没有网格 / no grids yet. 下一步 / next: gridmap grids import FILE")
        return
    table = Table()
    table.add_column("网格编码 / key", no_wrap=True)
    for heading in ("级 / level", "代码 / code", "名称 / name", "km2", "人口 / population"):
        table.add_column(heading, justify="right" if heading.startswith(("km2", "人口")) else "left")
    for feature in features:
        p = feature["properties"]
        people = "-" if p["population"] is None else f"{p['population']:,}"
        code = None if p["code"] is None else str(p["code"])
        table.add_row(
            str(p["grid_key"]), str(p["level"]), code, str(p["name_zh"]), f"{p['area_km2']:.2f}", people
        )
    console.print(table)


@group.command("correct")
@click.argument("grid_key", type=int)
@click.argument("values", nargs=-1, required=True)
@click.option("--note", required=True, help="原因 / why.")
def correct_command(grid_key: int, values: tuple[str, ...], note: str) -> None:
    """更正网格名称、人口、户数：字段=值 / correct a grid: name_zh, name_en, population, households."""
    told = {name.strip(): value for name, _, value in (text.partition("=") for text in values)}
    with workspace() as database:
        corrections.correct_grid(database, actor(database), grid_key, told, note)
    console.print(f"已更正 / corrected: {grid_key}")


@group.command("name-region")
@click.argument("code", type=int)
@click.argument("name_zh")
@click.option("--en", "name_en", help="英文名 / name in English.")
def name_region_command(code: int, name_zh: str, name_en: str | None) -> None:
    """给区县（6 位代码）、地市（4 位）或省（2 位）命名 / name a county, city or province by its code."""
    with workspace() as database:
        regions.name_region(database, actor(database).scope, code, name_zh, name_en)
    console.print(f"已命名 / named: {code} {name_zh}", markup=False)


group.add_command(export_command(GRIDS, "网格"))
