"""Bodies that may take a case and are open, by time on the road; and their directory."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import cast
from zoneinfo import ZoneInfo

import numpy as np

from gridmap import crs
from gridmap.analysis.reach.nearest import TeamIndex
from gridmap.domain.accounts import Actor
from gridmap.domain.cases import directory as rules
from gridmap.domain.cases.lists import require
from gridmap.domain.cases.model import BodyOffered
from gridmap.domain.cases.rules import barred_ways
from gridmap.domain.gridkey import Scope
from gridmap.errors import Forbidden, InvalidInput, NotFound
from gridmap.ingest.free_text import checked_text
from gridmap.services.cases.grid_posts import office_phone
from gridmap.services.ground.roads import load_roads
from gridmap.storage.cases import desk as stored
from gridmap.storage.cases import tasks as kept
from gridmap.storage.cases.desk import KeptCase
from gridmap.storage.cases.tasks import BodyRow, ClinicRow
from gridmap.storage.database import Database

OFFERED = 3
_CANDIDATES = 12
"""So many by straight distance are asked for their time on the road."""


@dataclass(frozen=True, slots=True)
class ClinicAsked:
    """A dated clinic as a body announces it."""

    body_code: str
    kind: str
    on_day: dt.date
    opens: dt.time
    closes: dt.time
    grid_key: int | None = None
    place: str | None = None
    text: str | None = None


def directory(database: Database) -> list[BodyRow]:
    """Return every body with its place, competence and hours. The directory is public: every scope sees all of it."""
    with database.scoped_session(Scope.whole()) as session:
        return kept.list_bodies(session)


def offered(
    database: Database, case: KeptCase | str, now: dt.datetime | None = None
) -> tuple[BodyOffered, ...]:
    """Return the three nearest bodies that may take a case: open ones first, by time on the road from its place.

    Where only its grid is known, that is a place in the middle of the grid.

    Parameters
    ----------
    database : Database
    case : KeptCase or str
        The case, or its number.
    now : datetime, optional
    """
    now = now or dt.datetime.now(dt.UTC)
    zone = database.settings.timezone
    with database.scoped_session(Scope.whole()) as session:
        if isinstance(case, str):
            found = stored.find_id(session, case)
            if found is None:
                return ()
            case = stored.load(session, found)
        every = kept.list_bodies(session)
        today = now.astimezone(ZoneInfo(zone)).date()
        clinics = kept.list_clinics(session, today, today)
        row, told = case.row, case.told
        place = None if row.lon is None or row.lat is None else (row.lon, row.lat)
        # Of a matter that is told by its grid alone the way is counted from the middle of that.
        place = place or kept.middle_of(session, row.grid_key)
    barred = barred_ways(row.domain, row.kind, case.state.risk_grounds)
    fit = [
        body
        for body in every
        if body["lon"] is not None
        and body["code"] != case.state.body_code
        and rules.may_take(
            body,
            row.domain,
            row.kind,
            row.grid_key,
            barred=barred,
            committee_is_party=told["committee_is_party"],
        )
    ]
    if not fit:
        return ()
    if place is None:
        unplaced = [_told(body, None, None, clinics, now, zone) for body in fit]
        return tuple(sorted(unplaced, key=lambda b: (not b.open_now, b.code))[:OFFERED])
    index = TeamIndex()
    for n, body in enumerate(fit):
        index.move(n, *_place(body))
    near = index.nearest(*place, k=_CANDIDATES)
    seconds = _road_s(database, place, [_place(fit[n]) for n, _ in near])
    found_bodies = [
        _told(fit[n], away_m, road_s, clinics, now, zone)
        for (n, away_m), road_s in zip(near, seconds, strict=True)
    ]
    found_bodies.sort(
        key=lambda b: (
            not b.open_now,
            b.road_s if b.road_s is not None else np.inf,
            b.direct_m or 0.0,
            b.code,
        )
    )
    return tuple(found_bodies[:OFFERED])


def _road_s(
    database: Database, place: tuple[float, float], bodies: list[tuple[float, float]]
) -> list[float | None]:
    """Seconds by car from a place to each body; None where no road leads there, or none is known."""
    try:
        roads = load_roads(database, Scope.whole())
    except InvalidInput:
        return [None] * len(bodies)
    lon, lat = np.array([place, *bodies]).T
    x, y = crs.from_wgs84(lon, lat, roads.epsg)
    router = roads.router("car")
    snapped = router.snap(np.column_stack([x, y])[:1])
    there = router.snap(np.column_stack([x, y])[1:])
    costs = router.cost_matrix(snapped, there)[0]
    return [float(s) if np.isfinite(s) else None for s in costs]


def _place(body: BodyRow) -> tuple[float, float]:
    # Bodies without a place were left out when those that fit were chosen.
    return cast("tuple[float, float]", (body["lon"], body["lat"]))


def _told(
    body: BodyRow,
    away_m: float | None,
    road_s: float | None,
    clinics: list[ClinicRow],
    now: dt.datetime,
    zone: str,
) -> BodyOffered:
    week = rules.week_of(body["hours"], body["opens"])
    closed = frozenset(body["closed_days"])
    here = [c for c in clinics if c["body_code"] == body["code"]]
    is_open = rules.is_open(week, closed, now, zone)
    return BodyOffered(
        code=body["code"],
        name_zh=body["name_zh"],
        name_en=body["name_en"],
        kind=body["kind"],
        grid_key=body["grid_key"],
        direct_m=away_m,
        road_s=road_s,
        open_now=is_open,
        opens_next=None if is_open else rules.opens_next(week, closed, now, zone),
        clinic=here[0]["kind"] if here else None,
        phone=body["phone"],
    )


def change(
    database: Database,
    actor: Actor,
    code: str,
    *,
    kind: str | None = None,
    competence: tuple[str, ...] | None = None,
    serves_key: int | None = None,
    hours: dict[str, list[list[str]]] | None = None,
    closed_days: tuple[dt.date, ...] | None = None,
    phone: str | None = None,
) -> None:
    """Write what the directory says of a body; what is None stays as it is.

    Raises
    ------
    NotFound
        When the actor's scope has no such body.
    InvalidInput
        When the kind or the hours are none.
    """
    require("body_kind", kind)
    if hours is not None:
        rules.check_hours(hours)
    given = {
        "kind": kind,
        "competence": None if competence is None else list(competence),
        "serves_key": serves_key,
        "hours": hours,
        "closed_days": None if closed_days is None else list(closed_days),
        "phone": None if phone is None else office_phone(phone),
    }
    values = {name: value for name, value in given.items() if value is not None}
    with database.scoped_session(actor.scope, write=True) as session:
        if values and not kept.change_body(session, code, values):
            raise _absent(code)


def announce(database: Database, actor: Actor, asked: ClinicAsked) -> int:
    """Enter a dated clinic of a body; gives its number.

    Raises
    ------
    NotFound
        When there is no such body.
    InvalidInput
        When the kind is none, it closes before it opens, or a text points at a person.
    Forbidden
        When it is to be held outside the actor's scope.
    """
    require("clinic_kind", asked.kind)
    if asked.closes <= asked.opens:
        raise InvalidInput("clinic-hours", "结束时间应晚于开始时间。", "A clinic closes after it opens.")
    for said in (asked.place, asked.text):
        checked_text(said)
    body = next((b for b in directory(database) if b["code"] == asked.body_code), None)
    if body is None:
        raise _absent(asked.body_code)
    if (asked.grid_key or body["grid_key"]) not in actor.scope:
        raise Forbidden(
            "clinic-outside-scope",
            "门诊地点不在您的管辖范围内。",
            "The clinic is to be held outside your scope.",
        )
    with database.scoped_session(actor.scope, write=True) as session:
        return kept.add_clinic(
            session,
            body_code=asked.body_code,
            kind=asked.kind,
            on_day=asked.on_day,
            opens=asked.opens,
            closes=asked.closes,
            grid_key=asked.grid_key or body["grid_key"],
            place=asked.place,
            text=asked.text,
        )


def call_off(database: Database, actor: Actor, clinic_id: int) -> None:
    """Call a clinic off.

    Raises
    ------
    NotFound
        When the scope has no such clinic.
    """
    with database.scoped_session(actor.scope, write=True) as session:
        if not kept.remove_clinic(session, clinic_id):
            raise NotFound(
                "clinic-not-found",
                "没有这次门诊，或超出管辖范围：可能已取消。",
                "There is no such clinic in your scope: it may have been called off already.",
            )


def clinics(database: Database, since: dt.date, until: dt.date) -> list[ClinicRow]:
    """Return the clinics of some days; they are public."""
    with database.scoped_session(Scope.whole()) as session:
        return kept.list_clinics(session, since, until)


def _absent(code: str) -> NotFound:
    return NotFound(
        "body-not-found",
        f"机构目录中没有 {code}。请用 gridmap cases bodies 查看。",
        f"The directory has no body {code}. See gridmap cases bodies.",
    )
