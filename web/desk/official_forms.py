"""Official forms: the dispute sheet with its cells' cases, handed in, what changed since; files of it and of a case."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request, url_for

from gridmap.domain.gridkey import TOWN, UNASSIGNED, VILLAGE, level_of
from gridmap.domain.official_forms import COLUMNS, SHARES
from gridmap.domain.query import IncidentQuery
from gridmap.domain.roles import Action
from gridmap.errors import GridmapError, InvalidInput
from gridmap.services.cases import own_columns
from gridmap.services.reports import form_files, official_forms
from gridmap.services.reports.meeting import meeting_pack, pdf_of
from gridmap.services.reports.official_forms import FormAsked
from gridmap.services.reports.village import village_sheet, write_village_sheet
from web import context, look
from web.access import may_now
from web.desk import forms, shown, small_map
from web.desk.lists import offered
from web.desk.shown import page

bp = Blueprint("official", __name__)

_SHOWN_PERIODS = 14


def periods(today: dt.date) -> list[str]:
    """Return names of periods that a form offers, the newest first: months, quarters, half-years, years."""
    months: list[str] = []
    year, month = today.year, today.month
    for _ in range(_SHOWN_PERIODS):
        months.append(f"{year}-{month:02d}")
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    quarters = list(dict.fromkeys(f"{m[:4]}-Q{(int(m[5:]) + 2) // 3}" for m in months))
    halves = list(dict.fromkeys(f"{m[:4]}-H{1 + (int(m[5:]) > 6)}" for m in months))
    return [*months, *quarters, *halves, str(today.year), str(today.year - 1)]


def _asked() -> FormAsked:
    given = request.values
    last_month = shown.today().replace(day=1) - dt.timedelta(days=1)
    level, within = given.get("level", ""), given.get("grid", "")
    if not (level or "3").isdecimal() or not (within or "0").isdecimal() or len(within) > 17:
        raise InvalidInput(
            "form-address",
            "报表地址无效，请从报表页选择。",
            "The address names no form. Choose on the page of forms.",
        )
    return official_forms.asked_for(
        given.get("period") or f"{last_month:%Y-%m}",
        int(level or VILLAGE),
        int(within) if within else None,
    )


def _parameters(form: official_forms.DisputeForm, **more: str) -> str:
    asked = form.asked
    return urlencode({"period": asked.period.name, "level": asked.level, "grid": form.root_key, **more})


@bp.get("/forms")
def show() -> Response:
    """Answer the dispute sheet, and what changed since it was handed in."""
    return _sheet()


def _sheet(problem: GridmapError | None = None) -> Response:
    database, scope = context.database(), context.scope()
    form = official_forms.dispute_form(database, scope, _asked(), now=shown.now())
    names = {c.code: (c.zh, c.en) for c in COLUMNS}
    return page(
        "desk/official_form.html",
        "forms",
        status=problem.status if problem else 200,
        problem=problem.as_dict() if problem else None,
        form=form,
        headings=form_files.headings(),
        shares=SHARES,
        values_of=form_files.values_of,
        names=names,
        periods=periods(shown.today()),
        roots=[g for g in shown.places().grids if g.level < VILLAGE or g.grid_key == form.root_key],
        cell=lambda row, column: f"{url_for('official.cases')}?{_parameters(form, row=row, column=column)}",
        meeting_address=f"{url_for('official.meeting')}?{urlencode({'period': form.asked.period.name})}",
        village_address=(
            f"{url_for('official.village', grid_key=form.root_key)}?{urlencode({'period': form.asked.period.name})}"
            if form.root_key != UNASSIGNED and level_of(form.root_key) > TOWN and may_now(Action.SEE_CASES)
            else None
        ),
        file_address=f"{url_for('official.file')}?{_parameters(form)}",
        template_address=lambda name: f"{url_for('official.file')}?{_parameters(form, template=name)}",
        templates=[path.name for path in form_files.own_templates(context.database())],
        in_columns=own_columns.sources(database) if may_now(Action.EXPORT) else [],
        columns_address=lambda name: f"{url_for('official.columns', name=name)}?{_parameters(form)}",
        may_hand_in=may_now(Action.MAKE_FORMS),
        may_meet=may_now(Action.SEE_CASES),
        handed_in=official_forms.handed_in(database, scope)[:_SHOWN_PERIODS],
        below=level_of(form.root_key) < VILLAGE,
    )


@bp.post("/forms")
def hand_in() -> Response:
    """Keep the sheet as it is now, as handed in."""
    forms.own_form()
    form = official_forms.hand_in(context.database(), context.actor(), _asked())
    return redirect(f"{url_for('official.show')}?{_parameters(form, told='form_handed_in')}", 303)  # type: ignore[return-value]


@bp.get("/forms/cases")
def cases() -> Response:
    """Answer the cases behind a cell."""
    database, scope = context.database(), context.scope()
    form = official_forms.dispute_form(database, scope, _asked(), now=shown.now())
    row, column = request.args.get("row", ""), request.args.get("column", "")
    start = max(0, request.args.get("start", 0, int))
    found = official_forms.cell_cases(database, scope, form, row, column, start=start)
    return page(
        "desk/official_cases.html",
        "forms",
        form=form,
        row=next(r for r in (form.total, *form.by_grid, *form.by_kind) if r.name == row),
        column=next((c.zh, c.en) for c in COLUMNS if c.code == column),
        found=found,
        start=start,
        part=lambda at: (
            f"{url_for('official.cases')}?{_parameters(form, row=row, column=column, start=str(at))}"
        ),
        steps={line.incident_id: offered(line) for line in found.rows},
        urgency=small_map.urgency,
        back=f"{url_for('official.show')}?{_parameters(form)}",
    )


@bp.get("/forms/file")
def file() -> Response:
    """Answer the sheet as a workbook, or in a form file of the town's own."""
    database = context.database()
    form = official_forms.dispute_form(database, context.scope(), _asked(), now=shown.now())
    wanted = request.args.get("template")
    template = form_files.own_template(database, wanted) if wanted else None
    ending = template.suffix.lower() if template else ".xlsx"
    name = f"{form.root[0]}-{template.stem if template else '矛盾纠纷'}-{form.asked.period.name}{ending}"
    with tempfile.TemporaryDirectory(prefix="gridmap-form-") as folder:
        target = Path(folder) / f"form{ending}"
        form_files.write_form(form, target, zone=database.settings.timezone, template=template)
        return shown.download(target.read_bytes(), name)


@bp.get("/forms/columns/<name>.xlsx")
def columns(name: str) -> Response:
    """Answer the cases of a form's place and period in the columns of the national standard, or of a source."""
    database, asked = context.database(), _asked()
    query = IncidentQuery(grid=asked.within, since=asked.period.since, until=asked.period.until)
    whose = own_columns.columns_of(database, name)
    with tempfile.TemporaryDirectory(prefix="gridmap-form-") as folder:
        target = Path(folder) / "cases.xlsx"
        own_columns.write_columns(database, context.scope(), whose, target, query=query, now=shown.now())
        return shown.download(target.read_bytes(), f"{name}-{asked.period.name}.xlsx")


@bp.get("/forms/meeting.pdf")
def meeting() -> Response:
    """Answer the pack of the joint meeting of a period: true numbers, for those who meet."""
    period = _asked().period.name
    made = meeting_pack(
        context.database(),
        context.actor(),
        period,
        languages="en" if look.language() == "en" else "zh",
        now=shown.now(),
    )
    return shown.download(pdf_of(context.database(), made), f"联席会议-{period}.pdf")


@bp.get("/grids/<int:grid_key>/sheet.pdf")
def village(grid_key: int) -> Response:
    """Answer the sheet of a village or an area: true numbers, for its own meeting."""
    period = _asked().period.name
    made = village_sheet(
        context.database(),
        context.actor(),
        grid_key,
        period,
        languages="en" if look.language() == "en" else "zh",
        now=shown.now(),
    )
    with tempfile.TemporaryDirectory(prefix="gridmap-form-") as folder:
        target = Path(folder) / "sheet.pdf"
        write_village_sheet(context.database(), context.actor(), grid_key, period, made, target)
        return shown.download(target.read_bytes(), f"{made[0].place.zh}情况单-{period}.pdf")


@bp.get("/cases/<path:number>/papers.docx")
def papers(number: str) -> Response:
    """Answer the papers of a mediation, with blanks for names."""
    with tempfile.TemporaryDirectory(prefix="gridmap-form-") as folder:
        target = Path(folder) / "papers.docx"
        form_files.write_mediation_papers(context.database(), context.actor(), number, target)
        return shown.download(target.read_bytes(), f"调解卷宗-{number}.docx")
