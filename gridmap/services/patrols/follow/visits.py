"""Plan against done: visits from positions and check-ins, stretches that were driven."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from gridmap.analysis.tracks import Coming, matched
from gridmap.domain.gridkey import Scope
from gridmap.domain.patrols import KeptPlan, KeptVisit
from gridmap.errors import GridmapError, InvalidInput, NotFound
from gridmap.ingest.free_text import checked_text
from gridmap.services.patrols.follow.shown_visits import (
    CheckInKept,
    Done,
    TeamAgainstPlan,
    VisitAgainstPlan,
    VisitTold,
)
from gridmap.services.patrols.follow.tracks import found_in, tracks_of
from gridmap.services.patrols.keep.plans import kept_plan
from gridmap.storage.database import Database
from gridmap.storage.patrols import visits as stored
from gridmap.storage.patrols.visits import Driven, SeenVisit, VisitRow

log = logging.getLogger(__name__)

SAME_VISIT = dt.timedelta(minutes=15)

AROUND = dt.timedelta(hours=1)
"""How long before and after its shift a plan is still worked on."""


class Made(SeenVisit):
    """A visit by either evidence."""

    evidence: list[str]
    check_in: int | None
    said_at: dt.datetime | None
    note: str | None
    on_spot: bool


def plan_against_done(database: Database, scope: Scope, patrol_id: int) -> Done:
    """Tell what became of a plan.

    Positions are looked at where they are still kept, and what was found in them before where they are not.

    Parameters
    ----------
    database : Database
    scope : Scope
    patrol_id : int

    Returns
    -------
    Done

    Raises
    ------
    NotFound
        When there is no such plan in the scope.
    """
    plan = kept_plan(database, scope, patrol_id)
    with database.scoped_session(scope) as session:
        kept = stored.visits_made(session, patrol_id)
        segments = stored.segments_driven(session, patrol_id)
        tracks = tracks_of(session, plan)
    check_ins = [v for v in kept if v["evidence"] == "check-in"]
    seen: Sequence[SeenVisit] = [v for v in kept if v["evidence"] == "position"]
    source = "kept" if kept or segments else "none"
    if tracks and not _partly_deleted(database, plan):
        seen, segments = found_in(plan, tracks)
        source = "positions"
    return _against(plan, seen, check_ins, segments, ZoneInfo(database.settings.timezone), source)


def settle(database: Database, now: dt.datetime) -> int:
    """Keep what positions say of ended plans before the positions are deleted; return how many plans were looked at.

    A plan that cannot be looked at is logged and left: positions are deleted all the same.
    """
    whole = Scope.whole()
    oldest = now - dt.timedelta(days=database.settings.position_days)
    with database.scoped_session(whole) as session:
        numbers = stored.unsettled(session, now, oldest)
    done = 0
    for number in numbers:
        try:
            plan = kept_plan(database, whole, number)
            with database.scoped_session(whole, write=True) as session:
                visits, segments = found_in(plan, tracks_of(session, plan))
                stored.keep_evidence(session, number, visits, segments, now)
            done += 1
        except GridmapError as error:
            log.warning("evidence of plan %s was not kept: %s", number, error.code)
    return done


def check_in(
    database: Database,
    scope: Scope,
    patrol_id: int,
    stop: str,
    team: str,
    at: dt.datetime,
    note: str | None = None,
    *,
    left_at: dt.datetime | None = None,
    on_spot: bool = False,
) -> CheckInKept:
    """Keep that a team says it is at a stop.

    Parameters
    ----------
    database : Database
    scope : Scope
    patrol_id : int
    stop, team : str
        Of the plan; the team need not be the one that was planned.
    at : datetime
        Aware; within the shift or an hour around it.
    note : str, optional
    left_at : datetime, optional
        When the team left; the same check-in may be told again with it.
    on_spot : bool
        Whether the code at the place led to it.

    Returns
    -------
    dict
        visit_id (None when the same check-in was kept before), stop, team_code, arrived_at.

    Raises
    ------
    NotFound
        When there is no such plan in the scope.
    InvalidInput
        When the plan has no such stop or team, a time is not in the shift, the team left before it came, or the note
        holds a person's number.
    """
    plan = kept_plan(database, scope, patrol_id)
    note = checked_text(note)
    stops = {reason["stop"] for reason in plan.summary["reasons"]} | {
        visit.stop for route in plan.routes for visit in route.visits
    }
    teams = {route.team_code for route in plan.routes} | set(plan.summary["idle"])
    for value, known, code, zh, en in (
        (stop, stops, "check-in-stop", "停靠点", "stop"),
        (team, teams, "check-in-team", "队伍", "team"),
    ):
        if value not in known:
            some = "、".join(sorted(known)[:12]), ", ".join(sorted(known)[:12])
            raise InvalidInput(
                code,
                f"第 {patrol_id} 号计划没有{zh} {value}。有：{some[0]}",
                f"Plan {patrol_id} has no {en} {value}. It has: {some[1]}",
            )
    begin, end = plan.begins_at, plan.ends_at
    if left_at is not None and left_at < at:
        raise InvalidInput(
            "check-in-left",
            "离开时间早于到达时间。请核对手机的时钟。",
            "The team left before it came. Look at the phone's clock.",
        )
    if not begin - AROUND <= at <= (left_at or at) <= end + AROUND:
        raise InvalidInput(
            "check-in-time",
            f"签到时间不在班次内（{begin:%m-%d %H:%M} 至 {end:%m-%d %H:%M}）。请用 --at 指定。",
            f"The check-in is not within the shift ({begin:%m-%d %H:%M} to {end:%m-%d %H:%M}). Give its time.",
        )
    row: stored.CheckIn = {
        "patrol_id": patrol_id,
        "team_code": team,
        "stop": stop,
        "arrived_at": at,
        "left_at": left_at,
        "note": note,
        "on_spot": on_spot,
    }
    with database.scoped_session(scope, write=True) as session:
        number = stored.add_check_in(session, row)
    return {"visit_id": number, "stop": stop, "team_code": team, "arrived_at": at.isoformat()}


def undo_check_in(database: Database, scope: Scope, patrol_id: int, visit_id: int) -> None:
    """Take a check-in back.

    Raises
    ------
    NotFound
        When the plan has no such check-in, or is not in the scope.
    """
    with database.scoped_session(scope, write=True) as session:
        done = stored.delete_check_in(session, patrol_id, visit_id)
    if not done:
        raise NotFound(
            "check-in-not-found",
            f"第 {patrol_id} 号计划没有签到 {visit_id}。",
            f"Plan {patrol_id} has no check-in {visit_id}.",
        )


def _partly_deleted(database: Database, plan: KeptPlan) -> bool:
    """Tell whether positions of the shift may be deleted already: then what was kept of them says more."""
    oldest = dt.datetime.now(dt.UTC) - dt.timedelta(days=database.settings.position_days)
    return plan.evidence_at is not None and plan.begins_at < oldest


def _against(
    plan: KeptPlan,
    seen: Sequence[SeenVisit],
    check_ins: Sequence[VisitRow],
    segments: Sequence[Driven],
    zone: ZoneInfo,
    source: str,
) -> Done:
    made = _joined(seen, check_ins)
    planned = [(route, visit) for route in plan.routes for visit in route.visits]

    def seconds(at: dt.datetime) -> float:
        return (at - plan.begins_at).total_seconds()

    rows = matched(
        [Coming(v.stop, r.team_code, seconds(v.arrive)) for r, v in planned],
        [Coming(v["stop"], v["team_code"], seconds(v["arrived_at"])) for v in made],
    )
    done = {id(visit): made[row] for (_, visit), row in zip(planned, rows, strict=True) if row is not None}
    driven: dict[str, list[Driven]] = {}
    for segment in segments:
        driven.setdefault(segment["team_code"], []).append(segment)
    teams: list[TeamAgainstPlan] = []
    for route in plan.routes:
        visits = [_told(visit, done.get(id(visit)), zone) for visit in route.visits]
        own = driven.get(route.team_code, [])
        teams.append(
            {
                "team_code": route.team_code,
                "name_zh": route.name_zh,
                "name_en": route.name_en,
                "planned": len(visits),
                "made": sum(v["made"] for v in visits),
                "segments": sum(way.leg.is_driven for way in route.ways()),
                "driven": len(own),
                "length_m": route.length_m,
                "driven_m": round(sum(s["length_m"] for s in own), 1),
                "visits": visits,
            }
        )
    used = {row for row in rows if row is not None}
    return {
        "patrol_id": plan.patrol_id,
        "planned": len(planned),
        "made": len(used),
        "teams": teams,
        "unplanned": [_plain(v, zone) for n, v in enumerate(made) if n not in used],
        "segments": [
            {
                "team_code": s["team_code"],
                "number": s["number"],
                "begun_at": s["begun_at"].astimezone(zone).isoformat(),
                "ended_at": s["ended_at"].astimezone(zone).isoformat(),
                "length_m": s["length_m"],
                "geometry": s["geometry"],
            }
            for s in segments
        ],
        "source": source,
    }


def _joined(seen: Sequence[SeenVisit], check_ins: Sequence[VisitRow]) -> list[Made]:
    """Visits by either evidence; a check-in during a stay, or close to it, is the same visit."""
    made = [_made(v) for v in seen]
    for said in check_ins:
        same = next(
            (
                v
                for v in made
                if (v["team_code"], v["stop"]) == (said["team_code"], said["stop"])
                and "check-in" not in v["evidence"]
                and v["arrived_at"] - SAME_VISIT
                <= said["arrived_at"]
                <= (v["left_at"] or v["arrived_at"]) + SAME_VISIT
            ),
            None,
        )
        if same is not None:
            made[made.index(same)] = _made(same, said)
        else:
            made.append(_made(said, said))
    return sorted(made, key=lambda v: (v["arrived_at"], v["team_code"], v["stop"]))


def _made(visit: SeenVisit, said: VisitRow | None = None) -> Made:
    """Return a visit that was seen, or said, or both."""
    positions = [] if visit is said else ["position"]
    return {
        "team_code": visit["team_code"],
        "stop": visit["stop"],
        "arrived_at": visit["arrived_at"],
        "left_at": visit["left_at"],
        "evidence": [*positions, *(["check-in"] if said else [])],
        "check_in": said and said["visit_id"],
        "said_at": said and said["arrived_at"],
        "note": said and said["note"],
        "on_spot": said is not None and said["on_spot"],
    }


def _told(visit: KeptVisit, done: Made | None, zone: ZoneInfo) -> VisitAgainstPlan:
    late = None if done is None else round((done["arrived_at"] - visit.arrive).total_seconds())
    return {
        "stop": visit.stop,
        "number": visit.number,
        "name_zh": visit.name_zh,
        "name_en": visit.name_en,
        "lon": visit.lon,
        "lat": visit.lat,
        "arrive": visit.arrive.isoformat(),
        "leave": visit.leave.isoformat(),
        "grid_key": None if visit.grid_key is None else str(visit.grid_key),
        "made": done is not None,
        "by": done and done["team_code"],
        "arrived_at": done and done["arrived_at"].astimezone(zone).isoformat(),
        "left_at": done and _local(done["left_at"], zone),
        "late_s": late,
        "check_in": done and done["check_in"],
        "said_at": done and _local(done["said_at"], zone),
        "note": done and done["note"],
        "on_spot": done is not None and done["on_spot"],
        "evidence": done["evidence"] if done else [],
    }


def _plain(made: Made, zone: ZoneInfo) -> VisitTold:
    return {
        "team_code": made["team_code"],
        "stop": made["stop"],
        "arrived_at": made["arrived_at"].astimezone(zone).isoformat(),
        "left_at": _local(made["left_at"], zone),
        "evidence": made["evidence"],
        "check_in": made["check_in"],
        "note": made["note"],
    }


def _local(at: dt.datetime | None, zone: ZoneInfo) -> str | None:
    return None if at is None else at.astimezone(zone).isoformat()
