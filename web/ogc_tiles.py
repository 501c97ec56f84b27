"""OGC API Tiles (20-057) below ``/ogc/``: tile sets of grids and roads, and the matrix set that they lie in."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify, url_for

from gridmap import crs
from gridmap.errors import InvalidInput, NotFound
from gridmap.services.ground import tiles
from gridmap.services.reports import features
from web.answers import bad_request
from web.context import actor, database
from web.tiles import tile_answer

bp = Blueprint("ogc_tiles", __name__, url_prefix="/ogc")
bp.register_error_handler(InvalidInput, bad_request)

CONFORMS = (
    *(
        f"http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/{part}"
        for part in ("core", "tileset", "tilesets-list", "geodata-tilesets", "mvt")
    ),
    *(f"http://www.opengis.net/spec/tms/2.0/conf/{part}" for part in ("tilematrixset", "json-tilematrixset")),
)
MVT = "application/vnd.mapbox-vector-tile"
TILED = ("grids", "roads")
SETS = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"
SCHEMES = "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes"
_SCHEME = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"
_MATRICES = "WebMercatorQuad"
_URI = f"http://www.opengis.net/def/tilematrixset/OGC/1.0/{_MATRICES}"
_CRS = "http://www.opengis.net/def/crs/EPSG/0/3857"


def link(
    rel: str, href: str, title: str, kind: str = "application/json", **more: object
) -> dict[str, object]:
    """Return a link as every document of these has them."""
    return {"rel": rel, "type": kind, "title": title, "href": href, **more}


def address(endpoint: str, **values: object) -> str:
    """Return the whole address of an endpoint."""
    return url_for(endpoint, _external=True, **values)  # type: ignore[arg-type]


def _require_tiled(name: str) -> None:
    features.find(name)
    if name not in TILED:
        raise InvalidInput(
            "collection-not-tiled",
            "只有网格和道路有矢量瓦片；其他图层请读 items。",
            "Only grids and roads have vector tiles; read items of the others.",
        )


def _require_matrices(matrices: str) -> None:
    if matrices != _MATRICES:
        raise NotFound(
            "matrices-not-found",
            f"没有这个瓦片矩阵集。请用 {_MATRICES}。",
            f"There is no such tile matrix set. Use {_MATRICES}.",
        )


@bp.get("/tileMatrixSets")
def list_matrices() -> Response:
    """Answer the tile matrix sets."""
    own = link("self", address("ogc_tiles.one_matrices", matrices=_MATRICES), _MATRICES)
    return jsonify({"tileMatrixSets": [{"id": _MATRICES, "uri": _URI, "crs": _CRS, "links": [own]}]})


@bp.get("/tileMatrixSets/<matrices>")
def one_matrices(matrices: str) -> Response:
    """Answer a tile matrix set as the standard defines it (17-083r4, annex D)."""
    _require_matrices(matrices)
    # It takes a fifth of a second to import, and few ever ask.
    from morecantile import tms

    told = tms.get(_MATRICES).model_dump_json(by_alias=True, exclude_none=True)
    return current_app.response_class(told, mimetype="application/json")


def _described(name: str) -> dict[str, object]:
    found = next(c for c in features.collections(database(), actor()) if c.name == name)
    told: dict[str, object] = {
        "title": f"{found.zh} {found.en}",
        "dataType": "vector",
        "crs": _CRS,
        "tileMatrixSetURI": _URI,
        "layers": [{"id": name, "dataType": "vector"}],
    }
    if found.bbox is not None:
        west, south, east, north = found.bbox
        x, y = crs.from_wgs84([west, east], [south, north], 3857)
        told["boundingBox"] = {"lowerLeft": [x[0], y[0]], "upperRight": [x[1], y[1]], "crs": _CRS}
    return told


@bp.get("/collections/<name>/tiles")
def list_sets(name: str) -> Response:
    """Answer the tile sets of a collection."""
    _require_tiled(name)
    href = address("ogc_tiles.one_set", name=name, matrices=_MATRICES)
    scheme = link(_SCHEME, address("ogc_tiles.one_matrices", matrices=_MATRICES), _MATRICES)
    own = link("self", address("ogc_tiles.list_sets", name=name), "this document")
    sets = [_described(name) | {"links": [link("self", href, _MATRICES), scheme]}]
    return jsonify({"links": [own], "tilesets": sets})


@bp.get("/collections/<name>/tiles/<matrices>")
def one_set(name: str, matrices: str) -> Response:
    """Answer a tile set, with the template of its tiles' addresses."""
    _require_tiled(name)
    _require_matrices(matrices)
    own = address("ogc_tiles.one_set", name=name, matrices=matrices)
    links = [
        link("self", own, "this document"),
        # The template keeps its braces.
        link("item", f"{own}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}", "vector tiles", MVT, templated=True),
        link(_SCHEME, address("ogc_tiles.one_matrices", matrices=matrices), matrices),
    ]
    return jsonify(_described(name) | {"links": links})


@bp.get("/collections/<name>/tiles/<matrices>/<int:z>/<int:y>/<int:x>")
def one_tile(name: str, matrices: str, z: int, y: int, x: int) -> Response:
    """Answer a vector tile of grids or roads."""
    _require_tiled(name)
    _require_matrices(matrices)
    return tile_answer(tiles.ground_tile(database(), actor().scope, name, z, x, y), seconds=60)
