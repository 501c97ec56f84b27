"""A version of the boundaries as the imports list it: the grids that it changes, before and after."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy import insert
from sqlalchemy.orm import Session

from gridmap.domain.told_fields import metres_told
from gridmap.services.ground.comparison import MOVED_M
from gridmap.services.ground.succession import is_missing
from gridmap.services.imports.kinds import FieldChange, RowChange
from gridmap.storage.imports import journal
from gridmap.storage.models import ImportChange, ImportRun

_TOLD = ("code", "name_zh", "name_en", "population", "households")


def enter_version(
    session: Session,
    file: tuple[str, str],
    parameters: dict[str, object],
    post: str | None,
    frames: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame],
    keys: tuple[Sequence[int], Sequence[int], Sequence[int], int],
    moved: Mapping[int, tuple[str, float]],
) -> int:
    """Enter a version with the imports; return its number.

    Parameters
    ----------
    session : Session
    file : tuple of str
        Names and hash.
    parameters : dict
    post : str or None
    frames : tuple of GeoDataFrame
        Grids before and after.
    keys : tuple
        Keys of grids that are new, changed and ended, and how many stayed.
    moved : mapping
        Key of a changed grid to its name and the metres that its outline lies off.
    """
    added, changed, ended, same = keys
    run = ImportRun(
        noun="grids",
        file_name=file[0],
        file_sha256=file[1],
        parameters=parameters,
        rows_total=len(added) + len(changed) + same,
        rows_inserted=len(added),
        rows_updated=len(changed) + len(ended),
        rows_unchanged=same,
        rows_refused=0,
        post=post,
        finished_at=dt.datetime.now(dt.UTC),
    )
    session.add(run)
    session.flush()
    if frames[0].empty:
        # The first boundaries have nothing before them: which grids are new is told by the grids themselves.
        return run.import_run_id
    old = _by_key(frames[0], {*changed, *ended})
    new = _by_key(frames[1], {*changed, *added})
    rows: list[dict[str, object]] = [
        {"before": old[key], "after": new[key] | {"moved_m": moved[key][1]}} for key in changed
    ]
    rows += [{"before": old[key], "after": None} for key in ended]
    rows += [{"before": {"grid_key": key}, "after": new[key]} for key in added]
    if rows:
        session.execute(insert(ImportChange), [row | {"import_run_id": run.import_run_id} for row in rows])
    return run.import_run_id


def _by_key(frame: gpd.GeoDataFrame, wanted: set[int]) -> dict[int, dict[str, object]]:
    if frame.empty or not wanted:
        return {}
    some = frame[frame["grid_key"].isin(wanted)]
    shapes = shapely.to_wkb(some.geometry.to_numpy(), hex=True)
    out = {}
    for row, shape in zip(pd.DataFrame(some).to_dict("records"), shapes, strict=True):
        told: dict[str, Any] = {name: None if is_missing(row[name]) else row[name] for name in _TOLD}
        for count in ("population", "households"):
            told[count] = None if told[count] is None else int(told[count])
        out[int(row["grid_key"])] = told | {
            "grid_key": int(row["grid_key"]),
            "level": int(row["level"]),
            "illustrative": bool(row["illustrative"]),
            "geom": str(shape),
        }
    return out


def shown_version(session: Session, run_id: int, limit: int | None) -> tuple[RowChange, ...]:
    """Return what a version does, grid by grid: the most that are wanted; the first boundaries have nothing before."""
    out = []
    for change in journal.changes(session, run_id, limit):
        before, after = change.before, change.after
        row = after or before
        name = f"{row['name_zh']} {row['code']}"
        if after is None:
            out.append(RowChange("ended", name))
        elif "geom" not in before:
            out.append(RowChange("new", name))
        else:
            out.append(RowChange("changed", name, tuple(_fields(before, after))))
    return tuple(out)


def _fields(before: Mapping[str, object], after: Mapping[str, object]) -> Iterable[FieldChange]:
    for name in _TOLD:
        if before[name] != after[name]:
            yield FieldChange(name, _text(before[name]), _text(after[name]))
    if before["geom"] != after["geom"] and float(str(after["moved_m"])) >= MOVED_M:
        yield FieldChange("geom", None, metres_told(float(str(after["moved_m"]))))


def _text(value: object) -> str | None:
    return None if value is None else str(value)
