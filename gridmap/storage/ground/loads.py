"""How roads get into their table."""

from __future__ import annotations

from gridmap.storage.imports.loads import Load, same

ROAD_ACCESS = ("access", "foot", "bicycle", "motor_vehicle", "oneway_bicycle", "barrier")


NODES = ("begin_node", "end_node", "no_turns")


ROADS = Load(
    table="roads",
    staging=(
        *((n, "text") for n in ("road_id", "name_zh", "road_class", "oneway", "surface")),
        *((n, "text") for n in ROAD_ACCESS),
        ("speed_kmh", "double precision"),
        ("bridge", "boolean"),
        *((n, "text") for n in NODES),
        ("wkb", "text"),
    ),
    key=("road_id",),
    values={
        **same(
            "road_id",
            "name_zh",
            "road_class",
            "oneway",
            "surface",
            "speed_kmh",
            "bridge",
            *ROAD_ACCESS,
            *NODES,
        ),
        "geom": "ST_GeomFromWKB(decode(s.wkb, 'hex'), 4326)",
    },
    insert_only={},
)
