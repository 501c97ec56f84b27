"""What commands share: opening the workspace, progress bars, tables."""

from __future__ import annotations

import datetime as dt
import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from gridmap.cli.rights import ASKED, WRITTEN_DOWN
from gridmap.domain.accounts import Actor
from gridmap.domain.days import EARLIEST_YEAR, FARTHEST
from gridmap.domain.legible import legible
from gridmap.domain.roles import require
from gridmap.domain.terms import Term
from gridmap.errors import Forbidden, InvalidInput
from gridmap.services.accounts import audit
from gridmap.services.accounts.desk import find_post
from gridmap.settings import Settings, load_settings
from gridmap.storage.database import Database
from gridmap.storage.schema import require_current, schema_version, upgrade

_ACTOR = "gridmap.actor"
NOTHING = "没有 / none."
"""What a list of nothing says."""
_CODE = re.compile(r"[!-~]{1,24}")
_Command = TypeVar("_Command", bound=Callable[..., Any])


class Terminal(Console):
    """A terminal on which text is text: brackets are no markup, colons no emoji, and nothing steers it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(soft_wrap=True, markup=False, emoji=False, **options)
        if "width" not in options:
            # Asked for at each line: a console keeps the COLUMNS of when it was made.
            self._width = None

    def print(self, *objects: Any, **options: Any) -> None:
        """Print; a table that is wider than the terminal is folded: what is cut is neither read nor copied.

        One without rows says so in words.
        """
        shown = [_nothing(one) if isinstance(one, Table) and not one.row_count else one for one in objects]
        for table in shown:
            if isinstance(table, Table):
                _fold(table)
        super().print(*shown, **options)

    def render_str(self, text: str, **options: Any) -> Text:
        """Make the text that is shown; every string of a line or a table's cell passes here."""
        return super().render_str(legible(text), **options)


def _nothing(table: Table) -> str:
    return NOTHING if table.title is None else f"{table.title}\n{NOTHING}"


def _fold(table: Table) -> None:
    for n, column in enumerate(table.columns):
        if column.overflow == "ellipsis":
            column.overflow = "fold"
        # The number or code by which a row is named in other commands stands in one piece.
        if n == 0 and all(isinstance(cell, str) and _CODE.fullmatch(cell) for cell in column.cells):
            column.no_wrap = True


console = Terminal()
errors = Terminal(stderr=True)

STEPS = {
    "read": "读取文件 / reading",
    "check": "检查 / checking",
    "assign": "归格 / assigning to grids",
    "copy": "写入 / writing",
    "commit": "提交 / committing",
    "write": "写入 / writing",
    "analyse": "分析 / analysing",
    "plan": "规划 / planning",
    "restore": "恢复 / restoring",
    "save": "保存 / saving",
    "reassign": "重新归格 / assigning again",
}


def known_settings() -> Settings:
    """Return the settings; a workspace that nobody has named is made only after asking.

    Raises
    ------
    InvalidInput
        When GRIDMAP_HOME is not set, the usual folder holds no workspace, and whoever is asked does not want one there,
        or there is no terminal to ask at.
    """
    settings = load_settings()
    is_named = "home" in settings.model_fields_set or not settings.embedded
    if is_named or (settings.home / "database").exists():
        return settings
    home = settings.home
    asked = f"没有设置 GRIDMAP_HOME。在 {home} 新建工作区 / no GRIDMAP_HOME; make a workspace in {home}?"
    if sys.stdin.isatty() and click.confirm(asked, err=True):
        return settings
    raise InvalidInput(
        "home-unset",
        f"没有设置 GRIDMAP_HOME，{settings.home} 里也没有工作区，没有新建。请先设置：export GRIDMAP_HOME=文件夹",
        f"GRIDMAP_HOME is not set and {settings.home} holds no workspace; none was made. First: export "
        "GRIDMAP_HOME=FOLDER",
    )


@contextmanager
def workspace(*, fresh_is_fine: bool = True) -> Iterator[Database]:
    """Open the workspace's database, and refuse a schema that does not fit.

    Parameters
    ----------
    fresh_is_fine : bool
        Whether an embedded database that was only just made, or that an older version made, gets this version's
        schema without asking. A server that others administer is never changed so.
    """
    with Database(
        known_settings(), on_step=lambda step: errors.print(f"{step} …", highlight=False)
    ) as database:
        behind = {"absent", "older"}
        if fresh_is_fine and database.settings.embedded and schema_version(database).state in behind:
            upgrade(database)
        require_current(database)
        yield database


def actor(database: Database) -> Actor:
    """Return for whom the command acts: the workspace's keeper, or the post that ``--as`` (GRIDMAP_AS) names.

    Raises
    ------
    NotFound
        When there is no such post.
    Forbidden
        When it is locked, or may not do what the command does.
    """
    context = click.get_current_context(silent=True)
    if context is None:
        return Actor.at_the_machine()
    # A command may ask several times; what it does is written down once.
    told = context.find_root().meta
    if _ACTOR not in told:
        command = " ".join(context.command_path.split()[1:])
        told[_ACTOR] = acting = _acting(database, context.find_root().params.get("as_post"), command)
        if command in WRITTEN_DOWN:
            audit.record(database, acting, command.replace(" ", "_"), "", "asked", by="command")
    return cast("Actor", told[_ACTOR])


def _acting(database: Database, name: str | None, command: str) -> Actor:
    if not name:
        return Actor.at_the_machine()
    post = find_post(database, name)
    if post.is_locked:
        raise Forbidden(
            "post-locked",
            f"岗位“{post.name}”已停用。",
            f"The post “{post.name}” is locked.",
        )
    wanted = ASKED.get(command)
    if wanted is None:
        raise Forbidden(
            "keeper-only",
            "这条命令只由工作区管理者在本机执行，不能以岗位身份运行。",
            "This command is the keeper's, at the machine itself; it is not run for a post.",
        )
    require(post.actor, wanted)
    return post.actor


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar for each step of long work; give the callback that services take."""
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=errors, transient=True
    ) as bars:
        tasks: dict[str, TaskID] = {}

        def on_progress(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(STEPS.get(step, step), total=max(total, 1))
            bars.update(tasks[step], completed=done, total=max(total, 1))

        yield on_progress


def read_mapping(path: Path | None) -> dict[str, str] | None:
    """Read a mapping file: a JSON object from headings to fields.

    Raises
    ------
    InvalidInput
        When it is not one.
    """
    if path is None:
        return None
    try:
        mapping = json.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        mapping = None
    if isinstance(mapping, dict) and isinstance(mapping.get("values"), dict):
        mapping = {k: v for k, v in mapping.items() if k != "values"} | _flat(mapping["values"])
    if not isinstance(mapping, dict) or not all(isinstance(v, str) for v in mapping.values()):
        raise InvalidInput(
            "mapping-file",
            f'{path.name} 不是列对应表：应为 JSON 对象，如 {{"发生日期": "occurred_at"}}。见 docs/import.md。',
            f'{path.name} is no mapping: it must be a JSON object, such as {{"date": "occurred_at"}}. '
            "See docs/import.md.",
        )
    return {str(k): str(v) for k, v in mapping.items()}


def _flat(values: dict[str, Any]) -> dict[str, Any]:
    """Spell ``{"channel": {"网格员上报": "patrol"}}`` as ``{"channel=网格员上报": "patrol"}``."""
    return {
        f"{field}={text}": code
        for field, table in values.items()
        if isinstance(table, dict)
        for text, code in table.items()
    }


def asked(
    term: Term, *names: str, kind: type[float | int] = float, per: float = 1, optional: bool = False
) -> Callable[[_Command], _Command]:
    """Make the option of a term, with its words and its default; whatever does the work refuses what is out of limits.

    Parameters
    ----------
    term : Term
    *names : str
        Of the option and of its argument.
    kind : {float, int}
    per : float
        How many of the term's own unit one of the option's is: 60 where minutes are asked for in place of seconds.
    optional : bool
        Whether the default is left to what is asked for.
    """
    default = None if optional or term.default is None else kind(term.default / per)
    unit = "min" if per == 60 else term.unit
    words = f"{term.zh} / {term.en}{f', {unit}' if unit else ''}."
    return click.option(*names, type=kind, default=default, show_default=default is not None, help=words)


class Day(click.ParamType[dt.date]):
    """A day, YYYY-MM-DD."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.date:
        """Read the day."""
        if isinstance(value, dt.date):
            return value
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} 不是日期 / is not a day (YYYY-MM-DD)", param, ctx)


class Moment(click.ParamType[dt.datetime]):
    """An instant, YYYY-MM-DDTHH:MM; local time of the workspace where it has no zone."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.datetime:
        """Read the instant."""
        if isinstance(value, dt.datetime):
            return value
        try:
            at = dt.datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} 不是时间 / is not a time (YYYY-MM-DDTHH:MM)", param, ctx)
        if not EARLIEST_YEAR <= at.year < FARTHEST.year:
            self.fail(f"{value!r} 不在 1949 至 2199 年之间 / does not lie from 1949 to 2199", param, ctx)
        return at


def instant(database: Database, at: dt.datetime | None) -> dt.datetime:
    """Return an instant in the workspace's zone where it names none; the present where there is none."""
    if at is None:
        return dt.datetime.now(dt.UTC)
    return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(database.settings.timezone))
