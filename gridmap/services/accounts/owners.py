"""Whose kept results are: a post deletes its own, the administrator anybody's."""

from __future__ import annotations

from gridmap.domain.accounts import Actor, Role
from gridmap.errors import Forbidden


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
