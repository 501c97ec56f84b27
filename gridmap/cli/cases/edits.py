"""``gridmap cases edit`` and ``gridmap cases merge``: what was told put right, and the same matter made one."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import replace
from typing import Any

import click

from gridmap.cli.common import Moment, actor, console, instant, workspace
from gridmap.domain.cases import lists
from gridmap.domain.codes import codes
from gridmap.services.cases import desk, edits

_REASON = click.option("--reason", required=True, help="理由 / why.")


@click.command("edit")
@click.argument("number")
@click.option("--domain", type=click.Choice(sorted(codes("domain"))), help="领域 / domain.")
@click.option("--kind", help="类型 / kind.")
@click.option("--summary", help="事由 / what it is about.")
@click.option("--lon", type=float, help="经度 / longitude.")
@click.option("--lat", type=float, help="纬度 / latitude.")
@click.option("--crs", help="坐标系 / system of the coordinate: gcj02, bd09, EPSG code.")
@click.option("--accuracy", "accuracy_m", type=float, help="精度，米 / accuracy, m.")
@click.option("--grid", "grid_key", type=int, help="网格键 / grid key.")
@click.option("--place", help="地点描述 / the place in words.")
@click.option("--occurred", type=Moment(), help="发生时间 / when.")
@click.option("--channel", type=click.Choice(sorted(codes("channel"))), help="来源 / channel.")
@click.option(
    "--found-by", type=click.Choice(sorted(lists.codes_of("found_by"))), help="发现主体 / found by."
)
@click.option("--people", "people_count", type=click.IntRange(1), help="涉及人数 / people.")
@click.option(
    "--sum-band", type=click.Choice([c.code for c in lists.choices("sum_band")]), help="金额 / sum."
)
@click.option("--scale", type=click.Choice(sorted(codes("scale"))), help="规模 / scale.")
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
