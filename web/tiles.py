"""Vector tiles."""

from __future__ import annotations

import gzip

from flask import Blueprint, Response, request

from gridmap.services.cases import tiles as case_tiles
from gridmap.services.ground import tiles
from web.api.schemas import QueryFields
from web.context import database, scope

bp = Blueprint("tiles", __name__, url_prefix="/tiles")

_YEAR_S = 365 * 24 * 3600


@bp.get("/<int:version>/incidents/<int:z>/<int:x>/<int:y>.mvt")
def incident_tile(version: int, z: int, x: int, y: int) -> Response:  # noqa: ARG001 - it is in the address for caches
    """Return incidents of a tile: counts by cell at small scales, points at large ones."""
    query = QueryFields.model_validate(request.args.to_dict())
    return tile_answer(case_tiles.incident_tile(database(), scope(), z, x, y, query.asked()), seconds=60)


@bp.get("/<int:version>/incidents/<int:z>/<int:west>-<int:east>/<int:north>-<int:south>.mvts")
def incident_block(
    version: int,  # noqa: ARG001 - likewise
    z: int,
    west: int,
    east: int,
    north: int,
    south: int,
) -> Response:
    """Return the tiles of a block row by row, each after its length in four bytes, the highest first.

    A map asks for several tiles of incidents at once, and most of them are smaller than what is said around them.
    """
    query = QueryFields.model_validate(request.args.to_dict())
    columns, rows = range(west, east + 1), range(north, south + 1)
    found = case_tiles.incident_block(database(), scope(), z, columns, rows, query.asked())
    body = b"".join(len(tile).to_bytes(4, "big") + tile for tile in found)
    answer = tile_answer(body, seconds=60)
    answer.content_type = "application/octet-stream"
    return answer


@bp.get("/<int:version>/<layer>/<int:z>/<int:x>/<int:y>.mvt")
def ground_tile(version: int, layer: str, z: int, x: int, y: int) -> Response:
    """Return a tile of the ground; its address has the data's version, so it may be kept for good."""
    tile = tiles.ground_tile(database(), scope(), layer, z, x, y, version=version)
    return tile_answer(tile, seconds=_YEAR_S)


def tile_answer(body: bytes, seconds: int) -> Response:
    """Return a tile as a browser keeps it."""
    answer = Response(status=200 if body else 204, content_type="application/vnd.mapbox-vector-tile")
    answer.headers["Cache-Control"] = f"private, max-age={seconds}" + (
        ", immutable" if seconds == _YEAR_S else ""
    )
    if seconds != _YEAR_S:
        # Of tiles that are kept for good the address tells the scope; of these it does not.
        answer.vary.update(("Cookie", "Authorization"))
    if body:
        answer.data = gzip.compress(body, 5, mtime=0)
        answer.headers["Content-Encoding"] = "gzip"
    return answer
