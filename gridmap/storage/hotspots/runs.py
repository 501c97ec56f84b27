"""Hotspot runs in the database: the incidents that go in, the runs and features that come out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Double, RowMapping, cast, delete, func, select, text, update
from sqlalchemy.orm import Session

from gridmap.domain.gridkey import Scope
from gridmap.domain.hotspots import Finding, KeptRun
from gridmap.domain.protection import Counts
from gridmap.domain.terms import LOOKED_FOR, PATROL_FOUND
from gridmap.storage.cases.counted import counted_by
from gridmap.storage.cases.incidents import IncidentFilter
from gridmap.storage.columns import read_columns
from gridmap.storage.models import HotspotFeature, HotspotRun, Incident, MigrantCluster, Patrol

_COLUMNS = (
    "method",
    "domain",
    "kind",
    "since",
    "until",
    "level",
    "seed",
    "data_sha256",
    "version",
    "owner",
)


@dataclass(frozen=True, slots=True, eq=False)
class IncidentPoints:
    """Incidents as columns, ordered by time and number.

    Attributes
    ----------
    grid_key : (n,) int64
    lon, lat : (n,) float64
        Degrees, EPSG:4326; NaN where an incident is known by its grid only.
    at_s : (n,) float64
        Seconds since 1970-01-01 UTC at which it occurred.
    domain, kind : (n,) object
        Codes; None where the kind is not known.
    record_key : (n,) int64
        What fixes the noise of numbers that leave the house; told to nobody.
    reported_s : (n,) float64
        Seconds at which it was reported; at which it occurred where that is not known.
    found : (n,) bool
        Whether patrols or rounds of screening found it; of sealed cases that is told to nobody.
    """

    grid_key: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    at_s: NDArray[np.float64]
    domain: NDArray[np.object_]
    kind: NDArray[np.object_]
    record_key: NDArray[np.int64]
    reported_s: NDArray[np.float64]
    found: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.grid_key)

    def where(self, mask: NDArray[np.bool_]) -> IncidentPoints:
        """Return the incidents that a mask of shape (n,) keeps."""
        return IncidentPoints(
            self.grid_key[mask],
            self.lon[mask],
            self.lat[mask],
            self.at_s[mask],
            self.domain[mask],
            self.kind[mask],
            self.record_key[mask],
            self.reported_s[mask],
            self.found[mask],
        )


def incident_points(
    session: Session, chosen: IncidentFilter, *, by_village: bool, patrol_found: bool = True
) -> tuple[IncidentPoints, int]:
    """Read the incidents that a filter chooses; nothing that names a case leaves the database.

    Parameters
    ----------
    session : Session
    chosen : IncidentFilter
    by_village : bool
        Whether nothing closer than a village comes of them. Only then sealed cases are among them, without a place.
    patrol_found : bool
        Whether those that patrols found are among them; of sealed cases nobody is told who found them.

    Returns
    -------
    IncidentPoints
    int
        Sealed cases that are left out.
    """
    left_out = 0
    of = counted_by(chosen)
    if not by_village:
        sealed = select(func.count()).where(of.sealed, *chosen.conditions(of))
        left_out = int(session.scalar(sealed) or 0)
        # Without the sealed ones the cases are read as they are, by their index of times.
        of = Incident
    query = select(
        of.grid_key,
        cast(func.ST_X(of.geom), Double).label("lon"),
        cast(func.ST_Y(of.geom), Double).label("lat"),
        func.date_part("epoch", of.occurred_at, type_=Double).label("at_s"),
        of.domain,
        of.kind,
        of.record_key,
        func.date_part("epoch", func.coalesce(of.reported_at, of.occurred_at), type_=Double).label(
            "reported_s"
        ),
        func.coalesce(of.channel.in_(LOOKED_FOR) & of.sealed.is_(False), False).label("found"),
    ).where(*chosen.conditions(of))
    if not patrol_found:
        query = query.where(of.channel.is_distinct_from(PATROL_FOUND))
    if not by_village:
        query = query.where(of.sealed.is_(False))
    query = query.order_by(of.occurred_at, of.uid, of.grid_key, of.domain, of.kind)
    return IncidentPoints(*read_columns(session, query)), left_out


def head_counts(session: Session) -> dict[int, int]:
    """Temporary residents by the deepest grid that holds their site."""
    query = select(MigrantCluster.grid_key, func.sum(MigrantCluster.head_count)).group_by(
        MigrantCluster.grid_key
    )
    return {int(key): int(n) for key, n in session.execute(query)}


def add_run(session: Session, run: KeptRun, protected: Sequence[Finding]) -> int:
    """Keep a run with its findings; return its number.

    Parameters
    ----------
    session : Session
        Writable; its scope holds the run's.
    run : KeptRun
        Without a number.
    protected : sequence of Finding
        What of it may leave the house, in order of rank.
    """
    row = HotspotRun(
        scope_lo=run.scope.lo,
        scope_hi=run.scope.hi,
        parameters=dict(run.parameters),
        summary=dict(run.summary),
        **{name: getattr(run, name) for name in _COLUMNS},
    )
    session.add(row)
    session.flush()
    both = [(Counts.TRUE, run.findings), (Counts.PERTURBED, protected)]
    for counts, findings in both:
        for first in range(0, len(findings), _FEATURES_AT_ONCE):
            _add_features(session, row.run_id, counts, first, findings[first : first + _FEATURES_AT_ONCE])
    return row.run_id


_FEATURES_AT_ONCE = 2000
# One statement for many: row by row, with outlines as text, a city's sixteen thousand take as long as their analysis.
_ADD_FEATURES = text(
    """
    insert into hotspot_features (run_id, counts, rank, label, grid_key, properties, geom)
    select :run, :counts, :first + n, label, grid_key, cast(properties as jsonb), ST_GeomFromWKB(wkb, 4326)
    from unnest(cast(:labels as text[]), cast(:keys as bigint[]), cast(:properties as text[]), cast(:shapes as bytea[]))
      with ordinality as f (label, grid_key, properties, wkb, n)
    """
)


def _add_features(
    session: Session, run_id: int, counts: Counts, first: int, findings: Sequence[Finding]
) -> None:
    shapes = shapely.to_wkb(np.array([found.geometry for found in findings], dtype=object))
    session.execute(
        _ADD_FEATURES,
        {
            "run": run_id,
            "counts": str(counts),
            "first": first,
            "labels": [found.label for found in findings],
            "keys": [found.grid_key for found in findings],
            "properties": [json.dumps(found.evidence, ensure_ascii=False) for found in findings],
            "shapes": shapes.tolist(),
        },
    )


def _kept(row: RowMapping) -> KeptRun:
    return KeptRun(
        run_id=row["run_id"],
        scope=Scope(row["scope_lo"], row["scope_hi"]),
        parameters=row["parameters"],
        summary=row["summary"],
        created_at=row["created_at"],
        **{name: row[name] for name in _COLUMNS},
    )


def list_runs(
    session: Session, *, method: str | None = None, limit: int = 50, all_hours: bool = False
) -> list[KeptRun]:
    """Return runs, newest first, without their findings; `all_hours`: none over some hours or weekdays only."""
    query = (
        select(*HotspotRun.__table__.columns)
        .order_by(HotspotRun.created_at.desc(), HotspotRun.run_id)
        .limit(limit)
    )
    if method is not None:
        query = query.where(HotspotRun.method == method)
    if all_hours:
        asked = (HotspotRun.parameters[name].astext for name in ("hours", "weekdays"))
        query = query.where(*(value.is_(None) for value in asked))
    return [_kept(row) for row in session.execute(query).mappings()]


def find_run(session: Session, run_id: int, counts: Counts = Counts.TRUE) -> KeptRun | None:
    """One run with the findings of a class of numbers, or None."""
    query = select(*HotspotRun.__table__.columns).where(HotspotRun.run_id == run_id)
    row = session.execute(query).mappings().one_or_none()
    return None if row is None else replace(_kept(row), findings=_findings(session, run_id, counts))


def _findings(session: Session, run_id: int, counts: Counts) -> tuple[Finding, ...]:
    query = (
        select(
            HotspotFeature.rank,
            HotspotFeature.label,
            HotspotFeature.grid_key,
            HotspotFeature.properties,
            func.ST_AsBinary(HotspotFeature.geom).label("wkb"),
        )
        .where(HotspotFeature.run_id == run_id, HotspotFeature.counts == str(counts))
        .order_by(HotspotFeature.rank)
    )
    return tuple(
        Finding(
            row.label,
            row.grid_key,
            None if row.wkb is None else shapely.from_wkb(bytes(row.wkb)),
            row.properties,
            row.rank,
        )
        for row in session.execute(query)
    )


def delete_run(session: Session, run_id: int) -> bool:
    """Delete a run with its features; tell whether there was one.

    Plans that the scope sees name it no more; one of a wider scope keeps it, and the statement fails.
    """
    session.execute(update(Patrol).where(Patrol.hotspot_run_id == run_id).values(hotspot_run_id=None))
    done = session.execute(delete(HotspotRun).where(HotspotRun.run_id == run_id))
    return bool(done.rowcount)  # type: ignore[attr-defined]
