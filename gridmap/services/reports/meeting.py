"""The pack of a joint meeting (联席会议): true numbers of a period against the one before, and what needs a word."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from gridmap.domain.accounts import Actor
from gridmap.domain.cases import lists
from gridmap.domain.cases.figures import GridCounts
from gridmap.domain.cases.model import TaskRow
from gridmap.domain.cases.worklists import CasePage, Wanted
from gridmap.domain.days import local_span
from gridmap.domain.gridkey import TOWN, UNASSIGNED, VILLAGE, Scope, ancestor, level_of
from gridmap.domain.official_forms import period_before, read_period
from gridmap.domain.protection import require_true
from gridmap.domain.query import IncidentQuery
from gridmap.domain.roles import Action, may
from gridmap.domain.terms import CAPTION, MINIMUM
from gridmap.errors import Forbidden
from gridmap.reporting.meeting import Measure, MeetingPack, render_meeting
from gridmap.reporting.model import Text
from gridmap.reporting.paper import to_pdf
from gridmap.reporting.parts import Line, Part
from gridmap.services.cases import figures, tasks
from gridmap.services.cases.places import Places, places_of
from gridmap.services.cases.worklists import work_list
from gridmap.services.hotspots import runs
from gridmap.services.reports.registering import Entry, write_registered
from gridmap.storage.database import Database
from gridmap.storage.reports import meeting as stored

_MOST = 20
_MOST_ROWS = 60
_FIGURES: tuple[tuple[str, Text], ...] = (
    ("reported", Text("接报", "reported")),
    ("solved", Text("化解", "solved")),
    ("solved_village", Text("其中在村化解", "of these in the village")),
    ("solved_area", Text("其中片区化解", "of these in the area")),
    ("solved_town", Text("其中镇级化解", "of these in the town")),
    ("unsolved", Text("未化解而办结", "closed without a solution")),
    ("open", Text("仍在办理", "still open")),
    ("overdue", Text("其中已逾期", "of these overdue")),
    ("repeated", Text("重复发生", "again within 90 days")),
    ("reopened", Text("重新启动", "opened again")),
    ("deferred", Text("延期", "put off")),
)
_NONE = Text("没有。", "None.")


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
    require_true(actor)
    if not may(actor.role, Action.SEE_CASES):
        raise Forbidden(
            "pack-shows-cases",
            "会议材料列出事件，您的岗位不能查看事件。请向镇综治中心索取。",
            "The pack lists cases, which your post does not see. Ask the town's centre for it.",
        )
    asked, at = read_period(period), now or dt.datetime.now(dt.UTC)
    earlier = period_before(asked)
    # A pack is read by all who meet: whoever makes it, it opens no sealed case.
    scope, zone = actor.scope.opening(None), database.settings.timezone
    names = places_of(database, scope)
    totals = [
        figures.by_grid(database, scope, IncidentQuery(since=one.since, until=one.until), TOWN, now=at).total
        for one in (asked, earlier)
    ]
    since, before = _aware(*local_span(zone, asked.since, asked.until))
    with database.scoped_session(scope) as session:
        up = stored.passed_up(session, since, before)
        again = stored.repeated(session, since, before, least=MINIMUM)
    late = work_list(database, scope, Wanted("overdue"), limit=_MOST, now=at)
    decided = tasks.list_tasks(
        database, scope, kinds=("decision",), is_open=None, done_since=since, limit=None
    )
    parts = (
        _overdue(late, names, at),
        _passed_up(up, names),
        _repeats(again, names),
        _places(database, scope),
        _decisions(decided, names, at.astimezone(ZoneInfo(zone)).date()),
    )
    pack = MeetingPack(
        place=Text(names.name_zh, names.name_en),
        period=Text(asked.zh, asked.name),
        before=Text(earlier.zh, earlier.name),
        as_of=f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}",
        measures=_measures(*totals),
        parts=parts,
        agenda=_agenda(late.total, up, again, parts[3], decided),
    )
    return MadePack(pack, render_meeting(pack, languages))


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


def pdf_of(made: MadePack) -> bytes:
    """Lay a pack out on A4; see :func:`gridmap.reporting.paper.to_pdf`."""
    return to_pdf(made.html, "{}")


def _aware(since: dt.datetime | None, before: dt.datetime | None) -> tuple[dt.datetime, dt.datetime]:
    if since is None or before is None:  # a period has both ends
        raise AssertionError
    return since, before


def _measures(now: GridCounts, before: GridCounts) -> tuple[Measure, ...]:
    out = []
    for name, words in _FIGURES:
        n, m = int(getattr(now, name)), int(getattr(before, name))
        share = f" ({(n - m) / m:+.0%})" if m >= _MOST else ""
        out.append(Measure(words, f"{n:,}", f"{m:,}", f"{n - m:+,}{share}".replace("-", "−")))
    out.append(Measure(Text("按期率", "closed on time"), _on_time(now), _on_time(before)))
    days = ["–" if one.median_days is None else f"{one.median_days:.1f}" for one in (now, before)]
    out.append(Measure(Text("办理天数（中位数）", "days to close (median)"), days[0], days[1]))
    return tuple(out)


def _on_time(one: GridCounts) -> str:
    held = figures.interval(one.on_time, one.due)
    if held is None:
        return "–"
    return f"{one.on_time / one.due:.0%} ({held[0]:.0%}–{held[1]:.0%})"


def _overdue(late: CasePage, names: Places, at: dt.datetime) -> Part:
    lines = tuple(
        Line(
            (
                Text(row.number, row.number),
                _kind(names, row.domain, row.kind),
                _village(names, row.grid_key),
                _grid(names, row.handler_key),
                _same("–" if row.due_at is None else f"{(at - row.due_at).days:,}"),
            )
        )
        for row in late.rows
    )
    return Part(
        Text("二、逾期未结", "2. Overdue"),
        (
            Text("编号", "Number"),
            Text("类别", "Kind"),
            Text("村（社区）", "Village"),
            Text("现由谁办理", "With whom"),
            Text("逾期天数", "Days over"),
        ),
        lines,
        _NONE,
        _left_out(late.total, len(lines)),
    )


def _passed_up(found: list[stored.PassedUp], names: Places) -> Part:
    grounds = {c.code: Text(c.zh, c.en) for c in lists.choices("transfer_ground", untold=True)}
    lines = tuple(
        Line(
            (
                _grid(names, row.village_key),
                grounds.get(row.ground, _same(row.ground)),
                _same(f"{row.cases:,}"),
            )
        )
        for row in found[:_MOST_ROWS]
    )
    return Part(
        Text("三、上交及原因", "3. Passed up, and why"),
        (Text("村（社区）", "Village"), Text("原因", "Why"), Text("件数", "Cases")),
        lines,
        _NONE,
        _left_out(len(found), len(lines)),
    )


def _repeats(found: list[stored.Repeated], names: Places) -> Part:
    lines = tuple(
        Line(
            (
                _grid(names, row.village_key),
                _kind(names, row.domain, row.kind or None),
                _same(f"{row.cases:,}"),
            )
        )
        for row in found[:_MOST_ROWS]
    )
    return Part(
        Text(f"四、同村同类反复（{MINIMUM} 件以上）", f"4. The same kind in one village ({MINIMUM} or more)"),
        (Text("村（社区）", "Village"), Text("类别", "Kind"), Text("件数", "Cases")),
        lines,
        _NONE,
        _left_out(len(found), len(lines)),
    )


def _places(database: Database, scope: Scope) -> Part:
    headings = (Text("地点", "Place"), Text("说明", "What"))
    title = Text("五、新出现和持续的热点", "5. Places that emerge or stay")
    kept = [
        (run.created_at, run.run_id)
        for method in ("emerging", "space-time-scan", "gi")
        for run in runs.list_runs(database, scope, method=method, limit=1)
        if run.created_at is not None and run.run_id is not None
    ]
    if not kept:
        return Part(
            title,
            headings,
            (),
            Text(
                "还没有热点分析。请先运行：gridmap hotspots run --method emerging",
                "There is no hotspot run yet. Make one: gridmap hotspots run --method emerging",
            ),
        )
    run = runs.hotspot_run(database, scope, max(kept)[1])
    quiet = {"none", "candidate", "cold", "LL", "HL", "LH"}
    found = [f for f in run.findings if f.label not in quiet and "cold" not in f.label]
    lines = tuple(
        Line(
            (
                Text(f.evidence["name_zh"], f.evidence["name_en"]),
                Text(f.evidence["words_zh"], f.evidence["words_en"]),
            )
        )
        for f in found[:_MOST]
    )
    told = Text(
        f"第 {run.run_id} 次分析（{run.method}），{run.since} 至 {run.until}；{CAPTION[0]}。",
        f"Run {run.run_id} ({run.method}), {run.since} to {run.until}; {CAPTION[1]}.",
    )
    return Part(title, headings, lines, _NONE, told)


def _decisions(found: list[TaskRow], names: Places, today: dt.date) -> Part:
    lines = []
    for task in found[:_MOST]:
        if task.done_at is not None:
            became = Text(f"已办：{task.result or ''}", f"done: {task.result or ''}")
        elif task.due_on < today:
            late = (today - task.due_on).days
            became = Text(f"逾期 {late} 天", f"{late} days late")
        else:
            became = Text("办理中", "under way")
        lines.append(
            Line(
                (
                    _same(task.text or task.number or "–"),
                    _grid(names, task.grid_key),
                    _same(task.due_on.isoformat()),
                    became,
                )
            )
        )
    return Part(
        Text("六、上次以来的决定及落实", "6. Decisions since last time, and what became of them"),
        (Text("决定", "Decision"), Text("谁来做", "Who"), Text("期限", "By when"), Text("结果", "Outcome")),
        tuple(lines),
        Text(
            "没有。会商决定在事件页面记录后列在这里。",
            "None. What a conference decides is entered on a case's page and listed here.",
        ),
        _left_out(len(found), len(lines)),
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
    return (*told, Text("其他事项；本次决定", "anything else; what is decided today"))


def _left_out(total: int, shown: int) -> Text | None:
    if total <= shown:
        return None
    return Text(
        f"共 {total:,}，此处列前 {shown:,}；其余见台账。",
        f"{shown:,} of {total:,}; the rest is in the work lists.",
    )


def _kind(names: Places, domain: str, kind: str | None) -> Text:
    return Text(*names.kinds.get((domain, kind or ""), (kind or domain, kind or domain)))


def _village(names: Places, key: int) -> Text:
    return _grid(names, key if key == UNASSIGNED or level_of(key) <= VILLAGE else ancestor(key, VILLAGE))


def _grid(names: Places, key: int) -> Text:
    if key == UNASSIGNED:
        return Text("网格外", "in no grid")
    return Text(*names.names.get(key, (str(key), str(key))))


def _same(text: str) -> Text:
    return Text(text, text)
