"""Versions of the boundaries: a new one keeps the old one, and the records are assigned again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from geoalchemy2.shape import from_shape
from numpy.typing import NDArray
from sqlalchemy import ARRAY, BigInteger, any_, delete, insert, literal, text, update
from sqlalchemy.orm import Session

from gridmap.storage.models import BasemapFeature, BoundaryVersion, Grid, GridPredecessor

PLACED_TABLES = {
    "incidents": ("incident_id",),
    "team_positions": ("team_id", "at"),
    "migrant_clusters": ("cluster_id",),
    "organisations": ("organisation_id",),
    "fixed_points": ("point_id",),
}
"""Tables whose grid follows from their point, and their keys."""

Assigner = Callable[
    [NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    tuple[NDArray[np.int64], NDArray[np.bool_]],
]

_ROWS_AT_ONCE = 200_000
_GRIDS_AT_ONCE = 500


def add_version(
    session: Session, valid_from: dt.date, source: str, *, illustrative: bool, run_id: int | None = None
) -> int:
    """Record a new version of the boundaries, and the import that brought it; return its number."""
    version = BoundaryVersion(
        valid_from=valid_from, source=source, illustrative=illustrative, import_run_id=run_id
    )
    session.add(version)
    session.flush()
    return version.version_id


def close_grids(session: Session, keys: Sequence[int], on: dt.date) -> None:
    """End the validity of grids on a day (exclusive). A grid that began that day or later never was: it goes."""
    in_force = Grid.grid_key == any_(literal(list(keys), ARRAY(BigInteger))), Grid.valid_to.is_(None)
    session.execute(delete(Grid).where(*in_force, Grid.valid_from >= on))
    session.execute(update(Grid).where(*in_force).values(valid_to=on))


def add_grids(session: Session, grids: gpd.GeoDataFrame, version_id: int) -> None:
    """Insert grids.

    Parameters
    ----------
    session : Session
    grids : GeoDataFrame
        grid_key, level, code, name_zh, name_en, population, households, area_m2, illustrative, valid_from,
        valid_to, geometry (EPSG:4326).
    version_id : int
    """
    if grids.empty:
        return
    # A county's outlines as statements would stand in memory several times over.
    for first in range(0, len(grids), _GRIDS_AT_ONCE):
        some = grids.iloc[first : first + _GRIDS_AT_ONCE]
        shapes = some.geometry.to_numpy()
        labels = shapely.point_on_surface(shapes)
        rows: list[dict[str, Any]] = []
        plain = some.drop(columns=some.geometry.name).to_dict("records")
        for row, shape, label in zip(plain, shapes, labels, strict=True):
            multi = shape if shape.geom_type == "MultiPolygon" else shapely.MultiPolygon([shape])
            rows.append(
                {str(k): v for k, v in row.items()}
                | {
                    "geom": from_shape(multi, 4326),
                    "label_point": from_shape(label, 4326),
                    "version_id": version_id,
                }
            )
        session.execute(insert(Grid), rows)


def add_predecessors(session: Session, links: Sequence[dict[str, Any]]) -> None:
    """Insert links: grid_key, valid_from, predecessor_key, predecessor_code, share (0 to 1)."""
    if links:
        session.execute(insert(GridPredecessor), list(links))


def reassign_points(session: Session, table: str, assign: Assigner) -> int:
    """Give every row that has a point its grid anew; return how many rows changed.

    Parameters
    ----------
    session : Session
    table : str
        One of `PLACED_TABLES`.
    assign : callable
        From lon and lat (EPSG:4326, shape (n,)) and accuracy (m, not a number where unknown) to grid keys
        (int64) and to whether a person should confirm.
    """
    key = PLACED_TABLES[table]
    is_incident = table == "incidents"
    accuracy = "accuracy_m" if is_incident else "null::double precision"
    flag = "needs_confirmation" if is_incident else "false"
    names = ", ".join(key)
    session.execute(
        text(
            f"create temporary table moved on commit drop as select {names}, grid_key, {flag} as confirm"
            f" from {table} limit 0"
        )
    )
    cursor = session.connection().connection.cursor()
    rows = session.execute(
        text(
            f"select {names}, grid_key, {flag}, ST_X(geom), ST_Y(geom), {accuracy} from {table}"
            " where geom is not null"
        ).execution_options(yield_per=_ROWS_AT_ONCE)
    )
    changed = 0
    for part in rows.partitions():
        n = len(key)
        lon, lat, radius = (np.array([r[n + k] for r in part], float) for k in (2, 3, 4))
        new_keys, confirm = assign(lon, lat, radius)
        with cursor.copy(f"copy moved ({names}, grid_key, confirm) from stdin") as copy:
            for row, new, flagged in zip(part, new_keys.tolist(), confirm.tolist(), strict=True):
                if row[n] != new or (is_incident and row[n + 1] != flagged):
                    copy.write_row((*row[:n], new, flagged))
                    changed += 1
    same = " and ".join(f"t.{c} = m.{c}" for c in key)
    more = (
        ", needs_confirmation = m.confirm,"
        " handler_key = case when t.handler_key = t.grid_key and not exists (select from incident_steps s"
        " where s.incident_id = t.incident_id and s.to_grid_key = t.handler_key)"
        " then m.grid_key else t.handler_key end"
        if is_incident
        else ""
    )
    session.execute(text(f"update {table} t set grid_key = m.grid_key{more} from moved m where {same}"))
    session.execute(text("drop table moved"))
    return changed


def reassign_lands(session: Session, assign: Callable[[Any], int]) -> int:
    """Give every project its grid anew by its land; return how many rows changed.

    Parameters
    ----------
    session : Session
        Sees what is withdrawn.
    assign : callable
        From a shapely geometry (EPSG:4326) to a grid key.
    """
    rows = session.execute(text("select project_id, grid_key, ST_AsBinary(geom) from projects")).all()
    found = [(row[0], row[1], assign(shapely.from_wkb(bytes(row[2])))) for row in rows]
    moved = [{"id": project, "new": new} for project, old, new in found if old != new]
    if moved:
        session.execute(text("update projects set grid_key = :new where project_id = :id"), moved)
    return len(moved)


def has_former(session: Session, run_id: int) -> bool:
    """Tell whether other boundaries stood before the version that an import brought."""
    return bool(
        session.scalar(
            text(
                "select exists (select from boundary_versions v join boundary_versions o on o.version_id < v.version_id"
                " where v.import_run_id = :run)"
            ),
            {"run": run_id},
        )
    )


_HEIRS = "unnest(cast(:old as bigint[]), cast(:new as bigint[])) with ordinality as heir (old, new, place)"
_OF_A_GRID = (
    "update incidents set grid_key = heir.new from heirs where grid_key = heir.old and geom is null",
    "update incidents set handler_key = heir.new from heirs where handler_key = heir.old",
    "update incidents set awaiting_key = heir.new from heirs where awaiting_key = heir.old",
    "update incidents set opened_key = heir.new from heirs where opened_key = heir.old and grid_key = 0",
    "update incident_steps set to_grid_key = heir.new from heirs where to_grid_key = heir.old",
    "update tasks set grid_key = heir.new from heirs where grid_key = heir.old",
    "update migrant_clusters set grid_key = heir.new from heirs where grid_key = heir.old and geom is null",
    "update organisations set grid_key = heir.new from heirs where grid_key = heir.old and geom is null",
    "update teams set grid_key = heir.new from heirs where grid_key = heir.old",
    "update fixed_points set grid_key = heir.new from heirs where grid_key = heir.old and geom is null",
    "update rulings set grid_key = heir.new from heirs where grid_key = heir.old",
    "update clinics set grid_key = heir.new from heirs where grid_key = heir.old",
    (
        "insert into grid_posts select heir.new, title, duty, phone, hours from grid_posts, heirs"
        " where grid_key = heir.old order by heir.place on conflict do nothing"
    ),
    "delete from grid_posts using heirs where grid_key = heir.old",
    (
        "insert into grid_volunteers select heir.new, role, sum(n) from grid_volunteers, heirs"
        " where grid_key = heir.old group by heir.new, role"
        " on conflict (grid_key, role) do update set n = grid_volunteers.n + excluded.n"
    ),
    "delete from grid_volunteers using heirs where grid_key = heir.old",
    # A post goes on at the grid that took over, and so keeps the cases that its grid has.
    "update posts set grid_key = heir.new from heirs where grid_key = heir.old",
    "update api_tokens set grid_key = heir.new from heirs where grid_key = heir.old",
)


def follow_successors(session: Session, successors: dict[int, int]) -> int:
    """Move rows that only name a grid, cases that a grid handles, and posts at it to the grid that took over.

    Parameters
    ----------
    session : Session
    successors : dict
        Key of a grid that no longer stands to the key of its successor.
    """
    if not successors:
        return 0
    moved = {"old": list(successors), "new": list(successors.values())}
    changed = 0
    # A town's micro-grids are a thousand, so each table is gone through once and not once a grid.
    for statement in _OF_A_GRID:
        done = session.execute(text(statement.replace("heirs", _HEIRS)), moved)
        changed += int(done.rowcount)  # type: ignore[attr-defined]
    return changed


def add_basemap(session: Session, theme: str, features: Sequence[dict[str, Any]]) -> None:
    """Replace a theme of the basemap: dictionaries with kind, names, rank, width_m and a shapely ``geom``."""
    session.execute(delete(BasemapFeature).where(BasemapFeature.theme == theme))
    rows = [f | {"theme": theme, "geom": from_shape(f["geom"], 4326)} for f in features]
    if rows:
        session.execute(insert(BasemapFeature), rows)


def shift_positions(session: Session, days: int) -> None:
    """Move every team position by whole days."""
    session.execute(text("update team_positions set at = at + make_interval(days => :d)"), {"d": days})
