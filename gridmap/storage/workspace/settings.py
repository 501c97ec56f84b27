"""What the workspace remembers of itself: settings, and the data's version."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gridmap.storage.models import Grid, WorkspaceSetting

_VERSION = "data_version"


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
    """Give the data a new version, so that kept tiles are made again; each of two at once gives one of its own."""
    row = insert(WorkspaceSetting).values(key=_VERSION, value=1)
    next_one = func.to_jsonb(_as_number(WorkspaceSetting.value) + 1)
    session.execute(row.on_conflict_do_update(index_elements=["key"], set_={"value": next_one}))


def data_version(session: Session) -> int:
    """Return the version of the data."""
    query = select(_as_number(WorkspaceSetting.value)).where(WorkspaceSetting.key == _VERSION)
    return int(session.scalar(query) or 0)


def _as_number(value: Any) -> Any:
    return value.op("#>>")(text("'{}'")).cast(BigInteger)


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
