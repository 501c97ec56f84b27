"""Counts with the keys of their cells: what it takes to perturb them, and nothing that names a record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    SQLColumnExpression,
    Text,
    cast,
    func,
    literal,
    select,
    text,
    true,
)
from sqlalchemy.orm import Session

from gridmap.domain.cases.figures import STANDING
from gridmap.domain.days import local_span
from gridmap.domain.protection import ProtectedQuery
from gridmap.storage.cases.counted import counted, counted_by
from gridmap.storage.cases.counts import grid_of
from gridmap.storage.cases.figures import glance_conditions, standing_conditions
from gridmap.storage.cases.incidents import IncidentFilter, is_open, late, overdue

PARTS = ("domain", "kind", "stage")


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Cells of a table, as columns.

    Attributes
    ----------
    groups : list
        What each cell belongs to: a grid's key, a code, a day, or None for all.
    counts : (n,) int64
    keys : (n,) float64
        From 0 up to 1.
    kinds : list of str
        Kind of each cell, with its block's.
    """

    groups: list[Any]
    counts: NDArray[np.int64]
    keys: NDArray[np.float64]
    kinds: list[str]


@dataclass(frozen=True, slots=True)
class Laid:
    """A protected query with what it takes to answer it.

    Attributes
    ----------
    protected : ProtectedQuery
    chosen : IncidentFilter
        With the period as it is answered.
    """

    protected: ProtectedQuery
    chosen: IncidentFilter

    def block(self, of: Any) -> ColumnElement[Any]:
        """Return the number of the block that a case lies in, from one."""
        starts = [local_span(self.chosen.zone, day, None)[0] for day in self.protected.bounds]
        return func.width_bucket(of.occurred_at, cast(literal(starts, _INSTANTS), _INSTANTS))

    def span(self, of: Any) -> ColumnElement[Any]:
        """Return the kind of the block that a case lies in."""
        return func.split_part(",".join(self.protected.spans), ",", self.block(of))

    def apart(self, of: Any) -> list[SQLColumnExpression[Any]]:
        """Return what cells of a table are apart by, besides its groups: blocks, and each of several codes."""
        query = self.chosen.query
        out: list[SQLColumnExpression[Any]] = [self.block(of)]
        for column, wanted in (
            (of.domain, query.domains),
            (of.kind, query.kinds),
            (of.stage, query.stages),
        ):
            if len(wanted) > 1:
                out.append(column)
        return out


_INSTANTS = ARRAY(DateTime(timezone=True))


def cells(session: Session, laid: Laid, *, level: int | None = None, code: str | None = None) -> Cells:
    """Count the cells of a table: each group in each block of time, and of each code that is asked for.

    Parameters
    ----------
    session : Session
    laid : Laid
    level : int, optional
        Level of the grids that the table is by.
    code : {'domain', 'kind', 'stage'}, optional
        Code that the table is by; all together where neither is given.
    """
    of = counted_by(laid.chosen)
    group: SQLColumnExpression[Any] = literal(None)
    if level is not None:
        group = grid_of(of, level)
    elif code is not None:
        group = {"domain": of.domain, "kind": of.kind, "stage": of.stage}[code]
    kind = laid.protected.kind_of_cell(level, code)
    columns = _columns(of, {kind: ("all", true())}, laid.span(of))
    return _several(session, columns, laid.chosen.conditions(of), group, laid.apart(of))["all"]


def by_week(session: Session, laid: Laid) -> Cells:
    """Count the incidents of each local week, by its Monday."""
    of = counted_by(laid.chosen)
    week = func.date_trunc("week", func.timezone(laid.chosen.zone, of.occurred_at))
    columns = _columns(of, {laid.protected.kind_of_cell(): ("all", true())}, literal("week"))
    return _several(session, columns, laid.chosen.conditions(of), week, laid.apart(of)[1:])["all"]


Columns = Mapping[str, tuple[ColumnElement[bool], ColumnElement[Any], ColumnElement[Any]]]


def _columns(
    of: Any, of_kinds: Mapping[str, tuple[str, ColumnElement[bool]]], span: ColumnElement[Any]
) -> Columns:
    """Return each column's condition, and the key and kind of its cells."""
    out: dict[str, tuple[ColumnElement[bool], ColumnElement[Any], ColumnElement[Any]]] = {}
    for kind, (name, condition) in of_kinds.items():
        total = func.sum(of.record_key).filter(condition)
        named = func.concat(literal(f"{kind}/", Text), func.min(span))
        out[name] = condition, func.coalesce(func.gridmap.cell_key(total, named), 0.0), named
    return out


def _several(
    session: Session,
    columns: Columns,
    where: Sequence[ColumnElement[bool]],
    group: SQLColumnExpression[Any],
    apart: Sequence[SQLColumnExpression[Any]],
) -> dict[str, Cells]:
    """Count several columns of a table in one query."""
    numbers = [func.count().filter(held).label(f"n_{name}") for name, (held, _, _) in columns.items()]
    keyed = [key.label(f"k_{name}") for name, (_, key, _) in columns.items()]
    named = [kind.label(f"c_{name}") for name, (_, _, kind) in columns.items()]
    asked: list[SQLColumnExpression[Any]] = [group.label("g"), *numbers, *keyed, *named]
    query = select(*asked).where(*where).group_by(text("g"), *apart)
    rows = session.execute(query).mappings().all()
    groups = [row["g"] for row in rows]
    return {
        name: Cells(
            groups,
            np.array([row[f"n_{name}"] for row in rows], dtype=np.int64),
            np.array([row[f"k_{name}"] for row in rows], dtype=np.float64),
            [row[f"c_{name}"] for row in rows],
        )
        for name in columns
    }


def totals(session: Session, laid: Laid) -> dict[str, Cells]:
    """Total, still open, past due, closed late, and to be confirmed."""
    of = counted_by(laid.chosen)
    conditions: dict[str, ColumnElement[bool]] = {
        "total": true(),
        "open": is_open(of),
        "overdue": overdue(of, laid.chosen.now),
        "closed_late": late(of),
        "to_confirm": of.needs_confirmation.is_(True),
    }
    return _states(session, laid, of, conditions, None)


def standing(session: Session, laid: Laid, level: int | None) -> dict[str, Cells]:
    """How the cases of each grid of a level stand, or of all together."""
    of = counted_by(laid.chosen)
    known = standing_conditions(of, laid.chosen.now)
    conditions = {name: true() if name == "reported" else known[name] for name in STANDING}
    return _states(session, laid, of, conditions, level)


ALL = frozenset({"total", "reported"})
"""Counts of all cases, however they stand."""


def _states(
    session: Session, laid: Laid, of: Any, conditions: Mapping[str, ColumnElement[bool]], level: int | None
) -> dict[str, Cells]:
    kinds = {
        laid.protected.kind_of_cell(level, state="" if name in ALL else name): (name, condition)
        for name, condition in conditions.items()
    }
    group: SQLColumnExpression[Any] = literal(None) if level is None else grid_of(of, level)
    columns = _columns(of, kinds, laid.span(of))
    return _several(session, columns, laid.chosen.conditions(of), group, laid.apart(of))


def at_moments(session: Session, moments: Sequence[dt.datetime], zone: str) -> list[dict[str, Cells]]:
    """How the town stood at each of some moments; one reading of the cases.

    Each moment is a kind of cell of its own: were the noise fixed by the records alone, a figure that is the same an
    hour later would tell that nothing came in, and another one that something did.
    """
    of = counted()
    columns: dict[str, Any] = {}
    for n, at in enumerate(moments):
        meant, where = glance_conditions(of, at, zone)
        when = at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M")
        kinds = {f"0/all/{name} {when}": (f"{n}_{name}", held) for name, held in meant.items()}
        columns |= _columns(of, kinds, literal("hour"))
    found = _several(session, columns, where, literal(None), ())
    return [{name: found[f"{n}_{name}"] for name in meant} for n in range(len(moments))]


def _listed(numbers: Iterable[int]) -> str:
    return "{" + ",".join(map(str, numbers)) + "}"


def cell_keys(session: Session, sums: Sequence[int], kinds: Sequence[str]) -> NDArray[np.float64]:
    """Return the keys of cells from the sums of the record keys in each, and what kind of cell each is."""
    if not sums:
        return np.empty(0)
    # Kinds are few: a number each tells which, and long lists go as one text and come as one row.
    named = {kind: n for n, kind in enumerate(dict.fromkeys(kinds), 1)}
    query = text(
        "select gridmap.cell_keys(cast(cast(:sums as text) as bigint[]), cast(:kinds as text[]),"
        " cast(cast(:which as text) as int[]))"
    )
    told = {"kinds": list(named), "sums": _listed(sums), "which": _listed(named[kind] for kind in kinds)}
    found = session.scalar(query, told)
    return np.array(found, dtype=np.float64)
