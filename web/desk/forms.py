"""What forms of the pages hold, read into what services take."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TypeVar

from flask import request
from werkzeug.datastructures import MultiDict

from gridmap.domain.cases.actions import read_action
from gridmap.domain.cases.asked import Decision, NewCase, StepAsked
from gridmap.errors import InvalidInput
from web.desk.shown import zone

Form = MultiDict[str, str]
_T = TypeVar("_T")
_FORM = "application/x-www-form-urlencoded"
_WAS = "was-"
DECISIONS = 3
"""Lines for decisions that the form of a conference has."""


def own_form() -> Form:
    """Return the form that was sent; the door has turned away what another site's page sends.

    Raises
    ------
    InvalidInput
        When it is no form.
    """
    if request.content_length and request.mimetype != _FORM:
        raise InvalidInput(
            "body-no-form", "请用本程序的页面提交。", "Send the form of this program's own page."
        )
    return request.form


def text(form: Form, name: str) -> str | None:
    """Return a field's text, or None where it is empty."""
    return form.get(name, "").strip() or None


def read(form: Form, name: str, kind: Callable[[str], _T]) -> _T | None:
    """Return a field read as a number, a day or a key; None where it is empty.

    Raises
    ------
    InvalidInput
        Naming the field.
    """
    given = text(form, name)
    if given is None:
        return None
    try:
        return kind(given)
    except (ValueError, OverflowError):
        raise InvalidInput(
            "form-field", f"“{given}”不能用作 {name}，请改正。", f"{given!r} is no {name}: put it right."
        ) from None


def moment(given: str) -> dt.datetime:
    """Read a local day and time."""
    at = dt.datetime.fromisoformat(given)
    return at.replace(tzinfo=zone()) if at.tzinfo is None else at


def said(form: Form, name: str) -> bool | None:
    """Return yes or no; None where it was not asked."""
    return {"yes": True, "no": False}.get(form.get(name, ""))


def new_case(form: Form) -> NewCase:
    """Read the form of a case that is taken in."""
    domain, _, kind = (text(form, "kind") or "").partition(":")
    lon, lat = read(form, "lon", float), read(form, "lat", float)
    chosen = read(form, "grid_key", int)
    return NewCase(
        domain=domain,
        kind=kind or None,
        occurred_at=read(form, "occurred_at", moment) or dt.datetime.now(dt.UTC),
        summary=text(form, "summary") or "",
        lon=lon,
        lat=lat,
        accuracy_m=read(form, "accuracy_m", float),
        crs=text(form, "crs"),
        grid_key=chosen,
        grid_reason=text(form, "grid_reason"),
        place=text(form, "place"),
        channel=text(form, "channel"),
        found_by=text(form, "found_by"),
        people_count=read(form, "people_count", int),
        sum_band=text(form, "sum_band"),
        scale=text(form, "scale"),
        risk=text(form, "risk") or "green",
        risk_grounds=tuple(form.getlist("risk_grounds")),
        committee_is_party="committee_is_party" in form,
        reporter_hidden="reporter_hidden" in form,
        number_of_source=text(form, "number_of_source"),
        linked_to=text(form, "linked_to"),
    )


def step(form: Form) -> StepAsked:
    """Read the form of a step.

    Raises
    ------
    InvalidInput
        When there is no such step, or a field is no number or day.
    """
    action = read_action(form.get("action", ""))
    if action is None:
        raise InvalidInput("step-unknown", "没有这一步骤。", "There is no such step.")
    decisions = []
    for n in range(DECISIONS):
        what, due = text(form, f"decision_{n}"), read(form, f"decision_due_{n}", dt.date.fromisoformat)
        if what is None:
            continue
        if due is None:
            raise InvalidInput(
                "decision-no-day",
                "每项会商决定请注明期限。",
                "Say by which day each decision is done.",
            )
        decisions.append(Decision(what, due, text(form, f"decision_body_{n}")))
    return StepAsked(
        action=action,
        to_grid_key=read(form, "to_grid_key", int),
        to_body=text(form, "to_body"),
        ground=text(form, "ground"),
        until=read(form, "until", moment),
        outcome=text(form, "outcome"),
        method=text(form, "method"),
        agreement=text(form, "agreement"),
        fulfilled=text(form, "fulfilled"),
        note=text(form, "note"),
        corrects=read(form, "corrects", int),
        risk=text(form, "risk"),
        risk_grounds=tuple(form.getlist("risk_grounds")),
        lead=text(form, "lead"),
        bodies=tuple(form.getlist("bodies")),
        decisions=tuple(decisions),
        again=said(form, "again"),
        satisfied=said(form, "satisfied"),
        linked_to=text(form, "linked_to"),
        reporter_hidden=said(form, "reporter_hidden"),
    )


def was(form: Form) -> dict[str, str]:
    """Return what the fields said before anybody wrote."""
    return {name.removeprefix(_WAS): form[name].strip() for name in form if name.startswith(_WAS)}


def written(form: Form) -> dict[str, str]:
    """Return what somebody wrote in a form: a field that was left alone comes back as it is stored now."""
    before = was(form)
    return {name: form[name] for name in form if form[name].strip() != before.get(name)}
