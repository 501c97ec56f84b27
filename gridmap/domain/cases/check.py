"""Whether a step is lawful now: one answer for the desk, the API and files."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from gridmap.domain.cases.actions import ACTION_WORDS, Action, read_action
from gridmap.domain.cases.lists import UNTOLD, choices, codes_of
from gridmap.domain.cases.model import State, Step
from gridmap.domain.cases.rules import RULES, barred_ways
from gridmap.domain.codes import code_list
from gridmap.domain.days import FARTHEST
from gridmap.domain.gridkey import UNASSIGNED, VILLAGE, ancestor, level_of, parent

WAY_WORDS = {"police": ("公安", "the police"), "doctor": ("医院", "a doctor"), "court": ("法院", "the court")}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a step is not lawful.

    Attributes
    ----------
    code : str
    field : str
        Field of the step that is wrong.
    zh, en : str
        What is wrong, and what can be done instead.
    lawless : bool
        Whether the case's state forbids it (409), rather than a field being wrong (422).
    """

    code: str
    field: str
    zh: str
    en: str
    lawless: bool = False


def check(
    step: Step,
    state: State,
    domain: str,
    kind: str | None,
    *,
    first: bool = False,
    last_at: dt.datetime | None,
    zone: str,
) -> Refusal | None:
    """Return why a step may not follow, or None where it may.

    What a source leaves out, its ground or the outcome, counts as not told; a person at the desk has to say it.

    Parameters
    ----------
    step : Step
    state : State
        Before the step.
    domain, kind : str
        Of the case.
    first : bool
        Whether the case has no step yet.
    last_at : datetime or None
        When the step before it was done.
    zone : str
        IANA name; times are told by its clock.
    """
    action = read_action(step.action)
    if action is None:
        known = "、".join(words.zh for words in ACTION_WORDS.values())
        return Refusal(
            "step-unknown",
            "action",
            f"没有“{step.action}”这一步骤，可用：{known}。",
            f"there is no step {step.action!r}; there are {', '.join(a.value for a in Action)}",
        )
    return (
        _out_of_turn(action, step, state, first=first, last_at=last_at, zone=zone)
        or _barred(action, state, domain, kind)
        or _lacking(action, step)
        or _unknown_code(action, step)
        or _wrong_way(action, step, state)
        or _wrong_time(action, step, state, zone)
    )


def _out_of_turn(
    action: Action, step: Step, state: State, *, first: bool, last_at: dt.datetime | None, zone: str
) -> Refusal | None:
    if state.withdrawn_at is not None:
        return Refusal(
            "case-withdrawn",
            "action",
            "事件已撤销，不能再办理。",
            "the case is withdrawn; nothing more is done in it",
            lawless=True,
        )
    if last_at is not None and step.at < last_at:
        return Refusal(
            "step-before-last",
            "at",
            f"时间早于上一步骤（{_local(last_at, zone)}）。请改正时间。",
            f"it is earlier than the step before ({_local(last_at, zone)}). Put the time right.",
        )
    rule, words = RULES[action], ACTION_WORDS[action]
    stage = state.stage
    if not rule.before:
        lawful = first
    else:
        lawful = stage in rule.before
        # Sources know no signature: what they tell of work by the receiver tells that it was signed for.
        if step.told_by == "source" and rule.signs and stage == "transferred":
            lawful = True
    if lawful:
        return None
    names = {c.code: c for c in code_list("stage")}
    here = names[stage]
    may = [a for a, r in RULES.items() if stage in r.before and r.after != "same"]
    return Refusal(
        "step-unlawful",
        "action",
        f"事件处于“{here.zh}”，不能“{words.zh}”；可以：{'、'.join(ACTION_WORDS[a].zh for a in may)}。",
        f"the case is {here.en}, so “{words.en}” is not possible; possible: "
        f"{', '.join(ACTION_WORDS[a].en for a in may)}",
        lawless=True,
    )


def _local(at: dt.datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def _barred(action: Action, state: State, domain: str, kind: str | None) -> Refusal | None:
    ways = barred_ways(domain, kind, state.risk_grounds) if action is Action.MEDIATE else ()
    if not ways:
        return None
    return Refusal(
        "mediation-barred",
        "action",
        f"涉及暴力、虐待或犯罪的事件不能调解。请告知并转介：{'、'.join(WAY_WORDS[w][0] for w in ways)}。",
        "violence, abuse and crime are not mediated. Show the way to "
        f"{', '.join(WAY_WORDS[w][1] for w in ways)}.",
        lawless=True,
    )


_FORGIVEN = frozenset({"ground", "outcome", "until", "bodies", "fulfilled"})
"""Fields that a source may leave out."""

FIELD_WORDS: dict[str, tuple[str, str]] = {
    "occurred_at": ("发生时间", "when it happened"),
    "reported_at": ("上报时间", "when it was reported"),
    "lon": ("经度", "the longitude"),
    "lat": ("纬度", "the latitude"),
    "accuracy_m": ("误差（米）", "the accuracy"),
    "to_grid_key|to_body": ("去向（网格或机构）", "where it goes (a grid or a body)"),
    "ground": ("理由", "the ground"),
    "until": ("截止时间", "until when"),
    "outcome": ("结果", "the outcome"),
    "fulfilled": ("履行情况", "whether it is fulfilled"),
    "note": ("说明", "a note"),
    "corrects": ("要更正的步骤", "the step that is corrected"),
    "bodies": ("会商单位", "the bodies that confer"),
    "risk": ("风险等级", "the risk"),
    "linked_to": ("关联事件编号", "the number of the other case"),
}


def _value(step: Step, name: str) -> object:
    if name == "to_grid_key|to_body":
        return step.to_grid_key or step.to_body
    if name in {"bodies", "risk"}:
        return step.details.get(name)
    if name == "linked_to":
        return step.details.get("number")
    return getattr(step, name)


def _lacking(action: Action, step: Step) -> Refusal | None:
    for name in RULES[action].needs:
        if _value(step, name) or (step.told_by == "source" and name in _FORGIVEN):
            continue
        zh, en = FIELD_WORDS[name]
        return Refusal(
            "step-incomplete",
            name.split("|", maxsplit=1)[0],
            f"“{ACTION_WORDS[action].zh}”还需填写：{zh}。",
            f"“{ACTION_WORDS[action].en}” needs {en}",
        )
    return None


def _unknown_code(action: Action, step: Step) -> Refusal | None:
    untold = step.told_by == "source"
    for name, listed in RULES[action].lists.items():
        given = step.details.get("grounds", ()) if name == "risk_grounds" else (_value(step, name),)
        for code in given:
            if code is None or code in codes_of(listed, untold=untold):
                continue
            known = choices(listed)
            return Refusal(
                "step-code-unknown",
                name,
                f"“{code}”不在列表中，可选：{'、'.join(f'{c.code} {c.zh}' for c in known)}。",
                f"{code!r} is not in the list; choose of {', '.join(c.code for c in known)}",
            )
    return None


def way(handler_key: int, to: int) -> str:
    """Return which way a transfer goes: ``up``, ``down``, ``far_up``, ``sideways`` or ``same``.

    A micro-grid's case is its village's.
    """
    if UNASSIGNED in {handler_key, to}:
        return "down"
    here = handler_key if level_of(handler_key) <= VILLAGE else ancestor(handler_key, VILLAGE)
    there = to if level_of(to) <= VILLAGE else ancestor(to, VILLAGE)
    if to == handler_key:
        return "same"
    if here == there or ancestor(there, level_of(here)) == here:
        return "down"
    if there == parent(here):
        return "up"
    return "far_up" if ancestor(here, level_of(there)) == there else "sideways"


def _wrong_way(action: Action, step: Step, state: State) -> Refusal | None:
    if action not in {Action.ROUTE, Action.TRANSFER} or step.to_grid_key is None or step.to_body:
        return None
    leads = way(state.handler_key, step.to_grid_key)
    if leads == "same":
        return Refusal(
            "transfer-to-itself",
            "to_grid_key",
            "事件已由该网格承办。请另选去向。",
            "that grid has the case already",
            lawless=True,
        )
    if leads in {"up", "down"} or step.ground or step.told_by == "source":
        return None
    return Refusal(
        "transfer-needs-ground",
        "ground",
        "越级或跨网格移送需说明理由（紧急、涉嫌犯罪、专业机构、他村事务、委员会为当事人等）；否则请逐级移送。",
        "past a level or sideways needs a ground (emergency, crime, specialised body, another village's matter, the "
        "committee is a party); otherwise one level at a time",
    )


def _wrong_time(action: Action, step: Step, state: State, zone: str) -> Refusal | None:
    if step.until is None:
        return None
    if step.until >= FARTHEST:
        return Refusal(
            "until-too-far",
            "until",
            "截止时间在 2200 年以后，请检查年份。",
            "the time lies after 2199: check the year",
        )
    if action is Action.PAUSE and step.until <= step.at:
        return Refusal(
            "pause-ends-before", "until", "挂起的截止时间应在现在之后。", "a pause ends after it begins"
        )
    if action is Action.DEFER and state.due_at is not None and step.until <= state.due_at:
        return Refusal(
            "defer-not-later",
            "until",
            f"延期应晚于原期限（{_local(state.due_at, zone)}）。",
            f"a deferral ends after the limit that there is ({_local(state.due_at, zone)})",
        )
    return None


def completed(step: Step) -> Step:
    """Return a source's step with what it leaves out marked as not told."""
    action = read_action(step.action)
    if action is None or step.told_by != "source":
        return step
    rule = RULES[action]
    ground = step.ground or (UNTOLD if "ground" in rule.needs else None)
    outcome = step.outcome or (UNTOLD if "outcome" in rule.needs else None)
    return replace(step, ground=ground, outcome=outcome)
