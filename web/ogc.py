"""OGC API Features (17-069r4) at ``/ogc/``: what QGIS and GDAL read, by a program's token."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, request

from gridmap import __version__
from gridmap.domain.days import read_moment
from gridmap.domain.query import IncidentQuery
from gridmap.errors import InvalidInput
from gridmap.services.reports import features
from gridmap.services.reports.features import Between, Collection
from web.answers import bad_request
from web.context import actor, database
from web.ogc_tiles import CONFORMS, SCHEMES, SETS, TILED, address, link

bp = Blueprint("ogc", __name__, url_prefix="/ogc")
# The standard (17-069r4, 7.15.1) names the status for a parameter that is none.
bp.register_error_handler(InvalidInput, bad_request)

_LIMIT = 1000
_CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_CONFORMS = (
    *(
        f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{part}"
        for part in ("core", "geojson", "oas30")
    ),
    *CONFORMS,
)
_OF_PAGE = frozenset({"limit", "after", "bbox", "datetime", "f", "level"})
_OF_QUERY = frozenset({"grid", "domain", "kind", "stage", "overdue", "open", "confirm", "q"})


@bp.get("/")
def landing() -> Response:
    """Answer where everything is."""
    return jsonify(
        {
            "title": "gridmap 网格地图",
            "description": "网格、事件、道路、队伍、机构 / grids, incidents, roads, teams and bodies of a scope",
            "links": [
                link("self", address("ogc.landing"), "this document"),
                link(
                    "service-desc",
                    address("ogc.definition"),
                    "the definition",
                    "application/vnd.oai.openapi+json;version=3.0",
                ),
                link("conformance", address("ogc.conformance"), "what is conformed to"),
                link("data", address("ogc.list_collections"), "collections"),
                link(SCHEMES, address("ogc_tiles.list_matrices"), "tile matrix sets"),
            ],
        }
    )


@bp.get("/conformance")
def conformance() -> Response:
    """Answer the classes of conformance."""
    return jsonify({"conformsTo": list(_CONFORMS)})


@bp.get("/api")
def definition() -> Response:
    """Answer the definition in OpenAPI 3.0."""
    limit = {
        "name": "limit",
        "in": "query",
        "schema": {"type": "integer", "minimum": 1, "maximum": features.MOST, "default": _LIMIT},
    }
    items = {
        "get": {
            "operationId": "items",
            "parameters": [
                {"name": "collectionId", "in": "path", "required": True, "schema": {"type": "string"}},
                limit,
                {
                    "name": "bbox",
                    "in": "query",
                    "style": "form",
                    "explode": False,
                    "schema": {"type": "array", "minItems": 4, "maxItems": 4, "items": {"type": "number"}},
                },
                {"name": "datetime", "in": "query", "schema": {"type": "string"}},
                *({"name": name, "in": "query", "schema": {"type": "string"}} for name in sorted(_OF_QUERY)),
            ],
            "responses": {
                "200": {
                    "description": "features",
                    "content": {"application/geo+json": {"schema": {"type": "object"}}},
                }
            },
        }
    }
    collection, feature = (
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in ("collectionId", "featureId")
    )
    answer = {"200": {"description": "JSON", "content": {"application/json": {"schema": {"type": "object"}}}}}

    def read(name: str, *parameters: Mapping[str, object]) -> dict[str, object]:
        return {"get": {"operationId": name, "parameters": list(parameters), "responses": answer}}

    one = read("item", collection, feature)
    return jsonify(
        {
            "openapi": "3.0.3",
            "info": {"title": "gridmap", "version": __version__},
            "servers": [{"url": address("ogc.landing").rstrip("/")}],
            "paths": {
                "/": read("landing"),
                "/conformance": read("conformance"),
                "/collections": read("collections"),
                "/collections/{collectionId}": read("collection", collection),
                "/collections/{collectionId}/items": items,
                "/collections/{collectionId}/items/{featureId}": one,
            },
        }
    )


def _described(found: Collection) -> Mapping[str, object]:
    extent: dict[str, object] = {}
    if found.bbox is not None:
        extent["spatial"] = {"bbox": [list(found.bbox)], "crs": _CRS84}
    if found.span is not None:
        extent["temporal"] = {"interval": [[at.isoformat() for at in found.span]]}
    links = [
        link("self", address("ogc.one_collection", name=found.name), found.en),
        link("items", address("ogc.items", name=found.name), found.en, "application/geo+json"),
    ]
    if found.name in TILED:
        links.append(link(SETS, address("ogc_tiles.list_sets", name=found.name), "vector tiles"))
    return {
        "id": found.name,
        "title": f"{found.zh} {found.en}",
        "itemType": "feature",
        "extent": extent,
        "crs": [_CRS84],
        "links": links,
    }


@bp.get("/collections")
def list_collections() -> Response:
    """Answer the collections."""
    return jsonify(
        {
            "links": [link("self", address("ogc.list_collections"), "this document")],
            "collections": [_described(found) for found in features.collections(database(), actor())],
        }
    )


@bp.get("/collections/<name>")
def one_collection(name: str) -> Response:
    """Answer one collection."""
    features.find(name)
    found = next(c for c in features.collections(database(), actor()) if c.name == name)
    return jsonify(_described(found))


@bp.get("/collections/<name>/items")
def items(name: str) -> Response:
    """Answer a page of features with the way to the next one; nothing is cut without saying so."""
    given = request.args.to_dict()
    allowed = _OF_PAGE | (_OF_QUERY if name == "incidents" else frozenset())
    if unknown := sorted(set(given) - allowed):
        raise InvalidInput(
            "parameter-unknown",
            f"没有参数 {'、'.join(unknown)}。",
            f"There is no parameter {', '.join(unknown)} here.",
        )
    try:
        query = IncidentQuery.from_parameters({k: v for k, v in given.items() if k in _OF_QUERY})
        limit = min(int(given.get("limit", _LIMIT)), features.MOST)
        after = int(given["after"]) if "after" in given else None
        level = int(given["level"]) if "level" in given else None
        bbox = _bbox(given["bbox"]) if given.get("bbox") else None
        between = _between(given["datetime"]) if given.get("datetime") else None
    except ValueError:
        raise InvalidInput(
            "parameter-unread",
            "参数看不懂：limit、after、level 为整数，bbox 为 西,南,东,北，datetime 为 RFC 3339 的时刻或区间。",
            "A parameter cannot be read: limit, after and level are integers, bbox is west,south,east,north, datetime "
            "an instant or an interval of RFC 3339.",
        ) from None
    found = features.page(
        database(),
        actor(),
        name,
        limit=limit,
        after=after,
        bbox=bbox,
        level=level,
        query=query,
        between=between,
    )
    here = address("ogc.items", name=name)
    links = [
        link("self", f"{here}?{urlencode(given)}" if given else here, "this page", "application/geo+json")
    ]
    if found.next_after is not None:
        more = given | {"limit": str(limit), "after": str(found.next_after)}
        links.append(link("next", f"{here}?{urlencode(more)}", "next page", "application/geo+json"))
    links.append(link("collection", address("ogc.one_collection", name=name), "the collection"))
    answer = jsonify(
        {
            "type": "FeatureCollection",
            "features": list(found.features),
            "numberMatched": found.matched,
            "numberReturned": len(found.features),
            "timeStamp": dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "links": links,
        }
    )
    answer.mimetype = "application/geo+json"
    return answer


def _bbox(text: str) -> tuple[float, float, float, float]:
    numbers = [float(part) for part in text.split(",")]
    if len(numbers) == 6:
        numbers = [*numbers[:2], *numbers[3:5]]
    if len(numbers) != 4 or not all(abs(n) <= 180 for n in numbers):
        raise ValueError(text)
    return numbers[0], numbers[1], numbers[2], numbers[3]


def _between(text: str) -> Between:
    """Read an instant or an interval; an open end is ``..`` or nothing, and a day is the whole of it here."""
    zone = database().settings.timezone

    def moment(part: str, *, ends: bool) -> dt.datetime | None:
        return None if part in {"", ".."} else read_moment(part, zone, ends=ends)

    first, slash, last = text.partition("/")
    since, until = moment(first, ends=False), moment(last if slash else first, ends=True)
    if (since is None and until is None and text != "../..") or (since and until and since > until):
        raise ValueError(text)
    return since, until


@bp.get("/collections/<name>/items/<int:number>")
def one_item(name: str, number: int) -> Response:
    """Answer one feature."""
    found = features.one(database(), actor(), name, number)
    links = [
        link(
            "self", address("ogc.one_item", name=name, number=number), "this feature", "application/geo+json"
        ),
        link("collection", address("ogc.one_collection", name=name), "the collection"),
    ]
    answer = jsonify(found | {"links": links})
    answer.mimetype = "application/geo+json"
    return answer
