"""Files that the API hands out, as its document tells of them."""

from __future__ import annotations

from typing import Any

TYPES = {
    "geojson": "application/geo+json",
    "gpkg": "application/geopackage+sqlite3",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""Formats of a layer."""

TYPES_OF_PLAN = TYPES | {"gpx": "application/gpx+xml", "html": "text/html; charset=utf-8"}
"""Formats of a plan for patrols."""

TYPES_OF_JOB = TYPES_OF_PLAN | {"pdf": "application/pdf"}
"""Formats of what jobs make."""


def file_of(types: dict[str, str], description: str) -> dict[str, Any]:
    """Return the answer of a file in one of these formats."""
    return {
        "description": description,
        "content": {
            name: {"schema": {"type": "object"} if "json" in name else {"type": "string", "format": "binary"}}
            for name in types.values()
        },
    }


FILE = file_of(TYPES, "The layer as a file.")
