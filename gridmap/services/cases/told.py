"""What is asked of a case and what is kept of it, turned into each other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from gridmap.domain.accounts import Actor
from gridmap.domain.cases.actions import Action
from gridmap.domain.cases.asked import NewCase, StepAsked
from gridmap.domain.cases.directory import seat
from gridmap.domain.cases.model import State, Step
from gridmap.errors import InvalidInput, NotFound
from gridmap.services.cases.case_limits import begun, set_anew
from gridmap.services.cases.limits import table_of
from gridmap.storage.cases import desk as stored
from gridmap.storage.cases import tasks as kept
from gridmap.storage.cases.desk import KeptCase

_LATEST = dt.timedelta(minutes=5)
TOLD_ENDS = ("told_method", "told_body", "told_result", "evaluated_on", "evaluation")


class _Asked:
    """A case as the limits look at it."""

    def __init__(self, domain: str, kind: str | None, scale: str | None) -> None:
        self.domain, self.kind, self.scale = domain, kind, scale


def asked_step(
    session: Session, zone: str, actor: Actor, case: KeptCase, asked: StepAsked, now: dt.datetime
) -> Step:
    """Return the step that somebody asks for, with the limits that begin with it.

    Raises
    ------
    NotFound
        When the body, or the linked case, does not exist.
    InvalidInput
        When the time is no time, or lies ahead.
    """
    at = asked.at or now
    if at.tzinfo is None or at > now + _LATEST:
        raise InvalidInput(
            "step-time",
            "办理时间应带时区，且不晚于现在。",
            "A step's time has a zone, and is not later than now.",
        )
    to_grid, details = asked.to_grid_key, _details(session, case, asked)
    if asked.to_body is not None:
        to_grid = seat(_body(session, asked.to_body))
    risk = asked.risk or case.state.risk
    looked_at = _Asked(case.row.domain, case.row.kind, case.told["scale"])
    table = table_of(session)
    due = begun(
        table,
        zone,
        looked_at,
        asked.action,
        at=at,
        state=case.state,
        to_grid_key=to_grid,
        told_due_at=case.opening.due_at,
    )
    if asked.action is Action.ASSESS and risk != case.state.risk:
        details |= set_anew(session, zone, case, looked_at, at=at, risk=risk)
    if due:
        details["due"] = due
    return Step(
        action=asked.action.value,
        at=at,
        post=actor.post,
        to_grid_key=to_grid,
        to_body=asked.to_body,
        ground=asked.ground,
        until=asked.until,
        outcome=asked.outcome,
        method=asked.method,
        agreement=asked.agreement,
        fulfilled=asked.fulfilled,
        note=asked.note,
        told_by="desk",
        corrects=asked.corrects,
        recorded_at=now,
        details=details,
        stage_from=case.state.stage,
    )


def _details(session: Session, case: KeptCase, asked: StepAsked) -> dict[str, object]:
    details: dict[str, object] = {}
    if asked.action is Action.ASSESS and asked.risk:
        details |= {"risk": asked.risk, "grounds": list(asked.risk_grounds)}
        if asked.risk != "green" and not asked.risk_grounds:
            raise risk_needs_ground()
    if asked.action is Action.CONFER:
        for code in (*asked.bodies, *([asked.lead] if asked.lead else [])):
            _body(session, code)
        details |= {
            "lead": asked.lead,
            "bodies": list(asked.bodies),
            "decisions": [
                {"text": d.text, "due_on": d.due_on.isoformat(), "body_code": d.body_code}
                for d in asked.decisions
            ],
        }
    if asked.action is Action.FOLLOW_UP:
        details |= {"again": asked.again, "satisfied": asked.satisfied}
        if asked.satisfied is not None:
            # Only what was drawn by lot gets here; a figure counts no other answer.
            details["drawn"] = True
    if asked.action is Action.LINK and asked.linked_to:
        details["number"] = linked_number(session, asked.linked_to, case.row.incident_id)
    if asked.action is Action.CORRECT and asked.reporter_hidden is not None:
        details["reporter_hidden"] = asked.reporter_hidden
    if asked.action is Action.CORRECT and asked.corrects not in {s.step_id for s in case.steps}:
        raise NotFound(
            "step-not-found",
            "事件中没有这一步骤，请从步骤列表中选择要更正的一步。",
            "The case has no such step: choose the one to correct from its list.",
        )
    return details


def risk_needs_ground() -> InvalidInput:
    """Return the error of a risk that is not low and has no ground."""
    return InvalidInput(
        "risk-needs-ground",
        "中、高风险须注明依据（暴力、伤人、凶器、多人聚集、未成年人等）。",
        "A medium or high risk needs its grounds (violence, injury, means, a group, minors).",
    )


def linked_number(session: Session, number: str, incident_id: int | None) -> str:
    """Return the number for life of another case.

    Raises
    ------
    NotFound
        When there is none, or it is the case itself.
    """
    found = stored.find_id(session, number)
    if found is None or found == incident_id:
        raise NotFound(
            "link-not-found",
            f"没有可关联的事件 {number}。请核对编号。",
            f"There is no case {number} to link. Check the number.",
        )
    return stored.load(session, found).row.number


def _body(session: Session, code: str) -> kept.BodyRow:
    for body in kept.list_bodies(session):
        if body["code"] == code:
            return body
    raise NotFound(
        "body-not-found",
        f"机构目录中没有 {code}。请用 gridmap cases bodies 查看。",
        f"The directory has no body {code}. See gridmap cases bodies.",
    )


def told_of(row: Mapping[str, Any], state: State) -> NewCase:
    """Return what was told of a case, from its row."""
    return NewCase(
        domain=row["domain"],
        occurred_at=row["occurred_at"],
        summary=row["summary"] or "",
        kind=row["kind"],
        reported_at=row["reported_at"],
        lon=row["raw_x"],
        lat=row["raw_y"],
        accuracy_m=row["accuracy_m"],
        crs=row["source_crs"],
        grid_key=row["grid_key"],
        place=row["place"],
        scale=row["scale"],
        channel=row["channel"],
        found_by=row["found_by"],
        people_count=row["people_count"],
        sum_band=row["sum_band"],
        severity=row["severity"],
        risk=state.risk,
        risk_grounds=state.risk_grounds,
        committee_is_party=row["committee_is_party"],
        reporter_hidden=state.reporter_hidden,
        code_system=row["code_system"],
        number_of_source=row["uid"] if row["uid"] != row["number"] else None,
        **{name: row[name] for name in TOLD_ENDS},
    )
