"""What the workspace remembers: settings, import runs, saved mappings, the data's version."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gridmap.storage.models import BasemapFeature, Grid, ImportMapping, ImportRun, Road, WorkspaceSetting


def read_settings(session: Session) -> dict[str, Any]:
    """All settings of the workspace by key."""
    return {row.key: row.value for row in session.scalars(select(WorkspaceSetting))}


def write_settings(session: Session, **values: Any) -> None:
    """Set settings of the workspace; None removes one."""
    for key, value in values.items():
        if value is None:
            session.execute(delete(WorkspaceSetting).where(WorkspaceSetting.key == key))
            continue
        row = insert(WorkspaceSetting).values(key=key, value=value)
        session.execute(row.on_conflict_do_update(index_elements=["key"], set_={"value": row.excluded.value}))


def touch(session: Session) -> None:
    """Give the data a new version, so that cached tiles are asked for again."""
    current = read_settings(session).get("data_version", 0)
    write_settings(session, data_version=int(current) + 1)


def is_empty(session: Session) -> bool:
    """Tell whether the workspace has no grids yet."""
    return session.scalar(select(func.count()).select_from(Grid)) == 0


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


def save_mapping(session: Session, noun: str, name: str, columns: dict[str, str]) -> None:
    """Remember a mapping of headings by name."""
    row = insert(ImportMapping).values(noun=noun, name=name, columns=columns)
    session.execute(
        row.on_conflict_do_update(index_elements=["noun", "name"], set_={"columns": row.excluded.columns})
    )


def find_mapping(session: Session, noun: str, name: str) -> dict[str, str] | None:
    """Return a remembered mapping, or None."""
    found = session.scalar(
        select(ImportMapping.columns).where(ImportMapping.noun == noun, ImportMapping.name == name)
    )
    return None if found is None else dict(found)


def ground_counts(session: Session) -> dict[str, int]:
    """How many roads and basemap features there are."""
    return {
        "roads": int(session.scalar(select(func.count()).select_from(Road)) or 0),
        "basemap_features": int(session.scalar(select(func.count()).select_from(BasemapFeature)) or 0),
    }
