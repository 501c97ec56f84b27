"""Who acts: a post with a role, and the scope in which it may act."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from gridmap.domain.gridkey import EVERY_SEALED, UNASSIGNED, Scope


class Role(StrEnum):
    """What a post is there for; what each may do is one table."""

    ADMINISTRATOR = "administrator"
    KEEPER = "keeper"
    TOWN_DESK = "town_desk"
    AREA_DESK = "area_desk"
    VILLAGE_DESK = "village_desk"
    GRID_POST = "grid_post"
    MEDIATOR = "mediator"
    PLANNER = "planner"
    TEAM = "team"
    LIAISON = "liaison"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"


OPENING_ROLES = frozenset({Role.TOWN_DESK, Role.AREA_DESK, Role.VILLAGE_DESK, Role.GRID_POST, Role.MEDIATOR})
"""Roles that handle cases, and so may open the sealed ones that their own grid has."""

MOST_NAMED = 2
"""So many posts of a workspace may open every sealed case in their grids."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever asks, as every service is told.

    Attributes
    ----------
    post : str
        The post's name, such as ``枫源村 网格岗 2``: a duty at a grid, never a person's name.
    role : Role
    scope : Scope
        Grid subtree that it may see.
    post_id : int or None
        Its number; None for the workspace's keeper at the machine itself.
    """

    post: str
    role: Role
    scope: Scope
    post_id: int | None = None

    @classmethod
    def at_the_machine(cls) -> Actor:
        """Whoever runs the command on the machine itself: the workspace's keeper, who opens no sealed case."""
        return cls("keeper", Role.ADMINISTRATOR, Scope.whole())


@dataclass(frozen=True, slots=True)
class Post:
    """An account: a duty at a grid, handed over with dates; never a person's name.

    Attributes
    ----------
    post_id : int
    name : str
    role : Role
    grid_key : int
        Grid whose subtree it sees; 0 is the whole workspace.
    has_password, has_second_factor, is_locked, is_demonstration : bool
    held_from : date or None
        Since when its present holder has it.
    opens_sealed : bool
        Whether it is one of the two that open every sealed case in their grids.
    """

    post_id: int
    name: str
    role: Role
    grid_key: int
    has_password: bool
    has_second_factor: bool
    is_locked: bool
    is_demonstration: bool
    held_from: dt.date | None = None
    opens_sealed: bool = False

    @property
    def actor(self) -> Actor:
        """The post as services are told of it."""
        opens = EVERY_SEALED if self.opens_sealed else self.grid_key
        scope = scope_of(self.grid_key).opening(opens if self.role in OPENING_ROLES else None)
        return Actor(self.name, self.role, scope, self.post_id)


@dataclass(frozen=True, slots=True)
class Term:
    """One holder's time at a post: from which day until when; who that was stands in the town's own address book.

    Attributes
    ----------
    post : str
    role : Role
        That the post has now.
    grid_key : int
    valid_from : date
    valid_to : date or None
        Day of the handover, on which the next one begins; None for the present holder.
    """

    post: str
    role: Role
    grid_key: int
    valid_from: dt.date
    valid_to: dt.date | None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A browser that is signed in.

    Attributes
    ----------
    session_id : str
        Public number, 32 hexadecimal digits; it opens nothing.
    post : Post
    kind : str
        ``person``, or ``wall``: a screen without idle end that sees aggregates only.
    device : str
        What the browser says that it is.
    created_at, seen_at : datetime
    ends_at : datetime or None
    """

    session_id: str
    post: Post
    kind: str
    device: str
    created_at: dt.datetime
    seen_at: dt.datetime
    ends_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A program's key: name, role, scope and end; its secret is told once and not kept."""

    token_id: str
    name: str
    role: Role
    grid_key: int
    made_by: str
    created_at: dt.datetime
    ends_at: dt.datetime
    revoked_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what: one row of the chain.

    Attributes
    ----------
    seq : int
        Its number, without gaps.
    at : datetime
    post, role : str
        Who.
    action : str
        What was done.
    object : str
        On what: an address of the API, a post, a file.
    outcome : str
        ``done``, ``refused``, or ``asked`` for what is written down before it is done.
    details : str
        What was asked, as JSON; no text of a case and no name.
    hash : str
        Digest over this row and the hash before it, hexadecimal.
    """

    seq: int
    at: dt.datetime
    post: str
    role: str
    action: str
    object: str
    outcome: str
    details: str
    hash: str


@dataclass(frozen=True, slots=True)
class AuditSegment:
    """A closed segment of the chain whose rows were dropped.

    Attributes
    ----------
    first_seq, last_seq : int
        Numbers of its rows.
    first_at, last_at : datetime
        When its first and last row were written.
    hash : str
        That of its last row, on which the next row builds.
    """

    first_seq: int
    last_seq: int
    first_at: dt.datetime
    last_at: dt.datetime
    hash: str


def scope_of(grid_key: int) -> Scope:
    """Scope of a post at a grid; 0 is the whole workspace."""
    return Scope.whole() if grid_key == UNASSIGNED else Scope.of_grid(grid_key)
