"""``gridmap projects`` and ``gridmap rulings``: assessments, questions and rulings at the terminal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from gridmap.cli.common import NOTHING, Day, actor, console, workspace
from gridmap.cli.imports.records import record_group
from gridmap.domain.cases import lists
from gridmap.domain.cases.projects import ANSWERS, STEPS
from gridmap.domain.records import NOUNS
from gridmap.domain.roles import Action, may
from gridmap.errors import InvalidInput
from gridmap.services.cases import project_acts, projects
from gridmap.services.reports import project_files

group = record_group(projects.PROJECTS, "项目", projects.PROJECT_LAYER, with_acts=False)
rulings = record_group(projects.RULINGS, "问题答复", projects.RULING_LAYER, with_acts=False)
_note = click.option("--note", required=True, help="原因 / why.")


def _read(noun: str, values: tuple[str, ...]) -> dict[str, str | None]:
    names = {spelled: f.name for f in NOUNS[noun].fields for spelled in (f.name, f.zh)}
    told: dict[str, str | None] = {}
    for text in values:
        name, sign, value = text.partition("=")
        if not sign or name.strip() not in names:
            raise InvalidInput(
                "act-field-unknown",
                f"“{text}”应为 字段=值。字段有：{'、'.join(dict.fromkeys(names))}。",
                f"{text!r} is no FIELD=VALUE; the fields are {', '.join(dict.fromkeys(names.values()))}.",
            )
        told[names[name.strip()]] = value.strip()
    return told


def _add_acts(commands: click.Group, noun: str) -> None:
    zh = NOUNS[noun].zh

    @commands.command("add", help=f"登记一条{zh}：字段=值 / enter one: FIELD=VALUE.")
    @click.argument("code")
    @click.argument("values", nargs=-1, required=True)
    @click.option("--shape", help="图形：经度,纬度 经度,纬度 … 或 GeoJSON / outline.")
    @click.option("--note", default="登记", show_default=True, help="原因 / why.")
    def add(code: str, values: tuple[str, ...], shape: str | None, note: str) -> None:
        _save(code, values, shape, note, new=True)

    @commands.command(
        "change", help=f"更改一条{zh}：字段=值，空值清空 / put one right: FIELD=VALUE, empty clears."
    )
    @click.argument("code")
    @click.argument("values", nargs=-1)
    @click.option("--shape", help="图形 / outline.")
    @_note
    def change(code: str, values: tuple[str, ...], shape: str | None, note: str) -> None:
        _save(code, values, shape, note, new=False)

    def _save(code: str, values: tuple[str, ...], shape: str | None, note: str, *, new: bool) -> None:
        told = {"code": code, **_read(noun, values)}
        outline = None if shape is None else project_acts.read_shape(shape)
        with workspace() as database:
            project_acts.save(database, actor(database), noun, told, note, shape=outline, new=new)
        console.print(f"已保存 / kept: {code}", markup=False)

    @commands.command("withdraw", help=f"撤销一条{zh}：保留并标记 / withdraw one: kept, marked.")
    @click.argument("code")
    @_note
    def withdraw(code: str, note: str) -> None:
        with workspace() as database:
            project_acts.withdraw(database, actor(database), noun, code, note)
        console.print(f"已撤销 / withdrawn: {code}", markup=False)

    @commands.command("undo", help=f"撤回一条{zh}最近的更改 / take the newest change of one back.")
    @click.argument("code")
    @_note
    def undo(code: str, note: str) -> None:
        with workspace() as database:
            project_acts.take_back(database, actor(database), noun, code, note)
        console.print(f"已撤回 / taken back: {code}", markup=False)


_add_acts(group, "projects")
_add_acts(rulings, "rulings")


@group.command("list")
def list_() -> None:
    """列出项目和评估进度 / list projects and how far their assessment is."""
    with workspace() as database:
        found = projects.list_projects(database, actor(database).scope)
    table = Table()
    for heading in ("编号 / code", "名称 / name", "步骤 / steps", "意见 / answers", "决定 / decision"):
        table.add_column(heading, overflow="fold")
    for found_row in found:
        row: Mapping[str, Any] = found_row
        done = [s for s in STEPS if row[f"{s}_on"] is not None]
        last = lists.find("project_step", done[-1]).zh if done else "—"
        decision = "" if row["decision"] is None else lists.find("project_decision", row["decision"]).zh
        answers = "/".join(
            "–" if row[n] is None else str(row[n]) for n in ("in_favour", "against", "unsure", "asked")
        )
        table.add_row(row["code"], row["name_zh"], f"{len(done)}/5 {last}", answers, decision)
    console.print(table)


@group.command("show")
@click.argument("code")
def show(code: str) -> None:
    """查看一个项目：五步、意见、前后事件、户数和场所 / show a project with what it touches."""
    with workspace() as database:
        who = actor(database)
        shown = projects.seen(database, who.scope, code)
    row: Mapping[str, Any] = shown.row
    console.print(
        f"{row['code']} {row['name_zh']}  {lists.find('project_kind', row['kind']).zh}", markup=False
    )
    for step in STEPS:
        named = lists.find("project_step", step)
        console.print(f"  {named.zh} / {named.en}: {row[f'{step}_on'] or '—'}")
    asked, *answers = ("—" if row[name] is None else row[name] for name in ("asked", *ANSWERS))
    console.print(
        f"征求 / asked {asked}: 支持 / for {answers[0]}, 反对 / against {answers[1]}, 不确定 / unsure {answers[2]}"
    )
    for window, words in ((shown.before, "之前 / before"), (shown.after, "之后 / after")):
        console.print(
            f"{words} {window.since} … {window.until}: {window.total} 件 / cases {dict(window.by_domain)}"
        )
    console.print(f"户数 / households: {'—' if shown.households is None else shown.households}")
    if may(who.role, Action.SEE_SERVICES):
        sites = ", ".join(str(s["code"]) for s in shown.sites or ()) or "—"
        console.print(f"场所 / sites: {sites}", markup=False)
    if shown.warning is not None:
        console.print(f"{shown.warning.zh} / {shown.warning.en}", markup=False)
    if row["decision"]:
        console.print(f"决定 / decision: {lists.find('project_decision', row['decision']).zh}")
    for entry in row["history"]:
        mark = f" （已撤回 / taken back: {entry['undone_why']}）" if entry.get("undone_at") else ""
        console.print(f"  {entry['at']} {entry['post']} {entry['act']}: {entry['why']}{mark}", markup=False)


@group.command("papers")
@click.argument("code")
@click.option(
    "--template",
    type=click.Path(path_type=Path, exists=True),
    help="自有表样 / the town's own .xlsx or .docx.",
)
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="文件 / the file.")
def papers(code: str, template: Path | None, out: Path) -> None:
    """写出稳评档案 / write the file of an assessment."""
    with workspace() as database:
        project_files.write_assessment(database, actor(database), code, out, template=template)
    console.print(f"已写入 / written: {out}", markup=False)


@group.command("places")
@click.argument("code")
def places(code: str) -> None:
    """自有表样可用的填写项 / what a file of the town's own may name, with its value now."""
    with workspace() as database:
        for name, value in project_files.assessment_places(database, actor(database), code).items():
            console.print(f"{{{{{name}}}}}  {'' if value is None else value}", markup=False)


@rulings.command("list")
@click.option("--from", "since", type=Day(), help="起 / first day.")
@click.option("--to", "until", type=Day(), help="止 / last day.")
def list_rulings(since: dt.date | None, until: dt.date | None) -> None:
    """列出问题和答复，新的在前 / list questions with their rulings, the newest first."""
    with workspace() as database:
        found = projects.list_rulings(database, actor(database).scope, since, until)
    for row in found:
        console.print(
            f"{row['code']} {row['on_day']} [{row['grid_key']}] {row['question']}\n"
            f"  → {row['ruling'] or '（待答复 / open）'}"
            f"  （同类 / like cases {row['like']}，未办结 / open {row['like_open']}）",
            markup=False,
        )
    if not found:
        console.print(NOTHING)


@rulings.command("book")
@click.option("--week", type=Day(), required=True, help="周内任一天 / any day of the week.")
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help=".docx")
def book(week: dt.date, out: Path) -> None:
    """写出一周的问题答复册 / write the week's book of questions and rulings (.docx)."""
    first = week - dt.timedelta(days=week.weekday())
    with workspace() as database:
        n = project_files.write_book(database, actor(database), first, first + dt.timedelta(days=6), out)
    console.print(f"已写入 {n} 条 / {n} written: {out}")
