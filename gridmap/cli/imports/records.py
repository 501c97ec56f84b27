"""Commands that import and export records: the same options and the same words for every kind."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any

import click
import pandas as pd
from rich.table import Table

from gridmap.cli.common import Day, actor, console, errors, progress, read_mapping, workspace
from gridmap.cli.imports.acts import add_acts
from gridmap.cli.imports.rows import KindWords, print_rows
from gridmap.domain.code_systems import systems
from gridmap.domain.codes import code_list, codes
from gridmap.domain.query import IncidentQuery
from gridmap.errors import InvalidInput
from gridmap.ingest.personal import named_kinds
from gridmap.services.cases import own_columns
from gridmap.services.cases.places import kind_words
from gridmap.services.imports.kinds import ImportKind
from gridmap.services.imports.records import MOST_COMPARED, ImportOptions, ImportResult, import_records
from gridmap.services.imports.sheets import import_sheets
from gridmap.services.workspace.exports import ExportLayer, count_left_out, export_layer

_SHOWN_REFUSALS = 20


def record_group(
    kind: ImportKind, zh: str, layer: ExportLayer | None = None, *, with_acts: bool = True
) -> click.Group:
    """Make the group of commands about one kind of record: import, and export where it is a layer."""
    noun = kind.noun.replace("_", "-")

    @click.group(noun, help=f"{zh} / {noun}.")
    def group() -> None:
        pass

    group.add_command(_import_command(kind, noun, zh))
    if kind.load.marked and with_acts:
        add_acts(group, kind, zh)
    if layer is not None:
        group.add_command(export_command(layer, zh))
    return group


def _import_command(kind: ImportKind, noun: str, zh: str) -> click.Command:
    @click.command(
        "import", help=f"导入{zh} / import {noun} from CSV, XLSX, GeoJSON, GeoPackage (docs/import.md)."
    )
    @import_options
    @click.option(
        "--all-sheets", is_flag=True, help="每月一表等：全部工作表 / every sheet that has such records."
    )
    def command(file: Path, *, all_sheets: bool, **given: Any) -> None:
        options = read_options(file, **given)
        if all_sheets and options.sheet is not None:
            raise InvalidInput(
                "sheet-or-all",
                "--sheet 和 --all-sheets 只能用一个。",
                "Use --sheet or --all-sheets, not both.",
            )
        with workspace() as database, progress() as on_progress:
            acting = actor(database)
            if all_sheets:
                told = import_sheets(database, acting, kind, file, options, on_progress=on_progress)
            else:
                one = import_records(
                    database, acting.scope, kind, file, options, actor=acting, on_progress=on_progress
                )
            kinds = kind_words(database, acting.scope)
        if all_sheets:
            tell_sheets(told, options, kinds)
        else:
            tell_import(one, options, kinds)

    return command


def import_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the argument and the options that every import of records takes; see :func:`read_options`."""
    for option in reversed(
        (
            click.argument("file", type=click.Path(path_type=Path)),
            click.option(
                "--mapping", type=click.Path(path_type=Path), help="列对应表 JSON / mapping of headings."
            ),
            click.option("--save-as", help="记住这张对应表 / remember the mapping under a name."),
            click.option("--use", "use", help="使用记住的对应表 / use a remembered mapping."),
            click.option("--crs", help="坐标系 / EPSG:xxxx, GCJ-02, BD-09."),
            click.option("--sheet", help="工作表 / worksheet."),
            click.option("--layer", help="图层 / layer."),
            click.option(
                "--encoding", help="CSV 的编码 / encoding of a CSV file: utf-8, gb18030, big5, utf-16."
            ),
            click.option(
                "--code-system",
                type=click.Choice(sorted(systems())),
                help="纠纷类型的代码体系 / code system of the kinds of disputes.",
            ),
            click.option(
                "--stage",
                type=click.Choice([code.code for code in code_list("stage")]),
                help="文件没有阶段时全部记为 / the stage of all cases where the file tells none.",
            ),
            click.option(
                "--dayfirst/--monthfirst", default=None, help="01/02/2026 的读法 / how it is meant."
            ),
            click.option(
                "--accept-valid",
                is_flag=True,
                help="导入合格行，其余退回 / import valid rows although others fail.",
            ),
            click.option(
                "--accept-doubtful",
                is_flag=True,
                help="有疑问的行也导入（像另一件事、像已有的记录）/ import rows that were asked about.",
            ),
            click.option(
                "--clear-blank",
                is_flag=True,
                help="空白单元格清空原值（默认不改）/ a blank cell empties the field; it changes nothing otherwise.",
            ),
            click.option(
                "--dry-run",
                is_flag=True,
                help="只检查并与已有记录比较，不写入 / check, compare with what is stored, write nothing.",
            ),
            click.option(
                "--refused", type=click.Path(path_type=Path), help="退回行写到 / spreadsheet of refused rows."
            ),
        )
    ):
        command = option(command)
    return command


def read_options(
    file: Path, mapping: Path | None, save_as: str | None, use: str | None, **given: Any
) -> ImportOptions:
    """Make the service's options of what was typed."""
    return ImportOptions(
        mapping=_with_constants(
            read_mapping(mapping), code_system=given["code_system"], stage=given["stage"]
        ),
        mapping_name=save_as or use,
        crs=given["crs"],
        sheet=given["sheet"],
        layer=given["layer"],
        encoding=given["encoding"],
        dayfirst=given["dayfirst"],
        accept_valid=given["accept_valid"],
        accept_doubtful=given["accept_doubtful"],
        dry_run=given["dry_run"],
        clear_blank=given["clear_blank"],
        refused_file=given["refused"] or file.with_name(f"{file.stem}-refused.xlsx"),
    )


def _with_constants(mapping: dict[str, str] | None, **told: str | None) -> dict[str, str] | None:
    said = {field: f"={value}" for field, value in told.items() if value is not None}
    return {**(mapping or {}), **said} if said else mapping


def tell_import(result: ImportResult, options: ImportOptions, kinds: KindWords) -> None:
    """Say what an import did; end the command with 1 where rows were refused and nothing was written."""
    _tell(result, options, kinds)
    if result.refused and not result.committed:
        sys.exit(1)


def tell_sheets(results: Mapping[str, ImportResult], options: ImportOptions, kinds: KindWords) -> None:
    """Say what an import of several sheets did; end the command with 1 where refused rows left all of them out."""
    for sheet, result in results.items():
        console.print(f"工作表 / sheet: {sheet}", markup=False)
        if result.committed or result.refused or options.dry_run or result.same_as_run is not None:
            _tell(result, options, kinds)
        else:
            console.print("没有问题，因其他表有误未写入 / in order, not written since another sheet is not.")
    if any(one.refused and not one.committed for one in results.values()):
        sys.exit(1)


def _tell(result: ImportResult, options: ImportOptions, kinds: KindWords) -> None:
    for notice in result.warnings:
        errors.print(f"注意 / note: {notice.zh} / {notice.en}", highlight=False)
    if result.same_as_run is not None:
        console.print(
            f"{result.file_name} 与第 {result.same_as_run} 次导入相同，没有改变任何内容 / "
            f"is the same file as import {result.same_as_run}; nothing was changed."
        )
        return
    if result.refused and result.parsed is not None:
        _tell_refusals(result, result.parsed.refused)
    if result.parsed is not None:
        _tell_starred(result.parsed.starred)
    if result.committed:
        console.print(
            f"已导入 / imported {result.file_name}: 新增 / new {result.inserted}, 更新 / updated {result.updated}, "
            f"未变 / unchanged {result.unchanged}, 退回 / refused {result.refused}"
        )
    elif options.dry_run:
        console.print(
            f"检查完毕，未写入 / checked, nothing written: {result.total - result.refused} 行合格 / valid, "
            f"{result.refused} 行有误 / refused"
        )
        console.print(
            f"与已有记录比较 / against what is stored: 新增 / new {result.inserted}, 更新 / changed {result.updated}, "
            f"未变 / same {result.unchanged}"
        )
        print_rows(result.noun, result.rows, kinds)
        if len(result.rows) == MOST_COMPARED:
            console.print(f"只列出前 {MOST_COMPARED} 行 / the first {MOST_COMPARED} rows are shown.")
    else:
        console.print(
            f"没有写入任何内容 / nothing was written: {result.total} 行中 {result.refused} 行有误。"
            f"改正后再导入，或加 --accept-valid / {result.refused} of {result.total} rows are refused; "
            "mend them and import again, or add --accept-valid."
        )
    if result.outside:
        console.print(f"{result.outside} 行不在任何网格内（已保留）/ rows lie in no grid (kept).")
    if result.to_confirm:
        console.print(
            f"{result.to_confirm} 行的定位精度跨越村界，请人工确认 / rows need a person to confirm the village."
        )


def _tell_refusals(result: ImportResult, frame: pd.DataFrame) -> None:
    table = Table(title=f"退回的行 / refused rows: {result.file_name}")
    for heading in ("行 / row", "列 / field", "值 / value", "原因 / reason"):
        table.add_column(heading, overflow="fold")
    for row in frame.head(_SHOWN_REFUSALS).itertuples():
        table.add_row(str(row.row), str(row.field), str(row.value), f"{row.reason_zh}\n{row.reason_en}")
    console.print(table)
    if len(frame) > _SHOWN_REFUSALS:
        console.print(f"… 另有 / and {len(frame) - _SHOWN_REFUSALS} 处 / more.")
    if result.refused_file is not None:
        console.print(f"退回行已写入，可改正后再导入 / written for mending: {result.refused_file}")


def _tell_starred(frame: pd.DataFrame) -> None:
    """Say row by row where words that point at a person were starred out."""
    if frame.empty:
        return
    table = Table(title="已用 * 代替指向个人的内容 / what points at a person is starred out")
    for heading in ("行 / row", "列 / field", "内容 / what"):
        table.add_column(heading, overflow="fold")
    for row in frame.head(_SHOWN_REFUSALS).itertuples():
        zh, en = named_kinds(str(row.kinds).split())
        table.add_row(str(row.row), str(row.field), f"{zh} / {en}")
    console.print(table)
    if len(frame) > _SHOWN_REFUSALS:
        console.print(f"… 另有 / and {len(frame) - _SHOWN_REFUSALS} 行 / more rows.")


def export_command(layer: ExportLayer, zh: str) -> click.Command:
    """Make the command that exports a layer."""

    @click.command("export", help=f"导出{zh} / export {layer.name} as .geojson, .gpkg, .csv or .xlsx.")
    @click.argument("file", type=click.Path(path_type=Path))
    @click.option(
        "--crs", default="EPSG:4326", show_default=True, help="坐标系 / EPSG:4490, GCJ-02, BD-09, …"
    )
    @columns_option(offered=layer.name == "incidents")
    @query_options(whole=layer.name == "incidents")
    def command(file: Path, crs: str, query: IncidentQuery, columns: str | None = None) -> None:
        if columns is not None:
            _export_in_columns(file, columns, query, layer)
            return
        with workspace() as database:
            rows = export_layer(database, actor(database).scope, layer, file, query=query, target_crs=crs)
            left_out = count_left_out(database, actor(database).scope, layer, query)
        console.print(f"已导出 {rows} 行 / exported {rows} rows: {file}")
        if left_out:
            console.print(f"另有保密 {left_out} 件，不导出 / {left_out} sealed cases are left out.")

    return command


def columns_option(*, offered: bool) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add the option of whose columns a file of cases has."""
    if not offered:
        return lambda command: command
    return click.option(
        "--columns",
        help=f"谁的列 / whose columns: {own_columns.NATIONAL} (GB/T 31000), 或来源配置 / or a profile; .csv, .xlsx.",
    )


def _export_in_columns(file: Path, name: str, query: IncidentQuery, layer: ExportLayer) -> None:
    with workspace() as database:
        scope = actor(database).scope
        columns = own_columns.columns_of(database, name)
        done = own_columns.write_columns(database, scope, columns, file, query=query)
        left_out = count_left_out(database, scope, layer, query)
    console.print(f"已导出 {done.rows} 行 / exported {done.rows} rows: {file}", markup=False)
    if done.elsewhere:
        console.print(
            f"另有 {done.elsewhere} 件不属于这些列的领域，未写入 / {done.elsewhere} cases are of other domains than "
            "these columns tell."
        )
    if left_out:
        console.print(f"另有保密 {left_out} 件，不导出 / {left_out} sealed cases are left out.")


def query_options(*, whole: bool) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add the options of a query, and hand it to the command as ``query``; with the grid alone where not `whole`."""
    options = [
        click.option(
            "--grid", type=int, help="只含此网格 / only this grid's key; 0: 不在任何网格内 / in no grid."
        )
    ]
    if whole:
        options += [
            click.option(
                "--domain", "domains", multiple=True, help="领域 / domain; 可多次 / may be repeated."
            ),
            click.option("--kind", "kinds", multiple=True, help="类别代码 / code of a kind."),
            click.option(
                "--stage",
                "stages",
                multiple=True,
                type=click.Choice(sorted(codes("stage"))),
                help="阶段 / stage.",
            ),
            click.option("--from", "since", type=Day(), help="起 / first day."),
            click.option("--to", "until", type=Day(), help="止 / last day."),
            click.option("--overdue", is_flag=True, help="已逾期 / open and past due."),
            click.option("--open", "open_", is_flag=True, help="未办结 / not closed."),
            click.option("--confirm", is_flag=True, help="待确认网格 / grid to be confirmed."),
            click.option(
                "--text", help="摘要中的词或编号开头 / words of the summary, or the beginning of a number."
            ),
        ]

    def wrap(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def asked(
            *,
            grid: int | None,
            overdue: bool = False,
            open_: bool = False,
            confirm: bool = False,
            domains: tuple[str, ...] = (),
            kinds: tuple[str, ...] = (),
            stages: tuple[str, ...] = (),
            since: dt.date | None = None,
            until: dt.date | None = None,
            text: str | None = None,
            **given: Any,
        ) -> None:
            flags = {"overdue": overdue, "open": open_, "confirm": confirm}
            query = IncidentQuery(
                grid,
                since,
                until,
                domains,
                kinds,
                stages,
                frozenset(f for f, on in flags.items() if on),
                text,
            )
            command(query=query, **given)

        wrapped: Callable[..., None] = asked
        for option in reversed(options):
            wrapped = option(wrapped)
        return wrapped

    return wrap
