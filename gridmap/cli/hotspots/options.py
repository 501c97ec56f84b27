"""Kinds of options of hotspot runs: bands, hours of the day, weekdays."""

from __future__ import annotations

from typing import Any

import click

from gridmap.errors import InvalidInput


def _refused(zh: str, en: str) -> InvalidInput:
    return InvalidInput("option-list", zh, en)


class Numbers(click.ParamType[tuple[float, ...]]):
    """Numbers with commas between them."""

    name = "0,100,200"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, ...]:
        """Read the numbers."""
        del param, ctx
        if isinstance(value, tuple):
            return value
        try:
            return tuple(float(part) for part in str(value).replace("，", ",").split(","))
        except ValueError:
            raise _refused(
                f"分段“{value}”不是用逗号隔开的数，请写成 0,100,200。",
                f"{value} is no list of numbers: write 0,100,200.",
            ) from None


class Weekdays(click.ParamType[tuple[int, ...]]):
    """Weekdays with commas between them, 1 for Monday."""

    name = "6,7"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Read the weekdays."""
        del param, ctx
        if isinstance(value, tuple):
            return value
        try:
            return tuple(sorted({int(part) for part in str(value).replace("，", ",").split(",")}))
        except ValueError:
            raise _refused(
                f"星期“{value}”看不懂，请写成 6,7（1 为周一）。",
                f"{value} are no weekdays: write 6,7 (1 is Monday).",
            ) from None


class HoursOfDay(click.ParamType[tuple[int, int]]):
    """Hours of the day from one full hour to another."""

    name = "22-6"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """Read the hours."""
        del param, ctx
        if isinstance(value, tuple):
            return value[0], value[1]
        first, dash, last = str(value).replace("–", "-").replace("至", "-").partition("-")
        if not (dash and first.strip().isdecimal() and last.strip().isdecimal()):
            raise _refused(f"时段“{value}”看不懂，请写成 22-6。", f"{value} are no hours: write 22-6.")
        return int(first), int(last)
