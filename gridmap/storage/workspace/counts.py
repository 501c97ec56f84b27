"""How many rows a table has."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from gridmap.domain.gridkey import Scope
from gridmap.storage.models import Base


def count_of(
    session: Session,
    table: type[Base],
    *conditions: ColumnElement[bool],
) -> int:
    """Count the rows of a table that a session's scope sees.

    Parameters
    ----------
    session : Session
    table : type
        A model.
    *conditions
        Which rows; see :func:`inside_of`.
    """
    return session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0


def inside_of(column: InstrumentedAttribute[int], scope: Scope | None) -> list[ColumnElement[bool]]:
    """Return the condition that a column's key lies in a scope; none where there is no scope."""
    return [] if scope is None else [column.between(scope.lo, scope.hi)]
