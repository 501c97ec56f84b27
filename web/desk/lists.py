"""The queue first: work lists by due date, the map beside them, and the search."""

from __future__ import annotations

from flask import Blueprint, Response

from web.desk.shown import page

bp = Blueprint("desk", __name__)


@bp.get("/desk")
def show() -> Response:
    """Answer the work lists."""
    return page("desk/lists.html", "desk")


@bp.get("/search")
def search() -> Response:
    """Answer what is found; an exact number opens its case."""
    return page("desk/lists.html", "desk")
