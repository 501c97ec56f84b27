"""A case is taken in: checked, placed, numbered for life, given to a handler; likely duplicates are shown before."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy.orm import Session

from gridmap import crs
from gridmap.domain.accounts import Actor
from gridmap.domain.cases.actions import Action
from gridmap.domain.cases.asked import NewCase
from gridmap.domain.cases.derive import derive
from gridmap.domain.cases.model import Case, CaseRow, Opening, Step
from gridmap.domain.gridkey import AREA, TOWN, UNASSIGNED, VILLAGE, Scope, ancestor, level_of
from gridmap.errors import Conflict, Forbidden
from gridmap.services.cases import desk
from gridmap.services.cases.case_limits import dues
from gridmap.services.cases.follow import tasks_of_step
from gridmap.services.cases.limits import table_of
from gridmap.services.cases.new_case import check_new
from gridmap.services.cases.placing import Placed, columns_of, place_of
from gridmap.services.cases.refusals import key_used, read_key
from gridmap.services.cases.told import linked_number
from gridmap.storage.cases import desk as stored
from gridmap.storage.cases import steps as stored_steps
from gridmap.storage.database import Database
from gridmap.storage.workspace import settings as workspace

NEAR_M = 150.0
"""Open cases so near, and their accuracy circles farther, may be the same matter."""
NEAR_DAYS = 14
_MOST_ACCURACY_M = 500.0


def record(
    database: Database, actor: Actor, new: NewCase, key: str | uuid.UUID, *, now: dt.datetime | None = None
) -> Case:
    """Take a case in.

    Parameters
    ----------
    database : Database
    actor : Actor
        Its grid has the case from now on; the whole workspace's keeper takes it in for the town.
    new : NewCase
    key : str or UUID
        Names this act: told twice, there is one case.
    now : datetime, optional

    Raises
    ------
    InvalidInput
        When a field is missing, wrong or holds a personal number.
    Forbidden
        When the place lies outside the actor's scope.
    Conflict
        When the source's number is known, or the key named another act.
    """
    now = now or dt.datetime.now(dt.UTC)
    told_key = read_key(key)
    check_new(new, now)
    with database.scoped_session(actor.scope) as session:
        if new.linked_to:
            linked_number(session, new.linked_to, None)
        told = _number_of_key(session, told_key)
    if told is not None:
        return desk.after(database, actor, told, now)
    placed = place_of(database, new)
    if placed.grid_key not in actor.scope:
        raise Forbidden(
            "place-outside-scope",
            "地点不在您的管辖范围内。请核对位置，或请所在村或镇综治中心登记。",
            "The place lies outside your scope. Check it, or ask the village there or the town's centre to record it.",
        )
    try:
        number = _keep(database, actor, new, placed, told_key, now)
    except Conflict:
        # Told twice in the same instant, as by a double click: the other one may have kept it meanwhile.
        with database.scoped_session(actor.scope) as session:
            kept = _number_of_key(session, told_key)
        if kept is None:
            raise
        number = kept
    return desk.after(database, actor, number, now)


def _number_of_key(session: Session, key: uuid.UUID) -> str | None:
    """Return the number of the case that an act of intake has kept under a key; None where there is none."""
    stored.widen(session)
    done = stored_steps.step_of_key(session, key)
    if done is None:
        return None
    if done[1] != Action.ACCEPT:
        raise key_used()
    return stored.load(session, done[0]).row.number


def duplicates(
    database: Database, scope: Scope, new: NewCase, *, now: dt.datetime | None = None
) -> list[CaseRow]:
    """Return open cases that may be the same matter, the likeliest first. A person decides, and links.

    Near means: of the same domain, at most 14 days apart, and within 150 m and both accuracy circles. Those of the
    same kind come first.

    Parameters
    ----------
    database : Database
    scope : Scope
    new : NewCase
        Needs a coordinate; without one there is nothing to compare.
    now : datetime, optional
    """
    check_new(new, now or dt.datetime.now(dt.UTC))
    if new.lon is None or new.lat is None:
        return []
    lons, lats = crs.to_wgs84([new.lon], [new.lat], new.crs or crs.WGS84)
    lon, lat = float(lons[0]), float(lats[0])
    window = dt.timedelta(days=NEAR_DAYS)
    with database.scoped_session(scope) as session:
        rows = stored.open_cases(session, new.domain, new.occurred_at - window, new.occurred_at + window)
    if not rows:
        return []
    own_m = min(new.accuracy_m or 0.0, _MOST_ACCURACY_M)
    # Loaded by the first case that is taken in, not by every start.
    import rtree

    index = rtree.index.Index((n, (row.lon or 0.0, row.lat or 0.0) * 2, None) for n, row in enumerate(rows))
    reach_m = NEAR_M + own_m + _MOST_ACCURACY_M
    dy = reach_m / 110_000
    dx = dy / max(0.05, float(np.cos(np.radians(lat))))
    near = [rows[n] for n in index.intersection((lon - dx, lat - dy, lon + dx, lat + dy))]
    if not near:
        return []
    n = len(near)
    away = crs.distance_m(
        np.full(n, lon),
        np.full(n, lat),
        np.array([r.lon for r in near], float),
        np.array([r.lat for r in near], float),
    ).tolist()
    found = [
        (row.kind != new.kind, away_m, row.incident_id, row)
        for row, away_m in zip(near, away, strict=True)
        if away_m <= NEAR_M + own_m + min(row.accuracy_m or 0.0, _MOST_ACCURACY_M)
    ]
    return [row for *_, row in sorted(found, key=lambda f: f[:3])]


def _accepting(actor: Actor, grid_key: int) -> int:
    """Return the grid that has a case which an actor takes in."""
    lo = actor.scope.lo
    if lo != UNASSIGNED and level_of(lo) and actor.scope.hi == Scope.of_grid(lo).hi:
        return lo
    return UNASSIGNED if grid_key == UNASSIGNED else ancestor(grid_key, TOWN)


def _past_the_party(new: NewCase, grid_key: int, handler: int) -> int:
    """Return who has a case: the area, where the village that would have it is a party."""
    if not new.committee_is_party or grid_key == UNASSIGNED or level_of(grid_key) < VILLAGE:
        return handler
    is_party = handler != UNASSIGNED and handler in Scope.of_grid(ancestor(grid_key, VILLAGE))
    return ancestor(grid_key, AREA) if is_party else handler


def _keep(
    database: Database, actor: Actor, new: NewCase, placed: Placed, key: uuid.UUID, now: dt.datetime
) -> str:
    zone = database.settings.timezone
    reported = new.reported_at or now
    with database.scoped_session(actor.scope, write=True) as session:
        # Only what the actor sees is told of: that another village has a number, or a sealed case, is not.
        if new.number_of_source and stored.find_id(session, new.number_of_source) is not None:
            raise Conflict(
                "source-number-known",
                f"来源编号 {new.number_of_source} 已经登记。请用它查找。",
                f"The source's number {new.number_of_source} is recorded already. Search by it.",
            )
        stored.widen(session)
        handler = _past_the_party(new, placed.grid_key, _accepting(actor, placed.grid_key))
        town = stored.town_of(session, placed.grid_key)
        (number,) = stored.draw_numbers(session, town, reported.astimezone(ZoneInfo(zone)).date(), 1)
        details: dict[str, Any] = {
            "due": dues(
                table_of(session),
                zone,
                new,
                since=reported,
                steps=("act", "close"),
                handler_key=handler,
                risk=new.risk,
            )
        }
        if new.risk != "green":
            details |= {"risk": new.risk, "grounds": list(new.risk_grounds)}
        if new.reporter_hidden:
            details["reporter_hidden"] = True
        if new.linked_to:
            details["number"] = linked_number(session, new.linked_to, None)
        step = Step(
            action=Action.ACCEPT.value,
            at=reported,
            post=actor.post,
            to_grid_key=handler or None,
            note=new.grid_reason,
            recorded_at=now,
            details=details,
            stage_to="accepted",
        )
        opening = Opening(placed.grid_key, reported)
        state = derive(opening, [step])
        values = values_of(new, placed, number, reported, actor, state.handler_key)
        values["uid"] = stored.uid_for(session, new.number_of_source, number)
        incident_id = stored.add_case(session, values)
        stored_steps.add_step(session, incident_id, step, key)
        stored.save_state(session, incident_id, state)
        tasks_of_step(session, zone, stored.load(session, incident_id), step, str(key), now)
        workspace.touch(session)
    return number


def values_of(
    new: NewCase, placed: Placed, number: str, reported: dt.datetime, actor: Actor, handler_key: int
) -> dict[str, Any]:
    """Return the columns of a case that is taken in."""
    return {
        "number": number,
        "domain": new.domain,
        "kind": new.kind,
        "code_system": new.code_system,
        "scale": new.scale,
        "channel": new.channel,
        "found_by": new.found_by,
        "occurred_at": new.occurred_at,
        "reported_at": reported,
        "severity": new.severity,
        "summary": new.summary.strip(),
        "place": new.place,
        "people_count": new.people_count,
        "sum_band": new.sum_band,
        "committee_is_party": new.committee_is_party,
        "reporter_hidden": new.reporter_hidden,
        "recorded_by": actor.post,
        "stage": "accepted",
        "handler_key": handler_key,
        **columns_of(new, placed),
    }
