"""What the town's limits say of one case: which begin with a step, and by when they are over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType, SimpleNamespace
from typing import Any

from sqlalchemy.orm import Session

from gridmap.domain.cases.actions import WORK, Action
from gridmap.domain.cases.derive import in_force
from gridmap.domain.cases.directory import is_fit
from gridmap.domain.cases.limits import LimitRule, LimitTable
from gridmap.domain.cases.model import State
from gridmap.domain.cases.rules import barred_ways
from gridmap.domain.gridkey import TOWN, UNASSIGNED, VILLAGE, level_of
from gridmap.services.cases.limits import table_of
from gridmap.storage.cases.desk import KeptCase

_PASSES = frozenset({Action.ROUTE, Action.TRANSFER})
_BEGINS: Mapping[Action, tuple[str, ...]] = MappingProxyType(
    {
        Action.ROUTE: ("sign",),
        Action.TRANSFER: ("sign",),
        Action.SIGN: ("act",),
        Action.REOPEN: ("act", "close"),
    }
)
"""Limits that begin with a step in a case that is known."""
_TAKES_UP = _PASSES | WORK | {Action.ACCEPT, Action.SIGN, Action.PAUSE}
"""Steps of which the first begins the town's own limits where nobody told by when the case is to be closed."""


def dues(
    table: LimitTable,
    zone: str,
    case: Any,
    *,
    since: dt.datetime,
    steps: tuple[str, ...],
    handler_key: int,
    risk: str,
) -> dict[str, str]:
    """Return what a step writes down of the limits that begin with it.

    Parameters
    ----------
    table : LimitTable
    zone : str
        IANA name.
    case : object with domain, kind and scale
    since : datetime
    steps : tuple of str
        Of ``sign``, ``act`` and ``close``.
    handler_key : int
        Grid that has the case, or is asked to sign for it.
    risk : str
    """
    rule = _line_of(table, case, handler_key, risk)
    spans = {"sign": rule.sign, "act": rule.act, "close": rule.close}
    return {name: table.due(spans[name], since, zone).isoformat() for name in steps}


def dues_from(
    table: LimitTable, zone: str
) -> Callable[[tuple[str, str | None, str | None], int, dt.datetime, tuple[str, ...]], list[dt.datetime]]:
    """Return `dues` for many cases of no risk yet: each line of the table is looked up once.

    Parameters
    ----------
    table : LimitTable
    zone : str
        IANA name.

    Returns
    -------
    callable
        Of domain, kind and scale; of the grid that has the case; of when the limits begin; and of their names.
    """

    @cache
    def line(kind: tuple[str, str | None, str | None], level: int) -> LimitRule:
        return table.rule_for(*kind, "green", level)

    def ends(
        kind: tuple[str, str | None, str | None], key: int, since: dt.datetime, names: tuple[str, ...]
    ) -> list[dt.datetime]:
        rule = line(kind, _level(key))
        return [table.due(getattr(rule, name), since, zone) for name in names]

    return ends


def begun(
    table: LimitTable,
    zone: str,
    case: Any,
    action: Action | None,
    *,
    at: dt.datetime,
    state: State,
    to_grid_key: int | None,
    told_due_at: dt.datetime | None = None,
    ended: bool = False,
) -> dict[str, str]:
    """Return what a step writes down of the limits that begin with it, whoever tells of it; most begin none.

    Parameters
    ----------
    table : LimitTable
    zone : str
        IANA name.
    case : object with domain, kind and scale
    action : Action or None
    at : datetime
        Of the step.
    state : State
        Of the case before it.
    to_grid_key : int or None
        To whom the step passes the case on.
    told_due_at : datetime, optional
        By when its source tells that it is to be closed.
    ended : bool
        Whether the case is over, as its source tells.
    """
    steps = () if action is None else _BEGINS.get(action, ())
    if told_due_at is None and state.is_open and not ended and action in _TAKES_UP:
        # What ran since the case was received runs from when it was taken in, where that is told.
        if action is Action.ACCEPT:
            steps += ("act", "close")
        elif state.due_at is None:
            steps += ("close",)
    if not steps:
        return {}
    handler = to_grid_key if action in _PASSES else state.handler_key
    if action is Action.SIGN:
        handler = state.awaiting_key
    return dues(table, zone, case, since=at, steps=steps, handler_key=handler or UNASSIGNED, risk=state.risk)


def set_anew(
    session: Session, zone: str, case: KeptCase, looked_at: Any, *, at: dt.datetime, risk: str
) -> dict[str, object]:
    """Return a step's details where a case is another one than was told: its limit to close, set anew.

    What pauses have moved it by stays. A limit that the source told, or that was deferred, stays as it is.

    Parameters
    ----------
    session : Session
    zone : str
        IANA name.
    case : KeptCase
        Before the step.
    looked_at : object with domain, kind and scale
        As they are right.
    at : datetime
        Of the step.
    risk : str
    """
    state = case.state
    said = [step.details for step in in_force(case.steps) if "close" in step.details.get("due", {})]
    if not state.is_open or state.deferred or (not said and case.opening.due_at is not None):
        return {}
    since = case.row.close_since or state.accepted_at or at
    anew = dues(
        table_of(session),
        zone,
        looked_at,
        since=since,
        steps=("close",),
        handler_key=state.handler_key,
        risk=risk,
    )
    before = dt.datetime.fromisoformat(said[-1]["due"]["close"]) if said else case.opening.close_by
    if before is None or state.due_at is None:
        return {"due": anew}
    moved = state.due_at - before
    moved += dt.timedelta(seconds=said[-1].get("moved_s", 0) if said else 0)
    close = dt.datetime.fromisoformat(anew["close"]) + moved
    return {"due": {"close": close.isoformat()}, "moved_s": moved.total_seconds()}


def bodies_named(session: Session, case: KeptCase) -> tuple[str | None, tuple[str, ...]]:
    """Return which kind of body the limits in force name for a case, and which kinds work on it along with that.

    A kind that may not have the case is not named: no committee that is a party, no mediation of violence or crime.
    """
    row = case.row
    looked_at = SimpleNamespace(domain=row.domain, kind=row.kind, scale=case.told["scale"])
    line = _line_of(table_of(session), looked_at, case.state.handler_key, case.state.risk)
    barred = barred_ways(row.domain, row.kind, case.state.risk_grounds)
    named = [
        kind
        for kind in (line.body, *line.co_bodies)
        if kind and is_fit(kind, barred=barred, committee_is_party=case.told["committee_is_party"])
    ]
    lead = line.body if line.body in named else None
    return lead, tuple(kind for kind in named if kind != lead)


def _line_of(table: LimitTable, case: Any, handler_key: int, risk: str) -> LimitRule:
    return table.rule_for(case.domain, case.kind, case.scale, risk, _level(handler_key))


def _level(handler_key: int) -> int:
    return TOWN if handler_key == UNASSIGNED else min(level_of(handler_key), VILLAGE)
