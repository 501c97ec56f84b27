"""Photos of a case: shown, and removed."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, redirect, url_for

from gridmap.domain.cases.model import Case
from gridmap.domain.roles import Action as Right
from gridmap.domain.terms import PHOTO_BYTES, PHOTO_DRAFTS, PHOTO_SIDE
from gridmap.services.cases import photos
from gridmap.storage.cases.photos import PhotoLine
from web import context
from web.access import may_now
from web.desk import forms

bp = Blueprint("photo", __name__)


@dataclass(frozen=True, slots=True)
class CasePhotos:
    """What a page shows of a case's photos.

    Attributes
    ----------
    lines : tuple of PhotoLine
    may_add : bool
        Whether whoever looks may add one.
    may_remove : bool
        Whether those that there are may be removed, also where none may be added.
    side, most_bytes : int
        To what a phone makes a photo smaller.
    most_drafts : int
        Photos that a phone keeps until they are sent.
    """

    lines: tuple[PhotoLine, ...]
    may_add: bool
    may_remove: bool
    side: int = PHOTO_SIDE
    most_bytes: int = PHOTO_BYTES
    most_drafts: int = PHOTO_DRAFTS


def photos_of(case: Case) -> CasePhotos:
    """Return what a page shows of the photos of a case that is open to whoever looks."""
    actor = context.actor()
    own = may_now(Right.ACT_ON_CASE) and photos.are_theirs(actor, case.row)
    may_add = (
        own
        and not case.row.sealed
        and case.state.withdrawn_at is None
        and photos.are_allowed(context.database())
    )
    lines = photos.list_photos(context.database(), actor, case.row.number, opened=True)
    return CasePhotos(lines, may_add, own)


@bp.get("/cases/<path:number>/photos/<int:photo_id>")
def show(number: str, photo_id: int) -> Response:
    """Answer a photo; nobody keeps it on the way."""
    picture = photos.read(context.database(), context.actor(), number, photo_id)
    return Response(picture, mimetype="image/jpeg", headers={"Cache-Control": "private, no-store"})


@bp.post("/cases/<path:number>/photos/<int:photo_id>/remove")
def remove(number: str, photo_id: int) -> Response:
    """Remove a photo for good."""
    forms.own_form()
    photos.remove(context.database(), context.actor(), number, photo_id)
    return redirect(url_for("case.show", number=number, told="photo_removed"), 303)  # type: ignore[return-value]
