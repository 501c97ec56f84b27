"""A grid's names and counts put right by a person, with a reason: a version of the boundaries that moves none."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy.orm import Session

from gridmap.domain.accounts import Actor
from gridmap.domain.gridkey import Scope
from gridmap.domain.records import GRIDS
from gridmap.errors import InvalidInput
from gridmap.ingest.free_text import checked_text
from gridmap.services.ground.boundaries import BoundaryOptions, BoundaryResult, import_boundaries
from gridmap.services.ground.grids import grid_not_found
from gridmap.services.ground.succession import is_missing
from gridmap.services.imports.acts import checked_reason, overtaken, version_of
from gridmap.storage.database import Database
from gridmap.storage.ground import grids as stored

AT_ONCE = 500
CORRECTED = ("name_zh", "name_en", "population", "households")
"""What is put right here; outlines come as files."""


def correct_grid(
    database: Database,
    actor: Actor,
    grid_key: int,
    told: Mapping[str, str],
    reason: str,
    *,
    seen: str | None = None,
) -> BoundaryResult:
    """Put the names, population or households of a grid right.

    Parameters
    ----------
    database : Database
    actor : Actor
        Answers for the whole workspace.
    grid_key : int
    told : mapping
        Field of `CORRECTED` to text; an empty one leaves what is stored alone.
    reason : str
    seen : str, optional
        What :func:`gridmap.services.imports.acts.version_of` told of the grid when the person began to write.

    Raises
    ------
    Conflict
        When somebody else has changed it since it was `seen`.
    InvalidInput
        When there is no such grid or field, a value does not fit, nothing changes, or no reason is given.
    """
    why = checked_reason(reason)
    given = {name: text.strip() for name, text in told.items() if text.strip()}
    if not given and set(told) <= set(CORRECTED):
        raise InvalidInput("edit-nothing", "没有更改任何内容。", "Nothing was changed.")
    if not set(given) <= set(CORRECTED):
        fields = "、".join(CORRECTED)
        raise InvalidInput(
            "grid-fields",
            f"网格在这里可以更改：{fields}。边界请导入文件。",
            f"Of a grid {', '.join(CORRECTED)} are changed here; outlines come as files.",
        )
    for name in ("name_zh", "name_en"):
        if name in given:
            checked_text(given[name])

    def guard(session: Session) -> None:
        stored.lock(session, grid_key)
        now = _told(session, grid_key)
        if seen is not None and seen != version_of(now):
            raise overtaken(GRIDS, now, told)

    with tempfile.TemporaryDirectory(prefix="gridmap-grid-") as folder:
        file = Path(folder) / "更改.csv"
        with file.open("w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows([["grid_key", *given], [str(grid_key), *given.values()]])
        done = import_boundaries(
            database,
            actor.scope,
            [file],
            BoundaryOptions(),
            actor=actor,
            parameters={"act": "change", "reason": why, "key": str(grid_key)},
            guard=guard,
        )
    if not done.committed:
        raise InvalidInput("edit-nothing", "没有更改任何内容。", "Nothing was changed.")
    return done


def listed(database: Database, scope: Scope, words: str = "") -> list[dict[str, object]]:
    """List grids that stand now by key and name, those whose name or code fits some words; at most `AT_ONCE`."""
    with database.scoped_session(scope) as session:
        found = stored.list_grids(session, geometry=False, words=words or None, limit=AT_ONCE)
    return [
        {"code": str(g["grid_key"]), "name_zh": g["name_zh"], "grid_key": g["grid_key"], "level": g["level"]}
        for g in found
    ]


def told_of(database: Database, scope: Scope, grid_key: int) -> dict[str, object]:
    """Return what of a grid is put right here, with its key and code.

    Raises
    ------
    NotFound
        When there is no such grid in the scope.
    """
    with database.scoped_session(scope) as session:
        return _told(session, grid_key)


def _told(session: Session, grid_key: int) -> dict[str, object]:
    found = stored.current_frame(session, keys=[grid_key])
    if found.empty:
        raise grid_not_found(grid_key)
    row = found.iloc[0]
    told = {name: None if is_missing(row[name]) else row[name] for name in CORRECTED}
    for count in ("population", "households"):
        told[count] = None if is_missing(row[count]) else int(row[count])
    return told | {"grid_key": grid_key, "code": row["code"]}
