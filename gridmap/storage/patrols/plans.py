"""Patrols in the database: plans and their routes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, cast

import shapely
from geoalchemy2.shape import from_shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.orm import Session

from gridmap.domain.shown_plans import PlanSummary, PlanTold, RouteTold
from gridmap.domain.terms import PATROL_FOUND
from gridmap.storage.models import Grid, Patrol, PatrolRoute, PatrolSegment, PatrolVisit

FRAME = "frame"
"""Key in a plan's parameters under which all stands that it takes to go on from the plan; lists leave it out."""


class PatrolRow(PlanTold):
    """A plan without its routes."""

    scope_lo: int
    scope_hi: int
    begins_at: dt.datetime
    ends_at: dt.datetime
    created_at: dt.datetime
    evidence_at: dt.datetime | None


class RouteRow(TypedDict):
    """A route: what is told of it, and its line in EPSG:4326."""

    team_code: str
    properties: RouteTold
    geometry: BaseGeometry | None


class SeenPlan(TypedDict):
    """A plan with the stops that any team is known to have come to; None where nothing is known."""

    patrol_id: int
    begins_at: dt.datetime
    summary: PlanSummary
    seen: set[str] | None


def add_patrol(session: Session, patrol: Mapping[str, object], routes: Sequence[RouteRow]) -> int:
    """Keep a plan with its routes; return its number.

    Parameters
    ----------
    session : Session
        Writable; its scope holds the plan's.
    patrol : dict
        Columns of :class:`Patrol`.
    routes : list of dict
        team_code, properties, geometry (shapely LineString in EPSG:4326, or None).
    """
    row = Patrol(**patrol)
    session.add(row)
    session.flush()
    if routes:
        session.execute(
            insert(PatrolRoute),
            [
                {
                    "patrol_id": row.patrol_id,
                    "team_code": route["team_code"],
                    "properties": route["properties"],
                    "geom": None if route["geometry"] is None else from_shape(route["geometry"], srid=4326),
                }
                for route in routes
            ],
        )
    return row.patrol_id


def list_patrols(session: Session, limit: int = 50) -> list[PatrolRow]:
    """Return plans, newest first, as dictionaries; their parameters without the frame."""
    query = select(*_columns()).order_by(Patrol.created_at.desc(), Patrol.patrol_id).limit(limit)
    return [cast("PatrolRow", dict(row)) for row in session.execute(query).mappings()]


def _columns() -> list[Any]:
    light = Patrol.parameters.op("-")(FRAME).label("parameters")
    return [light if c.name == "parameters" else c for c in Patrol.__table__.columns]


def find_patrol(session: Session, patrol_id: int, *, frame: bool = False) -> PatrolRow | None:
    """Return one plan as a dictionary, or None; its parameters with the frame where that is asked for."""
    query = select(*(Patrol.__table__.columns if frame else _columns())).where(Patrol.patrol_id == patrol_id)
    row = session.execute(query).mappings().one_or_none()
    return None if row is None else cast("PatrolRow", dict(row))


def patrol_routes(session: Session, patrol_id: int) -> list[RouteRow]:
    """Return a plan's routes in order of team; geometry as a shapely line (EPSG:4326) or None."""
    query = (
        select(
            PatrolRoute.team_code,
            PatrolRoute.properties,
            func.ST_AsBinary(PatrolRoute.geom).label("wkb"),
        )
        .where(PatrolRoute.patrol_id == patrol_id)
        .order_by(PatrolRoute.team_code)
    )
    return [
        {
            "team_code": row.team_code,
            "properties": row.properties,
            "geometry": None if row.wkb is None else shapely.from_wkb(bytes(row.wkb)),
        }
        for row in session.execute(query)
    ]


def delete_patrol(session: Session, patrol_id: int) -> bool:
    """Delete a plan with its routes; tell whether there was one."""
    done = session.execute(delete(Patrol).where(Patrol.patrol_id == patrol_id))
    return bool(done.rowcount)  # type: ignore[attr-defined]


def plans_between(session: Session, since: dt.datetime, until: dt.datetime) -> list[SeenPlan]:
    """Return the newest plan of each beginning from `since` to before `until`, with the stops known to be visited.

    Returns
    -------
    list of dict
        patrol_id, begins_at, summary, and ``seen``: the stops that any team is known to have come to, or None where
        nothing is known: no position and no check-in.
    """
    query = (
        select(Patrol.patrol_id, Patrol.begins_at, Patrol.summary)
        .where(Patrol.begins_at >= since, Patrol.begins_at < until)
        .order_by(Patrol.begins_at, Patrol.created_at, Patrol.patrol_id)
    )
    newest = {row["begins_at"]: dict(row) for row in session.execute(query).mappings()}
    rows = list(newest.values())
    numbers = [row["patrol_id"] for row in rows]
    made = select(PatrolVisit.patrol_id, PatrolVisit.stop).where(PatrolVisit.patrol_id.in_(numbers))
    driven = select(PatrolSegment.patrol_id).where(PatrolSegment.patrol_id.in_(numbers)).distinct()
    seen: dict[int, set[str]] = {number: set() for number in session.scalars(driven)}
    for number, stop in session.execute(made):
        seen.setdefault(number, set()).add(stop)
    return [cast("SeenPlan", row | {"seen": seen.get(row["patrol_id"])}) for row in rows]


_SEVERITY = text("""
    select h.n, avg(i.severity)::float8
    from unnest(cast(:n as int[]), cast(:lo as bigint[]), cast(:hi as bigint[]), cast(:wkb as bytea[]),
                cast(:domain as text[])) as h(n, lo, hi, wkb, domain)
    join gridmap.incidents i
      on i.grid_key between h.lo and h.hi
     and (h.wkb is null or ST_Intersects(i.geom, ST_GeomFromWKB(h.wkb, 4326)))
     and (h.domain is null or i.domain = h.domain)
    where not i.sealed and i.withdrawn_at is null
      and i.occurred_at >= :since and i.occurred_at < :until and i.severity is not null
    group by h.n
""")


def mean_severities(
    session: Session,
    areas: Sequence[tuple[int, int, bytes | None, str | None]],
    since: dt.datetime,
    until: dt.datetime,
) -> list[float | None]:
    """Return the mean severity of the incidents in each area; None where none has one.

    Parameters
    ----------
    session : Session
    areas : sequence of (int, int, bytes or None, str or None)
        Lowest and highest grid key, outline as WKB (EPSG:4326) where the keys do not say it all, domain.
    since, until : datetime
        The end is not included.
    """
    if not areas:
        return []
    lo, hi, wkb, domain = (list(column) for column in zip(*areas, strict=True))
    given = {"n": list(range(len(areas))), "lo": lo, "hi": hi, "wkb": wkb, "domain": domain}
    rows = session.execute(_SEVERITY, given | {"since": since, "until": until})
    found = {int(n): float(mean) for n, mean in rows}
    return [found.get(n) for n in range(len(areas))]


_MEDIAN = text("""
    select h.n, percentile_cont(0.5) within group (order by ST_X(i.geom))::float8,
           percentile_cont(0.5) within group (order by ST_Y(i.geom))::float8
    from unnest(cast(:n as int[]), cast(:lo as bigint[]), cast(:hi as bigint[]), cast(:wkb as bytea[]),
                cast(:domain as text[])) as h(n, lo, hi, wkb, domain)
    join gridmap.incidents i
      on i.grid_key between h.lo and h.hi
     and (h.wkb is null or ST_Intersects(i.geom, ST_GeomFromWKB(h.wkb, 4326)))
     and (h.domain is null or i.domain = h.domain)
    where not i.sealed and i.withdrawn_at is null
      and i.occurred_at >= :since and i.occurred_at < :until and i.geom is not null
    group by h.n
    having count(*) >= :least
""")


def median_places(
    session: Session,
    areas: Sequence[tuple[int, int, bytes | None, str | None]],
    since: dt.datetime,
    until: dt.datetime,
    least: int,
) -> list[tuple[float, float] | None]:
    """Return the median longitude and latitude of the incidents in each area; None where there are fewer than `least`.

    Parameters
    ----------
    session : Session
    areas : sequence of (int, int, bytes or None, str or None)
        As for :func:`mean_severities`.
    since, until : datetime
        The end is not included.
    least : int
    """
    if not areas:
        return []
    lo, hi, wkb, domain = (list(column) for column in zip(*areas, strict=True))
    given = {"n": list(range(len(areas))), "lo": lo, "hi": hi, "wkb": wkb, "domain": domain, "least": least}
    rows = session.execute(_MEDIAN, given | {"since": since, "until": until})
    found = {int(n): (float(lon), float(lat)) for n, lon, lat in rows}
    return [found.get(n) for n in range(len(areas))]


_KINDS = text("""
    select h.n, i.domain, i.kind, count(*) filter (where :found or i.channel is distinct from :patrols),
           count(*) filter (where not :found and i.channel = :patrols)
    from unnest(cast(:n as int[]), cast(:lo as bigint[]), cast(:hi as bigint[]), cast(:wkb as bytea[]),
                cast(:domain as text[])) as h(n, lo, hi, wkb, domain)
    join gridmap.incidents i
      on i.grid_key between h.lo and h.hi
     and (h.wkb is null or ST_Intersects(i.geom, ST_GeomFromWKB(h.wkb, 4326)))
     and (h.domain is null or i.domain = h.domain)
    where not i.sealed and i.withdrawn_at is null
      and i.occurred_at >= :since and i.occurred_at < :until
      and (cast(:kind as text) is null or i.kind = :kind)
    group by h.n, i.domain, i.kind
    order by h.n, i.domain, i.kind
""")


def kinds_of(
    session: Session,
    areas: Sequence[tuple[int, int, bytes | None, str | None]],
    since: dt.datetime,
    until: dt.datetime,
    kind: str | None = None,
    *,
    patrol_found: bool = False,
) -> tuple[list[dict[tuple[str, str], int]], list[int]]:
    """Return how many incidents of each domain and kind each area has, and how many are left out as found by patrols.

    Parameters
    ----------
    session : Session
    areas : sequence of (int, int, bytes or None, str or None)
        As for :func:`mean_severities`.
    since, until : datetime
        The end is not included.
    kind : str, optional
        Only of this kind.
    patrol_found : bool
        Whether those that patrols found count, too: then none is left out.
    """
    out: list[dict[tuple[str, str], int]] = [{} for _ in areas]
    by_patrols = [0] * len(areas)
    if areas:
        lo, hi, wkb, domain = (list(column) for column in zip(*areas, strict=True))
        given = {"n": list(range(len(areas))), "lo": lo, "hi": hi, "wkb": wkb, "domain": domain}
        asked: dict[str, object] = {**given, "kind": kind, "since": since, "until": until}
        asked |= {"patrols": PATROL_FOUND, "found": patrol_found}
        for n, of, what, count, found in session.execute(_KINDS, asked):
            out[int(n)][str(of), str(what)] = int(count)
            by_patrols[int(n)] += int(found)
    return out, by_patrols


def grid_at(session: Session, lon: float, lat: float) -> int | None:
    """Return the key of the deepest grid that holds a place; of several the lowest."""
    point = func.ST_SetSRID(func.ST_Point(lon, lat), 4326)
    query = (
        select(Grid.grid_key)
        .where(Grid.valid_to.is_(None), func.ST_Intersects(Grid.geom, point))
        .order_by(Grid.level.desc(), Grid.grid_key)
        .limit(1)
    )
    return session.scalar(query)


def village_names(session: Session, keys: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Return the Chinese and English names of grids by key."""
    query = select(Grid.grid_key, Grid.name_zh, Grid.name_en).where(
        Grid.valid_to.is_(None), Grid.grid_key.in_(list(keys))
    )
    return {key: (zh, en or zh) for key, zh, en in session.execute(query)}
