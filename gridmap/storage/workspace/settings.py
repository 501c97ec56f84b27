"""What the workspace remembers of itself: settings, and the data's version."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gridmap.storage.models import Grid, WorkspaceSetting


def read_settings(session: Session, *, lock: str | None = None) -> dict[str, Any]:
    """All settings of the workspace by key.

    Parameters
    ----------
    session : Session
    lock : str, optional
        Key that nobody else may change until the transaction ends, whether it is set or not.
    """
    if lock is not None:
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext(lock))))
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


def revision(session: Session) -> str:
    """Return a text that changes with the data's version, with tasks given, and with teams sent, there and back."""
    return str(
        session.scalar(
            text(
                "select concat_ws('.', (select value #>> '{}' from workspace_settings where key = 'data_version'),"
                " (select concat_ws('.', count(*), count(arrived_at), count(ended_at)) from dispatches"
                " where sent_at > now() - interval '2 days'), (select last_value from gridmap.tasks_spread))"
            )
        )
    )
