"""What forms of the pages hold, read into what services take."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeVar

from flask import request
from werkzeug.datastructures import MultiDict

from gridmap.domain.cases.actions import read_action
from gridmap.domain.cases.asked import Decision, NewCase, StepAsked
from gridmap.errors import InvalidInput
from web.desk.shown import zone
from web.desk.words import WORDS

Form = MultiDict[str, str]
Label = str | tuple[str, str]
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


def read(form: Form, name: str, kind: Callable[[str], _T], label: Label | None = None) -> _T | None:
    """Return a field read as a number, a day or a key; None where it is empty.

    Parameters
    ----------
    form : MultiDict
    name : str
    kind : callable
    label : str or tuple of str, optional
        What stands beside the field on its form: a word of the page, or both languages. `f_` and the name by default.

    Raises
    ------
    InvalidInput
        Naming the field as its form does.
    """
    given = text(form, name)
    return None if given is None else as_read(given, kind, label or f"f_{name}")


def as_read(given: str, kind: Callable[[str], _T], label: Label) -> _T:
    """Return what somebody wrote, read; see `read`."""
    try:
        return kind(given)
    except (ValueError, OverflowError):
        zh, en = label if isinstance(label, tuple) else WORDS[label]
        should_zh, should_en = _READ_AS.get(kind, _NUMBER)
        raise InvalidInput(
            "form-field",
            f"“{zh}”不能是“{given}”，应为{should_zh}。请改正。",
            f"“{en}” cannot be {given!r}: it is {should_en}. Put it right.",
        ) from None


def moment(given: str) -> dt.datetime:
    """Read a local day and time."""
    at = dt.datetime.fromisoformat(given)
    return at.replace(tzinfo=zone()) if at.tzinfo is None else at


_NUMBER = ("数", "a number")
_READ_AS: Mapping[Callable[[str], object], tuple[str, str]] = MappingProxyType(
    {
        int: ("整数", "a whole number"),
        moment: ("日期和时间，如 2026-10-05T08:30", "a day and time such as 2026-10-05T08:30"),
        dt.date.fromisoformat: ("日期，如 2026-10-05", "a day such as 2026-10-05"),
        dt.time.fromisoformat: ("时刻，如 08:30", "a time such as 08:30"),
    }
)
"""What a field is to be, in words."""


def said(form: Form, name: str) -> bool | None:
    """Return yes or no; None where it was not asked."""
    return {"yes": True, "no": False}.get(form.get(name, ""))


def new_case(form: Form) -> NewCase:
    """Read the form of a case that is taken in."""
    domain, _, kind = (text(form, "kind") or "").partition(":")
    lon, lat = read(form, "lon", float), read(form, "lat", float)
    chosen = read(form, "grid_key", int, "grid_change")
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
        what, due = (
            text(form, f"decision_{n}"),
            read(form, f"decision_due_{n}", dt.date.fromisoformat, "decision_due"),
        )
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
