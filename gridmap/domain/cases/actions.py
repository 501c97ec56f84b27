"""What can be done in a case, and where it brings the case: words only, the rules are in ``rules``."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Action(StrEnum):
    """One kind of step."""

    ACCEPT = "accept"
    ROUTE = "route"
    SIGN = "sign"
    RETURN = "return"
    MEDIATE = "mediate"
    HANDLE = "handle"
    CONFER = "confer"
    TRANSFER = "transfer"
    PAUSE = "pause"
    RESUME = "resume"
    DEFER = "defer"
    RESOLVE = "resolve"
    END_UNSOLVED = "end_unsolved"
    FOLLOW_UP = "follow_up"
    ARCHIVE = "archive"
    REOPEN = "reopen"
    ASSESS = "assess"
    NOTE = "note"
    CORRECT = "correct"
    LINK = "link"
    WITHDRAW = "withdraw"


class Stage(StrEnum):
    """Where the steps have brought a case."""

    ACCEPTED = "accepted"
    TRANSFERRED = "transferred"
    MEDIATING = "mediating"
    PAUSED = "paused"
    RESOLVED = "resolved"
    UNSOLVED = "unsolved"
    ARCHIVED = "archived"


class Words(NamedTuple):
    """A word in both languages, and further spellings that sources use."""

    zh: str
    en: str
    others: tuple[str, ...] = ()


ACTION_WORDS: dict[Action, Words] = {
    Action.ACCEPT: Words("受理", "accept", ("登记", "受理登记")),
    Action.ROUTE: Words("分流", "route", ("分流交办", "交办")),
    Action.SIGN: Words("签收", "sign for", ("接收",)),
    Action.RETURN: Words("退回", "return"),
    Action.MEDIATE: Words("调处", "mediate", ("调解",)),
    Action.HANDLE: Words("处置", "handle", ("办理",)),
    Action.CONFER: Words("会商", "confer", ("会诊", "研判会商")),
    Action.TRANSFER: Words("移送", "transfer", ("转办", "移交")),
    Action.PAUSE: Words("挂起", "pause", ("暂停",)),
    Action.RESUME: Words("恢复办理", "resume", ("恢复",)),
    Action.DEFER: Words("延期", "defer", ("申请延期",)),
    Action.RESOLVE: Words("化解", "resolve", ("办结",)),
    Action.END_UNSOLVED: Words("未化解", "end unsolved", ("未办结终止",)),
    Action.FOLLOW_UP: Words("回访", "follow up"),
    Action.ARCHIVE: Words("归档", "archive"),
    Action.REOPEN: Words("重开", "reopen", ("重新办理",)),
    Action.ASSESS: Words("评估风险", "assess the risk", ("风险评估", "风险研判")),
    Action.NOTE: Words("备注", "note", ("记录",)),
    Action.CORRECT: Words("更正", "correct"),
    Action.LINK: Words("关联", "link"),
    Action.WITHDRAW: Words("撤销", "withdraw"),
}

_SPELLINGS: dict[str, Action] = {
    spelling.lower(): action
    for action, words in ACTION_WORDS.items()
    for spelling in (action.value, words.zh, words.en, *words.others)
}


def read_action(text: str) -> Action | None:
    """Return the action that a word means, in either language, or None."""
    return _SPELLINGS.get(text.strip().lower())


OPEN_STAGES = frozenset({Stage.ACCEPTED, Stage.TRANSFERRED, Stage.MEDIATING, Stage.PAUSED})
ENDED_STAGES = frozenset({Stage.RESOLVED, Stage.UNSOLVED, Stage.ARCHIVED})
WORK = frozenset({Action.MEDIATE, Action.HANDLE, Action.CONFER, Action.RESOLVE, Action.END_UNSOLVED})
"""Steps that are work on the matter itself: the first of them is when somebody acted."""
