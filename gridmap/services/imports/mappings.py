"""Headings of a file to fields, remembered under a name."""

from __future__ import annotations

from sqlalchemy.orm import Session

from gridmap.domain.accounts import Actor
from gridmap.errors import NotFound
from gridmap.services.accounts.owners import require_owner
from gridmap.storage.imports import runs


def mapping_of(
    session: Session, noun: str, given: dict[str, str] | None, name: str | None
) -> dict[str, str] | None:
    """Return the mapping that is given, or the remembered one of that name.

    Raises
    ------
    NotFound
        When no mapping is called so.
    """
    if given is not None or name is None:
        return given
    found = runs.find_mapping(session, noun, name)
    if found is None:
        raise NotFound(
            "mapping-unknown",
            f"没有名为 {name} 的列对应表。请先用 --mapping 文件.json --save-as 名称 建立。",
            f"No mapping is called {name}. Make it with --mapping FILE.json --save-as {name}.",
        )
    return found


def save_mapping(session: Session, noun: str, name: str, mapping: dict[str, str], actor: Actor) -> None:
    """Remember a mapping under a name.

    Raises
    ------
    Forbidden
        When another's would be changed.
    """
    known, owner = runs.owner_of_mapping(session, noun, name)
    if known and runs.find_mapping(session, noun, name) != mapping:
        require_owner(actor, owner)
    if not known or runs.find_mapping(session, noun, name) != mapping:
        runs.save_mapping(session, noun, name, mapping, actor.post)
