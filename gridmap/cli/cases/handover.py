"""``gridmap cases handover …``: the shift, left to the next desk and taken over."""

from __future__ import annotations

import uuid
from zoneinfo import ZoneInfo

import click
from rich.table import Table

from gridmap.cli.common import actor, console, workspace
from gridmap.services.cases import handover
from gridmap.services.cases.handover import Handover
from gridmap.storage.database import Database

_KEY = click.option(
    "--key", type=click.UUID, help="同一编号只办一次 / an act told twice with one key is done once."
)
_MOST = 10


@click.group("handover", help="交接班 / the shift: list, give, take.")
def group() -> None:  # noqa: D103 - its help is above
    pass


@group.command("list")
def _list() -> None:
    """本岗最近的交接班 / the newest handovers of one's desk."""
    with workspace() as database:
        _print(database, handover.handovers(database, actor(database).scope)[:_MOST])


@group.command("give")
@click.option("--note", default="", help="交班说明 / what the next desk has to know.")
@_KEY
def _give(*, note: str, key: uuid.UUID | None) -> None:
    """交班 / leave the shift to the next desk."""
    with workspace() as database:
        _print(database, [handover.give(database, actor(database), note, key=key)])


@group.command("take")
@click.argument("number", type=int)
@_KEY
def _take(*, number: int, key: uuid.UUID | None) -> None:
    """接班，读过说明之后 / take the shift over, having read the note."""
    with workspace() as database:
        _print(database, [handover.take(database, actor(database), number, key=key)])


def _print(database: Database, found: list[Handover]) -> None:
    zone = ZoneInfo(database.settings.timezone)
    table = Table()
    for heading in (
        "#",
        "交班 / given",
        "在办 / open",
        "今日到期 / due today",
        "逾期 / overdue",
        "说明 / note",
        "接班 / taken",
    ):
        table.add_column(heading)
    for one in found:
        given = f"{one.given_at.astimezone(zone):%m-%d %H:%M} {one.given_by}"
        taken = "–" if one.taken_at is None else f"{one.taken_at.astimezone(zone):%m-%d %H:%M} {one.taken_by}"
        counts = (str(n) for n in (one.open, one.due_today, one.overdue))
        table.add_row(str(one.number), given, *counts, one.note, taken)
    console.print(table)
