"""A team's route of a plan on a telephone: what the code on the printed sheet opens."""

from __future__ import annotations

from flask import Blueprint, Response, url_for

from gridmap.errors import NotFound
from gridmap.services.patrols.keep.plans import patrol_plan
from web import context
from web.desk.shown import page

bp = Blueprint("route", __name__)


@bp.get("/patrols/<int:patrol_id>/<team>")
def show(patrol_id: int, team: str) -> Response:
    """Answer the stops in order, each with the address that opens it in the telephone's own map."""
    plan = patrol_plan(context.database(), context.scope(), patrol_id)
    route = next((r for r in plan["routes"] if r["team_code"] == team), None)
    if route is None:
        raise NotFound(
            "route-not-found",
            "这份计划里没有这支队伍的路线。请核对路线单。",
            "This plan has no route for that team. Look at the sheet again.",
        )
    return page(
        "desk/route.html",
        "",
        plan=plan,
        route=route,
        gpx=url_for("patrols.export_patrol_plan", patrol_id=patrol_id, format="gpx", team=team),
    )
