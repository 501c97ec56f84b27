"""The sheet of a village 村情单: on two pages how a grid stands, for its own meeting; true numbers."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from gridmap.domain.accounts import Actor
from gridmap.domain.cases.figures import GridCounts
from gridmap.domain.cases.lists import choices
from gridmap.domain.cases.worklists import Wanted
from gridmap.domain.days import local_span
from gridmap.domain.gridkey import VILLAGE, Scope, level_of
from gridmap.domain.official_forms import COLUMNS, period_before, read_period
from gridmap.domain.query import IncidentQuery
from gridmap.domain.terms import MINIMUM
from gridmap.errors import InvalidInput
from gridmap.reporting.carried import table_figures, with_carried
from gridmap.reporting.model import Text
from gridmap.reporting.parts import Line, Part, Tables, render_tables
from gridmap.services.cases import bodies, figures, grid_posts, tasks
from gridmap.services.cases.places import places_of
from gridmap.services.cases.worklists import work_list
from gridmap.services.ground.grids import grid_not_found
from gridmap.services.hotspots.observations import scope_of
from gridmap.services.reports import case_parts, official_forms
from gridmap.services.reports.made_of import asked_of, carried
from gridmap.services.reports.registering import Entry, own_templates, write_registered
from gridmap.storage.database import Database
from gridmap.storage.ground import grids
from gridmap.storage.reports import meeting as stored

_KINDS = ("found", "succeeded", "open", "overdue")
_SAYS_NOT = Text(
    "真实数，只供本村和上级会商使用。保密事件计入总数，不在任何清单中；件数少时的升降多属偶然；不作村与村、人与人的排名。",
    "True numbers, for the village and those above it. Sealed cases are in the totals and in no list; rises and falls "
    "of few cases are mostly chance; villages and persons are not ranked.",
)


def village_sheet(
    database: Database,
    actor: Actor,
    grid_key: int,
    period: str,
    *,
    languages: Literal["zh", "en", "both"] = "zh",
    now: dt.datetime | None = None,
) -> tuple[Tables, str]:
    """Fill the sheet of a village or an area.

    Parameters
    ----------
    database : Database
    actor : Actor
        Whoever asks, who must be one that is told true numbers and sees single cases.
    grid_key : int
        Of an area or a village.
    period : str
        ``2026-10``, ``2026-Q4``, ``2026-H2`` or ``2026``.
    languages : {'zh', 'en', 'both'}
    now : datetime, optional
        Aware; the present by default.

    Returns
    -------
    tables : Tables
    html : str

    Raises
    ------
    Forbidden
        When the post is told perturbed numbers only, or sees no single case.
    NotFound
        When the grid lies outside the actor's scope.
    InvalidInput
        When the period or the level is none.

    Notes
    -----
    It is read in the village, so it holds what the village may see: no sealed case by itself, and none to which its
    own committee is a party.
    """
    case_parts.require_cases(actor)
    if level_of(grid_key) not in (VILLAGE - 1, VILLAGE):
        raise InvalidInput(
            "sheet-level",
            "村情单是一个村（社区）或片区的，请从列表选择。",
            "The sheet is of a village or an area: choose one from the list.",
        )
    scope_of(actor.scope, grid_key)
    scope = Scope.of_grid(grid_key).opening(None)
    asked, at = read_period(period), now or dt.datetime.now(dt.UTC)
    earlier = period_before(asked)
    zone = database.settings.timezone
    today = at.astimezone(ZoneInfo(zone)).date()
    names = places_of(database, actor.scope)
    level = level_of(grid_key)
    totals = [
        figures.by_grid(
            database, scope, IncidentQuery(grid=grid_key, since=one.since, until=one.until), level, now=at
        ).total
        for one in (asked, earlier)
    ]
    since, before = case_parts.aware(*local_span(zone, asked.since, asked.until))
    with database.scoped_session(scope) as session:
        again = stored.repeated(session, since, before, least=MINIMUM)
        found = grids.list_grids(session, level=level, geometry=False)
    late = work_list(database, scope, Wanted("overdue"), limit=case_parts.MOST, now=at)
    decided = tasks.list_tasks(
        database, scope, kinds=("decision",), is_open=None, done_since=since, limit=None
    )
    form = official_forms.dispute_form(
        database, scope, official_forms.asked_for(period, VILLAGE, grid_key), now=at
    )
    row = next((one for one in found if one["grid_key"] == grid_key), None)
    if row is None:
        raise grid_not_found(grid_key)
    tables = Tables(
        title=Text("情况单", "How it stands"),
        place=Text(row["name_zh"], row["name_en"]),
        under=Text(
            f"{asked.zh}，与{earlier.zh}相比；截至 {at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}",
            f"{asked.name} against {earlier.name}; as of {at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}",
        ),
        first=(_ground(row),),
        parts=(
            _figures(totals, Text(asked.zh, asked.name), Text(earlier.zh, earlier.name)),
            _kinds(form),
            case_parts.overdue(3, late, names, at),
            case_parts.repeats(4, again, names),
            case_parts.decisions(5, decided, names, today),
            _served(database, scope, grid_key, today),
            _bodies(database, grid_key),
        ),
        says_not=_SAYS_NOT,
    )
    of = asked_of("village", actor, at, languages, period=asked.name, grid_key=grid_key)
    told = table_figures(tables.parts, of.language) | {"incidents": str(totals[0].reported)}
    page = render_tables(tables, languages, own_templates(database))
    return tables, with_carried(page, carried(of, told))


def write_village_sheet(
    database: Database, actor: Actor, grid_key: int, period: str, made: tuple[Tables, str], out: Path
) -> int:
    """Write a sheet as ``.pdf`` or ``.html``; return its number in the register."""
    asked = read_period(period)
    entry = Entry(
        "village",
        asked.since,
        asked.until,
        "村情单 / village sheet",
        made[0],
        {"grid_key": str(grid_key), "period": asked.name},
    )
    return write_registered(database, actor, entry, made[1], out)


def _ground(row: grids.GridRow) -> Text:
    people = row["population"]
    told = f"{people:,}" if people else "–"
    return Text(
        f"户数 {row['households']:,}，人口 {told}，面积 {row['area_m2'] / 1e6:.2f} 平方千米。",
        f"{row['households']:,} households, {told} people, {row['area_m2'] / 1e6:.2f} km².",
    )


def _figures(totals: list[GridCounts], now: Text, before: Text) -> Part:
    return Part(
        case_parts.numbered(1, "总体情况", "How things stand"),
        (Text("指标", "Figure"), now, before, Text("变化", "Change")),
        tuple(
            Line((one.name, _same(one.now), _same(one.before), _same(one.change)))
            for one in case_parts.measures(totals[0], totals[1])
        ),
        case_parts.NONE,
    )


def _kinds(form: official_forms.DisputeForm) -> Part:
    shown = [column for column in COLUMNS if column.code in _KINDS]
    return Part(
        case_parts.numbered(2, "矛盾纠纷按类别", "Disputes by kind"),
        (Text("类别", "Kind"), *(Text(column.zh, column.en) for column in shown)),
        tuple(
            Line((Text(row.zh, row.en), *(_same(f"{row.counts[column.code]:,}") for column in shown)))
            for row in form.by_kind
            if row.counts["found"]
        ),
        case_parts.NONE,
    )


def _served(database: Database, scope: Scope, grid_key: int, today: dt.date) -> Part:
    card = grid_posts.served(database, scope, grid_key, today)
    duties = {c.code: Text(c.zh, c.en) for c in choices("grid_duty", untold=True)}
    roles = {c.code: Text(c.zh, c.en) for c in choices("volunteer_role", untold=True)}
    lines = [
        Line((duties.get(post.duty, _same(post.duty)), _same(post.title), _same(post.phone or "–")))
        for post in card.posts
    ]
    lines += [
        Line((Text("志愿者", "volunteers"), roles.get(role, _same(role)), _same(f"{count:,}")))
        for role, count in card.volunteers.items()
        if count
    ]
    return Part(
        case_parts.numbered(6, "谁在服务", "Who serves it"),
        (Text("职责", "Duty"), Text("岗位", "Post"), Text("办公电话或人数", "Office telephone, or how many")),
        tuple(lines),
        Text("还没有登记岗位。请在网格页登记。", "No post is entered yet: enter them on the grid's page."),
        Text(
            f"走访（三必到）近 {grid_posts.VISIT_DAYS} 天：应到 {card.visits_due}，"
            f"已到 {card.visits_made}，逾期 {card.visits_late}。",
            f"Household visits in {grid_posts.VISIT_DAYS} days: {card.visits_due} due, {card.visits_made} made, "
            f"{card.visits_late} late.",
        ),
    )


def _bodies(database: Database, grid_key: int) -> Part:
    here = Scope.of_grid(grid_key)
    kinds = {c.code: Text(c.zh, c.en) for c in choices("body_kind", untold=True)}
    return Part(
        case_parts.numbered(7, "本地机构", "Bodies here"),
        (Text("机构", "Body"), Text("种类", "Kind"), Text("开放时间", "Hours")),
        tuple(
            Line(
                (
                    Text(body["name_zh"], body["name_en"] or body["name_zh"]),
                    kinds.get(body["kind"], _same(body["kind"])),
                    case_parts.week(body["hours"], body["opens"]),
                )
            )
            for body in bodies.directory(database)
            if body["grid_key"] and body["grid_key"] in here
        ),
        case_parts.NONE,
    )


def _same(text: str) -> Text:
    return Text(text, text)
