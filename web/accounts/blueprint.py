"""The blueprint of the door's pages, and how they are shown."""

from __future__ import annotations

from flask import Blueprint, Response

from gridmap.domain.roles import ROLE_NAMES
from gridmap.errors import GridmapError
from web import look
from web.desk import shown

bp = Blueprint("accounts", __name__)


def show(template: str, failed: GridmapError | None = None, **given: object) -> Response:
    """Answer a page in the reader's language, with what failed; it is kept by no browser."""
    column = look.LANGUAGES.index(look.language())
    answer = shown.page(
        template,
        "account",
        status=200 if failed is None else failed.status,
        live=False,
        problem=None if failed is None else failed.as_dict(),
        at=lambda moment: f"{shown.local(moment):%Y-%m-%d %H:%M:%S}",
        role_names={role: names[column] for role, names in ROLE_NAMES.items()},
        **given,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer
