"""What the commands about cases are given of a case, as it is typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from gridmap.cli.common import Moment, asked
from gridmap.domain import terms
from gridmap.domain.cases import lists
from gridmap.domain.codes import codes

PLACE_OPTIONS = (
    click.option("--lon", type=float, help="经度 / longitude."),
    click.option("--lat", type=float, help="纬度 / latitude."),
    click.option("--crs", help="坐标系 / system of the coordinate: gcj02, bd09, EPSG code."),
    asked(terms.ACCURACY, "--accuracy", "accuracy_m"),
    click.option("--grid", "grid_key", type=int, help="网格键 / grid key."),
)
"""Where a case is, by a coordinate of any system or by a grid."""

_Command = TypeVar("_Command", bound=Callable[..., Any])


def told_options(*, required: bool) -> Callable[[_Command], _Command]:
    """Make the options of what is told of a case.

    Parameters
    ----------
    required : bool
        Whether domain and summary have to be given, as for a case that is taken in.
    """
    options = (
        click.option(
            "--domain", required=required, type=click.Choice(sorted(codes("domain"))), help="领域 / domain."
        ),
        click.option("--kind", help="类型 / kind."),
        click.option("--summary", required=required, help="事由，不写姓名 / what it is about, no names."),
        *PLACE_OPTIONS,
        click.option("--place", help="地点描述 / the place in words."),
        click.option("--occurred", type=Moment(), help="发生时间 / when."),
        click.option("--channel", type=click.Choice(sorted(codes("channel"))), help="来源 / channel."),
        click.option(
            "--found-by", type=click.Choice(sorted(lists.codes_of("found_by"))), help="发现主体 / found by."
        ),
        asked(terms.PEOPLE, "--people", "people_count", kind=int),
        click.option(
            "--sum-band", type=click.Choice([c.code for c in lists.choices("sum_band")]), help="金额 / sum."
        ),
        click.option("--scale", type=click.Choice(sorted(codes("scale"))), help="规模 / scale."),
    )

    def add(command: _Command) -> _Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add
