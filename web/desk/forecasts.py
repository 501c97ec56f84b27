"""Forecasts: what was said of each week, what came, and which hours of the week matter."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request, url_for

from gridmap.analysis.forecast.scoring import FEWEST_JUDGED
from gridmap.domain.codes import codes
from gridmap.domain.forecasts import KeptForecast
from gridmap.domain.gridkey import MICRO
from gridmap.domain.terms import MINIMUM
from gridmap.errors import Conflict, Forbidden, GridmapError, InvalidInput, NotFound
from gridmap.services.cases.overview import period_and_level
from gridmap.services.hotspots import standing
from web import context
from web.desk import forms, shown
from web.desk.shown import page

bp = Blueprint("foretold", __name__)

_REFUSED = (InvalidInput, NotFound, Conflict, Forbidden)
_SHOWN_CELLS = 20
_SHARES = (0.01, 0.05)


@bp.get("/forecasts")
def show() -> Response:
    """Answer the weekly forecasts, and what came of one of them."""
    return _page(request.args.to_dict())


def _page(written: dict[str, str], problem: GridmapError | None = None) -> Response:
    database, actor = context.database(), context.actor()
    every = standing.list_standing(database, actor)
    wanted = (request.view_args or {}).get("number") or request.args.get("number", type=int)
    one = next((s for s in every if s.number == wanted), every[0] if every and wanted is None else None)
    tracks = [standing.track_of(database, actor, one, area_share=share) for share in _SHARES] if one else []
    newest = tracks[0].weeks[0].told if tracks and tracks[0].weeks else None
    hours = _hours(newest) if newest else []
    return page(
        "desk/forecasts.html",
        "forecasts",
        status=problem.status if problem else 200,
        problem=problem.as_dict() if problem else None,
        written=written,
        every=every,
        one=one,
        tracks=tracks,
        newest=newest,
        awaited=one is not None and (newest is None or newest.first_day != one.made_for),
        job=standing.newest_job(database, one) if one else None,
        fewest=FEWEST_JUDGED,
        cells=[cell for cell in newest.cells.densest() if cell.known >= MINIMUM][:_SHOWN_CELLS]
        if newest
        else [],
        hours=hours,
        peak=max((value for _, _, days in hours for value in days), default=None),
        levels=sorted({grid.level for grid in shown.places().grids}),
        roots=[grid for grid in shown.places().grids if grid.level < MICRO],
    )


def _hours(told: KeptForecast) -> list[tuple[int, int, list[float]]]:
    """Return expected incidents of two hours each by weekday: first and last hour, Monday to Sunday."""
    total = sum(told.cells.said)
    return [
        (first, first + 1, [total * (day[first] + day[first + 1]) for day in told.hours])
        for first in range(0, 24, 2)
    ]


@bp.post("/forecasts")
def add() -> Response:
    """Have a forecast made each week."""
    form = forms.own_form()
    try:
        domain = forms.text(form, "domain")
        if domain is not None and domain not in codes("domain"):
            raise InvalidInput(
                "report-domain",
                "没有这个领域，请从列表选择。",
                "There is no such domain: choose from the list.",
            )
        level = (
            forms.read(form, "level", int, "report_level")
            or period_and_level(context.database(), context.scope())[2]
        )
        made = standing.add_standing(
            context.database(),
            context.actor(),
            level=level,
            domain=domain,
            within=forms.read(form, "grid", int, "report_place"),
        )
    except _REFUSED as error:
        return _page(form.to_dict(), error)
    return redirect(url_for("foretold.show", number=made.number, told="kept"), 303)  # type: ignore[return-value]


@bp.post("/forecasts/<int:number>/again")
def again(number: int) -> Response:
    """Ask once more for the present week."""
    forms.own_form()
    try:
        standing.ask_again(context.database(), context.actor(), number)
    except _REFUSED as error:
        return _page({}, error)
    return redirect(url_for("foretold.show", number=number, told="kept"), 303)  # type: ignore[return-value]


@bp.post("/forecasts/<int:number>/removed")
def remove(number: int) -> Response:
    """End a weekly forecast."""
    forms.own_form()
    standing.remove_standing(context.database(), context.actor(), number)
    return redirect(url_for("foretold.show", told="kept"), 303)  # type: ignore[return-value]
