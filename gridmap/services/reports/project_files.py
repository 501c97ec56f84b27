"""The file of a project's risk assessment (稳评) and the week's book of questions and rulings, as documents."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from gridmap.domain.accounts import Actor
from gridmap.domain.cases import lists
from gridmap.domain.cases.projects import ANSWERS, PROJECTS, STEPS
from gridmap.domain.codes import code_list
from gridmap.domain.roles import Action, may
from gridmap.files.atomic import replacing
from gridmap.files.endings import require_ending
from gridmap.files.papers import Paper, write_papers
from gridmap.files.placeholders import Value, fill_file
from gridmap.services.cases import projects
from gridmap.services.cases.places import places_of
from gridmap.services.cases.projects import ShownProject, Window
from gridmap.services.reports import case_parts
from gridmap.storage.database import Database

_SITES = {"organisations": "机构", "migrants": "聚居点", "fixed_points": "必到点"}


def write_assessment(
    database: Database, actor: Actor, code: str, target: Path, *, template: Path | None = None
) -> None:
    """Write the file of a project's assessment: register, consultation, analysis, report and decision, follow-up.

    Parameters
    ----------
    database : Database
    actor : Actor
        Sees true numbers; sites are told to whoever sees services.
    code : str
    target : Path
        ``.docx``; with a template of the template's kind. It appears whole or not at all. What is not told yet is a
        blank to be filled by hand.
    template : Path, optional
        The town's own ``.xlsx`` or ``.docx`` with named places, see `assessment_places`.

    Raises
    ------
    InvalidInput
        When the template cannot be used.
    NotFound
        When the scope has no such project.
    Forbidden
        When the actor sees no cases, or no true numbers.
    """
    shown, names = _seen(database, actor, code)
    today = _today(database)
    require_ending(target, template.suffix.lower() if template is not None else ".docx")
    with replacing(target) as temporary:
        if template is not None:
            rows: list[dict[str, Value]] = [
                {
                    "name": grid["name_zh"],
                    "name_en": grid["name_en"],
                    "share": f"{100 * grid['share']:.0f}%",
                }
                for grid in shown.grids
            ]
            fill_file(template, temporary, _values(shown, names, today), rows)
        else:
            footer = f"{code}　{shown.row['name_zh']}　{today} 生成"
            write_papers(_papers(shown, names), temporary, footer=footer)


def assessment_places(database: Database, actor: Actor, code: str) -> dict[str, Value]:
    """Return what a town's own file of an assessment may name: ``name_zh``, ``consult_on``, ``before.total``.

    Raises
    ------
    NotFound
        When the scope has no such project.
    Forbidden
        When the actor sees no cases, or no true numbers.
    """
    return _values(*_seen(database, actor, code), _today(database))


def _seen(database: Database, actor: Actor, code: str) -> tuple[ShownProject, Mapping[int, tuple[str, str]]]:
    case_parts.require_cases(actor)
    shown = projects.seen(database, actor.scope, code)
    if not may(actor.role, Action.SEE_SERVICES):
        shown = replace(shown, sites=None)
    return shown, places_of(database, actor.scope).names


def _today(database: Database) -> dt.date:
    return dt.datetime.now(ZoneInfo(database.settings.timezone)).date()


def _values(shown: ShownProject, names: Mapping[int, tuple[str, str]], today: dt.date) -> dict[str, Value]:
    row: Mapping[str, Any] = shown.row
    out: dict[str, Value] = {
        f.name: row[f.name] if isinstance(row[f.name], int) else _told(row[f.name])
        for f in PROJECTS.fields
        if f.name in row
    }
    listed = {"kind": "project_kind", "risk": "risk", "decision": "project_decision"}
    out |= {field: _named(name, row[field]) for field, name in listed.items()}
    out |= {
        "place": names.get(int(row["grid_key"]), ("", ""))[0],
        "households": shown.households,
        "grids": _grids(shown),
        "sites": _sites(shown),
        "today": today.isoformat(),
    }
    for name, window in (("before", shown.before), ("after", shown.after)):
        out |= {f"{name}.since": str(window.since), f"{name}.until": str(window.until)}
        out |= {f"{name}.{c.code}": window.by_domain.get(c.code, 0) for c in code_list("domain")}
        out[f"{name}.total"] = window.total
    return out


def _grids(shown: ShownProject) -> str:
    return "、".join(f"{g['name_zh']}（{100 * g['share']:.0f}%）" for g in shown.grids)


def _sites(shown: ShownProject) -> str:
    if shown.sites is None:
        return ""
    return "\n".join(f"{_SITES[s['noun']]} {s['code']} {s['name'] or ''}" for s in shown.sites) or "无"


def _named(name: str, code: str | None) -> str:
    return lists.find(name, code).zh if code else ""


def _told(value: Any) -> str:
    return "" if value is None else str(value)


def _span(window: Window, words: str) -> tuple[str, str]:
    domains = {c.code: c.zh for c in code_list("domain")}
    parts = "、".join(f"{domains[d]} {n} 件" for d, n in sorted(window.by_domain.items()))
    counts = f"{window.total} 件" + (f"（{parts}）" if parts else "")
    return f"{words}（{window.since} 至 {window.until}）", counts


def _papers(shown: ShownProject, names: Mapping[int, tuple[str, str]]) -> list[Paper]:
    row: Mapping[str, Any] = shown.row
    place = names.get(int(row["grid_key"]), ("", ""))[0]
    steps = tuple((f"{_named('project_step', step)}日期", _told(row[f"{step}_on"])) for step in STEPS)
    fields = {name: PROJECTS.field(name).zh for name in (*ANSWERS, "asked")}
    return [
        Paper(
            "重大事项社会稳定风险评估登记表",
            (
                ("项目编号", row["code"]),
                ("项目名称", row["name_zh"]),
                ("类型", _named("project_kind", row["kind"])),
                ("责任单位", row["lead"] or ""),
                ("所在网格", place),
                *steps,
            ),
            (("项目概况", ""),),
            ("责任单位", "镇综治中心"),
        ),
        Paper(
            "征求意见情况表",
            (
                *((fields[name], _told(row[name])) for name in ("asked", *ANSWERS)),
                ("用地内户数（按网格面积折算）", _told(shown.households)),
            ),
            (("主要意见和采纳情况", ""),),
            ("征求意见单位",),
        ),
        Paper(
            "风险分析预测表",
            (
                _span(shown.before, "之前用地内事件"),
                _span(shown.after, "之后用地内事件"),
                ("涉及网格", _grids(shown)),
                ("风险等级", _named("risk", row["risk"])),
            ),
            (("用地内机构和场所", _sites(shown)), ("风险点和化解措施", row["decision_note"] or "")),
            ("分析人",),
        ),
        Paper(
            "社会稳定风险评估意见",
            (
                ("评估结论", _named("project_decision", row["decision"])),
                ("确定意见日期", _told(row["decide_on"])),
                ("实施日期", _told(row["begins_on"])),
            ),
            (
                ("意见", row["decision_note"] or ""),
                *(() if shown.warning is None else (("提示", shown.warning.zh),)),
            ),
            ("评估小组", "决策单位"),
        ),
        Paper(
            "跟踪情况表",
            (("跟踪日期", _told(row["follow_up_on"])), _span(shown.after, "之后用地内事件")),
            (("跟踪情况", row["follow_up"] or ""),),
            ("跟踪单位",),
        ),
    ]


def write_book(database: Database, actor: Actor, since: dt.date, until: dt.date, target: Path) -> int:
    """Write the book of questions and rulings of some days; return how many there are.

    Parameters
    ----------
    database : Database
    actor : Actor
        Sees true numbers.
    since, until : date
        First and last day.
    target : Path
        ``.docx``; it appears whole or not at all.

    Raises
    ------
    Forbidden
        When the actor sees no cases, or no true numbers.
    """
    case_parts.require_cases(actor)
    require_ending(target, ".docx")
    rows = projects.list_rulings(database, actor.scope, since, until)
    names = places_of(database, actor.scope).names
    kinds = {c.code: c.zh for c in code_list("dispute_kind")}
    domains = {c.code: c.zh for c in code_list("domain")}
    papers = [
        Paper(
            f"疑难问题答复 {row['code']}",
            (
                ("日期", str(row["on_day"])),
                ("适用范围", names.get(int(row["grid_key"]), ("", ""))[0]),
                ("领域", domains.get(row["domain"] or "", "")),
                ("类型", kinds.get(row["kind"] or "", "")),
                ("同类事件", f"{row['like']} 件，未办结 {row['like_open']} 件"),
                ("答复单位", row["ruled_by"] or ""),
            ),
            (("问题", row["question"]), ("答复", row["ruling"] or "")),
            ("答复单位",),
        )
        for row in reversed(rows)
    ]
    if not papers:
        papers = [Paper("疑难问题答复", (), (("本期", "没有登记问题。"),))]
    with replacing(target) as temporary:
        write_papers(papers, temporary, footer=f"{since} 至 {until}")
    return len(rows)
