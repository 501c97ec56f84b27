"""A team's route of a plan on a telephone: what the code on the printed sheet opens."""

from __future__ import annotations

from flask import Blueprint, Response, url_for

from gridmap.services.patrols.keep.plans import patrol_plan, route_of
from web import context
from web.desk.shown import page

bp = Blueprint("route", __name__)


@bp.get("/patrols/<int:patrol_id>/<path:team>")
def show(patrol_id: int, team: str) -> Response:
    """Answer the stops in order, each with the address that opens it in the telephone's own map."""
    plan = patrol_plan(context.database(), context.scope(), patrol_id)
    route = route_of(plan, team)
    return page(
        "desk/route.html",
        "",
        plan=plan,
        route=route,
        gpx=url_for("patrols.export_patrol_plan", patrol_id=patrol_id, format="gpx", team=team),
    )
