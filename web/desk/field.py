"""The field page: one case, one hand, three buttons, on the phone of whoever stands there."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, redirect, url_for

from gridmap.domain.cases.actions import Action
from gridmap.domain.cases.rules import RULES
from gridmap.domain.cases.worklists import Wanted
from gridmap.domain.gridkey import UNASSIGNED, VILLAGE, Scope, ancestor, level_of
from gridmap.domain.roles import Action as Right
from gridmap.services.cases import desk, worklists
from web import context
from web.access import may_now
from web.desk import shown, small_map
from web.desk.photos import photos_of
from web.desk.shown import page

bp = Blueprint("phone", __name__)

_SHOWN = 30
_WORKER = Path(__file__).parent.parent / "static" / "app" / "desk" / "field_worker.js"


@bp.get("/field")
def begin() -> Response:
    """Lead to the page below whose address its worker keeps it for hours without a network."""
    return redirect(url_for("phone.show"))  # type: ignore[return-value]


@bp.get("/field/")
def show() -> Response:
    """Answer the cases that this post has or is asked to sign for, those due first before others."""
    found = worklists.work_list(
        context.database(), context.scope(), Wanted("mine"), limit=_SHOWN, now=shown.now()
    )
    return page(
        "desk/field.html",
        "field",
        found=found,
        urgency=small_map.urgency,
        may_record=may_now(Right.RECORD_CASE),
    )


@bp.get("/field/new")
def new() -> Response:
    """Answer the short form by which a case is taken in on the spot."""
    places = shown.places()
    own = context.scope()
    return page(
        "desk/field_new.html",
        "field",
        kinds=shown.kinds_by_domain(places.kinds),
        ground=small_map.ground(places),
        grids=[g for g in places.grids if g.level <= VILLAGE and g.grid_key in own],
    )


@bp.get("/field/<int:number>")
def case(number: int) -> Response:
    """Answer one case with what may be done with it on the spot."""
    found = desk.find(context.database(), context.actor(), str(number), now=shown.now())
    lawful = {step.action for step in found.lawful}
    work = Action.MEDIATE if found.row.domain == "dispute" else Action.HANDLE
    places = shown.places()
    key = found.row.grid_key
    village = Scope.of_grid(ancestor(key, VILLAGE)) if key != UNASSIGNED and level_of(key) >= VILLAGE else ()
    offered = (Action.SIGN,) if Action.SIGN in lawful else (work, Action.RESOLVE)
    return page(
        "desk/field_case.html",
        "field",
        case=found,
        photos=None if found.closed else photos_of(found),
        row=found.row,
        steps=[(a, RULES[a]) for a in offered if a in lawful],
        may_place=may_now(Right.ACT_ON_CASE)
        # Whoever signs for it has it then, and can say with the signature where it is.
        and (found.row.handler_key in context.scope() or Action.SIGN in lawful)
        and not found.row.sealed
        and found.state.withdrawn_at is None,
        ground=small_map.ground(places),
        grids=[g for g in places.grids if g.level <= VILLAGE or g.grid_key in village],
        noting=Action.NOTE in lawful,
        late=small_map.urgency(found.row, shown.now()) == "late",
    )


@bp.get("/field/worker.js")
def worker() -> Response:
    """Answer the program that keeps the field page where there is no network."""
    return Response(
        _WORKER.read_text("utf-8"), mimetype="text/javascript", headers={"Cache-Control": "no-cache"}
    )
