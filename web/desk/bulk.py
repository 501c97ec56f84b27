"""One step in many cases of a list, and what became of each."""

from __future__ import annotations

from flask import Blueprint, Response

from gridmap.errors import GridmapError, InvalidInput
from gridmap.services.cases import bulk
from gridmap.services.cases.bulk import Chosen, Outcome
from gridmap.services.cases.desk import UNDO_S
from web import context
from web.desk import forms, shown
from web.desk.shown import page

bp = Blueprint("bulk", __name__)


@bp.post("/desk/steps")
def act() -> Response:
    """Make a step in every chosen case and tell what became of each."""
    form = forms.own_form()
    try:
        done = bulk.act_each(
            context.database(), context.actor(), _chosen(form), forms.step(form), form.get("key", "")
        )
    except InvalidInput as error:
        return _told([], problem=error)
    return _told(done)


@bp.post("/desk/steps/undo")
def undo() -> Response:
    """Take the step back in every case that is named, within the minute."""
    form = forms.own_form()
    try:
        done = bulk.undo_each(context.database(), context.actor(), _chosen(form))
    except InvalidInput as error:
        return _told([], problem=error)
    return _told(done, undone=True)


def _chosen(form: forms.Form) -> list[Chosen]:
    out = []
    for given in form.getlist("chosen"):
        number, _, revision = given.rpartition(":")
        if not number or not revision.isdecimal() or len(revision) > 9:
            raise InvalidInput(
                "bulk-chosen",
                "勾选的事件无效，请返回列表重新勾选。",
                "What is chosen names no case. Go back to the list and choose again.",
            )
        out.append(Chosen(number, int(revision)))
    return out


def _told(done: list[Outcome], *, undone: bool = False, problem: GridmapError | None = None) -> Response:
    made = [outcome for outcome in done if outcome.refused is None]
    refused = [(outcome.number, outcome.refused.as_dict()) for outcome in done if outcome.refused is not None]
    return page(
        "desk/bulk.html",
        "desk",
        status=problem.status if problem else 200,
        made=made,
        refused=refused,
        undone=undone,
        problem=problem.as_dict() if problem else None,
        until=int(shown.now().timestamp()) + UNDO_S if made and not undone else None,
    )
