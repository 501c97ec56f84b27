"""A case as the desk speaks of it: what is asked, its steps, and what they have brought it to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from gridmap.domain.cases.actions import ENDED_STAGES, Action, Stage
from gridmap.domain.cases.asked import NewCase
from gridmap.domain.cases.step_fields import StepFields
from gridmap.domain.gridkey import UNASSIGNED

ToldBy = Literal["desk", "source"]


@dataclass(frozen=True, slots=True)
class Step(StepFields):
    """One step of a case, as it was told.

    Attributes
    ----------
    action : str
        Of `Action`; a source's word that no action has is kept and changes nothing.
    at : datetime
        Aware.
    step_id : int
        Its number in the database; 0 before it is kept.
    seq : int
        Its place among the case's steps.
    told_by : {'desk', 'source'}
    details : mapping
        Further: ``risk`` and ``grounds``; ``due`` with ``sign``, ``act``, ``close`` (``moved_s``: seconds
        by which pauses had moved the last of them by then); the record of a conference with
        ``lead``, ``bodies``, ``decisions``; of a follow-up ``again``, ``satisfied``, ``drawn``; ``number`` of a
        linked case.
    """

    action: str
    at: dt.datetime
    step_id: int = 0
    seq: int = 0
    uid: str | None = None
    post: str | None = None
    told_by: ToldBy = "desk"
    recorded_at: dt.datetime | None = None
    undone_at: dt.datetime | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    stage_from: str | None = None
    stage_to: str | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """What is known of a case before its first step.

    Attributes
    ----------
    grid_key : int
        Grid of its place.
    reported_at : datetime or None
    stage, due_at, closed_at
        What its source told of its state; None where the desk recorded it.
    opened_key : int or None
        Grid whose desk has it first where its place lies in no grid.
    opened_act_due_at, opened_due_at : datetime or None
        The town's own limits to act and to close, from when it was received; in force where its source told no end.
    """

    grid_key: int
    reported_at: dt.datetime | None = None
    stage: str | None = None
    due_at: dt.datetime | None = None
    closed_at: dt.datetime | None = None
    opened_key: int | None = None
    opened_act_due_at: dt.datetime | None = None
    opened_due_at: dt.datetime | None = None

    @property
    def handler_key(self) -> int:
        """Grid that has it before its first step; 0 where nobody's desk does."""
        return self.grid_key or self.opened_key or 0

    @property
    def act_by(self) -> dt.datetime | None:
        """By when it is to be acted upon, before its first step."""
        return self.opened_act_due_at if self.due_at is None else None

    @property
    def close_by(self) -> dt.datetime | None:
        """By when it is to be closed, before its first step: what its source told goes before."""
        return self.due_at or self.opened_due_at


def signer_of(stage: str, handler_key: int, awaiting_key: int | None) -> int | None:
    """Return the grid that signs for a case on its way, or gives it back; None where it is on none.

    A source may pass a case to a body that no desk here speaks for: then whoever has it says what became of that.
    """
    if stage != Stage.TRANSFERRED:
        return None
    return handler_key if awaiting_key is None else awaiting_key


@dataclass(frozen=True, slots=True)
class State:
    """What the steps say of a case. Stored beside them under the same names; `derive` alone makes it."""

    stage: str
    handler_key: int
    body_code: str | None = None
    awaiting_key: int | None = None
    awaiting_body: str | None = None
    co_bodies: tuple[str, ...] = ()
    outcome: str | None = None
    method: str | None = None
    agreement: str | None = None
    fulfilled: str | None = None
    risk: str = "green"
    risk_grounds: tuple[str, ...] = ()
    risk_review_at: dt.datetime | None = None
    sealed_by_risk: bool = False
    reporter_hidden: bool = False
    sign_due_at: dt.datetime | None = None
    act_due_at: dt.datetime | None = None
    due_at: dt.datetime | None = None
    paused_until: dt.datetime | None = None
    paused_s: int = 0
    deferred: bool = False
    accepted_at: dt.datetime | None = None
    acted_at: dt.datetime | None = None
    closed_at: dt.datetime | None = None
    solved_level: int | None = None
    reopened: int = 0
    withdrawn_at: dt.datetime | None = None

    @property
    def signer_key(self) -> int | None:
        """Grid that says what became of it while it is on its way; see `signer_of`."""
        return signer_of(self.stage, self.handler_key, self.awaiting_key)

    @property
    def is_open(self) -> bool:
        """Whether it is neither ended nor withdrawn."""
        return self.withdrawn_at is None and self.stage not in ENDED_STAGES


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case as a line of a list.

    Attributes
    ----------
    sign_since, act_since, close_since : datetime or None
        When the limit of signing, acting and closing began, where a step of the case began it.
    """

    incident_id: int
    number: str
    uid: str
    domain: str
    kind: str | None
    summary: str | None
    place: str | None
    grid_key: int
    handler_key: int
    body_code: str | None
    awaiting_key: int | None
    awaiting_body: str | None
    stage: str
    risk: str
    occurred_at: dt.datetime
    reported_at: dt.datetime | None
    accepted_at: dt.datetime | None
    sign_due_at: dt.datetime | None
    act_due_at: dt.datetime | None
    due_at: dt.datetime | None
    paused_until: dt.datetime | None
    closed_at: dt.datetime | None
    deferred: bool
    reopened: int
    outcome: str | None
    revision: int
    needs_confirmation: bool
    lon: float | None
    lat: float | None
    accuracy_m: float | None
    sealed: bool = False
    reporter_hidden: bool = False
    sign_since: dt.datetime | None = None
    act_since: dt.datetime | None = None
    close_since: dt.datetime | None = None

    @property
    def signer_key(self) -> int | None:
        """Grid that says what became of it while it is on its way; see `signer_of`."""
        return signer_of(self.stage, self.handler_key, self.awaiting_key)

    @property
    def waits_for_place(self) -> bool:
        """Whether a person is to confirm its place, or, while it is open, to say which grid it lies in."""
        return self.needs_confirmation or (self.grid_key == UNASSIGNED and self.is_open)

    @property
    def is_open(self) -> bool:
        """Whether it has not ended; a case may have ended without anybody telling when."""
        return self.stage not in ENDED_STAGES


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task as a line of a list. That of a sealed case has no text until the case is opened."""

    task_id: int
    kind: str
    incident_id: int | None
    number: str | None
    grid_key: int
    body_code: str | None
    post: str | None
    due_on: dt.date
    text: str
    made_by: str
    done_at: dt.datetime | None
    result: str | None
    done_by: str | None
    details: Mapping[str, Any] = field(default_factory=dict)
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class BodyOffered:
    """A body that may take a case and is open, with the time on the road from the case's place.

    Attributes
    ----------
    road_s : float or None
        None where no road leads there; `direct_m` then ranks it.
    direct_m : float or None
        Straight; None where nobody knows where the case is.
    open_now : bool
    opens_next : datetime or None
        When it opens next, where it is closed now.
    clinic : str or None
        Kind of the dated clinic that it holds today, if any.
    """

    code: str
    name_zh: str
    name_en: str | None
    kind: str
    grid_key: int
    direct_m: float | None
    road_s: float | None
    open_now: bool
    opens_next: dt.datetime | None
    clinic: str | None
    phone: str | None


@dataclass(frozen=True, slots=True)
class SimilarCase:
    """A closed case that resembles another: what was done, with what result, in how many days. No persons."""

    number: str
    kind: str | None
    grid_key: int
    outcome: str | None
    method: str | None
    agreement: str | None
    solved_level: int | None
    days: float
    likeness: float


@dataclass(frozen=True, slots=True)
class LawfulStep:
    """A step that may be taken next, with its fields.

    Attributes
    ----------
    action : Action
    zh, en : str
    needs : tuple of str
        Fields of `StepAsked` that it requires.
    takes : tuple of str
        Fields that it may have besides.
    lists : mapping
        Field to the name of its closed list.
    by : str
        ``handler``, ``awaiting`` or ``either``.
    """

    action: Action
    zh: str
    en: str
    needs: tuple[str, ...]
    takes: tuple[str, ...]
    lists: Mapping[str, str]
    by: str


@dataclass(frozen=True, slots=True)
class Times:
    """The four early times, and an emergency's three; None where no step or dispatch tells of it."""

    found_at: dt.datetime | None
    under_control_at: dt.datetime | None
    intervened_at: dt.datetime | None
    solved_at: dt.datetime | None
    arrived_at: dt.datetime | None = None
    handled_at: dt.datetime | None = None
    resolved_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A case whole: its line, what was told of it, its state, its steps, and what may follow.

    Attributes
    ----------
    row : CaseRow
    told : NewCase
    state : State
    steps : tuple of Step
        In order, undone ones included.
    lawful : tuple of LawfulStep
        What whoever asks may do next.
    barred : tuple of str
        Ways onwards to show where mediation is barred: of ``police``, ``doctor``, ``court``.
    undo_until : datetime or None
        Until when whoever asks may take back the newest step.
    duplicates_linked : tuple of str
        Numbers of the cases that a person linked.
    body_kind : str or None
    co_body_kinds : tuple of str
        Kinds of bodies that the town's limits name for such a case while it is open: who has it, and who with them.
    closed : bool
        Whether its text, place, steps and tasks are held back: it is sealed and was not opened, or it is hidden
        from whoever just recorded it or passed it on.
    """

    row: CaseRow
    told: NewCase
    state: State
    steps: tuple[Step, ...]
    lawful: tuple[LawfulStep, ...]
    barred: tuple[str, ...]
    tasks: tuple[TaskRow, ...]
    bodies: tuple[BodyOffered, ...]
    similar: tuple[SimilarCase, ...]
    times: Times
    undo_until: dt.datetime | None
    duplicates_linked: tuple[str, ...] = ()
    recorded_by: str | None = None
    body_kind: str | None = None
    co_body_kinds: tuple[str, ...] = ()
    closed: bool = False
