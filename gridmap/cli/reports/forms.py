"""``gridmap forms …``: official forms filled, handed in and compared; papers of a mediation."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table

from gridmap.cli.common import actor, console, workspace
from gridmap.domain.official_forms import COLUMNS
from gridmap.services.reports import form_files, official_forms
from gridmap.services.reports.official_forms import DisputeForm

_PERIOD = click.option("--period", required=True, help="周期 / period: 2026-10, 2026-Q4, 2026-H2, 2026.")
_LEVEL = click.option(
    "--level", type=click.Choice(["2", "3"]), default="3", help="行 / rows: areas or villages."
)
_WITHIN = click.option("--within", type=int, help="网格键 / key of the grid that the form is about.")


@click.group(help="报表 / official forms: show, make, hand-in, list, places, papers.")
def group() -> None:  # noqa: D103 - its help is above
    pass


@group.command("show")
@_PERIOD
@_LEVEL
@_WITHIN
def _show(period: str, level: str, within: int | None) -> None:
    """矛盾纠纷报表，及报送后的变化 / the dispute sheet, and what changed since it was handed in."""
    with workspace() as database:
        asked = official_forms.asked_for(period, int(level), within)
        _print(official_forms.dispute_form(database, actor(database).scope, asked))


@group.command("make")
@_PERIOD
@_LEVEL
@_WITHIN
@click.option(
    "--template",
    type=click.Path(path_type=Path, exists=True),
    help="自有表样 / the town's own .xlsx or .docx.",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="文件 / the file.")
def _make(period: str, level: str, within: int | None, template: Path | None, out: Path) -> None:
    """写成文件 / write the form as a file."""
    with workspace() as database:
        asked = official_forms.asked_for(period, int(level), within)
        form = official_forms.dispute_form(database, actor(database).scope, asked)
        form_files.write_form(form, out, zone=database.settings.timezone, template=template)
    console.print(f"已写入 / written: {out}", markup=False)


@group.command("hand-in")
@_PERIOD
@_LEVEL
@_WITHIN
def _hand_in(period: str, level: str, within: int | None) -> None:
    """登记为已报送，以后的变化以此为准 / keep the form as handed in; later changes are told against it."""
    with workspace() as database:
        asked = official_forms.asked_for(period, int(level), within)
        _print(official_forms.hand_in(database, actor(database), asked))


@group.command("list")
def _list() -> None:
    """历次报送 / forms that were handed in."""
    with workspace() as database:
        found = official_forms.handed_in(database, actor(database).scope)
        if not found:
            console.print("还没有报送过 / none was handed in yet: gridmap forms hand-in")
        for one in found:
            console.print(
                f"{one['period']}  {one['grid_key']}  {one['made_by']}  {one['made_at']:%Y-%m-%d %H:%M}",
                markup=False,
            )


@group.command("places")
@_PERIOD
@_LEVEL
@_WITHIN
def _places(period: str, level: str, within: int | None) -> None:
    """自有表样可用的填写项 / what a form file of the town's own may name, with its value now."""
    with workspace() as database:
        asked = official_forms.asked_for(period, int(level), within)
        form = official_forms.dispute_form(database, actor(database).scope, asked)
        for name, value in form_files.places(form, database.settings.timezone).items():
            console.print(f"{{{{{name}}}}}  {'' if value is None else value}", markup=False)


@group.command("papers")
@click.argument("number")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="文件 / the file, .docx.")
def _papers(number: str, out: Path) -> None:
    """一起纠纷的调解卷宗，姓名留空 / the papers of a mediation, with blanks for names."""
    with workspace() as database:
        form_files.write_mediation_papers(database, actor(database), number, out)
    console.print(f"已写入 / written: {out}", markup=False)


def _print(form: DisputeForm) -> None:
    table = Table(title=f"{form.root[0]} {form.asked.period.zh}")
    rows = (form.total, *form.by_grid, *form.by_kind)
    table.add_column("", no_wrap=True)
    for column in COLUMNS:
        # A heading takes as many lines as a narrow terminal needs; a number is never broken.
        widest = max(len(str(row.counts[column.code])) for row in rows)
        table.add_column(column.zh, justify="right", overflow="fold", min_width=max(widest, 2))
    for row in rows:
        table.add_row(row.zh, *(str(row.counts[column.code]) for column in COLUMNS))
    console.print(table)
    console.print("，".join(f"{column.zh} {column.en}" for column in COLUMNS))
    if form.sealed:
        console.print(f"含保密事件 / sealed cases among them: {form.sealed}")
    if form.outside:
        console.print(
            f"另有 {form.outside} 件不在任何网格内，未计入 / {form.outside} cases lie in no grid and are not counted."
        )
    if form.handed_in:
        console.print(
            f"已报送 / handed in: {form.handed_in['made_by']} {form.handed_in['made_at']:%Y-%m-%d %H:%M}"
        )
        for change in form.changes:
            console.print(
                f"  {change.column}: {change.before} → {change.now}  +{len(change.added)} "
                f"(补录 / recorded since {len(change.new_records)}) −{len(change.gone)}"
            )
