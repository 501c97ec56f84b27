"""Photos of a case in the database."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, exists, func, select
from sqlalchemy.orm import Session

from gridmap.storage.models import CasePhoto, Incident


@dataclass(frozen=True, slots=True)
class PhotoLine:
    """A photo without its picture.

    Attributes
    ----------
    photo_id : int
    width, height : int
        Pixels.
    post : str
        Who added it.
    added_at : datetime
        Aware.
    """

    photo_id: int
    width: int
    height: int
    post: str
    added_at: dt.datetime


_LINE = (CasePhoto.photo_id, CasePhoto.width, CasePhoto.height, CasePhoto.post, CasePhoto.added_at)


def list_photos(session: Session, incident_id: int) -> tuple[PhotoLine, ...]:
    """Return a case's photos, the oldest first."""
    query = (
        select(*_LINE)
        .where(CasePhoto.incident_id == incident_id)
        .order_by(CasePhoto.added_at, CasePhoto.photo_id)
    )
    return tuple(PhotoLine(*row) for row in session.execute(query))


def there_are() -> ColumnElement[bool]:
    """Return the condition that a case has photos."""
    return exists().where(CasePhoto.incident_id == Incident.incident_id)


def find_of_key(session: Session, key: uuid.UUID) -> tuple[int, int] | None:
    """Return photo and case of the act that a key names."""
    found = session.execute(
        select(CasePhoto.photo_id, CasePhoto.incident_id).where(CasePhoto.uid == key)
    ).first()
    return None if found is None else (found.photo_id, found.incident_id)


def add(session: Session, incident_id: int, line: PhotoLine, picture: bytes, key: uuid.UUID) -> None:
    """Keep a photo; its number is given here."""
    session.add(
        CasePhoto(
            incident_id=incident_id,
            uid=key,
            picture=picture,
            width=line.width,
            height=line.height,
            post=line.post,
            added_at=line.added_at,
        )
    )
    session.flush()


def read_picture(session: Session, incident_id: int, photo_id: int) -> bytes | None:
    """Return a photo's picture; None where the case has no such photo."""
    query = select(CasePhoto.picture).where(
        CasePhoto.incident_id == incident_id, CasePhoto.photo_id == photo_id
    )
    return session.scalar(query)


def remove(session: Session, incident_id: int, photo_id: int) -> bool:
    """Remove a photo for good; tells whether there was one."""
    gone = delete(CasePhoto).where(CasePhoto.incident_id == incident_id, CasePhoto.photo_id == photo_id)
    return session.scalar(gone.returning(CasePhoto.photo_id)) is not None


def remove_of(session: Session, incident_ids: Sequence[int]) -> None:
    """Remove all photos of cases."""
    session.execute(delete(CasePhoto).where(CasePhoto.incident_id.in_(incident_ids)))


def count(session: Session) -> int:
    """Count the photos of all cases."""
    return session.scalar(select(func.count()).select_from(CasePhoto)) or 0
