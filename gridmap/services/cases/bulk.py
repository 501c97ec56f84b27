"""One step in many cases: each case for itself, and each answer told."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from gridmap.domain.accounts import Actor
from gridmap.domain.cases.actions import ACTION_WORDS, Action
from gridmap.domain.cases.asked import StepAsked
from gridmap.errors import GridmapError, InvalidInput
from gridmap.services.cases import desk
from gridmap.services.cases.refusals import read_key
from gridmap.storage.database import Database

IN_BULK = (Action.SIGN, Action.ROUTE, Action.TRANSFER, Action.NOTE, Action.ARCHIVE)
"""Steps that say the same of many cases. How one was solved is said of each."""

MOST = 50
"""Cases at once: what a list shows on one page."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A case as whoever acts has seen it."""

    number: str
    revision: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one case.

    Attributes
    ----------
    revision : int or None
        Of the case after the step; None where it was refused.
    refused : GridmapError or None
    """

    number: str
    revision: int | None = None
    refused: GridmapError | None = None


def act_each(
    database: Database,
    actor: Actor,
    chosen: Sequence[Chosen],
    asked: StepAsked,
    key: str | uuid.UUID,
    *,
    now: dt.datetime | None = None,
) -> list[Outcome]:
    """Make the same step in each case; a refusal of one leaves the others.

    Parameters
    ----------
    database : Database
    actor : Actor
    chosen : sequence of Chosen
        At most `MOST`, in the order in which they are told.
    asked : StepAsked
        One of `IN_BULK`.
    key : str or UUID
        Names this act: told twice, each step is made once.
    now : datetime, optional

    Raises
    ------
    InvalidInput
        When no case or too many are chosen, or the step says something of one case only.
    """
    if asked.action not in IN_BULK:
        known_zh = "、".join(ACTION_WORDS[a].zh for a in IN_BULK)
        known_en = ", ".join(ACTION_WORDS[a].en for a in IN_BULK)
        raise InvalidInput(
            "bulk-step",
            f"批量可办：{known_zh}。其他步骤请逐件办理。",
            f"Many cases at once: {known_en}. Other steps are made case by case.",
        )
    each = _distinct(chosen)
    told = read_key(key)
    out = []
    for case in each:
        try:
            done = desk.act(
                database, actor, case.number, asked, case.revision, uuid.uuid5(told, case.number), now=now
            )
        except GridmapError as error:
            out.append(Outcome(case.number, refused=error))
        else:
            out.append(Outcome(case.number, done.row.revision))
    return out


def undo_each(
    database: Database, actor: Actor, chosen: Sequence[Chosen], *, now: dt.datetime | None = None
) -> list[Outcome]:
    """Take the newest step of each case back, within the minute.

    Raises
    ------
    InvalidInput
        When no case or too many are chosen.
    """
    out = []
    for case in _distinct(chosen):
        try:
            done = desk.undo(database, actor, case.number, case.revision, now=now)
        except GridmapError as error:
            out.append(Outcome(case.number, refused=error))
        else:
            out.append(Outcome(case.number, done.row.revision))
    return out


def _distinct(chosen: Sequence[Chosen]) -> list[Chosen]:
    each = list({case.number: case for case in chosen}.values())
    if not 1 <= len(each) <= MOST:
        raise InvalidInput(
            "bulk-number",
            f"请勾选 1 至 {MOST} 起事件（现为 {len(each)} 起）。",
            f"Choose 1 to {MOST} cases (now {len(each)}).",
        )
    return each
