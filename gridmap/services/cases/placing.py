"""Where a case lies: by a coordinate of any system, or by the grid that a person chose."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from gridmap import crs
from gridmap.domain.accounts import Actor
from gridmap.domain.cases.asked import NewCase, Spot
from gridmap.domain.cases.model import Opening, State
from gridmap.domain.gridkey import UNASSIGNED, Scope
from gridmap.errors import Conflict, InvalidInput
from gridmap.ingest.free_text import checked_text
from gridmap.services.cases import edited
from gridmap.services.cases.new_case import check_point
from gridmap.services.ground.gridbook import GridBook
from gridmap.storage.cases import desk as stored
from gridmap.storage.cases.desk import KeptCase
from gridmap.storage.database import Database
from gridmap.storage.ground import grids
from gridmap.storage.workspace import settings as workspace
from gridmap.tilekey import tile_key


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a case lies, and by what."""

    lon: float | None
    lat: float | None
    grid_key: int
    placed_by: str
    confirm: bool


def columns_of(told: NewCase | Spot, placed: Placed) -> dict[str, Any]:
    """Return the columns of a case's place: what was told stays beside what it was turned into.

    Parameters
    ----------
    told : NewCase or Spot
    placed : Placed
        Of `place_of`, in WGS 84.
    """
    point = tile = None
    if placed.lon is not None and placed.lat is not None:
        point = f"SRID=4326;POINT({placed.lon!r} {placed.lat!r})"
        tile = int(tile_key([placed.lon], [placed.lat])[0])
    return {
        "grid_key": placed.grid_key,
        "geom": point,
        "tile_key": tile,
        "accuracy_m": told.accuracy_m,
        "placed_by": placed.placed_by,
        "source_crs": None if placed.lon is None else crs.normalise(told.crs or crs.WGS84),
        "raw_x": told.lon,
        "raw_y": told.lat,
        "needs_confirmation": placed.confirm,
    }


def place_of(database: Database, new: NewCase | Spot) -> Placed:
    """Return where a case lies: by its coordinate, or by the grid that a person chose.

    Parameters
    ----------
    database : Database
    new : NewCase or Spot

    Raises
    ------
    InvalidInput
        When neither is told, or a grid other than the coordinate's has no reason.
    Conflict
        When the workspace has no grids.
    """
    if new.lon is None or new.lat is None:
        if new.grid_key is None:
            raise InvalidInput(
                "case-no-place",
                "请给出位置：地图上的点、网格，或在地图上选择。",
                "Say where: a point on the map, or a grid.",
            )
        _require_grid(database, new.grid_key)
        return Placed(None, None, new.grid_key, "person", confirm=False)
    lons, lats = crs.to_wgs84([new.lon], [new.lat], new.crs or crs.WGS84)
    lon, lat = float(lons[0]), float(lats[0])
    if not (np.isfinite(lon) and -180 <= lon <= 180 and -90 <= lat <= 90):
        raise InvalidInput("coordinate-range", "坐标超出范围。", "The coordinate is not on Earth.")
    accuracy_m = new.accuracy_m or 0.0
    with database.scoped_session(Scope.whole()) as session:
        if workspace.is_empty(session):
            raise _no_grids()
    book = GridBook.of(database, Scope.whole())
    found = int(book.assign(lons, lats).grid_key[0])
    confirm = bool(book.needs_confirmation(lons, lats, np.array([accuracy_m]))[0])
    if new.grid_key is None or new.grid_key == found:
        return Placed(lon, lat, found, "coordinate", confirm and new.grid_key is None)
    _require_grid(database, new.grid_key)
    if not (new.grid_reason or "").strip():
        raise InvalidInput(
            "grid-needs-reason",
            "所选网格与坐标所在网格不同，请说明理由。",
            "The grid is not the one of the coordinate: say why.",
        )
    return Placed(lon, lat, new.grid_key, "person", confirm=False)


def _require_grid(database: Database, key: int) -> None:
    with database.scoped_session(Scope.whole()) as session:
        if workspace.is_empty(session):
            raise _no_grids()
        if grids.find_grid(session, key) is None:
            raise InvalidInput(
                "case-grid-unknown",
                f"没有网格 {key}。请用 gridmap grids list 查看。",
                f"There is no grid {key}. See gridmap grids list.",
            )


def _no_grids() -> Conflict:
    return Conflict(
        "no-grids",
        "工作区还没有网格。请先运行：gridmap grids import 文件",
        "The workspace has no grids yet. First run: gridmap grids import FILE",
    )


def spot_of(database: Database, spot: Spot, note: str | None) -> tuple[Spot, Placed]:
    """Return what somebody on the spot tells of a case's place, checked, and where it lies.

    Parameters
    ----------
    database : Database
    spot : Spot
    note : str or None
        Of the step; the reason of another grid where none is given.

    Raises
    ------
    InvalidInput
        When a number is none, half a coordinate is given, nothing is said, or another grid has no reason.
    Conflict
        When the workspace has no grids.
    """
    check_point(spot)
    if (spot.lon is None) != (spot.lat is None):
        raise InvalidInput(
            "spot-half",
            "位置只给了经度或纬度之一。请两个都给，或只选网格。",
            "Only one of longitude and latitude is given: give both, or a grid alone.",
        )
    checked_text(spot.grid_reason)
    told = replace(spot, grid_reason=spot.grid_reason or note)
    return told, place_of(database, told)


def put_right(
    session: Session, actor: Actor, case: KeptCase, state: State, spot: Spot, placed: Placed
) -> tuple[dict[str, Any], Opening]:
    """Write a case's place as it was seen on the spot.

    Parameters
    ----------
    session : Session
        Writes the whole workspace.
    actor : Actor
    case : KeptCase
    state : State
        After the step that the place comes with: whoever just signed for the case has it.
    spot : Spot
    placed : Placed

    Returns
    -------
    details : dict
        What the step keeps of it, so that it can be read and taken back; empty where nothing changes.
    opening : Opening
        What the steps are derived from, from now on.

    Raises
    ------
    Forbidden
        When the case is another's, or the place lies outside of the actor's scope.
    Conflict
        When the case is sealed.
    """
    edited.require_open(actor, case, state.handler_key)
    columns = columns_of(spot, placed)
    here = case.row.grid_key
    if placed.lon is None and here != UNASSIGNED and here in Scope.of_grid(placed.grid_key):
        # That the case is in this grid is a confirmation: the coordinate and the household that are known stay.
        columns = {"placed_by": "person", "needs_confirmation": False}
    elif placed.grid_key != here and placed.grid_key not in actor.scope:
        raise edited.outside_scope()
    after = {name: case.told.get(name) for name in edited.COLUMNS} | {"geom": edited.point_of(case)} | columns
    before = edited.changed(case.told | {"geom": edited.point_of(case)}, after)
    if not before:
        return {}, case.opening
    stored.set_case_fields(session, case.row.incident_id, **{name: after[name] for name in before})
    details = {"edited": edited.named(before), "before": edited.kept(before)}
    return details, replace(case.opening, grid_key=columns.get("grid_key", case.opening.grid_key))
