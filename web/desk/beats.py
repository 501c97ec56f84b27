"""Beats: each team's area on a map, its work in a week, made anew and taken back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import shapely
from flask import Blueprint, Response, redirect, request, url_for

from gridmap.domain import terms
from gridmap.domain.geojson import Feature
from gridmap.domain.roles import Action
from gridmap.errors import Conflict, Forbidden, GridmapError, InvalidInput, NotFound
from gridmap.reporting.map_drawing import path_of
from gridmap.services.cases.limits import require_whole
from gridmap.services.jobs import desk as jobs
from gridmap.services.patrols.make.beats import BeatsRequest, beat_features, show_beats, undo_beats
from gridmap.services.patrols.make.jobs import BEATS
from web import context
from web.access import may_now
from web.desk import forms, shown, small_map
from web.desk.shown import page

bp = Blueprint("beat", __name__)

_REFUSED = (InvalidInput, NotFound, Conflict, Forbidden)
_TERMS = (terms.EACH_CASE, terms.EACH_KM)
_AGAIN_S = "2"
_LOOKS = 6
_ROUGH_DEG = 1e-3


@bp.get("/patrols/beats")
def show() -> Response:
    """Answer the beats in force."""
    return _page()


def _page(problem: GridmapError | None = None) -> Response:
    database, scope = context.database(), context.scope()
    number = request.args.get("job") or ""
    job = (
        jobs.find_job(database, scope, number, owner=context.actor().post)
        if number.isalnum() and number
        else None
    )
    ground = small_map.ground(shown.places())
    answer = page(
        "desk/beats.html",
        "",
        status=problem.status if problem else 200,
        problem=problem.as_dict() if problem else None,
        found=show_beats(database, scope),
        areas=_areas(ground, beat_features(database, scope)["features"]),
        ground=ground,
        terms=_TERMS,
        job=job,
        may_plan=may_now(Action.PLAN_PATROLS),
    )
    if job is not None and not job.is_over:
        answer.headers["Refresh"] = _AGAIN_S
    return answer


def _areas(ground: small_map.Ground | None, features: Sequence[Feature]) -> list[dict[str, object]]:
    """Draw each beat: its outline, and where its team's code is written."""
    if ground is None:
        return []
    out = []
    for number, feature in enumerate(features):
        shape: Any = feature["geometry"]
        if shape is None:
            continue
        polygons = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
        rings = [[ground.point(*at[:2]) for at in ring] for polygon in polygons for ring in polygon]
        # The middle of the widest circle inside: a code there lies on no border.
        area = cast("shapely.MultiPolygon", shapely.geometry.shape(shape))
        radius = shapely.maximum_inscribed_circle(area, tolerance=_ROUGH_DEG)
        x, y = ground.point(*radius.coords[0])
        out.append(
            {
                "team": feature["properties"]["team"],
                "look": number % _LOOKS + 1,
                "path": "".join(path_of(ring, closed=True, digits=0) for ring in rings),
                "x": x,
                "y": y,
            }
        )
    return out


@bp.post("/patrols/beats")
def make() -> Response:
    """Have beats made."""
    form = forms.own_form()
    try:
        require_whole(context.actor())
        case_min, km_min = (forms.read(form, term.name, float, (term.zh, term.en)) for term in _TERMS)
        codes = tuple(
            code for code in (forms.text(form, "teams") or "").replace("，", ",").split(",") if code.strip()
        )
        wanted = BeatsRequest(
            tuple(code.strip() for code in codes) or None,
            domain=forms.text(form, "domain"),
            case_min=terms.CASE_MIN if case_min is None else case_min,
            km_min=terms.KM_MIN if km_min is None else km_min,
        )
        job = jobs.submit(context.database(), context.scope(), BEATS, wanted, owner=context.actor().post)
    except _REFUSED as error:
        return _page(error)
    return redirect(url_for("beat.show", job=job.job_id), 303)  # type: ignore[return-value]


@bp.post("/patrols/beats/undo")
def undo() -> Response:
    """Put the beats back that were in force before."""
    forms.own_form()
    try:
        undo_beats(context.database(), context.actor())
    except _REFUSED as error:
        return _page(error)
    return redirect(url_for("beat.show", told="kept"), 303)  # type: ignore[return-value]
