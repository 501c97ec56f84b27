"""The pack of a joint meeting (联席会议): true numbers of a period against the one before, and what needs a word."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from gridmap.domain.accounts import Actor
from gridmap.domain.cases.model import TaskRow
from gridmap.domain.cases.worklists import Wanted
from gridmap.domain.days import local_span
from gridmap.domain.gridkey import TOWN
from gridmap.domain.official_forms import period_before, read_period
from gridmap.domain.query import IncidentQuery
from gridmap.domain.terms import MINIMUM
from gridmap.reporting.carried import carried_in, table_figures, with_carried
from gridmap.reporting.meeting import MeetingPack, render_meeting
from gridmap.reporting.model import Text
from gridmap.reporting.paper import to_pdf
from gridmap.reporting.parts import Line, Part
from gridmap.services.cases import figures, tasks
from gridmap.services.cases.places import places_of
from gridmap.services.cases.worklists import work_list
from gridmap.services.reports import case_parts
from gridmap.services.reports.made_of import asked_of, carried
from gridmap.services.reports.registering import Entry, own_templates, write_registered
from gridmap.storage.database import Database
from gridmap.storage.reports import meeting as stored


@dataclass(frozen=True, slots=True)
class MadePack:
    """A pack as its documents."""

    pack: MeetingPack
    html: str


def meeting_pack(
    database: Database,
    actor: Actor,
    period: str,
    *,
    languages: Literal["zh", "en", "both"] = "zh",
    now: dt.datetime | None = None,
) -> MadePack:
    """Fill the pack of a month, quarter, half-year or year.

    Parameters
    ----------
    database : Database
    actor : Actor
        Whoever asks, who must be one that is told true numbers and sees single cases.
    period : str
        As an official form's: ``2026-10``, ``2026-Q4``, ``2026-H2`` or ``2026``.
    languages : {'zh', 'en', 'both'}
    now : datetime, optional
        Aware; at which things are looked at. The present by default.

    Raises
    ------
    Forbidden
        When the post is told perturbed numbers only, or sees no single case.
    InvalidInput
        When the period is none.
    """
    case_parts.require_cases(actor)
    asked, at = read_period(period), now or dt.datetime.now(dt.UTC)
    earlier = period_before(asked)
    # A pack is read by all who meet: whoever makes it, it opens no sealed case.
    scope, zone = actor.scope.opening(None), database.settings.timezone
    names = places_of(database, scope)
    totals = [
        figures.by_grid(database, scope, IncidentQuery(since=one.since, until=one.until), TOWN, now=at).total
        for one in (asked, earlier)
    ]
    since, before = case_parts.aware(*local_span(zone, asked.since, asked.until))
    with database.scoped_session(scope) as session:
        up = stored.passed_up(session, since, before)
        again = stored.repeated(session, since, before, least=MINIMUM)
    late = work_list(database, scope, Wanted("overdue"), limit=case_parts.MOST, now=at)
    decided = tasks.list_tasks(
        database, scope, kinds=("decision",), is_open=None, done_since=since, limit=None
    )
    parts = (
        case_parts.overdue(2, late, names, at),
        case_parts.passed_up(3, up, names),
        case_parts.repeats(4, again, names),
        case_parts.hotspot_places(5, database, scope),
        case_parts.decisions(6, decided, names, at.astimezone(ZoneInfo(zone)).date()),
    )
    pack = MeetingPack(
        place=Text(names.name_zh, names.name_en),
        period=Text(asked.zh, asked.name),
        before=Text(earlier.zh, earlier.name),
        as_of=f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}",
        measures=case_parts.measures(*totals),
        parts=parts,
        agenda=_agenda(late.total, up, again, parts[3], decided),
    )
    of = asked_of("meeting", actor, at, languages, period=asked.name)
    told = table_figures((_measured(pack), *parts), of.language) | {"incidents": str(totals[0].reported)}
    return MadePack(
        pack, with_carried(render_meeting(pack, languages, own_templates(database)), carried(of, told))
    )


def write_meeting_pack(database: Database, actor: Actor, period: str, out: Path, made: MadePack) -> int:
    """Write a pack as ``.pdf`` or ``.html``, whole or not at all, and enter it in the register; return its number.

    Raises
    ------
    InvalidInput
        When the ending is another.
    Unavailable
        When a PDF is wanted and the machine lacks what lays it out.
    """
    asked = read_period(period)
    entry = Entry(
        "meeting",
        asked.since,
        asked.until,
        "联席会议 / joint meeting",
        made.pack,
        {"period": asked.name, "as_of": made.pack.as_of},
    )
    return write_registered(database, actor, entry, made.html, out)


def pdf_of(database: Database, made: MadePack) -> bytes:
    """Lay a pack out on A4; see :func:`gridmap.reporting.paper.to_pdf`."""
    return to_pdf(made.html, carried_in(made.html), own_templates(database))


def _measured(pack: MeetingPack) -> Part:
    return Part(
        case_parts.numbered(1, "总体情况", "How things stand"),
        (Text("指标", "Figure"), pack.period, pack.before, Text("变化", "Change")),
        tuple(
            Line((one.name, *(Text(cell, cell) for cell in (one.now, one.before, one.change))))
            for one in pack.measures
        ),
        case_parts.NONE,
    )


def _agenda(
    late: int,
    up: list[stored.PassedUp],
    again: list[stored.Repeated],
    emerging: Part,
    decided: list[TaskRow],
) -> tuple[Text, ...]:
    undone = sum(task.done_at is None for task in decided)
    passed = sum(row.cases for row in up)
    items = [
        (undone, f"上次决定的落实：{undone} 项未办完", f"decisions of last time: {undone} not done yet"),
        (late, f"逾期未结 {late} 件：逐件定人定时", f"{late} overdue: who acts, and by when"),
        (
            passed,
            f"上交 {passed} 件：能否留在村里化解",
            f"{passed} passed up: what could stay in the village",
        ),
        (len(again), f"同村同类反复 {len(again)} 组：找共同原因", f"{len(again)} kinds that come again: why"),
        (
            len(emerging.lines),
            f"热点 {len(emerging.lines)} 处：先调解、走访和服务",
            f"{len(emerging.lines)} places: mediation, visits and services first",
        ),
    ]
    told = [Text(zh, en) for count, zh, en in items if count]
    return (*told, Text("其他事项；本次决定", "Anything else; what is decided today"))
