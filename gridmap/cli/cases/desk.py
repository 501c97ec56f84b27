"""``gridmap cases …``: a case recorded, found, passed on, worked on, ended, followed up."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.table import Table

from gridmap.cli.cases.edits import edit, merge
from gridmap.cli.cases.handover import group as handover
from gridmap.cli.cases.options import PLACE_OPTIONS, told_options
from gridmap.cli.cases.posts import clinics, directory, posts
from gridmap.cli.common import Day, Moment, actor, console, instant, workspace
from gridmap.domain.cases import lists
from gridmap.domain.cases.actions import ACTION_WORDS, Action
from gridmap.domain.cases.asked import NewCase, Spot, StepAsked
from gridmap.domain.cases.model import Case, CaseRow
from gridmap.domain.cases.rules import RULES
from gridmap.domain.codes import code_list
from gridmap.domain.gridkey import UNASSIGNED
from gridmap.services.cases import desk, expiry, intake, screening, tasks, withdrawals
from gridmap.services.cases.places import name_of, names_of
from gridmap.storage.database import Database

_STAGES = {c.code: f"{c.zh} / {c.en}" for c in code_list("stage")}
_SEALED = "保密事件 / sealed case"
_KEY = click.option(
    "--key", type=click.UUID, help="同一编号只办一次 / an act told twice with one key is done once."
)


@click.group(
    help="事件办理 / cases: record, find, show, accept … archive, edit, merge, tasks, screening, bodies, posts, "
    "clinics, handover."
)
def group() -> None:  # noqa: D103 - its help is above
    pass


group.add_command(directory)
group.add_command(posts)
group.add_command(clinics)
group.add_command(edit)
group.add_command(merge)
group.add_command(handover)


@group.command("record")
@told_options(required=True)
@click.option("--grid-reason", help="改选网格的理由 / why another grid than the coordinate's.")
@click.option("--risk", type=click.Choice(["green", "yellow", "red"]), default="green", show_default=True)
@click.option("--risk-ground", "risk_grounds", multiple=True, help="风险依据 / ground of the risk.")
@click.option("--committee-is-party", is_flag=True, help="村委会是当事人 / the committee is a party.")
@click.option(
    "--protect-reporter", "reporter_hidden", is_flag=True, help="保护反映人 / protect the reporter."
)
@click.option("--source-number", "number_of_source", help="来源编号 / the source's number.")
@click.option("--linked-to", help="关联事件编号 / the same matter as this case.")
@click.option("--check", is_flag=True, help="只查可能重复的事件 / only show likely duplicates.")
@_KEY
def _record(occurred: dt.datetime | None, key: uuid.UUID | None, *, check: bool, **told: Any) -> None:
    """登记一起事件 / take a case in; likely duplicates are shown first."""
    with workspace() as database:
        when = instant(database, occurred)
        new = NewCase(occurred_at=when, **told | {"risk_grounds": tuple(told["risk_grounds"])})
        likely = intake.duplicates(database, actor(database).scope, new)
        if likely:
            console.print("可能是同一件事 / these may be the same matter:")
            _print_rows(database, likely)
        if check:
            return
        _print_case(database, intake.record(database, actor(database), new, key or uuid.uuid4()))


@group.command("find")
@click.argument("words")
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True)
def _find(words: str, limit: int) -> None:
    """按编号、词语或地点查找 / find by number, words or place."""
    with workspace() as database:
        _print_rows(database, desk.search(database, actor(database).scope, words, limit=limit))


@group.command("list")
@click.option("--overdue", is_flag=True, help="只列超期的 / only overdue ones.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
def list_open(limit: int, *, overdue: bool) -> None:
    """未办结的事件，按期限 / open cases, those due first before others."""
    with workspace() as database:
        at = dt.datetime.now(dt.UTC) if overdue else None
        _print_rows(database, desk.list_open(database, actor(database).scope, overdue_at=at, limit=limit))


@group.command("show")
@click.argument("number")
def _show(number: str) -> None:
    """一起事件的全部情况 / one case whole."""
    with workspace() as database:
        _print_case(database, desk.find(database, actor(database), number), whole=True)


@group.command("open")
@click.argument("number")
def _open(number: str) -> None:
    """打开一起保密事件，留记录，须以岗位身份（--as）/ open a sealed case as a post; it is written down."""
    with workspace() as database:
        _print_case(database, desk.open_sealed(database, actor(database), number), whole=True)


@group.command("undo")
@click.argument("number")
def _undo(number: str) -> None:
    """一分钟内撤回刚办的一步 / take the newest step back within the minute."""
    with workspace() as database:
        seen = desk.find(database, actor(database), number)
        _print_case(database, desk.undo(database, actor(database), number, seen.row.revision))


@group.command("expire")
@click.option("--dry-run", is_flag=True, help="只统计 / count only.")
def _expire(*, dry_run: bool) -> None:
    """清空到期事件的文字与具体位置，数字保留 / empty texts and places of cases closed long ago."""
    with workspace() as database:
        done = expiry.expire_texts(database, actor(database), dry_run=dry_run)
    day = f"{done.closed_before:%Y-%m-%d}"
    told = "将清空 / would be emptied" if dry_run else "已清空 / emptied"
    console.print(f"{told}: {done.cases} 件 / cases, {day} 之前办结 / closed before {day}")


@group.command("restore")
@click.argument("number")
def restore(number: str) -> None:
    """放回被撤销的事件 / put a withdrawn case back as it was."""
    with workspace() as database:
        withdrawals.restore(database, actor(database), number)
        _print_case(database, desk.find(database, actor(database), number))


_OPTIONS: dict[str, Callable[[Any], Any]] = {
    "note": click.option("--note", help="说明 / note."),
    "method": click.option("--method", help="方式 / method."),
    "outcome": click.option("--outcome", help="结果 / outcome."),
    "agreement": click.option("--agreement", help="协议 / agreement: written, oral, none."),
    "fulfilled": click.option("--fulfilled", help="履行 / fulfilled: yes, partly, no."),
    "ground": click.option("--ground", help="理由 / ground, of a closed list (gridmap cases lists)."),
    "until": click.option("--until", type=Moment(), help="截止 / until when."),
    "to_grid_key": click.option("--to-grid", "to_grid_key", type=int, help="去向网格 / to a grid (key)."),
    "to_body": click.option("--to-body", help="去向机构 / to a body (code)."),
    "corrects": click.option("--corrects", type=int, help="更正哪一步 / number of the step to correct."),
    "risk": click.option("--risk", type=click.Choice(["green", "yellow", "red"]), help="风险 / risk."),
    "risk_grounds": click.option("--risk-ground", "risk_grounds", multiple=True, help="依据 / ground."),
    "bodies": click.option("--body", "bodies", multiple=True, help="会商单位 / a body that confers."),
    "lead": click.option("--lead", help="牵头单位 / the leading body."),
    "linked_to": click.option("--linked-to", help="关联事件编号 / the other case."),
    "again": click.option("--again/--not-again", default=None, help="是否再起纠纷 / in quarrel again."),
    "reporter_hidden": click.option(
        "--protect-reporter/--reporter-open",
        "reporter_hidden",
        default=None,
        help="是否保护反映人 / protect the reporter.",
    ),
    "satisfied": click.option("--satisfied/--not-satisfied", default=None, help="是否满意 / satisfied."),
}


_PLACE = ("lon", "lat", "crs", "accuracy_m", "grid_key")


def _step_command(action: Action) -> None:
    """Make the command of an action, with the options that its rule knows."""
    rule, words = RULES[action], ACTION_WORDS[action]

    def run(number: str, key: uuid.UUID | None, at: dt.datetime | None, **said: Any) -> None:
        with workspace() as database:
            for name in ("until",):
                if said.get(name) is not None:
                    said[name] = instant(database, said[name])
            for name in ("risk_grounds", "bodies"):
                if name in said:
                    said[name] = tuple(said[name])
            place = {name: said.pop(name) for name in _PLACE}
            spot = Spot(**place) if any(value is not None for value in place.values()) else None
            when = None if at is None else instant(database, at)
            seen = desk.find(database, actor(database), number)
            asked = StepAsked(action, at=when, spot=spot, **said)
            done = desk.act(database, actor(database), number, asked, seen.row.revision, key or uuid.uuid4())
            _print_case(database, done)

    for option in reversed(PLACE_OPTIONS):
        run = option(run)
    fields = [part for name in (*rule.needs, *rule.takes) for part in name.split("|")]
    for name in reversed([f for f in fields if f in _OPTIONS]):
        run = _OPTIONS[name](run)
    run = click.option("--at", type=Moment(), help="办理时间 / when; now where absent.")(run)
    run = click.argument("number")(_KEY(run))
    group.command(action.value.replace("_", "-"), help=f"{words.zh} / {words.en}.")(run)


for _action in Action:
    if _action is not Action.ACCEPT:
        _step_command(_action)


@group.command("done")
@click.argument("task_id", type=int)
@click.option("--result", required=True, help="结果 / what came of it.")
def _done(task_id: int, result: str) -> None:
    """完成一项任务 / mark a task as done."""
    with workspace() as database:
        tasks.finish(database, actor(database), task_id, result)
    console.print(f"任务 {task_id} 已完成 / task {task_id} is done.")


@group.command("tasks")
@click.option("--number", help="只列此事件的 / only of this case.")
@click.option("--until", type=Day(), help="到此日到期 / due by this day.")
def _tasks(number: str | None, until: dt.date | None) -> None:
    """回访、走访、会商决定 / follow-ups, visits, decisions that are to be done."""
    with workspace() as database:
        found = tasks.list_tasks(database, actor(database).scope, number=number, until=until)
    table = Table()
    for heading in ("号 / no.", "到期 / due", "种类 / kind", "事件 / case", "网格 / grid", "内容 / what"):
        table.add_column(heading)
    for t in found:
        kind = lists.find("task_kind", t.kind)
        table.add_row(
            str(t.task_id),
            t.due_on.isoformat(),
            f"{kind.zh} / {kind.en}",
            t.number or "–",
            str(t.grid_key),
            _SEALED if t.sealed else t.text,
        )
    console.print(table)


@group.command("lists")
@click.argument("name", required=False, type=click.Choice(lists.names()))
def _lists(name: str | None) -> None:
    """可选的代码 / the closed lists: grounds, outcomes, methods."""
    for listed in [name] if name else lists.names():
        console.print(f"{listed}:")
        for code in lists.choices(listed):
            console.print(f"  {code.code}  {code.zh} / {code.en}")


@group.group("screening", help="排查 / rounds of screening: list, begin, answer, show.")
def _screening() -> None:
    pass


@_screening.command("list")
def _rounds() -> None:
    """排查任务 / rounds, the newest first."""
    with workspace() as database:
        rounds = screening.rounds(database, actor(database).scope)
        if not rounds:
            console.print("还没有排查 / no rounds yet: gridmap cases screening begin")
        for r in rounds:
            console.print(f"{r.round_id}  {r.name}  {r.begins_on} – {r.ends_on}")


@_screening.command("begin")
@click.argument("name")
@click.option("--root", "root_key", type=int, required=True, help="哪个网格之下 / under which grid (key).")
@click.option("--level", type=click.IntRange(1, 4), default=3, show_default=True)
@click.option("--from", "begins_on", type=Day(), required=True, help="第一天 / first day.")
@click.option("--to", "ends_on", type=Day(), required=True, help="最后一天 / last day.")
def _begin(name: str, root_key: int, level: int, begins_on: dt.date, ends_on: dt.date) -> None:
    """开始一轮排查 / begin a round."""
    with workspace() as database:
        made = screening.begin(database, actor(database), name, root_key, level, begins_on, ends_on)
    console.print(f"第 {made.round_id} 轮 / round {made.round_id}: {made.name}")


@_screening.command("answer")
@click.argument("round_id", type=int)
@click.argument("grid_key", type=int)
@click.argument("said", type=click.Choice(["done", "nothing", "found"]))
@click.option("-n", "n", type=click.IntRange(0), default=0, help="件数 / how many, with found.")
def _answer(round_id: int, grid_key: int, said: str, n: int) -> None:
    """答复 / answer for a grid; nothing found is a valid answer."""
    with workspace() as database:
        screening.answer(database, actor(database), round_id, grid_key, said, n=n)
    console.print("已记录 / kept.")


@_screening.command("show")
@click.argument("round_id", type=int)
def _board(round_id: int) -> None:
    """各网格的答复 / every grid's answer."""
    with workspace() as database:
        board = screening.board(database, actor(database).scope, round_id)
    table = Table()
    for heading in ("网格 / grid", "答复 / answer", "件 / n"):
        table.add_column(heading)
    for line in board.lines:
        said = "未答复 / not yet" if line.answer is None else lists.find("screening_answer", line.answer).zh
        table.add_row(f"{line.name_zh} {line.grid_key}", said, str(line.n or ""))
    console.print(table)
    console.print(f"{board.answered}/{len(board.lines)} 已答复 / answered; {board.found} 件 / found")


def _print_rows(database: Database, rows: list[CaseRow]) -> None:
    zone = ZoneInfo(database.settings.timezone)
    table = Table()
    for heading in ("编号 / number", "阶段 / stage", "期限 / due", "承办 / handler", "事由 / what"):
        # A number that is cut short leads to no case.
        table.add_column(heading, overflow="fold", no_wrap=heading.startswith("编号"))
    names = {UNASSIGNED: ("网格外 / in no grid", "")} | names_of(database, actor(database).scope)
    for row in rows:
        due = "–" if row.due_at is None else f"{row.due_at.astimezone(zone):%Y-%m-%d %H:%M}"
        handler, _ = name_of(names, row.handler_key)
        what = _SEALED if row.sealed and row.summary is None else row.summary or ""
        table.add_row(row.number, _STAGES[row.stage], due, handler, what)
    console.print(table)


def _print_case(database: Database, case: Case, *, whole: bool = False) -> None:
    zone = ZoneInfo(database.settings.timezone)
    _print_rows(database, [case.row])
    if case.closed and case.lawful:
        console.print(f"打开（留记录）/ open it, which is written down: gridmap cases open {case.row.number}")
    if case.barred:
        console.print(f"不得调解，请转介 / not to be mediated; show the way to: {', '.join(case.barred)}")
    if whole:
        for s in case.steps:
            words = ACTION_WORDS.get(Action(s.action)) if s.action in set(Action) else None
            name = s.action if words is None else f"{words.zh} / {words.en}"
            undone = "（已撤回 / taken back）" if s.undone_at else ""
            console.print(
                f"  {s.step_id}  {s.at.astimezone(zone):%Y-%m-%d %H:%M}  {name}{undone}  {s.post or ''}  {s.note or ''}"
            )
        if case.body_kind or case.co_body_kinds:
            named = ", ".join(filter(None, (case.body_kind, *case.co_body_kinds)))
            console.print(f"  期限表 / by the limits: {named}")
        for body in case.bodies:
            away = "" if body.direct_m is None else f"{body.direct_m:,.0f} m"
            away = away if body.road_s is None else f"{body.road_s / 60:.0f} min"
            state = "开放 / open" if body.open_now else f"下次 / next {body.opens_next or '–'}"
            console.print(f"  可交 / may take it: {body.code} {body.name_zh}  {away}  {state}")
    steps = ", ".join(f"{s.action.value.replace('_', '-')} {s.zh}" for s in case.lawful)
    console.print(f"可办 / may follow: {steps or '–'}")
