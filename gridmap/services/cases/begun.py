"""The limits that begin with the steps of a file: as they would have begun had the desk told of the steps."""

from __future__ import annotations

from functools import cached_property

from sqlalchemy.orm import Session

from gridmap.domain.cases.actions import ENDED_STAGES, Action, read_action
from gridmap.domain.cases.directory import seat
from gridmap.domain.cases.model import State, Step
from gridmap.services.cases.case_limits import begun
from gridmap.services.cases.limits import table_of
from gridmap.storage.cases.desk import WalkedCase
from gridmap.storage.cases.tasks import list_bodies


class Begun:
    """Tells what of the town's limits begins with a step.

    Parameters
    ----------
    session : Session
    zone : str
        IANA name.
    """

    def __init__(self, session: Session, zone: str) -> None:
        self._session, self.zone = session, zone
        self._table = table_of(session)

    @cached_property
    def _bodies(self) -> dict[str, tuple[str, int]]:
        found = [(body["code"], seat(body), body["name_zh"]) for body in list_bodies(self._session)]
        named = {name: (code, key) for code, key, name in found}
        return named | {code: (code, key) for code, key, _ in found}

    def body(self, told: str | None) -> tuple[str | None, int | None]:
        """Return the code of a body that a file names by its code or its name, and the grid that has what it has.

        One that is not in the directory stays as it is told, without a grid.
        """
        code, key = self._bodies.get(told or "", (told, None))
        return code, key or None

    def dues(self, case: WalkedCase, state: State, step: Step) -> dict[str, str]:
        """Return the limits that begin with a step, by name; none with most.

        Parameters
        ----------
        case : WalkedCase
        state : State
            Before the step.
        step : Step
        """
        action = read_action(step.action)
        # What is over already, as its source tells, has no time left that could be counted.
        ended = case.opening.stage in ENDED_STAGES
        due = begun(
            self._table,
            self.zone,
            case,
            action,
            at=step.at,
            state=state,
            to_grid_key=step.to_grid_key,
            told_due_at=case.opening.due_at,
            ended=ended,
        )
        told = case.opening.due_at
        if action is Action.REOPEN and told is not None and told > step.at:
            # The end that the source tells goes before the town's own.
            due["close"] = told.isoformat()
        return due
