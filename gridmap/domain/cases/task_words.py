"""What tasks that a step leaves say, and how a step ends them: kept in Chinese and as codes, told in both languages."""

from __future__ import annotations

import re
from typing import NamedTuple

from gridmap.domain.cases.lists import find


class Said(NamedTuple):
    """A task's sentence; ``{n}`` stands for days."""

    zh: str
    en: str

    def of(self, n: int) -> str:
        """Return the sentence as it is kept."""
        return self.zh.format(n=n)


FOLLOW_UP = Said(
    "化解后 {n} 日回访：是否履行、是否再起纠纷",
    "{n} days after the solution: is it kept, has the quarrel come again",
)
SATISFACTION = Said(
    "抽中：由承办以外的岗位询问双方是否满意",
    "drawn by lot: another post than the handler asks whether both sides are satisfied",
)
CONFIRMATION = Said(
    "书面协议生效 {n} 日内，双方可共同申请司法确认",
    "within {n} days of the written agreement both sides may ask the court to confirm it",
)
RISK_REVIEW = Said("高风险事件 {n} 日内复评", "a red risk is looked at again within {n} days")

_SAID = tuple(
    (re.compile(re.escape(said.zh).replace(r"\{n\}", r"(\d+)")), said.en)
    for said in (FOLLOW_UP, SATISFACTION, CONFIRMATION, RISK_REVIEW)
)
_ENDS = {
    "asked": ("已询问", "asked"),
    "corrected": ("已更正", "put right"),
    "reopened": ("事件已重开", "the case was reopened"),
    "withdrawn": ("事件已撤销", "the case was withdrawn"),
}
_LISTED = {"yes": "fulfilled", "partly": "fulfilled", "no": "fulfilled"} | dict.fromkeys(
    ("green", "yellow", "red"), "risk"
)


def sentence(text: str, *, english: bool) -> str:
    """Return what a task says; what a person wrote is told as it was written."""
    if english:
        for pattern, told in _SAID:
            if match := pattern.fullmatch(text):
                return told.format(n=(match.groups() or ("",))[0])
    return text


def ending(result: str | None, *, english: bool) -> str:
    """Return how a task ended: the step's code in words, or what a person wrote."""
    if not result:
        return ""
    if result in _LISTED:
        listed = find(_LISTED[result], result)
        return listed.en if english else listed.zh
    zh, en = _ENDS.get(result, (result, result))
    return en if english else zh
