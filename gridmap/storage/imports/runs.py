"""Imports that were made, and saved mappings."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gridmap.storage.models import ImportMapping, ImportRun


def same_import(
    session: Session, noun: str, file_sha256: str, parameters: dict[str, Any]
) -> ImportRun | None:
    """Return the newest import of a noun, when it read the same bytes with the same parameters."""
    last = session.scalars(
        select(ImportRun).where(ImportRun.noun == noun).order_by(ImportRun.import_run_id.desc()).limit(1)
    ).one_or_none()
    # An older import of the same bytes proves nothing: a later file may have changed its rows.
    same = last is not None and last.file_sha256 == file_sha256 and last.parameters == parameters
    return last if same else None


def owner_of_mapping(session: Session, noun: str, name: str) -> tuple[bool, str | None]:
    """Tell whether a mapping of that name is remembered, and whose it is."""
    found = session.execute(
        select(ImportMapping.owner).where(ImportMapping.noun == noun, ImportMapping.name == name)
    ).one_or_none()
    return (False, None) if found is None else (True, found[0])


def save_mapping(
    session: Session, noun: str, name: str, columns: dict[str, str], owner: str | None = None
) -> None:
    """Remember a mapping of headings by name; whose it is stays."""
    row = insert(ImportMapping).values(noun=noun, name=name, columns=columns, owner=owner)
    session.execute(
        row.on_conflict_do_update(index_elements=["noun", "name"], set_={"columns": row.excluded.columns})
    )


def find_mapping(session: Session, noun: str, name: str) -> dict[str, str] | None:
    """Return a remembered mapping, or None."""
    found = session.scalar(
        select(ImportMapping.columns).where(ImportMapping.noun == noun, ImportMapping.name == name)
    )
    return None if found is None else dict(found)
