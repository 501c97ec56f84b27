"""``gridmap cases edit`` and ``gridmap cases merge``: what was told put right, and the same matter made one."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import replace
from typing import Any

import click

from gridmap.cli.cases.options import told_options
from gridmap.cli.common import actor, console, instant, workspace
from gridmap.services.cases import desk, edits

_REASON = click.option("--reason", required=True, help="理由 / why.")


@click.command("edit")
@click.argument("number")
@told_options(required=False)
@_REASON
def edit(number: str, occurred: dt.datetime | None, reason: str, **given: Any) -> None:
    """更改登记内容，只改所给的项 / put right what was told; only what is given changes."""
    with workspace() as database:
        acting = actor(database)
        case = desk.find(database, acting, number)
        changes = {name: value for name, value in given.items() if value is not None}
        if occurred is not None:
            changes["occurred_at"] = instant(database, occurred)
        if case.told.lon is not None or "lon" in changes:
            # The grid follows the coordinate unless a person names one.
            changes.setdefault("grid_key", None)
        if "lon" in changes:
            changes.setdefault("crs", None)
        told = replace(case.told, **changes)
        edits.change(database, acting, number, told, case.row.revision, reason, uuid.uuid4())
    console.print("已更改 / changed.")


@click.command("merge")
@click.argument("number")
@click.argument("other")
@_REASON
def merge(number: str, other: str, reason: str) -> None:
    """把 OTHER 并入 NUMBER / merge OTHER, the same matter, into NUMBER; `cases restore` puts it back."""
    with workspace() as database:
        edits.merge(database, actor(database), number, other, reason, uuid.uuid4())
    console.print("已并入 / merged.")
