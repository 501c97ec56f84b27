"""A grid on one page: who serves it, its volunteers, its visits, its bodies and clinics, and its open cases."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request, url_for

from gridmap.domain.cases.hours import read_week
from gridmap.domain.cases.lists import NO_REASON, choices
from gridmap.domain.cases.worklists import Wanted
from gridmap.domain.gridkey import VILLAGE, Scope, ancestor, level_of
from gridmap.domain.protection import HINT, LEAST_TOLD, Counts
from gridmap.domain.query import IncidentQuery
from gridmap.domain.roles import Action
from gridmap.errors import Forbidden, GridmapError, InvalidInput, NotFound
from gridmap.reporting.border_map import NamedShape, border_map
from gridmap.services.cases import bodies, figures, grid_posts, worklists
from gridmap.services.cases.grid_posts import GridPost, VisitCount
from gridmap.services.ground.border import border_of
from gridmap.services.ground.grids import checked_level
from web import context, look
from web.access import may_now
from web.desk import forms, shown
from web.desk.shown import page

bp = Blueprint("card", __name__)

_ON_THE_BOARD = ("reported", "solved")
_BOARD_YEARS = 2
_CLINICS_DAYS = 28
_MOST_BODIES = 12
_REFUSED = (InvalidInput, NotFound, Forbidden)


@bp.get("/grids/<int:grid_key>")
def show(grid_key: int) -> Response:
    """Answer who serves a grid."""
    return _card(grid_key)


def _card(grid_key: int, problem: GridmapError | None = None, written: forms.Form | None = None) -> Response:
    database, scope, today = context.database(), context.scope(), shown.today()
    card = grid_posts.served(database, scope, grid_key, today)
    village = ancestor(grid_key, VILLAGE) if level_of(grid_key) >= VILLAGE else grid_key
    here = Scope.of_grid(village)
    nearby = [body for body in bodies.directory(database) if body["grid_key"] and body["grid_key"] in here]
    counts = (
        worklists.totals(database, scope, Wanted("open", IncidentQuery(grid=grid_key)), now=shown.now())
        if may_now(Action.SEE_CASES)
        else {}
    )
    return page(
        "desk/grid.html",
        "",
        status=problem.status if problem else 200,
        problem=problem.as_dict() if problem else None,
        card=card,
        level=checked_level(grid_key),
        nearby=nearby,
        counts=counts,
        list_address=lambda name: f"{url_for('desk.show')}?{urlencode({'list': name, 'grid': grid_key})}",
        visits_address=lambda visit, state: f"{url_for('task.listed')}?{_visits(grid_key, visit, state)}",
        may_write=may_now(Action.ACT_ON_CASE) and grid_key in scope,
        written=written or {},
        roles=choices("volunteer_role"),
        visit_days=grid_posts.VISIT_DAYS,
        children=[
            g
            for g in shown.places().grids
            if g.level == level_of(grid_key) + 1 and g.grid_key in Scope.of_grid(grid_key)
        ],
    )


def _visits(grid_key: int, visit: VisitCount, state: str) -> str:
    asked = {"state": state, "kind": visit.kind, "grid": grid_key, "days": grid_posts.VISIT_DAYS}
    if visit.kind == "household_visit":
        asked["reason"] = visit.reason or NO_REASON
    return urlencode(asked)


@bp.get("/grids/<int:grid_key>/border")
def border(grid_key: int) -> Response:
    """Answer the sheet of the grid's border, which the committees on both sides sign."""
    found = border_of(context.database(), context.scope(), grid_key)
    names = {one.grid_key: (one.name_zh, one.name_en) for one in found.neighbours}
    names[grid_key] = (found.name_zh, found.name_en)
    say = shown.Say(look.language())
    own, *beyond = (NamedShape(one.shape, say.pair(*names[one.grid_key])) for one in found.outlines)
    source = say.text("border_illustrative") if found.illustrative else ""
    return page(
        "desk/border.html",
        "",
        border=found,
        drawn=border_map(own, beyond, say.text("border_map"), source),
    )


@bp.get("/grids/<int:grid_key>/board")
def board(grid_key: int) -> Response:
    """Answer the public board of a grid on one page: everybody reads it, so its numbers are perturbed."""
    database, today = context.database(), shown.today()
    card = grid_posts.served(database, context.scope(), grid_key, today)
    year = request.args.get("year", today.year, type=int)
    year = year if today.year - _BOARD_YEARS < year <= today.year else today.year
    query = IncidentQuery(grid=grid_key, since=dt.date(year, 1, 1), until=dt.date(year, 12, 31))
    told = figures.by_grid(
        database, context.scope(), query, level_of(grid_key), now=shown.now(), counts=Counts.PERTURBED
    )
    every = bodies.directory(database)
    here = Scope.of_grid(grid_key)
    ahead = bodies.clinics(database, today, today + dt.timedelta(days=_CLINICS_DAYS))
    return page(
        "desk/board.html",
        "",
        key=grid_key,
        card=card,
        year=year,
        years=[today.year - n for n in range(_BOARD_YEARS)],
        figures=[
            (name, None if name in told.total.untold else getattr(told.total, name)) for name in _ON_THE_BOARD
        ],
        hint=HINT,
        least=LEAST_TOLD,
        every=every,
        nearby=[body for body in every if body["grid_key"] and body["grid_key"] in here][:_MOST_BODIES],
        clinics=[clinic for clinic in ahead if clinic["grid_key"] in here],
    )


@bp.post("/grids/<int:grid_key>/posts")
def put_post(grid_key: int) -> Response:
    """Keep a post of the grid."""
    form = forms.own_form()
    try:
        hours = forms.text(form, "hours")
        grid_posts.put(
            context.database(),
            context.actor(),
            GridPost(
                grid_key,
                form.get("duty", ""),
                form.get("title", ""),
                forms.text(form, "phone"),
                read_week(hours) if hours else None,
            ),
        )
    except _REFUSED as error:
        return _card(grid_key, error, form)
    return _back(grid_key)


@bp.post("/grids/<int:grid_key>/posts/removed")
def remove_post(grid_key: int) -> Response:
    """Remove a post of the grid."""
    form = forms.own_form()
    try:
        grid_posts.remove(context.database(), context.actor(), grid_key, form.get("title", ""))
    except _REFUSED as error:
        return _card(grid_key, error)
    return _back(grid_key)


@bp.post("/grids/<int:grid_key>/volunteers")
def put_volunteers(grid_key: int) -> Response:
    """Keep the head-counts of volunteers."""
    form = forms.own_form()
    try:
        counts = {
            code.code: forms.read(form, code.code, int, (code.zh, code.en)) or 0
            for code in choices("volunteer_role")
        }
        grid_posts.count_volunteers(context.database(), context.actor(), grid_key, counts)
    except _REFUSED as error:
        return _card(grid_key, error, form)
    return _back(grid_key)


def _back(grid_key: int) -> Response:
    return redirect(url_for("card.show", grid_key=grid_key, told="kept"), 303)  # type: ignore[return-value]
