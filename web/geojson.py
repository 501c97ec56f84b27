"""GeoJSON answers."""

from __future__ import annotations

import json
from typing import Any

from flask import Response


def geojson(document: dict[str, Any]) -> Response:
    """Send a document with the media type of RFC 7946."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Response(text, mimetype="application/geo+json")
