"""A team's order on its phone, and what the code at a fixed point opens."""

from __future__ import annotations

import contextlib
import datetime as dt
import math

from flask import Blueprint, Response, request

from gridmap.domain.roles import Action
from gridmap.errors import InvalidInput, NotFound
from gridmap.reporting.sheet import is_reachable
from gridmap.services.patrols.ask.fixed_points import list_points
from gridmap.services.patrols.follow import orders, visits
from gridmap.services.patrols.follow.hours import plan_hours
from gridmap.services.patrols.follow.onward import DELAYS_MIN, WhatNext, what_next
from gridmap.services.patrols.follow.week import DAYS, patrol_week
from gridmap.services.patrols.keep.plans import patrol_plan, route_of
from gridmap.services.response.near import Near, NearHome, near_at, staying_near
from gridmap.storage.patrols.fixed_points import FixedPointRow
from web import context
from web.access import may_now, require_also
from web.desk import shown, small_map
from web.desk.phone_code import code_of
from web.desk.shown import page

bp = Blueprint("order", __name__)

_SMALLEST, _LARGER = 1.5, 3.5


@bp.get("/field/patrols/<int:patrol_id>/<path:team>")
def show(patrol_id: int, team: str) -> Response:
    """Answer a team's stops in order: taken note of, come to and left, with the network or without."""
    database, scope = context.database(), context.scope()
    plan = patrol_plan(database, scope, patrol_id)
    route = route_of(plan, team)
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
        may_check_in=may_now(Action.CHECK_IN),
        delays=DELAYS_MIN,
        onward=_onward(patrol_id, team),
    )


def _onward(patrol_id: int, team: str) -> WhatNext | None:
    """Answer what next after the delay that the address names."""
    asked = request.args.get("delay")
    if asked is None:
        return None
    if not asked.isdecimal():
        raise InvalidInput(
            "onward-delay-word",
            f"“{asked[:20]}”不是分钟数，请点页面上的按钮。",
            f"{asked[:20]!r} is no number of minutes; press one of the page's buttons.",
        )
    return what_next(context.database(), context.scope(), patrol_id, team, float(asked[:6]))


@bp.get("/patrols/<int:patrol_id>/near")
def near(patrol_id: int) -> Response:
    """Answer how many households are near to some team of a plan, by quarter of an hour."""
    require_also(Action.SEE_TEAMS)
    found = staying_near(context.database(), context.scope(), patrol_id)
    hours = None
    if may_now(Action.SEE_HOTSPOTS):
        # A plan of fixed points alone expects nothing of its hours.
        with contextlib.suppress(InvalidInput):
            hours = plan_hours(context.database(), context.scope(), patrol_id)
    quarter = _quarter(found)
    moment = near_at(context.database(), context.scope(), patrol_id, quarter)
    ground = small_map.ground(shown.places())
    return page(
        "desk/near.html",
        "",
        near=found,
        hours=hours,
        chosen=quarter,
        ground=ground,
        homes=_homes(ground, moment["homes"], found["minutes"]),
        teams=[]
        if ground is None
        else [(t["code"], *ground.point(t["lon"], t["lat"])) for t in moment["teams"]],
    )


def _quarter(found: Near) -> int:
    """Which quarter of an hour is drawn: that which is asked for, or the one with fewest households near to a team."""
    text = request.args.get("quarter", "").strip()
    if text and not (text.isascii() and text.isdecimal() and len(text) < 4):
        raise InvalidInput(
            "near-quarter-text",
            f"“{text[:20]}”不是刻钟的序号，请点表中的时刻。",
            f"{text[:20]!r} is no number of a quarter of an hour; choose a time of the table.",
        )
    shares = [quarter["shares"][-1] for quarter in found["quarters"]]
    return int(text) if text else shares.index(min(shares))


def _homes(
    ground: small_map.Ground | None, homes: list[NearHome], limits: list[float]
) -> list[tuple[float, float, float, int]]:
    """Where households stand on the picture, how large they are drawn, and within how many of the limits a team is."""
    if ground is None or not homes:
        return []
    most = max(home["households"] for home in homes)
    out = []
    for home in homes:
        within = 0 if home["minutes"] is None else sum(home["minutes"] <= limit for limit in limits)
        radius = round(_SMALLEST + _LARGER * math.sqrt(home["households"] / most), 1)
        out.append((*ground.point(home["lon"], home["lat"]), radius, within))
    return out


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


@bp.get("/field/points/<path:code>")
def point(code: str) -> Response:
    """Answer what is planned for a fixed point at this hour, with its own code to be put up there."""
    found = _point(code)
    database, scope = context.database(), context.scope()
    coming = []
    for plan in orders.plans_at(database, scope, code, shown.now()):
        teams = visits.plan_against_done(database, scope, plan["patrol_id"])["teams"]
        done = {v["number"]: v for t in teams for v in t["visits"] if v["stop"] == code}
        coming += [(plan["patrol_id"], visit, done[visit["number"]]) for visit in plan["visits"]]
    return page(
        "desk/point.html",
        "field",
        point=found,
        coming=coming,
        may_check_in=may_now(Action.CHECK_IN),
        opens_elsewhere=is_reachable(request.host_url),
    )


@bp.get("/field/points/<path:code>/qr.svg")
def qr(code: str) -> Response:
    """Answer the code that is put up at a fixed point: it opens the point's page on a phone."""
    _point(code)
    return code_of("order.point", code=code)


def _point(code: str) -> FixedPointRow:
    found = next((p for p in list_points(context.database(), context.scope()) if p["code"] == code), None)
    if found is None:
        raise NotFound(
            "fixed-point-not-found",
            f"没有必到点 {code}，或超出管辖范围。用 gridmap fixed-points list 查看。",
            f"There is no fixed point {code} in your scope. See: gridmap fixed-points list",
        )
    return found
