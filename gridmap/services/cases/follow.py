"""What a step leaves to be done: follow-ups, decisions, reviews, judicial confirmation."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from gridmap.domain.cases import task_words
from gridmap.domain.cases.actions import Action
from gridmap.domain.cases.derive import RISK_REVIEW_DAYS, in_force
from gridmap.domain.cases.model import Step
from gridmap.services.cases import satisfaction
from gridmap.storage.cases import desk as stored
from gridmap.storage.cases import tasks as kept
from gridmap.storage.cases.desk import KeptCase

FOLLOW_UP_DAYS = (7, 30, 90)
"""When a solved case is followed up."""

CONFIRMATION_DAYS = 30
"""Within so many days the parties may ask a court to confirm their agreement."""


def tasks_of_step(
    session: Session, zone: str, case: KeptCase, step: Step, key: str, now: dt.datetime
) -> None:
    """Make the tasks that a step leaves, and finish those that it does.

    Parameters
    ----------
    session : Session
        May write the whole workspace.
    zone : str
    case : KeptCase
        Before the step.
    step : Step
    key : str
        Idempotency key of the step: what it made goes when it is taken back.
    now : datetime
    """
    by = _Maker(session, case, step, key, now, ZoneInfo(zone))
    _LEFT.get(Action(step.action), _Maker.nothing)(by)
    if step.details.get("risk"):
        by.risk(str(step.details["risk"]))


def tasks_of_told(session: Session, zone: str, incident_id: int, now: dt.datetime) -> None:
    """Make the tasks that a solution leaves which a source's file told, unless the case has some already.

    Parameters
    ----------
    session : Session
        May write the whole workspace.
    zone : str
    incident_id : int
        Of a case that is solved, and not followed up.
    now : datetime
    """
    case = stored.load(session, incident_id)
    solved = [step for step in case.steps if step.action == Action.RESOLVE and step.undone_at is None]
    if solved and not kept.list_tasks(session, incident_id=incident_id):
        tasks_of_step(session, zone, case, solved[-1], f"told {solved[-1].step_id}", now)


@dataclass(frozen=True, slots=True)
class _Maker:
    """A step, and what it leaves."""

    session: Session
    case: KeptCase
    step: Step
    key: str
    now: dt.datetime
    zone: ZoneInfo

    @property
    def day(self) -> dt.date:
        return self._day_of(self.step)

    def _day_of(self, step: Step) -> dt.date:
        return step.at.astimezone(self.zone).date()

    def _make(
        self, kind: str, days: int, text: str, body_code: str | None = None, grid_key: int | None = None
    ) -> None:
        kept.add_task(
            self.session,
            kind=kind,
            incident_id=self.case.row.incident_id,
            grid_key=self.case.state.handler_key if grid_key is None else grid_key,
            due_on=self.day + dt.timedelta(days=days),
            text=text,
            body_code=body_code,
            made_by=self.step.post or "",
            made_at=self.now,
            details={"step": self.key},
        )

    def _finish(self, kind: str, result: str, *, all_of: bool = True) -> None:
        kept.finish_by_step(
            self.session,
            self.case.row.incident_id,
            kind,
            step_key=self.key,
            result=result,
            by=self.step.post or "",
            at=self.step.at,
            all_of=all_of,
        )

    def nothing(self) -> None:
        """Leave nothing: most steps do."""

    def resolved(self) -> None:
        for days in FOLLOW_UP_DAYS:
            self._make("follow_up", days, task_words.FOLLOW_UP.of(days))
        if _may_be_confirmed(self.step):
            self._confirm(CONFIRMATION_DAYS)
        if not self.case.row.sealed and satisfaction.falls_on(self.session, self.case.row.incident_id):
            self._make(
                satisfaction.KIND,
                satisfaction.ASKED_WITHIN_DAYS,
                task_words.SATISFACTION.zh,
                grid_key=satisfaction.asking_grid(self.case.state.handler_key),
            )

    def _confirm(self, days: int) -> None:
        self._make("confirmation", days, task_words.CONFIRMATION.of(CONFIRMATION_DAYS))

    def corrected(self) -> None:
        """Let the court's month run from the solution, once it is put right that there is a written agreement."""
        solved = [s for s in in_force([*self.case.steps, self.step]) if s.action == Action.RESOLVE]
        if self.case.state.closed_at is None or not solved or solved[-1].step_id != self.step.corrects:
            return
        if not _may_be_confirmed(solved[-1]):
            self._finish("confirmation", "corrected")
            return
        known = kept.list_tasks(
            self.session, incident_id=self.case.row.incident_id, kinds=("confirmation",), opened=True
        )
        left = (self._day_of(solved[-1]) - self.day).days + CONFIRMATION_DAYS
        # What an earlier step ended was about another solution, or another telling of this one.
        if left >= 0 and all("done_by_step" in task.details for task in known):
            self._confirm(left)

    def conferred(self) -> None:
        for decided in self.step.details.get("decisions", ()):
            days = (dt.date.fromisoformat(decided["due_on"]) - self.day).days
            self._make("decision", days, decided["text"], decided.get("body_code"))

    def followed_up(self) -> None:
        self._finish("follow_up", self.step.fulfilled or "no", all_of=False)
        if self.step.details.get(satisfaction.KIND_SAID) is not None:
            self._finish(satisfaction.KIND, "asked")

    def reopened(self) -> None:
        for kind in ("follow_up", "confirmation", satisfaction.KIND):
            self._finish(kind, "reopened")

    def withdrawn(self) -> None:
        for kind in ("follow_up", "confirmation", "risk_review", "decision", satisfaction.KIND):
            self._finish(kind, "withdrawn")

    def risk(self, risk: str) -> None:
        self._finish("risk_review", risk)
        if risk == "red":
            self._make("risk_review", RISK_REVIEW_DAYS, task_words.RISK_REVIEW.of(RISK_REVIEW_DAYS))


def _may_be_confirmed(step: Step) -> bool:
    return step.outcome == "agreed" and step.agreement == "written"


_LEFT = {
    Action.CORRECT: _Maker.corrected,
    Action.RESOLVE: _Maker.resolved,
    Action.CONFER: _Maker.conferred,
    Action.FOLLOW_UP: _Maker.followed_up,
    Action.REOPEN: _Maker.reopened,
    Action.WITHDRAW: _Maker.withdrawn,
}
