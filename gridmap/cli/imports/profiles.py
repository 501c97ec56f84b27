"""``gridmap profiles …`` and ``gridmap incoming …``: how source systems' files are read, and what they drop."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import click
from rich.table import Table

from gridmap.cli.common import actor, console, read_mapping, workspace
from gridmap.domain.profiles import UNKNOWN, UNKNOWN_WORDS, Profile, Proposal
from gridmap.domain.records import NOUNS
from gridmap.services.house import IMPORT_KINDS
from gridmap.services.imports import incoming, profile_files, profiles

_NOUNS = click.Choice([noun for noun in IMPORT_KINDS if noun != "roads"])
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group(
    "profiles",
    help="来源配置 / profiles of source systems: list, show, propose, save, export, load, import, remove.",
)
def group() -> None:  # noqa: D103 - its help is above
    pass


@group.command("list")
def _list() -> None:
    """已有的来源配置 / the profiles there are."""
    with workspace() as database:
        actor(database)
        found = profiles.list_profiles(database)
        if not found:
            console.print("还没有来源配置 / no profiles yet: gridmap profiles save")
        for one in found:
            console.print(
                f"{one.name}  {NOUNS[one.noun].zh}  {'/'.join(UNKNOWN_WORDS[one.unknown])}", markup=False
            )


@group.command("show")
@click.argument("name")
def _show(name: str) -> None:
    """一个来源配置 / one profile."""
    with workspace() as database:
        actor(database)
        found = profiles.find(database, name)
    console.print(
        f"{found.name}  {NOUNS[found.noun].zh}  {'/'.join(UNKNOWN_WORDS[found.unknown])}", markup=False
    )
    for left, right in found.mapping.items():
        console.print(f"  {left} → {right or '不读 / not read'}", markup=False)
    said = ("crs", "sheet", "layer", "encoding", "dayfirst")
    for name_, value in ((name_, getattr(found, name_)) for name_ in said):
        if value is not None:
            console.print(f"  {name_}: {value}", markup=False)


def _given(
    name: str,
    noun: str,
    mapping: Path | None,
    unknown: str,
    crs: str | None,
    sheet: str | None,
    encoding: str | None,
    layer: str | None,
    dayfirst: bool | None,
) -> Profile:
    told = read_mapping(mapping) or {}
    return Profile(name, noun, told, unknown, crs, sheet, layer, encoding, dayfirst)  # type: ignore[arg-type]


@group.command("propose")
@click.argument("file", type=_FILE)
@click.option("--noun", type=_NOUNS, default="incidents", show_default=True, help="什么记录 / which records.")
@click.option("--profile", "name", help="按已有配置看 / under a profile.")
@click.option("--mapping", type=_FILE, help="列对应表 JSON / mapping.")
def _propose(file: Path, noun: str, name: str | None, mapping: Path | None) -> None:
    """看文件的各列是什么、填了多少、有哪些未知的值 / what each column is, how full, and which values are unknown."""
    with workspace() as database:
        acting = actor(database)
        asked = profiles.find(database, name) if name else Profile("-", noun, read_mapping(mapping) or {})
        found = profiles.propose(database, acting.scope, IMPORT_KINDS[asked.noun], file, asked)
    _print(found)
    if found.missing:
        sys.exit(1)


@group.command("save")
@click.argument("name")
@click.option("--noun", type=_NOUNS, default="incidents", show_default=True, help="什么记录 / which records.")
@click.option("--mapping", type=_FILE, help="列对应表 JSON / mapping of headings and values.")
@click.option(
    "--unknown",
    type=click.Choice(UNKNOWN),
    default="ask",
    show_default=True,
    help="未知的值 / unknown values.",
)
@click.option("--crs", help="坐标系 / EPSG:xxxx, GCJ-02, BD-09.")
@click.option("--sheet", help="工作表 / worksheet.")
@click.option("--encoding", help="CSV 的编码 / encoding of a CSV file.")
@click.option("--layer", help="图层 / layer.")
@click.option("--dayfirst/--monthfirst", default=None, help="01/02/2026 的读法 / how such a date is meant.")
@click.option(
    "--automatic/--by-hand",
    default=True,
    show_default=True,
    help="投放的文件自动导入 / import what is dropped by itself.",
)
def _save(
    name: str,
    noun: str,
    mapping: Path | None,
    unknown: str,
    crs: str | None,
    sheet: str | None,
    encoding: str | None,
    layer: str | None,
    *,
    dayfirst: bool | None,
    automatic: bool,
) -> None:
    """保存一个来源配置；投放文件夹为 GRIDMAP_HOME/incoming/名称 / keep a profile; its folder is incoming/NAME."""
    with workspace() as database:
        acting = actor(database)
        profiles.save(
            database,
            acting,
            replace(
                _given(name, noun, mapping, unknown, crs, sheet, encoding, layer, dayfirst),
                automatic=automatic,
            ),
        )
        folder = incoming.folder_of(database.settings.home, name)
        folder.mkdir(parents=True, exist_ok=True)
    console.print(f"已保存 / kept. 投放文件夹 / incoming folder: {folder}", markup=False)


@group.command("export")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
def _export(name: str, file: Path) -> None:
    """写成文件，交给别的镇或手工修改 / write one as a JSON file, for another town or to be edited."""
    with workspace() as database:
        actor(database)
        profile_files.write_profile(profiles.find(database, name), file)
    console.print(f"已写入 / written: {file}", markup=False)


@group.command("load")
@click.argument("file", type=_FILE)
@click.option("--name", help="另取名称 / under another name.")
def _load(file: Path, name: str | None) -> None:
    """读入一个配置文件；投放的文件先不自动导入 / read one from a file; what is dropped waits until it is turned on."""
    with workspace() as database:
        acting = actor(database)
        read = profile_files.read_profile(file, name)
        folder = profile_files.take_in(database, acting, read)
    console.print(f"已保存 / kept: {read.name}. 投放文件夹 / incoming folder: {folder}", markup=False)


@group.command("import")
@click.argument("name")
@click.argument("file", type=_FILE)
@click.option("--dry-run", is_flag=True, help="只检查 / check only.")
def _import(name: str, file: Path, *, dry_run: bool) -> None:
    """按来源配置导入一个文件 / import a file by a profile."""
    with workspace() as database:
        acting = actor(database)
        found = profiles.find(database, name)
        refused = file.with_name(f"{file.stem}-refused.xlsx")
        done = profiles.bring(
            database,
            acting.scope,
            IMPORT_KINDS[found.noun],
            file,
            found,
            actor=acting,
            dry_run=dry_run,
            refused_file=refused,
        )
    how = "已导入 / imported" if done.committed else "未写入 / nothing written"
    console.print(
        f"{how}: 新增 / new {done.inserted}, 更新 / updated {done.updated}, 未变 / unchanged {done.unchanged}, "
        f"退回 / refused {done.refused}"
    )
    if done.refused_file:
        console.print(f"退回行 / refused rows: {done.refused_file}", markup=False)
    if done.refused and not done.committed:
        sys.exit(1)


@group.command("remove")
@click.argument("name")
def _remove(name: str) -> None:
    """移除一个来源配置 / remove a profile; what it brought in stays."""
    with workspace() as database:
        profiles.remove(database, actor(database), name)
    console.print("已移除 / removed.")


@click.group("incoming", help="收件夹 / the incoming folder: list, run.")
def incoming_group() -> None:  # noqa: D103 - its help is above
    pass


@incoming_group.command("list")
def _waiting() -> None:
    """等待导入的文件 / files that wait."""
    with workspace() as database:
        actor(database)
        found = incoming.waiting(database, quiet_s=0)
        home = incoming.folder_of(database.settings.home)
        passed_over = incoming.overlooked(database)
    for one in found:
        console.print(f"{one.profile}/{one.path.name}  {one.size_bytes:,} B", markup=False)
    for name in passed_over:
        console.print(f"不看 / not looked at (文件夹或链接 / a folder or link): {name}", markup=False)
    if not found:
        console.print(f"没有文件等待 / no file waits: {home}", markup=False)


@incoming_group.command("run")
def _run() -> None:
    """现在就导入等待的文件 / import the files that wait, now."""
    with workspace() as database:
        answered = incoming.run(database, actor(database), IMPORT_KINDS)
    for one in answered:
        console.print(
            f"{one.profile}/{one.file_name}: {one.outcome}  +{one.inserted} ~{one.updated} ={one.unchanged} "
            f"✗{one.refused}  {one.zh or one.result or ''}",
            markup=False,
        )
    if not answered:
        console.print("没有文件等待 / no file waits.")
    if any(one.outcome == "refused" for one in answered):
        sys.exit(1)


def _print(found: Proposal) -> None:
    table = Table()
    for heading in ("列 / column", "读作 / read as", "填写 / filled", "未知的值 / unknown values"):
        table.add_column(heading, overflow="fold")
    for column in found.columns:
        unknown = "、".join(f"{value}（{n}）" for value, n in column.unknown[:8])
        table.add_row(column.heading, column.field or "–", f"{column.filled}/{column.total}", unknown)
    console.print(table)
    if found.missing:
        console.print(f"{found.missing}\n{found.missing_en}", markup=False)
        return
    console.print(f"{found.valid} 行合格 / valid, {found.refused} 行有误 / refused")
    for zh, en, n in found.reasons:
        console.print(f"  {n} × {zh} / {en}", markup=False)
