"""Who acts: a post with a role, and the scope in which it may act."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gridmap.domain.gridkey import Scope


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
        """Whoever runs the command on the machine itself: the workspace's keeper."""
        return cls("keeper", Role.ADMINISTRATOR, Scope.whole())
