"""The question of every page whether something has changed, and what tells it that something has."""

from __future__ import annotations

from flask import Blueprint, Response, g, jsonify, request

from web.watch import told_revision, watch

bp = Blueprint("live", __name__)


@bp.after_app_request
def stir(answer: Response) -> Response:
    """Tell every page of what was changed by a request: answers of a screening, tasks, posts of a grid."""
    if (request.endpoint or "accounts.").startswith("accounts."):
        watch().forget()
        return answer
    asks = request.method in {"GET", "HEAD", "OPTIONS"} or request.endpoint == "cases.list_duplicates"
    if not asks and answer.status_code < 400:
        watch().stir()
    return answer


@bp.get("/live")
def revision() -> Response:
    """Answer the revision, and whose session asks: a page of another post is no longer theirs."""
    mine = g.get("signed_in")
    answer = jsonify(revision=told_revision(), post=None if mine is None else mine.post.name)
    answer.headers["Cache-Control"] = "no-store"
    return answer
