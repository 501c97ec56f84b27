"""The text of closed cases expires: words and places go, what was counted stays."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from gridmap.domain.accounts import Actor
from gridmap.domain.gridkey import Scope
from gridmap.errors import Conflict
from gridmap.services.accounts import audit
from gridmap.storage.cases import expiry
from gridmap.storage.database import Database

_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Expired:
    """What was emptied, or would be.

    Attributes
    ----------
    cases : int
    closed_before : datetime
    """

    cases: int
    closed_before: dt.datetime


def expire_texts(
    database: Database, actor: Actor, *, now: dt.datetime | None = None, dry_run: bool = False
) -> Expired:
    """Empty summary, notes and the place below the grid of cases that were closed longer ago than the setting says.

    Kind, grid, days, steps, outcome and satisfaction stay, so every figure stays. No later import of the source's file
    brings the words back.

    Parameters
    ----------
    database : Database
    actor : Actor
        Of the whole workspace.
    now : datetime, optional
        Aware; the present by default.
    dry_run : bool
        Count only.

    Raises
    ------
    Conflict
        When no setting says how long texts are kept.
    """
    now = now or dt.datetime.now(dt.UTC)
    days = database.settings.case_text_days
    if days is None:
        raise Conflict(
            "case-text-kept",
            "没有设置事件文字的保存期限，全部保留。如需到期清除，请设置 GRIDMAP_CASE_TEXT_DAYS（至少 30 天）。",
            "No setting says how long the text of cases is kept, so it stays. Set GRIDMAP_CASE_TEXT_DAYS (30 or more) "
            "to have it expire.",
        )
    limit = now - dt.timedelta(days=days)
    with database.scoped_session(Scope.whole().for_upkeep()) as session:
        due = expiry.count_due(session, limit)
    if dry_run or not due:
        return Expired(due, limit)
    done = 0
    audit.record(database, actor, "case_text_expire", "", "asked", closed_before=limit.isoformat(), cases=due)
    while True:
        with database.scoped_session(Scope.whole().for_upkeep(), write=True) as session:
            emptied = expiry.empty_texts(session, limit, now, _AT_ONCE)
            done += emptied
            if not emptied:
                audit.note(session, actor, "case_text_expire", closed_before=limit.isoformat(), cases=done)
                return Expired(done, limit)
