"""Reports: asked for, watched, fetched; the register of those that were made."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for

from gridmap.domain.codes import codes
from gridmap.domain.gridkey import MICRO
from gridmap.domain.jobs import Job
from gridmap.domain.schedules import EVERY, newest_span
from gridmap.errors import Busy, Conflict, Forbidden, GridmapError, InvalidInput, NotFound, Unavailable
from gridmap.services.jobs import desk as jobs
from gridmap.services.reports import schedules
from gridmap.services.reports.building import list_reports
from gridmap.services.reports.ordering import WantedReport, order_report, reports_of, request_behind
from gridmap.services.reports.request import PURPOSE
from gridmap.services.reports.service_report import MODES, service_report, write_service_report
from web import context, look
from web.api.jobs import file_of_mine
from web.assets import vendor_folder
from web.desk import forms, shown
from web.desk.periods import span
from web.desk.shown import page
from web.desk.words import WORDS

bp = Blueprint("made", __name__)

_REFUSED = (InvalidInput, NotFound, Busy, Unavailable)
_PERIODS = ("last_month", "days_90", "half_year", "year", "last_year", "all", "own")
_USUAL = "half_year"
_REGISTERED = 30


@bp.get("/reports")
def show() -> Response:
    """Answer the form, the reports that were asked for, and the register."""
    return _page(request.args.to_dict())


def _page(written: dict[str, str], problem: GridmapError | None = None) -> Response:
    return page(
        "desk/reports.html",
        "reports",
        status=problem.status if problem else 200,
        problem=problem.as_dict() if problem else None,
        written={"period": _USUAL, "purpose": PURPOSE, "lang_of": "both"} | written,
        periods=_PERIODS,
        scheduled=schedules.list_schedules(context.database(), context.actor()),
        every=[(name, newest_span(name, shown.today())) for name in EVERY],
        modes=[(mode, told.zh, told.en) for mode, told in MODES.items()],
        roots=[grid for grid in shown.places().grids if grid.level < MICRO],
        **_own(),
    )


def _own() -> dict[str, Any]:
    own = reports_of(context.database(), context.actor())
    return {
        "own": [(job, request_behind(job)) for job in own],
        "open": any(not job.is_over for job in own),
        "registered": list_reports(context.database(), context.scope(), limit=_REGISTERED),
        "files_of": _files_of,
        "job_days": context.database().settings.job_days,
    }


def _files_of(job: Job) -> list[tuple[str, str]]:
    """Return the ending and the name of each file that a report has."""
    more = (job.result or {}).get("files", [])
    names = [job.file_name, *(more if isinstance(more, list) else [])]
    return [(name.rpartition(".")[2], name) for name in names if name]


@bp.get("/reports/waiting")
def waiting() -> Response:
    """Answer the part of the page that tells how far they are."""
    words = shown.Say(look.language())
    return Response(
        render_template(
            "desk/_reports.html", known_words=WORDS, say=words, t=words.text, lang=words.lang, **_own()
        )
    )


@bp.post("/reports")
def order() -> Response:
    """Have a report made."""
    form = forms.own_form()
    try:
        order_report(context.database(), context.actor(), _wanted(form), assets=vendor_folder())
    except _REFUSED as error:
        return _page(form.to_dict(), error)
    return redirect(url_for("made.show", told="report_begun"), 303)  # type: ignore[return-value]


def _wanted(form: forms.Form) -> WantedReport:
    since, until = _period(form)
    domain = forms.text(form, "domain")
    if domain is not None and domain not in codes("domain"):
        raise InvalidInput(
            "report-domain", "没有这个领域，请从列表选择。", "There is no such domain: choose from the list."
        )
    by, languages = form.get("by", ""), form.get("lang_of", "both")
    return WantedReport(
        since=since,
        until=until,
        within=forms.read(form, "grid", int, "report_place"),
        level=forms.read(form, "level", int, "report_level"),
        by=by if by in {"count", "rate"} else None,  # type: ignore[arg-type]
        domain=domain,
        languages=languages if languages in {"zh", "en"} else "both",  # type: ignore[arg-type]
        purpose=form.get("purpose", "").strip(),
        seed=forms.read(form, "seed", int, "report_seed") or 0,
    )


def _period(form: forms.Form) -> tuple[dt.date | None, dt.date | None]:
    name, today = form.get("period", _USUAL), shown.today()
    if name == "own":
        return forms.read(form, "since", dt.date.fromisoformat, "report_since"), forms.read(
            form, "until", dt.date.fromisoformat, "report_until"
        )
    first = today.replace(day=1)
    before = first - dt.timedelta(days=1)
    if name == "half_year":
        number = before.year * 12 + before.month - 6
        return dt.date(number // 12, number % 12 + 1, 1), before
    if name == "last_year":
        return dt.date(today.year - 1, 1, 1), dt.date(today.year - 1, 12, 31)
    return span(name, today)


@bp.post("/reports/<job_id>/cancelled")
def cancel(job_id: str) -> Response:
    """Stop the making of a report."""
    forms.own_form()
    database, actor = context.database(), context.actor()
    jobs.find_job(database, actor.scope, job_id, owner=actor.post)
    jobs.cancel_job(database, actor.scope, job_id)
    return redirect(url_for("made.show", told="report_cancelled"), 303)  # type: ignore[return-value]


@bp.post("/reports/schedules")
def schedule() -> Response:
    """Have a report made each week, month or quarter."""
    form = forms.own_form()
    languages = form.get("lang_of", "both")
    try:
        schedules.add_schedule(
            context.database(),
            context.actor(),
            form.get("every", ""),  # type: ignore[arg-type]
            within=forms.read(form, "grid", int, "report_place"),
            languages=languages if languages in {"zh", "en"} else "both",  # type: ignore[arg-type]
            purpose=form.get("purpose", "").strip(),
        )
    except (*_REFUSED, Conflict, Forbidden) as error:
        return _page(form.to_dict(), error)
    return redirect(url_for("made.show", told="kept") + "#schedules", 303)  # type: ignore[return-value]


@bp.post("/reports/schedules/<int:number>/removed")
def unschedule(number: int) -> Response:
    """End a schedule."""
    forms.own_form()
    schedules.remove_schedule(context.database(), context.actor(), number)
    return redirect(url_for("made.show", told="kept") + "#schedules", 303)  # type: ignore[return-value]


@bp.get("/reports/services.pdf")
def services() -> Response:
    """Answer the service report as PDF; it is entered in the register."""
    mode = request.args.get("mode", "bike")
    if mode not in MODES:
        raise InvalidInput(
            "service-mode",
            "方式只有步行、骑车、驾车。请从报告页选择。",
            "On foot, by bicycle or by car: choose on the page.",
        )
    made = service_report(
        context.database(),
        context.actor(),
        mode=mode,
        languages="en" if look.language() == "en" else "zh",
        now=shown.now(),
    )
    with tempfile.TemporaryDirectory(prefix="gridmap-report-") as folder:
        target = Path(folder) / "services.pdf"
        write_service_report(context.database(), context.actor(), made, target)
        return shown.download(target.read_bytes(), f"{made.tables.place.zh}便民服务报告-{shown.today()}.pdf")


@bp.get("/reports/<job_id>/<name>")
def file(job_id: str, name: str) -> Response:
    """Answer a file of a report."""
    return file_of_mine(job_id, name)
