"""Tables about cases that several documents hold: figures against before, overdue, passed up, repeats, decisions."""

from __future__ import annotations

import datetime as dt
from typing import Any

from gridmap.analysis.emerging import CLASSES
from gridmap.domain.accounts import Actor
from gridmap.domain.cases import lists
from gridmap.domain.cases.directory import week_of
from gridmap.domain.cases.figures import GridCounts
from gridmap.domain.cases.hours import say_week
from gridmap.domain.cases.model import TaskRow
from gridmap.domain.cases.worklists import CasePage
from gridmap.domain.codes import code_list
from gridmap.domain.gridkey import UNASSIGNED, VILLAGE, Scope, ancestor, level_of
from gridmap.domain.hotspots import Finding
from gridmap.domain.protection import require_true
from gridmap.domain.roles import Action, may
from gridmap.domain.terms import CAPTION, MINIMUM
from gridmap.errors import Forbidden
from gridmap.reporting.meeting import Measure
from gridmap.reporting.model import Text
from gridmap.reporting.parts import Line, Part
from gridmap.services.cases import figures
from gridmap.services.cases.places import Places
from gridmap.services.hotspots import runs
from gridmap.storage.database import Database
from gridmap.storage.reports import meeting as stored

MOST = 20
_MOST_ROWS = 60
_FIGURES: tuple[tuple[str, Text], ...] = (
    ("reported", Text("接报", "reported")),
    ("solved", Text("化解", "solved")),
    ("solved_village", Text("其中在村化解", "of these in the village")),
    ("solved_area", Text("其中片区化解", "of these in the area")),
    ("solved_town", Text("其中镇级化解", "of these in the town")),
    ("outcome_untold", Text("办结而未注明结果", "closed, outcome not told")),
    ("unsolved", Text("未化解而办结", "closed without a solution")),
    ("open", Text("本期接报仍在办理", "of those reported: still open")),
    ("overdue", Text("其中已逾期", "of these overdue")),
    ("repeated", Text("重复发生", "again within 90 days")),
    ("reopened", Text("重新启动", "opened again")),
    ("deferred", Text("延期", "put off")),
)
NONE = Text("没有。", "None.")
_NUMBERS = "一二三四五六七八九"
_COURSES = {c.code: c for c in CLASSES}
_QUIET = frozenset({"none", "candidate", "cold", "LL", "HL", "LH", "sporadic_hot", "historical_hot"})
"""Labels of places that neither emerge nor stay."""


def require_cases(actor: Actor) -> None:
    """Refuse documents that list cases with true numbers to whoever may not see both.

    Raises
    ------
    Forbidden
    """
    require_true(actor)
    if not may(actor.role, Action.SEE_CASES):
        raise Forbidden(
            "pack-shows-cases",
            "会议材料列出事件，您的岗位不能查看事件。请向镇综治中心索取。",
            "The pack lists cases, which your post does not see. Ask the town's centre for it.",
        )


def aware(since: dt.datetime | None, before: dt.datetime | None) -> tuple[dt.datetime, dt.datetime]:
    """Return both ends of a period that has both."""
    if since is None or before is None:
        raise AssertionError
    return since, before


def week(hours: Any, opens: str | None) -> Text:
    """Say a body's weekly hours; a dash where nobody told them."""
    told = week_of(hours, opens)
    return Text(say_week(told) or "–", say_week(told, english=True) or "–")


def numbered(number: int, zh: str, en: str) -> Text:
    """Return a heading with its number."""
    return Text(f"{_NUMBERS[number - 1]}、{zh}", f"{number}. {en}")


def measures(now: GridCounts, before: GridCounts) -> tuple[Measure, ...]:
    """Tell figures of a period beside those of the one before."""
    out = []
    for name, words in _FIGURES:
        n, m = int(getattr(now, name)), int(getattr(before, name))
        share = f" ({(n - m) / m:+.0%})" if m >= MOST else ""
        out.append(
            Measure(words, f"{n:,}", f"{m:,}", f"{n - m:+,}{share}".replace("-", "−") if n != m else "0")
        )
    out.append(Measure(Text("按期率", "closed on time"), _on_time(now), _on_time(before)))
    days = ["–" if one.median_days is None else f"{one.median_days:.1f}" for one in (now, before)]
    out.append(Measure(Text("办理天数（中位数）", "days to close (median)"), days[0], days[1]))
    return tuple(out)


def _on_time(one: GridCounts) -> str:
    held = figures.interval(one.on_time, one.due)
    if held is None:
        return "–"
    return f"{one.on_time / one.due:.0%} ({held[0]:.0%}–{held[1]:.0%})"


def overdue(number: int, late: CasePage, names: Places, at: dt.datetime) -> Part:
    """Tell cases that are overdue, the longest first."""
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
        numbered(number, "逾期未结", "Overdue"),
        (
            Text("编号", "Number"),
            Text("类别", "Kind"),
            Text("村（社区）", "Village"),
            Text("现由谁办理", "With whom"),
            Text("逾期天数", "Days over"),
        ),
        lines,
        NONE,
        _left_out(late.total, len(lines)),
    )


def passed_up(number: int, found: list[stored.PassedUp], names: Places) -> Part:
    """Tell what villages passed up, and why."""
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
        numbered(number, "上交及原因", "Passed up, and why"),
        (Text("村（社区）", "Village"), Text("原因", "Why"), Text("件数", "Cases")),
        lines,
        NONE,
        _left_out(len(found), len(lines)),
    )


def repeats(number: int, found: list[stored.Repeated], names: Places) -> Part:
    """Tell kinds that came again and again in one village."""
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
        numbered(
            number, f"同村同类反复（{MINIMUM} 件以上）", f"The same kind in one village ({MINIMUM} or more)"
        ),
        (Text("村（社区）", "Village"), Text("类别", "Kind"), Text("件数", "Cases")),
        lines,
        NONE,
        _left_out(len(found), len(lines)),
    )


def hotspot_places(number: int, database: Database, scope: Scope) -> Part:
    """Tell places of the newest hotspot run."""
    headings = (Text("地点", "Place"), Text("说明", "What"))
    title = numbered(number, "新出现和持续的热点", "Places that emerge or stay")
    kept = [
        (run.created_at, run.run_id)
        for method in ("emerging", "space-time-scan", "expected-scan", "gi")
        for run in runs.list_runs(database, scope, method=method, limit=1, all_hours=True)
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
    found = [f for f in run.findings if f.label not in _QUIET and "cold" not in f.label]
    lines = tuple(Line((Text(f.evidence["name_zh"], f.evidence["name_en"]), _found(f))) for f in found[:MOST])
    about = run.summary
    told = Text(
        f"第 {run.run_id} 次分析：{about['method_zh']}，{run.since} 至 {run.until}；{CAPTION[0]}。",
        f"Run {run.run_id}: {about['method_en']}, {run.since} to {run.until}; {CAPTION[1]}.",
    )
    return Part(title, headings, lines, NONE, told)


def _found(one: Finding) -> Text:
    """Tell what was found at a place; of an emerging hotspot its class first."""
    zh, en = one.evidence["words_zh"], one.evidence["words_en"]
    course = _COURSES.get(one.label)
    return Text(zh, en) if course is None else Text(f"{course.zh}；{zh}", f"{course.en}; {en}")


def decisions(number: int, found: list[TaskRow], names: Places, today: dt.date) -> Part:
    """Tell decisions since last time, and what became of them."""
    lines = []
    for task in found[:MOST]:
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
        numbered(number, "上次以来的决定及落实", "Decisions since last time, and what became of them"),
        (Text("决定", "Decision"), Text("谁来做", "Who"), Text("期限", "By when"), Text("结果", "Outcome")),
        tuple(lines),
        Text(
            "没有。会商决定在事件页面记录后列在这里。",
            "None. What a conference decides is entered on a case's page and listed here.",
        ),
        _left_out(len(found), len(lines)),
    )


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
    if key in names.names:
        return Text(*names.names[key])
    # A desk above, whose name the scope does not hold.
    level = next(c for c in code_list("grid_level") if c.code == str(level_of(key)))
    return Text(level.zh, level.en)


def _same(text: str) -> Text:
    return Text(text, text)
