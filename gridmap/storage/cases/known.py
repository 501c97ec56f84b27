"""Incidents that a file speaks of, as they are stored: to tell whether it means the same ones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import case, func, select, text
from sqlalchemy.orm import Session

from gridmap.domain.gridkey import SUBTREE_SIZE, VILLAGE
from gridmap.storage.models import Incident

_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class KnownIncident:
    """What tells one incident from another.

    Attributes
    ----------
    uid, domain : str
    kind : str or None
    occurred_at : datetime
    lon, lat : float or None
        Degrees, EPSG:4326.
    summary : str or None
    sealed : bool
        Nothing of it is told to whoever imports a file, not even how far away it lies.
    """

    uid: str
    domain: str
    kind: str | None
    occurred_at: dt.datetime
    lon: float | None
    lat: float | None
    summary: str | None
    sealed: bool = False


_COLUMNS = (
    Incident.uid,
    Incident.domain,
    Incident.kind,
    Incident.occurred_at,
    func.ST_X(Incident.geom),
    func.ST_Y(Incident.geom),
    # What a sealed case is about is told to nobody who imports a file.
    case((Incident.sealed, None), else_=Incident.summary),
    Incident.sealed,
)


def _parts(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]


def by_uid(session: Session, uids: Sequence[str]) -> dict[str, KnownIncident]:
    """Return the incidents of sources' numbers."""
    out = {}
    for part in _parts(uids):
        for row in session.execute(select(*_COLUMNS).where(Incident.uid.in_(part))):
            out[row[0]] = KnownIncident(*row)
    return out


def outside_village(
    session: Session, places: Mapping[str, tuple[float, float]], beyond_m: float
) -> frozenset[str]:
    """Return the sources' numbers of incidents that lie in another village than a file says: so far from its edge.

    Parameters
    ----------
    session : Session
    places : mapping
        Longitude and latitude, EPSG:4326, by source's number.
    beyond_m : float
    """
    query = text(
        "select i.uid from unnest(cast(:uids as text[]), cast(:lons as float8[]), cast(:lats as float8[]))"
        " as told (uid, lon, lat) join incidents i on i.uid = told.uid"
        " join grids g on g.grid_key = i.grid_key - i.grid_key % :subtree and g.valid_to is null"
        " where i.grid_key > 0 and not ST_DWithin(cast(g.geom as geography),"
        " cast(ST_SetSRID(ST_MakePoint(told.lon, told.lat), 4326) as geography), :beyond_m)"
    )
    found: set[str] = set()
    for part in _parts([*places]):
        given = {
            "uids": [*part],
            "lons": [places[uid][0] for uid in part],
            "lats": [places[uid][1] for uid in part],
            "subtree": SUBTREE_SIZE[VILLAGE],
            "beyond_m": beyond_m,
        }
        found.update(session.scalars(query, given))
    return frozenset(found)


def numbers_of(session: Session, uids: Sequence[str]) -> dict[str, str]:
    """Return the numbers for life of incidents, by their sources' numbers."""
    told = select(Incident.uid, Incident.number)
    return {
        row.uid: row.number
        for part in _parts(uids)
        for row in session.execute(told.where(Incident.uid.in_(part)))
    }


def holders_of(session: Session, numbers: Sequence[str]) -> dict[str, str]:
    """Return the sources' numbers of the incidents that have these numbers for life, by the latter."""
    told = select(Incident.uid, Incident.number)
    return {
        row.number: row.uid
        for part in _parts(numbers)
        for row in session.execute(told.where(Incident.number.in_(part)))
    }


def unnumbered_at(session: Session, instants: Sequence[dt.datetime]) -> list[KnownIncident]:
    """Return the incidents without a number of their source's that occurred at one of these instants."""
    if not instants:
        return []
    query = select(*_COLUMNS).where(
        Incident.occurred_at.in_(instants),
        Incident.uid.regexp_match("^h[0-9a-f]{20}$"),
        Incident.withdrawn_at.is_(None),
    )
    return [KnownIncident(*row) for row in session.execute(query)]


def missing_from(session: Session, uids: Sequence[str]) -> list[str]:
    """Return numbers of earlier files that a file of mostly the same records does not have any more.

    An earlier import counts where at least half of its records stand in the file: files of other months are no earlier
    edition of it.
    """
    rows = session.scalars(
        text(
            "with mine as (select uid, import_run_id from incidents where uid = any(:uids)),"
            " touched as (select import_run_id, count(*) as n from mine where import_run_id is not null group by 1),"
            " runs as (select i.import_run_id, count(*) as n from incidents i join touched using (import_run_id)"
            " where i.withdrawn_at is null group by 1)"
            " select i.uid from incidents i join runs w using (import_run_id) join touched s using (import_run_id)"
            " where s.n * 2 >= w.n and i.withdrawn_at is null and not i.sealed and i.uid <> all(:uids) order by i.uid"
        ),
        {"uids": list(uids)},
    )
    return list(rows)
