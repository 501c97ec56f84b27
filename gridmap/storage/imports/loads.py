"""Which staging columns fill which columns of a table, and the statements made from that."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

_POINT = "case when lon is null or lat is null then null else ST_SetSRID(ST_MakePoint(lon, lat), 4326) end"


@dataclass(frozen=True)
class Load:
    """How rows get into a table.

    Attributes
    ----------
    table : str
    staging : tuple of (str, str)
        Columns of the staging table and their types.
    key : tuple of str
        Columns that name a row; a conflict on them is an update.
    values : dict
        Column of the table to SQL expression over the staging row ``s``; staging columns of the same name need none.
    insert_only : dict
        Columns that an update leaves alone.
    source : str
        FROM clause; for rows that refer to others by name.
    has_run : bool
        Whether the table remembers the import run.
    """

    table: str
    staging: tuple[tuple[str, str], ...]
    key: tuple[str, ...]
    values: dict[str, str]
    insert_only: dict[str, str]
    source: str = ""
    has_run: bool = True

    @property
    def staging_table(self) -> str:
        """Name of the temporary table."""
        return f"staging_{self.table}"

    @cached_property
    def staging_sql(self) -> str:
        """Make the staging table, empty, for this transaction."""
        columns = ", ".join(f'"{name}" {kind}' for name, kind in self.staging)
        return (
            f"create temporary table if not exists {self.staging_table} ({columns}) on commit drop;"
            f" truncate {self.staging_table}"
        )

    @property
    def _from(self) -> str:
        return self.source or f"{self.staging_table} s"

    @cached_property
    def known_sql(self) -> str:
        """Tell whether a row of the staging table is in the table already."""
        same = " and ".join(f"old.{c} = {self.values[c]}" for c in self.key)
        return f"select exists (select from {self._from} join {self.table} old on {same})"  # noqa: S608 - own names

    def _insert_sql(self) -> str:
        columns = {**self.values, **self.insert_only}
        if self.has_run:
            columns["import_run_id"] = "cast(:run as bigint)"
        return (
            f"insert into {self.table} as t ({', '.join(columns)})"  # noqa: S608 - names are this module's own
            f" select {', '.join(columns.values())} from {self._from}"
        )

    @cached_property
    def insert_sql(self) -> str:
        """Insert from the staging table, where no row is known; gives rows inserted and rows touched."""
        return (
            f"with merged as ({self._insert_sql()} returning 1)"  # noqa: S608 - names are this module's own
            " select count(*), count(*) from merged"
        )

    @cached_property
    def merge_sql(self) -> str:
        """Insert or update from the staging table; gives rows inserted and rows touched."""
        changing = [c for c in self.values if c not in self.key]
        updates = ", ".join(
            f"{c} = excluded.{c}" for c in [*changing, *(["import_run_id"] if self.has_run else [])]
        )
        old = ", ".join(f"t.{c}" for c in changing)
        new = ", ".join(f"excluded.{c}" for c in changing)
        return (
            f"with merged as ({self._insert_sql()}"  # noqa: S608 - names are this module's own
            f" on conflict ({', '.join(self.key)}) do update set {updates}"
            f" where ({old}) is distinct from ({new})"
            " returning (xmax = 0) as fresh)"
            " select count(*) filter (where fresh), count(*) from merged"
        )


def _same(*names: str) -> dict[str, str]:
    return {name: f's."{name}"' for name in names}


_PLACE = (
    ("lon", "double precision"),
    ("lat", "double precision"),
    ("grid_key", "bigint"),
    ("tile_key", "bigint"),
    ("placed_by", "text"),
)
_TEXT_OF_INCIDENT = ("uid", "domain", "kind", "scale", "channel", "stage", "summary")
_TIMES_OF_INCIDENT = ("occurred_at", "reported_at", "due_at", "closed_at")

INCIDENTS = Load(
    table="incidents",
    staging=(
        *((n, "text") for n in _TEXT_OF_INCIDENT),
        *((n, "timestamptz") for n in _TIMES_OF_INCIDENT),
        ("severity", "smallint"),
        ("accuracy_m", "double precision"),
        ("source_crs", "text"),
        ("raw_x", "double precision"),
        ("raw_y", "double precision"),
        ("needs_confirmation", "boolean"),
        *_PLACE,
    ),
    key=("uid",),
    values={
        **_same(
            *_TEXT_OF_INCIDENT, *_TIMES_OF_INCIDENT, "severity", "accuracy_m", "source_crs", "raw_x", "raw_y"
        ),
        **_same("needs_confirmation", "grid_key", "tile_key", "placed_by"),
        "geom": _POINT,
    },
    insert_only={"handler_key": "s.grid_key"},
)

INCIDENT_STEPS = Load(
    table="incident_steps",
    staging=(
        ("uid", "text"),
        ("at", "timestamptz"),
        ("action", "text"),
        ("stage_from", "text"),
        ("stage_to", "text"),
        ("to_grid_key", "bigint"),
        ("note", "text"),
    ),
    key=("incident_id", "at", "action"),
    values={
        "incident_id": "i.incident_id",
        **_same("at", "action", "stage_from", "stage_to", "to_grid_key", "note"),
    },
    insert_only={},
    source="staging_incident_steps s join incidents i on i.uid = s.uid",
    has_run=False,
)

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
        **_same("code", "name_zh", "name_en", "kind", "mode", "professional", "shift_start", "shift_end"),
        **_same("speed_kmh", "size", "grid_key"),
        "base": _POINT.replace("lon", "base_lon").replace("lat", "base_lat"),
    },
    insert_only={},
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
    values={"team_id": "t.team_id", **_same("at", "accuracy_m", "grid_key", "tile_key"), "geom": _POINT},
    insert_only={},
    source="staging_team_positions s join teams t on t.code = s.team_code",
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
        *_PLACE,
    ),
    key=("code",),
    values={
        **_same("code", "name_zh", "kind", "head_count", "as_of", "grid_key", "tile_key", "placed_by"),
        "geom": _POINT,
    },
    insert_only={},
)

ORGANISATIONS = Load(
    table="organisations",
    staging=(*((n, "text") for n in ("code", "name_zh", "name_en", "kind", "opens")), *_PLACE),
    key=("code",),
    values={
        **_same("code", "name_zh", "name_en", "kind", "opens", "grid_key", "tile_key", "placed_by"),
        "geom": _POINT,
    },
    insert_only={},
)

ROAD_ACCESS = ("access", "foot", "bicycle", "motor_vehicle", "oneway_bicycle", "barrier")
ROADS = Load(
    table="roads",
    staging=(
        *((n, "text") for n in ("road_id", "name_zh", "road_class", "oneway", "surface")),
        *((n, "text") for n in ROAD_ACCESS),
        ("speed_kmh", "double precision"),
        ("bridge", "boolean"),
        ("wkb", "text"),
    ),
    key=("road_id",),
    values={
        **_same("road_id", "name_zh", "road_class", "oneway", "surface", "speed_kmh", "bridge", *ROAD_ACCESS),
        "geom": "ST_GeomFromWKB(decode(s.wkb, 'hex'), 4326)",
    },
    insert_only={},
)

LOADS = {
    "incidents": INCIDENTS,
    "incident_steps": INCIDENT_STEPS,
    "teams": TEAMS,
    "team_positions": TEAM_POSITIONS,
    "migrants": MIGRANTS,
    "organisations": ORGANISATIONS,
    "roads": ROADS,
}
