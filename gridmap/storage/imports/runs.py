"""Imports that were made, and saved mappings."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
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
        select(ImportRun)
        .where(ImportRun.noun == noun, ImportRun.undone_at.is_(None))
        .order_by(ImportRun.import_run_id.desc())
        .limit(1)
    ).one_or_none()
    # An older import of the same bytes proves nothing: a later file may have changed its rows.
    same = last is not None and last.file_sha256 == file_sha256 and last.parameters == parameters
    return last if same else None


@dataclass(frozen=True, slots=True)
class KeptRun:
    """An import as the list shows it.

    Attributes
    ----------
    run_id : int
    noun, file_name : str
    at : datetime
    post : str or None
        Who imported it.
    total, inserted, updated, unchanged, refused : int
        Rows.
    undone_at : datetime or None
    undone_by, undone_why : str or None
    act : str or None
        ``change``, ``withdraw``, ``restore``, ``merge`` of a single record by a person; None for a file.
    reason, key : str or None
        Of the act: why, and which record.
    """

    run_id: int
    noun: str
    file_name: str
    at: dt.datetime
    post: str | None
    total: int
    inserted: int
    updated: int
    unchanged: int
    refused: int
    undone_at: dt.datetime | None
    undone_by: str | None
    undone_why: str | None
    act: str | None = None
    reason: str | None = None
    key: str | None = None


def _kept(run: ImportRun) -> KeptRun:
    return KeptRun(
        run.import_run_id,
        run.noun,
        run.file_name,
        run.started_at,
        run.post,
        run.rows_total,
        run.rows_inserted,
        run.rows_updated,
        run.rows_unchanged,
        run.rows_refused,
        run.undone_at,
        run.undone_by,
        run.undone_why,
        *(run.parameters.get(name) for name in ("act", "reason", "key")),
    )


def list_runs(session: Session, limit: int) -> list[KeptRun]:
    """List imports, the newest first."""
    query = select(ImportRun).order_by(ImportRun.import_run_id.desc()).limit(limit)
    return [_kept(run) for run in session.scalars(query)]


def find_run(session: Session, run_id: int) -> KeptRun | None:
    """Return an import, kept from others until the transaction ends where it writes."""
    run = session.get(ImportRun, run_id)
    return None if run is None else _kept(run)


def mark_undone(session: Session, run_id: int, at: dt.datetime, post: str, why: str) -> None:
    """Note that an import was taken back."""
    run = session.get_one(ImportRun, run_id)
    run.undone_at, run.undone_by, run.undone_why = at, post, why
    session.flush()


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
