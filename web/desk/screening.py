"""Rounds of screening: one screen for all villages, and a sheet of paper with the page's code."""

from __future__ import annotations

import datetime as dt

from flask import Blueprint, Response, redirect, url_for

from gridmap.domain.gridkey import VILLAGE
from gridmap.domain.roles import Action
from gridmap.errors import Forbidden, GridmapError, InvalidInput
from gridmap.services.cases import screening
from web import context
from web.access import may_now
from web.desk import forms, shown
from web.desk.phone_code import code_of
from web.desk.shown import page

bp = Blueprint("screening", __name__)

_USUAL_DAYS = 7


@bp.get("/screening")
def show() -> Response:
    """Answer the rounds, the newest first, and the form that begins one."""
    return _rounds()


def _rounds(problem: GridmapError | None = None, written: forms.Form | None = None) -> Response:
    database, scope = context.database(), context.scope()
    kept = screening.rounds(database, scope)
    return page(
        "desk/screening.html",
        "screening",
        status=problem.status if problem else 200,
        problem=problem.as_dict() if problem else None,
        boards=[screening.board(database, scope, found.round_id) for found in kept[:10]],
        may_begin=scope.is_whole and may_now(Action.ACT_ON_CASE),
        written=written or {},
        today=shown.today(),
        ends=shown.today() + dt.timedelta(days=_USUAL_DAYS),
    )


@bp.post("/screening")
def begin() -> Response:
    """Begin a round for every village."""
    form = forms.own_form()
    try:
        made = screening.begin(
            context.database(),
            context.actor(),
            form.get("name", ""),
            0,
            VILLAGE,
            forms.read(form, "begins_on", dt.date.fromisoformat, "screening_from") or shown.today(),
            forms.read(form, "ends_on", dt.date.fromisoformat, "screening_to") or shown.today(),
            text=forms.text(form, "text"),
        )
    except (InvalidInput, Forbidden) as error:
        return _rounds(error, form)
    return redirect(url_for("screening.board", number=made.round_id), 303)  # type: ignore[return-value]


@bp.get("/screening/<int:number>")
def board(number: int) -> Response:
    """Answer one round: every village that the post sees, with its answer or the three buttons that give one."""
    return _board(number)


def _board(number: int, problem: GridmapError | None = None, about: int | None = None) -> Response:
    return page(
        "desk/screening_board.html",
        "screening",
        status=problem.status if problem else 200,
        problem=problem.as_dict() if problem else None,
        about=about,
        board=screening.board(context.database(), context.scope(), number),
        may_answer=may_now(Action.ACT_ON_CASE),
    )


@bp.post("/screening/<int:number>/<int:grid_key>")
def answer(number: int, grid_key: int) -> Response:
    """Keep a village's answer."""
    form = forms.own_form()
    said = form.get("answer", "")
    try:
        n = (forms.read(form, "n", int, "screening_found") or 0) if said == "found" else 0
        screening.answer(context.database(), context.actor(), number, grid_key, said, n=n)
    except (InvalidInput, Forbidden) as error:
        return _board(number, error, grid_key)
    return redirect(
        url_for("screening.board", number=number, told="answer_kept", _anchor=f"grid-{grid_key}"), 303
    )  # type: ignore[return-value]


@bp.get("/screening/<int:number>/sheet")
def sheet(number: int) -> Response:
    """Answer the round as a sheet to print: a line a village, and the code of its page."""
    return page(
        "desk/screening_sheet.html",
        "screening",
        board=screening.board(context.database(), context.scope(), number),
    )


@bp.get("/screening/<int:number>/qr.svg")
def qr(number: int) -> Response:
    """Answer the code of the round's page."""
    return code_of("screening.board", number=number)
