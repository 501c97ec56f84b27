"""A team's order on its phone, and what the code at a fixed point opens."""

from __future__ import annotations

import datetime as dt
import io

import segno
from flask import Blueprint, Response, make_response, request, url_for

from gridmap.errors import InvalidInput, NotFound
from gridmap.services.patrols.ask.fixed_points import list_points
from gridmap.services.patrols.follow import orders, visits
from gridmap.services.patrols.follow.hours import plan_hours
from gridmap.services.patrols.follow.week import DAYS, patrol_week
from gridmap.services.patrols.keep.plans import patrol_plan
from gridmap.services.response.near import staying_near
from gridmap.storage.patrols.fixed_points import FixedPointRow
from web import context
from web.desk import shown
from web.desk.shown import page

bp = Blueprint("order", __name__)


@bp.get("/field/patrols/<int:patrol_id>/<team>")
def show(patrol_id: int, team: str) -> Response:
    """Answer a team's stops in order: taken note of, come to and left, with the network or without."""
    database, scope = context.database(), context.scope()
    plan = patrol_plan(database, scope, patrol_id)
    route = next((r for r in plan["routes"] if r["team_code"] == team), None)
    if route is None:
        raise NotFound(
            "route-not-found",
            "这份计划里没有这支队伍的路线。请核对路线单。",
            "This plan has no route for that team. Look at the sheet again.",
        )
    order = next(o for o in orders.orders_of_plan(database, scope, patrol_id) if o["team_code"] == team)
    done = visits.plan_against_done(database, scope, patrol_id)
    own = next(t for t in done["teams"] if t["team_code"] == team)
    return page(
        "desk/order.html",
        "field",
        plan=plan,
        route=route,
        order=order,
        visits=list(zip(route["visits"], own["visits"], strict=True)),
    )


@bp.get("/patrols/<int:patrol_id>/near")
def near(patrol_id: int) -> Response:
    """Answer how many households are near to some team of a plan, by quarter of an hour."""
    found = staying_near(context.database(), context.scope(), patrol_id)
    try:
        hours = plan_hours(context.database(), context.scope(), patrol_id)
    except InvalidInput:
        # A plan of fixed points alone expects nothing of its hours.
        hours = None
    return page("desk/near.html", "", near=found, hours=hours)


@bp.get("/patrols/week")
def week() -> Response:
    """Answer a week of patrols: planned, driven, and the dose by place and hour."""
    since = _day(request.args.get("since")) or shown.today() - dt.timedelta(days=DAYS - 1)
    found = patrol_week(context.database(), context.scope(), since)
    step = dt.timedelta(days=DAYS)
    return page("desk/week.html", "", week=found, before=since - step, after=since + step)


def _day(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise InvalidInput(
            "week-day",
            "日期应写成 2026-11-23 的样子。",
            "A day is written like 2026-11-23.",
        ) from None


@bp.get("/field/points/<code>")
def point(code: str) -> Response:
    """Answer what is planned for a fixed point at this hour, with its own code to be put up there."""
    found = _point(code)
    plans = orders.plans_at(context.database(), context.scope(), code, shown.now())
    return page("desk/point.html", "field", point=found, plans=plans)


@bp.get("/field/points/<code>/qr.svg")
def qr(code: str) -> Response:
    """Answer the code that is put up at a fixed point: it opens the point's page on a phone."""
    _point(code)
    drawn = io.BytesIO()
    segno.make_qr(url_for("order.point", code=code, _external=True), error="m").save(
        drawn, kind="svg", scale=4, border=2, xmldecl=False
    )
    answer = make_response(drawn.getvalue())
    answer.mimetype = "image/svg+xml"
    return answer


def _point(code: str) -> FixedPointRow:
    found = next((p for p in list_points(context.database(), context.scope()) if p["code"] == code), None)
    if found is None:
        raise NotFound(
            "fixed-point-not-found",
            f"没有必到点 {code}，或超出管辖范围。用 gridmap fixed-points list 查看。",
            f"There is no fixed point {code} in your scope. See: gridmap fixed-points list",
        )
    return found
