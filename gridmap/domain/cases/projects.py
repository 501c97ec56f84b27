"""Projects with their risk assessment (稳评), and questions with their rulings: fields, steps, and what must agree."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from gridmap.domain.cases.lists import choices, spellings_of
from gridmap.domain.codes import code_list
from gridmap.domain.fields import Field, Noun
from gridmap.domain.place_fields import GRID, NAME_EN, VILLAGE, code_field, name_field
from gridmap.domain.spellings import DOMAINS
from gridmap.domain.terms import LONGEST
from gridmap.errors import InvalidInput

STEPS = ("plan", "consult", "analyse", "report", "decide")
"""The five steps of an assessment in their order, as the list ``risk_assessment_step`` names them."""
ANSWERS = ("in_favour", "against", "unsure")


class Warned(NamedTuple):
    """What a person should look at, in both languages; it refuses nothing."""

    zh: str
    en: str


_MOST_ASKED = 1_000_000
_RISKS = {"低": "green", "中": "yellow", "高": "red", "较低": "green", "较高": "red"}
_DECISIONS = {
    **dict.fromkeys(("准予实施", "可实施", "可以实施", "同意实施", "实施"), "issue"),
    **dict.fromkeys(("暂缓出台", "暂缓实施", "暂缓", "缓实施"), "put_off"),
    **dict.fromkeys(("不予出台", "不予实施", "不实施"), "not"),
}


def _day(name: str, zh: str, *aliases: str) -> Field:
    return Field(name, "day", zh, aliases)


def _count(name: str, zh: str, *aliases: str) -> Field:
    return Field(name, "integer", zh, aliases, low=0, high=_MOST_ASKED)


def _text(name: str, zh: str, longest: int, *aliases: str, required: bool = False) -> Field:
    return Field(name, "text", zh, aliases, max_chars=longest, persons="starred", required=required)


PROJECTS = Noun(
    "projects",
    "项目",
    "project",
    (
        code_field("项目编号", "id", "编号", "代码", "project_code", "项目代码"),
        name_field("项目名称", "name", "重大事项", "事项名称"),
        NAME_EN,
        Field(
            "kind",
            "code",
            "类型",
            ("项目类型", "类别", "type"),
            codes=spellings_of("project_kind"),
            default="other",
        ),
        Field(
            "lead", "text", "责任单位", ("牵头单位", "评估主体", "主管单位"), max_chars=120, persons="refused"
        ),
        _day("plan_on", "制定方案日期", "方案日期", "制定评估方案"),
        _day("consult_on", "征求意见日期", "意见日期", "公示日期"),
        _day("analyse_on", "分析预测日期", "分析日期"),
        _day("report_on", "形成报告日期", "报告日期"),
        _day("decide_on", "确定意见日期", "决定日期"),
        _count("asked", "征求人数", "征求意见人数", "调查人数", "调查户数"),
        _count("in_favour", "支持人数", "支持", "同意", "同意人数", "赞成"),
        _count("against", "反对人数", "反对", "不同意", "不同意人数"),
        _count("unsure", "不确定人数", "不确定", "说不清", "无所谓", "弃权"),
        Field("risk", "code", "风险等级", ("风险", "评估等级"), codes=spellings_of("risk") | _RISKS),
        Field(
            "decision",
            "code",
            "决定",
            ("评估结论", "结论", "决策意见"),
            codes=spellings_of("project_decision") | _DECISIONS,
        ),
        _text("decision_note", "决定说明", LONGEST["note"], "决定理由", "化解措施"),
        _day("begins_on", "实施日期", "开工日期", "实施时间"),
        _day("follow_up_on", "跟踪日期", "跟踪时间", "回访日期"),
        _text("follow_up", "跟踪情况", LONGEST["note"], "跟踪", "后续跟踪"),
    ),
    "polygon",
    ("code",),
)

RULINGS = Noun(
    "rulings",
    "问题答复",
    "ruling",
    (
        code_field("答复编号", "id", "编号", "代码", "问题编号"),
        Field("on_day", "day", "日期", ("提出日期", "date", "day", "登记日期"), required=True),
        _text("question", "问题", LONGEST["note"], "问题内容", "疑难问题", required=True),
        _text("ruling", "答复", LONGEST["note"], "处理意见", "裁定", "答复意见", "统一口径"),
        Field(
            "ruled_by",
            "text",
            "答复单位",
            ("裁定单位", "答复部门"),
            max_chars=LONGEST["title"],
            persons="refused",
        ),
        Field("domain", "code", "领域", ("适用领域", "domain"), codes=DOMAINS),
        Field(
            "kind",
            "code",
            "类型",
            ("适用类型", "纠纷类型"),
            codes={
                s.lower(): c.code
                for c in code_list("dispute_kind")
                for s in (c.code, c.zh, c.code + c.zh, c.en)
            },
        ),
        Field(
            "words", "text", "关键词", ("适用词语", "关键字"), max_chars=LONGEST["words"], persons="refused"
        ),
        GRID,
        VILLAGE,
    ),
    "none",
    ("code",),
)


FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "project-step-order": "decide_on",
        "project-answers": "asked",
        "project-decision-no-day": "decide_on",
        "project-follow-up-early": "follow_up",
        "project-follow-up-before": "follow_up_on",
        "ruling-kind": "kind",
        "ruling-missing": "ruling",
    }
)
"""Which field an error of this module is about."""


def check_project(told: Mapping[str, Any]) -> None:
    """Refuse an assessment that does not agree with itself.

    Parameters
    ----------
    told : mapping
        Fields of :data:`PROJECTS`; days as dates, counts as integers, None where nothing is told.

    Raises
    ------
    InvalidInput
        When steps are out of order, more answered than were asked, or something is decided without its day.
    """
    names = {c.code: c for c in choices("project_step")}
    last: tuple[str, dt.date] | None = None
    for step in STEPS:
        day = told.get(f"{step}_on")
        if day is None:
            continue
        if last is not None and day < last[1]:
            before, after = names[last[0]], names[step]
            raise InvalidInput(
                "project-step-order",
                f"“{after.zh}”（{day}）早于“{before.zh}”（{last[1]}）。五个步骤依次进行，请核对日期。",
                f"The step {after.en!r} ({day}) comes before {before.en!r} ({last[1]}): the five steps follow each "
                "other. Check the days.",
            )
        last = (step, day)
    given = [told.get(name) for name in ANSWERS]
    asked = told.get("asked")
    answers = sum(n for n in given if n is not None)
    if any(n is not None for n in given) and (asked is None or answers > asked):
        raise InvalidInput(
            "project-answers",
            f"支持、反对、不确定合计 {answers} 人，多于征求的 {asked or 0} 人。请核对人数。",
            f"{answers} answers (for, against, unsure) of {asked or 0} who were asked. Check the numbers.",
        )
    if told.get("decision") is not None and told.get("decide_on") is None:
        raise InvalidInput(
            "project-decision-no-day",
            "已写决定，请同时写明确定意见的日期。",
            "A decision is told without its day: say when it was decided.",
        )
    if told.get("follow_up") is not None and told.get("decide_on") is None:
        raise InvalidInput(
            "project-follow-up-early",
            "还没有确定意见，不能登记跟踪情况。",
            "Nothing is decided yet, so there is nothing to follow up.",
        )
    follow_up_on, decide_on = told.get("follow_up_on"), told.get("decide_on")
    if follow_up_on is not None and (decide_on is None or follow_up_on < decide_on):
        raise InvalidInput(
            "project-follow-up-before",
            f"跟踪日期（{follow_up_on}）应在确定意见（{decide_on or '尚未登记'}）之后。请核对日期。",
            f"The day of the follow-up ({follow_up_on}) comes after the decision ({decide_on or 'not told yet'}). "
            "Check the days.",
        )


def warn_of_project(told: Mapping[str, Any]) -> Warned | None:
    """Tell of works that begin before their assessment has let them; they are kept, because they may have begun.

    Parameters
    ----------
    told : mapping
        As in :func:`check_project`.
    """
    begins_on, decide_on = told.get("begins_on"), told.get("decide_on")
    if begins_on is None:
        return None
    if decide_on is None or told.get("decision") is None:
        return Warned(
            f"实施日期（{begins_on}）已定，尚未确定意见。五步做完、准予实施之后才能实施。",
            f"Works begin on {begins_on}, and nothing is decided yet: the five steps come first, and a decision that "
            "lets them.",
        )
    if begins_on < decide_on:
        return Warned(
            f"实施日期（{begins_on}）早于确定意见（{decide_on}）：评估没做完就已实施。请核对，或在跟踪情况中说明。",
            f"Works began on {begins_on}, before the decision ({decide_on}): the assessment was not finished. Check "
            "the days, or say why in the follow-up.",
        )
    if told["decision"] != "issue":
        return Warned(
            f"决定是暂缓或不予实施，却登记了实施日期（{begins_on}）。请核对。",
            f"The decision does not let the project begin, and works begin on {begins_on}: check both.",
        )
    return None


def check_ruling(told: Mapping[str, Any]) -> None:
    """Refuse a question and its ruling that do not agree.

    Raises
    ------
    InvalidInput
        When a kind of dispute stands with another domain, or somebody ruled nothing.
    """
    if told.get("kind") is not None and told.get("domain") not in {None, "dispute"}:
        raise InvalidInput(
            "ruling-kind",
            "类型是纠纷的类型，领域应为“纠纷”或留空。",
            "The kind is one of disputes: leave the domain empty, or say dispute.",
        )
    if told.get("ruled_by") is not None and told.get("ruling") is None:
        raise InvalidInput(
            "ruling-missing",
            "写了答复单位，还缺答复。",
            "Whoever ruled is told, and the ruling is not.",
        )
