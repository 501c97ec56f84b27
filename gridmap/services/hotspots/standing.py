"""Forecasts that are made by themselves: kept with the workspace, put into the queue each Monday."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from pydantic import TypeAdapter

from gridmap.domain.accounts import Actor
from gridmap.domain.days import local_day
from gridmap.domain.forecasts import Standing, monday_of
from gridmap.domain.gridkey import Scope
from gridmap.domain.jobs import Job
from gridmap.domain.protection import require_true
from gridmap.domain.roles import Action
from gridmap.errors import Conflict, Forbidden, GridmapError, NotFound
from gridmap.services.accounts.owners import actor_behind, require_owner
from gridmap.services.hotspots.jobs import WEEK_FORECAST
from gridmap.services.hotspots.kept_forecasts import Track, WeekAsked, spec_of, track
from gridmap.services.hotspots.observations import load_inputs
from gridmap.services.jobs.desk import submit
from gridmap.services.jobs.standing import StandingOrders
from gridmap.storage.database import Database
from gridmap.storage.jobs import queue

MOST = 20


def _full() -> Conflict:
    return Conflict(
        "forecasts-full",
        f"每周预测已有 {MOST} 项，请先停用不再需要的。",
        f"There are {MOST} weekly forecasts: end those that nobody needs.",
    )


def _by_post() -> Forbidden:
    return Forbidden(
        "forecast-by-post",
        "每周预测归岗位所有：请登录岗位后设置，令牌不行。",
        "A weekly forecast belongs to a post: sign in as one; a token cannot set it.",
    )


def _absent() -> NotFound:
    return NotFound(
        "forecast-not-found",
        "没有这项每周预测，可能已停用。",
        "There is no such weekly forecast: it may have been ended already.",
    )


_ORDERS = StandingOrders(
    "standing_forecasts", TypeAdapter(list[Standing]), MOST, full=_full, by_post=_by_post, absent=_absent
)


def list_standing(database: Database, actor: Actor) -> list[Standing]:
    """Return the forecasts that are made each week of grids that the actor sees.

    Raises
    ------
    Forbidden
        When the actor is told perturbed numbers only.
    """
    require_true(actor)
    return [one for one in _ORDERS.every(database) if _visible(one, actor)]


def _visible(one: Standing, actor: Actor) -> bool:
    if one.within is None:
        return _same(actor.scope, Scope.whole()) or one.post == actor.post
    inside = Scope.of_grid(one.within)
    return inside.lo in actor.scope and inside.hi in actor.scope


def find_standing(database: Database, actor: Actor, number: int) -> Standing:
    """Return one of them.

    Raises
    ------
    NotFound
    """
    found = next((one for one in list_standing(database, actor) if one.number == number), None)
    if found is None:
        raise _absent()
    return found


def add_standing(
    database: Database,
    actor: Actor,
    *,
    level: int,
    domain: str | None = None,
    within: int | None = None,
    now: dt.datetime | None = None,
) -> Standing:
    """Have a forecast made each Monday; that of the present week, from what was known on its Monday, at once.

    Parameters
    ----------
    database : Database
    actor : Actor
    level : int
        Of the grids.
    domain : str, optional
        Code; all domains by default.
    within : int, optional
        Key of the grid that it is about; all that the actor sees by default.
    now : datetime, optional
        Aware; the present by default.

    Raises
    ------
    InvalidInput
        When there are fewer than twelve weeks of records, no incident among them, or no such domain or level.
    NotFound
        When there is no such grid, or it lies outside of what the actor sees.
    Forbidden
        When a program asks, or somebody who is told perturbed numbers only.
    Conflict
        When it is made already, or there are as many as there may be.
    """
    require_true(actor)
    _ORDERS.require_post(actor)
    within = within if within is not None else _own_grid(actor.scope)
    monday = monday_of(local_day(now, database.settings.timezone))
    spec = spec_of(database, actor.scope, WeekAsked(domain, level, within, monday))
    # What cannot be foretold today is refused here, where somebody reads why, and not in the queue each Monday.
    load_inputs(database, actor.scope, spec, patrol_found=False)

    def make(number: int, kept: list[Standing]) -> Standing:
        if any((one.domain, one.level, one.within) == (domain, level, within) for one in kept):
            raise Conflict(
                "forecast-stands",
                "这项预测已经每周在做，见列表。",
                "This forecast is made each week already: see the list.",
            )
        return Standing(number, domain, level, within, actor.post)

    made = _ORDERS.add(database, make)
    due = make_due(database, now=now)
    return next((one for one in due if one.number == made.number), made)


def _same(scope: Scope, other: Scope) -> bool:
    """Tell whether two scopes are about the same grids, whatever sealed cases they open."""
    return (scope.lo, scope.hi) == (other.lo, other.hi)


def _own_grid(scope: Scope) -> int | None:
    """Return the grid whose subtree a scope is; None for the whole workspace and for regions."""
    if _same(scope, Scope.whole()):
        return None
    try:
        return scope.lo if _same(scope, Scope.of_grid(scope.lo)) else None
    except GridmapError:
        return None


def remove_standing(database: Database, actor: Actor, number: int) -> None:
    """End a weekly forecast; what it said stays, and is there again when it is begun anew.

    Raises
    ------
    NotFound
    Forbidden
        When it is another post's.
    """
    find_standing(database, actor, number)
    _ORDERS.remove(database, actor, number)


def make_due(database: Database, *, now: dt.datetime | None = None) -> list[Standing]:
    """Put the present week's forecast into the queue wherever it was not asked for yet; return these.

    Notes
    -----
    A week that passed while no server ran has none: nothing is said of a week after it.
    """
    monday = monday_of(local_day(now, database.settings.timezone))

    def due(one: Standing) -> Standing | None:
        asked_for = one.made_for is not None and one.made_for >= monday
        return None if asked_for else replace(one, made_for=monday)

    return _ORDERS.carry_out(
        database, Action.RUN_HOTSPOTS, due, lambda actor, one: _asked(database, actor, one, monday)
    )


def _asked(database: Database, actor: Actor, one: Standing, monday: dt.date) -> Standing:
    """Ask for a week of an order."""
    asked = WeekAsked(one.domain, one.level, one.within, monday)
    job = submit(database, actor.scope, WEEK_FORECAST, asked, owner=actor.post)
    return replace(one, made_for=monday, job=job.job_id)


def newest_job(database: Database, one: Standing) -> Job | None:
    """Return the job that makes a forecast's newest week; None where none was asked for, or it is long over."""
    if one.job is None:
        return None
    with database.scoped_session(Scope.whole()) as session:
        return queue.find_job(session, one.job)


def ask_again(database: Database, actor: Actor, number: int, *, now: dt.datetime | None = None) -> Standing:
    """Ask once more for the present week of a forecast, where what was asked for it failed or was called off.

    Raises
    ------
    NotFound
    Forbidden
        When it is another post's.
    Conflict
        When it is being made.
    InvalidInput
        When it still cannot be foretold.
    Busy, Unavailable
        When the queue is full.
    """
    one = find_standing(database, actor, number)
    require_owner(actor, one.post)
    monday = monday_of(local_day(now, database.settings.timezone))
    spec = spec_of(database, actor.scope, WeekAsked(one.domain, one.level, one.within, monday))
    load_inputs(database, actor.scope, spec, patrol_found=False)
    # As its own post, whoever of the administrators asks.
    behind = actor_behind(database, one.post, Action.RUN_HOTSPOTS) or actor

    def anew(kept: Standing) -> Standing:
        job = newest_job(database, kept)
        if job is not None and job.ended_at is None:
            raise Conflict(
                "forecast-being-made",
                "这项预测正在制作，请稍后再看。",
                "This forecast is being made: look again in a minute.",
            )
        return _asked(database, behind, kept, monday)

    return _ORDERS.replace(database, number, anew)


def track_of(
    database: Database,
    actor: Actor,
    one: Standing,
    *,
    area_share: float = 0.05,
    now: dt.datetime | None = None,
) -> Track:
    """Hold what a weekly forecast said since its start against what came.

    Raises
    ------
    Forbidden
        When the actor is told perturbed numbers only.
    """
    require_true(actor)
    today = local_day(now, database.settings.timezone)
    asked = WeekAsked(one.domain, one.level, one.within, monday_of(today))
    return track(database, actor.scope, asked, area_share=area_share, today=today)
