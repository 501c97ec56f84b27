"""How teams, positions, migrant clusters and organisations get into their tables."""

from __future__ import annotations

import pyarrow as pa
from sqlalchemy import ARRAY, Text, any_, cast, select
from sqlalchemy.orm import Session

from gridmap.storage.imports.loads import PLACE, POINT, Load, same
from gridmap.storage.models import Team

TEAMS = Load(
    table="teams",
    staging=(
        *((n, "text") for n in ("code", "name_zh", "name_en", "kind", "mode")),
        ("professional", "boolean"),
        ("shift_start", "time"),
        ("shift_end", "time"),
        ("speed_kmh", "double precision"),
        ("size", "integer"),
        ("grid_key", "bigint"),
        ("base_lon", "double precision"),
        ("base_lat", "double precision"),
    ),
    key=("code",),
    values={
        **same("code", "name_zh", "name_en", "kind", "mode", "professional", "shift_start", "shift_end"),
        **same("speed_kmh", "size", "grid_key"),
        "base": POINT.replace("lon", "base_lon").replace("lat", "base_lat"),
    },
    insert_only={},
    marked=True,
    place=("base", "grid_key"),
    placed="(excluded.base is not null or excluded.grid_key <> 0)",
)


TEAM_POSITIONS = Load(
    table="team_positions",
    staging=(
        ("team_code", "text"),
        ("at", "timestamptz"),
        ("accuracy_m", "double precision"),
        ("lon", "double precision"),
        ("lat", "double precision"),
        ("grid_key", "bigint"),
        ("tile_key", "bigint"),
    ),
    key=("team_id", "at"),
    values={"team_id": "t.team_id", **same("at", "accuracy_m", "grid_key", "tile_key"), "geom": POINT},
    insert_only={},
    source="staging_team_positions s join teams t on t.code = s.team_code",
    place=("accuracy_m", "grid_key", "tile_key", "geom"),
    has_run=False,
)


MIGRANTS = Load(
    table="migrant_clusters",
    staging=(
        ("code", "text"),
        ("name_zh", "text"),
        ("kind", "text"),
        ("head_count", "integer"),
        ("as_of", "date"),
        *PLACE,
    ),
    key=("code",),
    values={
        **same("code", "name_zh", "kind", "head_count", "as_of", "grid_key", "tile_key", "placed_by"),
        "geom": POINT,
    },
    insert_only={},
    marked=True,
    place=("grid_key", "tile_key", "placed_by", "geom"),
)


ORGANISATIONS = Load(
    table="organisations",
    staging=(*((n, "text") for n in ("code", "name_zh", "name_en", "kind", "opens")), *PLACE),
    key=("code",),
    values={
        **same("code", "name_zh", "name_en", "kind", "opens", "grid_key", "tile_key", "placed_by"),
        "geom": POINT,
    },
    insert_only={},
    marked=True,
    place=("grid_key", "tile_key", "placed_by", "geom"),
)


def team_codes(session: Session, wanted: pa.Array) -> pa.Array:
    """Return which of some codes are those of teams that the scope sees and that keep positions.

    Those of a team of one are a person's.
    """
    kept = select(Team.code).where(
        Team.size.is_distinct_from(1), Team.code == any_(cast(wanted.to_pylist(), ARRAY(Text)))
    )
    return pa.array(session.scalars(kept).all(), pa.string())
