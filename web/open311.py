"""A small reading of Open311 (GeoReport v2): services, requests, and how each stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import cast
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, request

from gridmap.domain.codes import code_list
from gridmap.domain.days import read_moment
from gridmap.domain.geojson import Feature
from gridmap.domain.query import IncidentQuery
from gridmap.errors import InvalidInput
from gridmap.services.cases.places import places_of
from gridmap.services.reports import features
from web import look
from web.answers import bad_request
from web.context import actor, database

bp = Blueprint("open311", __name__, url_prefix="/open311/v2")
# GeoReport v2 names the status for a parameter that is none.
bp.register_error_handler(InvalidInput, bad_request)

_MOST = 1000
_LAST = 2**53
"""The largest number that a feature has as a number."""
_DAYS = 90
"""Without dates the last so many days are meant, as GeoReport v2 has it."""
_CLOSED = frozenset({"resolved", "unsolved", "archived"})


def _kinds() -> dict[tuple[str, str], tuple[str, str]]:
    return places_of(database(), actor().scope).kinds


@bp.get("/services.json")
def services() -> Response:
    """Answer the kinds of cases."""
    domains = {code.code: (code.zh, code.en) for code in code_list("domain")}
    at = 1 if look.language() == "en" else 0
    return jsonify(
        [
            {
                "service_code": f"{domain}:{kind}",
                "service_name": names[at] or names[0],
                "description": domains[domain][at],
                "metadata": False,
                "type": "realtime",
                "keywords": "",
                "group": domains[domain][at],
            }
            for (domain, kind), names in sorted(_kinds().items())
        ]
    )


def _moment(name: str, *, ends: bool = False) -> dt.datetime | None:
    given = request.args.get(name)
    if not given:
        return None
    try:
        return read_moment(given, database().settings.timezone, ends=ends)
    except (ValueError, OverflowError):
        raise InvalidInput(
            "parameter-unread",
            f"{name} 应为 ISO 8601 时刻，如 2026-10-01T00:00:00+08:00。",
            f"{name} is an instant of ISO 8601, such as 2026-10-01T00:00:00+08:00.",
        ) from None


def _whole(name: str, least: int, most: int) -> int | None:
    given = request.args.get(name)
    if not given:
        return None
    if not (given.isascii() and given.isdecimal() and least <= int(given) <= most):
        raise InvalidInput(
            "parameter-unread",
            f"{name} 应为 {least} 至 {most} 的整数。",
            f"{name} is an integer of {least} to {most}.",
        )
    return int(given)


@bp.get("/requests.json")
def requests() -> Response:
    """Answer cases, at most 1,000 at once, of the last 90 days unless dates are given.

    ``Open311-More`` tells how many come after these, and a link ``next`` leads to them.
    """
    since, until = _moment("start_date"), _moment("end_date", ends=True)
    if since is None and until is None:
        since = dt.datetime.now(dt.UTC) - dt.timedelta(days=_DAYS)
    after, many = _whole("after", 0, _LAST), _whole("page_size", 1, _MOST) or _MOST
    domain, _, kind = request.args.get("service_code", "").partition(":")
    status = request.args.get("status", "")
    if status not in {"", "open", "closed"}:
        raise InvalidInput("parameter-unread", "status 应为 open 或 closed。", "status is open or closed.")
    closed = tuple(sorted(_CLOSED)) if status == "closed" else ()
    query = IncidentQuery(
        domains=(domain,) if domain else (),
        kinds=(kind,) if kind else (),
        stages=closed,
        flags=frozenset({"open"} if status == "open" else ()),
    )
    found = features.page(
        database(), actor(), "incidents", limit=many, after=after, query=query, between=(since, until)
    )
    kinds = _kinds()
    answer = jsonify([_told(feature, kinds) for feature in found.features])
    answer.headers["Open311-More"] = str(found.remaining - len(found.features))
    if found.next_after is not None:
        # What was asked, to the instant, so that the pages are parts of one answer.
        kept = {name: value for name, value in request.args.items() if name != "after"}
        kept |= {} if since is None else {"start_date": since.isoformat()}
        again = urlencode(kept | {"after": found.next_after})
        answer.headers["Link"] = f'<{request.path}?{again}>; rel="next"'
    return answer


@bp.get("/requests/<int:number>.json")
def one(number: int) -> Response:
    """Answer one case."""
    return jsonify([_told(features.one(database(), actor(), "incidents", number), _kinds())])


def _told(feature: Feature, kinds: dict[tuple[str, str], tuple[str, str]]) -> Mapping[str, object]:
    p, shape = feature["properties"], feature["geometry"]
    names = kinds.get((str(p["domain"]), str(p["kind"] or "")), ("", ""))
    lon, lat = cast("list[float]", shape["coordinates"]) if shape else (None, None)
    return {
        "service_request_id": feature["id"],
        "status": "closed" if p["stage"] in _CLOSED else "open",
        "status_notes": p["stage"],
        "service_code": f"{p['domain']}:{p['kind'] or ''}",
        "service_name": names[1 if look.language() == "en" else 0] or names[0],
        "description": p["summary"],
        "requested_datetime": p["occurred_at"],
        "updated_datetime": p["closed_at"] or p["reported_at"] or p["occurred_at"],
        "expected_datetime": p["due_at"],
        "address": p["place"],
        "lat": lat,
        "long": lon,
    }
