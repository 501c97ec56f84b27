"""Whose kept results and standing orders are: a post deletes its own, the administrator anybody's."""

from __future__ import annotations

from gridmap.domain.accounts import Actor, Role
from gridmap.domain.roles import Action, may
from gridmap.errors import Forbidden, NotFound
from gridmap.services.accounts.desk import find_post
from gridmap.storage.database import Database


def require_owner(actor: Actor, owner: str | None) -> None:
    """Refuse to delete or change what is another's.

    Parameters
    ----------
    actor : Actor
    owner : str or None
        Name of the post whose it is; None where nobody wrote it down, which leaves the administrator.

    Raises
    ------
    Forbidden
    """
    if actor.role is not Role.ADMINISTRATOR and actor.post != owner:
        whose = owner or "?"
        raise Forbidden(
            "not-owner",
            f"这是“{whose}”建立的，只能由该岗位或管理员删除、更改。",
            f"This is {whose}'s: only that post or the administrator deletes or changes it.",
        )


def actor_behind(database: Database, post: str, action: Action) -> Actor | None:
    """Return as whom a standing order is carried out today; None where its post is gone, locked or may no more.

    Parameters
    ----------
    database : Database
    post : str
        Who gave the order.
    action : Action
        What it takes.
    """
    keeper = Actor.at_the_machine()
    if post == keeper.post:
        return keeper
    try:
        found = find_post(database, post)
    except NotFound:
        return None
    return None if found.is_locked or not may(found.role, action) else found.actor
