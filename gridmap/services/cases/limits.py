"""The town's limits: shown, loaded from a file, handed on as a file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from gridmap.domain.accounts import Actor, Role
from gridmap.domain.cases import limits
from gridmap.domain.cases.limits import LimitTable
from gridmap.domain.gridkey import Scope
from gridmap.errors import Conflict, Forbidden, InvalidInput
from gridmap.files.atomic import replacing
from gridmap.ingest.free_text import checked_text
from gridmap.ingest.limit_files import check_limits
from gridmap.services.accounts import audit
from gridmap.storage.database import Database
from gridmap.storage.workspace import settings as workspace

_LONGEST_FILE = 1 << 20
_BEFORE = "limits_before"


def table_of(session: Session) -> LimitTable:
    """Return the limits in force, in a session that is open."""
    kept = workspace.read_settings(session).get("limits")
    return limits.preset() if kept is None else limits.read_table(kept)


def show(database: Database) -> LimitTable:
    """Return the limits in force: the town's own, or those that come with the program."""
    with database.scoped_session(Scope.whole()) as session:
        return table_of(session)


def load(database: Database, actor: Actor, source: Path | str, *, seen: str | None = None) -> LimitTable:
    """Put limits in force, from a file or a preset. Cases keep the limits that they were given before.

    Parameters
    ----------
    database : Database
    actor : Actor
        Has to have the whole workspace.
    source : Path or str
        A file, or the name of a preset.
    seen : str, optional
        `LimitTable.mark` of the limits that whoever changes them has looked at.

    Raises
    ------
    InvalidInput
        When the file cannot be read or would not do what it says, naming each line and field that is wrong.
    Forbidden
        When the actor has a part of the workspace only.
    LimitsMovedOn
        When others are in force than those that were seen.
    """
    require_whole(actor)
    table = limits.preset(source) if isinstance(source, str) else read_file(source)
    return _keep(database, actor, table, seen)


def put(
    database: Database, actor: Actor, given: Mapping[str, Any], name: str, *, seen: str | None = None
) -> LimitTable:
    """Put limits in force that are given as a file holds them; see `load`.

    Parameters
    ----------
    database : Database
    actor : Actor
    given : mapping
    name : str
        What is named where something is wrong.
    seen : str, optional

    Raises
    ------
    InvalidInput, Forbidden, LimitsMovedOn
        As `load` does.
    """
    require_whole(actor)
    check_limits(dict(given), name)
    return _keep(database, actor, limits.read_table(given), seen)


def put_days(
    database: Database, actor: Actor, off: Sequence[str], worked: Sequence[str], *, seen: str | None = None
) -> LimitTable:
    """Put the town's days off, and the weekends that it works in their place, in its limits.

    Parameters
    ----------
    database : Database
    actor : Actor
    off, worked : sequence of str
        Days such as 2026-10-01.
    seen : str, optional

    Raises
    ------
    InvalidInput, Forbidden, LimitsMovedOn
        As `load` does.
    """
    table = show(database)
    given = table.as_dict()
    given["calendar"] |= {"holidays": list(off), "working_weekends": list(worked)}
    # The lines are those that were just read: whoever changes them meanwhile is not undone by days.
    return put(database, actor, given, "工作日历 / calendar", seen=seen or table.mark)


def may_take_back(database: Database) -> bool:
    """Tell whether there are limits from before the last change."""
    with database.scoped_session(Scope.whole()) as session:
        return _BEFORE in workspace.read_settings(session)


def take_back(database: Database, actor: Actor, *, seen: str | None = None) -> LimitTable:
    """Put the limits from before the last change in force again.

    Parameters
    ----------
    database : Database
    actor : Actor
    seen : str, optional
        `LimitTable.mark` of the limits that whoever takes them back has looked at.

    Raises
    ------
    LimitsMovedOn
        As `load` does; `yours` are the limits that would have come back.
    Conflict
        When nothing was changed since.
    Forbidden
        When the actor has a part of the workspace only.
    """
    require_whole(actor)
    with database.scoped_session(Scope.whole(), write=True) as session:
        settings = workspace.read_settings(session, lock="limits")
        kept = settings.get(_BEFORE)
        _require_seen(session, seen, settings.get("limits") if kept is None else kept[0])
        if kept is None:
            raise Conflict(
                "limits-nothing-before",
                "期限没有可撤回的更改。",
                "The limits have no change that could be taken back.",
            )
        workspace.write_settings(session, limits=kept[0], **{_BEFORE: None})
        audit.note(session, actor, "take_back_limits")
        return table_of(session)


class LimitsMovedOn(Conflict):
    """Somebody changed the limits since they were looked at; nothing is lost, both versions are told.

    Parameters
    ----------
    theirs : LimitTable
        Those in force.
    yours : mapping or None
        Those that were to be in force, as a file holds them; None are those that come with the program.
    """

    def __init__(self, theirs: LimitTable, yours: Mapping[str, Any] | None) -> None:
        super().__init__(
            "limits-moved-on",
            "您查看之后，期限或工作日历已被他人更改。上面是现行的，表中是您写的，都没有丢失：请对照后再保存。",
            "Somebody changed the limits or the days off since you looked. Above is what is in force now, in the form "
            "what you wrote; nothing is lost. Compare them, then save again.",
        )
        self.theirs, self.yours = theirs, limits.preset().as_dict() if yours is None else yours

    def as_dict(self) -> dict[str, Any]:
        """Return the error with both versions; the mark of those in force is what a new try has seen."""
        now = self.theirs.as_dict() | {"mark": self.theirs.mark}
        return super().as_dict() | {"now": now, "yours": dict(self.yours)}


def _require_seen(session: Session, seen: str | None, yours: Mapping[str, Any] | None) -> None:
    there = table_of(session)
    if seen is not None and seen != there.mark:
        raise LimitsMovedOn(there, yours)


def _keep(database: Database, actor: Actor, table: LimitTable, seen: str | None) -> LimitTable:
    for said in (table.name_zh, table.name_en, table.source):
        checked_text(said)
    with database.scoped_session(Scope.whole(), write=True) as session:
        before = workspace.read_settings(session, lock="limits").get("limits")
        given = table.as_dict()
        _require_seen(session, seen, given)
        if given != before:
            # In a list, because none at all stands for those that come with the program.
            workspace.write_settings(session, limits=given, **{_BEFORE: [before]})
            audit.note(session, actor, "load_limits", table.name_zh)
    return table


def save(database: Database, path: Path) -> LimitTable:
    """Write the limits in force to a file that another town can load."""
    table = show(database)
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(table.as_dict(), ensure_ascii=False, indent=1) + "\n", "utf-8")
    return table


def is_whole(actor: Actor) -> bool:
    """Tell whether an actor answers for the whole town."""
    return actor.scope.is_whole or actor.role is Role.TOWN_DESK


def require_whole(actor: Actor) -> None:
    """Refuse an actor who does not answer for the whole town: its desk, the keeper and the administrator do.

    Raises
    ------
    Forbidden
    """
    if not is_whole(actor):
        raise Forbidden(
            "whole-town-only",
            "这项设置关系全镇，请由镇级管理岗位办理。",
            "This concerns the whole town: a post of the whole workspace has to do it.",
        )


def read_file(path: Path) -> LimitTable:
    """Read a file of limits, whole.

    Raises
    ------
    InvalidInput
        Naming the file, and each line and field that is wrong.
    """
    given = _read(path)
    check_limits(given, path.name)
    return limits.read_table(given)


def _read(path: Path) -> dict[str, Any]:
    try:
        # What Windows' own editor writes begins with a mark.
        text = path.read_text("utf-8-sig") if path.stat().st_size <= _LONGEST_FILE else ""
        given: dict[str, Any] = dict(json.loads(text))
    except (OSError, ValueError, TypeError, RecursionError) as wrong:
        raise InvalidInput(
            "limits-file",
            f"无法读取期限文件 {path.name}：{wrong}。请用 gridmap limits save 生成样例。",
            f"The file of limits {path.name} cannot be read: {wrong}. See one by gridmap limits save.",
        ) from None
    return given
