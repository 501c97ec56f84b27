"""Official forms."""

from __future__ import annotations

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from gridmap.reporting.model import Text
from gridmap.services.reports import official_forms
from gridmap.services.reports.meeting import meeting_pack
from gridmap.services.reports.official_forms import DisputeForm
from web.api.cases.place_schemas import KeyText
from web.api.schemas import Problem, Strict
from web.context import actor, database, scope

bp = APIBlueprint(
    "forms",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="forms", description="报表: forms that receivers demand")],
    abp_responses={403: Problem, 404: Problem, 409: Problem, 422: Problem, 503: Problem},
)


class FormQuery(Strict):
    """Which form."""

    period: str = Field(max_length=10, description="2026-10, 2026-Q4, 2026-H2 or 2026.")
    level: int = Field(3, ge=2, le=3, description="Rows: areas or villages.")
    grid: KeyText | None = Field(None, description="The grid that it is about.")


class FormRow(BaseModel):
    """A row with its counts."""

    name: str
    name_zh: str
    name_en: str
    counts: dict[str, int]


class FormChange(BaseModel):
    """What changed in a column since the form was handed in."""

    column: str
    before: int
    now: int
    added: int
    gone: int
    recorded_since: int


class FormAnswer(BaseModel):
    """The dispute sheet with true counts."""

    period: str
    grid_key: KeyText
    total: FormRow
    by_grid: list[FormRow]
    by_kind: list[FormRow]
    sealed: int
    handed_in_at: str | None
    changes: list[FormChange]
    query: dict[str, str]
    as_of: str


class MeetingQuery(Strict):
    """Which pack of the joint meeting."""

    period: str = Field(max_length=10, description="2026-10, 2026-Q4, 2026-H2 or 2026.")


class Said(BaseModel):
    """A text in both languages."""

    zh: str
    en: str


class MeetingFigure(BaseModel):
    """A figure of the period and of the one before, as they are written."""

    name: Said
    now: str
    before: str
    change: str


class MeetingPart(BaseModel):
    """A table of the pack."""

    title: Said
    headings: list[Said]
    rows: list[list[Said]]
    note: Said | None


class MeetingAnswer(BaseModel):
    """The pack of the joint meeting with true counts."""

    place: Said
    period: Said
    before: Said
    as_of: str
    figures: list[MeetingFigure]
    parts: list[MeetingPart]
    agenda: list[Said]


def _row(row: official_forms.Row) -> FormRow:
    return FormRow(name=row.name, name_zh=row.zh, name_en=row.en, counts=dict(row.counts))


def _told(form: DisputeForm) -> FormAnswer:
    return FormAnswer(
        period=form.asked.period.name,
        grid_key=str(form.root_key),
        total=_row(form.total),
        by_grid=[_row(row) for row in form.by_grid],
        by_kind=[_row(row) for row in form.by_kind],
        sealed=form.sealed,
        handed_in_at=form.handed_in["made_at"].isoformat() if form.handed_in else None,
        changes=[
            FormChange(
                column=change.column,
                before=change.before,
                now=change.now,
                added=len(change.added),
                gone=len(change.gone),
                recorded_since=len(change.new_records),
            )
            for change in form.changes
        ],
        query=form.query.parameters(),
        as_of=form.as_of.isoformat(),
    )


def _asked(given: FormQuery) -> official_forms.FormAsked:
    return official_forms.asked_for(given.period, given.level, int(given.grid) if given.grid else None)


@bp.get("/forms/disputes", responses={200: FormAnswer})
def get_form(query: FormQuery) -> FormAnswer:
    """Fill the dispute sheet: found, handled, succeeded, by grid and kind; and tell what changed since handing in."""
    return _told(official_forms.dispute_form(database(), scope(), _asked(query)))


@bp.post("/forms/disputes", responses={201: FormAnswer})
def hand_in(body: FormQuery) -> tuple[FormAnswer, int]:
    """Keep the sheet as it is now, as handed in."""
    return _told(official_forms.hand_in(database(), actor(), _asked(body))), 201


def _said(text: Text) -> Said:
    return Said(zh=text.zh, en=text.en)


@bp.get("/forms/meeting", responses={200: MeetingAnswer})
def get_meeting(query: MeetingQuery) -> MeetingAnswer:
    """Fill the pack of the joint meeting: figures against before, overdue, passed up, repeats, places, decisions."""
    pack = meeting_pack(database(), actor(), query.period).pack
    return MeetingAnswer(
        place=_said(pack.place),
        period=_said(pack.period),
        before=_said(pack.before),
        as_of=pack.as_of,
        figures=[
            MeetingFigure(name=_said(m.name), now=m.now, before=m.before, change=m.change)
            for m in pack.measures
        ],
        parts=[
            MeetingPart(
                title=_said(part.title),
                headings=[_said(heading) for heading in part.headings],
                rows=[[_said(cell) for cell in line.cells] for line in part.lines],
                note=part.note and _said(part.note),
            )
            for part in pack.parts
        ],
        agenda=[_said(item) for item in pack.agenda],
    )
