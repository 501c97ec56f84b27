"""What the commands about patrols are given, as they are typed."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import click

from gridmap.cli.common import Day
from gridmap.services.patrols.make.changed import Added, Taken


class Shift(click.ParamType[dt.date | None]):
    """A day on which the shift begins, or ``tonight``."""

    name = "tonight|YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.date | None:
        """Read the day; None means tonight."""
        return None if value in {None, "tonight"} else Day().convert(value, param, ctx)


class Lock(click.ParamType[tuple[str, str]]):
    """A stop and the team that it is kept for."""

    name = "STOP=TEAM"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Read STOP=TEAM."""
        if isinstance(value, tuple):
            return value
        stop, _, team = str(value).partition("=")
        if not stop or not team:
            self.fail(f"{value!r} 应为 停靠点=队伍 / must be STOP=TEAM, as H3=T05", param, ctx)
        return stop.strip(), team.strip()


class Emergency(click.ParamType[Taken]):
    """A team, where it goes, and when it is free again."""

    name = "TEAM:LON,LAT:FREE_AT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Taken:
        """Read TEAM:LON,LAT:FREE_AT."""
        if isinstance(value, Taken):
            return value
        parts = str(value).split(":", 2)
        place = _place(parts[1]) if len(parts) == 3 else None
        if place is None or not parts[0] or not parts[2]:
            self.fail(
                f"{value!r} 应为 队伍:经度,纬度:何时空出 / must be TEAM:LON,LAT:FREE_AT, as T05:120.35,29.85:22:15",
                param,
                ctx,
            )
        return Taken(parts[0], *place, parts[2])


class NewStop(click.ParamType[Added]):
    """A place that comes in, with a name."""

    name = "LON,LAT[:NAME]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Added:
        """Read LON,LAT or LON,LAT:NAME."""
        if isinstance(value, Added):
            return value
        text, _, label = str(value).partition(":")
        place = _place(text)
        if place is None:
            self.fail(f"{value!r} 应为 经度,纬度[:名称] / must be LON,LAT or LON,LAT:NAME", param, ctx)
        return Added(*place, label.strip() or None)


class DayOff(click.ParamType[tuple[str, dt.date]]):
    """A team and a day on which it has no shift."""

    name = "TEAM=YYYY-MM-DD"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, dt.date]:
        """Read TEAM=YYYY-MM-DD."""
        if isinstance(value, tuple):
            return value
        team, _, day = str(value).partition("=")
        if not team.strip() or not day.strip():
            self.fail(f"{value!r} 应为 队伍=日期 / must be TEAM=YYYY-MM-DD, as T02=2026-12-03", param, ctx)
        return team.strip(), Day().convert(day.strip(), param, ctx)


def codes_of(text: str) -> tuple[str, ...]:
    """Read codes that commas part, Chinese or not."""
    return tuple(code for part in re.split("[,，、;；]", text) if (code := part.strip()))


def _place(text: str) -> tuple[float, float] | None:
    try:
        lon, lat = (float(part) for part in text.replace("，", ",").split(","))
    except ValueError:
        return None
    return (lon, lat) if -180 <= lon <= 180 and -90 <= lat <= 90 else None
