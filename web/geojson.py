"""GeoJSON answers."""

from __future__ import annotations

import json
from collections.abc import Mapping

from flask import Response


def geojson(document: Mapping[str, object]) -> Response:
    """Send a document with the media type of RFC 7946."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Response(text, mimetype="application/geo+json")
