"""Places that patrols must come to: how they get into their table, and as a list."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict, cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gridmap.domain.gridkey import Scope
from gridmap.storage.imports.loads import PLACE, POINT, Load, same
from gridmap.storage.models import FixedPoint

FIXED_POINTS = Load(
    table="fixed_points",
    staging=(
        *((n, "text") for n in ("code", "name_zh", "name_en", "kind", "hours")),
        ("times", "bigint"),
        ("minutes", "double precision"),
        ("gap_min", "double precision"),
        ("in_use", "boolean"),
        ("line", "geometry(LineString, 4326)"),
        ("direction", "text"),
        ("on_foot", "boolean"),
        *PLACE,
    ),
    key=("code",),
    values={
        **same("code", "name_zh", "name_en", "kind", "hours", "times", "minutes", "gap_min", "in_use"),
        **same("line", "direction", "on_foot"),
        **same("grid_key", "tile_key", "placed_by"),
        "geom": POINT,
    },
    insert_only={},
    marked=True,
    place=("grid_key", "tile_key", "placed_by", "geom"),
    shape="line",
)


class FixedPointRow(TypedDict):
    """A fixed point, and its place where that is known; of a segment the line, as well-known text, EPSG:4326."""

    code: str
    name_zh: str
    name_en: str | None
    kind: str
    times: int
    hours: str | None
    minutes: float | None
    gap_min: float | None
    in_use: bool
    line: str | None
    direction: str
    on_foot: bool
    grid_key: int
    lon: float | None
    lat: float | None


def with_lines(session: Session, codes: Iterable[str]) -> list[str]:
    """Return those of some codes under which a segment is stored, in order."""
    query = select(FixedPoint.code).where(FixedPoint.code.in_(list(codes)), FixedPoint.line.is_not(None))
    return list(session.scalars(query.order_by(FixedPoint.code)))


def list_fixed_points(session: Session, within: int | None = None) -> list[FixedPointRow]:
    """List fixed points by code; only a grid's subtree where `within` is given."""
    hidden = {
        "geom",
        "line",
        "tile_key",
        "import_run_id",
        "point_id",
        "placed_by",
        "withdrawn_at",
        "withdrawn_why",
    }
    columns = [c for c in FixedPoint.__table__.columns if c.name not in hidden]
    query = select(
        *columns,
        func.ST_AsText(FixedPoint.line).label("line"),
        func.ST_X(FixedPoint.geom).label("lon"),
        func.ST_Y(FixedPoint.geom).label("lat"),
    ).order_by(FixedPoint.code)
    if within is not None:
        scope = Scope.of_grid(within)
        query = query.where(FixedPoint.grid_key.between(scope.lo, scope.hi))
    return [cast("FixedPointRow", dict(row)) for row in session.execute(query).mappings()]
