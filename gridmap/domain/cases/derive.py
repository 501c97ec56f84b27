"""The one place where a case's steps become its state."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from types import SimpleNamespace
from typing import Any

from gridmap.domain.cases.actions import ENDED_STAGES, WORK, Action, Stage, read_action
from gridmap.domain.cases.lists import UNTOLD
from gridmap.domain.cases.model import Opening, State, Step
from gridmap.domain.cases.rules import RULES
from gridmap.domain.cases.sealing import SEALING_GROUNDS
from gridmap.domain.gridkey import TOWN, UNASSIGNED, VILLAGE, level_of

RISK_REVIEW_DAYS = 14
"""A red risk is looked at again within so many days."""

_SIGNS = {action for action, rule in RULES.items() if rule.signs}
_CORRECTED = ("ground", "until", "outcome", "method", "agreement", "fulfilled")


@dataclass(frozen=True, slots=True)
class _Pass:
    """A case on its way: to whom, and what it was before."""

    key: int | None
    body: str | None
    stage: str


def derive(opening: Opening, steps: Iterable[Step]) -> State:
    """Derive a case's state from its steps.

    Total: whatever the steps are, lawful or not, there is one state. Undone steps do not count, corrections are
    applied to the steps that they correct. A step's own details hold the limits that were in force when it was made,
    so that a town that changes its limits rewrites no past.

    Parameters
    ----------
    opening : Opening
    steps : iterable of Step
        In order.
    """
    live = in_force(steps)
    fold = Walk(opening, told=any(step.told_by == "source" for step in live))
    at_the_desk = False
    for step in live:
        if step.told_by == "desk" and not at_the_desk:
            # A source whose steps stop short of the end that it tells has told the end all the same.
            fold.end_as_told()
            at_the_desk = True
        fold.take(step)
    if not at_the_desk:
        fold.end_as_told()
    return fold.state


def in_force(steps: Iterable[Step]) -> list[Step]:
    """Return the steps that count: without undone ones, with corrections applied."""
    live = [step for step in steps if step.undone_at is None]
    corrections: dict[int, dict[str, Any]] = {}
    for step in live:
        if step.corrects is not None and read_action(step.action) is Action.CORRECT:
            said = {n: v for n in _CORRECTED if (v := getattr(step, n)) is not None}
            corrections.setdefault(step.corrects, {}).update(said)
    return [replace(s, **corrections[s.step_id]) if s.step_id in corrections else s for s in live]


_BLANK = asdict(State(stage=Stage.ACCEPTED.value, handler_key=0))


class Walk:
    """The state so far, with what is needed to go back to it.

    Parameters
    ----------
    opening : Opening
    told : bool
        Whether steps of its source are known; then they, and not the opening, tell the stage.
    """

    def __init__(self, opening: Opening, *, told: bool) -> None:
        self._opening = opening
        stage = Stage.ACCEPTED.value if told or opening.stage is None else opening.stage
        self._now = SimpleNamespace(
            **_BLANK
            | dict(  # noqa: C408 - names as the state has them
                stage=stage,
                handler_key=opening.handler_key,
                act_due_at=opening.act_by,
                due_at=opening.close_by,
                accepted_at=opening.reported_at,
            )
        )
        self._passed: _Pass | None = None
        self._before_pause: str = Stage.ACCEPTED.value
        self._pause_from: dt.datetime | None = None
        self._accepted = False
        if stage in ENDED_STAGES:
            self._end(stage, opening.closed_at)

    def __copy__(self) -> Walk:
        twin = object.__new__(Walk)
        twin.__dict__.update(self.__dict__)
        twin._now = SimpleNamespace(**self._now.__dict__)
        return twin

    @property
    def state(self) -> State:
        """The state that the steps so far say."""
        return State(**self._now.__dict__)

    @property
    def stage(self) -> str:
        """The stage that the steps so far say."""
        return str(self._now.stage)

    def _set(self, **changed: Any) -> None:
        self._now.__dict__.update(changed)

    def take(self, step: Step) -> None:
        """Go one step on."""
        action = read_action(step.action)
        if action is None:
            return
        if (
            self._passed is not None
            and self._now.stage == Stage.TRANSFERRED
            and step.told_by == "source"
            and action in _SIGNS
        ):
            self._sign()
        if action in WORK and self._now.acted_at is None:
            self._set(acted_at=step.at)
        if self._now.stage == Stage.PAUSED and action in WORK | {Action.RESUME, Action.TRANSFER}:
            self._resume(step.at)
        self._due(step.details.get("due"))
        self._risk(step)
        hidden = step.details.get("reporter_hidden")
        if hidden is not None and action in {Action.ACCEPT, Action.CORRECT}:
            self._set(reporter_hidden=bool(hidden))
        _TAKEN.get(action, Walk._nothing)(self, step)

    def end_as_told(self) -> None:
        """End as the source told, where its steps stop short of it."""
        told = self._opening.stage
        if told in ENDED_STAGES and self._now.stage not in ENDED_STAGES and self._now.withdrawn_at is None:
            self._end(str(told), self._opening.closed_at)

    def _nothing(self, step: Step) -> None:
        """Leave the state as it is: notes, links and corrections move nothing."""

    def _accept(self, step: Step) -> None:
        first = not self._accepted
        self._accepted = True
        if first:
            self._set(accepted_at=step.at, stage=Stage.ACCEPTED.value)
            if step.to_grid_key:
                self._set(handler_key=step.to_grid_key)

    def _pass_on(self, step: Step) -> None:
        stage = self._passed.stage if self._passed else self._now.stage
        self._passed = _Pass(step.to_grid_key, step.to_body, stage)
        self._set(
            stage=Stage.TRANSFERRED.value,
            awaiting_key=step.to_grid_key,
            awaiting_body=step.to_body,
        )

    def _sign(self, step: Step | None = None) -> None:  # noqa: ARG002 - one signature for all
        passed = self._passed
        if passed is None:
            return
        self._set(
            stage=passed.stage,
            handler_key=passed.key if passed.key is not None else self._now.handler_key,
            body_code=passed.body,
            **_NOBODY_ASKED,
        )
        self._passed = None

    def _return(self, step: Step) -> None:  # noqa: ARG002
        if self._passed is None:
            return
        self._set(stage=self._passed.stage, **_NOBODY_ASKED)
        self._passed = None

    def _work(self, step: Step) -> None:
        self._set(stage=Stage.MEDIATING.value, method=step.method or self._now.method)

    def _confer(self, step: Step) -> None:
        lead = step.details.get("lead")
        bodies = [b for b in step.details.get("bodies", ()) if b != lead]
        known = self._now.co_bodies + tuple(b for b in bodies if b not in self._now.co_bodies)
        self._set(
            stage=Stage.MEDIATING.value,
            co_bodies=tuple(b for b in known if b != lead),
            body_code=lead or self._now.body_code,
        )

    def _pause(self, step: Step) -> None:
        self._before_pause = self._now.stage
        self._pause_from = step.at
        due = self._now.due_at
        if due is not None and step.until is not None and step.until > step.at:
            due += step.until - step.at
        self._set(stage=Stage.PAUSED.value, paused_until=step.until, due_at=due)

    def _resume(self, at: dt.datetime) -> None:
        began, until, due = self._pause_from, self._now.paused_until, self._now.due_at
        if began is not None:
            ended = max(began, at if until is None else min(at, until))
            if due is not None:
                # What was not used of the pause is taken off again; one without an end is added now.
                due += ended - began if until is None else ended - max(began, until)
            paused_s = self._now.paused_s + int((ended - began).total_seconds())
            self._set(due_at=due, paused_s=paused_s)
        self._pause_from = None
        self._set(stage=self._before_pause, paused_until=None)

    def _defer(self, step: Step) -> None:
        due = step.until if step.until is not None else self._now.due_at
        self._set(deferred=True, due_at=due)

    def _resolve(self, step: Step) -> None:
        self._end(Stage.RESOLVED.value, step.at)
        self._set(
            outcome=step.outcome or UNTOLD,
            method=step.method or self._now.method,
            agreement=step.agreement,
            fulfilled=step.fulfilled,
        )

    def _end_unsolved(self, step: Step) -> None:
        self._end(Stage.UNSOLVED.value, step.at)
        self._set(method=step.method or self._now.method)

    def _end(self, stage: str, at: dt.datetime | None) -> None:
        solved = stage != Stage.UNSOLVED
        self._passed = None
        self._set(
            stage=stage,
            closed_at=at,
            outcome=UNTOLD if solved else None,
            solved_level=_level(self._now.handler_key) if solved else None,
            paused_until=None,
            **_NOBODY_ASKED,
        )

    def _follow_up(self, step: Step) -> None:
        self._set(fulfilled=step.fulfilled or self._now.fulfilled)

    def _archive(self, step: Step) -> None:
        if self._now.stage not in ENDED_STAGES:
            self._end(Stage.ARCHIVED.value, step.at)
        self._set(stage=Stage.ARCHIVED.value)

    def _reopen(self, step: Step) -> None:
        due = None if "due" not in step.details else self._now.due_at
        self._set(
            stage=Stage.ACCEPTED.value,
            closed_at=None,
            outcome=None,
            agreement=None,
            fulfilled=None,
            solved_level=None,
            reopened=self._now.reopened + 1,
            # A new round, with a limit of its own that nobody has put off and nothing done in it yet.
            deferred=False,
            acted_at=None,
            due_at=due,
        )

    def _withdraw(self, step: Step) -> None:
        self._set(withdrawn_at=step.at)

    def _due(self, told: Mapping[str, str] | None) -> None:
        if not told:
            return
        sign, act, close = (
            dt.datetime.fromisoformat(told[name]) if name in told else None
            for name in ("sign", "act", "close")
        )
        self._set(
            sign_due_at=sign or self._now.sign_due_at,
            act_due_at=act or self._now.act_due_at,
            due_at=close or self._now.due_at,
        )

    def _risk(self, step: Step) -> None:
        risk = step.details.get("risk")
        if risk is None:
            return
        review = step.at + dt.timedelta(days=RISK_REVIEW_DAYS) if risk == "red" else None
        grounds = tuple(step.details.get("grounds", ()))
        self._set(
            risk=str(risk),
            risk_grounds=grounds,
            risk_review_at=review,
            # What was told of violence once stays sealed, whatever the risk is later.
            sealed_by_risk=self._now.sealed_by_risk or not SEALING_GROUNDS.isdisjoint(grounds),
        )


_NOBODY_ASKED: dict[str, Any] = {"awaiting_key": None, "awaiting_body": None, "sign_due_at": None}

_TAKEN = {
    Action.ACCEPT: Walk._accept,  # noqa: SLF001 - this module's own table
    Action.ROUTE: Walk._pass_on,  # noqa: SLF001
    Action.TRANSFER: Walk._pass_on,  # noqa: SLF001
    Action.SIGN: Walk._sign,  # noqa: SLF001
    Action.RETURN: Walk._return,  # noqa: SLF001
    Action.MEDIATE: Walk._work,  # noqa: SLF001
    Action.HANDLE: Walk._work,  # noqa: SLF001
    Action.CONFER: Walk._confer,  # noqa: SLF001
    Action.PAUSE: Walk._pause,  # noqa: SLF001
    Action.DEFER: Walk._defer,  # noqa: SLF001
    Action.RESOLVE: Walk._resolve,  # noqa: SLF001
    Action.END_UNSOLVED: Walk._end_unsolved,  # noqa: SLF001
    Action.FOLLOW_UP: Walk._follow_up,  # noqa: SLF001
    Action.ARCHIVE: Walk._archive,  # noqa: SLF001
    Action.REOPEN: Walk._reopen,  # noqa: SLF001
    Action.WITHDRAW: Walk._withdraw,  # noqa: SLF001
}


def _level(key: int) -> int:
    """Level at which a case was solved: village 3 (its micro-grids with it), area 2, town 1."""
    return TOWN if key == UNASSIGNED else min(level_of(key), VILLAGE)
