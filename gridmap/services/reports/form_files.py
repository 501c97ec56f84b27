"""Official forms as files: the product's own workbook, a town's own form file, and the papers of a mediation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from gridmap.domain.accounts import Actor
from gridmap.domain.cases import lists
from gridmap.domain.cases.model import Case
from gridmap.domain.codes import code_list
from gridmap.domain.gridkey import LEVELS, UNASSIGNED, VILLAGE, Scope, ancestor, level_of
from gridmap.domain.official_forms import COLUMNS, SHARES, share
from gridmap.errors import Conflict, NotFound
from gridmap.files.atomic import replacing
from gridmap.files.endings import require_ending
from gridmap.files.papers import Paper, write_papers
from gridmap.files.placeholders import Value, fill_file
from gridmap.files.workbook import open_workbook, put_text
from gridmap.services.cases import bodies, desk
from gridmap.services.cases.places import places_of
from gridmap.services.reports.official_forms import DisputeForm, Row
from gridmap.storage.database import Database

_HEADINGS = (
    *((c.code, c.zh, c.en) for c in COLUMNS[:2]),
    ("handled_share", *SHARES["handled_share"][:2]),
    (COLUMNS[2].code, COLUMNS[2].zh, COLUMNS[2].en),
    ("succeeded_share", *SHARES["succeeded_share"][:2]),
    *((c.code, c.zh, c.en) for c in COLUMNS[3:]),
)
"""Columns of the sheet, in the order of the receivers' own forms: each count with its share."""


def headings() -> tuple[tuple[str, str, str], ...]:
    """Return code and names of the columns, shares beside their counts."""
    return _HEADINGS


def values_of(row: Row) -> dict[str, int | float | None]:
    """Return a row's counts and shares (0 to 1; None where there is nothing to divide by)."""
    return dict(row.counts) | {name: share(row.counts, name) for name in SHARES}


def own_templates(database: Database, of: str = "") -> list[Path]:
    """Return the form files that lie in the workspace's folder ``forms``, or in a folder `of` in it."""
    folder = database.settings.home / "forms" / of
    return sorted(p for p in folder.glob("*") if p.suffix.lower() in {".xlsx", ".docx"} and p.is_file())


def own_template(database: Database, name: str, of: str = "") -> Path:
    """Return one of the workspace's form files by its name.

    Raises
    ------
    NotFound
        When there is no such file.
    """
    found = next((path for path in own_templates(database, of) if path.name == name), None)
    if found is None:
        folder = f"forms/{of}" if of else "forms"
        raise NotFound(
            "form-template-absent",
            f"没有表样“{name}”。表样放在工作区的 {folder} 文件夹。",
            f"There is no form file {name!r}. Form files lie in the workspace's folder {folder}.",
        )
    return found


def write_form(form: DisputeForm, target: Path, *, zone: str, template: Path | None = None) -> None:
    """Write the dispute sheet as a workbook, or into a town's own form file.

    Parameters
    ----------
    form : DisputeForm
    target : Path
        ``.xlsx``; with a template of the template's kind. It appears whole or not at all.
    zone : str
        In which its time is told.
    template : Path, optional
        A ``.xlsx`` or ``.docx`` with named places, see `places`.

    Raises
    ------
    InvalidInput
        When the template cannot be used.
    """
    require_ending(target, template.suffix.lower() if template is not None else ".xlsx")
    with replacing(target) as temporary:
        if template is not None:
            fill_file(template, temporary, places(form, zone), [_told(row) for row in form.by_grid])
        else:
            _write_workbook(form, temporary, zone)


def places(form: DisputeForm, zone: str) -> dict[str, Value]:
    """Return what a town's own form file may name: ``total.found``, ``kind.02.succeeded``, ``grid.KEY.open``."""
    out: dict[str, Value] = {
        "place": form.root[0],
        "place.en": form.root[1],
        "period": form.asked.period.zh,
        "period.name": form.asked.period.name,
        "since": form.asked.period.since.isoformat(),
        "until": form.asked.period.until.isoformat(),
        "as_of": _at(form.as_of, zone),
        "sealed": form.sealed,
        "outside": form.outside,
    }
    for prefix, rows in (("", (form.total,)), ("kind.", form.by_kind), ("grid.", form.by_grid)):
        for row in rows:
            which = prefix + row.name.partition(" ")[2] if prefix else "total"
            out |= {f"{which}.{name}": value for name, value in _told(row).items()}
    return out


def _told(row: Row) -> dict[str, Value]:
    shares = {
        name: None if (value := share(row.counts, name)) is None else f"{100 * value:.2f}%" for name in SHARES
    }
    return {"name": row.zh, "name_en": row.en, **row.counts, **shares}


def _at(moment: dt.datetime, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def _write_workbook(form: DisputeForm, path: Path, zone: str) -> None:
    with open_workbook(path) as book:
        bold = book.add_format({"bold": True, "text_wrap": True, "border": 1, "align": "center"})
        cell = book.add_format({"border": 1})
        percent = book.add_format({"border": 1, "num_format": "0.00%"})
        title = book.add_format({"bold": True, "font_size": 16})
        for name, first, rows in (("按网格", "网格", form.by_grid), ("按类别", "类别", form.by_kind)):
            sheet = book.add_worksheet(name)
            sheet.set_landscape()
            sheet.set_paper(9)
            sheet.fit_to_pages(1, 0)
            sheet.set_column(0, 0, 22)
            sheet.freeze_panes(3, 1)
            put_text(sheet, 0, 0, f"{form.root[0]}矛盾纠纷排查化解情况表（{form.asked.period.zh}）", title)
            told = f"按发生日期 {form.asked.period.since} 至 {form.asked.period.until}；截至 {_at(form.as_of, zone)}"
            if form.sealed:
                told += f"；含保密事件 {form.sealed} 件，只计数"
            if form.outside:
                told += f"；另有 {form.outside} 件不在任何网格内，未计入"
            put_text(sheet, 1, 0, told)
            for column, text in enumerate((first, *(zh for _, zh, _ in _HEADINGS))):
                put_text(sheet, 2, column, text, bold)
            for line, row in enumerate((*rows, form.total), 3):
                put_text(sheet, line, 0, row.zh, cell)
                values = values_of(row)
                for column, (code, _, _) in enumerate(_HEADINGS, 1):
                    value = values[code]
                    if value is None:
                        put_text(sheet, line, column, "–", cell)
                    else:
                        sheet.write_number(line, column, value, percent if code in SHARES else cell)


def write_mediation_papers(database: Database, actor: Actor, number: str, target: Path) -> None:
    """Write the papers of a mediation (人民调解卷宗) with what the case tells, and blanks for names.

    Parameters
    ----------
    database : Database
    actor : Actor
    number : str
    target : Path
        ``.docx``; it appears whole or not at all.

    Raises
    ------
    NotFound
        When there is no such case in the scope.
    Conflict
        When it is sealed and was not opened, or may not be mediated.
    """
    case = desk.find(database, actor, number)
    if case.closed or case.row.domain != "dispute" or case.barred:
        raise Conflict(
            "papers-not-here",
            "只有可以调解的矛盾纠纷才有调解卷宗；保密事件请在打开后的页面办理。",
            "Only a dispute that may be mediated has papers of a mediation; a sealed case is worked on where it is "
            "opened.",
        )
    require_ending(target, ".docx")
    papers = _papers(database, actor.scope, case)
    with replacing(target) as temporary:
        write_papers(
            papers, temporary, footer=f"{case.row.number}　姓名、身份证号、电话由双方当面填写，不录入系统"
        )


def _papers(database: Database, scope: Scope, case: Case) -> list[Paper]:
    zone = database.settings.timezone
    row, state = case.row, case.state
    names = places_of(database, scope).names

    def named(key: int) -> str:
        if key == UNASSIGNED:
            return ""
        return "".join(
            names.get(ancestor(key, level), ("", ""))[0]
            for level in LEVELS
            if level <= min(level_of(key), VILLAGE)
        )

    def listed(name: str, code: str | None) -> str:
        return lists.find(name, code).zh if code else ""

    kind = next((c.zh for c in code_list("dispute_kind") if c.code == row.kind), "")
    body = next((b["name_zh"] for b in bodies.directory(database) if b["code"] == row.body_code), "")
    body = body or case.told.told_body or ""
    place = named(row.grid_key) + ("" if row.reporter_hidden else row.place or "")
    facts: Mapping[str, str] = {
        "编号": row.number,
        "受理日期": _at(state.accepted_at or row.occurred_at, zone)[:10],
        "纠纷类型": kind,
        "发生地点": place,
        "涉及人数": "" if case.told.people_count is None else str(case.told.people_count),
        "涉及金额": listed("sum_band", case.told.sum_band),
    }
    whose = (("当事人甲", ""), ("当事人乙", ""))
    about = row.summary or ""
    notes = "\n".join(
        s.note for s in case.steps if s.note and s.action in {"mediate", "confer"} and not s.undone_at
    )
    notes = notes or case.told.told_result or ""
    follow = "\n".join(
        f"{_at(s.at, zone)[:10]} {listed('fulfilled', s.fulfilled)} {s.note or ''}".strip()
        for s in case.steps
        if s.action == "follow_up" and not s.undone_at
    )
    return [
        Paper("人民调解受理登记表", (*facts.items(), *whose), (("纠纷简要情况", about),), ("登记人",)),
        Paper(
            "人民调解调查记录",
            (("时间", ""), ("地点", ""), ("被调查人", ""), ("调查人", "")),
            (("记录", ""),),
            ("被调查人", "调查人"),
        ),
        Paper(
            "人民调解记录",
            (("编号", row.number), ("时间", ""), ("地点", ""), ("调解组织", body), ("调解员", ""), *whose),
            (("纠纷简要情况", about), ("调解情况", notes)),
            ("当事人甲", "当事人乙", "调解员"),
        ),
        Paper(
            "人民调解协议书",
            (("编号", row.number), ("调解组织", body), *whose),
            (
                ("纠纷主要事实、争议事项", about),
                ("经调解，自愿达成如下协议", ""),
                ("履行方式、期限", ""),
                (
                    "调解结果",
                    "、".join(
                        filter(None, (listed("outcome", state.outcome), listed("agreement", state.agreement)))
                    ),
                ),
            ),
            ("当事人甲", "当事人乙", "调解员"),
        ),
        Paper(
            "人民调解回访记录",
            (("编号", row.number), ("协议履行", listed("fulfilled", state.fulfilled))),
            (("回访情况", follow),),
            ("被回访人", "回访人"),
        ),
    ]
