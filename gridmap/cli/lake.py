"""``gridmap lake write|share|check``: cases or perturbed counts as Parquet by county, for analysis over many."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from gridmap.cli.common import actor, console, progress, workspace

_MOST_NAMED = 20


@click.group("lake", help="数据湖 / a lake: cases as GeoParquet by county and month (docs/growth.md).")
def lake_group() -> None:
    """Cases as GeoParquet by county and month."""


@lake_group.command("write")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def _write(folder: Path) -> None:
    """写入有变化的部分 / write what has changed: one file a county and month."""
    from gridmap.services.cases.lake import write_lake

    with workspace() as database, progress() as on_progress:
        done = write_lake(database, actor(database).scope, folder, on_progress=on_progress)
    console.print(
        f"已写入 / written {done.written}, 未变 / unchanged {done.kept}, 移除 / removed {done.removed}: "
        f"{done.rows} 行 / rows; 保密事件未写入 / sealed cases left out {done.sealed}",
        highlight=False,
    )


@lake_group.command("share")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def _share(folder: Path) -> None:
    """写入扰动数，供没有管辖范围的人使用 / write perturbed counts, for whoever has no scope: no record is in them."""
    from gridmap.services.cases.lake_counts import write_counts

    with workspace() as database, progress() as on_progress:
        done = write_counts(database, actor(database).scope, folder, on_progress=on_progress)
    console.print(
        f"已写入 / written {done.files} 个文件 / files, {done.numbers} 个扰动数 / perturbed counts",
        highlight=False,
    )


@lake_group.command("check")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--alone", is_flag=True, help="只看文件 / look at the files only, without a workspace.")
def _check(folder: Path, *, alone: bool) -> None:
    """核对每个文件 / read every file, and compare with the workspace; ends with 1 where it is torn."""
    from gridmap.services.cases.lake import COUNTS_LIST, check_lake
    from gridmap.services.cases.lake_counts import check_counts

    shared = (folder / COUNTS_LIST).is_file()
    if shared:
        found = check_counts(folder)
    elif alone:
        found = check_lake(folder)
    else:
        with workspace() as database:
            found = check_lake(folder, database, actor(database).scope)
    console.print(f"{found.files} 个文件 / files, {found.rows} 行 / rows", highlight=False)
    for words, names in (
        ("损坏 / torn", found.torn),
        ("清单之外 / not in the list", found.strange),
        ("已有变化 / changed since", found.behind or ()),
    ):
        for name in names[:_MOST_NAMED]:
            console.print(f"{words}: {name}", highlight=False, markup=False)
        if len(names) > _MOST_NAMED:
            console.print(f"{words}: … {len(names)}")
    if not found.is_whole:
        console.print(f"请重新运行 / run again: gridmap lake {'share' if shared else 'write'}")
        sys.exit(1)
    if found.behind == ():
        console.print("与工作区一致 / equal to the workspace")
