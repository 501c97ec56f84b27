"""Versions of the boundaries: entered with the imports, shown grid by grid, and taken back by one that is as before."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy.orm import Session

from gridmap import crs
from gridmap.domain.accounts import Actor
from gridmap.domain.gridkey import parent
from gridmap.errors import Conflict, NotFound
from gridmap.ingest.boundaries.check import check_boundaries
from gridmap.ingest.boundaries.draft import COLUMNS, BoundaryDraft
from gridmap.services.ground.boundaries import BoundaryResult, put_into_force
from gridmap.services.ground.entered import shown_version
from gridmap.services.imports.kinds import OtherKind, Undone
from gridmap.storage.database import Database
from gridmap.storage.ground import boundaries as stored_versions
from gridmap.storage.ground import grids as stored
from gridmap.storage.imports import journal, runs

_TIMEOUT_S = 1800
_TOLD = ("code", "name_zh", "name_en", "population", "households")


def _able(session: Session, run_id: int) -> bool:
    return stored_versions.has_former(session, run_id)


def undo_version(database: Database, actor: Actor, run_id: int, why: str) -> Undone:
    """Put the boundaries back into force that stood before a version, as a version of their own from today on.

    Grids that a later version has changed stay as they are, and are named. Records are assigned again.

    Parameters
    ----------
    database : Database
    actor : Actor
        Answers for the whole workspace.
    run_id : int
        Of the import that brought the version.
    why : str

    Raises
    ------
    NotFound
        When there is no such import.
    Conflict
        When it brought the first boundaries: without any, no record has a place; or when what would be restored does
        not fit what stays.
    """
    day = dt.datetime.now(ZoneInfo(database.settings.timezone)).date()
    with database.scoped_session(actor.scope.for_upkeep(), write=True, timeout_s=_TIMEOUT_S) as session:
        if runs.find_run(session, run_id) is None:
            raise NotFound(
                "import-not-found",
                f"没有第 {run_id} 次导入。可用 gridmap imports list 查看。",
                f"There is no import {run_id}. See gridmap imports list.",
            )
        if not _able(session, run_id):
            raise Conflict(
                "version-first",
                "这是最初的边界，撤销后事件和队伍都没有网格。请直接导入正确的边界。",
                "These are the first boundaries: without them no record has a grid. Import the right ones instead.",
            )
        standing = stored.current_frame(session)
        wanted, left, restored, removed = _as_before(standing, journal.changes(session, run_id))
        if restored or removed:
            epsg = crs.metric_crs(wanted.total_bounds)
            draft = _draft(wanted)
            # Undone as a whole, they stand as they stood; in part, they may lie over what has changed since.
            result = BoundaryResult(draft, check_boundaries(draft, epsg) if left else [])
            _require_sound(result, left)
            parameters = {"act": "undo", "reason": why, "key": str(run_id)}
            put_into_force(
                session, result, epsg, (day, True), lambda *_: None, post=actor.post, parameters=parameters
            )
        runs.mark_undone(session, run_id, dt.datetime.now(dt.UTC), actor.post, why)
    told = tuple((name, "之后又有改动，保留现状", "has changed since, and stays as it is") for name in left)
    return Undone(restored, removed, told)


def _require_sound(result: BoundaryResult, left: list[str]) -> None:
    """Refuse former outlines that do not fit those that a later version has changed and that stay."""
    if not result.errors:
        return
    first = result.errors[0]
    stay_zh, stay_en = "、".join(left[:5]) or "无", ", ".join(left[:5]) or "none"
    raise Conflict(
        "version-does-not-fit",
        f"没有撤销：恢复后的边界与之后又有改动的网格（{stay_zh}）不合，共 {len(result.errors)} 处，如：{first.zh}"
        " 请先撤销较新的边界版本，或导入正确的边界。",
        f"Nothing was undone: the former boundaries do not fit the grids that have changed since ({stay_en}), in "
        f"{len(result.errors)} places, such as: {first.en} Take the newer version back first, or import the right "
        "boundaries.",
    )


def _as_before(
    standing: gpd.GeoDataFrame, changes: Iterable[journal.Change]
) -> tuple[gpd.GeoDataFrame, list[str], int, int]:
    """Return the grids as they were before some changes, the names of those that stay, and how many went which way."""
    rows = {int(r["grid_key"]): r for r in pd.DataFrame(standing).to_dict("records")}
    left, restored, removed = [], 0, 0
    for change in changes:
        before, after = change.before, change.after
        key = int(before["grid_key"])
        if (after is None) == (key in rows) or (after is not None and not _alike(rows[key], after)):
            left.append(str((after or before)["name_zh"]))
        elif "geom" not in before:
            del rows[key]
            removed += 1
        else:
            rows[key] = {c: before.get(c) for c in standing.columns if c != "geometry"} | {
                "geometry": shapely.from_wkb(before["geom"])
            }
            restored += 1
    frame = gpd.GeoDataFrame(list(rows.values()), geometry="geometry", crs=standing.crs)
    return frame, left, restored, removed


def _alike(row: dict[Any, Any], told: Mapping[str, Any]) -> bool:
    same = all(_plain(row.get(name)) == told[name] for name in _TOLD)
    return same and bool(shapely.equals(row["geometry"], shapely.from_wkb(told["geom"])))


def _plain(value: Any) -> Any:
    if value is None or value != value:  # noqa: PLR0124 - what is not a number equals nothing
        return None
    return int(value) if isinstance(value, float | np.integer) else value


def _draft(frame: gpd.GeoDataFrame) -> BoundaryDraft:
    grids = pd.DataFrame(frame).reindex(columns=list(COLUMNS))
    grids["geometry"] = frame.geometry.to_numpy()
    grids["valid_from"] = grids["valid_to"] = grids["predecessors"] = None
    grids["parent_key"] = [parent(int(key)) for key in frame["grid_key"]]
    grids["made"], grids["code_fits"], grids["file"] = False, True, ""
    grids["row"] = np.arange(1, len(grids) + 1)
    whole = gpd.GeoDataFrame(grids, geometry="geometry", crs=crs.WGS84)
    return BoundaryDraft(whole, (), {"": uuid.uuid4().hex}, crs.WGS84)


VERSIONS = OtherKind("grids", shown_version, undo_version, _able)
