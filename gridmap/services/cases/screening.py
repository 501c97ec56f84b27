"""Rounds of screening: each grid answers done, nothing found, or so many found. Nothing is a valid answer."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from gridmap.domain.accounts import Actor
from gridmap.domain.cases.lists import require
from gridmap.domain.gridkey import LEVELS, Scope, level_of
from gridmap.domain.terms import LONGEST
from gridmap.errors import Forbidden, InvalidInput, NotFound
from gridmap.ingest.free_text import checked_text
from gridmap.services.cases.limits import require_whole
from gridmap.storage.cases import tasks as kept
from gridmap.storage.cases.tasks import RoundRow
from gridmap.storage.database import Database

_MOST_NAME = LONGEST["round"]


@dataclass(frozen=True, slots=True)
class ScreeningLine:
    """One grid of a round; `answer` is None until it has answered."""

    grid_key: int
    name_zh: str
    name_en: str
    answer: str | None
    n: int | None
    post: str | None
    at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class ScreeningRound:
    """A round with its days."""

    round_id: int
    name: str
    text: str | None
    level: int
    root_key: int
    begins_on: dt.date
    ends_on: dt.date
    made_by: str


@dataclass(frozen=True, slots=True)
class ScreeningBoard:
    """A round with the answers that a scope sees. What is not answered is shown, never counted as nothing."""

    round: ScreeningRound
    lines: tuple[ScreeningLine, ...]
    answered: int
    nothing: int
    found: int


def begin(
    database: Database,
    actor: Actor,
    name: str,
    root_key: int,
    level: int,
    begins_on: dt.date,
    ends_on: dt.date,
    *,
    text: str | None = None,
) -> ScreeningRound:
    """Begin a round for every grid of a level under one root.

    Raises
    ------
    InvalidInput
        When the name, level or days are none.
    Forbidden
        When the actor has a part of the workspace only.
    """
    require_whole(actor)
    if root_key not in actor.scope:
        raise Forbidden(
            "screening-grid",
            "该网格不在本次排查之列，或不在您的管辖范围内。",
            "The grid is not asked in this round, or lies outside your scope.",
        )
    if not 0 < len(name.strip()) <= _MOST_NAME or level not in LEVELS or ends_on < begins_on:
        raise InvalidInput(
            "screening-round",
            f"请给出名称（至多 {_MOST_NAME} 字）、网格级别（1 至 4）和先后正确的起止日期。",
            f"A round needs a name of at most {_MOST_NAME} characters, a level (1 to 4), and days of which the last is "
            "not before the first.",
        )
    for said in (name, text):
        checked_text(said)
    with database.scoped_session(Scope.whole(), write=True) as session:
        number = kept.add_round(
            session,
            name=name.strip(),
            text=text,
            level=level,
            root_key=root_key,
            begins_on=begins_on,
            ends_on=ends_on,
            made_by=actor.post,
        )
    return _round(database, actor.scope, number)


def rounds(database: Database, scope: Scope) -> list[ScreeningRound]:
    """Return the rounds, the newest first."""
    with database.scoped_session(scope) as session:
        return [_told(row) for row in kept.list_rounds(session)]


def answer(
    database: Database,
    actor: Actor,
    round_id: int,
    grid_key: int,
    said: str,
    *,
    n: int = 0,
    now: dt.datetime | None = None,
) -> ScreeningLine:
    """Keep a grid's answer; a later one takes the place of an earlier one.

    Raises
    ------
    InvalidInput
        When the answer is none, or its number does not fit it.
    Forbidden
        When the grid is outside the scope or of another level.
    NotFound
        When there is no such round.
    """
    require("screening_answer", said)
    if (said == "found") != (n > 0):
        raise InvalidInput(
            "screening-number",
            "“发现”须填件数（至少 1），其他回答不填件数。",
            "“found” needs how many (at least 1); the other answers have no number.",
        )
    asked = _round(database, actor.scope, round_id)
    if grid_key not in actor.scope or level_of(grid_key) != asked.level:
        raise Forbidden(
            "screening-grid",
            "该网格不在本次排查之列，或不在您的管辖范围内。",
            "The grid is not asked in this round, or lies outside your scope.",
        )
    at = now or dt.datetime.now(dt.UTC)
    with database.scoped_session(actor.scope, write=True) as session:
        kept.answer(session, round_id, grid_key, {"answer": said, "n": n, "post": actor.post, "at": at})
    return next(line for line in board(database, actor.scope, round_id).lines if line.grid_key == grid_key)


def board(database: Database, scope: Scope, round_id: int) -> ScreeningBoard:
    """Return a round with the answers of every grid that a scope sees.

    Raises
    ------
    NotFound
        When there is no such round.
    """
    asked = _round(database, scope, round_id)
    root = Scope.of_grid(asked.root_key) if asked.root_key else Scope.whole()
    with database.scoped_session(scope) as session:
        lines = tuple(
            ScreeningLine(**row) for row in kept.board(session, asked.level, root.lo, root.hi, round_id)
        )
    return ScreeningBoard(
        asked,
        lines,
        answered=sum(line.answer is not None for line in lines),
        nothing=sum(line.answer == "nothing" for line in lines),
        found=sum(line.n or 0 for line in lines),
    )


def _round(database: Database, scope: Scope, round_id: int) -> ScreeningRound:
    for known in rounds(database, scope):
        if known.round_id == round_id:
            return known
    raise NotFound(
        "screening-not-found",
        f"没有排查任务 {round_id}。请用 gridmap cases screening list 查看。",
        f"There is no round {round_id}. See gridmap cases screening list.",
    )


def _told(row: RoundRow) -> ScreeningRound:
    return ScreeningRound(
        row["round_id"],
        row["name"],
        row["text"],
        row["level"],
        row["root_key"],
        row["begins_on"],
        row["ends_on"],
        row["made_by"],
    )
