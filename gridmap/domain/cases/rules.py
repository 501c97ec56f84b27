"""The table of lawful steps: from which stage, to which, by whom, with what."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from gridmap.domain.cases.actions import ACTION_WORDS, ENDED_STAGES, OPEN_STAGES, Action, Stage
from gridmap.domain.cases.model import LawfulStep, State

By = Literal["handler", "awaiting", "either", "source"]
Back = Literal["back", "same"]

_WORKED_ON = frozenset({Stage.ACCEPTED, Stage.MEDIATING})
_EVERY = OPEN_STAGES | ENDED_STAGES


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table.

    Attributes
    ----------
    action : Action
    before : frozenset of Stage
        Stages in which it is lawful; empty: only as the first step.
    after : Stage, ``"back"`` or ``"same"``
        Stage that it leads to; ``back`` is where the case was before it was passed on or paused.
    by : {'handler', 'awaiting', 'either', 'source'}
        Who may: whoever has the case, whoever is asked to sign for it, or both.
    needs, takes : tuple of str
        Fields of a step that must, and that may, be given.
    lists : mapping
        Field to the name of its closed list.
    signs : bool
        Whether a source that tells it of a case just passed on tells by it that the case was signed for.
    """

    action: Action
    before: frozenset[Stage]
    after: Stage | Back
    by: By = "handler"
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ("note",)
    lists: Mapping[str, str] = field(default_factory=dict)
    signs: bool = False


_METHOD = {"method": "method"}
_END = {"outcome": "outcome", "method": "method", "agreement": "agreement", "fulfilled": "fulfilled"}

RULES: dict[Action, Rule] = {
    rule.action: rule
    for rule in (
        Rule(Action.ACCEPT, frozenset(), Stage.ACCEPTED, "either", (), ("note", "to_grid_key")),
        Rule(
            Action.ROUTE,
            frozenset({Stage.ACCEPTED}),
            Stage.TRANSFERRED,
            "handler",
            ("to_grid_key|to_body",),
            ("note", "ground"),
            {"ground": "transfer_ground"},
        ),
        Rule(Action.SIGN, frozenset({Stage.TRANSFERRED}), "back", "awaiting"),
        Rule(
            Action.RETURN,
            frozenset({Stage.TRANSFERRED}),
            "back",
            "awaiting",
            ("ground",),
            ("note",),
            {"ground": "return_ground"},
        ),
        Rule(
            Action.MEDIATE,
            _WORKED_ON,
            Stage.MEDIATING,
            "handler",
            (),
            ("note", "method"),
            _METHOD,
            signs=True,
        ),
        Rule(
            Action.HANDLE,
            _WORKED_ON,
            Stage.MEDIATING,
            "handler",
            (),
            ("note", "method"),
            _METHOD,
            signs=True,
        ),
        Rule(
            Action.CONFER,
            _WORKED_ON,
            Stage.MEDIATING,
            "handler",
            ("bodies",),
            ("note", "lead", "decisions"),
            signs=True,
        ),
        Rule(
            Action.TRANSFER,
            _WORKED_ON,
            Stage.TRANSFERRED,
            "handler",
            ("to_grid_key|to_body",),
            ("note", "ground"),
            {"ground": "transfer_ground"},
            signs=True,
        ),
        Rule(
            Action.PAUSE,
            _WORKED_ON,
            Stage.PAUSED,
            "handler",
            ("ground", "until"),
            ("note",),
            {"ground": "pause_ground"},
            signs=True,
        ),
        Rule(Action.RESUME, frozenset({Stage.PAUSED}), "back"),
        Rule(
            Action.DEFER,
            OPEN_STAGES - {Stage.PAUSED},
            "same",
            "handler",
            ("ground", "until"),
            ("note",),
            {"ground": "defer_ground"},
        ),
        Rule(
            Action.RESOLVE,
            _WORKED_ON,
            Stage.RESOLVED,
            "handler",
            ("outcome",),
            ("note", "method", "agreement", "fulfilled"),
            _END,
            signs=True,
        ),
        Rule(
            Action.END_UNSOLVED,
            _WORKED_ON,
            Stage.UNSOLVED,
            "handler",
            ("ground",),
            ("note", "method"),
            {"ground": "onward", **_METHOD},
            signs=True,
        ),
        Rule(
            Action.FOLLOW_UP,
            ENDED_STAGES,
            "same",
            "either",
            ("fulfilled",),
            ("note", "again", "satisfied"),
            {"fulfilled": "fulfilled"},
        ),
        Rule(Action.ARCHIVE, frozenset({Stage.RESOLVED, Stage.UNSOLVED}), Stage.ARCHIVED),
        Rule(
            Action.REOPEN,
            ENDED_STAGES,
            Stage.ACCEPTED,
            "handler",
            ("ground",),
            ("note",),
            {"ground": "reopen_ground"},
        ),
        Rule(
            Action.ASSESS,
            OPEN_STAGES,
            "same",
            "either",
            ("risk",),
            ("note", "risk_grounds"),
            {"risk": "risk", "risk_grounds": "risk_ground"},
        ),
        Rule(Action.NOTE, _EVERY, "same", "either", ("note",), ()),
        Rule(
            Action.CORRECT,
            _EVERY,
            "same",
            "handler",
            ("corrects", "note"),
            ("ground", "until", "outcome", "method", "agreement", "fulfilled", "reporter_hidden"),
            _END,
        ),
        Rule(Action.LINK, _EVERY, "same", "either", ("linked_to",), ("note",)),
        Rule(Action.WITHDRAW, _EVERY, "same", "handler", ("note",), ()),
    )
}

GROUND_LISTS: dict[Action, str] = {a: r.lists["ground"] for a, r in RULES.items() if "ground" in r.lists}
"""Action to the list of its grounds."""

NOT_MEDIATED: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("policing", "theft"): ("police",),
    ("policing", "ebike_theft"): ("police",),
    ("policing", "fraud"): ("police",),
    ("policing", "fight"): ("police", "doctor"),
    ("policing", "domestic_violence"): ("police", "doctor", "court"),
    ("policing", "child_abuse"): ("police", "doctor", "court"),
    ("policing", "sexual_assault"): ("police", "doctor", "court"),
    ("policing", "drugs"): ("police", "doctor"),
    ("policing", "gambling"): ("police",),
}
"""Domain and kind of what may not be mediated, and the ways to show."""

_BARRING_GROUNDS: Mapping[str, tuple[str, ...]] = {
    "violence": ("police", "doctor", "court"),
    "abuse": ("police", "doctor", "court"),
}


def barred_ways(domain: str, kind: str | None, risk_grounds: Collection[str]) -> tuple[str, ...]:
    """Return the ways to show where a case may not go to mediation; empty where it may."""
    ways = list(NOT_MEDIATED.get((domain, kind or ""), ()))
    for ground in risk_grounds:
        ways += [way for way in _BARRING_GROUNDS.get(ground, ()) if way not in ways]
    return tuple(ways)


def rule_of(action: Action) -> Rule:
    """Return the line of an action."""
    return RULES[action]


def lawful_next(state: State, domain: str, kind: str | None, *, has: bool, asked: bool) -> list[LawfulStep]:
    """Return what may be done next.

    Parameters
    ----------
    state : State
    domain, kind : str
    has : bool
        Whether whoever asks has the case.
    asked : bool
        Whether whoever asks is asked to sign for it.
    """
    if state.withdrawn_at is not None:
        return []
    barred = barred_ways(domain, kind, state.risk_grounds)
    out = []
    for action, rule in RULES.items():
        may = (has and rule.by in {"handler", "either"}) or (asked and rule.by in {"awaiting", "either"})
        if not may or state.stage not in rule.before or (barred and action is Action.MEDIATE):
            continue
        words = ACTION_WORDS[action]
        out.append(LawfulStep(action, words.zh, words.en, rule.needs, rule.takes, rule.lists, rule.by))
    return out
