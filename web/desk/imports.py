"""Imports that were made: what each did, row by row, and the way back."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, url_for

from gridmap.domain.records import noun_words
from gridmap.errors import Conflict, GridmapError, InvalidInput
from gridmap.services.house import HISTORY_KINDS
from gridmap.services.imports import history
from gridmap.services.imports.kinds import Undone
from web import context
from web.desk import forms, told_rows
from web.desk.shown import page

bp = Blueprint("brought", __name__)

_SHOWN = 200


@bp.get("/imports")
def show() -> Response:
    """Answer the imports, the newest first."""
    return page(
        "desk/imports.html",
        "imports",
        runs=history.list_imports(context.database(), context.scope()),
        noun_words=noun_words,
    )


@bp.get("/imports/<int:number>")
def one(number: int) -> Response:
    """Answer one import row by row, with the form that takes it back."""
    return _one(number)


def _one(number: int, problem: GridmapError | None = None, done: Undone | None = None) -> Response:
    shown = history.show_import(context.database(), context.scope(), HISTORY_KINDS, number, limit=_SHOWN)
    return page(
        "desk/import.html",
        "imports",
        status=problem.status if problem else 200,
        problem=problem.as_dict() if problem else None,
        shown=shown,
        done=done,
        noun_words=noun_words,
        most=_SHOWN,
        **told_rows.words_of(shown.run.noun),
    )


@bp.post("/imports/<int:number>/undo")
def undo(number: int) -> Response:
    """Take an import back."""
    form = forms.own_form()
    try:
        done = history.undo_import(
            context.database(), context.actor(), HISTORY_KINDS, number, form.get("why", "")
        )
    except (InvalidInput, Conflict) as error:
        return _one(number, error)
    if done.left:
        return _one(number, done=done)
    return redirect(url_for("brought.one", number=number, told="import_undone"), 303)  # type: ignore[return-value]
