"""Photos of a case: only where the town allows them, and never with what the camera wrote beside them."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy.orm import Session

from gridmap.domain.accounts import Actor
from gridmap.domain.cases.model import CaseRow
from gridmap.domain.gridkey import Scope
from gridmap.domain.roles import Action as Right
from gridmap.domain.roles import require
from gridmap.domain.terms import MOST_PHOTOS
from gridmap.errors import Conflict, Forbidden, NotFound
from gridmap.ingest.photos import read_photo
from gridmap.services.accounts import audit
from gridmap.services.cases.held_back import is_held_back
from gridmap.services.cases.limits import require_whole
from gridmap.services.cases.refusals import id_of, key_used, read_key
from gridmap.storage.cases import desk as stored
from gridmap.storage.cases import photos as kept
from gridmap.storage.cases.desk import KeptCase
from gridmap.storage.cases.photos import PhotoLine
from gridmap.storage.database import Database
from gridmap.storage.workspace import settings as workspace

_SETTING = "photos"


def are_allowed(database: Database) -> bool:
    """Tell whether the town allows photos; it does not unless somebody said so."""
    with database.scoped_session(Scope.whole()) as session:
        return workspace.read_settings(session).get(_SETTING) is True


def allow(database: Database, actor: Actor, *, allowed: bool) -> None:
    """Allow photos in the town, or end that; those that there are stay until they are removed or out of date.

    Raises
    ------
    Forbidden
        When the actor does not answer for the whole town.
    """
    require_whole(actor)
    with database.scoped_session(Scope.whole(), write=True) as session:
        workspace.write_settings(session, **{_SETTING: True if allowed else None})
        audit.note(session, actor, "allow_photos" if allowed else "forbid_photos")


def count(database: Database, actor: Actor) -> int:
    """Count the photos of the cases that an actor sees."""
    with database.scoped_session(actor.scope) as session:
        return kept.count(session)


def list_photos(
    database: Database, actor: Actor, number: str, *, opened: bool = False
) -> tuple[PhotoLine, ...]:
    """Return the photos of a case, the oldest first.

    Parameters
    ----------
    database : Database
    actor : Actor
    number : str
    opened : bool
        Whether a sealed case was opened on record just now; otherwise asking for its photos is an opening of its own.

    Raises
    ------
    NotFound
        When there is no such case in the scope, or it is sealed from the actor.
    Forbidden
        When the case is sealed, and the actor's role opens no sealed case.
    """
    with database.scoped_session(actor.scope) as session:
        case = _seen(session, actor, number)
        lines = () if is_held_back(actor, case.row) else kept.list_photos(session, case.row.incident_id)
    if case.row.sealed and not opened:
        audit.record(database, actor, "open_sealed", case.row.number)
    return lines


def read(database: Database, actor: Actor, number: str, photo_id: int) -> bytes:
    """Return a photo as JPEG; of a sealed case it leaves a row in the audit.

    Raises
    ------
    NotFound
        When there is no such case in the scope, or no such photo of it that the actor may see.
    Forbidden
        When the case is sealed, and the actor's role opens no sealed case.
    """
    with database.scoped_session(actor.scope) as session:
        case = _seen(session, actor, number)
        picture = (
            None
            if is_held_back(actor, case.row)
            else kept.read_picture(session, case.row.incident_id, photo_id)
        )
    if picture is None:
        raise _absent(photo_id)
    if case.row.sealed:
        audit.record(database, actor, "open_sealed", case.row.number, photo=str(photo_id))
    return picture


def add(
    database: Database, actor: Actor, number: str, given: bytes, key: str | uuid.UUID
) -> tuple[PhotoLine, ...]:
    """Add a photo to a case; gives all that it has.

    Parameters
    ----------
    database : Database
    actor : Actor
        Has the case, or is asked to sign for it.
    number : str
    given : bytes
        JPEG, PNG or WebP.
    key : str or UUID
        Names this act: told twice, it is done once.

    Raises
    ------
    NotFound
        When there is no such case in the scope.
    Forbidden
        When the town allows no photos, or the case is another's.
    Conflict
        When the case is sealed or withdrawn, has as many photos as it may, or the key named something else.
    InvalidInput
        When it is no photo that can be read.
    """
    told_key = read_key(key)
    if not are_allowed(database):
        raise Forbidden(
            "photos-not-allowed",
            "本镇没有启用照片。需要时由镇级管理岗位执行 gridmap photos on。",
            "This town allows no photos. A post of the whole town allows them with: gridmap photos on",
        )
    with database.scoped_session(actor.scope) as session:
        _refuse_closed(_own(session, actor, number))
    photo = read_photo(given)
    with database.scoped_session(actor.scope, write=True) as session:
        # As it is now: while the photo was read the case may have been passed on, sealed or withdrawn.
        case = _locked(session, actor, number)
        _refuse_closed(case)
        incident_id = case.row.incident_id
        done = kept.find_of_key(session, told_key)
        if done is not None and done[1] != incident_id:
            raise key_used()
        there = kept.list_photos(session, incident_id)
        if done is not None:
            return there
        if len(there) >= MOST_PHOTOS:
            raise Conflict(
                "photos-enough",
                f"一起事件最多 {MOST_PHOTOS} 张照片。请先移除不需要的。",
                f"A case has at most {MOST_PHOTOS} photos. Remove one that is not needed first.",
            )
        line = PhotoLine(0, photo.width, photo.height, actor.post, dt.datetime.now(dt.UTC))
        kept.add(session, incident_id, line, photo.picture, told_key)
        workspace.touch(session)
        return kept.list_photos(session, incident_id)


def remove(database: Database, actor: Actor, number: str, photo_id: int) -> tuple[PhotoLine, ...]:
    """Remove a photo for good, which leaves a row in the audit; gives those that are left.

    Of a sealed case by whoever has it and may open it; of a withdrawn one, too.

    Raises
    ------
    NotFound
        When there is no such case in the scope, or no such photo of it.
    Forbidden
        When the case is another's, or sealed and the actor's role opens no sealed case.
    """
    with database.scoped_session(actor.scope, write=True) as session:
        case = _locked(session, actor, number)
        incident_id = case.row.incident_id
        if not kept.remove(session, incident_id, photo_id):
            raise _absent(photo_id)
        workspace.touch(session)
        left = kept.list_photos(session, incident_id)
        audit.note(session, actor, "remove_photo", case.row.number, photo=str(photo_id))
        return left


def are_theirs(actor: Actor, row: CaseRow) -> bool:
    """Tell whether an actor has a case, or is asked to sign for it, so that its photos are theirs to add and remove."""
    has_it = any(key is not None and key in actor.scope for key in (row.handler_key, row.awaiting_key))
    return has_it and not is_held_back(actor, row)


def _seen(session: Session, actor: Actor, number: str) -> KeptCase:
    case = stored.load(session, id_of(session, number))
    if case.row.sealed:
        require(actor, Right.SEE_SEALED)
    return case


def _own(session: Session, actor: Actor, number: str) -> KeptCase:
    case = _seen(session, actor, number)
    if not are_theirs(actor, case.row):
        raise Forbidden(
            "photos-not-yours",
            "照片由现承办或待签收的单位添加和移除。",
            "Photos are added and removed by whoever has the case, or is asked to sign for it.",
        )
    return case


def _locked(session: Session, actor: Actor, number: str) -> KeptCase:
    case = _own(session, actor, number)
    # A case of another place is the handler's to read: the lock and the key are looked for in the whole workspace.
    stored.widen(session)
    stored.lock(session, case.row.incident_id)
    return _own(session, actor, case.row.number)


def _refuse_closed(case: KeptCase) -> None:
    if case.row.sealed or case.state.withdrawn_at is not None:
        raise Conflict(
            "photos-closed",
            "保密或已撤销的事件不添加照片。",
            "No photo is added to a sealed or withdrawn case.",
        )


def _absent(photo_id: int) -> NotFound:
    return NotFound(
        "photo-not-found",
        f"事件没有照片 {photo_id}，可能已被移除。请重新打开事件。",
        f"The case has no photo {photo_id}: it may have been removed. Open the case again.",
    )
