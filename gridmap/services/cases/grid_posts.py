"""Who serves a grid: its posts with office telephone and hours, volunteers by role, visits due and made."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gridmap.domain.accounts import Actor
from gridmap.domain.cases.directory import check_hours
from gridmap.domain.cases.lists import codes_of, require
from gridmap.domain.duties import SERVICE_TEAM
from gridmap.domain.gridkey import Scope
from gridmap.domain.terms import LONGEST, VOLUNTEERS
from gridmap.errors import Forbidden, InvalidInput, NotFound
from gridmap.ingest.free_text import checked_text
from gridmap.services.ground.grids import checked_level, grid_not_found
from gridmap.storage.cases import grid_posts as kept
from gridmap.storage.database import Database
from gridmap.storage.ground import grids as ground
from gridmap.storage.teams.teams import teams_of_kind

VISITS = ("visit", "household_visit", "follow_up")
VISIT_DAYS = 90
"""Visits are counted over so many days."""

_MOST_VOLUNTEERS = int(VOLUNTEERS.high)
_LONGEST = LONGEST["title"]
_OFFICE = re.compile(r"0\d{2,3}-?\d{7,8}(?:-\d{1,5})?|400-?\d{3}-?\d{4}|1\d{2}|1\d{4}")
"""A fixed line with its area's number, a service number, or a short one such as 110 and 12345."""


@dataclass(frozen=True, slots=True)
class GridPost:
    """A post that serves a grid; it is never a person's name.

    Attributes
    ----------
    duty : str
        One of the list ``grid_duty``.
    phone : str or None
        Of an office.
    hours : mapping or None
        ISO weekday to spans, ``{"1": [["08:30", "17:00"]]}``.
    """

    grid_key: int
    duty: str
    title: str
    phone: str | None = None
    hours: Mapping[str, Sequence[Sequence[str]]] | None = None


@dataclass(frozen=True, slots=True)
class VisitCount:
    """Visits of a kind: due, of these made, and owed past their day. No household and no person is named.

    Attributes
    ----------
    reason : str or None
        Of the list ``visit_reason``, for household visits.
    """

    kind: str
    reason: str | None
    due: int
    made: int
    late: int


@dataclass(frozen=True, slots=True)
class ServiceTeam:
    """A team that calls on households.

    Attributes
    ----------
    code, name_zh, name_en : str
    grid_key : int
        Whose households it calls on.
    size : int or None
        How many belong to it.
    """

    code: str
    name_zh: str
    name_en: str | None
    grid_key: int
    size: int | None


@dataclass(frozen=True, slots=True)
class Served:
    """Who serves a grid and the grids below it.

    Attributes
    ----------
    posts : tuple of GridPost
        Of the grid itself.
    posts_below : int
        How many there are at grids below it.
    volunteers : dict
        Role to head-count, of the grid and those below.
    visits_due, visits_made, visits_late : int
        Over the last `VISIT_DAYS` days: due, of these made, and not made after their day.
    visits : tuple of VisitCount
        The same by kind and reason.
    service_teams : tuple of ServiceTeam
        Of the grid, the grids below it, and those above it, which serve it, too.
    """

    grid_key: int
    posts: tuple[GridPost, ...]
    posts_below: int
    volunteers: dict[str, int]
    visits_due: int
    visits_made: int
    visits_late: int
    visits: tuple[VisitCount, ...] = ()
    service_teams: tuple[ServiceTeam, ...] = ()


def served(database: Database, scope: Scope, grid_key: int, today: dt.date) -> Served:
    """Return who serves a grid.

    Parameters
    ----------
    database : Database
    scope : Scope
    grid_key : int
    today : date
        In the workspace's zone.

    Raises
    ------
    NotFound
        When there is no such grid in the scope.
    """
    checked_level(grid_key)
    below = Scope.of_grid(grid_key)
    with database.scoped_session(scope) as session:
        if ground.find_grid(session, grid_key, None) is None:
            raise grid_not_found(grid_key)
        posts = [GridPost(**row) for row in kept.list_posts(session, below.lo, below.hi)]
        counts = kept.volunteers(session, below.lo, below.hi)
        since = today - dt.timedelta(days=VISIT_DAYS)
        found = kept.visits(session, below.lo, below.hi, VISITS, since, today)
        visits = tuple(VisitCount(**row) for row in found)
        teams = [ServiceTeam(**row) for row in teams_of_kind(session, SERVICE_TEAM)]
    here = tuple(post for post in posts if post.grid_key == grid_key)
    return Served(
        grid_key,
        here,
        len(posts) - len(here),
        counts,
        sum(v.due for v in visits),
        sum(v.made for v in visits),
        sum(v.late for v in visits),
        visits,
        tuple(t for t in teams if t.grid_key in below or grid_key in Scope.of_grid(t.grid_key)),
    )


def put(database: Database, actor: Actor, post: GridPost) -> None:
    """Keep a post of a grid; one of the same title there is written over.

    Raises
    ------
    InvalidInput
        When the duty or the hours are none, the title is empty, too long or points at a person, or the telephone is no
        office's.
    Forbidden
        When the grid is outside the actor's scope.
    NotFound
        When there is no such grid.
    """
    require("grid_duty", post.duty)
    title = _title(post.title)
    phone = office_phone(post.phone)
    if post.hours is not None:
        check_hours(post.hours)
    with database.scoped_session(actor.scope, write=True) as session:
        _require_grid(session, actor, post.grid_key)
        kept.put_post(session, post.grid_key, title, duty=post.duty, phone=phone, hours=post.hours)


def remove(database: Database, actor: Actor, grid_key: int, title: str) -> None:
    """Remove a post of a grid.

    Raises
    ------
    NotFound
        When the scope has no such post.
    """
    with database.scoped_session(actor.scope, write=True) as session:
        if not kept.remove_post(session, grid_key, title):
            raise NotFound(
                "grid-post-not-found",
                f"该网格没有“{title}”这个岗位，或超出管辖范围。",
                f"The grid has no post {title!r} in your scope.",
            )


def count_volunteers(database: Database, actor: Actor, grid_key: int, counts: Mapping[str, int]) -> None:
    """Keep a grid's head-counts of volunteers in place of those before.

    Raises
    ------
    InvalidInput
        When a role is none, or a number is below 0 or above the most of `terms.VOLUNTEERS`.
    Forbidden
        When the grid is outside the actor's scope.
    NotFound
        When there is no such grid.
    """
    for role in counts:
        require("volunteer_role", role)
    if any(not 0 <= n <= _MOST_VOLUNTEERS for n in counts.values()):
        raise InvalidInput(
            "volunteers-number",
            f"志愿者人数应为 0 至 {_MOST_VOLUNTEERS}。",
            f"A number of volunteers is 0 to {_MOST_VOLUNTEERS}.",
        )
    with database.scoped_session(actor.scope, write=True) as session:
        _require_grid(session, actor, grid_key)
        kept.put_volunteers(session, grid_key, dict(counts))


def roles() -> frozenset[str]:
    """Return the roles of volunteers."""
    return codes_of("volunteer_role")


def office_phone(phone: str | None) -> str | None:
    """Return an office's telephone as it is kept; None where there is none.

    Raises
    ------
    InvalidInput
        When it is no office's: only offices have telephones here, never a person.
    """
    if phone is None or not phone.strip():
        return None
    tidy = phone.strip()
    if not _OFFICE.fullmatch(tidy):
        raise InvalidInput(
            "phone-no-office",
            "只登记办公电话：区号加固定号码（如 0575-80000000）、400 号码，或 110、12345 等短号。"
            "手机号码属于个人，不保存。",
            "Only an office's telephone is kept: a fixed line with its area's number (0575-80000000), a 400 number or "
            "a short one such as 110. A mobile number is a person's.",
        )
    return tidy


def _title(given: str) -> str:
    title = " ".join(given.split())
    if not 1 <= len(title) <= _LONGEST:
        raise InvalidInput(
            "grid-post-title",
            f"岗位名称为 1 至 {_LONGEST} 字，如“枫源村 网格岗 2”。",
            f"A post's title has 1 to {_LONGEST} characters, such as “枫源村 网格岗 2”.",
        )
    checked_text(title)
    return title


def _require_grid(session: Any, actor: Actor, grid_key: int) -> None:
    if grid_key not in actor.scope:
        raise Forbidden(
            "grid-outside-scope",
            "该网格不在您的管辖范围内。",
            "The grid is outside your scope.",
        )
    checked_level(grid_key)
    if ground.find_grid(session, grid_key, None) is None:
        raise grid_not_found(grid_key)
