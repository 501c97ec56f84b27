"""The application factory."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from flask import Flask, Response, g, jsonify, request
from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from gridmap import __version__
from gridmap.domain.terms import LEAST_PASSWORD, LONGEST, POOR_ACCURACY_M, TERMS
from gridmap.errors import Busy, GridmapError, NotByThisWay, NotFound, NotSignedIn, Unavailable
from gridmap.storage.database import Database
from web import access, desk, metrics, ogc, ogc_tiles, open311, pages, tiles
from web.accounts import audit, blueprint, entry, own, posts, sign_on  # noqa: F401 - they bring their addresses
from web.answers import Application
from web.api import jobs, profiles, records, terms, workspace
from web.api.cases import assessments, cases, counts, grid_posts, handovers, incidents, photos, town_rules
from web.api.ground import grids
from web.api.hotspots import forecasts
from web.api.hotspots import runs as hotspots
from web.api.patrols import beats as patrol_beats
from web.api.patrols import orders as patrol_orders
from web.api.patrols import plans as patrols
from web.api.patrols import rosters as patrol_rosters
from web.api.patrols import visits as patrol_evidence
from web.api.reports import forms as official_forms
from web.api.reports import reports
from web.api.reports import schedules as report_schedules
from web.api.response import coverage, dispatch
from web.api.schemas import Problem
from web.api.teams import teams as field
from web.compression import compress
from web.desk import renewals, shown
from web.door import MOST_BODY, Door
from web.together import Together

log = logging.getLogger(__name__)

_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; worker-src 'self' blob:; style-src 'self'; "
    "script-src 'self'; connect-src 'self'; font-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)


def create_app(database: Database, *, names: Iterable[str] = (), together: Together | None = None) -> Flask:
    """Make the application on an open database.

    Parameters
    ----------
    database : Database
        Open, with a schema that fits.
    names : iterable of str
        Names under which the server is reached, besides this machine's and those of the settings.
    together : Together, optional
        What it shares with other processes that serve the same; by default it is alone.

    Returns
    -------
    Flask
    """
    app = Application(
        "web",
        info=Info(
            title="gridmap", version=__version__, description="网格地图 API / the grid-management map's API"
        ),
        doc_ui=False,
        security_schemes={},
        validation_error_model=Problem,
        validation_error_callback=_not_valid,
        static_folder="static",
        template_folder="templates",
    )
    app.extensions["gridmap"] = database
    app.extensions["gridmap_together"] = together or Together()
    app.jinja_env.globals |= {
        "terms": TERMS,
        "longest": LONGEST,
        "least_password": LEAST_PASSWORD,
        "poor_accuracy_m": POOR_ACCURACY_M,
    }
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    for bp in (
        grids.bp,
        counts.bp,
        incidents.bp,
        cases.bp,
        grid_posts.bp,
        town_rules.bp,
        photos.bp,
        handovers.bp,
        grid_posts.clinics_bp,
        assessments.bp,
        official_forms.bp,
        reports.bp,
        report_schedules.bp,
        field.bp,
        hotspots.bp,
        forecasts.bp,
        patrols.bp,
        patrol_evidence.bp,
        patrol_orders.bp,
        patrol_rosters.bp,
        patrol_beats.bp,
        dispatch.bp,
        coverage.bp,
        jobs.bp,
        workspace.bp,
        records.bp,
        profiles.bp,
        terms.bp,
    ):
        app.register_api(bp)
    app.register_blueprint(tiles.bp)
    app.register_blueprint(pages.bp)
    app.register_blueprint(ogc.bp)
    app.register_blueprint(ogc_tiles.bp)
    app.register_blueprint(open311.bp)
    desk.register(app)
    app.register_blueprint(blueprint.bp)
    app.add_url_rule("/healthz", "healthz", _healthz)
    app.add_url_rule("/api/v1/openapi.json", "openapi", lambda: jsonify(_document(app)))
    metrics.install(app, app.extensions["gridmap_together"])
    app.before_request(access.guard)
    renewals.install(app)
    app.register_error_handler(GridmapError, _problem)
    app.register_error_handler(ValidationError, _not_valid)
    app.register_error_handler(Exception, _unexpected)
    app.after_request(compress)
    app.after_request(_headers)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BODY
    settings = database.settings
    trusted = None
    if settings.sign_on_header is not None and settings.proxy is not None:
        trusted = settings.sign_on_header, settings.proxy
    app.wsgi_app = Door(app.wsgi_app, {*settings.own_names, *names}, trusted)  # type: ignore[method-assign, assignment]
    return app


_FEATURES = {"Feature", "FeatureCollection"}
_EVERYWHERE = {
    "400": "The request is no proper request.",
    "401": "Nobody is signed in.",
    "403": "The role may not do this.",
    "413": "The body is too large.",
    "422": "The request is not valid.",
}
"""What the door and the table of rights may answer to any request."""


def _document(app: OpenAPI) -> Mapping[str, object]:
    """Return the API's document, with what every operation may be answered besides its own."""
    document = app.api_doc
    problem = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for methods in document["paths"].values():
        for operation in methods.values():
            for answer in operation["responses"].values():
                _say_geojson(answer.get("content", {}), document["components"]["schemas"])
            for status, description in _EVERYWHERE.items():
                operation["responses"].setdefault(status, {"description": description, "content": problem})
    return document


def _say_geojson(content: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Tell of features by the name of their own media type, too (RFC 7946)."""
    schema = content.get("application/json", {}).get("schema", {})
    named = schemas.get(str(schema.get("$ref", "")).rpartition("/")[2], {})
    kind = named.get("properties", {}).get("type", {})
    if kind.get("const") in _FEATURES or set(kind.get("enum", ())) & _FEATURES:
        content["application/geo+json"] = {"schema": schema}


def _healthz() -> tuple[Response, int]:
    from web.context import database

    if database().is_answering():
        return jsonify(status="ok", version=__version__), 200
    answer = jsonify(status="database-unreachable")
    answer.headers["Retry-After"] = "5"
    return answer, 503


def _problem(error: GridmapError) -> tuple[Response, int]:
    answer = shown.error_page(error) if shown.wants_page() and "actor" in g else jsonify(error.as_dict())
    if isinstance(error, NotSignedIn):
        answer.headers["WWW-Authenticate"] = 'Bearer realm="gridmap"'
    if isinstance(error, Unavailable | Busy):
        answer.headers["Retry-After"] = str(error.retry_after_s)
    return answer, error.status


def _not_valid(error: ValidationError) -> Response:
    fields = ", ".join(".".join(str(p) for p in e["loc"]) or "?" for e in error.errors())
    answer = jsonify(
        code="request-invalid",
        message_zh=f"请求参数无效：{fields}。",
        message_en=f"The request is not valid: {fields}.",
    )
    answer.status_code = 422
    return answer


def _unexpected(error: Exception) -> tuple[Response, int]:
    if isinstance(error, HTTPException):
        status = error.code or 500
        if status == 404 and shown.wants_page() and "actor" in g:
            return shown.error_page(NotFound("http-404", "没有这个地址。", "There is no such address.")), 404
        if isinstance(error, MethodNotAllowed) and shown.wants_page() and "actor" in g:
            told = shown.error_page(
                NotByThisWay(
                    "http-405",
                    "这一页是提交之后的结果，不能直接打开或刷新。请回到列表。",
                    "This page is what follows when something is sent; it cannot be opened or loaded again by itself.",
                ),
                status=status,
            )
            told.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
            return told, status
        answer = jsonify(
            code=f"http-{status}",
            message_zh="没有这个地址。" if status == 404 else "请求无法处理。",
            message_en=error.name + ".",
        )
        if isinstance(error, MethodNotAllowed):
            answer.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
        return answer, status
    log.error("unexpected error", exc_info=error)
    if shown.wants_page() and "actor" in g:
        trouble = GridmapError(
            "internal",
            "服务器内部错误，详情见服务日志。请稍后再试。",
            "Internal error; the server's log has more. Try again later.",
        )
        try:
            return shown.error_page(trouble, status=500), 500
        except Exception:
            log.exception("the page of an error failed")
    return jsonify(
        code="internal",
        message_zh="服务器内部错误，详情见服务日志。",
        message_en="Internal error; the server's log has the details.",
    ), 500


def _headers(answer: Response) -> Response:
    answer.headers.setdefault("Content-Security-Policy", _POLICY)
    answer.headers.setdefault("X-Content-Type-Options", "nosniff")
    answer.headers.setdefault("Referrer-Policy", "same-origin")
    answer.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    answer.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    if request.path.startswith("/api/"):
        answer.headers.setdefault("Cache-Control", "no-store")
    return answer
