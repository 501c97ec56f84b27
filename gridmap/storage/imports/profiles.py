"""Profiles of source systems in the database, and which files were imported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gridmap.domain.profiles import Profile
from gridmap.storage.models import ImportProfile, ImportRun

_APART = ("name", "noun", "unknown", "owner", "headings")


def save(session: Session, profile: Profile) -> None:
    """Keep a profile; one of the same name is written over, and keeps its owner."""
    options = {name: value for name, value in asdict(profile).items() if name not in _APART}
    row = insert(ImportProfile).values(
        name=profile.name,
        noun=profile.noun,
        unknown=profile.unknown,
        owner=profile.owner,
        options=options,
        headings=list(profile.headings) or None,
    )
    changed: dict[str, Any] = {name: row.excluded[name] for name in ("noun", "unknown", "options")}
    changed["headings"] = func.coalesce(row.excluded.headings, ImportProfile.headings)
    session.execute(row.on_conflict_do_update(index_elements=["name"], set_=changed))


def list_all(session: Session) -> list[Profile]:
    """Return all profiles by name."""
    return [_profile(row) for row in session.scalars(select(ImportProfile).order_by(ImportProfile.name))]


def find(session: Session, name: str) -> Profile | None:
    """Return a profile, or None."""
    row = session.get(ImportProfile, name)
    return None if row is None else _profile(row)


def remember_headings(session: Session, name: str, headings: Sequence[str]) -> None:
    """Keep the headings of a source's own files, where there is a profile of that name."""
    session.execute(update(ImportProfile).where(ImportProfile.name == name).values(headings=list(headings)))


def remove(session: Session, name: str) -> bool:
    """Remove a profile; False when there is none."""
    gone = delete(ImportProfile).where(ImportProfile.name == name).returning(ImportProfile.name)
    return session.scalar(gone) is not None


def run_of_file(session: Session, noun: str, file_sha256: str) -> int | None:
    """Return the import that brought a file in and is in force, or None."""
    return session.scalar(
        select(ImportRun.import_run_id)
        .where(ImportRun.noun == noun, ImportRun.file_sha256 == file_sha256, ImportRun.undone_at.is_(None))
        .order_by(ImportRun.import_run_id.desc())
        .limit(1)
    )


def _profile(row: Any) -> Profile:
    return Profile(
        name=row.name,
        noun=row.noun,
        unknown=row.unknown,
        owner=row.owner,
        headings=tuple(row.headings or ()),
        **row.options,
    )
