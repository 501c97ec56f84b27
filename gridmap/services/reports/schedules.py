"""Reports that are made by themselves: kept with the workspace, put into the queue when a span has ended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from gridmap.domain.accounts import Actor, Role
from gridmap.domain.days import local_day
from gridmap.domain.roles import Action
from gridmap.domain.schedules import EVERY, Every, Schedule, newest_span
from gridmap.errors import Conflict, Forbidden, InvalidInput, NotFound
from gridmap.services.jobs.standing import StandingOrders
from gridmap.services.reports.ordering import WantedReport, order_report, request_of
from gridmap.storage.database import Database

MOST = 50


def _full() -> Conflict:
    return Conflict(
        "schedules-full",
        f"定期报告已有 {MOST} 项，请先停用不再需要的。",
        f"There are {MOST} schedules: end those that nobody needs.",
    )


def _by_post() -> Forbidden:
    return Forbidden(
        "schedule-by-post",
        "定期报告归岗位所有：请登录岗位后设置，令牌不行。",
        "A schedule belongs to a post: sign in as one; a token cannot set it.",
    )


def _absent() -> NotFound:
    return NotFound(
        "schedule-not-found",
        "没有这项定期报告，可能已停用。",
        "There is no such schedule: it may have been ended already.",
    )


_ORDERS = StandingOrders(
    "report_schedules", TypeAdapter(list[Schedule]), MOST, full=_full, by_post=_by_post, absent=_absent
)


def list_schedules(database: Database, actor: Actor) -> list[Schedule]:
    """Return the actor's own schedules; an administrator's are all."""
    every = _ORDERS.every(database)
    return [one for one in every if actor.role is Role.ADMINISTRATOR or one.post == actor.post]


def add_schedule(
    database: Database,
    actor: Actor,
    every: Every,
    *,
    within: int | None = None,
    languages: Literal["zh", "en", "both"] = "both",
    purpose: str,
    now: dt.datetime | None = None,
) -> Schedule:
    """Have a hotspot report made each week (of four), month or quarter, the first when the present one has ended.

    Raises
    ------
    InvalidInput
        When the span is none, or the purpose cannot be printed.
    NotFound
        When there is no such grid, or it lies outside of what the actor may see.
    Forbidden
        When a program asks: a report belongs to a post.
    Conflict
        When there are as many as there may be.
    """
    if every not in EVERY:
        raise InvalidInput(
            "schedule-every",
            f"周期只能是每周、每月、每季（{'、'.join(EVERY)}）。",
            f"It is made every {', '.join(EVERY)}: choose one of these.",
        )
    _ORDERS.require_post(actor)
    _, until = newest_span(every, local_day(now, database.settings.timezone))
    request_of(
        database, actor, WantedReport(since=until, until=until, within=within, purpose=purpose, level=1)
    )
    return _ORDERS.add(
        database,
        lambda number, _: Schedule(number, every, within, languages, purpose.strip(), actor.post, until),
    )


def remove_schedule(database: Database, actor: Actor, number: int) -> None:
    """End a schedule; reports that it made stay.

    Raises
    ------
    NotFound
    Forbidden
        When it is another post's.
    """
    _ORDERS.remove(database, actor, number)


def make_due(
    database: Database, *, assets: Callable[[], Path], now: dt.datetime | None = None
) -> list[Schedule]:
    """Put every report into the queue whose span has ended since it was made last; return these schedules.

    Parameters
    ----------
    database : Database
    assets : callable
        Gives the folder with the files of the browser's map library.
    now : datetime, optional
        Aware; the present by default.

    Notes
    -----
    Where a server was away for several spans only the newest is made. A post that is locked, gone, or may make no
    reports any more gets none; its schedule stays and goes on when it is back.
    """
    today = local_day(now, database.settings.timezone)

    def due(one: Schedule) -> Schedule | None:
        _, until = newest_span(one.every, today)
        return None if until <= one.made_until else replace(one, made_until=until)

    def submit(actor: Actor, one: Schedule) -> Schedule:
        since, until = newest_span(one.every, today)
        wanted = WantedReport(
            since=since, until=until, within=one.within, languages=one.languages, purpose=one.purpose
        )
        order_report(database, actor, wanted, assets=assets())
        return one

    return _ORDERS.carry_out(database, Action.REPORT, due, submit)
